"""The prompts of one class: one a line, an empty line for another one, and what the model reads without any."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from core.project.class_edits import clean_prompts
from medlabel_gui.icons import Tint, set_icon
from medlabel_gui.panels.classes.fields import Field, LinesField
from medlabel_gui.plain import plain_tip
from medlabel_gui.texts.classes import PromptTexts

_QUOTED = 2  # captions of the model that are told


class _Line(QWidget):
    """One prompt and the button that removes it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = Field()
        self.field.setToolTip(PromptTexts.tip)
        self.remove = QToolButton()
        self.remove.setToolTip(PromptTexts.remove)
        self.remove.setAccessibleName(PromptTexts.remove)
        self.remove.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # an emptied field does the same by keyboard
        self.remove.setStyleSheet("QToolButton { padding: 3px; }")
        set_icon(self.remove, "x", Tint.QUIET)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.field, 1)
        layout.addWidget(self.remove)


class PromptsEditor(QWidget):
    """Asks for other prompts by `changed`; shows what is stored when `show_prompts` is called."""

    changed = Signal(tuple)  # of str
    left = Signal()  # Esc

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = ""
        self._shown: tuple[str, ...] = ()
        self._lines: list[_Line] = []
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(17, 0, 0, 5)  # below the name
        self._layout.setSpacing(3)
        self._more = LinesField()
        self._more.setToolTip(PromptTexts.tip)
        self._more.committed.connect(self._commit)
        self._more.cancelled.connect(self.left)
        self._more.lines_pasted.connect(self._add_lines)
        self._reads = QLabel()
        self._reads.setProperty("role", "quiet")
        self._reads.setTextFormat(Qt.TextFormat.PlainText)
        self._reads.setWordWrap(True)
        self._layout.addWidget(self._more)
        self._layout.addWidget(self._reads)
        self._tell_captions(())

    @property
    def fields(self) -> list[Field]:
        """The prompts' fields, then the empty one."""
        return [*(line.field for line in self._lines), self._more]

    def show_prompts(self, name: str, prompts: Sequence[str], captions: Sequence[str]) -> None:
        """What is stored, and `captions` that the model would read without prompts (none: not known yet).

        A field in which somebody types keeps its text.
        """
        self._name, self._shown = name, tuple(prompts)
        while len(self._lines) < len(prompts):
            self._insert_line()
        while len(self._lines) > len(prompts):
            self._drop_line()
        for number, (line, prompt) in enumerate(zip(self._lines, prompts, strict=True), 1):
            line.field.put(prompt)
            line.field.setCursorPosition(0 if not line.field.hasFocus() else line.field.cursorPosition())
            line.field.setAccessibleName(PromptTexts.name.format(number=number, name=name))
        self._more.setAccessibleName(PromptTexts.add_name.format(name=name))
        self._more.setPlaceholderText(PromptTexts.another if prompts else PromptTexts.first)
        self._tell_captions(() if prompts else captions)

    def focus_first(self) -> None:
        """Type in the empty line."""
        self._more.setFocus(Qt.FocusReason.OtherFocusReason)

    def finish(self) -> None:
        """What is typed counts."""
        self._commit()

    def _tell_captions(self, captions: Sequence[str]) -> None:
        quoted = ", ".join(PromptTexts.quoted.format(caption=caption) for caption in captions[:_QUOTED])
        more = len(captions) - _QUOTED
        text = PromptTexts.reads if more <= 0 else PromptTexts.reads_more
        self._reads.setText(text.format(captions=quoted, count=more) if captions else "")
        self._reads.setToolTip(plain_tip("\n".join(captions)))
        self._reads.setVisible(bool(self._reads.text()))

    def _insert_line(self) -> None:
        line = _Line()
        line.field.committed.connect(self._commit)
        line.field.cancelled.connect(self.left)
        line.remove.clicked.connect(lambda: self._remove(line))
        self._layout.insertWidget(len(self._lines), line)
        self._lines.append(line)

    def _drop_line(self) -> None:
        line = self._lines.pop()
        line.field.blockSignals(True)  # losing the focus is no commit here
        if line.field.hasFocus():
            self._more.setFocus()
        line.hide()
        line.deleteLater()

    def _commit(self) -> None:
        wanted = clean_prompts([field.text() for field in self.fields])
        if wanted != self._shown:
            self.changed.emit(wanted)
        if wanted == self._shown:  # it is stored; else what was typed stays
            self._more.reset()
            for line in self._lines:
                line.field.reset()

    def _add_lines(self, text: str) -> None:
        wanted = clean_prompts([*(line.field.text() for line in self._lines), *text.splitlines()])
        if wanted != self._shown:
            self.changed.emit(wanted)

    def _remove(self, line: _Line) -> None:
        if line in self._lines:
            line.field.clear()
            self._commit()
