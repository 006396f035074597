"""The parts of the export dialog that choose images, parts and groups. Each shows a choice and says when it changed."""

from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QGridLayout,
    QGroupBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from core.tasks.export import Status
from medlabel_gui.dialogs.export_choices import COLUMN, KEEP, MAX_SEED, NOTHING, PATIENT, PATTERN, GroupChoice
from medlabel_gui.dialogs.files import FileDialogs
from medlabel_gui.texts.export import STATUS_TEXTS, GroupTexts, SplitTexts, WhichTexts, status_text

_NO_LABEL = (Status.UNLABELLED, Status.ERROR)
_SPIN_WIDTH = 76  # px, so that four stand side by side


class WhichBox(QGroupBox):
    """Statuses with how many images have them."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(WhichTexts.title, parent)
        self.boxes: dict[Status, QCheckBox] = {}
        grid = QGridLayout(self)
        grid.setVerticalSpacing(2)
        for number, status in enumerate(STATUS_TEXTS):
            box = QCheckBox(status_text(status))
            box.setToolTip(WhichTexts.tip)
            box.toggled.connect(lambda _: self.changed.emit())
            self.boxes[status] = box
            grid.addWidget(box, number // 2, number % 2)

    def show_counts(self, counts: Mapping[Status, int]) -> None:
        """Say how many images have each status."""
        for status, box in self.boxes.items():
            box.setText(WhichTexts.count.format(name=status_text(status), count=f"{counts[status]:,}"))

    def show_choice(self, chosen: frozenset[Status], labelled_only: bool) -> None:
        """Check these; what never has a label is not offered when only labelled images are written."""
        for status, box in self.boxes.items():
            box.blockSignals(True)
            box.setChecked(status in chosen)
            box.setVisible(not (labelled_only and status in _NO_LABEL))
            box.blockSignals(False)

    @property
    def chosen(self) -> frozenset[Status]:
        return frozenset(
            status for status, box in self.boxes.items() if box.isChecked() and not box.isHidden()
        )


class SplitBox(QGroupBox):
    """Train, validation and test in percent, and the seed."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(SplitTexts.title, parent)
        self.divide = QCheckBox(SplitTexts.divide)
        self.divide.setToolTip(SplitTexts.divide_tip)
        self.shares = tuple(_spin(0, 100, SplitTexts.share_tip, SplitTexts.percent) for _ in range(3))
        self.seed = _spin(0, MAX_SEED, SplitTexts.seed_tip)
        self.problem = QLabel()
        self.problem.setProperty("role", "error")
        self.problem.setWordWrap(True)
        column = QVBoxLayout(self)
        column.addWidget(self.divide)
        grid = QGridLayout()
        names = (SplitTexts.train, SplitTexts.val, SplitTexts.test, SplitTexts.seed)
        for place, (name, spin) in enumerate(zip(names, (*self.shares, self.seed), strict=True)):
            label = QLabel(name)
            label.setBuddy(spin)
            spin.setAccessibleName(name)
            grid.addWidget(label, 0, place)
            grid.addWidget(spin, 1, place)
            spin.valueChanged.connect(lambda _: self._follow())
        column.addLayout(grid)
        column.addWidget(self.problem)
        self.divide.toggled.connect(lambda _: self._follow())

    def show_choice(self, divide: bool, ratios: tuple[int, int, int], seed: int) -> None:
        widgets = (self.divide, *self.shares, self.seed)
        for widget in widgets:
            widget.blockSignals(True)
        self.divide.setChecked(divide)
        for spin, share in zip(self.shares, ratios, strict=True):
            spin.setValue(share)
        self.seed.setValue(seed)
        for widget in widgets:
            widget.blockSignals(False)
        self._show_problem()

    @property
    def ratios(self) -> tuple[int, int, int]:
        train, val, test = (spin.value() for spin in self.shares)
        return train, val, test

    def _follow(self) -> None:
        self._show_problem()
        self.changed.emit()

    def _show_problem(self) -> None:
        divided, total = self.divide.isChecked(), sum(self.ratios)
        for spin in (*self.shares, self.seed):
            spin.setEnabled(divided)
        self.problem.setVisible(divided and total != 100)
        self.problem.setText(SplitTexts.sum.format(sum=total))


class TogetherBox(QGroupBox):
    """Which images are never divided: by a pattern in the file name, a column of a CSV, or the patient in DICOM."""

    changed = Signal()

    def __init__(self, files: FileDialogs, has_groups: bool, parent: QWidget | None = None) -> None:
        super().__init__(GroupTexts.title, parent)
        self._files = files
        self.by = QComboBox()
        self.by.setToolTip(GroupTexts.by_tip)
        self.by.setAccessibleName(GroupTexts.title)
        if has_groups:
            self.by.addItem(GroupTexts.keep, KEEP)
        self.by.addItem(GroupTexts.nothing, NOTHING)
        self.by.addItem(GroupTexts.pattern, PATTERN)
        self.by.addItem(GroupTexts.column, COLUMN)
        self.by.addItem(GroupTexts.patient, PATIENT)
        self.allow_patients(False)
        self.pattern, self.csv, self.column = QLineEdit(), QLineEdit(), QLineEdit()
        self.pattern.setPlaceholderText("^([^_]+)_")
        self.pattern.setToolTip(GroupTexts.pattern_tip)
        self.csv.setToolTip(GroupTexts.file_tip)
        self.column.setToolTip(GroupTexts.column_tip)
        self.choose = QPushButton(GroupTexts.choose)
        self.choose.setAutoDefault(False)  # Enter exports
        self.choose.setToolTip(GroupTexts.file_tip)
        self.example, self.about_patients = QLabel(), QLabel(GroupTexts.patient_note)
        for label in (self.example, self.about_patients):
            label.setProperty("role", "quiet")
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
        self._arrange()
        self.by.currentIndexChanged.connect(lambda _: self._follow())
        for edit in (self.pattern, self.csv, self.column):
            edit.textChanged.connect(lambda _: self.changed.emit())
        self.choose.clicked.connect(self._ask_file)
        self._show_rows()

    def allow_patients(self, allowed: bool) -> None:
        """Whether the project has DICOM images, which name a patient; else the choice says why it is none."""
        place = self.by.findData(PATIENT)
        rows = self.by.model()
        if isinstance(rows, QStandardItemModel):  # which a combo box has unless it is given another
            rows.item(place).setEnabled(allowed)
        tip = GroupTexts.patient_note if allowed else GroupTexts.no_dicom
        self.by.setItemData(place, tip, Qt.ItemDataRole.ToolTipRole)

    def show_choice(self, choice: GroupChoice) -> None:
        for edit, text in (
            (self.pattern, choice.pattern),
            (self.csv, choice.csv),
            (self.column, choice.column),
        ):
            edit.blockSignals(True)
            edit.setText(text)
            edit.blockSignals(False)

    @property
    def choice(self) -> GroupChoice:
        return GroupChoice(
            str(self.by.currentData()),
            self.pattern.text(),
            self.csv.text().strip(),
            self.column.text().strip(),
        )

    def show_examples(self, examples: tuple[tuple[str, str], ...]) -> None:
        """Show what a few files give; nothing for none."""
        lines = [
            GroupTexts.example.format(file=file.rsplit("/", 1)[-1], group=group or GroupTexts.no_group)
            for file, group in examples
        ]
        self.example.setText("\n".join(lines))
        self.example.setVisible(bool(lines) and self.by.currentData() != NOTHING)

    def _arrange(self) -> None:
        self._form = QFormLayout(self)
        self._form.addRow(GroupTexts.by, self.by)
        self._form.addRow(GroupTexts.pattern_label, self.pattern)
        row = QWidget()
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(self.csv, 1)
        line.addWidget(self.choose)
        self._file_row = row
        label = QLabel(GroupTexts.file_label)
        label.setBuddy(self.csv)
        self._form.addRow(label, row)
        self._form.addRow(GroupTexts.column_label, self.column)
        self._form.addRow(self.about_patients)
        self._form.addRow(self.example)
        self.csv.setAccessibleName(GroupTexts.file_label)

    def _follow(self) -> None:
        self._show_rows()
        self.changed.emit()

    def _show_rows(self) -> None:
        by = self.by.currentData()
        self._form.setRowVisible(self.pattern, by == PATTERN)
        self._form.setRowVisible(self._file_row, by == COLUMN)
        self._form.setRowVisible(self.column, by == COLUMN)
        self.about_patients.setVisible(by == PATIENT)
        if by == NOTHING:
            self.example.hide()

    def _ask_file(self) -> None:
        self._files.choose_file(
            GroupTexts.choose_title, "groups", GroupTexts.kinds, lambda path: self.csv.setText(str(path))
        )


def _spin(low: int, high: int, tip: str, suffix: str = "") -> QSpinBox:
    spin = QSpinBox()
    spin.setRange(low, high)
    spin.setSuffix(suffix)
    spin.setToolTip(tip)
    spin.setMinimumWidth(_SPIN_WIDTH)
    spin.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
    return spin
