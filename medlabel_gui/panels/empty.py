"""What is shown when there is nothing to show: what to do."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from medlabel_gui.resources import RESEARCH_ONLY, STEPS


class EmptyPanel(QWidget):
    """The first thing a new user sees. Its buttons are actions of the table."""

    def __init__(self, open_folder: QAction, open_npz: QAction, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = QLabel()
        font = self._title.font()
        font.setPointSizeF(font.pointSizeF() * 1.7)
        self._title.setFont(font)
        self._body = QLabel()
        self._body.setProperty("role", "quiet")
        steps = QLabel("".join(f"<p><b>{n}.</b>&nbsp; {step}</p>" for n, step in enumerate(STEPS, 1)))
        steps.setTextFormat(Qt.TextFormat.RichText)
        note = QLabel(RESEARCH_ONLY)
        note.setProperty("role", "quiet")
        buttons = QHBoxLayout()
        self._open = _button(open_folder, "Open folder…")
        self._open.setProperty("primary", True)
        buttons.addWidget(self._open)
        buttons.addWidget(_button(open_npz, "Open NPZ…"))
        buttons.addStretch(1)
        column = QVBoxLayout()
        column.addStretch(2)
        for widget in (self._title, self._body):
            column.addWidget(widget)
        column.addSpacing(12)
        column.addLayout(buttons)
        column.addSpacing(20)
        column.addWidget(steps)
        column.addSpacing(12)
        column.addWidget(note)
        column.addStretch(3)
        outer = QHBoxLayout(self)
        outer.addStretch(1)
        outer.addLayout(column)
        outer.addStretch(1)
        self.tell("Open a folder of images", "Or drop a folder, an NPZ file or a MedLabel project here.")

    def tell(self, title: str, body: str) -> None:
        """Say why nothing is shown and what to do."""
        self._title.setText(title)
        self._body.setText(body)


def _button(action: QAction, text: str) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(action.toolTip())
    button.clicked.connect(action.trigger)
    action.changed.connect(lambda: button.setEnabled(action.isEnabled()))
    return button
