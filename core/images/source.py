"""Where images come from: one class a kind of source, one row each in `SOURCES`."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import ClassVar, Protocol, runtime_checkable

from core.errors import UserError
from core.images.expand import KnownFrames
from core.images.folder import FolderSource
from core.images.levels import Levels
from core.images.npz import NpzSource
from core.images.pixels import Pixels, UInt8
from core.images.refs import ImageRef, ScannedImage
from core.images.slices import ALL_AXIAL, SliceChoice
from core.images.zip_archive import ZipSource


class ImageSource(Protocol):
    """A set of images at `root`: found by `scan`, decoded one by one by `read` from any thread."""

    kind: ClassVar[str]
    root: Path

    def scan(
        self, known: KnownFrames | None = None, tick: Callable[[], None] = ...
    ) -> Iterator[ScannedImage]: ...

    def read(self, ref: ImageRef) -> Pixels: ...


@runtime_checkable
class HasThumbnails(Protocol):
    """A source that has small images cheaper than whole ones."""

    def thumbnail(self, ref: ImageRef, side: int) -> UInt8: ...


def thumbnail_pixels(source: ImageSource, ref: ImageRef, side: int) -> UInt8:
    """(h, w) or (h, w, 3) uint8 of an image; what is longer than `side` px may be smaller than in `read`, but not
    below `side`. Rendered as `read` does. Any thread; raises `ImageUnreadable`.
    """
    return source.thumbnail(ref, side) if isinstance(source, HasThumbnails) else source.read(ref).array


@runtime_checkable
class HasLevels(Protocol):
    """A source whose images may have more than 8 bits a sample."""

    def levels(self, ref: ImageRef) -> Levels | None: ...


def levels_of(source: ImageSource, ref: ImageRef) -> Levels | None:
    """The samples behind an image and the window that it is shown through; None where it has no more than
    8 bits. Any thread; raises `ImageUnreadable`.
    """
    return source.levels(ref) if isinstance(source, HasLevels) else None


@runtime_checkable
class HasCheck(Protocol):
    """A source that can tell, without reading its images, that nothing can be made of it."""

    def check(self) -> None: ...


def check_source(path: Path) -> None:
    """Raises `UserError` when no project can be made for `path`. Cheap: no image is read."""
    source = open_source(path)
    if isinstance(source, HasCheck):
        source.check()


SOURCES: dict[str, type[FolderSource] | type[NpzSource] | type[ZipSource]] = {
    source.kind: source for source in (FolderSource, NpzSource, ZipSource)
}
# Sources that are one file, by its suffix.
FILES: dict[str, type[NpzSource] | type[ZipSource]] = {".npz": NpzSource, ".zip": ZipSource}


def open_source(path: Path, kind: str | None = None, slices: SliceChoice = ALL_AXIAL) -> ImageSource:
    """The source at `path`, of the kind that its name tells. Raises `UserError` when there is none.

    `slices` are the slices of volumes that are its images.
    """
    if not path.exists():
        raise UserError(f"There is no folder or file {path}.")
    if kind is not None:
        return SOURCES[kind](path, slices)
    if path.is_dir():
        return FolderSource(path, slices)
    if path.suffix.lower() in FILES and path.is_file():
        return FILES[path.suffix.lower()](path, slices)
    raise UserError(
        f"{path} is neither a folder nor an NPZ file or a zip archive.",
        "Open the folder that holds the images.",
    )
