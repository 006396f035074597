"""A grid of uniform tiles. Its geometry is arithmetic, so a million items cost what the visible ones cost."""

# ruff: noqa: N802

from collections.abc import Sequence

from PySide6.QtCore import (
    QAbstractItemModel,
    QItemSelection,
    QItemSelectionModel,
    QRect,
    Qt,
    Signal,
)
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QRegion
from PySide6.QtWidgets import QAbstractItemView, QStyle, QStyleOptionViewItem, QWidget

from medlabel_gui.grid.keeping import Kept, as_selection, keep, restore
from medlabel_gui.grid.model import ImageModel
from medlabel_gui.grid.nothing import NothingHere, nothing_text
from medlabel_gui.grid.painting import GridDelegate
from medlabel_gui.grid.ranges import Ranges
from medlabel_gui.grid.tiled_view import Index, TiledView
from medlabel_gui.live_table import Rows
from medlabel_gui.texts.grid import GridTexts

_Flag = QItemSelectionModel.SelectionFlag


class TileView(TiledView):
    """Shows a list model as tiles, in groups with headers where the model has groups; the delegate paints them.

    Mouse and keyboard select as in every list of the platform (extended selection, rubber band). A click on a
    header selects its group. When an `ImageModel` changes its order, the selection stays with the images.
    """

    selection_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._ranges: Ranges | None = None
        self._kept: Kept | None = None
        self._top, self._up = 0, False  # where it was scrolled to at the last paint, and in which direction
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setAccessibleName(GridTexts.name)
        self.setMouseTracking(True)
        self.nothing = NothingHere(self.viewport())
        self.nothing.clear_wanted.connect(self._show_all)

    def repaint_row(self, row: int) -> None:
        """Paint the tile of an image soon, where it is in sight: its thumbnail has come."""
        model = self.model()
        position = model.position_of(row) if isinstance(model, ImageModel) else row
        if position >= 0:
            self.viewport().update(self.tile_rect(position))

    # Selection

    def selected_positions(self) -> Rows:
        """Positions of the selected items, ascending; fast for a million."""
        return self._selected.positions()

    def selected_count(self) -> int:
        """How many items are selected."""
        return self._selected.count

    def select_positions(self, positions: Rows) -> None:
        """Select ascending positions and nothing else; the first one becomes the current image."""
        model = self.model()
        assert isinstance(model, ImageModel)
        if len(positions):
            self.selectionModel().setCurrentIndex(model.index(int(positions[0])), _Flag.NoUpdate)
        self.selectionModel().select(as_selection(model, positions), _Flag.ClearAndSelect)

    @property
    def _selected(self) -> Ranges:
        if self._ranges is None:
            self._ranges = Ranges(self.selectionModel().selection())
        return self._ranges

    def _select_group(self, group: int, modifiers: Qt.KeyboardModifier) -> None:
        tiles, model = self.geometry_of_tiles.group(group), self.model()
        first, last = model.index(tiles.start, 0), model.index(tiles.stop - 1, 0)
        adds = bool(modifiers & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier))
        self.selectionModel().setCurrentIndex(first, _Flag.NoUpdate)
        self.selectionModel().select(
            QItemSelection(first, last), _Flag.Select if adds else _Flag.ClearAndSelect
        )

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

    # Another order of the images

    def _remember(self, by_labels: bool) -> None:
        model = self.model()
        assert isinstance(model, ImageModel)
        current = self.currentIndex()
        position = current.row() if current.isValid() else -1
        self._kept = keep(model, self.selected_positions(), position, by_labels)

    def _restore(self) -> None:
        """After a reset, and after the selection model has been reset by it."""
        kept, self._kept, self._ranges = self._kept, None, None
        model, bar = self.model(), self.verticalScrollBar()
        if kept is None or not isinstance(model, ImageModel):
            bar.setValue(0)
        else:
            top = bar.value()
            self.setAutoScroll(False)
            position, same = restore(model, self.selectionModel(), kept)
            self.setAutoScroll(True)
            bar.setValue(top if kept.by_labels else 0)
            if position >= 0 and (kept.current_selected if not kept.by_labels else not same):
                self.scrollTo(model.index(position))
        self.viewport().update()
        self.selection_changed.emit()

    # Painting

    def _paint(self, painter: QPainter, region: QRegion) -> None:
        area = region.boundingRect()
        option = QStyleOptionViewItem()
        self.initViewItemOption(option)
        model, delegate, selected, geometry = (
            self.model(),
            self.itemDelegate(),
            self._selected,
            self.geometry_of_tiles,
        )
        if isinstance(delegate, GridDelegate):
            delegate.begin(painter, option)
            self._paint_headers(painter, area, delegate)
        current, offset = self.currentIndex().row() if self.hasFocus() else -1, self.verticalOffset()
        plain = option.state & ~(QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_HasFocus)
        for position in (position for line in self.positions_in(area) for position in line):
            x, y = geometry.place(position)
            rect = QRect(x, y - offset, geometry.tile_width, geometry.tile_height)
            if not region.intersects(rect):
                continue
            state = plain | QStyle.StateFlag.State_Selected if selected.has(position) else plain
            option.state = state | QStyle.StateFlag.State_HasFocus if position == current else state
            option.rect = rect
            delegate.paint(painter, option, model.index(position, 0))

    def _tell_nothing(self) -> None:
        model = self.model()
        if isinstance(model, ImageModel):
            empty = model.total > 0 and not model.shown
            self.nothing.tell(nothing_text(model.query, model.class_names) if empty else "")

    def _show_all(self) -> None:
        model = self.model()
        if isinstance(model, ImageModel):
            model.set_query(model.query.without_filters)
            self.setFocus()

    def _paint_headers(self, painter: QPainter, area: QRect, delegate: GridDelegate) -> None:
        model, offset = self.model(), self.verticalOffset()
        if isinstance(model, ImageModel):
            for group, _ in self.geometry_of_tiles.headers(area.top() + offset, area.bottom() + offset):
                delegate.paint_header(painter, self.header_rect(group), model.header(group))

    def _tell_visible(self) -> None:
        """Say which images are in sight, and which come next on the way that is scrolled."""
        model, delegate = self.model(), self.itemDelegate()
        if not isinstance(model, ImageModel) or not isinstance(delegate, GridDelegate):
            return
        lines = list(self.positions_in(self.viewport().rect()))
        first, last = (lines[0][0], lines[-1][-1] + 1) if lines else (0, 0)
        if self.verticalOffset() != self._top:
            self._up, self._top = self.verticalOffset() < self._top, self.verticalOffset()
        before, after = model.rows[max(0, 2 * first - last) : first], model.rows[last : 2 * last - first]
        delegate.show_visible(model.rows[first:last], before[::-1] if self._up else after)

    # Qt

    def setModel(self, model: QAbstractItemModel | None) -> None:
        super().setModel(model)
        self._ranges = None
        if model is not None:
            model.modelReset.connect(self._restore)  # after the selection model's own connection
        if isinstance(model, ImageModel):
            model.reordering.connect(self._remember)
            model.queried.connect(self._tell_nothing)
            self._tell_nothing()
        self.updateGeometries()

    def setSelection(self, rect: QRect, command: QItemSelectionModel.SelectionFlag) -> None:
        band = self.state() == QAbstractItemView.State.DragSelectingState
        lines = self.positions_in(rect.normalized()) if band else [self._span(rect)]
        selection, model = QItemSelection(), self.model()
        for positions in lines:
            if positions:
                selection.select(model.index(positions[0], 0), model.index(positions[-1], 0))
        self.selectionModel().select(selection, command)

    def visualRegionForSelection(self, selection: QItemSelection) -> QRegion:
        return QRegion(self.viewport().rect())  # all of it is painted faster than the region is found

    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        self._ranges = None
        super().selectionChanged(selected, deselected)
        self.selection_changed.emit()

    def rowsInserted(self, parent: Index, start: int, end: int) -> None:
        self._ranges = None
        super().rowsInserted(parent, start, end)
        self.updateGeometries()
        self.viewport().update()

    def dataChanged(self, top_left: Index, bottom_right: Index, roles: Sequence[int] = ()) -> None:
        super().dataChanged(top_left, bottom_right, roles)
        self.viewport().update()

    def reset(self) -> None:
        self._ranges = None
        super().reset()
        self.updateGeometries()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        group = self.geometry_of_tiles.header_at(event.position().toPoint().y() + self.verticalOffset())
        if group >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self._select_group(group, event.modifiers())
            event.accept()
        else:
            super().mousePressEvent(event)

    def keyboardSearch(self, search: str) -> None:
        """Letters are shortcuts here, never a search."""

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        try:
            self._paint(painter, event.region())
        finally:
            painter.end()
        self._tell_visible()
