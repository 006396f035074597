"""Line editors that know what they showed last, and one that takes several lines at once.

Undo there is that of what is being typed; once it is stored, the same keys take the stored change back.
"""

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QLineEdit, QWidget

# A menu over the window, or another window: whoever types comes back
_COMES_BACK = (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason)
_COMMIT = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class Field(QLineEdit):
    """Enter or leaving it commits, Esc gives back what stood there. `put` does not disturb who is typing."""

    committed = Signal()  # the text may be another one now
    cancelled = Signal()

    commits_when_left = True

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown = ""
        self.setAcceptDrops(False)  # a folder that is dropped here is opened, not written into the field

    @property
    def changed(self) -> bool:
        """Whether somebody typed something that is not committed."""
        return self.text() != self._shown

    def put(self, text: str) -> None:
        """Show what is stored; what is being typed stays."""
        typing = self.hasFocus() and self.changed
        self._shown = text
        if typing:
            return
        if self.text() != text:
            self.setText(text)
        elif self.isUndoAvailable():  # what was typed is stored now: it is no longer the field's to undo
            place = self.cursorPosition()
            self.setText(text)
            self.setCursorPosition(place)

    def reset(self) -> None:
        """Back to what is stored; there is nothing to undo in the field then."""
        self.setText(self._shown)

    def _has_to_undo(self, event: QKeyEvent) -> bool:
        """Whether undo or redo, if `event` is one of them, is about what is typed here."""
        if event.matches(QKeySequence.StandardKey.Undo):
            return self.isUndoAvailable()
        return not event.matches(QKeySequence.StandardKey.Redo) or self.isRedoAvailable()

    # Qt

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride:
            if event.key() in (*_COMMIT, Qt.Key.Key_Escape):
                event.accept()
                return True
            if not self._has_to_undo(event):
                event.ignore()
                return False
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in _COMMIT:
            self.committed.emit()
        elif event.key() == Qt.Key.Key_Escape:
            self.reset()
            self.cancelled.emit()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if self.commits_when_left and event.reason() not in _COMES_BACK:
            self.committed.emit()


class LinesField(Field):
    """A field in which several lines that are pasted are not run together: `lines_pasted` has them all."""

    lines_pasted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.textChanged.connect(self._look_for_lines)

    def _look_for_lines(self, text: str) -> None:
        if any(end in text.strip() for end in "\n\r\u2028\u2029"):
            self.setText("")
            self.lines_pasted.emit(text)
        elif text != text.strip("\n\r\u2028\u2029"):
            self.setText(text.strip("\n\r\u2028\u2029"))
