"""What a refinement learns from: stage 1's labels, decisions of people, embeddings that are on disk."""

import hashlib
import json
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.errors import UserError
from core.project.project import Project
from core.project.records import Run, Status

_MODEL_KEYS = ("model", "arch", "weights_sha256", "preprocess")


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


def stored_embeddings(
    project: Project, parent: Run, rows: npt.NDArray[np.int64]
) -> npt.NDArray[np.float32] | None:
    """(len(rows), d) float32 embeddings by the model of the stage 1 run `parent`; None where any is missing."""
    model = parent.params.get("model")
    if parent.kind != "zero-shot" or not isinstance(model, dict):
        return None
    wanted = {key: model.get(key) for key in _MODEL_KEYS}
    for card in sorted(project.arrays.glob("embeddings-*/about.json")):
        try:
            about = json.loads(card.read_bytes())
            done, values = (
                np.load(card.with_name(f"{name}.npy"), mmap_mode="r") for name in ("done", "values")
            )
        except (OSError, ValueError):  # being made, or somebody's file
            continue
        same = isinstance(about, dict) and {key: about.get(key) for key in _MODEL_KEYS} == wanted
        if same and rows.max(initial=-1) < min(len(done), len(values)) and done[rows].all():
            return np.asarray(values[rows], np.float32)
    return None


def class_names(project: Project, run: Run) -> tuple[str, ...]:
    """The names of a run's columns; a class that the project no longer has keeps its number."""
    names = {c.id: c.name for c in project.classes}
    return tuple(names.get(class_id, f"removed class {class_id}") for class_id in run.class_ids)
