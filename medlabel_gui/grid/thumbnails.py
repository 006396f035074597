"""Thumbnails as plain arrays: made in worker threads, no Qt object among them."""

from dataclasses import dataclass

import numpy as np

from core.images.pixels import ImageUnreadable, UInt8
from core.images.refs import ImageRef
from core.images.source import ImageSource, thumbnail_pixels
from core.images.thumbnail_cache import ThumbnailCache, kept_or_made


@dataclass(frozen=True)
class Thumbnail:
    """Event: `array` (h, w) or (h, w, 3) uint8 that fits into a square of `side` px, or why there is none."""

    row: int
    side: int
    array: UInt8 | None
    error: str = ""


def make_thumbnail(
    source: ImageSource, row: int, ref: ImageRef, side: int, cache: ThumbnailCache | None = None
) -> Thumbnail:
    """Decode one image and bring its longer side to `side` pixels; or take it from the `cache` on disk."""

    def make() -> UInt8:
        return fit(thumbnail_pixels(source, ref, side), side)

    try:
        return Thumbnail(row, side, kept_or_made(cache, source, ref, side, make))
    except ImageUnreadable as error:
        return Thumbnail(row, side, None, str(error))


def fit(array: UInt8, side: int) -> UInt8:
    """Scale the longer side of (h, w[, 3]) uint8 to `side` pixels; the shorter one follows."""
    from PIL import Image

    height, width = array.shape[:2]
    scale = side / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    image = Image.fromarray(array)
    if scale > 1:
        return np.asarray(image.resize(size, Image.Resampling.BICUBIC))
    return np.asarray(image.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0))
