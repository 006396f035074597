"""The strip below the image: which one it is, its label and confidence, and the keys."""

import math
from pathlib import PurePosixPath

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from core.project.class_edits import key_of
from core.project.records import Status
from core.project.table import LabelTable
from medlabel_gui.grid.marks import MARK_SIZE
from medlabel_gui.grid.tiles import confidence_of, percent
from medlabel_gui.key_hints import key_hint
from medlabel_gui.keys import Keys
from medlabel_gui.preview.chips import Chip, ElidedLabel, Mark
from medlabel_gui.texts.grid import status_text
from medlabel_gui.texts.preview import PreviewTexts

_ROOM_FOR_HINTS = 700  # px


class Caption(QWidget):
    """`12 of 58,954 · chip label 93% · mark · name`, with the keys at the right end where there is room."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.place, self.label, self.confidence = QLabel(), QLabel(), QLabel()
        self.status, self.name = QLabel(), ElidedLabel()
        self._hints = ElidedLabel(Qt.TextElideMode.ElideRight)
        self._hints.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._chip, self._mark = Chip(), Mark()
        self.place.setProperty("role", "heading")
        for quiet in (self.confidence, self.status, self.name, self._hints):
            quiet.setProperty("role", "quiet")
        for text in (self.place, self.label, self.confidence, self.status):
            text.setTextFormat(Qt.TextFormat.PlainText)
        self.label.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        self.set_keys({})
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 4, 12, 4)
        self.setFixedHeight(max(MARK_SIZE + 2, self.fontMetrics().height()) + 8)  # marks come and go
        layout.setSpacing(7)
        parts = (self.place, self._chip, self.label, self.confidence, self._mark, self.status)
        for part in parts:
            layout.addWidget(part)
        layout.addWidget(self.name, 1)
        layout.addWidget(self._hints, 3)
        layout.insertSpacing(1, 8)

    @property
    def text(self) -> str:
        """What is said of the image, without the keys."""
        parts = (self.place, self.label, self.confidence, self.status, self.name)
        return " · ".join(part.text() for part in parts if part.text())

    def show_row(self, table: LabelTable, row: int, position: int, count: int) -> None:
        """Tell of a row that stands at `position`, from 0, of `count` images."""
        label = int(table.label[row])
        known = 0 <= label < len(table.classes)
        status = Status(int(table.status[row]))
        confidence = confidence_of(table, row)
        self.place.setText(PreviewTexts.position.format(position=f"{position + 1:,}", count=f"{count:,}"))
        self._chip.show_class(
            table.classes[label] if known else None, key_of(table.classes, label) if known else ""
        )
        self.label.setText(table.classes[label].name if known else PreviewTexts.no_label)
        self.confidence.setText("" if not known or math.isnan(confidence) else percent(confidence))
        self._mark.show_status(status)
        self.status.setText(status_text(status) if status > Status.PREDICTED else "")
        self.name.set_text(PurePosixPath(table.refs[row].legible).name)

    def set_keys(self, keys: Keys) -> None:
        """Name these keys at the right end: those of the actions by id, where they are not those of the table."""
        self._hints.set_text(key_hint(keys, "accept", "unsure", "exclude", "preview"))

    # Qt

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._hints.setVisible(event.size().width() >= _ROOM_FOR_HINTS)
        super().resizeEvent(event)
