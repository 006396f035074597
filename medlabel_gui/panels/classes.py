"""The classes as text: one a line, with its prompts after an equals sign where the model's own do not fit."""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from core.project.records import ImageClass
from medlabel_gui.session import Aspect, Change, Session

Entry = tuple[str, tuple[str, ...]]
EXAMPLE = "chest x-ray\nbreast ultrasound = an ultrasound image of the breast"


def parse_classes(text: str) -> list[Entry]:
    """(name, prompts) of each line `name`, `name = prompt` or `name = prompt | prompt`; same names merge."""
    found: dict[str, tuple[str, ...]] = {}
    for line in text.splitlines():
        name, _, rest = line.partition("=")
        name = " ".join(name.split())
        if name:
            prompts = tuple(" ".join(prompt.split()) for prompt in rest.split("|") if prompt.strip())
            found[name] = found.get(name, ()) + prompts
    return list(found.items())


def format_classes(classes: Sequence[ImageClass]) -> str:
    """The text that `parse_classes` reads back."""
    return "\n".join(f"{c.name} = {' | '.join(c.prompts)}" if c.prompts else c.name for c in classes)


class _Editor(QPlainTextEdit):
    left = Signal()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.left.emit()


class ClassesPanel(QWidget):
    """The editor of classes. What is typed is kept when the editor is left, as one undoable step."""

    committed = Signal(list)  # of Entry

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._shown = ""
        heading = QLabel("Classes")
        heading.setProperty("role", "heading")
        self._editor = _Editor()
        self._editor.setPlaceholderText(EXAMPLE)
        self._editor.setTabChangesFocus(True)
        self._editor.setAcceptDrops(
            False
        )  # a folder that is dropped here is opened, not written into the text
        self._editor.setAccessibleName("Classes, one a line")
        heading.setBuddy(self._editor)
        self._editor.left.connect(self._commit)
        hint = QLabel("One a line. After “=” you may say what such an image shows; “|” between several.")
        hint.setProperty("role", "quiet")
        hint.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(heading)
        layout.addWidget(self._editor, 1)
        layout.addWidget(hint)
        session.changed.connect(self._follow)

    def entries(self) -> list[Entry]:
        """What stands in the editor."""
        return parse_classes(self._editor.toPlainText())

    def set_text(self, text: str) -> None:
        """Put classes into the editor, as if typed."""
        self._editor.setPlainText(text)

    def _commit(self) -> None:
        wanted = self.entries()
        have = [(c.name, c.prompts) for c in self._session.classes]
        if self._session.project is not None and len(wanted) >= 2 and wanted != have:
            self.committed.emit(wanted)

    def _follow(self, change: Change) -> None:
        text = format_classes(self._session.classes)
        if change.aspect is Aspect.PROJECT or text != self._shown:
            self._shown = text
            if change.aspect is Aspect.PROJECT or not self._editor.hasFocus():
                self._editor.setPlainText(text)
