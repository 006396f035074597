"""A grid of uniform tiles. Its geometry is arithmetic, so a million items cost what the visible ones cost."""

# ruff: noqa: N802

from collections.abc import Iterator, Sequence
from typing import cast

import numpy as np
from PySide6.QtCore import (
    QAbstractItemModel,
    QItemSelection,
    QItemSelectionModel,
    QItemSelectionRange,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QPainter, QPaintEvent, QRegion, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractItemView, QStyle, QStyleOptionViewItem, QWidget

from medlabel_gui.live_table import Rows

Index = QModelIndex | QPersistentModelIndex
CAPTION_HEIGHT = 40
PADDING = 6
_MARGIN = 4


def _parts(selection: QItemSelection) -> list[QItemSelectionRange]:
    return [selection.at(n) for n in range(selection.count())]


class TileView(QAbstractItemView):
    """Shows a list model as tiles; the delegate paints them.

    Mouse and keyboard select as in every list of the platform (extended selection, rubber band).
    """

    side_changed = Signal(int)
    selection_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._side = 128
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QAbstractItemView.Shape.NoFrame)
        self.setAccessibleName("Images")
        self.setMouseTracking(True)

    # Geometry

    @property
    def side(self) -> int:
        """Side of a thumbnail, device-independent pixels."""
        return self._side

    def set_side(self, side: int) -> None:
        """Change the size of the tiles and keep the first visible one in view."""
        if side == self._side:
            return
        first = self.indexAt(QPoint(self._left + PADDING, _MARGIN + PADDING))
        self._side = side
        self.updateGeometries()
        if first.isValid():
            self.scrollTo(first, QAbstractItemView.ScrollHint.PositionAtTop)
        self.viewport().update()
        self.side_changed.emit(side)

    @property
    def tile_size(self) -> QSize:
        return QSize(self._side + 2 * PADDING, self._side + 2 * PADDING + CAPTION_HEIGHT)

    @property
    def columns(self) -> int:
        """Tiles beside each other."""
        return max(1, (self.viewport().width() - 2 * _MARGIN) // self.tile_size.width())

    @property
    def _left(self) -> int:
        used = self.columns * self.tile_size.width()
        return max(_MARGIN, (self.viewport().width() - used) // 2)

    @property
    def _count(self) -> int:
        model = cast("QAbstractItemModel | None", self.model())  # None before setModel
        return model.rowCount() if model is not None else 0

    def tile_rect(self, position: int) -> QRect:
        """Where an item is in the viewport."""
        line, column = divmod(position, self.columns)
        size = self.tile_size
        top = _MARGIN + line * size.height() - self.verticalScrollBar().value()
        return QRect(QPoint(self._left + column * size.width(), top), size)

    def positions_in(self, area: QRect) -> Iterator[range]:
        """Positions of the items that touch `area`, one range a line of tiles."""
        size, columns, count = self.tile_size, self.columns, self._count
        top = area.top() + self.verticalScrollBar().value() - _MARGIN
        bottom = area.bottom() + self.verticalScrollBar().value() - _MARGIN
        first = max(0, (area.left() - self._left) // size.width())
        last = min(columns - 1, (area.right() - self._left) // size.width())
        if first > last:
            return
        for line in range(max(0, top // size.height()), bottom // size.height() + 1):
            start, stop = line * columns + first, min(line * columns + last + 1, count)
            if start >= count:
                return
            yield range(start, stop)

    # Selection

    def selected_positions(self) -> Rows:
        """Positions of the selected items, ascending; fast for a million."""
        ranges = [
            np.arange(part.top(), part.bottom() + 1) for part in _parts(self.selectionModel().selection())
        ]
        return np.unique(np.concatenate(ranges)) if ranges else np.empty(0, np.int64)

    def selected_count(self) -> int:
        """How many items are selected."""
        return sum(part.height() for part in _parts(self.selectionModel().selection()))

    def _paint_tiles(self, painter: QPainter, area: QRect) -> None:
        option = QStyleOptionViewItem()
        self.initViewItemOption(option)
        selection, current = self.selectionModel(), self.currentIndex()
        plain = option.state & ~(QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_HasFocus)
        for position in (position for positions in self.positions_in(area) for position in positions):
            index = self.model().index(position, 0)
            option.rect, option.state = self.tile_rect(position), plain
            if selection.isSelected(index):
                option.state |= QStyle.StateFlag.State_Selected
            if self.hasFocus() and index == current:
                option.state |= QStyle.StateFlag.State_HasFocus
            self.itemDelegate().paint(painter, option, index)

    def _span(self, rect: QRect) -> range:
        """The tiles from one end of a selection to the other, in reading order.

        Qt gives the rectangle between the tile where the selection began and the current one, which hence
        stand in opposite corners.
        """
        current = self.currentIndex()
        corners = (
            (rect.topLeft(), rect.bottomRight()),
            (rect.bottomRight(), rect.topLeft()),
            (rect.topRight(), rect.bottomLeft()),
            (rect.bottomLeft(), rect.topRight()),
        )
        for here, there in corners:
            start = self.indexAt(there)
            if current.isValid() and self.indexAt(here) == current and start.isValid():
                first, last = sorted((start.row(), current.row()))
                return range(first, last + 1)
        return range(0)

    # Qt

    def setModel(self, model: QAbstractItemModel | None) -> None:
        super().setModel(model)
        self.updateGeometries()

    def visualRect(self, index: Index) -> QRect:
        return self.tile_rect(index.row()) if index.isValid() else QRect()

    def indexAt(self, point: QPoint) -> QModelIndex:
        column = (point.x() - self._left) // self.tile_size.width()
        line = (point.y() + self.verticalScrollBar().value() - _MARGIN) // self.tile_size.height()
        position = line * self.columns + column
        if 0 <= column < self.columns and 0 <= position < self._count and line >= 0:
            return self.model().index(position, 0)
        return QModelIndex()

    def scrollTo(
        self, index: Index, hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible
    ) -> None:
        if not index.isValid():
            return
        rect, height, bar = self.tile_rect(index.row()), self.viewport().height(), self.verticalScrollBar()
        if hint == QAbstractItemView.ScrollHint.PositionAtTop:
            bar.setValue(bar.value() + rect.top())
        elif hint == QAbstractItemView.ScrollHint.PositionAtCenter:
            bar.setValue(bar.value() + rect.center().y() - height // 2)
        elif rect.top() < 0:
            bar.setValue(bar.value() + rect.top() - _MARGIN)
        elif rect.bottom() > height:
            bar.setValue(bar.value() + min(rect.top(), rect.bottom() - height + _MARGIN))

    def horizontalOffset(self) -> int:
        return 0

    def verticalOffset(self) -> int:
        return int(self.verticalScrollBar().value())

    def isIndexHidden(self, index: Index) -> bool:
        return False

    def moveCursor(
        self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier
    ) -> QModelIndex:
        count, columns = self._count, self.columns
        if not count:
            return QModelIndex()
        if not self.currentIndex().isValid():
            return self.model().index(0, 0)
        position, move = self.currentIndex().row(), QAbstractItemView.CursorAction
        page = max(1, self.viewport().height() // self.tile_size.height()) * columns
        steps = {
            move.MoveLeft: -1,
            move.MovePrevious: -1,
            move.MoveRight: 1,
            move.MoveNext: 1,
            move.MoveUp: -columns,
            move.MoveDown: columns,
            move.MovePageUp: -page,
            move.MovePageDown: page,
            move.MoveHome: -position,
            move.MoveEnd: count - 1 - position,
        }
        target = position + steps[action]
        if action in (move.MoveUp, move.MovePageUp) and target < 0:
            target = position % columns
        if action in (move.MoveDown, move.MovePageDown) and target >= count:
            below = position + columns
            target = count - 1 if position // columns < (count - 1) // columns or below < count else position
        return self.model().index(min(max(target, 0), count - 1), 0)

    def setSelection(self, rect: QRect, command: QItemSelectionModel.SelectionFlag) -> None:
        band = self.state() == QAbstractItemView.State.DragSelectingState
        lines = self.positions_in(rect.normalized()) if band else [self._span(rect)]
        selection, model = QItemSelection(), self.model()
        for positions in lines:
            if positions:
                selection.select(model.index(positions[0], 0), model.index(positions[-1], 0))
        self.selectionModel().select(selection, command)

    def visualRegionForSelection(self, selection: QItemSelection) -> QRegion:
        region = QRegion()
        for positions in self.positions_in(self.viewport().rect()):
            for part in _parts(selection):
                if part.top() <= positions[-1] and part.bottom() >= positions[0]:
                    region += self.tile_rect(positions[0]).united(self.tile_rect(positions[-1]))
                    break
        return region

    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        super().selectionChanged(selected, deselected)
        self.selection_changed.emit()

    def updateGeometries(self) -> None:
        size, lines = self.tile_size, -(-self._count // self.columns)
        bar, height = self.verticalScrollBar(), self.viewport().height()
        bar.setRange(0, max(0, lines * size.height() + 2 * _MARGIN - height))
        bar.setPageStep(height)
        bar.setSingleStep(size.height() // 3)
        super().updateGeometries()

    def rowsInserted(self, parent: Index, start: int, end: int) -> None:
        super().rowsInserted(parent, start, end)
        self.updateGeometries()
        self.viewport().update()

    def dataChanged(self, top_left: Index, bottom_right: Index, roles: Sequence[int] = ()) -> None:
        super().dataChanged(top_left, bottom_right, roles)
        self.viewport().update()

    def reset(self) -> None:
        super().reset()
        self.updateGeometries()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.updateGeometries()
        super().resizeEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.set_side(min(max(self._side + (8 if event.angleDelta().y() > 0 else -8), 80), 256))
            event.accept()
        else:
            super().wheelEvent(event)

    def keyboardSearch(self, search: str) -> None:
        """Letters are shortcuts here, never a search."""

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        try:
            self._paint_tiles(painter, event.rect())
        finally:
            painter.end()
