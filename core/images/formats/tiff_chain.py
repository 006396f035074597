"""The chain of pages of a TIFF: which of them are images, looked at without reading any more of them."""

import struct
import threading
from collections import OrderedDict
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from core.images.files import ImageFile
from core.images.pixels import ImageUnreadable

MAX_PAGES = 100_000
MAX_TAGS = 1_000  # of a page
_MAX_VALUES = 2_000_000  # of a tag that holds numbers: each becomes an object of Python's
_MAX_TAG_BYTES = 64_000_000  # of all tags of a page
_HEAD = 1024  # read of a page at once: a page of up to 80 tags
_KEPT = 8  # files whose chain is known: the pages of a stack are read one after the other
_NUMBERS = {3: 2, 4: 4, 5: 8, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}  # bytes by type
_REDUCED, _MASK = 1, 4  # bits of NewSubfileType (TIFF 6.0, p. 36)


@dataclass(frozen=True)
class Layout:
    """How numbers stand in the file: byte order, and 8 or 4 bytes for an offset."""

    order: str
    big: bool

    @property
    def first(self) -> int:
        """Where the offset of the first page is."""
        return 8 if self.big else 4


@dataclass(frozen=True)
class Chain:
    """`first`: offset of the first page. `images`: offsets of the pages that are images of their own, `places` their
    places among all pages.

    `reduced[k]` are the offsets of smaller versions of image k in the chain. `problem` tells why the chain ends
    before its end; there may be more images than are known.
    """

    big: bool
    first: int
    images: tuple[int, ...]
    places: tuple[int, ...]
    reduced: dict[int, tuple[int, ...]]
    problem: str = ""

    @property
    def count(self) -> int:
        """Images, with one that stands for those behind a break."""
        return len(self.images) + bool(self.problem)


def chain_of(file: ImageFile) -> Chain | None:
    """None for a file that is no TIFF. Raises `ImageUnreadable`."""
    identity = file.identity()
    with _lock:
        found = _known.get(identity)
        if found is not None:
            _known.move_to_end(identity)
    if found is not None:
        return found
    with file.open() as stream:
        layout = layout_of(stream.read(8))
        if layout is None:
            return None
        found = _chain(stream, layout)
    with _lock:
        _known[identity] = found
        while len(_known) > _KEPT:
            _known.popitem(last=False)
    return found


def layout_of(head: bytes) -> Layout | None:
    """What the first 8 bytes of a file tell; None when it is no TIFF."""
    order = {b"II": "<", b"MM": ">"}.get(head[:2])
    if order is None or len(head) < 8:
        return None
    version = struct.unpack(order + "H", head[2:4])[0]
    return Layout(order, version == 43) if version in (42, 43) else None


_lock = threading.Lock()
_known: OrderedDict[Hashable, Chain] = OrderedDict()


def _chain(stream: BinaryIO, layout: Layout) -> Chain:
    images: list[int] = []
    places: list[int] = []
    reduced: dict[int, list[int]] = {}
    small: list[tuple[int, int]] = []
    problem = ""
    try:
        for place, (offset, kind) in enumerate(_walk(stream, layout)):
            if kind & (_REDUCED | _MASK):
                small.append((offset, place))
                if images and not kind & _MASK:
                    reduced.setdefault(len(images) - 1, []).append(offset)
            else:
                images.append(offset)
                places.append(place)
    except _Broken as error:
        problem = str(error)
    if not images:  # a file of nothing but thumbnails
        images, places = [offset for offset, _ in small], [place for _, place in small]
    if not images:
        raise ImageUnreadable(problem or "the file holds no pages")
    pages = [*zip(places, images, strict=True), *((place, offset) for offset, place in small)]
    first = min(pages)[1]
    levels = {number: tuple(offsets) for number, offsets in reduced.items()}
    return Chain(layout.big, first, tuple(images), tuple(places), levels, problem)


class _Broken(Exception):  # noqa: N818  a state of the chain
    pass


def _walk(stream: BinaryIO, layout: Layout) -> Iterator[tuple[int, int]]:
    """Offset and kind of every page."""
    number = "Q" if layout.big else "I"
    size = struct.calcsize(layout.order + number)
    stream.seek(layout.first)
    (offset,) = _unpack(layout.order + number, stream.read(size), "the first page")
    seen: set[int] = set()
    while offset:
        if offset in seen:
            raise _Broken(f"the chain of pages goes round in a circle after page {len(seen):,}")
        if len(seen) == MAX_PAGES:
            raise _Broken(f"the file holds more than {MAX_PAGES:,} pages")
        seen.add(offset)
        place = f"page {len(seen):,}"
        count, tags = _tags(stream, layout, offset, place)
        yield offset, _kind(layout, tags[: 2 * (20 if layout.big else 12)])
        (offset,) = _unpack(layout.order + number, tags[count : count + size], place)


def _tags(stream: BinaryIO, layout: Layout, offset: int, place: str) -> tuple[int, bytes]:
    """How many bytes the tags of a page are, and those bytes with some that follow."""
    form, each = (layout.order + "Q", 20) if layout.big else (layout.order + "H", 12)
    width = struct.calcsize(form)
    try:
        stream.seek(offset)
    except (OSError, ValueError, OverflowError) as error:
        raise _Broken(f"the chain of pages breaks off at {place}: there is nothing") from error
    head = stream.read(_HEAD)
    (count,) = _unpack(form, head[:width], place)
    if not 0 < count <= MAX_TAGS:
        raise _Broken(f"the chain of pages breaks off at {place}: {count:,} tags")
    missing = width + count * each + 8 - len(head)
    if missing > 0:
        head += stream.read(missing)
    return count * each, head[width:]


def _kind(layout: Layout, tags: bytes) -> int:
    """NewSubfileType, or SubfileType as if it were that; tags are sorted, so that they are among the first two."""
    form = layout.order + ("HHQI4x" if layout.big else "HHII")
    for tag, kind, _, value in struct.iter_unpack(form, _whole(tags, form)):
        if kind == 3:  # a SHORT stands at the beginning of the four bytes
            value = value >> 16 if layout.order == ">" else value & 0xFFFF
        if tag == 254:
            return int(value)
        if tag == 255:
            return _REDUCED if value == 2 else 0
    return 0


def check_tags(stream: BinaryIO, layout: Layout, offset: int) -> None:
    """See that a page claims no more than a page may have, before it is read. Raises `ImageUnreadable`."""
    form = layout.order + ("HHQ8x" if layout.big else "HHI4x")
    try:
        size, tags = _tags(stream, layout, offset, "the page")
    except _Broken as error:
        raise ImageUnreadable(str(error)) from error
    total = 0
    for tag, kind, count in struct.iter_unpack(form, _whole(tags[:size], form)):
        total += count * _NUMBERS.get(kind, 1)
        if total > _MAX_TAG_BYTES or (kind in _NUMBERS and count > _MAX_VALUES):
            raise ImageUnreadable(f"the header is not plausible: tag {tag} claims {count:,} values")


def _whole(data: bytes, form: str) -> bytes:
    """The part of `data` that `form` fills a whole number of times."""
    return data[: len(data) // struct.calcsize(form) * struct.calcsize(form)]


def _unpack(form: str, data: bytes, place: str) -> tuple[int, ...]:
    try:
        return struct.unpack(form, data)
    except struct.error as error:
        raise _Broken(f"the chain of pages breaks off at {place}: the file is cut off") from error
