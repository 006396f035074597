"""The matrix of labels before and after the refinement: counting, item model and view."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from core.project.class_edits import key_of
from core.project.records import ImageClass
from core.project.table import Ints
from medlabel_gui.class_colours import look_of
from medlabel_gui.grid.chips import CHIP_SIDE, draw_chip
from medlabel_gui.plain import plain_tip
from medlabel_gui.texts.training import ChangesTexts
from medlabel_gui.theme import colours, quiet_colour, text_on

Counts = npt.NDArray[np.int64]
_Index = QModelIndex | QPersistentModelIndex

_CELL = QSize(46, 28)  # the least
_WIDEST = 110  # of a cell, where there is room for the names of the classes
_COLUMN_HEADER = 46
_ROW_HEADER = (72, 132)  # least and most width
_FAINTEST, _STRONGEST = 0.16, 0.95  # how much of the accent colour a cell of few and of most changes has


def count_pairs(before: Ints, after: Ints, classes: int) -> Counts:
    """(classes, classes) int64: how many images have label i in `before` (n,) and j in `after` (n,).

    Images without one of the labels (-1) do not count. Milliseconds for a million images.
    """
    both = (before >= 0) & (after >= 0)
    pairs = before[both].astype(np.int64) * classes + after[both]
    return np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)


@dataclass(frozen=True)
class Matrix:
    """`counts` (k, k): rows are stage 1's labels, columns the network's. `first` names stage 1 in sentences."""

    classes: tuple[ImageClass, ...] = ()
    counts: Counts = field(default_factory=lambda: np.zeros((0, 0), np.int64))
    first: str = ""

    @property
    def most_changed(self) -> int:
        """The largest count off the diagonal."""
        off = self.counts.copy()
        np.fill_diagonal(off, 0)
        return int(off.max(initial=0))

    def sentence(self, row: int, column: int) -> str:
        """A cell in words."""
        count = int(self.counts[row, column])
        images = ChangesTexts.one_image if count == 1 else ChangesTexts.images.format(count=f"{count:,}")
        before, after = self.classes[row].name, self.classes[column].name
        text = ChangesTexts.cell_kept if row == column else ChangesTexts.cell_changed
        return text.format(images=images, first=self.first, before=before, after=after)


class MatrixModel(QAbstractTableModel):
    """A matrix for a table view."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.matrix = Matrix()
        self.most_changed = 0

    def show_matrix(self, matrix: Matrix) -> None:
        """Take another matrix; one of the same classes keeps the current cell."""
        same = matrix.classes == self.matrix.classes
        if not same:
            self.beginResetModel()
        self.matrix, self.most_changed = matrix, matrix.most_changed
        if not same:
            self.endResetModel()
        elif matrix.classes:
            last = len(matrix.classes) - 1
            self.dataChanged.emit(self.index(0, 0), self.index(last, last))

    # Qt

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.matrix.classes)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return self.rowCount(parent)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        row, column = index.row(), index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            count = int(self.matrix.counts[row, column])
            return f"{count:,}" if count else ""
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignCenter
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self.matrix.sentence(row, column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(self.matrix.sentence(row, column))
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if not 0 <= section < len(self.matrix.classes):
            return None
        name = self.matrix.classes[section].name
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return name
        if role == Qt.ItemDataRole.ToolTipRole:
            across = orientation == Qt.Orientation.Horizontal
            count = f"{self.matrix.counts.sum(axis=0 if across else 1)[section]:,}"
            text = ChangesTexts.column_tip if across else ChangesTexts.row_tip
            return plain_tip(text.format(name=name, count=count, first=self.matrix.first))
        return None


class ClassHeader(QHeaderView):
    """The chip of a class, as on the tiles, and its name."""

    def __init__(self, model: MatrixModel, orientation: Qt.Orientation, parent: QWidget) -> None:
        super().__init__(orientation, parent)
        self._matrix = model
        self.setSectionsClickable(False)
        self.setHighlightSections(False)
        self.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)

    def sectionSizeFromContents(self, logicalIndex: int) -> QSize:  # noqa: N802, N803  Qt's names
        if self.orientation() == Qt.Orientation.Horizontal:
            return QSize(_CELL.width(), _COLUMN_HEADER)
        name = self._matrix.matrix.classes[logicalIndex].name
        wide = self.fontMetrics().horizontalAdvance(name) + CHIP_SIDE + 18
        return QSize(min(max(wide, _ROW_HEADER[0]), _ROW_HEADER[1]), _CELL.height())

    def paintSection(self, painter: QPainter, rect: QRect, logicalIndex: int) -> None:  # noqa: N802, N803
        classes = self._matrix.matrix.classes
        image_class = classes[logicalIndex]
        painter.save()
        painter.fillRect(rect, QColor(colours().window))
        inner = rect.adjusted(4, 3, -4, -3)
        chip = QRect(0, 0, CHIP_SIDE, CHIP_SIDE)
        if self.orientation() == Qt.Orientation.Horizontal:
            chip.moveTo(inner.center().x() - CHIP_SIDE // 2, inner.top())
            words = inner.adjusted(-3, CHIP_SIDE + 2, 3, 0)
            flags = Qt.AlignmentFlag.AlignCenter
        else:
            chip.moveTo(inner.left(), inner.center().y() - CHIP_SIDE // 2 + 1)
            words = inner.adjusted(CHIP_SIDE + 6, 0, 0, 0)
            flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        colour, shape = look_of(image_class)
        draw_chip(painter, QRectF(chip), shape, colour, key_of(classes, logicalIndex))
        painter.setPen(QColor(colours().text))
        name = self.fontMetrics().elidedText(image_class.name, Qt.TextElideMode.ElideRight, words.width())
        painter.drawText(words, flags, name)
        painter.restore()


class _CellDelegate(QStyledItemDelegate):
    """Shades what changed by its count; what stayed is quiet."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        model = index.model()
        assert isinstance(model, MatrixModel)
        count = int(model.matrix.counts[index.row(), index.column()])
        kept = index.row() == index.column()
        fill = QColor(colours().alternate if kept else colours().base)
        if count and not kept:
            fill = _mixed(fill, QColor(colours().accent), shade(count, model.most_changed))
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        painter.save()
        painter.fillRect(rect, fill)
        painter.setPen(quiet_colour() if kept else text_on(fill))
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, index.data() or "")
        if state & QStyle.StateFlag.State_Selected:
            painter.setPen(QPen(QColor(colours().text), 2))
            painter.drawRect(rect.adjusted(1, 1, -1, -1))
        painter.restore()


def shade(count: int, most: int) -> float:
    """How strong the colour of a cell is, 0..1. The root lets rare changes be seen beside frequent ones."""
    return _FAINTEST + (_STRONGEST - _FAINTEST) * float(np.sqrt(count / max(most, 1)))


def _mixed(one: QColor, other: QColor, share: float) -> QColor:
    return QColor.fromRgbF(
        one.redF() + (other.redF() - one.redF()) * share,
        one.greenF() + (other.greenF() - one.greenF()) * share,
        one.blueF() + (other.blueF() - one.blueF()) * share,
    )


class MatrixView(QTableView):
    """Arrows move between cells; a click, Enter or Space chooses one that holds images."""

    cell_chosen = Signal(int, int)  # row, column

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._matrix = MatrixModel(self)
        self.setModel(self._matrix)
        self.setItemDelegate(_CellDelegate(self))
        for orientation in (Qt.Orientation.Horizontal, Qt.Orientation.Vertical):
            header = ClassHeader(self._matrix, orientation, self)
            is_row = orientation == Qt.Orientation.Vertical
            (self.setVerticalHeader if is_row else self.setHorizontalHeader)(header)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setTabKeyNavigation(False)
        self.setCornerButtonEnabled(False)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.clicked.connect(self._choose)

    def show_matrix(self, matrix: Matrix) -> None:
        """Show another matrix, in cells that hold its numbers."""
        self._matrix.show_matrix(matrix)
        self.verticalHeader().setDefaultSectionSize(_CELL.height())
        self._share_width()
        self.setAccessibleName(ChangesTexts.accessible.format(first=matrix.first))
        bar = self.horizontalScrollBar().sizeHint().height()
        rows = _COLUMN_HEADER + len(matrix.classes) * _CELL.height()
        self.setMaximumHeight(rows + bar + 2 * self.frameWidth())

    def _share_width(self) -> None:
        matrix = self._matrix.matrix
        largest = f"{matrix.counts.max(initial=0):,}"
        least = max(_CELL.width(), self.fontMetrics().horizontalAdvance(largest) + 16)
        room = self.width() - self.verticalHeader().sizeHint().width() - 2 * self.frameWidth()
        share = min(room // max(len(matrix.classes), 1), _WIDEST)
        self.horizontalHeader().setDefaultSectionSize(max(least, share))

    def _choose(self, index: QModelIndex) -> None:
        if index.isValid() and self._matrix.matrix.counts[index.row(), index.column()]:
            self.cell_chosen.emit(index.row(), index.column())

    # Qt

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._choose(self.currentIndex())
            event.accept()
            return
        super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share_width()
