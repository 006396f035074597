"""Pictures without the texts of their headers: EXIF, XMP, IPTC, comments, whatever follows the image.

Such texts name patients in pictures that were made from DICOM. The compressed pixels are kept bit for bit, with what
tells their colours and which way is up. What a file may hold is listed, and what is not listed stays behind; a file
that is not built as its format says is refused, so that its pixels can be written anew.
"""

import re
import struct
import zlib
from collections.abc import Callable, Iterator

from core.images.formats.raster import orientation_of

_Strip = Callable[[bytes, int], bytes]
_PNG = b"\x89PNG\r\n\x1a\n"
# The chunks of a PNG that are kept, with the most bytes that they may have.
_PNG_CHUNKS = {b"IHDR": 13, b"PLTE": 768, b"IDAT": 1 << 31, b"IEND": 0, b"tRNS": 256, b"gAMA": 4, b"cHRM": 32}
_PNG_CHUNKS |= {b"sRGB": 1, b"iCCP": 1 << 31, b"sBIT": 4, b"pHYs": 9, b"bKGD": 6, b"cICP": 4}
_PNG_CHUNKS |= {b"acTL": 8, b"fcTL": 26, b"fdAT": 1 << 31}
# Markers of a JPEG with a length (ITU T.81, table B.1): frames, tables, scans, restarts, application data, comments.
_SOS, _EOI = 0xDA, 0xD9
_JPEG_CODING = frozenset((*range(0xC0, 0xC8), *range(0xC9, 0xD0), _SOS, 0xDB, 0xDC, 0xDD))
_JPEG_TEXTS = frozenset((*range(0xE0, 0xF0), 0xFE))
_JPEG_MARKER = re.compile(rb"\xff+([\x01-\xfe])")
_JPEG_SCAN_END = re.compile(rb"\xff+[^\x00\xd0-\xd7\xff]")
_WEBP_IMAGE = frozenset((b"VP8 ", b"VP8L", b"ALPH"))
_WEBP_KEPT = _WEBP_IMAGE | {b"VP8X", b"ICCP", b"ANIM", b"ANMF"}
_WEBP_EXIF, _WEBP_XMP = 0x08, 0x04  # flags of VP8X


def stripped(data: bytes, name: str) -> bytes | None:
    """A picture file without texts; None when it is not, byte for byte, what its name says.

    Of a picture that is to be turned, the orientation is kept. Raises `ImageUnreadable`.
    """
    strip = next((strip for suffixes, strip in _FORMATS if name.lower().endswith(suffixes)), None)
    if strip is None:
        return None
    try:
        plain = strip(data, 1)
        if plain == data:
            return data
        turned = orientation_of(data)
        return plain if turned == 1 else strip(data, turned)
    except ValueError:
        return None


class _Bytes:
    """A file from its beginning to its end; raises `ValueError` where it is not as it should be."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, count: int) -> bytes:
        piece = self.data[self.at : self.at + count]
        _insist(len(piece) == count)
        self.at += count
        return piece

    def number(self, kind: str) -> int:
        """One integer, as `struct` names it."""
        return int(struct.unpack(kind, self.take(struct.calcsize(kind)))[0])


def _insist(good: bool) -> None:
    if not good:
        raise ValueError("not built as its format says")


def _exif(orientation: int) -> bytes:
    """A TIFF header with nothing but the tag 0x0112."""
    return b"MM\0*\0\0\0\x08\0\x01" + struct.pack(">HHIHHI", 0x0112, 3, 1, orientation, 0, 0)


def _jpeg(data: bytes, orientation: int) -> bytes:
    source = _Bytes(data)
    _insist(source.take(2) == b"\xff\xd8")
    parts = [b"\xff\xd8"]
    if orientation != 1:
        parts.append(_segment(0xE1, b"Exif\0\0" + _exif(orientation)))
    while (marker := _jpeg_marker(source)) != _EOI:
        _insist(marker in _JPEG_CODING or marker in _JPEG_TEXTS)
        length = source.number(">H")
        _insist(length >= 2)
        body = source.take(length - 2)
        if marker in _JPEG_CODING:
            parts.append(_segment(marker, body))
        elif kept := _jpeg_kept(marker, body):
            parts.append(_segment(marker, kept))
        if marker == _SOS:
            end = _JPEG_SCAN_END.search(data, source.at)
            _insist(end is not None)
            parts.append(source.take(end.start() - source.at if end else 0))
    return b"".join((*parts, b"\xff\xd9"))


def _jpeg_marker(source: _Bytes) -> int:
    found = _JPEG_MARKER.match(source.data, source.at)
    _insist(found is not None)
    source.at = found.end() if found else 0
    return source.data[source.at - 1]


def _jpeg_kept(marker: int, body: bytes) -> bytes:
    """What of application data tells colours or the size of a pixel: a thumbnail in it is left out, too."""
    if marker == 0xE0 and body.startswith(b"JFIF\0") and len(body) >= 14:
        return body[:12] + b"\0\0"
    if marker == 0xE2 and body.startswith(b"ICC_PROFILE\0"):
        return body
    return body[:12] if marker == 0xEE and body.startswith(b"Adobe") else b""


def _segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def _png(data: bytes, orientation: int) -> bytes:
    source = _Bytes(data)
    _insist(source.take(8) == _PNG)
    parts = [_PNG]
    kind = b""
    while kind != b"IEND":
        length, first = source.number(">I"), not kind
        kind = source.take(4)
        body = source.take(length)
        _insist(source.number(">I") == zlib.crc32(kind + body) and first == (kind == b"IHDR"))
        # A critical chunk, with a capital, that is not known: nobody can say what it would show.
        _insist(kind in _PNG_CHUNKS or bool(kind[0] & 0x20))
        if kind == b"iCCP":  # the profile has a name that anybody could have given
            _insist(0 < body.find(b"\0") < 80)
            body = b"icc" + body[body.find(b"\0") :]
        if length <= _PNG_CHUNKS.get(kind, -1):
            parts.append(_chunk(kind, body))
        if first and orientation != 1:
            parts.append(_chunk(b"eXIf", _exif(orientation)))
    return b"".join(parts)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _gif(data: bytes, orientation: int) -> bytes:
    _insist(orientation == 1)
    source = _Bytes(data)
    parts = [source.take(13)]
    _insist(parts[0][:6] in (b"GIF87a", b"GIF89a"))
    parts.append(_colours(source, parts[0][10]))
    control = b""  # how the next picture is shown: belongs to a text where one follows
    while (kind := source.take(1)) != b";":
        if kind == b",":
            place = source.take(9)
            parts += [control, kind, place, _colours(source, place[8]), source.take(1), *_blocks(source)]
            control = b""
            continue
        _insist(kind == b"!")
        label, blocks = source.take(1), list(_blocks(source))
        if label == b"\xf9":
            _insist(len(blocks) == 2 and len(blocks[0]) == 5)
            control = b"!\xf9" + b"".join(blocks)
        elif label == b"\x01":
            control = b""
        elif label == b"\xff" and blocks[0][1:] == b"NETSCAPE2.0" and [*map(len, blocks[1:])] == [4, 1]:
            parts += [b"!\xff", *blocks]
    return b"".join((*parts, b";"))


def _colours(source: _Bytes, flags: int) -> bytes:
    return source.take(3 << (1 + (flags & 7)) if flags & 0x80 else 0)


def _blocks(source: _Bytes) -> Iterator[bytes]:
    """Sub-blocks with their length, the empty one that ends them too."""
    size = b"?"
    while size != b"\0":
        size = source.take(1)
        yield size + source.take(size[0])


def _webp(data: bytes, orientation: int) -> bytes:
    source = _Bytes(data)
    _insist(source.take(4) == b"RIFF")
    inside = _Bytes(source.take(source.number("<I")))
    _insist(inside.take(4) == b"WEBP")
    parts, extended = [b"WEBP"], False
    for kind, body in _riff(inside):
        kept = body
        if kind == b"VP8X":
            _insist(len(body) == 10)
            flags = body[0] & ~(_WEBP_EXIF | _WEBP_XMP) | (_WEBP_EXIF if orientation != 1 else 0)
            kept, extended = bytes([flags]) + body[1:], True
        elif kind == b"ANMF":
            frame = _Bytes(body)
            head = frame.take(16)
            kept = head + b"".join(_riff_chunk(*part) for part in _riff(frame) if part[0] in _WEBP_IMAGE)
        if kind in _WEBP_KEPT:
            parts.append(_riff_chunk(kind, kept))
    if orientation != 1:
        _insist(extended)
        parts.append(_riff_chunk(b"EXIF", _exif(orientation)))
    return _riff_chunk(b"RIFF", b"".join(parts))


def _riff(source: _Bytes) -> Iterator[tuple[bytes, bytes]]:
    """The chunks of a RIFF, each filled up to an even length."""
    while source.at < len(source.data):
        kind, length = source.take(4), source.number("<I")
        body = source.take(length)
        source.take(length % 2)
        yield kind, body


def _riff_chunk(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)


def _bmp(data: bytes, orientation: int) -> bytes:
    """Headers, colours and pixels must follow each other without a gap."""
    _insist(orientation == 1)
    source = _Bytes(data)
    head, start = source.take(10), source.number("<I")
    _insist(head[:2] == b"BM")
    header = source.number("<I")
    _insist(header in (40, 108, 124))
    width, height, _, bits, packing, _, _, _, used, _ = struct.unpack("<iiHHIIiiII", source.take(36))
    _insist(packing in (0, 3) and width > 0 and bits in (1, 4, 8, 16, 24, 32) and used <= 256)
    rest = source.take(header - 40)
    _insist(not any(rest[72:80]))  # a colour profile behind the pixels, or the path of one
    masks = 12 if packing == 3 and header == 40 else 0
    source.take(masks + 4 * (used or (1 << bits if bits <= 8 else 0)))
    _insist(source.at == start)
    source.take((width * bits + 31) // 32 * 4 * abs(height))
    return b"BM" + struct.pack("<II", source.at, 0) + data[10 : source.at]


_FORMATS: tuple[tuple[tuple[str, ...], _Strip], ...] = (
    ((".png",), _png),
    ((".jpg", ".jpeg", ".jpe"), _jpeg),
    ((".gif",), _gif),
    ((".webp",), _webp),
    ((".bmp",), _bmp),
)
