"""PNG, JPEG, BMP, GIF, WebP and TIFF through Pillow."""

import hashlib
import io
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.images.pixels import ImageUnreadable, Pixels, UInt8, grey_if_grey

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".jpe", ".bmp", ".gif", ".webp", ".tif", ".tiff"})

# Decoded and as RGB this is 600 MB; larger pictures are refused before they are decoded.
MAX_PIXELS = 200_000_000
MAX_FILE_BYTES = 2_000_000_000
# Rendered between these two percentiles when the file holds more than 8 bits a sample.
WINDOW_PERCENTILES = (0.5, 99.5)
_STRIP_PIXELS = 2_000_000  # of a large picture, rendered at a time


def read_raster(path: Path) -> Pixels:
    """Read the first frame of a picture file, upright, alpha over black. Raises `ImageUnreadable`."""
    data = _read(path)
    return Pixels(decode(data), hashlib.sha256(data).digest())


def read_raster_small(path: Path, side: int) -> UInt8:
    """The same picture as (h, w) or (h, w, 3) uint8, smaller where that is cheaper to decode.

    Its longer side has at least `side` px where the file's has. Raises `ImageUnreadable`.
    """
    return decode(_read(path), side)


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise ImageUnreadable(f"the file is larger than {MAX_FILE_BYTES // 10**9} GB")
        return path.read_bytes()
    except OSError as error:
        raise ImageUnreadable(f"the file cannot be opened: {error.strerror or error}") from error


def decode(data: bytes, side: int | None = None) -> UInt8:
    """Decode a picture file's bytes to (h, w) or (h, w, 3) uint8. Raises `ImageUnreadable`.

    With a `side`, a JPEG may be decoded at 1/2, 1/4 or 1/8 of its size, as long as its longer side keeps that
    many px: its decoder then leaves out the frequencies that a thumbnail cannot show.
    """
    from PIL import Image, UnidentifiedImageError

    Image.MAX_IMAGE_PIXELS = None  # `_check_size` judges, before anything is decoded, and says the size
    if not data:
        raise ImageUnreadable("the file is empty")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what Pillow warns of (sizes, odd metadata) is judged here
            with Image.open(io.BytesIO(data)) as image:
                _check_size(image.width, image.height)
                if side is not None:
                    _draft(image, side)
                return _to_array(image)
    except ImageUnreadable:
        raise
    except UnidentifiedImageError as error:
        raise ImageUnreadable("this is not a picture in a format that can be read") from error
    except MemoryError as error:
        raise ImageUnreadable("the picture does not fit into memory") from error
    except Exception as error:  # decoders fail in many ways on a broken file
        raise ImageUnreadable(f"the picture is broken: {error}") from error


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise ImageUnreadable(
            f"the picture is too large: {width} x {height} px, at most {MAX_PIXELS // 10**6} megapixels are read"
        )


def _draft(image: "Picture", side: int) -> None:
    scale = side / max(image.width, image.height)
    if image.format == "JPEG" and scale < 1:
        image.draft(None, (max(1, round(image.width * scale)), max(1, round(image.height * scale))))


def _to_array(image: "Picture") -> UInt8:
    from PIL import ImageOps

    ImageOps.exif_transpose(image, in_place=True)  # copies nothing where the picture is upright
    if image.mode in ("I", "F", "I;16", "I;16B", "I;16L"):
        return window_to_uint8(np.asarray(image))
    return _in_strips(image, _grey if image.mode in ("1", "L") else _over_black)


def _in_strips(image: "Picture", render: "Callable[[Picture], Picture]") -> UInt8:
    """What `render` makes of a picture, (h, w) or (h, w, 3), grey where it is grey.

    A large one a strip at a time: each of Pillow's steps to an array holds a copy of what it is given.
    """
    width, height = image.size
    rows = max(1, _STRIP_PIXELS // max(1, width))
    if height <= rows:
        return grey_if_grey(np.asarray(render(image)))
    array: UInt8 | None = None
    grey = True
    for top in range(0, height, rows):
        part = np.asarray(render(image.crop((0, top, width, min(top + rows, height)))))
        if array is None:
            array = np.empty((height, *part.shape[1:]), np.uint8)
        array[top : top + rows] = part
        grey = grey and grey_if_grey(part).ndim == 2
    assert array is not None
    return np.ascontiguousarray(array[..., 0]) if grey and array.ndim == 3 else array


def _grey(image: "Picture") -> "Picture":
    return image if image.mode == "L" else image.convert("L")


def _over_black(image: "Picture") -> "Picture":
    from PIL import Image

    if image.mode in ("LA", "PA", "RGBA", "RGBa", "La") or "transparency" in image.info:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, (0, 0, 0, 255)), image)
    return image if image.mode == "RGB" else image.convert("RGB")


def window_to_uint8(array: np.ndarray) -> UInt8:
    """Map numbers of more than 8 bits, (h, w), linearly to 0..255 between two percentiles."""
    values = array.astype(np.float32)
    good = np.isfinite(values)
    finite = values if good.all() else values[good]
    if not finite.size:
        raise ImageUnreadable("the picture holds no numbers")
    low, high = np.percentile(finite, WINDOW_PERCENTILES)
    if high <= low:
        low, high = float(finite.min()), float(finite.max())
    result = np.empty(values.shape, np.uint8)
    rows = max(1, _STRIP_PIXELS // max(1, values.shape[1]))
    for top in range(0, len(values), rows):  # the steps between are float64
        part = np.nan_to_num(values[top : top + rows], nan=low)
        scaled = np.clip((part - low) / max(high - low, 1e-12), 0, 1)
        result[top : top + rows] = (scaled * 255).round()
    return result
