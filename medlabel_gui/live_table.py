"""Keeps the label columns of a snapshot up to date between two snapshots. Plain numpy, no Qt."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.project.project import Project
from core.project.records import Run, Source, Status
from core.project.table import Floats, Ints, LabelTable

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Snapshot:
    """A project's table with the two runs that its labels come from. Its label columns may be written to."""

    table: LabelTable
    stage_one: Run | None
    refinement: Run | None

    @property
    def delivering(self) -> bool:
        """Whether the refinement's labels are the delivered ones."""
        return self.refinement is not None and self.refinement.delivers


def load_snapshot(folder: Path) -> Snapshot:
    """Read everything that the window shows; takes seconds for a million images. Any thread."""
    with Project.open(folder) as project:
        return Snapshot(project.table(), project.runs.stage_one(), project.runs.refinement())


def machine_labels(snapshot: Snapshot, rows: Rows) -> tuple[Ints, Floats, npt.NDArray[np.uint8]]:
    """Label, confidence and source that hold for `rows` where no person decided."""
    table = snapshot.table
    label, confidence = table.zero_shot_label[rows].copy(), table.zero_shot_confidence[rows].copy()
    imported = snapshot.stage_one is not None and snapshot.stage_one.kind == "imported"
    first = Source.IMPORTED if imported else Source.ZERO_SHOT
    source = np.where(label >= 0, np.uint8(first), np.uint8(Source.NONE)).astype(np.uint8)
    if snapshot.delivering:
        better = table.refined_label[rows] >= 0
        label[better] = table.refined_label[rows][better]
        confidence[better] = table.refined_confidence[rows][better]
        source[better] = Source.REFINEMENT
    return label, confidence, source


def apply_changes(snapshot: Snapshot, changes: npt.NDArray[np.void]) -> Rows:
    """Bring the decisions of a `Step.changes` into the table; the rows that it concerned."""
    table = snapshot.table
    changes = changes[changes["row"] < len(table)]
    rows: Rows = changes["row"].astype(np.int64)
    label, confidence, source = machine_labels(snapshot, rows)
    status = np.where(label >= 0, np.uint8(Status.PREDICTED), np.uint8(Status.UNLABELLED)).astype(np.uint8)
    failed = np.array([bool(table.error[row]) for row in rows.tolist()], np.bool_)
    after = changes["after"]
    decided = after["status"] > 0
    status[decided], source[decided] = after["status"][decided], Source.HUMAN
    named = decided & (after["class_id"] >= 0)
    positions = {image_class.id: position for position, image_class in enumerate(table.classes)}
    label[named] = [positions.get(class_id, -1) for class_id in after["class_id"][named].tolist()]
    broken = failed & ~decided
    status[broken], label[broken], source[broken] = Status.ERROR, -1, Source.NONE
    confidence[broken] = np.nan
    table.status[rows], table.label[rows] = status, label
    table.source[rows], table.confidence[rows] = source, confidence
    return rows


def apply_labelled(table: LabelTable, rows: Rows, labels: Ints, confidence: Floats) -> Rows:
    """Show the first labels of a running zero-shot job where no person decided; the rows that changed."""
    inside = rows < len(table)
    rows, labels, confidence = rows[inside], labels[inside], confidence[inside]
    open_rows = (table.status[rows] <= Status.PREDICTED) | (table.status[rows] == Status.ERROR)
    rows, labels, confidence = rows[open_rows], labels[open_rows], confidence[open_rows]
    table.label[rows], table.confidence[rows] = labels, confidence
    table.status[rows], table.source[rows] = Status.PREDICTED, Source.ZERO_SHOT
    return rows


@dataclass(frozen=True)
class Summary:
    """Counts for the summary line: `labels` images a class, `changed` those that the network changed."""

    images: int
    labels: tuple[tuple[str, int], ...]
    decided: int
    errors: int
    changed: int | None
    delivers: bool
    reason: str


def summarise(snapshot: Snapshot) -> Summary:
    """Count what the summary line tells; milliseconds for a million rows."""
    table = snapshot.table
    shown = table.label[
        (table.label >= 0) & (table.status != Status.EXCLUDED) & (table.status != Status.UNSURE)
    ]
    counts = np.bincount(shown, minlength=len(table.classes))
    statuses = np.bincount(table.status, minlength=len(Status))
    refined = table.refined_label >= 0
    run = snapshot.refinement
    return Summary(
        images=len(table),
        labels=tuple((c.name, int(counts[k])) for k, c in enumerate(table.classes)),
        decided=int(statuses[Status.ACCEPTED : Status.ERROR].sum()),
        errors=int(statuses[Status.ERROR]),
        changed=int((refined & (table.refined_label != table.zero_shot_label)).sum()) if run else None,
        delivers=bool(run and run.delivers),
        reason=run.note if run else "",
    )
