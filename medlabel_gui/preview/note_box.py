"""The note of the shown image, changed where it stands."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from medlabel_gui.icons import set_icon
from medlabel_gui.texts.preview import NoteTexts

_LINES = 4
_PASSING = (Qt.FocusReason.ActiveWindowFocusReason, Qt.FocusReason.PopupFocusReason)


class NoteEditor(QPlainTextEdit):
    """Takes every typed letter while it has the focus. Ctrl+Enter saves, Esc gives up."""

    saved = Signal()
    given_up = Signal()
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTabChangesFocus(True)
        self.setPlaceholderText(NoteTexts.placeholder)
        self.setAccessibleName(NoteTexts.title)
        self.setToolTip(NoteTexts.keys)
        self.setFixedHeight(self.fontMetrics().lineSpacing() * _LINES + 16)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and (
            event.modifiers() & Qt.KeyboardModifier.ControlModifier
        ):
            self.saved.emit()
        elif event.key() == Qt.Key.Key_Escape:
            self.given_up.emit()
        else:
            super().keyPressEvent(event)
            event.accept()  # also what does nothing here, as an arrow at the text's end

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() not in _PASSING:
            self.left.emit()


class NoteBox(QWidget):
    """What is typed is kept when the field is left, however it is left; only Esc and Cancel give it up."""

    edited = Signal(int, str)  # row, text
    closed = Signal()  # the editor: the focus may go back to the image

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._row = -1
        self._text = ""
        self._label = QLabel()
        self._label.setTextFormat(Qt.TextFormat.PlainText)
        self._label.setWordWrap(True)
        self.change = QPushButton()
        self.change.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.change.clicked.connect(self.start)
        set_icon(self.change, "pencil")
        self.editor = NoteEditor()
        self.editor.saved.connect(self.commit)
        self.editor.left.connect(self.commit)
        self.editor.given_up.connect(self.give_up)
        self._shown, self._editing = self._show_part(), self._edit_part()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._shown)
        layout.addWidget(self._editing)
        self._editing.hide()
        self.show_note(-1, "")

    @property
    def editing(self) -> bool:
        """Whether somebody is typing."""
        return not self._editing.isHidden()

    def show_note(self, row: int, text: str) -> None:
        """Show an image's note. What is being typed stays; for another image it is kept first."""
        if self.editing and row != self._row:
            self.commit()
        self._row, self._text = row, text
        self._label.setText(text)
        self._label.setVisible(bool(text))
        self.change.setText(NoteTexts.edit if text else NoteTexts.add)
        self.change.setToolTip(self.change.text())
        self.change.setEnabled(row >= 0)

    def start(self) -> None:
        """Let the note be changed."""
        if self._row < 0 or self.editing:
            return
        self.editor.setPlainText(self._text)
        self.editor.selectAll()
        self._turn(editing=True)
        self.editor.setFocus()

    def commit(self) -> None:
        """Keep what was typed, when it is another text."""
        if not self.editing:
            return
        text, row = self.editor.toPlainText().strip(), self._row
        self._turn(editing=False)
        if text != self._text:
            self.edited.emit(row, text)

    def give_up(self) -> None:
        """Leave the note as it was."""
        if self.editing:
            self._turn(editing=False)

    def _turn(self, editing: bool) -> None:
        had_focus = self.editor.hasFocus()
        self._shown.setVisible(not editing)
        self._editing.setVisible(editing)
        if had_focus and not editing:
            self.closed.emit()

    def _show_part(self) -> QWidget:
        part = QWidget()
        layout = QVBoxLayout(part)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._label)
        layout.addWidget(self.change, 0, Qt.AlignmentFlag.AlignLeft)
        return part

    def _edit_part(self) -> QWidget:
        part = QWidget()
        save, cancel = QPushButton(NoteTexts.save), QPushButton(NoteTexts.cancel)
        for button, does in ((save, self.commit), (cancel, self.give_up)):
            button.setFocusPolicy(
                Qt.FocusPolicy.NoFocus
            )  # a click must not leave the field before it is heard
            button.setToolTip(NoteTexts.keys)
            button.clicked.connect(does)
        buttons = QHBoxLayout()
        buttons.addWidget(save)
        buttons.addWidget(cancel)
        buttons.addStretch(1)
        layout = QVBoxLayout(part)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.editor)
        layout.addLayout(buttons)
        return part
