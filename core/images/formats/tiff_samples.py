"""The samples of one page of a TIFF, piece by piece, so that a page of any size takes a bounded memory."""

import io
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from core.images.formats.deep import Samples
from core.images.formats.jpeg_scans import check_scans
from core.images.pixels import ImageUnreadable

if TYPE_CHECKING:
    from tifffile import TiffPage

WHOLE_BYTES = 256_000_000  # of samples of more than 8 bits: a larger page is read reduced
WHOLE_BYTES_8 = 600_000_000  # the same of 8 bits, which need no further copies
REDUCED_SIDE = 4000  # px of the longer side of what is read reduced
MAX_PIXELS = 4_000_000_000  # of a page that is read at all
MAX_PIECE_BYTES = 512_000_000  # of one strip or tile, unpacked
_MAX_PIECES = 2_000_000
_BAND_BYTES = 16_000_000
_MOST_CHANNELS = 4  # kept of a page; of one with more only the first
_JPEG = (6, 7, 34892, 33007)
# Tag Compression: none, CCITT, LZW, JPEG, deflate, PackBits, JPEG 2000, LZMA, PNG, Zstandard, WebP
_READ = frozenset(
    (1, 2, 3, 4, 5, 7, 8, 32771, 32773, 32946, 33003, 33005, 34712, 34925, 34933, 34926, 50000, 50001)
)
_NAMES = {34887: "LERC", 34934: "JPEG XR", 22610: "JPEG XR", 50002: "JPEG XL", 52546: "JPEG XL"}
_WITH_HEADER = (7, 33003, 33005, 34712, 34933, 50001)  # their pieces tell a size of their own


class Unsupported(Exception):  # noqa: N818  another decoder may read it
    """A page that is in order but of a kind that is not read here."""


@dataclass(frozen=True)
class Plan:
    """What is read of a page: every `step`-th pixel, (height, width, channels) of them."""

    step: int
    shape: tuple[int, int, int]


def plan_of(page: "TiffPage", file_size: int) -> Plan:
    """Decide by the header alone. Raises `ImageUnreadable` for a page that would harm, `Unsupported` for others."""
    if page.dtype is None or len(page.shaped) != 5 or page.dtype.kind not in "buif":
        raise Unsupported("numbers of a kind that are no picture")
    if page.compression not in _READ:
        code = int(page.compression)
        raise Unsupported(f"it is compressed as {_NAMES.get(code, f'number {code}')}, which is not read")
    planes, _, height, width, channels = map(int, page.shaped)
    if not height or not width or not channels or not planes:
        raise ImageUnreadable("the picture is empty")
    if height * width > MAX_PIXELS:
        raise ImageUnreadable(
            f"the picture is too large: {width} x {height} px, at most {MAX_PIXELS // 10**9} gigapixels are read"
        )
    _check_pieces(page, file_size)
    kept = _kept(planes * channels)
    limit = WHOLE_BYTES if page.dtype.itemsize > 1 else WHOLE_BYTES_8
    step = 1
    if height * width * kept * page.dtype.itemsize > limit:
        step = math.ceil(max(height, width) / REDUCED_SIDE)
    return Plan(step, (-(-height // step), -(-width // step), kept))


def read_samples(page: "TiffPage", plan: Plan) -> Samples:
    """(h, w, channels) of the page's own type. Raises `ImageUnreadable`, and whatever a decoder raises."""
    assert page.dtype is not None
    out = np.zeros(plan.shape, page.dtype)
    pieces = _bands(page) if _is_plain(page) else _unpacked(page)
    for values, plane, top, left in pieces:
        _put(out, values, plane, top, left, plan.step)
    return out


def _kept(channels: int) -> int:
    return channels if channels <= _MOST_CHANNELS else 1


def _put(out: Samples, values: Samples, plane: int, top: int, left: int, step: int) -> None:
    """Every `step`-th pixel of a piece, which begins at row `top` and column `left` of `plane`, into `out`."""
    if plane >= out.shape[2]:
        return
    first_row, first_column = -top % step, -left % step
    part = values[first_row::step, first_column::step]
    row, column = (top + first_row) // step, (left + first_column) // step
    height, width = min(len(part), out.shape[0] - row), min(part.shape[1], out.shape[1] - column)
    if height > 0 and width > 0:
        channels = min(part.shape[2], out.shape[2] - plane)
        out[row : row + height, column : column + width, plane : plane + channels] = part[
            :height, :width, :channels
        ]


def _piece_shape(page: "TiffPage") -> tuple[int, int, int]:
    """Height, width and channels of one strip or tile."""
    channels = int(page.shaped[4])
    if page.is_tiled:
        return int(page.tilelength), int(page.tilewidth), channels
    return min(int(page.rowsperstrip), int(page.imagelength)), int(page.imagewidth), channels


def _piece_bytes(page: "TiffPage") -> int:
    """Of one strip or tile, unpacked."""
    depth = max(1, int(page.tiledepth)) if page.is_tiled else 1
    return math.prod(_piece_shape(page)) * _itemsize(page) * depth


def _check_pieces(page: "TiffPage", file_size: int) -> None:
    offsets, counts = page.dataoffsets, page.databytecounts
    expected = math.prod(page.chunked)
    if expected > _MAX_PIECES:
        raise ImageUnreadable(f"the header is not plausible: the picture has {expected:,} pieces")
    if len(offsets) < expected or len(counts) < expected:
        if not len(offsets):
            raise Unsupported("pieces are missing")  # very old JPEG in TIFF has none
        raise ImageUnreadable(
            f"the header is not plausible: {len(offsets):,} of {expected:,} pieces are there"
        )
    if _is_plain(page):
        end = int(offsets[0]) + math.prod(page.shaped) * _itemsize(page)
        if end > file_size:
            raise _cut_off(end, file_size)
        return
    size = _piece_bytes(page)
    if size > MAX_PIECE_BYTES:
        raise ImageUnreadable(
            f"the picture is stored in pieces of {size / 1e9:.1f} GB,"
            f" at most {MAX_PIECE_BYTES / 1e9:.1f} GB are unpacked"
        )
    if not any(counts):
        raise ImageUnreadable("the picture holds no data")
    ends = np.asarray(offsets[:expected], np.float64) + np.asarray(counts[:expected], np.float64)
    if ends.max() > file_size:
        raise _cut_off(int(ends.max()), file_size)
    if max(counts) > 2 * size + 100_000:
        raise ImageUnreadable("the header is not plausible: a piece is larger packed than unpacked")


def _cut_off(end: int, size: int) -> ImageUnreadable:
    return ImageUnreadable(f"the file is cut off: its picture ends at byte {end:,}, the file at {size:,}")


def _itemsize(page: "TiffPage") -> int:
    assert page.dtype is not None
    return int(page.dtype.itemsize)


def _is_plain(page: "TiffPage") -> bool:
    """Whether the samples stand in the file one after the other as they are."""
    return bool(
        page.is_contiguous
        and page.bitspersample in (8, 16, 32, 64)
        and page.predictor == 1
        and page.fillorder == 1
        and page.bitspersample == _itemsize(page) * 8
    )


def _bands(page: "TiffPage") -> Iterator[tuple[Samples, int, int, int]]:
    """Rows of an unpacked page, read a few at a time."""
    assert page.dtype is not None
    planes, depth, height, width, channels = map(int, page.shaped)
    stored = np.dtype(page.parent.byteorder + page.dtype.char)
    row = width * channels * stored.itemsize
    if row > MAX_PIECE_BYTES:
        raise ImageUnreadable(f"the picture is too wide: {width} px")
    rows = max(1, _BAND_BYTES // row)
    file = page.parent.filehandle
    for plane in range(planes):
        start = int(page.dataoffsets[0]) + plane * depth * height * row
        for top in range(0, height, rows):
            count = min(rows, height - top)
            file.seek(start + top * row)
            data = file.read(count * row)
            if len(data) < count * row:
                raise ImageUnreadable("the file is cut off")
            values = np.frombuffer(data, stored).reshape(count, width, channels)
            yield values, plane, top, 0


def _unpacked(page: "TiffPage") -> Iterator[tuple[Samples, int, int, int]]:
    """Strips or tiles, unpacked one by one; those that are not in the file stay 0."""
    decode, options = page.decode, _options(page)
    height, width, _ = _piece_shape(page)
    pieces = page.parent.filehandle.read_segments(
        page.dataoffsets,
        page.databytecounts,
        length=math.prod(page.chunked),
        sort=False,
        buffersize=_BAND_BYTES,
    )
    for data, number in pieces:
        if not data:
            continue
        if page.compression in _WITH_HEADER:
            _check_size(data, page.compression, height, width)
        values, (plane, deep, top, left, _), _ = decode(data, number, **options)
        if deep == 0 and values is not None:
            yield values[0], int(plane), int(top), int(left)


def _options(page: "TiffPage") -> dict[str, Any]:
    if page.compression not in _JPEG:
        return {}
    return {"jpegtables": page.jpegtables, "jpegheader": page.jpegheader}


def _check_size(data: bytes, compression: int, height: int, width: int) -> None:
    """A piece that is a file of its own may claim any size: it must be that of the strip or tile."""
    check_scans(data)
    found = _jpeg_size(data) if compression in _JPEG else _own_size(data)
    if found[0] > height or found[1] > width:
        raise ImageUnreadable(
            f"a piece claims {found[1]} x {found[0]} px, where {width} x {height} px belong"
        )


def _jpeg_size(data: bytes) -> tuple[int, int]:
    from tifffile.tifffile import jpeg_shape

    _, height, width, _ = jpeg_shape(data)
    return int(height), int(width)


def _own_size(data: bytes) -> tuple[int, int]:
    from PIL import Image

    with Image.open(io.BytesIO(data), formats=("JPEG2000", "WEBP", "PNG")) as image:
        return image.height, image.width
