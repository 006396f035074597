"""The handle by which a class is dragged to another place."""

from PySide6.QtCore import QPoint, QPointF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QWidget

from medlabel_gui.texts.classes import RowTexts
from medlabel_gui.theme import colours

_WIDTH, _HEIGHT, _STEP, _DOT = 10, 20, 4, 1.1


class Grip(QWidget):
    """Tells where the mouse is while it is dragged, and where it was let go. Points are global."""

    dragged = Signal(QPoint)
    dropped = Signal(QPoint)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.setToolTip(RowTexts.grip)
        self.setFixedSize(self.sizeHint())
        self._pressed: QPoint | None = None
        self._dragging = False

    def sizeHint(self) -> QSize:
        return QSize(_WIDTH, _HEIGHT)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed = event.globalPosition().toPoint()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        here = event.globalPosition().toPoint()
        if self._pressed is None:
            return
        far = (here - self._pressed).manhattanLength() >= QApplication.startDragDistance()
        self._dragging = self._dragging or far
        if self._dragging:
            self.dragged.emit(here)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        dragging, self._dragging, self._pressed = self._dragging, False, None
        if dragging:
            self.dropped.emit(event.globalPosition().toPoint())

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        row = self.parentWidget()
        if row is None or not (row.underMouse() or row.hasFocus() or self._dragging):
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours().quiet))
        for across in (3.0, 3.0 + _STEP):
            for down in (-1, 0, 1):
                painter.drawEllipse(QPointF(across, self.height() / 2 + down * _STEP), _DOT, _DOT)
