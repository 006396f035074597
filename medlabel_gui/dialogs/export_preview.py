"""What an export would write: counts in words, first rows, images a class."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from core.tasks.export import ExportLook, ExportPlan, Status
from medlabel_gui.plain import plain_tip
from medlabel_gui.texts.export import PlanTexts, SplitTexts, status_text

_MAX_COLUMN = 240  # px


class PreviewPane(QWidget):
    """Shows a look ahead. What is out of date is greyed until the next one comes."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.headline, self.details, self.notes = QLabel(), QLabel(), QLabel()
        for label, role in ((self.headline, "heading"), (self.details, "quiet"), (self.notes, "warning")):
            label.setProperty("role", role)
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
        self.rows, self.classes = _table(PlanTexts.rows_name), _table(PlanTexts.classes_name)
        self.tabs = QTabWidget()
        self.tabs.addTab(self.rows, PlanTexts.rows)
        self.tabs.addTab(self.classes, PlanTexts.classes)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.headline)
        column.addWidget(self.details)
        column.addWidget(self.notes)
        column.addWidget(self.tabs, 1)
        self.show_looking()

    def show_looking(self) -> None:
        """What is shown may be out of date."""
        self.tabs.setEnabled(False)
        if not self.rows.rowCount():
            self.headline.setText(PlanTexts.looking)
            self.notes.hide()

    def show_error(self, text: str) -> None:
        """Nothing can be shown, for this reason."""
        self.headline.setText(PlanTexts.nothing)
        self.details.hide()
        self._show_notes([text], "error")
        for table in (self.rows, self.classes):
            table.setRowCount(0)
            table.setColumnCount(0)

    def show_look(self, look: ExportLook) -> None:
        plan = look.plan
        self.headline.setText(headline(plan))
        lines = details(plan)
        self.details.setText("\n".join(lines))
        self.details.setVisible(bool(lines))
        self._show_notes(plan.notes, "warning")
        self.tabs.setEnabled(True)
        _fill(self.rows, look.preview.header, look.preview.rows)
        parts = (SplitTexts.train, SplitTexts.val, SplitTexts.test) if plan.splits else ()
        _fill(
            self.classes,
            (PlanTexts.class_column, PlanTexts.images_column, *parts),
            [
                (one.name, f"{one.images:,}", *(f"{count:,}" for count in one.splits or (0,) * len(parts)))
                for one in plan.classes
            ],
        )

    def _show_notes(self, notes: Sequence[str], role: str) -> None:
        self.notes.setText("\n".join(notes))
        self.notes.setProperty("role", role)
        self.notes.style().polish(self.notes)
        self.notes.setVisible(bool(notes))


def headline(plan: ExportPlan) -> str:
    """`1,092 images: 764 train, 110 validation, 218 test`."""
    if not plan.images:
        return PlanTexts.nothing
    one = plan.images == 1
    images = PlanTexts.image if one else PlanTexts.images.format(count=f"{plan.images:,}")
    if not plan.splits:
        return images
    counts = {name: f"{count:,}" for name, count in plan.splits.items()}
    return PlanTexts.divided.format(images=images, **counts)


def details(plan: ExportPlan) -> list[str]:
    """What is left out, how images are brought to a size, how large it will be, groups: a line each."""
    lines = []
    if plan.left_out:
        names = {status.name.lower(): status_text(status).lower() for status in Status}
        reasons = [
            PlanTexts.reason.format(count=f"{count:,}", why=names.get(why, why))
            for why, count in plan.left_out.items()
        ]
        lines.append(PlanTexts.left_out.format(reasons=", ".join(reasons)))
    size = PlanTexts.size_npz if plan.format == "npz" else PlanTexts.size
    large = size.format(size=size_text(plan.bytes)) if plan.images else ""
    if plan.side is not None:
        height, width = plan.side
        channels = PlanTexts.grey if plan.grey else PlanTexts.colour
        shape = PlanTexts.shape.format(height=height, width=width, channels=channels, resize=plan.resize)
        large = f"{shape} {large}"
    if large:
        lines.append(large)
    if plan.groups and plan.format != "report":
        lines.append(PlanTexts.groups.format(groups=f"{plan.groups:,}", ungrouped=f"{plan.ungrouped:,}"))
    return lines


def size_text(size: int) -> str:
    """Bytes for people: `830 kB`, `4.2 MB`, `1.7 GB`."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6)):
        if size >= factor:
            return f"{size / factor:.1f} {unit}"
    return f"{max(1, round(size / 1e3))} kB"


def _table(name: str) -> QTableWidget:
    table = QTableWidget()
    table.setAccessibleName(name)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
    table.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    table.setTabKeyNavigation(False)
    table.setWordWrap(False)
    table.setAlternatingRowColors(True)
    table.setShowGrid(False)
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(24)
    table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    table.horizontalHeader().setHighlightSections(False)
    return table


def _fill(table: QTableWidget, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    place = table.horizontalScrollBar().value()
    table.setColumnCount(len(header))
    table.setRowCount(len(rows))
    table.setHorizontalHeaderLabels(list(header))
    for y, row in enumerate(rows):
        for x, text in enumerate(row):
            item = QTableWidgetItem(text)
            item.setToolTip(plain_tip(text))
            table.setItem(y, x, item)
    few = len(header) <= 2  # the last one may then have all the room there is
    table.horizontalHeader().setMaximumSectionSize(-1 if few else _MAX_COLUMN)
    table.resizeColumnsToContents()
    if few and header:
        table.setColumnWidth(0, min(table.columnWidth(0), _MAX_COLUMN))
    table.horizontalHeader().setStretchLastSection(few)
    table.horizontalScrollBar().setValue(place)
