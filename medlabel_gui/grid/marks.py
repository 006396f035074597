"""The small drawn signs on a tile: told apart by shape, not by colour alone."""

from collections.abc import Callable
from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen, QPixmap, QPolygonF

from core.project.records import Status
from medlabel_gui.theme import MARK_COLOURS

MARK_SIZE = 20
NOTE_SIZE = 16
ARROW_SIZE = 14
_PAPER, _INK = "#FFF3C4", "#6B5900"


def draw_mark(painter: QPainter, status: Status, right: float, top: float) -> None:
    """Draw the sign of a decision or an error with its top right corner at (right, top)."""
    drawer = _DRAWERS.get(status)
    if drawer is None:
        return
    box = QRectF(right - MARK_SIZE, top, MARK_SIZE, MARK_SIZE)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(QColor(MARK_COLOURS[status]))
    painter.setPen(QPen(QColor("white"), 1.5))
    drawer(painter, box)
    painter.restore()


@lru_cache(64)
def mark_pixmap(status: Status, ratio: float) -> QPixmap | None:
    """The sign of a status with room for its edge, kept; None for those without one."""
    if status not in _DRAWERS:
        return None
    return _pixmap(MARK_SIZE + 4, ratio, lambda painter: draw_mark(painter, status, MARK_SIZE + 2, 2))


@lru_cache(8)
def note_pixmap(ratio: float) -> QPixmap:
    """A sheet of paper: somebody wrote a note; kept."""
    return _pixmap(NOTE_SIZE, ratio, _note)


@lru_cache(8)
def arrow_pixmap(colour: str, ratio: float) -> QPixmap:
    """From one label to another; kept."""
    return _pixmap(ARROW_SIZE, ratio, lambda painter: _arrow(painter, QColor(colour)))


@lru_cache(32)
def frame_pixmap(
    width: int, height: int, colours: tuple[str, str], look: tuple[bool, bool, float]
) -> QPixmap:
    """What is behind a selected tile and around the current one, in (background, accent); kept.

    `look` is whether it is selected, whether it is current, and the device pixel ratio. The pixmap is opaque:
    blending a whole page of selected tiles would take longer than all else.
    """
    selected, current, ratio = look
    pixmap = QPixmap(round(width * ratio), round(height * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(QColor(colours[0]))
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    frame, accent = QRectF(2, 2, width - 4, height - 4), QColor(colours[1])
    if selected:
        fill = QColor(accent)
        fill.setAlpha(56)
        painter.setBrush(fill)
        painter.setPen(QPen(accent, 1.5))
        painter.drawRoundedRect(frame, 6, 6)
    if current:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(accent, 2.5))
        painter.drawRoundedRect(frame, 6, 6)
    painter.end()
    return pixmap


def _pixmap(side: int, ratio: float, draw: Callable[[QPainter], None]) -> QPixmap:
    pixmap = QPixmap(round(side * ratio), round(side * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    draw(painter)
    painter.end()
    return pixmap


def _note(painter: QPainter) -> None:
    painter.setPen(QPen(QColor(_INK), 1))
    painter.setBrush(QColor(_PAPER))
    sheet = [(2.5, 1.5), (13.5, 1.5), (13.5, 10), (9.5, 14.5), (2.5, 14.5)]
    painter.drawPolygon(QPolygonF([QPointF(x, y) for x, y in sheet]))
    painter.drawPolyline([QPointF(13.5, 10), QPointF(9.5, 10), QPointF(9.5, 14.5)])
    for y, right in ((4.5, 11.5), (7.2, 11.5), (9.9, 7.5)):
        painter.drawLine(QPointF(4.5, y), QPointF(right, y))


def _arrow(painter: QPainter, colour: QColor) -> None:
    pen = QPen(colour, 1.7, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    painter.drawLine(QPointF(2, 7), QPointF(12, 7))
    painter.drawPolyline([QPointF(8, 3), QPointF(12, 7), QPointF(8, 11)])


def _stroke(painter: QPainter, *points: tuple[float, float], box: QRectF) -> None:
    round_cap, round_join = Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin
    painter.setPen(QPen(QColor("white"), 2.2, Qt.PenStyle.SolidLine, round_cap, round_join))
    painter.drawPolyline([QPointF(box.x() + x * box.width(), box.y() + y * box.height()) for x, y in points])


def _letter(painter: QPainter, box: QRectF, letter: str) -> None:
    font = QFont(painter.font())
    font.setPixelSize(13)
    font.setBold(True)
    painter.setFont(font)
    painter.setPen(QColor("white"))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, letter)


def _accepted(painter: QPainter, box: QRectF) -> None:
    painter.drawEllipse(box)
    _stroke(painter, (0.28, 0.52), (0.45, 0.68), (0.73, 0.35), box=box)


def _corrected(painter: QPainter, box: QRectF) -> None:
    painter.drawRoundedRect(box, 4, 4)
    _stroke(
        painter, (0.27, 0.73), (0.33, 0.55), (0.68, 0.2), (0.8, 0.32), (0.45, 0.67), (0.27, 0.73), box=box
    )


def _unsure(painter: QPainter, box: QRectF) -> None:
    middle = box.center()
    half = box.width() / 2 + 1
    diamond = [(0, -half), (half, 0), (0, half), (-half, 0)]
    painter.drawPolygon(QPolygonF([middle + QPointF(x, y) for x, y in diamond]))
    _letter(painter, box, "?")


def _excluded(painter: QPainter, box: QRectF) -> None:
    painter.drawEllipse(box)
    _stroke(painter, (0.32, 0.32), (0.68, 0.68), box=box)
    _stroke(painter, (0.68, 0.32), (0.32, 0.68), box=box)


def _error(painter: QPainter, box: QRectF) -> None:
    corners = [box.bottomLeft(), QPointF(box.center().x(), box.top() - 1), box.bottomRight()]
    painter.drawPolygon(QPolygonF(corners))
    _letter(painter, box.adjusted(0, 4, 0, 2), "!")


_DRAWERS: dict[Status, Callable[[QPainter, QRectF], None]] = {
    Status.ACCEPTED: _accepted,
    Status.CORRECTED: _corrected,
    Status.UNSURE: _unsure,
    Status.EXCLUDED: _excluded,
    Status.ERROR: _error,
}
