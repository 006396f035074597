"""Refine: train on stage 1's labels and give every image a better one, as a new run."""

import json
import shutil
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from core.errors import UserError
from core.jobs import JobContext
from core.project.project import Project
from core.project.records import Run
from core.project.runs import REFINEMENT
from core.refine.params import TrainingChoices
from core.tasks.learning import LearningSet, learning_set, stored_embeddings
from core.tasks.provenance import versions, who
from core.tasks.refine_choices import check_choices
from core.tasks.refined_model import save_refined
from core.tasks.unlabelled import label_the_rest, rest_notes, without_weak_label
from core.tasks.weak_labels import import_weak_labels

if TYPE_CHECKING:
    from core.refine.evidence import Verdict
    from core.refine.inputs import ImagesLook, ProjectPixels
    from core.refine.request import RefineOutcome, RefineRequest

__all__ = ["DEFAULT_STRATEGY", "RefineResult", "RefineSpec", "TrainingChoices", "learning_set", "refine"]

DEFAULT_STRATEGY = "auto"


@dataclass(frozen=True)
class RefineSpec:
    """`weak_labels` is a CSV of file_name and one probability column a class, to use instead of CLIP's labels.

    Where the project has labels under other classes, these are replaced only if `replace_classes` is True. `choices`
    are what a person chose for the strategy's network. `again` trains anew even where a finished run has exactly
    these settings.
    """

    project: Path
    strategy: str = DEFAULT_STRATEGY
    weak_labels: Path | None = None
    device: str = "auto"
    seed: int = 0
    author: str = field(default_factory=who)
    choices: TrainingChoices = field(default_factory=TrainingChoices)
    replace_classes: bool = False
    again: bool = False


@dataclass(frozen=True)
class RefineResult:
    """`delivers` is False when stage 1's labels stay the delivered ones; `reason` then says why.

    `changed` counts the labels that the run changed, 0 where stage 1's are kept. `candidate` is the labelling that
    the strategy took among several, `why` a sentence; both are empty where it has but one. `warnings` are sentences
    for people. `model` is the folder of the model that labels new images. `reused` is True when nothing was
    trained: an earlier run has exactly these settings.
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
    strategy: str = ""
    candidate: str = ""
    why: str = ""
    warnings: tuple[str, ...] = ()
    model: Path | None = None
    reused: bool = False


def refine(spec: RefineSpec, ctx: JobContext) -> RefineResult:
    """Train the chosen strategy on the current stage 1 run. Raises `UserError`, e.g. when nothing was labelled."""
    check_choices(spec.strategy, spec.choices)
    ctx.progress(0, 0, "Preparing the network")
    from core.zeroshot.encoder import pick_device

    device = pick_device(spec.device)
    with Project.open(spec.project) as project:
        project.check_writable()
        notes: tuple[str, ...] = ()
        if spec.weak_labels is not None:
            ctx.progress(0, 0, "Reading weak labels")
            notes = import_weak_labels(project, spec.weak_labels, spec.author, spec.replace_classes)
        parent = project.runs.stage_one()
        if parent is None:
            raise UserError("There are no labels to learn from yet.", "Label the images first.")
        data = _readable_set(project, spec, parent, ctx)
        key = _key(spec, data)
        stored = None if spec.again else _finished(project, parent, key)
        rest = without_weak_label(project, parent)
        run = stored or _train(project, spec, parent, data, rest, device, key, ctx)
        model = project.runs.model_of(run)
        notes = (*notes, *rest_notes(project, rest, run))
        probabilities = np.asarray(project.runs.probabilities(run))[data.rows]
        return replace(_result(run, data, probabilities, notes, model), reused=stored is not None)


def _readable_set(project: Project, spec: RefineSpec, parent: Run, ctx: JobContext) -> LearningSet:
    """The learning set; images that nobody has opened yet are read first: some may turn out to be unreadable."""
    from core.refine.inputs import ProjectPixels, look_of

    data = learning_set(project, parent)
    if (project.images.columns().width[data.rows] == 0).any():
        pixels = ProjectPixels(project, data.rows, ctx)
        pixels.prefetch(*_wishes(spec, look_of(project, data.rows, ctx), data))
        data = learning_set(project, parent)
    return data


def _wishes(spec: RefineSpec, look: "ImagesLook", data: LearningSet) -> list[tuple[int, bool]]:
    """The sizes that will be asked for."""
    from core.refine.strategies import STRATEGIES

    learnt = int(data.train_on.sum())
    return STRATEGIES[spec.strategy].inputs(learnt, look.side, look.colour, spec.choices)


def _key(spec: RefineSpec, data: LearningSet) -> str:
    chosen = spec.choices != TrainingChoices()
    more = [json.dumps(asdict(spec.choices), sort_keys=True)] if chosen else []
    return data.key(spec.strategy, spec.seed, *more)


def _finished(project: Project, parent: Run, key: str) -> Run | None:
    """The newest refinement of `parent`, where it has exactly these settings."""
    newest = project.runs.refinement()
    same = newest is not None and newest.parent == parent.id and newest.params.get("key") == key
    return newest if same else None


def _train(
    project: Project,
    spec: RefineSpec,
    parent: Run,
    data: LearningSet,
    rest: npt.NDArray[np.int64],
    device: str,
    key: str,
    ctx: JobContext,
) -> Run:
    """Run the strategy; the images `rest` (r,), which have no weak label, get theirs by what it trained."""
    from core.refine.inputs import ProjectPixels, look_of
    from core.refine.strategies import STRATEGIES

    started = time.monotonic()
    look = look_of(project, data.rows, ctx)
    pixels = ProjectPixels(project, data.rows, ctx)
    pixels.prefetch(*_wishes(spec, look, data))
    checkpoint = project.arrays / f"training-{key}"
    request = _request(
        spec, data, pixels, look, device, checkpoint, stored_embeddings(project, parent, data.rows)
    )
    params = {"strategy": spec.strategy, "seed": spec.seed, "device": device, "choices": asdict(spec.choices)}
    params |= {"key": key, "versions": versions()}
    run = project.runs.begin(REFINEMENT, parent.class_ids, params, parent.id)
    outcome = STRATEGIES[spec.strategy](request, ctx)
    ctx.progress(0, 0, "Comparing the stages")
    verdict = outcome.verdict or _judged(request, outcome)
    metrics = {
        **outcome.metrics,
        "warnings": list(outcome.warnings),
        "out_of_fold": outcome.out_of_fold,
        "seconds": time.monotonic() - started,
        "stage_one_agreement": verdict.stage_one_agreement,
        "refined_agreement": verdict.refined_agreement,
    }
    if outcome.model is not None:
        save_refined(project, run, parent, params, request, outcome, verdict)
    delivered = np.full((project.images.count(), data.weak.shape[1]), np.nan, np.float32)
    delivered[data.rows] = outcome.probabilities
    if outcome.model is not None and len(rest):
        delivered[rest] = label_the_rest(project, rest, outcome.model, device, ctx)
    project.runs.finish(run, delivered, metrics, verdict.delivers, verdict.reason)
    _forget(checkpoint)
    return next(entered for entered in project.runs.all() if entered.id == run)


def _request(
    spec: RefineSpec,
    data: LearningSet,
    pixels: "ProjectPixels",
    look: "ImagesLook",
    device: str,
    checkpoint: Path,
    embeddings: npt.NDArray[np.float32] | None,
) -> "RefineRequest":
    from core.refine.request import RefineRequest

    return RefineRequest(
        data.weak,
        data.truth,
        data.train_on,
        pixels,
        spec.seed,
        device,
        checkpoint=checkpoint,
        embeddings=embeddings,
        image_side=look.side,
        colour=look.colour,
        choices=spec.choices,
    )


def _judged(request: "RefineRequest", outcome: "RefineOutcome") -> "Verdict":
    from core.refine.evidence import EVIDENCE_SIDE, judge

    after = outcome.probabilities.argmax(axis=1)
    pixels = request.pixels(EVIDENCE_SIDE, True)
    return judge(pixels, request.labels, after, request.weak.shape[1], request.seed)


def _forget(checkpoint: Path) -> None:
    """Whatever an interrupted training left: it has ended now."""
    shutil.rmtree(checkpoint, ignore_errors=True)
    with suppress(OSError):
        checkpoint.with_name(f"{checkpoint.name}.pt").unlink(missing_ok=True)  # by an earlier version


def _result(
    run: Run,
    data: LearningSet,
    probabilities: npt.NDArray[np.float32],
    notes: Sequence[str],
    model: Path | None,
) -> RefineResult:
    metrics = run.metrics
    return RefineResult(
        run=run.id,
        images=len(data.rows),
        changed=int((probabilities.argmax(axis=1) != data.weak.argmax(axis=1)).sum()) if run.delivers else 0,
        delivers=run.delivers,
        reason=run.note,
        epochs=len(metrics.get("curves", ())),
        best_epoch=int(metrics.get("best_epoch", 0)),
        seconds=float(metrics.get("seconds", 0.0)),
        notes=tuple(notes),
        strategy=str(run.params.get("strategy", "")),
        candidate=str(metrics.get("candidate", "")),
        why=str(metrics.get("reason", "")),
        warnings=tuple(metrics.get("warnings", ())),
        model=model,
    )
