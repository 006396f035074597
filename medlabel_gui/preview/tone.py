"""Brightness and contrast of what is shown, as a table of 256 grey values. The file stays as it is."""

from dataclasses import dataclass, replace

import numpy as np

from core.images.pixels import UInt8

LIMIT = 100
_OCTAVES = 4  # contrast 100 makes the window 2 ** 4 times narrower, -100 as much wider


@dataclass(frozen=True)
class Tone:
    """`brightness` and `contrast` -100..100, 0 for the picture as it is; `inverted` swaps black and white.

    In a radiology viewer's words: contrast is the window's width, brightness its level.
    """

    brightness: int = 0
    contrast: int = 0
    inverted: bool = False

    @property
    def neutral(self) -> bool:
        """Whether the picture is shown as it is."""
        return self == Tone()

    def moved(self, brightness: int, contrast: int) -> "Tone":
        """This tone with both values changed by so much, within the limits."""
        return replace(
            self,
            brightness=min(max(self.brightness + brightness, -LIMIT), LIMIT),
            contrast=min(max(self.contrast + contrast, -LIMIT), LIMIT),
        )

    def table(self) -> UInt8:
        """(256,) uint8: the value that is shown for each value of the picture."""
        width = 255.0 * 2.0 ** (-_OCTAVES * self.contrast / LIMIT)
        level = 127.5 - 127.5 * self.brightness / LIMIT
        values = (np.arange(256) - level) / width * 255.0 + 127.5
        shown = np.clip(np.rint(values), 0, 255).astype(np.uint8)
        return np.asarray(255 - shown) if self.inverted else shown
