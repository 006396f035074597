"""What a project holds, and how good each stage is where known labels were imported."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.project.project import Project
from core.project.records import Status
from core.project.table import LabelTable
from core.quality.metrics import Metrics as StageMetrics
from core.quality.metrics import measure
from core.tasks.unfinished import UnfinishedPass, unfinished_pass

__all__ = ["ProjectInfo", "RunInfo", "StageMetrics", "UnfinishedPass", "info", "stage_metrics"]

STAGES = ("zero_shot", "refined", "delivered")


@dataclass(frozen=True)
class RunInfo:
    """A run in one line; `model_folder` is where the model that it trained lies."""

    id: int
    kind: str
    created_at: str
    model: str
    finished: bool
    delivers: bool
    note: str
    metrics: dict[str, Any]
    model_folder: Path | None = None


@dataclass(frozen=True)
class ProjectInfo:
    """Counts of a project. `labels` are delivered labels a class, `statuses` images a status.

    `stages` holds the metrics against imported known labels of each stage that has any.
    `unfinished` is what a labelling has left to do.
    """

    project: Path
    source: Path
    images: int
    labels: dict[str, int]
    statuses: dict[str, int]
    errors: dict[str, str]
    runs: tuple[RunInfo, ...]
    edits: int
    known_labels: int
    stages: dict[str, StageMetrics]
    unfinished: UnfinishedPass | None = None


def info(project: Path) -> ProjectInfo:
    """Read a project. Raises `UserError` when there is none."""
    with Project.open(project) as opened:
        table = opened.table()
        runs = tuple(
            RunInfo(
                run.id,
                run.kind,
                run.created_at,
                str(run.params.get("model", {}).get("model", "") or run.params.get("strategy", "")),
                run.finished,
                run.delivers,
                run.note,
                run.metrics,
                opened.runs.model_of(run),
            )
            for run in opened.runs.all()
        )
        edits = len(opened.log())
        unfinished = unfinished_pass(opened)
        source = opened.source_path
    return ProjectInfo(
        project=project,
        source=source,
        images=len(table),
        labels={c.name: int((table.label == k).sum()) for k, c in enumerate(table.classes)},
        statuses={s.name.lower(): int((table.status == s).sum()) for s in Status},
        errors={ref.legible: text for ref, text in zip(table.refs, table.error, strict=True) if text},
        runs=runs,
        edits=edits,
        known_labels=int((table.truth >= 0).sum()),
        stages=stage_metrics(table),
        unfinished=unfinished,
    )


def stage_metrics(table: LabelTable) -> dict[str, StageMetrics]:
    """Metrics of zero-shot, refined and delivered labels against the imported known ones, where there are any."""
    if not (table.truth >= 0).any():
        return {}
    names = [c.name for c in table.classes]
    columns = (table.zero_shot_label, table.refined_label, np.asarray(table.label))
    found = {
        stage: measure(table.truth, column, names) for stage, column in zip(STAGES, columns, strict=True)
    }
    return {stage: metrics for stage, metrics in found.items() if metrics is not None}
