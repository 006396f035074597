"""A bar above the images: what was done, or what went wrong, to which file, and what to do."""

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QColor,
    QGuiApplication,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QPushButton, QToolButton, QWidget

from medlabel_gui.icons import Tint, pixmap, set_icon
from medlabel_gui.message import Button, Kind, Message, Messages, error_message
from medlabel_gui.panels.flow import ButtonFlow
from medlabel_gui.panels.short_label import ShortLabel
from medlabel_gui.plain import plain_tip
from medlabel_gui.reveal import reveal
from medlabel_gui.texts.messages import MessageTexts
from medlabel_gui.theme import colours

_LINES = 3
_LEAST_WIDTH = 320  # px, whatever the buttons say
_TEXT_ROOM = 300  # px that buttons beside the text leave it
_BESIDE, _BELOW = (0, 2), (1, 1)  # row and column of the buttons
_ICONS = {
    Kind.NOTE: ("info", Tint.ACCENT),
    Kind.WARNING: ("triangle-alert", Tint.WARNING),
    Kind.ERROR: ("circle-alert", Tint.ERROR),
}
_MIDDLE = Qt.AlignmentFlag.AlignVCenter


class MessageBar(QFrame):
    """One message at a time. The newest replaces the last, but an error stays until it is closed or paged over:
    what comes meanwhile waits behind it. Never steals the focus, never blocks; hiding it forgets the messages."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._messages = Messages()
        self._context = ""
        self._icon = QLabel()
        self._text = ShortLabel(_LINES)
        self._text.shortened.connect(self._offer_whole)
        self._callers: list[QPushButton] = []
        self._buttons = ButtonFlow()
        self._below = False
        self._whole = _button(MessageTexts.whole, MessageTexts.whole_tip, self._text.show_whole)
        self._copy = _button(MessageTexts.copy, MessageTexts.copy_tip, self._copy_details)
        self._show = _button(MessageTexts.reveal, "", self._show_in_folder)
        self._back = _tool("chevron-left", MessageTexts.previous, lambda: self._step(-1))
        self._at = QLabel()
        self._at.setProperty("role", "quiet")
        self._next = _tool("chevron-right", MessageTexts.next, lambda: self._step(1))
        self._close = _tool("x", MessageTexts.close, self._close_shown)
        self._place()
        self._present(self._messages)

    def _place(self) -> None:
        for place, button in enumerate((self._whole, self._show, self._copy)):
            self._buttons.insert(place, button)
        paging = self._paging = QHBoxLayout()
        paging.setSpacing(6)
        for widget in (self._back, self._at, self._next, self._close):
            paging.addWidget(widget, 0, _MIDDLE)
        grid = self._grid = QGridLayout(self)
        grid.setContentsMargins(12, 6, 6, 6)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(6)
        grid.addWidget(self._icon, 0, 0, _MIDDLE)
        grid.addWidget(self._text, 0, 1, _MIDDLE)
        grid.addWidget(self._buttons, *_BESIDE, _MIDDLE)
        grid.addLayout(paging, 0, 3)
        grid.setColumnStretch(1, 1)

    # What can be told

    @property
    def text(self) -> str:
        """What stands in the bar, also where it is shortened."""
        shown = self._messages.shown
        return shown.text if shown is not None else ""

    @property
    def details(self) -> str:
        """What `Copy details` copies; empty where there is nothing but the text."""
        shown = self._messages.shown
        return shown.details if shown is not None else ""

    @property
    def kind(self) -> Kind | None:
        """The kind of the message that is shown."""
        shown = self._messages.shown
        return shown.kind if shown is not None else None

    def set_context(self, text: str) -> None:
        """What is open, for the details of errors, as `Project /path`."""
        self._context = text

    def show_note(self, text: str, path: Path | None = None, actions: Sequence[Button] = ()) -> None:
        """Something was done; `path` is offered to be shown in its folder, `actions` are buttons (text, slot)."""
        self._add(Message(Kind.NOTE, text, path, buttons=tuple(actions)))

    def show_warning(self, text: str, path: Path | None = None, actions: Sequence[Button] = ()) -> None:
        """Something wants attention, but nothing failed."""
        self._add(Message(Kind.WARNING, text, path, buttons=tuple(actions)))

    def show_error(self, error: BaseException, actions: Sequence[Button] = ()) -> None:
        """A `UserError` in its own words; anything else is a bug and comes with its traceback."""
        self._add(error_message(error, self._context, actions))

    def clear(self) -> None:
        """Forget every message: something else is open."""
        self._present(Messages())

    def clear_notes(self) -> None:
        """Take away what is over once something else begins; errors that nobody has closed stay."""
        self._present(self._messages.only_errors())

    # Inside

    def _add(self, message: Message) -> None:
        self._present(self._messages.add(message))
        if self._messages.shown is message:
            self._announce(message)

    def _announce(self, message: Message) -> None:
        """Screen readers read an alert without the focus moving."""
        kind = getattr(MessageTexts, message.kind.value)
        self.setAccessibleName(MessageTexts.announced.format(kind=kind, text=message.text))
        if QAccessible.isActive():
            QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.Alert))

    def _step(self, by: int) -> None:
        self._present(self._messages.step(by))

    def _close_shown(self) -> None:
        self._present(self._messages.close())

    def _present(self, messages: Messages) -> None:
        before, self._messages = self._messages.shown, messages
        shown = messages.shown
        if shown is None:
            super().setVisible(False)
            return
        if shown is not before:
            self._fill(shown)
        count = len(messages.kept)
        self._at.setText(MessageTexts.position.format(at=messages.at + 1, count=count))
        for widget in (self._back, self._at, self._next):
            widget.setVisible(count > 1)
        self._back.setEnabled(messages.at > 0)
        self._next.setEnabled(messages.at < count - 1)
        super().setVisible(True)
        self._fit_buttons()
        self.update()

    def _fill(self, message: Message) -> None:
        self._text.set_text(message.text)
        self._copy.setText(MessageTexts.copy)
        self._copy.setVisible(bool(message.details))
        self._show.setVisible(message.path is not None)
        self._show.setToolTip(plain_tip(MessageTexts.reveal_tip.format(path=message.path)))
        for caller in self._callers:
            self._buttons.remove(caller)
        self._callers = [_button(text, text, slot) for text, slot in message.buttons]
        for place, caller in enumerate(self._callers):
            self._buttons.insert(place, caller)
            caller.show()
        self._draw_icon()

    def _draw_icon(self) -> None:
        shown = self._messages.shown
        if shown is not None:
            name, tint = _ICONS[shown.kind]
            self._icon.setPixmap(pixmap(name, 20, self.devicePixelRatioF(), tint))

    def _offer_whole(self, short: bool) -> None:
        if short == self._whole.isHidden():
            self._whole.setVisible(short)
            self._fit_buttons()

    def _fit_buttons(self) -> None:
        """Beside the text while that leaves it room, else below it: the bar must never widen the window."""
        line = self._buttons.line_width
        taken = self._icon.sizeHint().width() + self._paging.sizeHint().width() + 48
        self._buttons.setVisible(line > 0)
        below = self.width() - taken - line < _TEXT_ROOM
        self._buttons.setMinimumWidth(0 if below else line)
        if below != self._below:
            self._below = below
            self._grid.removeWidget(self._buttons)
            if below:
                self._grid.addWidget(self._buttons, *_BELOW, 1, 3)
            else:
                self._grid.addWidget(self._buttons, *_BESIDE, _MIDDLE)
        self._buttons.updateGeometry()

    def _copy_details(self) -> None:
        QGuiApplication.clipboard().setText(self.details)
        self._copy.setText(MessageTexts.copied)

    def _show_in_folder(self) -> None:
        shown = self._messages.shown
        if shown is not None and shown.path is not None:
            reveal(shown.path)

    # Qt

    def setVisible(self, visible: bool) -> None:  # noqa: N802  Qt's name
        if not visible:
            self._messages = Messages()
        super().setVisible(visible)

    def minimumSizeHint(self) -> QSize:  # noqa: N802  Qt's name
        return QSize(_LEAST_WIDTH, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_buttons()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange:
            self._draw_icon()
        super().changeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.kind is not None:
            painter = QPainter(self)
            painter.fillRect(self.rect(), QColor(getattr(colours(), f"{self.kind.value}_fill")))
            painter.end()
        super().paintEvent(event)


def _button(text: str, tip: str, slot: Callable[[], None]) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(tip)
    button.clicked.connect(lambda _=False: slot())
    return button


def _tool(name: str, tip: str, slot: Callable[[], None]) -> QToolButton:
    button = QToolButton()
    set_icon(button, name)
    button.setAutoRaise(True)
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    button.clicked.connect(lambda _=False: slot())
    return button
