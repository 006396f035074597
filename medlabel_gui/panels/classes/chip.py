"""The chip of a class, to click on; and a short text that ends in an ellipsis where there is no room."""

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QLabel, QSizePolicy, QToolButton, QWidget

from medlabel_gui.grid.chips import CHIP_SIDE, draw_chip
from medlabel_gui.texts.classes import RowTexts
from medlabel_gui.theme import colours

_ROOM = 2  # px around the chip, for its outline under the mouse
_SIDE = CHIP_SIDE + 2 * _ROOM
_RADIUS = 5


class KeyChip(QToolButton):
    """Drawn as on the tiles. Click for colour and key. `wait_for_key` makes it take the next key that is pressed."""

    key_pressed = Signal(str)  # '' for the automatic one
    waiting_ended = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shape, self._colour, self._key = 0, QColor(), ""
        self._waiting = False
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the row's context menu does the same by keyboard
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(RowTexts.chip)
        self.setFixedSize(self.sizeHint())

    @property
    def waiting(self) -> bool:
        """Whether the next key is taken."""
        return self._waiting

    @property
    def key(self) -> str:
        """The key as shown, '' where there is none."""
        return self._key

    @property
    def colour(self) -> QColor:
        return self._colour

    @property
    def shape(self) -> int:
        """The number of the shape, as `shape_of` gives it."""
        return self._shape

    def show_look(self, shape: int, colour: QColor, key: str) -> None:
        """Another shape, colour and key."""
        self._shape, self._colour, self._key = shape, colour, key.upper()
        self.setToolTip(RowTexts.chip_tip.format(key=self._key) if key else RowTexts.chip_tip_none)
        self.update()

    def wait_for_key(self) -> None:
        """Take the next digit or letter as the key of the class."""
        self._waiting = True
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        self.update()

    def stop_waiting(self) -> None:
        """Leave the key as it is."""
        if self._waiting:
            self._waiting = False
            self.update()
            self.waiting_ended.emit()

    def event(self, event: QEvent) -> bool:
        if self._waiting and event.type() == QEvent.Type.ShortcutOverride:
            event.accept()  # else a letter that is a shortcut elsewhere would never come here
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._waiting:
            super().keyPressEvent(event)
        elif event.key() == Qt.Key.Key_Escape:
            self.stop_waiting()
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.key_pressed.emit("")
        elif event.text().strip():
            self.key_pressed.emit(event.text().strip())

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.stop_waiting()

    def sizeHint(self) -> QSize:
        return QSize(_SIDE, _SIDE)

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._waiting:
            self._paint_question(painter)
            return
        box = QRectF(self.rect())
        if self.underMouse():
            draw_chip(painter, box, self._shape, QColor(colours().text), "")
        chip = box.adjusted(_ROOM, _ROOM, -_ROOM, -_ROOM)
        draw_chip(painter, chip, self._shape, self._colour, self._key)

    def _paint_question(self, painter: QPainter) -> None:
        painter.setPen(QPen(QColor(colours().text), 1))
        painter.setBrush(QColor(colours().base))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), _RADIUS, _RADIUS)
        font = self.font()
        font.setBold(True)
        painter.setFont(font)
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, "?")


class ElidedLabel(QLabel):
    """Plain text on one line; the whole is in the tooltip of whoever uses it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    @property
    def elided(self) -> bool:
        """Whether some of the text is missing."""
        return self.fontMetrics().horizontalAdvance(self.text()) > self.width()

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        painter = QPainter(self)
        painter.setFont(self.font())
        painter.setPen(self.palette().color(self.foregroundRole()))
        text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
