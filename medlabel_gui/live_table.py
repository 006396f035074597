"""Keeps the label columns of a snapshot up to date between two snapshots. Plain numpy, no Qt."""

import numpy as np
import numpy.typing as npt

from core.project.labels import first_source
from core.project.notes import NoteChanges
from core.project.packing import as_index
from core.project.records import Source, Status
from core.project.table import Floats, Ints, LabelTable, positions_of
from medlabel_gui.snapshot import Snapshot

Rows = npt.NDArray[np.int64]


def machine_labels(snapshot: Snapshot, rows: Rows | slice) -> tuple[Ints, Floats, npt.NDArray[np.uint8]]:
    """Label, confidence and source that hold for `rows` where no person decided."""
    table = snapshot.table
    label, confidence = table.zero_shot_label[rows].copy(), table.zero_shot_confidence[rows].copy()
    first = first_source(snapshot.stage_one.kind if snapshot.stage_one is not None else "")
    source = np.where(label >= 0, np.uint8(first), np.uint8(Source.NONE))
    if snapshot.delivering:
        refined = table.refined_label[rows]
        better = refined >= 0
        np.copyto(label, refined, where=better)
        np.copyto(confidence, table.refined_confidence[rows], where=better)
        source[better] = Source.REFINEMENT
    return label, confidence, source


def apply_changes(snapshot: Snapshot, changes: npt.NDArray[np.void]) -> Rows:
    """Bring the decisions of a `Step.changes` into the table; the rows that it concerned."""
    table = snapshot.table
    inside = changes["row"] < len(table)
    if not inside.all():  # images that this snapshot does not have yet
        changes = changes[inside]
    rows: Rows = changes["row"].astype(np.int64)
    where = as_index(rows)
    label, confidence, source = machine_labels(snapshot, where)
    status = np.where(label >= 0, np.uint8(Status.PREDICTED), np.uint8(Status.UNLABELLED))
    said, class_id = changes["after"]["status"], changes["after"]["class_id"]
    decided = said > 0
    np.copyto(status, said, where=decided)
    source[decided] = Source.HUMAN
    np.copyto(label, positions_of(table.classes, class_id), where=decided & (class_id >= 0))
    broken = table.failed[where] & ~decided
    status[broken], label[broken], source[broken] = Status.ERROR, -1, Source.NONE
    confidence[broken] = np.nan
    table.status[where], table.label[where] = status, label
    table.source[where], table.confidence[where] = source, confidence
    return rows


def apply_notes(table: LabelTable, notes: NoteChanges) -> Rows:
    """Bring the notes of a `Step.notes` into the table; the rows that it concerned."""
    inside = notes.rows < len(table)
    rows, texts = notes.rows[inside], notes.new_texts(inside)
    where = as_index(rows)
    if isinstance(where, slice):
        table.note[where] = texts
    else:
        for row, text in zip(rows.tolist(), texts, strict=True):
            table.note[row] = text
    return rows


def apply_labelled(table: LabelTable, rows: Rows, labels: Ints, confidence: Floats) -> Rows:
    """Show the first labels of a running job where no person decided; the rows that changed.

    Whether CLIP or a saved model gives them, the snapshot says that comes when the job is done.
    """
    inside = rows < len(table)
    rows, labels, confidence = rows[inside], labels[inside], confidence[inside]
    open_rows = (table.status[rows] <= Status.PREDICTED) | (table.status[rows] == Status.ERROR)
    rows, labels, confidence = rows[open_rows], labels[open_rows], confidence[open_rows]
    table.label[rows], table.confidence[rows] = labels, confidence
    table.status[rows], table.source[rows] = Status.PREDICTED, Source.NONE
    return rows
