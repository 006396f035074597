"""Stand-ins for the tasks that would need torch: they write real runs into the real project."""

import json
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from core.jobs import JobContext
from core.processes import call
from core.project.project import Project
from core.project.records import described
from core.refine.events import EpochEnd
from core.refine.model_card import CARD, WEIGHTS, ModelCard, read_card
from core.tasks.export import ExportResult, ExportSpec
from core.tasks.label import LabelResult, LabelSpec, RowsLabelled
from core.tasks.predict import PredictResult, PredictSpec
from core.tasks.prompts import PromptCheck, PromptCheckSpec
from core.tasks.refine import RefineResult, RefineSpec


class InlineWorker:
    """Runs a task in the thread that asks, looked up at that moment: a test may have replaced it."""

    def task(self, name: str, spec: object, patience: float = 10.0):
        return lambda ctx: call(name)(spec, ctx)

    def close(self) -> None:
        return


def fake_label(spec: LabelSpec, ctx: JobContext) -> LabelResult:
    """Even rows get the first class with 0.9, odd rows the second one with 0.6."""
    with Project.open(spec.project) as project:
        ids = [c.id for c in project.classes]
        n = project.images.count()
        probabilities = np.full((n, len(ids)), 0.0, np.float32)
        probabilities[::2, 0], probabilities[::2, 1] = 0.9, 0.1
        probabilities[1::2, 0], probabilities[1::2, 1] = 0.4, 0.6
        for row in range(n):
            label, confidence = probabilities[row].argmax(), probabilities[row].max()
            found = np.array([ids[label]], np.int32)
            ctx.emit(RowsLabelled(np.array([row]), found, np.array([confidence])))
            ctx.progress(row + 1, n, "Reading images")
        params = {"model": {"model": spec.model}, "classes": described(project.classes)}
        run = project.runs.begin("zero-shot", ids, params)
        project.runs.finish(run, probabilities)
    return LabelResult(run, n, n, 0, 0, 1.0)


def fake_refine(spec: RefineSpec, ctx: JobContext) -> RefineResult:
    """The first class for the first half of the images, the second for the rest; three epochs."""
    with Project.open(spec.project) as project:
        parent = project.runs.stage_one()
        assert parent is not None
        curves = [EpochEnd(e, 3, 1 / e, 0.6, 1.1 / e, 0.5, min(e, 2), 0.1) for e in (1, 2, 3)]
        for epoch in curves:
            ctx.emit(epoch)
            ctx.progress(epoch.epoch, 3, "Training")
        n = project.images.count()
        probabilities = np.full((n, 2), 0.02, np.float32)
        probabilities[: n // 2, 0] = probabilities[n // 2 :, 1] = 0.98
        run = project.runs.begin("refinement", parent.class_ids, {"strategy": spec.strategy}, parent.id)
        folder = project.runs.model_folder(run)
        write_model(folder, [c.name for c in project.classes])
        project.runs.finish(run, probabilities, {"curves": [asdict(c) for c in curves], "best_epoch": 2})
    return RefineResult(run, n, n // 2, True, "", 3, 2, 1.0)


def write_model(folder: Path, classes: Sequence[str]) -> Path:
    """A saved model whose weights nobody reads."""
    card = ModelCard(tuple(classes), "small", 28, 1, 1.0, "0" * 64)
    folder.mkdir(parents=True)
    (folder / WEIGHTS).write_bytes(b"weights")
    (folder / CARD).write_text(json.dumps(card.described()))
    return folder


def fake_predict(spec: PredictSpec, ctx: JobContext) -> PredictResult:
    """Every image gets the last class of the model, with 0.8; the project's classes must be the model's already."""
    names = read_card(spec.model).classes
    with Project.open(spec.images) as project:
        ids = [c.id for c in project.classes]
        assert [c.name for c in project.classes] == list(names)
        n = project.images.count()
        probabilities = np.full((n, len(ids)), 0.2 / (len(ids) - 1), np.float32)
        probabilities[:, -1] = 0.8
        for row in range(n):
            found = np.array([ids[-1]], np.int32)
            ctx.emit(RowsLabelled(np.array([row]), found, np.array([0.8], np.float32)))
            ctx.progress(row + 1, n, "Labelling images")
        params = {"model": {"model": spec.model.stem}, "classes": described(project.classes)}
        run = project.runs.begin("predicted", ids, params)
        project.runs.finish(run, probabilities)
    return PredictResult(spec.images, run, spec.model, names, n, n, n, 0, 0, 1.0)


def fake_export(spec: ExportSpec, ctx: JobContext) -> ExportResult:
    """Writes what it was asked for as text."""
    ctx.progress(0, 0, "Exporting")
    spec.out.write_text(f"{spec.format} {spec.split}")
    return ExportResult(spec.format, (spec.out,), 12, {"unsure": 3})


def fake_check(spec: PromptCheckSpec, ctx: JobContext) -> PromptCheck:
    """Nothing is worth a note."""
    names = tuple((c.name,) for c in spec.classes)
    return PromptCheck(spec.classes, (), (), names, names)


def endless(spec: object, ctx: JobContext) -> object:
    """Runs until it is cancelled."""
    for done in range(100_000):
        ctx.progress(done % 1000, 1000, "Reading images")
        time.sleep(0.005)
    raise AssertionError("nobody cancelled")
