"""Predict: a refined model that was saved labels new images, as a stage 1 run of their project."""

import hashlib
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from core.jobs import JobContext
from core.project.arrays import RowStore
from core.project.labels import is_folder_row, labels_of
from core.project.project import Project
from core.project.records import ImageClass, described
from core.refine.model_card import WEIGHTS, ModelCard
from core.tasks.entering import enter_once
from core.tasks.label import RowsLabelled
from core.tasks.network_pass import network_batches
from core.tasks.new_project import project_with_images
from core.tasks.provenance import versions, who
from core.tasks.replacing import adopt_classes, succession
from core.tasks.saved_models import SUFFIX, check_whole, find_model

if TYPE_CHECKING:
    from core.refine.trained import TrainedNetwork

PREDICTED = "predicted"
STAGE = "Labelling images"
_BATCH_BYTES = 32_000_000
_BATCH = 1024
_TOLERANCE = 1e-5  # of a probability, between two computations of it
_CHUNK = 65_536  # images whose labels are told in one event


@dataclass(frozen=True)
class PredictSpec:
    """`model` is a saved model, one of its files, or a project with one; `images` a folder, an NPZ or a project.

    `project` is where a new project is made, by default in the user's data folder. `slices` are the slices of volumes
    that are its images, as `SliceChoice` has them as text; where it is empty, those of the project, or all axial ones.
    Where the images have labels under other classes than the model's, these are replaced only if `replace_classes` is
    True.
    """

    model: Path
    images: Path
    device: str = "auto"
    author: str = field(default_factory=who)
    project: Path | None = None
    replace_classes: bool = False
    slices: str = ""


@dataclass(frozen=True)
class PredictResult:
    """`predicted` images went through the network now, `reused` had earlier; `failed` could not be read.

    `model` is the folder that was used, `classes` are its names.
    """

    project: Path
    run: int
    model: Path
    classes: tuple[str, ...]
    images: int
    labelled: int
    predicted: int
    reused: int
    failed: int
    seconds: float
    notes: tuple[str, ...] = ()


def predict(spec: PredictSpec, ctx: JobContext) -> PredictResult:
    """Label all images by a saved model. The project is made where there is none; its classes become the model's.

    Stopped, it goes on where it was; images that this model has labelled before are not read again. Raises `UserError`,
    also where labels under other classes would be lost and `replace_classes` is not given.
    """
    started = time.monotonic()
    ctx.progress(0, 0, "Loading the model")
    from core.refine.model_file import load_model
    from core.zeroshot.encoder import pick_device

    folder = find_model(spec.model)
    check_whole(folder)
    card, network = load_model(folder)
    device = pick_device(spec.device)
    place = project_with_images(spec.images, spec.project, ctx, spec.slices)
    with Project.open(place) as project:
        before = project.runs.stage_one()
        adopted = adopt_classes(project, card.classes, spec.author, folder.name, spec.replace_classes)
        classes, order = adopted.classes, list(adopted.order)
        outputs = np.empty(len(order), np.int32)
        outputs[order] = [c.id for c in classes]
        passing = _Pass(project, network, device, outputs, _store(project, card))
        predicted, reused, failed = passing.run(ctx)
        probabilities = np.where(passing.store.done[:, None], passing.store.values, np.float32(np.nan))
        metrics = {"seconds": time.monotonic() - started, "predicted": predicted, "reused": reused}
        params = _params(folder, card, classes, device)
        run = enter_once(
            project,
            PREDICTED,
            [c.id for c in classes],
            params,
            probabilities[:, order],
            lambda earlier: earlier.params.get("card") == params["card"],
            metrics,
            _TOLERANCE,
        )
        notes = (*_notes(project, card, passing.store.done), *succession(before, run, folder.name))
        images = project.images.count()
    labelled = int(passing.store.done.sum())
    seconds = time.monotonic() - started
    return PredictResult(
        place, run, folder, card.classes, images, labelled, predicted, reused, failed, seconds, notes
    )


@dataclass(frozen=True)
class _Pass:
    """Every image once through the network; probabilities of each batch go to disk, then the images' facts.

    `class_ids` (k,) int32 are the classes of the network's outputs.
    """

    project: Project
    network: "TrainedNetwork"
    device: str
    class_ids: npt.NDArray[np.int32]
    store: RowStore

    def run(self, ctx: JobContext) -> tuple[int, int, int]:
        """Images labelled now, labelled before, and failed."""
        columns, done = self.project.images.columns(), self.store.done
        todo = [
            row
            for row, ref in enumerate(columns.refs)
            if not done[row] and not columns.missing[row] and not is_folder_row(ref)
        ]
        reused = int(done.sum())
        read = failed = 0
        self._tell_finished(ctx)
        total = reused + len(todo)
        ctx.progress(reused, total, STAGE)
        for batch in network_batches(
            self.project, todo, self.network, self.device, self._at_once, ctx, look=True
        ):
            if len(batch.rows):
                self.store.write(batch.rows, batch.probabilities)
                ctx.emit(RowsLabelled(batch.rows, *labels_of(batch.probabilities, self.class_ids)))
            read, failed = read + batch.read, failed + batch.failed
            ctx.progress(reused + read, total, STAGE)
        return len(todo) - failed, reused, failed

    @property
    def _at_once(self) -> int:
        return max(16, min(_BATCH, _BATCH_BYTES // (self.network.side**2 * self.network.channels)))

    def _tell_finished(self, ctx: JobContext) -> None:
        """What an earlier pass had found is seen at once."""
        rows = np.flatnonzero(self.store.done)
        for part in np.array_split(rows, -(-len(rows) // _CHUNK)) if len(rows) else ():
            ctx.emit(RowsLabelled(part, *labels_of(np.asarray(self.store.values[part]), self.class_ids)))


def _store(project: Project, card: ModelCard) -> RowStore:
    """Probabilities (n, k) float32 of this project by this model, in the order of the model's classes."""
    told = {k: v for k, v in card.described().items() if k not in ("provenance", "created_at", "note")}
    key = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]
    return project.row_store(f"predictions-{key}", (len(card.classes),), np.float32, told)


def _params(folder: Path, card: ModelCard, classes: Sequence[ImageClass], device: str) -> dict[str, Any]:
    """The run's provenance: the model as the report and `info` name it, and its whole card."""
    model = {
        "model": folder.name.removesuffix(SUFFIX),
        "arch": card.network,
        "weights_file": WEIGHTS,
        "weights_sha256": card.sha256,
        "device": device,
    }
    return {"model": model, "card": card.described(), "classes": described(classes), "versions": versions()}


def _notes(project: Project, card: ModelCard, done: npt.NDArray[np.bool_]) -> tuple[str, ...]:
    """What somebody should know who reads these labels."""
    notes = []
    if card.provenance.get("delivered") is False:
        notes.append("The labels of the run that made this model were not delivered: its evidence was poor.")
    warning = card.provenance.get("warning")
    if isinstance(warning, str) and warning:
        notes.append(warning)
    coloured = int((~project.images.columns().grey[done]).sum())
    if card.channels == 1 and coloured:
        notes.append(f"The model sees grey images only; {coloured:,} of {int(done.sum()):,} have colour.")
    return tuple(notes)
