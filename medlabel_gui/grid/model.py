"""The item model: a permutation of the table's row numbers."""

from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from core.project.records import Status
from core.project.table import LabelTable
from medlabel_gui.live_table import Rows
from medlabel_gui.session import Aspect, Change, Session

Index = QModelIndex | QPersistentModelIndex

TILE_ROLE = Qt.ItemDataRole.UserRole
_SOURCES = ("", "a person", "the CLIP model", "the refinement", "imported labels")


@dataclass(frozen=True)
class Tile:
    """What is drawn of an image besides its pixels. `position` of the class is -1 without a label."""

    row: int
    name: str
    label: str
    position: int
    colour: str
    confidence: float
    status: Status
    error: str


class ImageModel(QAbstractListModel):
    """One item an image, in the order of `rows`: positions -> row numbers."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._table: LabelTable | None = session.table
        self.rows: Rows = np.arange(len(self._table) if self._table else 0)
        session.changed.connect(self._follow)

    def row_of(self, index: Index) -> int:
        """Row number of an item."""
        return int(self.rows[index.row()])

    def tile(self, position: int) -> Tile:
        """What stands at a position."""
        table, row = self._table, int(self.rows[position])
        assert table is not None
        label = int(table.label[row])
        known = 0 <= label < len(table.classes)
        return Tile(
            row=row,
            name=PurePosixPath(table.refs[row].shown).name,
            label=table.classes[label].name if known else "",
            position=label if known else -1,
            colour=table.classes[label].colour if known else "",
            confidence=float(table.confidence[row]),
            status=Status(int(table.status[row])),
            error=table.error[row],
        )

    def _follow(self, change: Change) -> None:
        if change.aspect is Aspect.PROJECT:
            self._reset()
        elif change.aspect is Aspect.TABLE:
            self._renew()
        elif change.aspect is Aspect.LABELS:
            self._repaint(change.rows)

    def _reset(self) -> None:
        self.beginResetModel()
        self._table = self._session.table
        self.rows = np.arange(len(self._table) if self._table else 0)
        self.endResetModel()

    def _renew(self) -> None:
        """A new snapshot: rows are only ever added at its end, so selection and scrolling stay."""
        table = self._session.table
        before, after = len(self.rows), len(table) if table else 0
        if after < before:
            self._reset()
            return
        if after > before:
            self.beginInsertRows(QModelIndex(), before, after - 1)
            self._table, self.rows = table, np.arange(after)
            self.endInsertRows()
        self._table = table
        self._repaint(None)

    def _repaint(self, rows: Rows | None) -> None:
        """One merged range, however many rows changed."""
        if not len(self.rows) or (rows is not None and not len(rows)):
            return
        first = 0 if rows is None else int(rows.min())
        last = len(self.rows) - 1 if rows is None else min(int(rows.max()), len(self.rows) - 1)
        self.dataChanged.emit(self.index(first), self.index(last))

    def _tool_tip(self, row: int) -> str:
        table = self._table
        assert table is not None
        lines = [table.refs[row].shown]
        if table.error[row]:
            lines.append(f"Cannot be read: {table.error[row]}")
        for stage, labels, confidences in (
            ("CLIP", table.zero_shot_label, table.zero_shot_confidence),
            ("Refinement", table.refined_label, table.refined_confidence),
        ):
            if 0 <= labels[row] < len(table.classes):
                lines.append(f"{stage}: {table.classes[labels[row]].name}, {confidences[row]:.1%}")
        status = Status(int(table.status[row]))
        if status > Status.PREDICTED:
            lines.append(f"Status: {status.name.lower()}")
        elif table.source[row]:
            lines.append(f"Label from {_SOURCES[table.source[row]]}, confidence as the model gives it")
        return "\n".join(lines)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid() or index.row() >= len(self.rows):
            return None
        if role == TILE_ROLE:
            return self.tile(index.row())
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tool_tip(self.row_of(index))
        if role == Qt.ItemDataRole.DisplayRole:
            return self.tile(index.row()).name
        if role == Qt.ItemDataRole.AccessibleTextRole:
            tile = self.tile(index.row())
            return f"{tile.name}, {tile.label or 'no label'}, {tile.status.name.lower()}"
        return None
