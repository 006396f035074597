"""The side of the preview: label, probabilities, note, tone and facts of the shown image."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from core.project.table import LabelTable
from medlabel_gui.preview.decision_box import DecisionBox, decision_of
from medlabel_gui.preview.facts_box import FactsBox
from medlabel_gui.preview.note_box import NoteBox
from medlabel_gui.preview.probabilities import probabilities_of
from medlabel_gui.preview.probability_box import ProbabilityBox
from medlabel_gui.preview.reading import Picture
from medlabel_gui.preview.tone_box import ToneBox
from medlabel_gui.session import Session
from medlabel_gui.texts.preview import (
    DecisionTexts,
    FactTexts,
    NoteTexts,
    PreviewTexts,
    ProbabilityTexts,
    ToneTexts,
)

WIDTH = 300


class PreviewSide(QScrollArea):
    """Scrolls with the wheel; the keys stay with the image."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFixedWidth(WIDTH)
        self.setAccessibleName(PreviewTexts.side)
        self.reason = QLabel()
        self.reason.setTextFormat(Qt.TextFormat.PlainText)
        self.reason.setWordWrap(True)
        self.decision, self.probabilities = DecisionBox(), ProbabilityBox()
        self.note, self.tone, self.facts = NoteBox(), ToneBox(), FactsBox()
        content = QWidget()
        content.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._column = QVBoxLayout(content)
        self._column.setContentsMargins(14, 12, 14, 14)
        self._column.setSpacing(6)
        self._why = self._add(PreviewTexts.why, self.reason)
        self._add(DecisionTexts.title, self.decision)
        self._add(ProbabilityTexts.title, self.probabilities)
        self._add(NoteTexts.title, self.note)
        self._add(ToneTexts.title, self.tone)
        self._add(FactTexts.title, self.facts)
        self._column.addStretch(1)
        self.setWidget(content)
        self.set_reason("")

    def set_reason(self, text: str) -> None:
        """Say why the image is shown; nothing is said of an empty reason."""
        self.reason.setText(text)
        self._why.setVisible(bool(text))

    def show_row(self, session: Session, row: int, picture: Picture | None) -> None:
        """Show everything that is known of an image; `picture` is None while it is being read."""
        snapshot = session.snapshot
        if snapshot is None:
            return
        table: LabelTable = snapshot.table
        self.decision.show_decision(decision_of(table, row, *session.decided_by(row)))
        self.probabilities.show_probabilities(probabilities_of(snapshot, row))
        self.note.show_note(row, table.note[row])
        self.facts.show_facts(table, row, picture)

    def _add(self, title: str, part: QWidget) -> QWidget:
        section = QWidget()
        column = QVBoxLayout(section)
        column.setContentsMargins(0, 0, 0, 10)
        column.setSpacing(5)
        heading = QLabel(title)
        heading.setProperty("role", "heading")
        column.addWidget(heading)
        column.addWidget(part)
        self._column.addWidget(section)
        return section
