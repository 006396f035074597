"""A grid on a table that is made in the test: no folder, no project, no window."""

from dataclasses import replace

import numpy as np

from core.project.records import ImageClass, Source, Status
from medlabel_gui.session import Aspect, Change, Session
from medlabel_gui.snapshot import Snapshot
from tests.core.tables import table_of

_OWN = ("zero_shot_label", "zero_shot_confidence")
CLASSES = tuple(ImageClass(number, name) for number, name in enumerate(("first", "second", "third"), 1))


class ShownSession(Session):
    """A session whose snapshot is put in by hand."""

    def put(self, snapshot: Snapshot | None, source=None, aspect: Aspect = Aspect.PROJECT) -> None:
        self._snapshot, self._source = snapshot, source
        self.changed.emit(Change(aspect))

    def decide(self, rows, status: Status, position: int = -1) -> None:
        """What a person decides, as `execute` brings it into the table."""
        rows, table = np.asarray(rows, np.int64), self.table
        table.status[rows] = status
        table.source[rows] = Source.HUMAN if status > Status.PREDICTED else Source.ZERO_SHOT
        if position >= 0:
            table.label[rows] = position
        self.changed.emit(Change(Aspect.LABELS, rows))


def snapshot_of(labels, confidence=None, paths=None, **columns) -> Snapshot:
    """Predicted images `0.png` ... of three classes."""
    paths = paths or [f"{number}.png" for number in range(len(labels))]
    table = table_of(paths, labels, **columns)
    if confidence is not None:
        table.confidence[:] = confidence
    table = replace(table, **{name: getattr(table, name).copy() for name in _OWN})
    return Snapshot(replace(table, classes=CLASSES), margin=np.full(len(table), np.nan, np.float32))


def longer(snapshot: Snapshot, labels) -> Snapshot:
    """The same table with images added."""
    before = snapshot.table
    added = snapshot_of([*before.label.tolist(), *labels]).table
    n = len(before)
    for name in ("status", "source", "confidence"):
        getattr(added, name)[:n] = getattr(before, name)
    return Snapshot(added, margin=np.full(len(added), np.nan, np.float32))
