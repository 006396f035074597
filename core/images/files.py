"""One file of a source, wherever its bytes are: on a disk or inside an archive. Opened for reading only."""

import os
import stat
from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import BinaryIO, Protocol

from core.images.pixels import ImageUnreadable, OutOfMemory

# A file is read as a whole only up to this size; what is larger is read in parts, by the formats that can.
MAX_FILE_BYTES = 2_000_000_000


class ImageFile(Protocol):
    """`name` is the path inside the source, for its suffix and for messages."""

    @property
    def name(self) -> str: ...

    def identity(self) -> Hashable:
        """Equal for two looks at the same bytes, another one when the file was changed. Raises `ImageUnreadable`."""
        ...

    def open(self) -> BinaryIO:
        """A seekable binary file. Raises `ImageUnreadable`."""
        ...

    def read(self) -> bytes:
        """The whole file, of at most `MAX_FILE_BYTES`. Raises `ImageUnreadable`."""
        ...

    def head(self, size: int) -> bytes:
        """The first `size` bytes, or as many as there are. Raises `ImageUnreadable`."""
        ...


def leads_out(path: str) -> bool:
    """Whether a path, which should be relative to a folder, leads out of it: such ones are never opened."""
    if os.name == "nt":
        there = PureWindowsPath(path)
        return bool(there.drive or there.root) or ".." in there.parts or "\x00" in path
    return path.startswith("/") or "\x00" in path or ".." in path.split("/")


@dataclass(frozen=True)
class DiskFile:
    """A file at `path`, called `name` in its source."""

    path: str | Path  # text from a scan: a million paths as objects cost a third of its time
    name: str

    def identity(self) -> Hashable:
        try:
            facts = Path(self.path).stat()
        except OSError as error:
            raise cannot_open(error) from error
        return str(self.path), facts.st_size, facts.st_mtime_ns

    def open(self) -> BinaryIO:
        try:
            if not stat.S_ISREG(Path(self.path).stat().st_mode):  # opening a pipe would wait for ever
                raise ImageUnreadable("this is not a regular file")
            return Path(self.path).open("rb")
        except OSError as error:
            raise cannot_open(error) from error

    def read(self) -> bytes:
        try:
            with self.open() as file:
                if os.fstat(file.fileno()).st_size > MAX_FILE_BYTES:
                    raise too_large()
                return file.read()  # without a number: Python reserves as many bytes as it is told
        except OSError as error:
            raise cannot_open(error) from error
        except MemoryError as error:
            raise OutOfMemory() from error

    def head(self, size: int) -> bytes:
        try:
            with self.open() as file:
                return file.read(size)
        except OSError as error:
            raise cannot_open(error) from error


def cannot_open(error: OSError) -> ImageUnreadable:
    return ImageUnreadable(f"the file cannot be opened: {error.strerror or error}")


def too_large() -> ImageUnreadable:
    return ImageUnreadable(f"the file is larger than {MAX_FILE_BYTES // 10**9} GB")
