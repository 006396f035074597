"""Live notes below the list, one at a time: classes that are hard to tell apart, one that takes nearly all images."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QToolButton, QWidget

from medlabel_gui.icons import Tint, pixmap, set_icon
from medlabel_gui.texts.classes import NoteTexts
from medlabel_gui.theme import colours

_SIDE = 14  # px of the icon
_RADIUS = 5


@dataclass(frozen=True)
class Note:
    """`key` tells what it is about: one that was hidden stays hidden while only its words change."""

    key: Hashable
    text: str


class NotesBox(QWidget):
    """Shows the notes that nobody has hidden, one at a time: the list above needs the room."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._hidden: set[Hashable] = set()
        self._notes: tuple[Note, ...] = ()
        self._at: Hashable = None
        self._icon = QLabel()
        self.label = QLabel()
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.label.setWordWrap(True)
        self.close_button = _button("x", NoteTexts.hide, self._hide_this)
        self.back = _button("chevron-left", NoteTexts.previous, lambda: self._step(-1))
        self.forward = _button("chevron-right", NoteTexts.next, lambda: self._step(1))
        self._position = QLabel()
        self._position.setProperty("role", "quiet")
        self._pager = QWidget()
        self._place()
        self._draw_icon()
        self.hide()

    def _place(self) -> None:
        pager = QHBoxLayout(self._pager)
        pager.setContentsMargins(0, 0, 0, 0)
        pager.setSpacing(2)
        pager.addStretch(1)
        for widget in (self.back, self._position, self.forward):
            pager.addWidget(widget)
        top = Qt.AlignmentFlag.AlignTop
        layout = QGridLayout(self)
        layout.setContentsMargins(8, 6, 4, 6)
        layout.setHorizontalSpacing(6)
        layout.setVerticalSpacing(0)
        layout.setColumnStretch(1, 1)
        layout.addWidget(self._icon, 0, 0, top)
        layout.addWidget(self.label, 0, 1)
        layout.addWidget(self.close_button, 0, 2, top)
        layout.addWidget(self._pager, 1, 0, 1, 3)

    @property
    def texts(self) -> list[str]:
        """Every note that is not hidden, in order; one of them is to be seen."""
        return [note.text for note in self._open()]

    def show_notes(self, notes: Sequence[Note]) -> None:
        """Exactly these, in this order. The one that is to be seen stays to be seen."""
        self._notes = tuple(notes)
        shown = self._open()
        self.setVisible(bool(shown))
        if shown:
            self._present(shown)

    def forget_hidden(self) -> None:
        """Another project: every note is new again."""
        self._hidden.clear()

    def _open(self) -> list[Note]:
        return [note for note in self._notes if note.key not in self._hidden]

    def _present(self, shown: Sequence[Note]) -> None:
        keys = [note.key for note in shown]
        at = keys.index(self._at) if self._at in keys else 0
        self._at = keys[at]
        self.label.setText(shown[at].text)
        self.label.setAccessibleName(NoteTexts.warning.format(text=shown[at].text))
        self._pager.setVisible(len(shown) > 1)
        self._position.setText(NoteTexts.position.format(at=at + 1, count=len(shown)))
        self.back.setEnabled(at > 0)
        self.forward.setEnabled(at < len(shown) - 1)

    def _step(self, by: int) -> None:
        shown = self._open()
        keys = [note.key for note in shown]
        self._at = keys[min(max(keys.index(self._at) + by, 0), len(keys) - 1)]
        self._present(shown)

    def _hide_this(self) -> None:
        self._hidden.add(self._at)
        self.show_notes(self._notes)

    def _draw_icon(self) -> None:
        self._icon.setPixmap(pixmap("triangle-alert", _SIDE, self.devicePixelRatioF(), Tint.WARNING))

    # Qt

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._draw_icon()

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours().warning_fill))
        painter.drawRoundedRect(QRectF(self.rect()), _RADIUS, _RADIUS)


def _button(name: str, tip: str, does: Callable[[], None]) -> QToolButton:
    button = QToolButton()
    button.setStyleSheet("QToolButton { padding: 1px; }")
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    button.clicked.connect(does)
    set_icon(button, name, Tint.QUIET)
    return button
