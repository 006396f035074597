"""How images of any shape are brought to a square of one size. A new way is a row in `FITS`."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.images.pixels import UInt8, fit_square

DEFAULT_FIT = "pad"


@dataclass(frozen=True)
class Fit:
    """`apply` takes (h, w[, 3]) uint8 and a side in px and gives (side, side[, 3]) uint8; `text` holds `{side}`."""

    apply: Callable[[UInt8, int], UInt8]
    text: str

    def described(self, side: int) -> str:
        return self.text.format(side=side)


def crop_square(array: UInt8, side: int) -> UInt8:
    """Cut out the centre square, then scale it (bilinear) to (side, side[, 3]) uint8.

    What MedMNIST did (J. Yang et al., MedMNIST v2, Scientific Data 10, 41, 2023).
    """
    height, width = array.shape[:2]
    short = min(height, width)
    top, left = (height - short) // 2, (width - short) // 2
    return stretch(array[top : top + short, left : left + short], side)


def stretch(array: UInt8, side: int) -> UInt8:
    """Scale (h, w[, 3]) uint8 to (side, side[, 3]) uint8 (bilinear), whatever becomes of the proportions."""
    from PIL import Image

    image = Image.fromarray(np.ascontiguousarray(array))
    return np.asarray(image.resize((side, side), Image.Resampling.BILINEAR))


FITS: dict[str, Fit] = {
    "pad": Fit(fit_square, "longer side scaled to {side} px (bilinear), padded with black to a square"),
    "crop": Fit(crop_square, "centre square cut out, then scaled to {side} px (bilinear)"),
    "stretch": Fit(stretch, "stretched to {side} x {side} px (bilinear), proportions are not kept"),
}
