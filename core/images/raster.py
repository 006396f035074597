"""PNG, JPEG, BMP, GIF, WebP and TIFF through Pillow."""

import hashlib
import io
import warnings
from pathlib import Path

import numpy as np

from core.images.pixels import ImageUnreadable, Pixels, UInt8, grey_if_grey

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".jpe", ".bmp", ".gif", ".webp", ".tif", ".tiff"})

# Decoded and as RGB this is 600 MB; larger pictures are refused before they are decoded.
MAX_PIXELS = 200_000_000
MAX_FILE_BYTES = 2_000_000_000
# Rendered between these two percentiles when the file holds more than 8 bits a sample.
WINDOW_PERCENTILES = (0.5, 99.5)


def read_raster(path: Path) -> Pixels:
    """Read the first frame of a picture file, upright, alpha over black. Raises `ImageUnreadable`."""
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise ImageUnreadable(f"the file is larger than {MAX_FILE_BYTES // 10**9} GB")
        data = path.read_bytes()
    except OSError as error:
        raise ImageUnreadable(f"the file cannot be opened: {error.strerror or error}") from error
    return Pixels(decode(data), hashlib.sha256(data).digest())


def decode(data: bytes) -> UInt8:
    """Decode a picture file's bytes to (h, w) or (h, w, 3) uint8. Raises `ImageUnreadable`."""
    from PIL import Image, UnidentifiedImageError

    Image.MAX_IMAGE_PIXELS = None  # `_check_size` judges, before anything is decoded, and says the size
    if not data:
        raise ImageUnreadable("the file is empty")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what Pillow warns of (sizes, odd metadata) is judged here
            with Image.open(io.BytesIO(data)) as image:
                _check_size(image.width, image.height)
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


def _to_array(image) -> UInt8:  # type: ignore[no-untyped-def]  # noqa: ANN001
    from PIL import Image, ImageOps

    image = ImageOps.exif_transpose(image)
    if image.mode in ("I", "F", "I;16", "I;16B", "I;16L"):
        return window_to_uint8(np.asarray(image))
    if image.mode in ("1", "L"):
        return np.asarray(image.convert("L"))
    if image.mode in ("LA", "PA", "RGBA", "RGBa", "La") or "transparency" in image.info:
        image = image.convert("RGBA")
        black = Image.new("RGBA", image.size, (0, 0, 0, 255))
        image = Image.alpha_composite(black, image)
    return grey_if_grey(np.asarray(image.convert("RGB")))


def window_to_uint8(array: np.ndarray) -> UInt8:
    """Map numbers of more than 8 bits, any shape, linearly to 0..255 between two percentiles."""
    values = array.astype(np.float32)
    finite = values[np.isfinite(values)]
    if not finite.size:
        raise ImageUnreadable("the picture holds no numbers")
    low, high = np.percentile(finite, WINDOW_PERCENTILES)
    if high <= low:
        low, high = float(finite.min()), float(finite.max())
    scaled = (np.nan_to_num(values, nan=low) - low) / max(high - low, 1e-12)
    return np.asarray((np.clip(scaled, 0, 1) * 255).round(), np.uint8)
