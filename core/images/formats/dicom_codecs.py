"""The decoders of compressed DICOM pixels, as one plugin of pydicom.

Which library decodes what: Pillow 8-bit JPEG, libjpeg-turbo (imagecodecs) lossless and 12-bit JPEG, CharLS
(imagecodecs) JPEG-LS, OpenJPEG JPEG 2000, pydicom RLE. A stream that says another size than the header is refused
before it is decoded: a few bytes could claim gigabytes.

pyjpegls decodes by the same CharLS but holds Python's lock meanwhile, which would stop the window for a large image.
"""

import struct
from threading import Lock
from typing import Any

from core.images.formats.jpeg_scans import check_scans

NAME = "medlabel"
_registering = Lock()
_JPEG = {"1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51"}  # baseline, extended
_JPEG_LOSSLESS = {"1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.70"}
_JPEG_LS = {"1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81"}
JPEG_2000 = {f"1.2.840.10008.1.2.4.{last}" for last in ("90", "91", "201", "202", "203")}
_RLE = {"1.2.840.10008.1.2.5"}
LOSSY = _JPEG | {"1.2.840.10008.1.2.4.81", "1.2.840.10008.1.2.4.91", "1.2.840.10008.1.2.4.203"}
# The name that pydicom wants of a plugin; nothing is missing when this module can be imported.
DECODER_DEPENDENCIES: dict[str, tuple[str, ...]] = {}
_JP2 = b"\0\0\0\x0cjP  "  # how a JP2 file begins, which may be around the stream
# Where bits run out before a marker CharLS (to 2.4.3) refuses the stream at once. Where they run out with the data it
# may go below none in the last code word and count down 2^32 bits first: for four seconds, or far longer under load.
_JPEG_END = b"\xff\xd9"
_SIZ = b"\xff\x4f\xff\x51"  # the start of a JPEG 2000 stream and of its size


def register() -> None:
    """Make the plugin known to pydicom, once; from any thread."""
    from pydicom.pixels import get_decoder
    from pydicom.uid import UID

    with _registering:
        for syntax in _JPEG | _JPEG_LOSSLESS | _JPEG_LS | JPEG_2000 | _RLE:
            decoder = get_decoder(UID(syntax))
            if NAME not in decoder.available_plugins:
                decoder.add_plugin(NAME, (__name__, "decode_frame"))


def is_available(uid: str) -> bool:
    """As pydicom asks a plugin."""
    return True


def decode_frame(src: bytes, runner: Any) -> bytes | bytearray:
    """One encoded frame to its samples, as pydicom asks a plugin. Raises `ValueError`, and what a decoder raises."""
    syntax = str(runner.transfer_syntax)
    if syntax in _RLE:
        return _rle(src, runner)
    _check_size(_stream_size(src, syntax in JPEG_2000), runner)
    if syntax in JPEG_2000:
        from pydicom.pixels.decoders.pylibjpeg import _decode_frame
    elif syntax in _JPEG_LS:
        return _jpeg_ls(src, runner)
    else:
        return _jpeg(src, runner, syntax)
    return _decode_frame(src, runner)  # type: ignore[no-any-return]


def check_boxes(src: bytes) -> None:
    """Raises `ValueError` for a JP2 file whose boxes end nowhere: pydicom goes round one of no length for ever."""
    at = 12 if src.startswith(_JP2) else len(src)
    while at < len(src) and src[at + 4 : at + 8] != b"jp2c":
        length = int.from_bytes(src[at : at + 4], "big")
        if length < 8:
            raise ValueError("a box without a length")
        at += length


def _stream_size(src: bytes, jpeg_2000: bool) -> tuple[int, int, int]:
    """Height, width and components that the stream itself claims."""
    if jpeg_2000:
        at = src.index(_SIZ) + 8  # behind the marker, the length and the capabilities
        right, bottom, left, top = struct.unpack_from(">4L", src, at)
        (components,) = struct.unpack_from(">H", src, at + 32)
        return bottom - top, right - left, components
    from pydicom.pixels.utils import _get_jpg_parameters

    found = _get_jpg_parameters(src)
    return found["height"], found["width"], found["components"]


def _check_size(claimed: tuple[int, int, int], runner: Any) -> None:
    if claimed != (runner.rows, runner.columns, runner.samples_per_pixel):
        raise ValueError("the stream is of another size than the header says")


def _jpeg(src: bytes, runner: Any, syntax: str) -> bytes:
    from pydicom.pixels.decoders.pillow import _decode_frame

    check_scans(src)

    runner.set_option("planar_configuration", 0) if runner.samples_per_pixel > 1 else None
    if syntax in _JPEG and runner.bits_stored == 8:
        return _decode_frame(src, runner)  # type: ignore[no-any-return]
    from imagecodecs import jpeg8_decode

    # One colour space for both: the samples as they are stored, pydicom converts them by the header.
    space = "YCBCR" if runner.samples_per_pixel == 3 else None
    array = jpeg8_decode(src, colorspace=space, outcolorspace=space)
    runner.set_option("bits_allocated", 8 * array.dtype.itemsize)
    return array.tobytes()


def _jpeg_ls(src: bytes, runner: Any) -> bytes:
    from imagecodecs import jpegls_decode

    # Colour comes by pixel, also where the stream has it by plane or by line.
    array = jpegls_decode(src + _JPEG_END)
    if runner.samples_per_pixel > 1:
        runner.set_option("planar_configuration", 0)
    runner.set_option("bits_allocated", 8 * array.dtype.itemsize)
    return array.tobytes()


def _rle(src: bytes, runner: Any) -> bytearray:
    from pydicom.pixels.decoders.rle import _decode_frame

    if (
        len(src) > 2 * runner.frame_length(unit="bytes") + 1024
    ):  # runs that go on and on: none is as long as packed
        raise ValueError("more than the frame can need")
    return _decode_frame(src, runner)  # type: ignore[no-any-return]
