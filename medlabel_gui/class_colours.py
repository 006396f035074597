"""Colours and shapes that tell classes apart. Both are those of a class for its whole life, wherever it stands."""

import math
from functools import cache

from PySide6.QtGui import QColor

from core.project.records import ImageClass
from medlabel_gui.palette import DARK, LIGHT, contrast

# Okabe and Ito's set, told apart with every common colour vision; the order keeps neighbours far apart.
CLASS_COLOURS = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#CC79A7",
    "#56B4E9",
    "#D55E00",
    "#B8A900",
    "#7A6FB0",
    "#8C8C8C",
)
_DISTINCT = 100  # how many there are before they come again
_SEEN_ON_DARK, _SEEN_ON_LIGHT = 2.0, 1.4  # least contrast; a chip is told by its number too

_Lab = tuple[float, float, float]


def look_of(image_class: ImageClass) -> tuple[QColor, int]:
    """The colour of a class, and the number of its shape for `draw_chip`."""
    shape = shape_of(image_class)
    return class_colour(shape, image_class.colour), shape


def shape_of(image_class: ImageClass) -> int:
    """The number of a class's shape and of its automatic colour: from 0, in the order in which classes were made."""
    return max(image_class.id - 1, 0)


def class_colour(number: int, own: str = "") -> QColor:
    """`own`, or the automatic colour of a number as `shape_of` gives it; always the same for a number."""
    if own:
        return QColor(own)
    if number < len(CLASS_COLOURS):
        return QColor(CLASS_COLOURS[number])
    return QColor(*_more()[number % _DISTINCT])


@cache
def _more() -> tuple[tuple[int, int, int], ...]:
    """`_DISTINCT` colours as sRGB, the hand-made ones first. Each further one is that of a fixed set which is
    farthest, in OKLab, from all before it (farthest point sampling), so early ones differ most."""
    given = [QColor(name) for name in CLASS_COLOURS]
    chosen = [(c.red(), c.green(), c.blue()) for c in given]
    left = {rgb: _oklab(rgb) for rgb in _candidates()}
    nearest = {rgb: min(math.dist(lab, _oklab(known)) for known in chosen) for rgb, lab in left.items()}
    while len(chosen) < _DISTINCT:
        best = max(nearest, key=nearest.__getitem__)
        chosen.append(best)
        del nearest[best]
        for rgb in nearest:
            nearest[rgb] = min(nearest[rgb], math.dist(left[rgb], left[best]))
    return tuple(chosen)


def _candidates() -> list[tuple[int, int, int]]:
    """Every hue, dull and strong, dark and bright, but what would be lost on the dark or the light background."""
    found = []
    for value in (120, 145, 170, 195, 220, 245):
        for saturation in (80, 150, 220):
            for hue in range(0, 360, 15):
                colour = QColor.fromHsv(hue, saturation, value)
                on_dark, on_light = contrast(colour, QColor(DARK.base)), contrast(colour, QColor(LIGHT.base))
                if on_dark >= _SEEN_ON_DARK and on_light >= _SEEN_ON_LIGHT:
                    found.append((colour.red(), colour.green(), colour.blue()))
    return found


def _oklab(rgb: tuple[int, int, int]) -> _Lab:
    """OKLab of an sRGB colour (B. Ottosson, A perceptual color space for image processing, 2020)."""
    r, g, b = (v / 255 / 12.92 if v <= 10 else ((v / 255 + 0.055) / 1.055) ** 2.4 for v in rgb)
    l = (0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b) ** (1 / 3)  # noqa: E741  the paper's names
    m = (0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b) ** (1 / 3)
    s = (0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b) ** (1 / 3)
    return (
        0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s,
        1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s,
        0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s,
    )
