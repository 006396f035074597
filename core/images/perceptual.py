"""What an image looks like: 8 bytes to find its likes by, and a small picture to compare it with them."""

import numpy as np

from core.images.pixels import UInt8, to_grey

HASH_BYTES = 8
LOOK_SIDE = 24  # px of the picture that images are compared by
_SIDE = 32  # px of the picture that is hashed
_ENOUGH = 8 * _SIDE  # px that the shorter side is thinned out to, at least


def perceptual_hash(array: UInt8) -> bytes:
    """8 bytes that are close in Hamming distance for images that look alike; none for a flat image.

    `array` is (h, w) or (h, w, 3) uint8. It is reduced to 32x32; of its cosine transform the lowest 8x8 terms count,
    each by whether it is above their median (`imagehash.phash`; N. Krawetz, Looks like it, 2011). Takes a
    tenth of a millisecond for 64 px, one for large images. Any thread.
    """
    from imagehash import phash
    from PIL import Image

    small = Image.fromarray(_thinned(array)).resize((_SIDE, _SIDE), Image.Resampling.BOX)
    low, high = small.getextrema()
    if low == high:
        return b""
    return np.packbits(phash(small).hash).tobytes()


def look_of(array: UInt8) -> UInt8:
    """(24, 24) uint8 grey of (h, w) or (h, w, 3) uint8, whatever its shape: bilinear over all pixels that it covers."""
    from PIL import Image

    small = Image.fromarray(_thinned(array)).resize((LOOK_SIDE, LOOK_SIDE), Image.Resampling.BILINEAR)
    return np.asarray(small)


def _thinned(array: UInt8) -> UInt8:
    """Grey, every n-th row and column of a large image, so that neither colour nor size costs time."""
    step = max(1, min(array.shape[:2]) // _ENOUGH)
    return np.ascontiguousarray(to_grey(array[::step, ::step] if step > 1 else array))
