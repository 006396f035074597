"""What a command prints at its end, for people and as JSON with stable keys (docs/command-line.md)."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np

from core.tasks.export import ExportResult
from core.tasks.info import ProjectInfo, StageMetrics
from core.tasks.label import LabelResult
from core.tasks.refine import RefineResult

STAGE_NAMES = {"zero_shot": "CLIP alone", "refined": "CLIP + CNN", "delivered": "delivered"}


def to_json(value: Any) -> str:
    """Any result as JSON; NaN becomes null."""
    return json.dumps(plain(value), ensure_ascii=False, indent=1)


def plain(value: Any) -> Any:
    """Dataclasses, paths, enums and numpy values as what JSON knows."""
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, Mapping):
        return {
            str(key.name.lower() if isinstance(key, Enum) else key): plain(item)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, np.generic | np.ndarray):
        return plain(value.tolist())
    if isinstance(value, float) and math.isnan(value):
        return None
    return str(value) if isinstance(value, Path) else value


def info_lines(facts: ProjectInfo) -> list[str]:
    """A project in words: images, labels a class, statuses, errors, accuracy of each stage."""
    unreadable = len(facts.errors)
    lines = [f"Project    {facts.project}", f"Images     {facts.images:,} in {facts.source}"]
    if unreadable:
        lines.append(f"Unreadable {unreadable:,}")
        lines += [f"  {name}: {why}" for name, why in list(facts.errors.items())[:20]]
        if unreadable > 20:
            lines.append(f"  ... and {unreadable - 20:,} more (all are in the CSV)")
    if facts.labels:
        width = max(map(len, facts.labels))
        lines.append("Labels")
        lines += [f"  {name:<{width}}  {count:>9,}" for name, count in facts.labels.items()]
    shown = {name: count for name, count in facts.statuses.items() if count}
    lines.append("Status     " + ", ".join(f"{count:,} {name}" for name, count in shown.items()))
    for run in facts.runs:
        lines.append(
            _run_line(run.id, run.kind, run.model, run.created_at, run.finished, run.delivers, run.note)
        )
    for stage, metrics in facts.stages.items():
        lines += metrics_lines(STAGE_NAMES[stage], metrics)
    return lines


def _run_line(number: int, kind: str, model: str, at: str, finished: bool, delivers: bool, note: str) -> str:
    state = "" if finished else "  (not finished)"
    kept = "" if delivers else f"  does not deliver: {note}"
    return f"Run {number:<6} {kind} {model}, {at}{state}{kept}"


def metrics_lines(stage: str, metrics: StageMetrics) -> list[str]:
    """Accuracy, F1, sensitivity and specificity of a stage against known labels."""
    lines = [
        f"{stage}: accuracy {metrics.accuracy:.2%}, F1 {metrics.f1:.2%} on {metrics.images:,} images with a known label"
    ]
    width = max(len(c.name) for c in metrics.classes)
    for c in metrics.classes:
        lines.append(
            f"  {c.name:<{width}}  {c.images:>7,} images  sensitivity {_percent(c.sensitivity)}"
            f"  specificity {_percent(c.specificity)}  F1 {_percent(c.f1)}"
        )
    return lines


def _percent(value: float) -> str:
    return "    -  " if math.isnan(value) else f"{value:7.2%}"


def label_lines(result: LabelResult) -> list[str]:
    """What the first stage did."""
    rate = f", {result.embedded / result.seconds:,.0f} images/s" if result.embedded and result.seconds else ""
    line = (
        f"CLIP       {result.labelled:,} labelled in {result.seconds:.1f} s{rate} "
        f"({result.reused:,} embeddings were on disk, {result.failed:,} images could not be read)"
    )
    return [line, *(f"Note       {note}" for note in result.notes)]


def refine_lines(result: RefineResult | None, skipped: str = "") -> list[str]:
    """What the second stage did, or why there is none."""
    if result is None:
        return [f"CNN        left out: {skipped}"] if skipped else []
    lines = [
        f"CNN        {result.changed:,} of {result.images:,} labels changed, best epoch {result.best_epoch} "
        f"of {result.epochs}, {result.seconds:.1f} s"
    ]
    if not result.delivers:
        lines.append(f"           CLIP's labels are delivered instead. {result.reason}")
    return [*lines, *(f"Note       {note}" for note in result.notes)]


def file_lines(files: Sequence[ExportResult]) -> list[str]:
    """What was written where."""
    lines = []
    for result in files:
        lines.append(f"Written    {', '.join(str(path) for path in result.paths)} ({result.rows:,} rows)")
        lines += [f"           left out {count:,}: {why}" for why, count in result.skipped.items()]
    return lines
