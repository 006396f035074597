"""The small drawn signs on a tile: told apart by shape, not by colour alone."""

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen, QPolygonF

from core.project.records import Status
from medlabel_gui.theme import MARK_COLOURS

MARK_SIZE = 20


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
