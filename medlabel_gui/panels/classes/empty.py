"""What stands in the place of the list while there is no class."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QMenu, QPushButton, QVBoxLayout, QWidget

from medlabel_gui.texts.classes import EmptyTexts


class EmptyClasses(QWidget):
    """Says what to do, with an example and the presets."""

    def __init__(self, presets: QMenu, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = QLabel(EmptyTexts.title)
        self._title.setProperty("role", "heading")
        self._body = QLabel()
        self._body.setProperty("role", "quiet")
        self.presets = QPushButton(EmptyTexts.presets)
        self.presets.setToolTip(EmptyTexts.presets_tip)
        self.presets.setMenu(presets)
        for label in (self._title, self._body):
            label.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2, 4, 2, 4)
        layout.setSpacing(6)
        layout.addWidget(self._title)
        layout.addWidget(self._body)
        layout.addWidget(self.presets, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addStretch(1)
        self.show_open(False)

    def show_open(self, is_open: bool) -> None:
        """Whether there is a project whose classes could be named."""
        self._body.setText(EmptyTexts.body if is_open else EmptyTexts.closed)
        self._title.setVisible(is_open)
        self.presets.setVisible(is_open)
