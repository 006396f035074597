"""PNG of grey without alpha, one value of which is transparent (PNG, 11.3.2.1, tRNS)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from core.images.formats.deep import Samples

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

_STEPS = {"L;2": 85, "L;4": 17}  # between two greys of 2 and 4 bits once they are unpacked to 8


def scale_grey(image: "Picture") -> None:
    """Bring the value, which Pillow gives as it is stored, to what its pixels are once they are unpacked. To be
    called before the picture is loaded.
    """
    value = image.info.get("transparency")
    tiles = getattr(image, "tile", ())
    if image.format == "PNG" and image.mode == "L" and isinstance(value, int):
        image.info["transparency"] = value * next(
            (_STEPS[str(part[3])] for part in tiles if str(part[3]) in _STEPS), 1
        )


def grey_over_black(image: "Picture", info: Mapping[Any, Any]) -> tuple["Picture", bool]:
    """A picture of mode L with the value that `info` names over black, and whether any pixel has it."""
    value = info.get("transparency")
    if not isinstance(value, int) or not 0 <= value <= 255 or not image.histogram()[value]:
        return image, False
    return image.point([0 if grey == value else grey for grey in range(256)]), True


def deep_over_black(image: "Picture") -> tuple[Samples, bool]:
    """The same of a picture of more than 8 bits, as (h, w) samples."""
    values, value = np.asarray(image), image.info.get("transparency")
    if not isinstance(value, int):
        return values, False
    hidden = values == value
    if not hidden.any():
        return values, False
    return np.where(hidden, values.dtype.type(0), values), True
