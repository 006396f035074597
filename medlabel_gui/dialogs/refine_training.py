"""The part of the dialog “How to refine” that says how the network is trained."""

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QGridLayout, QLabel, QLineEdit, QSpinBox, QWidget

from core.refine.params import TrainingChoices
from medlabel_gui.refine_choice import (
    BATCH_SIZES,
    EPOCHS,
    LEARNING_RATES,
    OPTIMISERS,
    SCHEDULES,
    parse_rate,
)
from medlabel_gui.texts.refine import TrainingTexts

_COLUMN_WIDTH = 150  # px


class TrainingBox(QWidget):
    """Shows and gives all of `TrainingChoices` but the network. What is left as it is, is the strategy's own."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        texts = TrainingTexts
        self.optimiser = _combo([(str(getattr(texts, name)), name) for name in OPTIMISERS])
        named = [(str(getattr(texts, name.replace("-", "_"))), name) for name in SCHEDULES]
        self.schedule = _combo(named)
        self.epochs, self.batch_size = _spin(EPOCHS), _spin(BATCH_SIZES)
        self.rate = QLineEdit()
        self.rate.setPlaceholderText(texts.own)
        self.weights = _combo([(texts.weights_on, True), (texts.weights_off, False)])
        self.flip = QCheckBox(texts.flip)
        self.flip.setToolTip(texts.flip_why)
        self.pretrained = QCheckBox(texts.pretrained)
        self.pretrained.setToolTip(texts.pretrained_tip)
        self.flip_why = QLabel(texts.flip_why)
        self.flip_why.setProperty("role", "quiet")
        self.flip_why.setWordWrap(True)
        self.flip_why.setIndent(24)
        self._place()
        self._connect()

    @property
    def problem(self) -> str:
        """What is wrong with what was typed; empty where nothing is."""
        if not self.rate.text().strip() or parse_rate(self.rate.text()) is not None:
            return ""
        least, most = LEARNING_RATES
        return TrainingTexts.rate_problem.format(least=f"{least:f}".rstrip("0"), most=f"{most:g}")

    @property
    def is_default(self) -> bool:
        """Whether everything is the strategy's own."""
        return self.applied_to(TrainingChoices()) == TrainingChoices()

    def show_choices(self, choices: TrainingChoices) -> None:
        """Show these."""
        for combo, value in (
            (self.optimiser, choices.optimiser),
            (self.schedule, choices.schedule),
            (self.weights, choices.class_weights),
        ):
            combo.setCurrentIndex(max(combo.findData(value), 0))
        for spin, number in ((self.epochs, choices.epochs), (self.batch_size, choices.batch_size)):
            spin.setValue(spin.minimum() if number is None else number)
        self.rate.setText("" if choices.learning_rate is None else f"{choices.learning_rate:g}")
        self.flip.setChecked(choices.flip is True)
        self.pretrained.setChecked(choices.pretrained)

    def applied_to(self, choices: TrainingChoices) -> TrainingChoices:
        """`choices` with what is chosen here."""
        return replace(
            choices,
            optimiser=self.optimiser.currentData(),
            schedule=self.schedule.currentData(),
            epochs=_number(self.epochs),
            batch_size=_number(self.batch_size),
            learning_rate=parse_rate(self.rate.text()),
            class_weights=self.weights.currentData(),
            flip=True if self.flip.isChecked() else None,
            pretrained=self.pretrained.isChecked(),
        )

    def _place(self) -> None:
        texts = TrainingTexts
        fields: tuple[tuple[QWidget, str, str], ...] = (
            (self.optimiser, texts.optimiser, texts.optimiser_tip),
            (self.schedule, texts.schedule, texts.schedule_tip),
            (self.epochs, texts.epochs, texts.epochs_tip),
            (self.batch_size, texts.batch_size, texts.batch_size_tip),
            (self.rate, texts.rate, texts.rate_tip),
            (self.weights, texts.weights, texts.weights_tip),
        )
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(8)
        for number, (field, name, tip) in enumerate(fields):
            label = QLabel(name)
            label.setBuddy(field)
            field.setToolTip(tip)
            field.setAccessibleName(name.replace("&", ""))
            field.setMinimumWidth(_COLUMN_WIDTH)
            grid.addWidget(label, number // 2, 2 * (number % 2))
            grid.addWidget(field, number // 2, 2 * (number % 2) + 1)
        for column in (1, 3):
            grid.setColumnStretch(column, 1)
        rows = len(fields) // 2
        for row, widget in enumerate((self.pretrained, self.flip, self.flip_why), rows):
            grid.addWidget(widget, row, 0, 1, 4, Qt.AlignmentFlag(0))

    def _connect(self) -> None:
        for combo in (self.optimiser, self.schedule, self.weights):
            combo.currentIndexChanged.connect(lambda _: self.changed.emit())
        for spin in (self.epochs, self.batch_size):
            spin.valueChanged.connect(lambda _: self.changed.emit())
        for box in (self.flip, self.pretrained):
            box.toggled.connect(lambda _: self.changed.emit())
        self.rate.textChanged.connect(lambda _: self.changed.emit())


def _number(spin: QSpinBox) -> int | None:
    return spin.value() if spin.value() > spin.minimum() else None


def _combo(choices: Sequence[tuple[str, object]]) -> QComboBox:
    combo = QComboBox()
    combo.addItem(TrainingTexts.own, None)
    for text, value in choices:
        combo.addItem(text, value)
    return combo


def _spin(limits: tuple[int, int]) -> QSpinBox:
    """One less than the least value stands for the strategy's own."""
    spin = QSpinBox()
    spin.setRange(limits[0] - 1, limits[1])
    spin.setSpecialValueText(TrainingTexts.own)
    spin.lineEdit().setTextMargins(4, 0, 0, 0)  # in line with the other fields
    return spin
