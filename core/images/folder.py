"""A folder of picture files, nested as deep as it is."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import ClassVar

from core.images.expand import Found, KnownFrames, may_hold_images, no_tick, rows_of_folder
from core.images.file_tree import FileTree
from core.images.files import DiskFile, leads_out
from core.images.pixels import ImageUnreadable
from core.images.refs import ImageRef, ScannedImage
from core.images.slices import ALL_AXIAL, SliceChoice


class FolderSource(FileTree):
    """Pictures below `root`. Never writes there, never follows a link to a folder."""

    kind: ClassVar[str] = "folder"

    def __init__(self, root: Path, slices: SliceChoice = ALL_AXIAL) -> None:
        self.root, self.slices = root, slices

    def scan(
        self, known: KnownFrames | None = None, tick: Callable[[], None] = no_tick
    ) -> Iterator[ScannedImage]:
        """Yield every image folder by folder, and every folder that cannot be read as a row with an error."""
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
            subfolders: list[str] = []
            yield from rows_of_folder(self._files(folder, entries, subfolders), self.slices, known, tick)
            pending.extend(reversed(subfolders))

    def _files(
        self, folder: str, entries: list["os.DirEntry[str]"], subfolders: list[str]
    ) -> Iterator[Found]:
        """The files among `entries` that may be pictures; what is a folder goes to `subfolders`."""
        for entry in entries:
            if is_hidden(entry.name):
                continue
            path = f"{folder}/{entry.name}" if folder else entry.name
            if entry.is_dir(follow_symlinks=False):
                subfolders.append(path)
            elif may_hold_images(entry.name):
                yield _found(path, entry)

    def file(self, ref: ImageRef) -> DiskFile:
        if leads_out(ref.path):
            raise ImageUnreadable("the path leads out of the folder of the images")
        return DiskFile(self.root / ref.path, ref.path)


def is_hidden(name: str) -> bool:
    """Whether a file or folder of this name is passed over."""
    return name.startswith(".") or name == "__MACOSX" or name.endswith(".medlabel")


def _found(path: str, entry: "os.DirEntry[str]") -> Found:
    file = DiskFile(entry.path, path)
    try:
        if not entry.is_file():
            return Found(file, 0, 0, "this is not a regular file")
        facts = entry.stat()
    except OSError as error:
        return Found(file, 0, 0, f"the file cannot be opened: {error.strerror or error}")
    return Found(file, facts.st_size, facts.st_mtime_ns, "" if facts.st_size else "the file is empty")
