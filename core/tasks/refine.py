"""Refine: train on stage 1's labels and give every image a better one, as a new run."""

import hashlib
import json
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.errors import UserError
from core.exports.labels_in import read_probabilities_csv
from core.jobs import JobContext
from core.project.project import Project
from core.project.records import Run, Status
from core.refine.inputs import read_pixels
from core.tasks.label import ClassSpec, set_classes
from core.tasks.matching import match_rows
from core.tasks.provenance import versions, who

_EVIDENCE_SIDE = 28


@dataclass(frozen=True)
class RefineSpec:
    """`weak_labels` is a CSV of file_name and one probability column a class, to use instead of CLIP's labels."""

    project: Path
    strategy: str = "published"
    weak_labels: Path | None = None
    device: str = "auto"
    seed: int = 0
    author: str = field(default_factory=who)


@dataclass(frozen=True)
class RefineResult:
    """`delivers` is False when stage 1's labels stay the delivered ones; `reason` then says why."""

    run: int
    images: int
    changed: int
    delivers: bool
    reason: str
    epochs: int
    best_epoch: int
    seconds: float
    notes: tuple[str, ...] = ()


def refine(spec: RefineSpec, ctx: JobContext) -> RefineResult:
    """Train the chosen strategy on the current stage 1 run. Raises `UserError`, e.g. when nothing was labelled."""
    ctx.progress(0, 0, "Preparing the network")
    from core.refine.evidence import judge
    from core.refine.request import RefineRequest
    from core.refine.strategies import STRATEGIES
    from core.zeroshot.encoder import pick_device

    if spec.strategy not in STRATEGIES:
        raise UserError(f"There is no strategy '{spec.strategy}'.", f"Choose one of: {', '.join(STRATEGIES)}.")
    started = time.monotonic()
    device = pick_device(spec.device)
    with Project.open(spec.project) as project:
        notes = _import_weak_labels(project, spec, ctx) if spec.weak_labels else ()
        parent = project.runs.stage_one()
        if parent is None:
            raise UserError("There are no labels to learn from yet.", "Label the images first.")
        rows, weak, truth, train_on = _learning_set(project, parent)
        run_key = _key(spec, parent, weak, truth, train_on)
        checkpoint = project.arrays / f"training-{run_key}.pt"
        request = RefineRequest(
            weak,
            truth,
            train_on,
            lambda side, grey: read_pixels(project, rows, side, grey, ctx),
            spec.seed,
            device,
            checkpoint,
        )
        params = {"strategy": spec.strategy, "seed": spec.seed, "device": device, "versions": versions()}
        run = project.runs.begin("refinement", parent.class_ids, params, parent.id)
        outcome = STRATEGIES[spec.strategy](request, ctx)
        ctx.progress(0, 0, "Comparing the stages")
        after = outcome.probabilities.argmax(axis=1)
        verdict = judge(request.pixels(_EVIDENCE_SIDE, True), request.labels, after, weak.shape[1], spec.seed)
        seconds = time.monotonic() - started
        metrics = {
            **outcome.metrics,
            "seconds": seconds,
            "stage_one_agreement": verdict.stage_one_agreement,
            "refined_agreement": verdict.refined_agreement,
        }
        delivered = np.full((project.images.count(), weak.shape[1]), np.nan, np.float32)
        delivered[rows] = outcome.probabilities
        project.runs.finish(run, delivered, metrics, verdict.delivers, verdict.reason)
        checkpoint.unlink(missing_ok=True)
    return RefineResult(
        run=run,
        images=len(rows),
        changed=int((after != weak.argmax(axis=1)).sum()),
        delivers=verdict.delivers,
        reason=verdict.reason,
        epochs=len(outcome.metrics["curves"]),
        best_epoch=int(outcome.metrics["best_epoch"]),
        seconds=seconds,
        notes=tuple(notes),
    )


def _learning_set(
    project: Project, parent: Run
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32], npt.NDArray[np.int32], npt.NDArray[np.bool_]]:
    """Rows (n,) that can be read and have a stage 1 label, with weak (n, k), truth (n,) and train_on (n,)."""
    probabilities = np.asarray(project.runs.probabilities(parent))
    table = project.table()
    known = ~np.isnan(probabilities).any(axis=1)
    known &= np.array([not text for text in table.error[: len(known)]], np.bool_)
    rows = np.flatnonzero(known)
    if not len(rows):
        raise UserError("No image has a label to learn from.", "Label the images first.")
    columns = {class_id: column for column, class_id in enumerate(parent.class_ids)}
    column_of = np.array([columns.get(c.id, -1) for c in table.classes] + [-1], np.int32)
    status = table.status[rows]
    decided = (status == Status.ACCEPTED) | (status == Status.CORRECTED)
    truth = np.where(decided, column_of[table.label[rows]], -1).astype(np.int32)
    train_on = (status != Status.EXCLUDED) & (status != Status.UNSURE)
    return rows, probabilities[rows], truth, train_on


def _key(
    spec: RefineSpec,
    parent: Run,
    weak: npt.NDArray[np.float32],
    truth: npt.NDArray[np.int32],
    train_on: npt.NDArray[np.bool_],
) -> str:
    """Names the training that an interrupted refinement may go on with: same data, same parameters."""
    digest = hashlib.sha256(json.dumps([spec.strategy, spec.seed, parent.id]).encode())
    for array in (weak, truth, train_on):
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()[:16]


def _import_weak_labels(project: Project, spec: RefineSpec, ctx: JobContext) -> tuple[str, ...]:
    """Enter the probabilities of a CSV as a stage 1 run of kind 'imported'."""
    assert spec.weak_labels is not None
    ctx.progress(0, 0, "Reading weak labels")
    read = read_probabilities_csv(spec.weak_labels)
    wanted = None
    if [c.name for c in project.classes] != list(read.names):
        wanted = tuple(ClassSpec(name) for name in read.names)
    classes = set_classes(project, wanted, spec.author)
    matched = match_rows(read.files, project.images.columns().refs)
    result = np.full((project.images.count(), len(classes)), np.nan, np.float32)
    result[matched.rows] = read.probabilities[matched.found]
    if not len(matched.rows):
        raise UserError(f"No file_name in {spec.weak_labels.name} is an image of this project.")
    digest = hashlib.sha256(spec.weak_labels.read_bytes()).hexdigest()
    params = {"file": spec.weak_labels.name, "sha256": digest, "versions": versions()}
    run = project.runs.begin("imported", [c.id for c in classes], params)
    project.runs.finish(run, result)
    return matched.notes
