"""What a report says of the origin of labels, and how good each stage is."""

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from core.exports.report.facts import ClassQuality, ReportFacts, ReportRun, StageQuality
from core.project.history import utc_now
from core.project.project import Project
from core.project.records import Run
from core.project.table import LabelTable
from core.refine.names import STRATEGIES
from core.tasks.info import StageMetrics, stage_metrics
from core.tasks.provenance import versions

_KINDS = {
    "zero-shot": "stage 1, zero-shot",
    "imported": "stage 1, imported",
    "predicted": "stage 1, by a saved model",
    "refinement": "stage 2, refinement",
}
_FIRST = {"imported": "Imported labels", "predicted": "Saved model"}


def report_facts(project: Project, table: LabelTable, rows: npt.NDArray[np.int64]) -> ReportFacts:
    """Facts on these rows of `table`, as of now."""
    first, second = project.runs.stage_one(), project.runs.refinement()
    source = os.fsencode(project.source_path).decode("utf-8", "backslashreplace")
    outside = np.ones(len(table), np.bool_)
    outside[rows] = False
    measured = stage_metrics(replace(table, truth=np.where(outside, -1, table.truth).astype(np.int32)))
    now = utc_now()
    return ReportFacts(
        title=f"Labels of {project.source_path.name}".encode("utf-8", "replace").decode(),
        created_at=f"Made by MedLabel on {now[:10]} at {now[11:16]} UTC",
        details=(
            ("Images", source),
            ("Project", os.fsencode(project.folder.resolve()).decode("utf-8", "backslashreplace")),
            *_details(first, second),
        ),
        prompts=_prompts(first),
        versions=tuple(versions().items()),
        runs=tuple(_run(run, first, second) for run in project.runs.all()),
        stages=tuple(_quality(stage, metrics) for stage, metrics in measured.items()),
        not_delivered=second.note if second is not None and not second.delivers else "",
        stage_names=stage_names(first, second),
    )


def stage_names(first: Run | None, second: Run | None) -> dict[str, str]:
    """How people call the stages: stage 1 is CLIP unless its labels were imported or come from a saved model, stage 2
    is named by its strategy."""
    start = _FIRST.get(first.kind, "CLIP") if first is not None else "CLIP"
    alone = start if start != "CLIP" else "CLIP alone"
    name = str(second.params.get("strategy", "")) if second is not None else ""
    title = STRATEGIES[name].title if name in STRATEGIES else name
    refined = f"{start}, refined ({title})" if title else f"{start}, refined"
    return {"zero_shot": alone, "refined": refined, "delivered": "Delivered labels"}


def _details(first: Run | None, second: Run | None) -> list[tuple[str, str]]:
    lines: list[tuple[str, str]] = []
    if first is not None:
        model = first.params.get("model")
        model = model if isinstance(model, Mapping) else {}
        lines += [
            ("Model of stage 1", str(model.get("model", ""))),
            ("Architecture", str(model.get("arch", ""))),
            ("Weights", _joined(model.get("weights_file"), _hash(model.get("weights_sha256")))),
            ("Labels from", _joined(first.params.get("file"), _hash(first.params.get("sha256")))),
            ("Device of stage 1", str(model.get("device", ""))),
        ]
    if second is not None:
        lines += [
            ("Strategy of stage 2", str(second.params.get("strategy", ""))),
            ("Network", str(second.metrics.get("network", ""))),
            ("Device of stage 2", str(second.params.get("device", ""))),
            ("Best epoch", str(second.metrics.get("best_epoch", ""))),
            ("Seed", str(second.params.get("seed", ""))),
        ]
    return [(name, value) for name, value in lines if value]


def _hash(value: Any) -> str:
    return f"SHA-256 {value}" if value else ""


def _joined(*parts: Any) -> str:
    return ", ".join(str(part) for part in parts if part)


def _prompts(first: Run | None) -> tuple[tuple[str, tuple[str, ...]], ...]:
    prompts = first.params.get("prompts", {}) if first is not None else {}
    return tuple((str(name), tuple(map(str, captions))) for name, captions in prompts.items())


def _run(run: Run, first: Run | None, second: Run | None) -> ReportRun:
    model = run.params.get("model")
    name = model.get("model", "") if isinstance(model, Mapping) else ""
    counts = {counted.id for counted in (first, second) if counted is not None}
    return ReportRun(
        kind=_KINDS.get(run.kind, run.kind),
        created_at=run.created_at.replace("T", " ").replace("Z", " UTC"),
        name=str(name or run.params.get("strategy", "") or run.params.get("file", "")),
        delivers=run.finished and run.delivers and run.id in counts,
        finished=run.finished,
        note=run.note,
    )


def _quality(stage: str, metrics: StageMetrics) -> StageQuality:
    classes = tuple(
        ClassQuality(c.name, c.images, c.sensitivity, c.specificity, c.f1) for c in metrics.classes
    )
    return StageQuality(stage, metrics.images, metrics.accuracy, metrics.f1, classes)
