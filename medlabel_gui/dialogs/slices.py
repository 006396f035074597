"""Which slices of volumes are images."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from core.images.slices import AXES, SliceChoice
from medlabel_gui.texts.slices import SlicesTexts

_MOST = 1000


class SlicesDialog(QDialog):
    """Shows a choice and makes another one of it; `choice` is what stands there."""

    def __init__(self, current: SliceChoice, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("slices")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(SlicesTexts.title)
        self.plane = QComboBox()
        self.plane.setToolTip(SlicesTexts.plane_tip)
        for axis in AXES:
            self.plane.addItem(getattr(SlicesTexts, axis), axis)
        self.plane.setCurrentIndex(list(AXES).index(current.axis))
        self.part = QComboBox()
        self.part.setToolTip(SlicesTexts.part_tip)
        for text in (SlicesTexts.all, SlicesTexts.every, SlicesTexts.middle):
            self.part.addItem(text)
        self.every = QSpinBox()
        self.every.setRange(2, max(_MOST, current.every))
        self.every.setAccessibleName(SlicesTexts.number_name)
        self.every.setValue(max(2, current.every))
        self.part.currentIndexChanged.connect(lambda index: self.every.setEnabled(index == 1))
        self.part.setCurrentIndex(2 if current.middle else 1 if current.every > 1 else 0)
        self.every.setEnabled(self.part.currentIndex() == 1)
        self._lay_out()

    @property
    def choice(self) -> SliceChoice:
        every = self.every.value() if self.part.currentIndex() == 1 else 1
        return SliceChoice(self.plane.currentData(), every, self.part.currentIndex() == 2)

    def _lay_out(self) -> None:
        purpose, lost = QLabel(SlicesTexts.purpose), QLabel(SlicesTexts.lost)
        purpose.setProperty("role", "heading")
        lost.setProperty("role", "quiet")
        for label in (purpose, lost):
            label.setWordWrap(True)
        which = QHBoxLayout()
        which.addWidget(self.part, 1)
        which.addWidget(self.every)
        form = QFormLayout()
        form.addRow(SlicesTexts.plane, self.plane)
        form.addRow(SlicesTexts.part, which)
        part_label = form.labelForField(which)
        if isinstance(part_label, QLabel):
            part_label.setBuddy(self.part)
        kinds = QDialogButtonBox.StandardButton
        buttons = QDialogButtonBox(kinds.Ok | kinds.Cancel)
        buttons.button(kinds.Ok).setText(SlicesTexts.choose)
        buttons.button(kinds.Ok).setProperty("primary", True)
        buttons.button(kinds.Cancel).setText(SlicesTexts.cancel)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(purpose)
        layout.addLayout(form)
        layout.addWidget(lost)
        layout.addWidget(buttons)
        self.resize(440, self.sizeHint().height())


def ask_slices(parent: QWidget, current: SliceChoice, chosen: Callable[[str], object]) -> SlicesDialog:
    """Open the dialog over `parent`; `chosen` gets another choice as text when there is one."""
    dialog = SlicesDialog(current, parent)

    def accepted() -> None:
        if dialog.choice != current:
            chosen(str(dialog.choice))

    dialog.accepted.connect(accepted)
    dialog.open()
    return dialog
