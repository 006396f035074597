"""Samples of more than 8 bits and the window through which they are seen."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core.images.details import Window
from core.images.pixels import ImageUnreadable, UInt8

# Rendered between these two percentiles where the file names no window.
WINDOW_PERCENTILES = (0.5, 99.5)
_STRIP_PIXELS = 2_000_000  # rendered at a time: the steps between are float64


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
    low, high = (
        float(value) for value in np.percentile(flat.astype(np.float32, copy=False), WINDOW_PERCENTILES)
    )
    if high > low:
        return Window(low, high, "percentiles")
    return Window(float(flat.min()), float(flat.max()), "range")


def apply_window(values: npt.NDArray[Any], low: float, high: float, inverted: bool = False) -> UInt8:
    """Map (h, w) numbers linearly to 0..255: `low` and below is 0, `high` and above 255, NaN is 0."""
    result = np.empty(values.shape, np.uint8)
    rows = max(1, _STRIP_PIXELS // max(1, values.shape[1]))
    for top in range(0, len(values), rows):
        part = values[top : top + rows].astype(np.float32)
        part = np.nan_to_num(part, copy=False, nan=low, posinf=high, neginf=low)
        scaled = np.clip((part - low) / max(high - low, 1e-12), 0, 1)
        result[top : top + rows] = (scaled * 255).round()
    return 255 - result if inverted else result
