"""Label: embeddings where they are missing, then probabilities for every image."""

import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from core.errors import UserError
from core.jobs import JobContext
from core.project.arrays import RowStore
from core.project.edits import Edit
from core.project.labels import labels_of
from core.project.project import Project
from core.project.records import ImageClass
from core.tasks.provenance import versions, who
from core.zeroshot.catalogue import DEFAULT_MODEL, find_model
from core.zeroshot.classify import nearly_same, probabilities
from core.zeroshot.embed import embed_images, embedding_store, pending_images
from core.zeroshot.prompts import group_prompts, parse_class_names, prompts_for

if TYPE_CHECKING:
    from core.zeroshot.encoder import Encoder

_TRIAL = 64  # images that are embedded first, to tell how long all will take
_PIXEL_BYTES = 28 * 28  # what the second stage keeps of an image
_MARGIN_BYTES = 50_000_000


@dataclass(frozen=True)
class ClassSpec:
    """A class to label: no prompts means the model's own templates around the name."""

    name: str
    prompts: tuple[str, ...] = ()
    is_other: bool = False


@dataclass(frozen=True)
class LabelSpec:
    """What to label with. `classes` None keeps the project's; `seed` is recorded with the run."""

    project: Path
    classes: tuple[ClassSpec, ...] | None = None
    model: str = DEFAULT_MODEL
    device: str = "auto"
    seed: int = 0
    author: str = field(default_factory=who)


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
    """Event: first labels of these rows; positions in the class list and confidence, each (b,)."""

    rows: npt.NDArray[np.int64]
    labels: npt.NDArray[np.int32]
    confidence: npt.NDArray[np.float32]


def label(spec: LabelSpec, ctx: JobContext) -> LabelResult:
    """Label all images of a project by a CLIP model, as a new run. Raises `UserError`.

    Embeddings that are on disk are used again, so that other prompts cost a matrix product.
    """
    from core.zeroshot.encoder import Encoder

    started = time.monotonic()
    with Project.open(spec.project) as project:
        classes = set_classes(project, spec.classes, spec.author)
        entry = find_model(spec.model)
        ctx.progress(0, 0, f"Loading {entry.title}")
        encoder = Encoder.load(entry, spec.device)
        prompts = [prompts_for(c.name, c.prompts, entry.templates, c.is_other) for c in classes]
        classifier = encoder.text_classifier(prompts)
        store = embedding_store(project, encoder)
        embedded, reused, failed = _embed(project, encoder, store, classifier, ctx)
        result = probabilities_of_rows(store, classifier, encoder)
        params = {
            "model": encoder.provenance(),
            "prompts": {c.name: list(p) for c, p in zip(classes, prompts, strict=True)},
            "logit_scale": encoder.logit_scale,
            "logit_bias": encoder.logit_bias,
            "seed": spec.seed,
            "versions": versions(),
        }
        seconds = time.monotonic() - started
        metrics = {"seconds": seconds, "embedded": embedded, "reused": reused}
        run = _store(project, [c.id for c in classes], params, result, metrics)
    notes = [*encoder.notes, *_similar_classes(classes, classifier)]
    return LabelResult(run, int(store.done.sum()), embedded, reused, failed, seconds, tuple(notes))


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
        used = [c.id for c in project.classes] + list(project.truth().values())
        used += [class_id for run in project.runs.all() for class_id in run.class_ids]
        next_id = max(used, default=0) + 1
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
    ctx: JobContext,
) -> tuple[int, int, int]:
    """Embeddings computed, reused and failed. Tells the estimate after a trial on the first images."""
    positions = np.arange(len(classifier), dtype=np.int32)

    def labelled(rows: npt.NDArray[np.int64], vectors: npt.NDArray[np.float32]) -> None:
        found = probabilities(vectors, classifier, encoder.logit_scale, encoder.logit_bias)
        ctx.emit(RowsLabelled(rows, *labels_of(found, positions)))

    pending = pending_images(project, store)
    trial, rest = pending.images[:_TRIAL], pending.images[_TRIAL:]
    started = time.monotonic()
    failed = embed_images(project, encoder, store, trial, ctx, labelled)
    if rest:
        per_image = (time.monotonic() - started) / len(trial)
        _announce(project, len(rest), per_image, encoder.dim, len(classifier), ctx)
        failed += embed_images(project, encoder, store, rest, ctx, labelled)
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
    """Enter the run; when the newest stage 1 run says the same in the same way, that one stands.

    A refinement that was trained on it, or was interrupted, then still belongs to the current labels.
    """
    newest = project.runs.stage_one()
    if newest is not None and (newest.class_ids, newest.params) == (tuple(class_ids), params):
        old = project.runs.probabilities(newest)
        if old.shape == result.shape and np.array_equal(old, result, equal_nan=True):
            return newest.id
    run = project.runs.begin("zero-shot", class_ids, params)
    project.runs.finish(run, result, metrics)
    return run


def _similar_classes(classes: Sequence[ImageClass], classifier: npt.NDArray[np.float32]) -> list[str]:
    return [
        f"The prompts of '{classes[i].name}' and '{classes[j].name}' are nearly the same for this model "
        f"(similarity {cosine:.2f})."
        for i, j, cosine in nearly_same(classifier)
    ]
