"""Label: embeddings where they are missing, then probabilities for every image."""

import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from core.errors import JobCancelled, UserError
from core.jobs import JobContext
from core.project.arrays import RowStore
from core.project.edits import Edit
from core.project.labels import labels_of
from core.project.project import Project
from core.project.records import ImageClass, described
from core.tasks.encoders import shared_encoder, text_classifier
from core.tasks.provenance import versions, who
from core.zeroshot.catalogue import DEFAULT_MODEL, find_model
from core.zeroshot.classify import nearly_same, probabilities
from core.zeroshot.embed import embed_images, embedding_folder, embedding_store, pending_images
from core.zeroshot.prompts import group_prompts, parse_class_names, prompts_for

if TYPE_CHECKING:
    from core.zeroshot.encoder import Encoder

_TRIAL = 64  # images that are embedded first, to tell how long all will take
_PIXEL_BYTES = 28 * 28  # what the second stage keeps of an image
_MARGIN_BYTES = 50_000_000
_CHUNK = 65_536  # images whose labels are told in one event
_CIRCUMSTANCES = frozenset({"device", "precision", "torch", "open_clip"})
_PASSING = 5  # relabellings from stored embeddings that are kept


@dataclass(frozen=True)
class ClassSpec:
    """A class to label: no prompts means the model's own templates around the name."""

    name: str
    prompts: tuple[str, ...] = ()
    is_other: bool = False


@dataclass(frozen=True)
class LabelSpec:
    """What to label with. `classes` None keeps the project's; `seed` is recorded with the run.

    `only_stored` labels from embeddings that are on disk: no image is read, those without one stay unlabelled.
    """

    project: Path
    classes: tuple[ClassSpec, ...] | None = None
    model: str = DEFAULT_MODEL
    device: str = "auto"
    seed: int = 0
    author: str = field(default_factory=who)
    only_stored: bool = False


@dataclass(frozen=True)
class LabelResult:
    """What the run did: images with a label, embeddings computed and taken from disk, images that failed."""

    run: int
    labelled: int
    embedded: int
    reused: int
    failed: int
    seconds: float
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Estimate:
    """Event before a long run: seconds and bytes on disk that it will need, and bytes that are free."""

    images: int
    seconds: float
    disk_bytes: int
    free_bytes: int


@dataclass(frozen=True)
class RowsLabelled:
    """Event: first labels of these rows: ids of classes and confidence, each (b,)."""

    rows: npt.NDArray[np.int64]
    class_ids: npt.NDArray[np.int32]
    confidence: npt.NDArray[np.float32]


def label(spec: LabelSpec, ctx: JobContext) -> LabelResult:
    """Label all images of a project by a CLIP model, as a new run. Raises `UserError`.

    Embeddings that are on disk are used again, so that other prompts cost a matrix product.
    """
    started = time.monotonic()
    with Project.open(spec.project) as project:
        project.check_writable()
        classes = set_classes(project, spec.classes, spec.author)
        entry = find_model(spec.model)
        ctx.progress(0, 0, f"Loading {entry.title}")
        encoder = shared_encoder(entry, spec.device)
        prompts = [prompts_for(c.name, c.prompts, entry.templates, c.is_other) for c in classes]
        classifier, notes = text_classifier(encoder, prompts)
        store = _stored(project, encoder) if spec.only_stored else embedding_store(project, encoder)
        params = {
            "model": encoder.provenance(),
            "classes": described(classes),
            "prompts": {c.name: list(p) for c, p in zip(classes, prompts, strict=True)},
            "logit_scale": encoder.logit_scale,
            "logit_bias": encoder.logit_bias,
            "seed": spec.seed,
            "versions": versions(),
        }
        ids = [c.id for c in classes]

        def keep(embedded: int, reused: int, passing: bool) -> int:
            found = probabilities_of_rows(store, classifier, encoder)
            seconds = time.monotonic() - started
            metrics = {"seconds": seconds, "embedded": embedded, "reused": reused, "passing": passing}
            return _store(project, ids, params, found, metrics)

        embedded, reused, failed = 0, int(store.done.sum()), 0
        if not spec.only_stored:
            try:
                embedded, reused, failed = _embed(project, encoder, store, classifier, ids, ctx)
            except JobCancelled:
                if store.done.any() and _is_first(project):
                    keep(int(store.done.sum()) - reused, reused, passing=True)
                raise
        run = keep(embedded, reused, spec.only_stored)
        _forget_passing(project)
    notes = (*notes, *_similar_classes(classes, classifier))
    seconds = time.monotonic() - started
    return LabelResult(run, int(store.done.sum()), embedded, reused, failed, seconds, notes)


def parse_classes(names: str, prompts: Sequence[str] = (), other: str = "") -> tuple[ClassSpec, ...]:
    """Classes from `"a,b"`, captions from `"a=caption"`, and the name of the class for what fits none.

    `other` may be one of the names or one more. Raises `UserError`.
    """
    listed = parse_class_names(names)
    if other and other.casefold() not in (name.casefold() for name in listed):
        listed = (*listed, other)
    captions = group_prompts(prompts, listed)
    return tuple(
        ClassSpec(name, captions.get(name, ()), bool(other) and name.casefold() == other.casefold())
        for name in listed
    )


def set_classes(project: Project, wanted: Sequence[ClassSpec] | None, author: str) -> tuple[ImageClass, ...]:
    """Make the project's classes those wanted (classes of the same name keep their identity) and give them back."""
    if wanted is not None:
        known = {c.name: c for c in project.classes}
        next_id = project.next_class_id()
        classes = []
        for spec in wanted:
            old = known.get(spec.name)
            if old is None:
                classes.append(ImageClass(next_id, spec.name, spec.prompts, spec.is_other))
                next_id += 1
            else:
                classes.append(
                    ImageClass(old.id, spec.name, spec.prompts, spec.is_other, old.colour, old.key)
                )
        project.execute(Edit("Set classes", classes=tuple(classes)), author)
    if len(project.classes) < 2:
        raise UserError(
            "At least two classes are needed.", "Name them, or add one that takes what fits none."
        )
    return project.classes


def probabilities_of_rows(
    store: RowStore, classifier: npt.NDArray[np.float32], encoder: "Encoder"
) -> npt.NDArray[np.float32]:
    """(n, classes) float32 from stored embeddings; NaN for rows that have none."""
    result = probabilities(store.values, classifier, encoder.logit_scale, encoder.logit_bias)
    result[~np.asarray(store.done)] = np.nan
    return result


def _embed(
    project: Project,
    encoder: "Encoder",
    store: RowStore,
    classifier: npt.NDArray[np.float32],
    class_ids: Sequence[int],
    ctx: JobContext,
) -> tuple[int, int, int]:
    """Embeddings computed, reused and failed. Tells the estimate after a trial on the first images."""
    columns = np.array(class_ids, np.int32)

    def labelled(rows: npt.NDArray[np.int64], vectors: npt.NDArray[np.float32]) -> None:
        found = probabilities(vectors, classifier, encoder.logit_scale, encoder.logit_bias)
        ctx.emit(RowsLabelled(rows, *labels_of(found, columns)))

    pending = pending_images(project, store)
    if pending.images and pending.finished:  # a labelling goes on: what it had found is seen at once
        for rows in np.array_split(np.flatnonzero(store.done), -(-pending.finished // _CHUNK)):
            labelled(rows, np.asarray(store.values[rows], np.float32))
    total = len(pending.images)
    trial, rest = pending.images[:_TRIAL], pending.images[_TRIAL:]
    started = time.monotonic()
    failed = embed_images(project, encoder, store, trial, ctx, labelled, 0, total)
    if rest:
        per_image = (time.monotonic() - started) / len(trial)
        _announce(project, len(rest), per_image, encoder.dim, len(classifier), ctx)
        failed += embed_images(project, encoder, store, rest, ctx, labelled, len(trial), total)
    return len(pending.images) - failed, pending.finished, failed


def _announce(
    project: Project, images: int, per_image: float, dim: int, classes: int, ctx: JobContext
) -> None:
    need = images * (2 * dim + 2 * 4 * classes + _PIXEL_BYTES)
    free = shutil.disk_usage(project.folder).free
    ctx.emit(Estimate(images, images * per_image, need, free))
    if free < need + _MARGIN_BYTES:
        raise UserError(
            f"The project needs {need / 1e6:.0f} MB, {free / 1e6:.0f} MB are free in {project.folder}.",
            "Free some space, or put the project on another drive.",
        )


def _store(
    project: Project,
    class_ids: list[int],
    params: dict[str, Any],
    result: npt.NDArray[np.float32],
    metrics: dict[str, Any],
) -> int:
    """Enter the run; when an earlier zero-shot run says the same in the same way, that one counts again.

    A refinement that was trained on it, or was interrupted, then still belongs to the current labels: taking
    another prompt back brings its refinement back too.
    """
    runs = project.runs
    meant = (tuple(class_ids), _meaning(params))
    for earlier in reversed(runs.all()):
        if not earlier.finished or earlier.kind != "zero-shot":
            continue
        same = (earlier.class_ids, _meaning(earlier.params)) == meant
        if same and _alike(runs.probabilities(earlier), result):
            runs.count_again(earlier.id)
            return earlier.id
    run = runs.begin("zero-shot", class_ids, params)
    runs.finish(run, result, metrics)
    return run


def _meaning(params: Mapping[str, Any]) -> dict[str, Any]:
    """What of a run's parameters decides about its labels: not on which device, by which versions."""
    model = {key: value for key, value in params["model"].items() if key not in _CIRCUMSTANCES}
    return {**params, "model": model, "versions": None}


def _is_first(project: Project) -> bool:
    """Whether labels of a stopped pass are better than what there is: nothing, or those of an earlier stop."""
    current = project.runs.stage_one()
    return current is None or bool(current.metrics.get("passing"))


def _alike(one: npt.NDArray[np.float32], two: npt.NDArray[np.float32]) -> bool:
    """Whether probabilities (n, k) are equal but for what the order of additions makes of them."""
    return one.shape == two.shape and np.allclose(one, two, rtol=0, atol=1e-5, equal_nan=True)


def _stored(project: Project, encoder: "Encoder") -> RowStore:
    """The embeddings of this model that are on disk. Raises `UserError` when there is none."""
    if embedding_folder(project, encoder).exists():
        store = embedding_store(project, encoder)
        if store.done.any():
            return store
    raise UserError(
        f"{encoder.entry.title} has not looked at these images yet.", "Label them with this model first."
    )


def _forget_passing(project: Project) -> None:
    """Only the newest relabellings from stored embeddings are kept: each can be made again in a moment.

    Else every prompt that somebody tries would stay on disk. Those with a refinement stay.
    """
    every, current = project.runs.all(), project.runs.stage_one()
    kept = {run.parent for run in every} | ({current.id} if current is not None else set())
    passing = [run.id for run in every if run.kind == "zero-shot" and run.metrics.get("passing")]
    for run_id in passing[:-_PASSING]:
        if run_id not in kept:
            project.runs.discard(run_id)


def _similar_classes(classes: Sequence[ImageClass], classifier: npt.NDArray[np.float32]) -> list[str]:
    return [
        f"The prompts of '{classes[i].name}' and '{classes[j].name}' are nearly the same for this model "
        f"(similarity {cosine:.2f})."
        for i, j, cosine in nearly_same(classifier)
    ]
