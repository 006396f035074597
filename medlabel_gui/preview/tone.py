"""Brightness and contrast of what is shown: a table of 256 grey values, or the window of an image that has more.

The file stays as it is, and what a model sees.
"""

from dataclasses import dataclass, replace

import numpy as np

from core.images.details import Window
from core.images.pixels import UInt8

LIMIT = 100
_OCTAVES = 4  # contrast 100 makes the window 2 ** 4 times narrower, -100 as much wider
_WINDOW_OCTAVES = 6  # the same of samples of more than 8 bits, which have more to show


@dataclass(frozen=True)
class Tone:
    """`brightness` and `contrast` -100..100, 0 for the picture as it is; `inverted` swaps black and white.
    Parts of a step come from dragging a window, where a whole one is seen as a jump.

    In a radiology viewer's words: contrast is the window's width, brightness its level.
    """

    brightness: float = 0
    contrast: float = 0
    inverted: bool = False

    @property
    def neutral(self) -> bool:
        """Whether the picture is shown as it is."""
        return self == Tone()

    def moved(self, brightness: float, contrast: float) -> "Tone":
        """This tone with both values changed by so much, within the limits."""
        return replace(
            self,
            brightness=min(max(self.brightness + brightness, -LIMIT), LIMIT),
            contrast=min(max(self.contrast + contrast, -LIMIT), LIMIT),
        )

    @property
    def moves_window(self) -> bool:
        """Whether an image of more than 8 bits is seen through another window than its own."""
        return bool(self.brightness or self.contrast)

    def window(self, own: Window, inverted: bool = False) -> Window:
        """The window through which an image of more than 8 bits is seen, whose own window is `own`.

        Brightness 100 moves the level by the window's own width; `inverted` when the largest value is black.
        """
        if not self.moves_window:
            return own
        whole = max(own.high - own.low, 1e-12)
        width = whole * 2.0 ** (-_WINDOW_OCTAVES * self.contrast / LIMIT)
        way = whole * self.brightness / LIMIT
        level = (own.low + own.high) / 2 + (way if inverted else -way)
        return Window(level - width / 2, level + width / 2, "preview")

    def table(self) -> UInt8:
        """(256,) uint8: the value that is shown for each value of the picture."""
        width = 255.0 * 2.0 ** (-_OCTAVES * self.contrast / LIMIT)
        level = 127.5 - 127.5 * self.brightness / LIMIT
        values = (np.arange(256) - level) / width * 255.0 + 127.5
        shown = np.clip(np.rint(values), 0, 255).astype(np.uint8)
        return np.asarray(255 - shown) if self.inverted else shown
