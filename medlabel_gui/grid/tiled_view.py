"""The geometry of a view of tiles: where things are, scrolling, sizes, and where the arrow keys lead."""

# ruff: noqa: N802

from collections.abc import Iterator
from typing import cast

from PySide6.QtCore import (
    QAbstractItemModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractItemView, QWidget

from medlabel_gui.grid.geometry import HEADER_HEIGHT, MARGIN, Geometry
from medlabel_gui.grid.model import ImageModel
from medlabel_gui.settings import TILE_SIDES

Index = QModelIndex | QPersistentModelIndex
_Move = QAbstractItemView.CursorAction
_WHEEL_STEP = 8


class TiledView(QAbstractItemView):
    """Tiles in lines, in groups with headers where an `ImageModel` has groups. Ctrl and the wheel change their size."""

    side_changed = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._side = 128
        self._geometry: tuple[object, Geometry] | None = None
        self._column = (-1, 0)  # the tile where Up and Down led, and the column they began in
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)  # else the columns would jump
        self.verticalScrollBar().setStyleSheet("QScrollBar::handle:disabled { background: transparent; }")
        self.setFrameShape(QAbstractItemView.Shape.NoFrame)

    @property
    def side(self) -> int:
        """Side of a thumbnail, device-independent pixels."""
        return self._side

    def set_side(self, side: int) -> None:
        """Change the size of the tiles and keep the first visible one in view."""
        if side == self._side:
            return
        first = next((line[0] for line in self.positions_in(self.viewport().rect())), -1)
        self._side = side
        self.updateGeometries()
        if first >= 0 and self.verticalScrollBar().value():
            self.scrollTo(self.model().index(first, 0), QAbstractItemView.ScrollHint.PositionAtTop)
        self.viewport().update()
        self.side_changed.emit(side)

    @property
    def geometry_of_tiles(self) -> Geometry:
        """Where everything is in the content as it is now."""
        model = cast("QAbstractItemModel | None", self.model())  # None before setModel
        count = model.rowCount() if model is not None else 0
        groups = model.groups if isinstance(model, ImageModel) else ()
        key = (count, groups, self._side, self.viewport().width())
        if self._geometry is None or self._geometry[0] != key:
            counts = [size for _, size in groups] if groups else [count] if count else []
            self._geometry = (key, Geometry(counts, self._side, self.viewport().width(), bool(groups)))
        return self._geometry[1]

    @property
    def tile_size(self) -> QSize:
        geometry = self.geometry_of_tiles
        return QSize(geometry.tile_width, geometry.tile_height)

    @property
    def columns(self) -> int:
        """Tiles beside each other."""
        return self.geometry_of_tiles.columns

    def tile_rect(self, position: int) -> QRect:
        """Where an item is in the viewport."""
        geometry = self.geometry_of_tiles
        x, y = geometry.place(position)
        return QRect(x, y - self.verticalOffset(), geometry.tile_width, geometry.tile_height)

    def header_rect(self, group: int) -> QRect:
        """Where the header of a group is in the viewport."""
        first = self.tile_rect(self.geometry_of_tiles.group(group).start)
        width = self.viewport().width() - first.left() - MARGIN
        return QRect(first.left(), first.top() - HEADER_HEIGHT, width, HEADER_HEIGHT)

    def positions_in(self, area: QRect) -> Iterator[range]:
        """Positions of the items that touch `area`, one range a line of tiles."""
        offset = self.verticalOffset()
        return self.geometry_of_tiles.lines(
            area.left(), area.top() + offset, area.right(), area.bottom() + offset
        )

    # Qt

    def visualRect(self, index: Index) -> QRect:
        return self.tile_rect(index.row()) if index.isValid() else QRect()

    def indexAt(self, point: QPoint) -> QModelIndex:
        position = self.geometry_of_tiles.at(point.x(), point.y() + self.verticalOffset())
        return self.model().index(position, 0) if position >= 0 else QModelIndex()

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
            bar.setValue(bar.value() + rect.top() - MARGIN)
        elif rect.bottom() > height:
            bar.setValue(bar.value() + min(rect.top(), rect.bottom() - height + MARGIN))

    def horizontalOffset(self) -> int:
        return 0

    def verticalOffset(self) -> int:
        return int(self.verticalScrollBar().value())

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        self.viewport().scroll(dx, dy)  # only what comes into sight is painted

    def isIndexHidden(self, index: Index) -> bool:
        return False

    def moveCursor(self, action: _Move, modifiers: Qt.KeyboardModifier) -> QModelIndex:
        geometry, model = self.geometry_of_tiles, self.model()
        if not geometry.count:
            return QModelIndex()
        if not self.currentIndex().isValid():
            return model.index(0, 0)
        position = self.currentIndex().row()
        column = self._column[1] if self._column[0] == position else geometry.column_of(position)
        height = self.viewport().height()
        if action in (_Move.MoveUp, _Move.MoveDown):
            move = geometry.above if action == _Move.MoveUp else geometry.below
            target = move(position, column)
        elif action in (_Move.MovePageUp, _Move.MovePageDown):
            target = geometry.page(position, column, action == _Move.MovePageDown, height)
        else:
            target = {
                _Move.MoveHome: 0,
                _Move.MoveEnd: geometry.count - 1,
                _Move.MoveLeft: position - 1,
                _Move.MovePrevious: position - 1,
            }.get(action, position + 1)
            target = min(max(target, 0), geometry.count - 1)
            column = geometry.column_of(target)
        self._column = (target, column)
        return model.index(target, 0)

    def updateGeometries(self) -> None:
        geometry, bar, height = self.geometry_of_tiles, self.verticalScrollBar(), self.viewport().height()
        bar.setRange(0, max(0, geometry.height - height))
        bar.setEnabled(bar.maximum() > 0)
        bar.setPageStep(height)
        bar.setSingleStep(geometry.tile_height // 3)
        super().updateGeometries()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.updateGeometries()
        super().resizeEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            step = _WHEEL_STEP if event.angleDelta().y() > 0 else -_WHEEL_STEP
            self.set_side(min(max(self._side + step, TILE_SIDES[0]), TILE_SIDES[1]))
            event.accept()
        else:
            super().wheelEvent(event)
