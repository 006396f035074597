"""A folder of picture files, nested as deep as it is."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from core.images import raster
from core.images.pixels import Pixels, UInt8
from core.images.refs import ImageRef, ScannedImage


class FolderSource:
    """Pictures below `root`. Never writes there, never follows a link to a folder."""

    kind: ClassVar[str] = "folder"

    def __init__(self, root: Path) -> None:
        self.root = root

    def scan(self) -> Iterator[ScannedImage]:
        """Yield every picture file in path order, and every folder that cannot be read as a row with an error."""
        pending = [""]
        while pending:
            folder = pending.pop()
            try:
                with os.scandir(self.root / folder) as listing:
                    entries = sorted(listing, key=lambda entry: entry.name)
            except OSError as error:
                yield ScannedImage(
                    ImageRef(folder + "/"), error=f"the folder cannot be opened: {error.strerror or error}"
                )
                continue
            subfolders = []
            for entry in entries:
                path = f"{folder}/{entry.name}" if folder else entry.name
                if _is_hidden(entry.name):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    subfolders.append(path)
                elif Path(entry.name).suffix.lower() in raster.SUFFIXES:
                    yield _scan_file(path, entry)
            pending.extend(reversed(subfolders))

    def read(self, ref: ImageRef) -> Pixels:
        """Decode one image. Raises `ImageUnreadable`."""
        return raster.read_raster(self.root / ref.path)

    def thumbnail(self, ref: ImageRef, side: int) -> UInt8:
        """The pixels of one image, as few as are cheap to have, see `thumbnail_pixels`. Raises `ImageUnreadable`."""
        return raster.read_raster_small(self.root / ref.path, side)


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or name == "__MACOSX" or name.endswith(".medlabel")


def _scan_file(path: str, entry: "os.DirEntry[str]") -> ScannedImage:
    ref = ImageRef(path)
    try:
        if not entry.is_file():
            return ScannedImage(ref, error="this is not a regular file")
        facts = entry.stat()
    except OSError as error:
        return ScannedImage(ref, error=f"the file cannot be opened: {error.strerror or error}")
    problem = "" if facts.st_size else "the file is empty"
    return ScannedImage(ref, facts.st_size, facts.st_mtime_ns, problem)
