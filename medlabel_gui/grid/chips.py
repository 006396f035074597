"""A class as a chip: its colour, its key, and a shape of its own, so that it is told apart without colour too."""

import math
from collections.abc import Callable
from functools import lru_cache

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QIcon,
    QPainter,
    QPainterPath,
    QPen,
    QPixmap,
    QTransform,
)

from core.project.class_edits import key_of
from core.project.records import ImageClass
from medlabel_gui.class_colours import class_colour, shape_of
from medlabel_gui.palette import text_on

CHIP_SIDE = 18  # px
_ICON_RATIO = 2.0  # sharp on every screen
_INK = 0.60  # of the side: height of the key's font

_Point = tuple[float, float]


def _regular(corners: int, turn: float = 0.0, radius: float = 0.5) -> list[_Point]:
    """The corners of a regular polygon around (0.5, 0.5); `turn` in parts of a corner, the first one on top."""
    angles = [2 * math.pi * (n + turn) / corners - math.pi / 2 for n in range(corners)]
    return [(0.5 + radius * math.cos(a), 0.5 + radius * math.sin(a)) for a in angles]


def _circle() -> QPainterPath:
    path = QPainterPath()
    path.addEllipse(QRectF(0.02, 0.02, 0.96, 0.96))
    return path


def _square() -> QPainterPath:
    path = QPainterPath()
    path.addRect(QRectF(0.06, 0.06, 0.88, 0.88))
    return path


def _polygon(points: list[_Point]) -> QPainterPath:
    path = QPainterPath()
    path.moveTo(*points[0])
    for point in points[1:]:
        path.lineTo(*point)
    path.closeSubpath()
    return path


# The shape, and where the middle of the key is from top to bottom. They come again after ten classes.
_SHAPES: tuple[tuple[Callable[[], QPainterPath], float], ...] = (
    (_circle, 0.5),
    (_square, 0.5),
    (lambda: _polygon([(0.5, -0.04), (1.06, 0.98), (-0.06, 0.98)]), 0.63),
    (lambda: _polygon([(0.5, -0.08), (1.08, 0.5), (0.5, 1.08), (-0.08, 0.5)]), 0.5),
    (lambda: _polygon(_regular(6, 0.5, 0.54)), 0.5),
    (lambda: _polygon([(-0.06, 0.02), (1.06, 0.02), (0.5, 1.04)]), 0.41),
    (lambda: _polygon([(0.24, 0.08), (1.04, 0.08), (0.76, 0.92), (-0.04, 0.92)]), 0.5),
    (lambda: _polygon([(0.5, -0.04), (1.0, 0.36), (1.0, 0.96), (0.0, 0.96), (0.0, 0.36)]), 0.58),
    (
        lambda: _polygon([
            (0.28, 0.0), (0.72, 0.0), (0.72, 0.22), (1.0, 0.22), (1.0, 0.78), (0.72, 0.78),
            (0.72, 1.0), (0.28, 1.0), (0.28, 0.78), (0.0, 0.78), (0.0, 0.22), (0.28, 0.22),
        ]),
        0.5,
    ),
    (lambda: _polygon([(0.0, 0.04), (0.7, 0.04), (1.06, 0.5), (0.7, 0.96), (0.0, 0.96)]), 0.5),
)  # fmt: skip


def draw_chip(painter: QPainter, box: QRectF, shape: int, colour: QColor, key: str) -> None:
    """Draw a chip into the square `box`; `shape` is that of `shape_of`, the key in black or white, as is read best."""
    make, middle = _SHAPES[shape % len(_SHAPES)]
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(box.topLeft())
    edge = QPen(colour.darker(135), 1)
    edge.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    inset = box.width() * 0.09
    painter.translate(inset, inset)
    side = box.width() - 2 * inset
    painter.setPen(edge)
    painter.setBrush(colour)
    painter.drawPath(QTransform.fromScale(side, side).map(make()))
    if key:
        font = QFont(painter.font())
        font.setPixelSize(max(7, round(box.height() * _INK)))
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(text_on(colour))
        ink = QRectF(0, side * middle - box.height() / 2, side, box.height())
        painter.drawText(ink, Qt.AlignmentFlag.AlignCenter, key.upper())
    painter.restore()


@lru_cache(512)
def chip_pixmap(shape: int, colour: str, key: str, side: int = CHIP_SIDE, ratio: float = 1.0) -> QPixmap:
    """The chip as a pixmap of `side` px; kept. `colour` is the class's own, empty for the automatic one."""
    pixmap = QPixmap(round(side * ratio), round(side * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    draw_chip(painter, QRectF(0, 0, side, side), shape, class_colour(shape, colour), key)
    painter.end()
    return pixmap


def chip_icon(classes: tuple[ImageClass, ...], position: int) -> QIcon:
    """The chip of one of `classes`, for menus."""
    key = key_of(classes, position)
    image_class = classes[position]
    return QIcon(chip_pixmap(shape_of(image_class), image_class.colour, key, CHIP_SIDE, _ICON_RATIO))
