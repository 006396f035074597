"""Samples of more than 8 bits and the window through which they are seen."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core.images.details import Window
from core.images.pixels import ImageUnreadable, UInt8
from core.images.strips import strips

# Rendered between these two percentiles where the file names no window.
WINDOW_PERCENTILES = (0.5, 99.5)
EXACT_FLOAT32 = 2**24  # whole numbers up to here are exact in float32


@dataclass(frozen=True, eq=False)
class Levels:
    """Samples as they are stored, (h, w) or (h, w, 3), whole or floating numbers, the window that `read` shows them
    through, and whether the largest is black (DICOM's MONOCHROME1).
    """

    values: npt.NDArray[Any]
    window: Window
    inverted: bool = False

    def render(self, window: Window | None = None) -> UInt8:
        """(h, w) uint8 through `window`, by default its own."""
        chosen = window or self.window
        return apply_window(self.values, chosen.low, chosen.high, self.inverted)


def percentile_window(values: npt.NDArray[Any]) -> Window:
    """The window of an image whose file names none. Values that are not finite do not count.

    Raises `ImageUnreadable` when there are no numbers.
    """
    flat = values.reshape(-1)
    if flat.dtype.kind == "f":
        good = np.isfinite(flat)
        flat = flat if good.all() else flat[good]
    if not flat.size:
        raise ImageUnreadable("the picture holds no numbers")
    smallest, largest = float(flat.min()), float(flat.max())
    if needs_float64(flat.dtype, max(abs(smallest), abs(largest))):
        low, high = _percentiles(flat)
    else:
        single = flat.astype(np.float32, copy=False)
        low, high = (float(value) for value in np.percentile(single, WINDOW_PERCENTILES))
    if high > low:
        return Window(low, high, "percentiles")
    return Window(smallest, largest, "range")


def needs_float64(dtype: np.dtype[Any], largest: float) -> bool:
    """Whether float32 would make equal what differs: float64, and whole numbers of 32 bits and more, of which those
    up to 2**24 are exact in float32. `largest` is the magnitude up to which values matter.
    """
    if dtype.kind == "f":
        return dtype.itemsize > 4
    return dtype.kind in "iu" and dtype.itemsize > 2 and largest > EXACT_FLOAT32


def rescaled_needs_float64(
    dtype: np.dtype[Any], slope: float, intercept: float, largest: float | None = None
) -> bool:
    """Whether `dtype` numbers times `slope` plus `intercept` come together in float32 that are apart before.
    `largest` is their magnitude, by default the most that the type holds.
    """
    if dtype.kind == "f":
        return dtype.itemsize > 4 or intercept != 0
    if largest is None:
        largest = 1.0 if dtype.kind == "b" else float(np.iinfo(dtype).max)
    return largest * abs(slope) + abs(intercept) > EXACT_FLOAT32 * abs(slope)


def apply_window(values: npt.NDArray[Any], low: float, high: float, inverted: bool = False) -> UInt8:
    """Map (h, w) numbers linearly to 0..255: `low` and below is 0, `high` and above 255, NaN is 0.

    The difference from `low` is taken in float64 where float32 does not hold the numbers (`needs_float64`).
    """
    result = np.empty(values.shape, np.uint8)
    shares = _shares64 if needs_float64(values.dtype, max(abs(low), abs(high))) else _shares32
    for rows in strips(*values.shape[:2]):
        result[rows] = (shares(values[rows], low, high) * 255).round()
    return 255 - result if inverted else result


def _shares32(values: npt.NDArray[Any], low: float, high: float) -> npt.NDArray[np.float32]:
    part = np.nan_to_num(values.astype(np.float32), copy=False, nan=low, posinf=high, neginf=low)
    return np.asarray(np.clip((part - low) / max(high - low, 1e-12), 0, 1))


def _shares64(values: npt.NDArray[Any], low: float, high: float) -> npt.NDArray[np.float64]:
    """Of halves, whose differences do not overflow; a window of no width is a step."""
    part = np.nan_to_num(values.astype(np.float64), copy=False, nan=low, posinf=high, neginf=low)
    width = high / 2 - low / 2
    np.clip(part, low, max(high, np.nextafter(low, np.inf)), out=part)
    part /= 2
    part -= low / 2
    part /= width if width > 0 else 1e-12
    return np.clip(part, 0, 1, out=part)


def _percentiles(flat: npt.NDArray[Any]) -> tuple[float, float]:
    """The two percentiles as `np.percentile` interpolates them, of numbers of any size: it would compute them in the
    type of the array, or in a copy as float64.
    """
    places = [(len(flat) - 1) * percent / 100 for percent in WINDOW_PERCENTILES]
    below = [int(place) for place in places]
    above = [min(at + 1, len(flat) - 1) for at in below]
    part = np.partition(flat, sorted({*below, *above}))
    low, high = (
        float(part[at]) * (1 - (place - at)) + float(part[after]) * (place - at)
        for place, at, after in zip(places, below, above, strict=True)
    )
    return low, high
