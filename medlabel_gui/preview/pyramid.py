"""A picture at full size, half, a quarter ...: painting then costs what is visible, not what the file holds."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core.images.levels import Levels, needs_float64
from core.images.pixels import UInt8

_SMALLEST = 512  # px of the longer side: a level that is not larger needs no further one
_BAND_PIXELS = 1 << 21  # halved at once: keeps what is copied small, and other threads running


@dataclass(frozen=True, eq=False)
class Pyramid:
    """`levels[k]` is (ceil(h / 2**k), ceil(w / 2**k)[, 3]) uint8, each the mean of 2 x 2 pixels of the one before.

    Of an image of more than 8 bits, `samples` are the same of the stored numbers, float32 but for the first, and
    `stored` has their window.
    """

    levels: tuple[UInt8, ...]
    samples: tuple[npt.NDArray[Any], ...] = ()
    stored: Levels | None = None

    @property
    def width(self) -> int:
        return int(self.levels[0].shape[1])

    @property
    def height(self) -> int:
        return int(self.levels[0].shape[0])

    @property
    def is_grey(self) -> bool:
        return self.levels[0].ndim == 2

    @property
    def nbytes(self) -> int:
        """Memory that the levels take."""
        return sum(level.nbytes for level in (*self.levels, *self.samples))

    def level_for(self, scale: float) -> int:
        """The coarsest level that is not enlarged when one pixel of the picture is `scale` device pixels."""
        level = int(np.floor(np.log2(1 / scale))) if scale < 1 else 0
        return min(level, len(self.levels) - 1)


def build_pyramid(array: UInt8, stored: Levels | None = None) -> Pyramid:
    """The pyramid of a (h, w) or (h, w, 3) uint8 picture. A tenth of a second for 16 megapixels; any thread.

    `stored` are the samples of the same picture, where they have more than 8 bits.
    """
    levels = [np.ascontiguousarray(array)]
    while max(levels[-1].shape[:2]) > _SMALLEST:
        levels.append(halve(levels[-1]))
    if stored is None or stored.values.shape != array.shape:
        return Pyramid(tuple(levels))
    samples = [stored.values]
    while len(samples) < len(levels):
        samples.append(halve_samples(samples[-1]))
    return Pyramid(tuple(levels), tuple(samples), stored)


def halve(array: UInt8) -> UInt8:
    """(h, w[, 3]) uint8 to (ceil(h / 2), ceil(w / 2)[, 3]); an odd last row or column is its own mean."""
    from PIL import Image

    height, width = array.shape[:2]
    small = np.empty((-(-height // 2), -(-width // 2), *array.shape[2:]), np.uint8)
    rows = max(2, _BAND_PIXELS // width // 2 * 2)
    for top in range(0, height, rows):
        band = np.asarray(Image.fromarray(array[top : top + rows]).reduce(2))
        small[top // 2 : top // 2 + len(band)] = band
    return small


def halve_samples(values: npt.NDArray[Any]) -> npt.NDArray[np.floating[Any]]:
    """(h, w[, c]) numbers to (ceil(h / 2), ceil(w / 2)[, c]) means of 2 x 2 of them.

    float32, or float64 of numbers so far from zero that float32 would merge them.
    """
    height, width = values.shape[:2]
    small = np.empty((-(-height // 2), -(-width // 2), *values.shape[2:]), _precision(values))
    rows = max(2, _BAND_PIXELS // width // 2 * 2)
    for top in range(0, height, rows):
        band = values[top : top + rows].astype(small.dtype)
        band = np.pad(band, [(0, len(band) % 2), (0, width % 2), *[(0, 0)] * (values.ndim - 2)], "edge")
        with np.errstate(invalid="ignore", over="ignore"):  # of numbers that are not finite
            mean = (band[::2, ::2] + band[1::2, ::2] + band[::2, 1::2] + band[1::2, 1::2]) / 4
        small[top // 2 : top // 2 + len(mean)] = mean
    return small


def _precision(values: npt.NDArray[Any]) -> type[np.float32 | np.float64]:
    with np.errstate(invalid="ignore"):  # of numbers that are not finite
        largest = max(abs(float(values.min())), abs(float(values.max())))
    return np.float64 if needs_float64(values.dtype, largest) else np.float32
