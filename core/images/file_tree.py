"""What sources have in common whose images are in files of their own, on a disk or in an archive."""

from abc import ABC, abstractmethod

from core.images.files import ImageFile
from core.images.formats.registry import reader_of
from core.images.levels import Levels
from core.images.pixels import Pixels, UInt8, memory_told
from core.images.refs import ImageRef


class FileTree(ABC):
    """Reads images by the format of their file. All of it from any thread; all raise `ImageUnreadable`."""

    @abstractmethod
    def file(self, ref: ImageRef) -> ImageFile:
        """The file that an image is in."""

    @memory_told()
    def read(self, ref: ImageRef) -> Pixels:
        """Decode one image."""
        file = self.file(ref)
        return reader_of(file).read(file, ref.frame)

    @memory_told()
    def thumbnail(self, ref: ImageRef, side: int) -> UInt8:
        """The pixels of one image, as few as are cheap to have, see `core.images.source.thumbnail_pixels`."""
        file = self.file(ref)
        return reader_of(file).thumbnail(file, ref.frame, side)

    @memory_told()
    def levels(self, ref: ImageRef) -> Levels | None:
        """The samples behind one image, see `core.images.source.levels_of`."""
        file = self.file(ref)
        return reader_of(file).levels(file, ref.frame)
