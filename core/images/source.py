"""Where images come from: one class a kind of source, one row each in `SOURCES`."""

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, Protocol, runtime_checkable

from core.errors import UserError
from core.images.folder import FolderSource
from core.images.npz import NpzSource
from core.images.pixels import Pixels, UInt8
from core.images.refs import ImageRef, ScannedImage


class ImageSource(Protocol):
    """A set of images at `root`: found by `scan`, decoded one by one by `read` from any thread."""

    kind: ClassVar[str]
    root: Path

    def scan(self) -> Iterator[ScannedImage]: ...

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
class HasCheck(Protocol):
    """A source that can tell, without reading its images, that nothing can be made of it."""

    def check(self) -> None: ...


def check_source(path: Path) -> None:
    """Raises `UserError` when no project can be made for `path`. Cheap: no image is read."""
    source = open_source(path)
    if isinstance(source, HasCheck):
        source.check()


SOURCES: dict[str, type[FolderSource] | type[NpzSource]] = {
    source.kind: source for source in (FolderSource, NpzSource)
}


def open_source(path: Path, kind: str | None = None) -> ImageSource:
    """The source at `path`, of the kind that its name tells. Raises `UserError` when there is none."""
    if not path.exists():
        raise UserError(f"There is no folder or file {path}.")
    if kind is not None:
        return SOURCES[kind](path)
    if path.is_dir():
        return FolderSource(path)
    if path.suffix.lower() == ".npz":
        return NpzSource(path)
    raise UserError(f"{path} is neither a folder nor an NPZ file.", "Open the folder that holds the images.")
