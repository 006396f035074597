"""The table that says which class of the project each class name of a file is."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QComboBox, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from core.project.records import ImageClass
from core.tasks.import_labels import FoundName
from medlabel_gui.icons import Tint, icon
from medlabel_gui.plain import plain_tip
from medlabel_gui.texts.imports import MappingTexts

MOST = 200  # rows: a file with more names than this has something else in its column of labels
_COMBO_WIDTH = 230  # px
_LEFT_OUT = -1  # beside the ids of classes


def _columns() -> tuple[tuple[str, Qt.AlignmentFlag], ...]:
    left, right = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
    return (MappingTexts.name, left), (MappingTexts.images, right), (MappingTexts.here, left)


class ClassCombo(QComboBox):
    """The wheel scrolls the table: it must not change what a name means on the way."""

    # Qt

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


class MappingTable(QTableWidget):
    """One row a name. What somebody chose stays when the file is read again, as long as the class is there."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, 3, parent)
        self._found: tuple[FoundName, ...] = ()
        self._chosen: dict[str, int] = {}
        self._unsure: set[str] = set()
        for column, (text, side) in enumerate(_columns()):
            title = QTableWidgetItem(text)
            title.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
            self.setHorizontalHeaderItem(column, title)
        self.setAccessibleName(MappingTexts.table_name)
        self.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QTableWidget.SelectionMode.NoSelection)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the boxes in it have it
        self.setVerticalScrollMode(QTableWidget.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setStyleSheet("QTableView::item { padding: 0 6px; }")
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(34)
        header, mode = self.horizontalHeader(), QHeaderView.ResizeMode
        header.setSectionsClickable(False)
        header.setHighlightSections(False)
        for column, how in enumerate((mode.Stretch, mode.ResizeToContents, mode.Fixed)):
            header.setSectionResizeMode(column, how)
            header.setMinimumSectionSize(64)
        self.setColumnWidth(2, _COMBO_WIDTH)

    @property
    def unsure(self) -> int:
        """Names that were only guessed, and that nobody has looked at."""
        return len(self._unsure)

    @property
    def hidden_names(self) -> int:
        """Names that have no row."""
        return max(0, len(self._found) - MOST)

    def forget(self) -> None:
        """Another file: what was chosen for names of the last one has no meaning."""
        self._chosen.clear()
        self.show_names((), (), numbers=False)

    def show_names(self, found: Sequence[FoundName], classes: Sequence[ImageClass], numbers: bool) -> None:
        """Show what the source holds; `numbers`: its names are numbers."""
        self._found = tuple(found)
        self._unsure = {f.name for f in found[:MOST] if f.alike and f.images and f.name not in self._chosen}
        ids = {c.name: c.id for c in classes}
        self.setRowCount(min(len(found), MOST))
        for row, name in enumerate(found[:MOST]):
            self._fill(row, name, numbers)
            combo = self._combo(name, classes)
            wanted = self._chosen.get(name.name, ids.get(name.suggested, _LEFT_OUT))
            combo.setCurrentIndex(max(0, combo.findData(wanted)))
            self.setCellWidget(row, 2, combo)

    def box(self, row: int) -> QComboBox:
        """Where the class of a row is chosen."""
        found = self.cellWidget(row, 2)
        assert isinstance(found, QComboBox)
        return found

    def mapping(self) -> Mapping[str, str]:
        """Name in the source -> name of the class here, without what is left out."""
        shown = zip(self._found, map(self.box, range(self.rowCount())), strict=False)
        return {found.name: box.currentText() for found, box in shown if box.currentData() != _LEFT_OUT}

    def _fill(self, row: int, found: FoundName, numbers: bool) -> None:
        name, images = QTableWidgetItem(found.shown), QTableWidgetItem(f"{found.images:,}")
        name.setToolTip(plain_tip(found.shown))
        if found.name in self._unsure:
            name.setIcon(icon("circle-help", Tint.WARNING))
            name.setToolTip(
                plain_tip(MappingTexts.number.format(name=found.shown) if numbers else MappingTexts.alike)
            )
        images.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        for column, item in enumerate((name, images)):
            item.setFlags(Qt.ItemFlag.ItemIsEnabled)
            self.setItem(row, column, item)

    def _combo(self, found: FoundName, classes: Sequence[ImageClass]) -> QComboBox:
        combo = ClassCombo()
        combo.addItem(MappingTexts.leave_out, _LEFT_OUT)
        for known in classes:
            combo.addItem(known.name, known.id)
        combo.setAccessibleName(MappingTexts.combo_name.format(name=found.shown))
        combo.setToolTip(plain_tip(MappingTexts.combo_tip.format(name=found.shown)))
        combo.activated.connect(lambda _: self._choose(found.name, int(combo.currentData())))
        return combo

    def _choose(self, name: str, class_id: int) -> None:
        self._chosen[name] = class_id
        if name in self._unsure:
            self._unsure.discard(name)
            row = next(row for row, found in enumerate(self._found) if found.name == name)
            self._fill(row, self._found[row], numbers=False)
        self.changed.emit()
