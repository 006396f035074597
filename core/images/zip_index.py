"""What a zip archive holds, from its directory alone: which of its members may be read, and why others may not."""

import calendar
import re
import stat
import struct
import zipfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from core.errors import UserError
from core.images.files import MAX_FILE_BYTES

# zipfile makes about ten times as many bytes of objects of a directory: this is some two million members.
MAX_DIRECTORY_BYTES = 200_000_000
# A member above both is taken for a bomb: of that size, only black images are packed as well as that.
BOMB_BYTES, BOMB_RATIO = 100_000_000, 200
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # others cannot be unpacked up to a size only
_ENCRYPTED = 0x1
_LOCAL_HEADER = 30  # bytes before the name of a member
_UNSAFE = re.compile(r"^/|^[A-Za-z]:|\\|\x00|(^|/)\.{0,2}(/|$)")
_HERE = re.compile(
    r"(^|/)(?:\./)+(?=.)"
)  # `./a.png` and `x/./a.png`, as some programs pack them, mean the same file
_END, _END64 = b"PK\x05\x06", b"PK\x06\x06"
_LONGEST_END = 66_000  # the end of the directory and the longest comment
_AGAIN = "Copy or download it again."


@dataclass(frozen=True)
class Member:
    """A file of an archive; `error` says why it is not read, empty where it may be."""

    info: zipfile.ZipInfo
    error: str = ""

    @property
    def mtime_ns(self) -> int:
        """The time in the archive, which knows no zone, as if it were UTC; below the second stands the checksum,
        so that another content is another time.
        """
        year, month, day, *time = self.info.date_time
        seconds = calendar.timegm((year, min(12, max(1, month)), max(1, day), *time))
        return seconds * 10**9 + self.info.CRC % 10**9


def open_archive(path: Path) -> zipfile.ZipFile:
    """The archive at `path`, its directory read. Raises `UserError`, in words for people."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # opening a pipe would wait for ever
            raise UserError(f"{path} is not a regular file.")
        with path.open("rb") as file:
            size = _directory_bytes(file)
        if size > MAX_DIRECTORY_BYTES:
            raise UserError(f"{path.name} holds too many files to be opened as one archive.", "Unpack it.")
        return zipfile.ZipFile(path)
    except OSError as error:
        raise UserError(f"{path} cannot be opened: {error.strerror or error}.") from error
    except MemoryError as error:
        raise UserError(f"{path.name} is too large for the memory of this computer.") from error
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OverflowError, struct.error) as error:
        raise UserError(f"{path.name} is no zip archive, or is cut off or damaged.", _AGAIN) from error


def members_of(infos: Iterable[zipfile.ZipInfo]) -> dict[str, Member]:
    """Every file of an archive by its path without `./`, folders and hidden files too. A path that is there twice is
    one member, with an error: which of the two is meant cannot be told.
    """
    files = [info for info in infos if not info.filename.endswith("/")]
    times = Counter(_path(info.filename) for info in files)
    overlapping = _overlapping(files)
    found = {}
    for info in files:
        path = _path(info.filename)
        error = (
            "the archive holds two files of this name"
            if times[path] > 1
            else "the file lies over another one in the archive, which is damaged or made to do harm"
            if info.header_offset in overlapping
            else _problem(info)
        )
        found[path] = Member(info, error)
    return found


def _path(name: str) -> str:
    return _HERE.sub(r"\1", name) if "./" in name else name


def _problem(info: zipfile.ZipInfo) -> str:
    """Why a member is not read; empty when it may be."""
    kind = stat.S_IFMT(info.external_attr >> 16)
    if _UNSAFE.search(_path(info.orig_filename)):
        return "the name leads out of the archive or is none that a file can have"
    if kind == stat.S_IFLNK:
        return "this is a link, which is not followed"
    if kind not in (0, stat.S_IFREG):
        return "this is not a regular file"
    if info.flag_bits & _ENCRYPTED:
        return "the file is protected with a password"
    if info.compress_type not in METHODS:
        return "the file is packed in a way that is not read; pack it again as an ordinary zip"
    return _size_problem(info.file_size, info.compress_size)


def _size_problem(size: int, packed: int) -> str:
    if not size:
        return "the file is empty"
    if size > MAX_FILE_BYTES:
        return f"the file is larger than {MAX_FILE_BYTES // 10**9} GB"
    if is_bomb(size, packed):
        ratio = size // max(1, packed)
        return f"the file would unpack to {ratio:,} times its size, as archives do that are made to fill a memory"
    return ""


def is_bomb(size: int, packed: int) -> bool:
    """Whether so few bytes hold so many that somebody must have meant harm."""
    return size > BOMB_BYTES and size > BOMB_RATIO * packed


def _overlapping(infos: list[zipfile.ZipInfo]) -> set[int]:
    """Where the members begin that share bytes with another one: bombs are made so."""
    found: set[int] = set()
    end, holder = 0, -1
    for info in sorted(infos, key=lambda info: info.header_offset):
        if info.header_offset < end:
            found |= {info.header_offset, holder}
        here = info.header_offset + _LOCAL_HEADER + info.compress_size
        if here > end:
            end, holder = here, info.header_offset
    return found


def _directory_bytes(file: BinaryIO) -> int:
    """The size that the end of an archive gives for its directory; 0 where there is no such end."""
    length = file.seek(0, 2)
    file.seek(max(0, length - _LONGEST_END))
    tail = file.read(_LONGEST_END)
    at = tail.rfind(_END)
    if at < 0 or len(tail) < at + 16:
        return 0
    (size,) = struct.unpack_from("<L", tail, at + 12)
    at64 = tail.rfind(_END64, 0, at)
    if size == 0xFFFFFFFF and at64 >= 0 and len(tail) >= at64 + 48:
        (size,) = struct.unpack_from("<Q", tail, at64 + 40)
    return int(size)
