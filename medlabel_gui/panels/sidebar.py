"""The way from images to labels, top to bottom: classes, model, Label, Refine."""

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget


class Sidebar(QWidget):
    """Puts the classes, the model and the two buttons below each other."""

    def __init__(
        self,
        classes: QWidget,
        models: QWidget,
        label: QAction,
        refine: QAction,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 12)
        layout.setSpacing(10)
        layout.addWidget(classes, 1)
        layout.addWidget(models)
        first = _button(label, "Label images with CLIP")
        first.setProperty("primary", True)
        layout.addWidget(first)
        layout.addWidget(_button(refine, "Refine with a network"))
        self.setMinimumWidth(230)


def _button(action: QAction, text: str) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(action.toolTip())
    button.setEnabled(action.isEnabled())
    button.clicked.connect(action.trigger)
    action.changed.connect(lambda: button.setEnabled(action.isEnabled()))
    return button
