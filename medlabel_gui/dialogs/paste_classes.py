"""All classes at once as text: added to the list, or instead of it."""

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from core.project.class_edits import Classes, Decisions
from medlabel_gui.panels.classes.text import parse_classes, without
from medlabel_gui.texts.classes import PasteTexts


class PasteClassesDialog(QDialog):
    """`chosen` tells the classes and whether they go instead of those that are there. Says first what will happen."""

    chosen = Signal(list, bool)  # of Entry; True: replace the list

    def __init__(
        self, classes: Classes, decisions: Decisions, text: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._classes, self._decisions = classes, decisions
        self.setWindowTitle(PasteTexts.title)
        self.resize(520, 400)
        self.editor = QPlainTextEdit(text)
        self.editor.setPlaceholderText(PasteTexts.example)
        self.editor.setAccessibleName(PasteTexts.text_name)
        self.editor.setTabChangesFocus(True)
        self.append = QRadioButton(PasteTexts.append)
        self.append.setToolTip(PasteTexts.append_tip)
        self.append.setChecked(True)
        self.replace = QRadioButton(PasteTexts.replace)
        self.replace.setToolTip(PasteTexts.replace_tip)
        self.outcome = QLabel()
        self.outcome.setProperty("role", "quiet")
        self.outcome.setWordWrap(True)
        self._place()
        self.editor.textChanged.connect(self._look)
        self.replace.toggled.connect(self._look)
        self._look()
        self.editor.setFocus(Qt.FocusReason.OtherFocusReason)

    def _place(self) -> None:
        explain = QLabel(PasteTexts.explain)
        explain.setWordWrap(True)
        explain.setBuddy(self.editor)
        self.buttons = QDialogButtonBox()
        self._ok = self.buttons.addButton(PasteTexts.ok, QDialogButtonBox.ButtonRole.AcceptRole)
        self._ok.setProperty("primary", True)
        self.buttons.addButton(PasteTexts.cancel, QDialogButtonBox.ButtonRole.RejectRole)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        for keys in ("Ctrl+Return", "Ctrl+Enter"):  # Enter alone begins a new line
            QShortcut(QKeySequence(keys), self, self.accept)
        ways = QHBoxLayout()
        ways.addWidget(self.append)
        ways.addWidget(self.replace)
        ways.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 14)
        layout.setSpacing(10)
        layout.addWidget(explain)
        layout.addWidget(self.editor, 1)
        if self._classes:
            layout.addLayout(ways)
        layout.addWidget(self.outcome)
        layout.addWidget(self.buttons)

    def _look(self) -> None:
        """Say what would come of it."""
        entries = parse_classes(self.editor.toPlainText())
        new = without(entries, self._classes)
        self._ok.setEnabled(bool(entries) if self.replace.isChecked() else bool(new))
        if not entries:
            self.outcome.setText(PasteTexts.nothing)
        elif not new and not self.replace.isChecked():
            self.outcome.setText(PasteTexts.nothing_new)
        else:
            self.outcome.setText(self._foretell(len(entries), len(new)))

    def _foretell(self, entries: int, new: int) -> str:
        known = entries - new
        parts = [PasteTexts.new.format(count=new)] if new else []
        if not self.replace.isChecked():
            parts += [PasteTexts.known.format(count=known)] if known else []
            return f"{', '.join(parts)}."
        removed = len(self._classes) - known
        parts += [PasteTexts.kept.format(count=known)] if known else []
        parts += [PasteTexts.removed.format(count=removed)] if removed else []
        withdrawn = self._withdrawn()
        parts += [PasteTexts.withdrawn.format(count=f"{withdrawn:,}")] if withdrawn else []
        return f"{', '.join(parts)}. {PasteTexts.undo}"

    def _withdrawn(self) -> int:
        """Decisions for classes that would be removed."""
        names = {name.casefold() for name, _ in parse_classes(self.editor.toPlainText())}
        gone = [c.id for c in self._classes if c.name.casefold() not in names]
        said = self._decisions
        return int(((said["status"] > 0) & np.isin(said["class_id"], gone)).sum())

    # Qt

    def accept(self) -> None:
        """Done once: the button, Enter or a caller."""
        if self._ok.isEnabled():
            self.chosen.emit(parse_classes(self.editor.toPlainText()), self.replace.isChecked())
            super().accept()
