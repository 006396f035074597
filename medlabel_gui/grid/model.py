"""The item model: a permutation of the table's row numbers, as a query gives it."""

import time

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer, Signal

from core.project.queries import Query, Selection, follow_classes, select
from core.project.records import Status
from core.project.sorting import Sort
from core.project.table import LabelTable
from core.quality.review import review_order, waiting
from medlabel_gui.first_stage import name_of
from medlabel_gui.grid.tiles import GroupHeader, Tile, describe, make_header, make_tile, tool_tip
from medlabel_gui.live_table import Rows
from medlabel_gui.session import Aspect, Change, Session

Index = QModelIndex | QPersistentModelIndex

TILE_ROLE = Qt.ItemDataRole.UserRole
_WAIT_SECONDS = 0.2  # between two new selections while labels stream in
_NO_ROWS: Rows = np.empty(0, np.int64)


class ImageModel(QAbstractListModel):
    """One item an image that the query finds, in the order of `rows`: positions -> row numbers.

    A decision by a person changes what is shown at once; labels that stream in do five times a second. When
    images only come at the end they are inserted; any other new order is a reset between `reordering` and
    `queried`, in which a view finds its images again by row number.
    """

    reordering = Signal(bool)  # True: other labels, False: another query. Positions are still the old ones
    queried = Signal()  # shown, total, or the query may be others

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._table: LabelTable | None = session.table
        self._query = Query()
        self._selection = self._select()
        self._places: npt.NDArray[np.int32] | None = None
        self._review = _NO_ROWS
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._reselect)
        self._last = -_WAIT_SECONDS
        session.changed.connect(self._follow)

    # What is shown

    @property
    def query(self) -> Query:
        return self._query

    def set_query(self, query: Query) -> None:
        """Show what `query` finds, in its order."""
        if query == self._query:
            return
        self._query, self._review = query, _NO_ROWS
        self._adopt(self._select(), None, by_labels=False)
        self.queried.emit()

    @property
    def rows(self) -> Rows:
        """(shown,) int64: the row number at each position. Not to be written to."""
        return self._selection.rows

    @property
    def groups(self) -> tuple[tuple[int, int], ...]:
        """(position of the class or -1, count) of each group, in order; none when the query does not group."""
        return self._selection.groups

    @property
    def shown(self) -> int:
        """How many images the query finds."""
        return len(self.rows)

    @property
    def total(self) -> int:
        """How many images there are."""
        return 0 if self._table is None else len(self._table)

    @property
    def class_names(self) -> list[str]:
        """The names of the classes, by position."""
        return [] if self._table is None else [c.name for c in self._table.classes]

    def row_of(self, index: Index) -> int:
        """Row number of an item."""
        return int(self.rows[index.row()])

    def rows_at(self, positions: Rows) -> Rows:
        """Row numbers at positions."""
        return self.rows[positions]

    def position_of(self, row: int) -> int:
        """Where an image is, -1 where it is not shown."""
        return int(self.positions_of(np.array([row], np.int64))[0])

    def positions_of(self, rows: Rows) -> Rows:
        """Where images are, -1 for those that are not shown."""
        if self._places is None:
            self._places = np.full(self.total, -1, np.int32)
            self._places[self.rows] = np.arange(self.shown, dtype=np.int32)
        places = np.full(len(rows), -1, np.int64)
        inside = (rows >= 0) & (rows < len(self._places))
        places[inside] = self._places[rows[inside]]
        return places

    def tile(self, position: int) -> Tile:
        """What stands at a position."""
        assert self._table is not None
        return make_tile(self._table, int(self.rows[position]))

    def header(self, group: int) -> GroupHeader:
        """What stands above a group."""
        assert self._table is not None
        return make_header(self._table, *self.groups[group])

    # What follows the session

    def _follow(self, change: Change) -> None:
        if change.aspect is Aspect.PROJECT:
            self._start_anew()
        elif change.aspect is Aspect.TABLE:
            self._renew()
        elif change.aspect is Aspect.LABELS:
            self._relabel(change.rows)

    def _start_anew(self) -> None:
        self._timer.stop()
        self.beginResetModel()
        self._table, self._query, self._review = self._session.table, Query(), _NO_ROWS
        self._set(self._select())
        self.endResetModel()
        self.queried.emit()

    def _renew(self) -> None:
        """A new snapshot: rows are only ever added at its end, so selection and scrolling stay."""
        before, table = self._table, self._session.table
        if before is None or table is None or len(table) < len(before):
            self._start_anew()
            return
        self._query = follow_classes(self._query, before.classes, table.classes)
        self._table, self._places, self._review = table, None, _NO_ROWS
        self._reselect()

    def _relabel(self, rows: Rows | None) -> None:
        if not self._query.follows_labels:
            self._repaint(rows)
        elif self._has_decided(rows) or time.monotonic() - self._last > _WAIT_SECONDS:
            self._reselect(rows)
        else:
            self._repaint(rows)
            if not self._timer.isActive():
                self._timer.start(round(1000 * _WAIT_SECONDS))

    def _has_decided(self, rows: Rows | None) -> bool:
        """Whether a person did this: labels that stream in only ever give predictions."""
        if rows is None or self._table is None:
            return True
        status = self._table.status[rows]
        return bool(((status >= Status.ACCEPTED) & (status <= Status.EXCLUDED)).any())

    def _reselect(self, rows: Rows | None = None) -> None:
        self._timer.stop()
        self._last = time.monotonic()
        self._adopt(self._select(), rows, by_labels=True)
        self.queried.emit()

    def _select(self) -> Selection:
        snapshot = self._session.snapshot
        if snapshot is None:
            return Selection(_NO_ROWS)
        order = self._review_order() if self._query.sort is Sort.REVIEW else None
        return select(snapshot.table, self._query, snapshot.margin, order)

    def _review_order(self) -> Rows:
        """The undecided rows; those that stay keep their order, so that the queue does not jump while it is walked."""
        snapshot = self._session.snapshot
        assert snapshot is not None
        mask = waiting(snapshot.table)
        left = self._review[mask[self._review]]
        if len(left) != np.count_nonzero(mask):
            self._review = left = review_order(snapshot.table, snapshot.margin)
        return left

    # How it is told

    def _adopt(self, found: Selection, rows: Rows | None, by_labels: bool) -> None:
        """Go over to a new selection in the cheapest way; `rows` are those that look different, None for all."""
        before = self._selection
        old, new = len(before.rows), len(found.rows)
        if found.groups == before.groups and new >= old and np.array_equal(found.rows[:old], before.rows):
            if new > old and not found.groups:
                self.beginInsertRows(QModelIndex(), old, new - 1)
                self._set(found)
                self.endInsertRows()
            self._repaint(rows)
            return
        self.reordering.emit(by_labels)
        self.beginResetModel()
        self._set(found)
        self.endResetModel()

    def _set(self, found: Selection) -> None:
        self._selection, self._places = found, None

    def _repaint(self, rows: Rows | None) -> None:
        """One merged range, however many rows changed."""
        if not self.shown:
            return
        first, last = 0, self.shown - 1
        if rows is not None:
            places = self.positions_of(rows)
            places = places[places >= 0]
            if not len(places):
                return
            first, last = int(places.min()), int(places.max())
        self.dataChanged.emit(self.index(first), self.index(last))

    # Qt

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid() or index.row() >= self.shown or self._table is None:
            return None
        if role == TILE_ROLE:
            return self.tile(index.row())
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tool_tip(index.row())
        if role == Qt.ItemDataRole.DisplayRole:
            return self.tile(index.row()).name
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return describe(self.tile(index.row()))
        return None

    def _tool_tip(self, position: int) -> str:
        assert self._table is not None
        snapshot = self._session.snapshot
        first = snapshot.stage_one if snapshot is not None else None
        return tool_tip(self._table, int(self.rows[position]), name_of(first))
