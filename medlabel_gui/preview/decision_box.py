"""The delivered label of the shown image, who decided about it and when, and the known label."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from core.project.class_edits import key_of
from core.project.records import ImageClass, Source, Status
from core.project.table import LabelTable
from medlabel_gui.preview.chips import Chip, ElidedLabel, Mark
from medlabel_gui.preview.facts_box import time_text
from medlabel_gui.texts.grid import status_text
from medlabel_gui.texts.preview import DecisionTexts, PreviewTexts


@dataclass(frozen=True)
class Decision:
    """What stands in the box; without a label there is no class."""

    image_class: ImageClass | None
    key: str
    status: Status
    line: str
    origin: str
    known: str


class DecisionBox(QWidget):
    """Shows a `Decision`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._chip, self._name, self._mark = Chip(), ElidedLabel(), Mark()
        self._name.setProperty("role", "heading")
        self._line, self._origin, self._known = QLabel(), QLabel(), QLabel()
        top = QHBoxLayout()
        top.setSpacing(6)
        top.addWidget(self._chip)
        top.addWidget(self._name, 1)
        top.addWidget(self._mark)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addLayout(top)
        for label in (self._line, self._origin, self._known):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
            layout.addWidget(label)
        self._origin.setProperty("role", "quiet")

    @property
    def lines(self) -> tuple[str, ...]:
        """The texts as shown, from top to bottom."""
        labels = (self._name, self._line, self._origin, self._known)
        return tuple(label.text() for label in labels if label.text())

    def show_decision(self, decision: Decision) -> None:
        """Show what holds for an image now."""
        self._chip.show_class(decision.image_class, decision.key)
        self._mark.show_status(decision.status)
        image_class = decision.image_class
        self._name.set_text(image_class.name if image_class is not None else PreviewTexts.no_label)
        for label, text in (
            (self._line, decision.line),
            (self._origin, decision.origin),
            (self._known, decision.known),
        ):
            label.setText(text)
            label.setVisible(bool(text))


def decision_of(table: LabelTable, row: int, author: str, at: str) -> Decision:
    """What holds for a row; `author` and `at` (ISO 8601) are those of the decision, empty without one."""
    position = int(table.label[row])
    known = 0 <= position < len(table.classes)
    status = Status(int(table.status[row]))
    return Decision(
        image_class=table.classes[position] if known else None,
        key=key_of(table.classes, position) if known else "",
        status=status,
        line=_line(status, author, at),
        origin=_ORIGINS[Source(int(table.source[row]))](),
        known=_known(table, row),
    )


def _line(status: Status, author: str, at: str) -> str:
    if status is Status.PREDICTED:
        return DecisionTexts.waiting
    if status is Status.UNLABELLED or status is Status.ERROR or not author:
        return status_text(status)
    when = time_text(datetime.fromisoformat(at)) if at else ""
    return DecisionTexts.by.format(status=status_text(status), author=author, at=when)


def _known(table: LabelTable, row: int) -> str:
    truth = int(table.truth[row])
    if not 0 <= truth < len(table.classes):
        return ""
    text = DecisionTexts.known_agrees if truth == int(table.label[row]) else DecisionTexts.known
    return text.format(name=table.classes[truth].name)


_ORIGINS: dict[Source, Callable[[], str]] = {
    Source.NONE: lambda: "",
    Source.HUMAN: lambda: "",
    Source.ZERO_SHOT: lambda: DecisionTexts.from_clip,
    Source.REFINEMENT: lambda: DecisionTexts.from_refinement,
    Source.IMPORTED: lambda: DecisionTexts.from_import,
    Source.MODEL: lambda: DecisionTexts.from_model,
}
