"""A zip archive of picture files, read as a folder is: nothing is ever unpacked to a disk."""

import io
import threading
import zipfile
import zlib
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, ClassVar

from core.errors import UserError
from core.images.expand import Found, KnownFrames, may_hold_images, no_tick, rows_of_folder
from core.images.file_tree import FileTree
from core.images.files import cannot_open
from core.images.folder import is_hidden
from core.images.formats.registry import format_by_name
from core.images.pixels import ImageUnreadable, OutOfMemory
from core.images.recent import Recent
from core.images.refs import ImageRef, ScannedImage
from core.images.slices import ALL_AXIAL, SliceChoice
from core.images.zip_index import Member, members_of, open_archive

_LARGE = 1_000_000  # bytes
_unpacked: Recent[bytes] = Recent(64_000_000)
_Stamp = tuple[int, int, int]  # inode, size and time: what tells that the archive is another one now


@dataclass(frozen=True)
class _Opened:
    """An archive whose directory was read once; any thread may read members through `archive`, which closes itself
    when the last of them is done with it.
    """

    archive: zipfile.ZipFile
    members: dict[str, Member]
    stamp: _Stamp


@dataclass(frozen=True)
class ZipMember:
    """A file inside an archive, as an `ImageFile`."""

    archive: zipfile.ZipFile
    member: Member
    name: str

    def identity(self) -> Hashable:
        info = self.member.info
        return str(self.archive.filename), self.name, info.header_offset, info.file_size, info.CRC

    def open(self) -> BinaryIO:
        if self.member.info.file_size < _LARGE:
            return io.BytesIO(self.read())
        # Pages and frames are read one by one: a large member is not unpacked again for each of them.
        return io.BytesIO(_unpacked.get(self.identity(), self.read, len))

    def read(self) -> bytes:
        return self._bytes(self.member.info.file_size)

    def head(self, size: int) -> bytes:
        return self._bytes(min(size, self.member.info.file_size))

    def _bytes(self, size: int) -> bytes:
        """`size` bytes; the checksum is compared when they are all. No more is unpacked than the directory says."""
        if self.member.error:
            raise ImageUnreadable(self.member.error)
        try:
            with self.archive.open(self.member.info) as file:
                return file.read(size)
        except OSError as error:
            raise cannot_open(error) from error
        except MemoryError as error:
            raise OutOfMemory() from error
        except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, RuntimeError) as error:
            raise ImageUnreadable("the file is damaged inside the archive") from error


class ZipSource(FileTree):
    """Pictures inside the archive `root`. Its directory is read once, and again when the archive has changed."""

    kind: ClassVar[str] = "zip"

    def __init__(self, root: Path, slices: SliceChoice = ALL_AXIAL) -> None:
        self.root, self.slices = root, slices
        self._lock = threading.Lock()
        self._now: _Opened | None = None

    def check(self) -> None:
        """See whether this can be a project. Raises `UserError`."""
        self._opened()

    def scan(
        self, known: KnownFrames | None = None, tick: Callable[[], None] = no_tick
    ) -> Iterator[ScannedImage]:
        """Yield every image folder by folder, in the order that the unpacked archive would have.

        A member that is not read (a link, a name with `..`, a bomb ...) is a row with an error. Raises `UserError`.
        """
        opened = self._opened()
        for _, names in sorted(_by_folder(opened.members).items()):
            found = [_found(opened, name) for name in sorted(names)]
            yield from rows_of_folder(found, self.slices, known, tick)

    def folders(self) -> dict[tuple[str, ...], list[str]]:
        """The names that may be pictures by the folders that they are in. Raises `UserError`."""
        return _by_folder(self._opened().members)

    def file(self, ref: ImageRef) -> ZipMember:
        try:
            opened = self._opened()
        except UserError as error:
            raise ImageUnreadable(f"the archive cannot be opened: {error.message}") from error
        member = opened.members.get(ref.path)
        if member is None:
            raise ImageUnreadable(f"the archive has no file {ref.legible} any more")
        return ZipMember(opened.archive, member, ref.path)

    def _opened(self) -> _Opened:
        with self._lock:
            stamp = self._stamp()
            if self._now is None or self._now.stamp != stamp:
                archive = open_archive(self.root)
                self._now = _Opened(archive, members_of(archive.infolist()), stamp)
            return self._now

    def _stamp(self) -> _Stamp:
        try:
            facts = self.root.stat()
        except OSError as error:
            raise UserError(f"{self.root} cannot be opened: {error.strerror or error}.") from error
        return facts.st_ino, facts.st_size, facts.st_mtime_ns


def is_zip(path: Path) -> bool:
    """Whether `path` is a zip archive by its name."""
    return path.suffix.lower() == ".zip" and not path.is_dir()


def class_folders_in(path: Path) -> dict[str, str]:
    """`<class>/<file>` -> class for every picture in the archive at `path`; the first folder is the class.

    Raises `UserError` when it is no archive.
    """
    names = [name for folder in ZipSource(path).folders().values() for name in folder]
    return {name: name.partition("/")[0] for name in sorted(names) if "/" in name and format_by_name(name)}


def _by_folder(members: dict[str, Member]) -> dict[tuple[str, ...], list[str]]:
    """The names that may be pictures by the folders that they are in, hidden ones left out."""
    folders: dict[tuple[str, ...], list[str]] = {}
    seen: dict[str, tuple[str, ...] | None] = {}
    for name in members:
        folder, _, last = name.rpartition("/")
        if folder not in seen:
            parts = tuple(folder.split("/")) if folder else ()
            seen[folder] = None if any(map(_is_passed_over, parts)) else parts
        key = seen[folder]
        if key is not None and not is_hidden(last) and may_hold_images(last):
            folders.setdefault(key, []).append(name)
    return folders


def _is_passed_over(part: str) -> bool:
    return is_hidden(part) and part not in (".", "..")  # those two are no hidden folders but are refused


def _found(opened: _Opened, name: str) -> Found:
    member = opened.members[name]
    return Found(
        ZipMember(opened.archive, member, name), member.info.file_size, member.mtime_ns, member.error
    )
