"""Refine: train on stage 1's labels and give every image a better one, as a new run."""

import hashlib
import json
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.errors import UserError
from core.jobs import JobContext
from core.project.project import Project
from core.project.records import Run, Status
from core.project.runs import REFINEMENT
from core.tasks.provenance import versions, who
from core.tasks.weak_labels import import_weak_labels

DEFAULT_STRATEGY = "published"
_EVIDENCE_SIDE = 28


@dataclass(frozen=True)
class RefineSpec:
    """`weak_labels` is a CSV of file_name and one probability column a class, to use instead of CLIP's labels."""

    project: Path
    strategy: str = DEFAULT_STRATEGY
    weak_labels: Path | None = None
    device: str = "auto"
    seed: int = 0
    author: str = field(default_factory=who)


@dataclass(frozen=True)
class RefineResult:
    """`delivers` is False when stage 1's labels stay the delivered ones; `reason` then says why.

    `changed` counts the images whose refined label is not stage 1's.
    """

    run: int
    images: int
    changed: int
    delivers: bool
    reason: str
    epochs: int
    best_epoch: int
    seconds: float
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class LearningSet:
    """The m images that can be read and have a stage 1 label.

    `rows` (m,) row numbers, `weak` (m, k) float32 stage 1's probabilities, `truth` (m,) the column that a
    person decided or -1, `train_on` (m,) False where a person excluded the image or was unsure.
    """

    rows: npt.NDArray[np.int64]
    weak: npt.NDArray[np.float32]
    truth: npt.NDArray[np.int32]
    train_on: npt.NDArray[np.bool_]

    def key(self, *parameters: str | int) -> str:
        """Names a training by its data and parameters: an interrupted one goes on, a finished one stands."""
        digest = hashlib.sha256(json.dumps(parameters).encode())
        for array in (self.rows, self.weak, self.truth, self.train_on):
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()[:16]


def refine(spec: RefineSpec, ctx: JobContext) -> RefineResult:
    """Train the chosen strategy on the current stage 1 run. Raises `UserError`, e.g. when nothing was labelled."""
    ctx.progress(0, 0, "Preparing the network")
    from core.refine.strategies import STRATEGIES

    if spec.strategy not in STRATEGIES:
        raise UserError(
            f"There is no strategy '{spec.strategy}'.", f"Choose one of: {', '.join(STRATEGIES)}."
        )
    with Project.open(spec.project) as project:
        notes: tuple[str, ...] = ()
        if spec.weak_labels is not None:
            ctx.progress(0, 0, "Reading weak labels")
            notes = import_weak_labels(project, spec.weak_labels, spec.author)
        parent = project.runs.stage_one()
        if parent is None:
            raise UserError("There are no labels to learn from yet.", "Label the images first.")
        data = learning_set(project, parent)
        key = data.key(spec.strategy, spec.seed)
        run = _finished(project, parent, key) or _train(project, spec, parent, data, key, ctx)
        return _result(run, data, np.asarray(project.runs.probabilities(run))[data.rows], notes)


def learning_set(project: Project, parent: Run) -> LearningSet:
    """What there is to learn from the stage 1 run `parent`. Raises `UserError` when there is nothing."""
    probabilities = np.asarray(project.runs.probabilities(parent))
    table = project.table()
    readable = np.array([not text for text in table.error[: len(probabilities)]], np.bool_)
    rows = np.flatnonzero(readable & ~np.isnan(probabilities).any(axis=1))
    if not len(rows):
        raise UserError("No image has a label to learn from.", "Label the images first.")
    columns = {class_id: column for column, class_id in enumerate(parent.class_ids)}
    column_of = np.array([columns.get(c.id, -1) for c in table.classes] + [-1], np.int32)
    status = table.status[rows]
    decided = (status == Status.ACCEPTED) | (status == Status.CORRECTED)
    truth = np.where(decided, column_of[table.label[rows]], -1).astype(np.int32)
    train_on = (status != Status.EXCLUDED) & (status != Status.UNSURE)
    return LearningSet(rows, probabilities[rows], truth, train_on)


def _finished(project: Project, parent: Run, key: str) -> Run | None:
    same = [
        run
        for run in project.runs.all()
        if run.finished and run.parent == parent.id and run.params.get("key") == key
    ]
    newest = project.runs.refinement()
    return newest if newest in same else None


def _train(
    project: Project, spec: RefineSpec, parent: Run, data: LearningSet, key: str, ctx: JobContext
) -> Run:
    from core.refine.evidence import judge
    from core.refine.inputs import read_pixels
    from core.refine.request import RefineRequest
    from core.refine.strategies import STRATEGIES
    from core.zeroshot.encoder import pick_device

    started = time.monotonic()
    device = pick_device(spec.device)
    request = RefineRequest(
        data.weak,
        data.truth,
        data.train_on,
        lambda side, grey: read_pixels(project, data.rows, side, grey, ctx),
        spec.seed,
        device,
        checkpoint=project.arrays / f"training-{key}.pt",
    )
    params = {
        "strategy": spec.strategy,
        "seed": spec.seed,
        "device": device,
        "key": key,
        "versions": versions(),
    }
    run = project.runs.begin(REFINEMENT, parent.class_ids, params, parent.id)
    outcome = STRATEGIES[spec.strategy](request, ctx)
    ctx.progress(0, 0, "Comparing the stages")
    after = outcome.probabilities.argmax(axis=1)
    verdict = judge(
        request.pixels(_EVIDENCE_SIDE, True), request.labels, after, data.weak.shape[1], spec.seed
    )
    metrics = {
        **outcome.metrics,
        "seconds": time.monotonic() - started,
        "stage_one_agreement": verdict.stage_one_agreement,
        "refined_agreement": verdict.refined_agreement,
    }
    delivered = np.full((project.images.count(), data.weak.shape[1]), np.nan, np.float32)
    delivered[data.rows] = outcome.probabilities
    project.runs.finish(run, delivered, metrics, verdict.delivers, verdict.reason)
    if request.checkpoint is not None:
        request.checkpoint.unlink(missing_ok=True)
    return next(entered for entered in project.runs.all() if entered.id == run)


def _result(
    run: Run, data: LearningSet, probabilities: npt.NDArray[np.float32], notes: tuple[str, ...]
) -> RefineResult:
    return RefineResult(
        run=run.id,
        images=len(data.rows),
        changed=int((probabilities.argmax(axis=1) != data.weak.argmax(axis=1)).sum()),
        delivers=run.delivers,
        reason=run.note,
        epochs=len(run.metrics["curves"]),
        best_epoch=int(run.metrics["best_epoch"]),
        seconds=float(run.metrics["seconds"]),
        notes=notes,
    )
