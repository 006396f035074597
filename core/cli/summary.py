"""What a command prints at its end, for people and as JSON with stable keys (docs/command-line.md)."""

import json
import math
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np

from core.tasks.export import ExportResult
from core.tasks.info import ProjectInfo, RunInfo, StageMetrics
from core.tasks.label import LabelResult
from core.tasks.predict import PredictResult
from core.tasks.refine import RefineResult
from core.tasks.replacing import counted
from core.tasks.unfinished import UnfinishedPass

STAGE_NAMES = {"zero_shot": "Stage 1", "refined": "Refined", "delivered": "Delivered"}


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
        decided = unreadable - facts.statuses["error"]
        by_people = f", {decided:,} of them decided by people" if decided else ""
        lines.append(f"Unreadable {unreadable:,}{by_people}")
        lines += [f"  {name}: {why}" for name, why in list(facts.errors.items())[:20]]
        if unreadable > 20:
            lines.append(f"  ... and {unreadable - 20:,} more (all are in the CSV)")
    if facts.labels:
        width = max(map(len, facts.labels))
        lines.append("Labels")
        lines += [f"  {name:<{width}}  {count:>9,}" for name, count in facts.labels.items()]
    shown = {name: count for name, count in facts.statuses.items() if count}
    lines.append("Status     " + ", ".join(f"{count:,} {name}" for name, count in shown.items()))
    lines += _unfinished_lines(facts.unfinished, facts.project)
    for run in _worth_a_line(facts.runs):
        lines += _run_lines(run)
    for stage, metrics in facts.stages.items():
        lines += metrics_lines(STAGE_NAMES[stage], metrics)
    return lines


def _unfinished_lines(left: UnfinishedPass | None, project: Path) -> list[str]:
    """How far a labelling came that was stopped, and how it goes on."""
    if left is None:
        return []
    folder = shlex.quote(str(project))
    again = f"medlabel label {folder} --model {shlex.quote(left.model)}"
    return [
        f"Unfinished {left.done:,} of {counted(left.images, 'image')} went through {left.model or 'a saved model'}",
        f"           To go on: {again if left.model else f'medlabel predict MODEL {folder}'}",
    ]


def _worth_a_line(runs: Sequence[RunInfo]) -> list[RunInfo]:
    """All runs but those that were stopped, of which only the newest can be what somebody looks for."""
    stopped = [run.id for run in runs if not run.finished]
    return [run for run in runs if run.finished or run.id == stopped[-1]]


def _run_lines(run: RunInfo) -> list[str]:
    state = "" if run.finished else "  (not finished)"
    kept = "" if run.delivers else f"  does not deliver: {run.note}"
    lines = [f"Run {run.id:<6} {run.kind} {run.model}, {run.created_at}{state}{kept}"]
    taken, why = run.metrics.get("candidate", ""), run.metrics.get("reason", "")
    lines += [f"           {text}" for text in _taken(taken, why)]
    lines += [f"           Warning: {text}" for text in run.metrics.get("warnings", ())]
    if run.model_folder is not None:
        lines.append(f"           its model: {run.model_folder}")
    return lines


def _taken(candidate: str, why: str) -> list[str]:
    """Which labelling a strategy took among several, and why."""
    parts = [f"took {candidate}"] if candidate else []
    return [": ".join([*parts, *([why] if why else [])])] if candidate or why else []


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
        f"({counted(result.reused, 'embedding was', 'embeddings were')} on disk, "
        f"{counted(result.failed, 'image')} could not be read)"
    )
    return [line, *(f"Note       {note}" for note in result.notes)]


def refine_lines(result: RefineResult | None, skipped: str = "") -> list[str]:
    """What the second stage did, or why there is none."""
    if result is None:
        return [f"Refined    left out: {skipped}"] if skipped else []
    if result.reused:
        lines = [
            f"Refined    Run {result.run} already has exactly these settings; its labels are shown. "
            "medlabel refine --again trains anew.",
        ]
    else:
        lines = [_trained_line(result)]
    lines += [f"           {text}" for text in _taken(result.candidate, result.why)]
    if not result.delivers:
        lines.append(f"           Stage 1's labels are delivered instead. {result.reason}")
    if result.model is not None:
        lines.append(f"Model      {result.model} (medlabel predict labels new images with it)")
    lines += [f"Warning    {text}" for text in result.warnings]
    return [*lines, *(f"Note       {note}" for note in result.notes)]


def _trained_line(result: RefineResult) -> str:
    epochs = f", best epoch {result.best_epoch} of {result.epochs}" if result.epochs else ""
    return (
        f"Refined    {result.changed:,} of {result.images:,} labels changed by '{result.strategy}'{epochs}, "
        f"{result.seconds:.1f} s"
    )


def saved_lines(model: Path | None) -> list[str]:
    """Where a model was written to."""
    return [f"Written    {model}"] if model is not None else []


def predict_lines(result: PredictResult) -> list[str]:
    """What a saved model labelled."""
    before = counted(result.reused, "was", "were")
    line = (
        f"Model      {result.labelled:,} labelled in {result.seconds:.1f} s by {result.model.name} "
        f"({before} labelled before, {counted(result.failed, 'image')} could not be read)"
    )
    return [line, *(f"Note       {note}" for note in result.notes)]


def file_lines(files: Sequence[ExportResult]) -> list[str]:
    """What was written where."""
    lines = []
    for result in files:
        lines.append(f"Written    {', '.join(str(path) for path in result.paths)} ({result.rows:,} rows)")
        lines += [f"           left out {count:,}: {why}" for why, count in result.skipped.items()]
    return lines
