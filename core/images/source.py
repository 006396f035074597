"""Where images come from: one class a kind of source, one row each in `SOURCES`."""

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, Protocol

from core.errors import UserError
from core.images.folder import FolderSource
from core.images.npz import NpzSource
from core.images.pixels import Pixels
from core.images.refs import ImageRef, ScannedImage


class ImageSource(Protocol):
    """A set of images at `root`: found by `scan`, decoded one by one by `read` from any thread."""

    kind: ClassVar[str]
    root: Path

    def scan(self) -> Iterator[ScannedImage]: ...

    def read(self, ref: ImageRef) -> Pixels: ...


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
