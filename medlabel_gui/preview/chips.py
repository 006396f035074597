"""Small widgets: the chip of a class, the mark of a decision, a text that shortens."""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from core.project.records import ImageClass, Status
from medlabel_gui.class_colours import look_of
from medlabel_gui.grid.chips import CHIP_SIDE, draw_chip
from medlabel_gui.grid.marks import MARK_SIZE, draw_mark
from medlabel_gui.plain import plain_tip


class Chip(QWidget):
    """The chip of one class; nothing without one."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedSize(CHIP_SIDE, CHIP_SIDE)
        self._shown: tuple[int, QColor, str] | None = None

    def show_class(self, image_class: ImageClass | None, key: str) -> None:
        """Show a class with its key."""
        self._shown = None
        if image_class is not None:
            colour, shape = look_of(image_class)
            self._shown = (shape, colour, key)
        self.setVisible(self._shown is not None)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._shown is not None:
            painter = QPainter(self)
            draw_chip(painter, QRectF(self.rect()), *self._shown)
            painter.end()


class Mark(QWidget):
    """The sign of a decision, as on a tile of the grid."""

    def __init__(self, status: Status | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedSize(MARK_SIZE + 2, MARK_SIZE + 2)
        self._status = status

    def show_status(self, status: Status | None) -> None:
        """Show a status; undecided ones have no sign."""
        self._status = status
        self.setVisible(status is not None and status > Status.PREDICTED)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._status is not None:
            painter = QPainter(self)
            draw_mark(painter, self._status, self.width() - 1, 1)
            painter.end()


class ElidedLabel(QLabel):
    """One line that is shortened to the room there is; the tooltip has all of it."""

    def __init__(
        self, mode: Qt.TextElideMode = Qt.TextElideMode.ElideMiddle, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._mode = mode
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def set_text(self, text: str) -> None:
        """Show `text`, also as the tooltip."""
        self.setText(text)
        self.setToolTip(plain_tip(text))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        shown = self.fontMetrics().elidedText(self.text(), self._mode, self.width())
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(self.rect(), int(self.alignment()), shown)
        painter.end()
