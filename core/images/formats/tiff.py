"""TIFF and BigTIFF through tifffile; what that cannot read, through Pillow.

The pages of a file are its images, but for thumbnails, levels of a pyramid and masks. A page of more than 8 bits is
shown through a window between the percentiles of its own samples, not of the whole stack's: the same in `read`,
`thumbnail` and `levels`.
"""

import hashlib
import logging
import math
import os
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, BinaryIO

from core.images.details import ImageDetails
from core.images.files import ImageFile
from core.images.formats import raster
from core.images.formats.deep import Samples
from core.images.formats.registry import Survey
from core.images.formats.tiff_chain import Chain, chain_of, check_tags, layout_of
from core.images.formats.tiff_colour import Seen, seen
from core.images.formats.tiff_samples import Unsupported, plan_of, read_samples
from core.images.formats.tiff_stack import stack_note
from core.images.formats.wording import plain_words
from core.images.levels import Levels
from core.images.pixels import ImageUnreadable, OutOfMemory, Pixels, UInt8, short
from core.images.slices import SliceChoice

if TYPE_CHECKING:
    from tifffile import TiffFile, TiffPage

_MAX_LEVELS = 32  # of a pyramid
_BLOCK = 1 << 20
_LARGE_BYTES = 64_000_000
_one_large = threading.Lock()  # pages of more bytes are read one at a time, whatever the number of threads
_ASPECT = 0.05  # by how much a level's aspect ratio may differ: its sides are rounded


def survey(file: ImageFile, slices: SliceChoice) -> Survey:
    """The pages that are images. Where the chain of pages breaks off, one more, which cannot be read, says so."""
    chain = chain_of(file)
    return Survey() if chain is None else Survey(range(chain.count))


def read(file: ImageFile, frame: int) -> Pixels:
    """One page, upright, in sRGB, alpha over black. One of too many bytes is read reduced, and its details say so."""
    chain = chain_of(file)
    if chain is None:
        return raster.read(file, frame)
    array, stored, details = _shown(file, chain, frame)
    # Of one page among others the samples count, not how they are shown: two may differ by a factor only.
    alone = chain.count == 1
    return Pixels(array, _digest(file) if alone else hashlib.sha256(stored.tobytes()).digest(), details)


def thumbnail(file: ImageFile, frame: int, side: int) -> UInt8:
    """The same; of 8 bits from a level of a pyramid, where there is one that is large enough."""
    chain = chain_of(file)
    return raster.thumbnail(file, frame, side) if chain is None else _shown(file, chain, frame, side)[0]


def levels(file: ImageFile, frame: int) -> Levels | None:
    """The samples of a page of more than 8 bits: (h, w), or (h, w, 3) of a colour page."""
    chain = chain_of(file)
    if chain is None:
        return raster.levels(file, frame)
    try:
        with _opened(file, chain, frame) as page, page.turn():
            return page.see()[0].levels
    except _NotHere:
        return None


class _NotHere(Exception):  # noqa: N818  tells to try another decoder
    pass


@dataclass(frozen=True)
class _Page:
    """A page that is open, and the versions of it that are smaller."""

    page: "TiffPage"
    smaller: "tuple[TiffPage, ...]"
    file_size: int

    def turn(self) -> AbstractContextManager[object]:
        """Held while a large page is read."""
        size = math.prod(self.page.shaped) * (self.page.dtype.itemsize if self.page.dtype is not None else 1)
        return _one_large if size > _LARGE_BYTES else nullcontext()

    def see(self, side: int | None = None) -> tuple[Seen, str]:
        """What is shown and what is to be said of its size; not smaller than `side` px."""
        page = self.page
        try:
            plan = plan_of(page, self.file_size)
        except ImageUnreadable:
            if not self.smaller:
                raise
            plan = None
        found = self._level(side, plan is None or plan.step > 1)
        if found is not None:
            page, plan = found, plan_of(found, self.file_size)
        assert plan is not None
        factor = self.page.imagewidth / plan.shape[1]
        note = f"read at 1/{factor:.3g} of its size" if factor > 1.5 else ""
        return seen(page, read_samples(page, plan)), note

    def _level(self, side: int | None, too_large: bool) -> "TiffPage | None":
        """The smallest version of the page that will do."""
        deep = self.page.dtype is None or self.page.dtype.itemsize > 1 or self.page.dtype.kind not in "bu"
        goal = _goal(side, too_large, deep)
        if goal is None:
            return None
        fitting = [level for level in self.smaller if max(level.imagewidth, level.imagelength) >= goal]
        best = min(fitting or self.smaller, key=lambda level: level.imagewidth, default=None)
        return best if best is not None and (fitting or too_large) else None


def _goal(side: int | None, too_large: bool, deep: bool) -> int | None:
    """The least px of the longer side that a level of a pyramid must have; None to read the page itself."""
    if too_large:
        return side if side is not None and not deep else 2000  # deep: the window must be that of `read`
    return side if not deep else None


def _shown(
    file: ImageFile, chain: Chain, frame: int, side: int | None = None
) -> tuple[UInt8, Samples, ImageDetails]:
    """What is shown of a page, the samples behind it, and its details."""
    try:
        with _opened(file, chain, frame) as page, page.turn():
            found, note = page.see(side)
            stack = stack_note(page.page) if chain.count == 1 else ""
            notes = tuple(text for text in (note, stack, *found.notes) if text)
            details = _details(page.page, chain)
            array = found.render()
            if found.levels is None:
                return array, array, replace(details, notes=notes)
            return array, found.levels.values, replace(details, window=found.levels.window, notes=notes)
    except _NotHere as error:
        array, details = _through_pillow(file, chain, frame, str(error))
        return array, array, details


def _details(page: "TiffPage", chain: Chain) -> ImageDetails:
    bits = page.bitspersample
    return ImageDetails(
        "BigTIFF" if chain.big else "TIFF",
        bits=bits if isinstance(bits, int) else max(bits),
        frames=len(chain.images),
        photometric=getattr(page.photometric, "name", str(page.photometric)),
    )


@contextmanager
def _opened(file: ImageFile, chain: Chain, frame: int) -> Iterator[_Page]:
    """Raises `ImageUnreadable`, or `_NotHere` when Pillow should try. `ImageUnreadable` ends it: no second decoder
    is let near a file that was found to be harmful.
    """
    if not 0 <= frame < len(chain.images):
        raise ImageUnreadable(chain.problem or "the file has no such page any more")
    logging.getLogger("tifffile").setLevel(logging.CRITICAL)  # what it says of odd tags is judged here
    try:
        with file.open() as stream:
            yield _page(stream, chain, frame)
    except ImageUnreadable:
        raise
    except MemoryError as error:
        raise OutOfMemory() from error
    except (Unsupported, NotImplementedError) as error:
        raise _NotHere(short(error)) from error
    except RuntimeError as error:  # of imagecodecs: the data are damaged, for every decoder
        raise ImageUnreadable(f"the picture is broken: {plain_words(error)}") from error
    except Exception as error:  # decoders fail in many ways on a broken file
        raise _NotHere(f"the picture is broken: {plain_words(error)}") from error


def _page(stream: BinaryIO, chain: Chain, frame: int) -> _Page:
    from tifffile import TiffFile

    size = stream.seek(0, os.SEEK_END)
    stream.seek(0)
    layout = layout_of(stream.read(8))
    if layout is None:
        raise ImageUnreadable("the file is no TIFF any more")
    for offset in (chain.first, chain.images[frame], *chain.reduced.get(frame, ())):
        check_tags(stream, layout, offset)
    stream.seek(0)
    # Other programs' ways to mark pages are left out: they would load pages that nobody looked at.
    tif = TiffFile(stream, is_lsm=False, is_scanimage=False, is_ndpi=False)
    page = _page_at(tif, chain.images[frame])
    below = tuple(page.subifds or ())[:_MAX_LEVELS]
    for offset in below:
        check_tags(stream, layout, offset)
    offsets = (*chain.reduced.get(frame, ()), *below)[:_MAX_LEVELS]
    smaller = tuple(
        level for level in (_page_at(tif, offset) for offset in offsets) if _is_level(page, level)
    )
    return _Page(page, smaller, size)


def _page_at(tif: "TiffFile", offset: int) -> "TiffPage":
    from tifffile import TiffPage

    tif.filehandle.seek(offset)
    return TiffPage(tif, 0)


def _is_level(page: "TiffPage", other: "TiffPage") -> bool:
    """Whether `other` is the same picture with fewer pixels."""
    same = other.dtype == page.dtype and other.photometric == page.photometric
    if not same or other.shaped[4] != page.shaped[4] or not 0 < other.imagewidth < page.imagewidth:
        return False
    across, down = page.imagewidth / other.imagewidth, page.imagelength / max(1, other.imagelength)
    return bool(abs(across / down - 1) < _ASPECT)


def _through_pillow(file: ImageFile, chain: Chain, frame: int, why: str) -> tuple[UInt8, ImageDetails]:
    """What Pillow reads of a page that tifffile does not; where it does not either, tifffile's reason."""
    try:
        with file.open() as stream, raster.opened(stream) as image:
            image.seek(chain.places[frame])
            raster.check_size(image.width, image.height)
            return raster.to_array(image, 0, len(chain.images))
    except ImageUnreadable as error:
        raise ImageUnreadable(why) from error


def _digest(file: ImageFile) -> bytes:
    with file.open() as stream:
        found = hashlib.sha256()
        while block := stream.read(_BLOCK):
            found.update(block)
        return found.digest()
