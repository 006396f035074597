"""Runs with their provenance, and their probabilities on disk."""

import json
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.project.arrays import save_array
from core.project.database import Database, refuse_to_write, transaction
from core.project.foreign import plain_errors
from core.project.history import utc_now
from core.project.records import Run

STAGE_ONE = ("zero-shot", "imported", "predicted")
REFINEMENT = "refinement"
_PINNED = "stage_one"  # key in `meta`


class Runs:
    """The table `runs`; probabilities are `arrays/run-<id>.npy`, (n, classes) float32, NaN where there are none."""

    def __init__(self, connection: Database, arrays: Path) -> None:
        self._connection = connection
        self._arrays = arrays
        self._models = arrays.parent / "models"

    def begin(
        self, kind: str, class_ids: Sequence[int], params: dict[str, Any], parent: int | None = None
    ) -> int:
        """Enter a run that is not finished yet; its id."""
        values = (kind, utc_now(), json.dumps(list(class_ids)), json.dumps(params), parent)
        with transaction(self._connection):
            cursor = self._connection.execute(
                "INSERT INTO runs (kind, created_at, class_ids, params, parent) VALUES (?,?,?,?,?)", values
            )
        assert cursor.lastrowid is not None
        return cursor.lastrowid

    def finish(
        self,
        run_id: int,
        probabilities: npt.NDArray[np.float32],
        metrics: dict[str, Any] | None = None,
        delivers: bool = True,
        note: str = "",
    ) -> None:
        """Store the probabilities, then mark the run as finished: a crash between leaves it unfinished.

        A stage 1 run that ends is the newest one and counts from now on: `count_again` is forgotten.
        """
        refuse_to_write(self._connection)
        save_array(self._path(run_id), probabilities.astype(np.float32, copy=False))
        with transaction(self._connection):
            self._connection.execute(
                "UPDATE runs SET finished=1, metrics=?, delivers=?, note=? WHERE id=?",
                (json.dumps(metrics or {}), int(delivers), note, run_id),
            )
            self._connection.execute(
                "DELETE FROM meta WHERE key=? AND (SELECT kind FROM runs WHERE id=?) != ?",
                (_PINNED, run_id, REFINEMENT),
            )

    def count_again(self, run_id: int) -> None:
        """An older finished stage 1 run is the one that counts again, until another one ends."""
        with transaction(self._connection):
            self._connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (_PINNED, str(run_id)))

    def discard(self, run_id: int) -> None:
        """Forget a run, its probabilities and its model; not one that another run was trained on."""
        with transaction(self._connection):
            self._connection.execute("DELETE FROM runs WHERE id=?", (run_id,))
        with suppress(OSError):  # a file that is still open somewhere cannot be deleted on every system
            self._path(run_id).unlink(missing_ok=True)
        shutil.rmtree(self.model_folder(run_id), ignore_errors=True)

    def all(self) -> list[Run]:
        """Every run, oldest first, unfinished ones too."""
        query = """
            SELECT id, kind, created_at, class_ids, params, metrics, parent, finished, delivers, note
            FROM runs ORDER BY id
        """
        return [
            Run(
                id=row[0],
                kind=row[1],
                created_at=row[2],
                class_ids=tuple(json.loads(row[3])),
                params=json.loads(row[4]),
                metrics=json.loads(row[5]),
                parent=row[6],
                finished=bool(row[7]),
                delivers=bool(row[8]),
                note=row[9],
            )
            for row in self._connection.execute(query)
        ]

    def stage_one(self) -> Run | None:
        """The finished run of stage 1 that counts: the newest, or the one that was made to count again."""
        finished = [run for run in self.all() if run.finished and run.kind in STAGE_ONE]
        pinned = self._connection.execute("SELECT value FROM meta WHERE key=?", (_PINNED,)).fetchone()
        again = [run for run in finished if pinned is not None and str(run.id) == pinned[0]]
        counting = again or finished
        return counting[-1] if counting else None

    def refinement(self) -> Run | None:
        """The newest finished refinement of the current stage 1 run, whether it delivers or not."""
        first = self.stage_one()
        if first is None:
            return None
        finished = [
            run for run in self.all() if run.finished and run.kind == REFINEMENT and run.parent == first.id
        ]
        return finished[-1] if finished else None

    def probabilities(self, run: Run) -> npt.NDArray[np.float32]:
        """(n, classes) float32 memory map, read-only; n is the number of images when the run was made.

        Raises `UserError` when the array is damaged.
        """
        with plain_errors(self._arrays.parent):
            found: npt.NDArray[np.float32] = np.load(self._path(run.id), mmap_mode="r", allow_pickle=False)
            if found.ndim != 2 or found.shape[1] != len(run.class_ids) or found.dtype.kind != "f":
                raise ValueError(f"the probabilities of run {run.id} are of another shape or kind")
        return found

    def model_folder(self, run_id: int) -> Path:
        """Where the model that a refinement trained is kept; not every run has one."""
        return self._models / f"run-{run_id}.medlabel-model"

    def model_of(self, run: Run) -> Path | None:
        """The folder of a finished run's model; None where it has none."""
        folder = self.model_folder(run.id)
        return folder if run.finished and folder.is_dir() else None

    def _path(self, run_id: int) -> Path:
        return self._arrays / f"run-{run_id}.npy"
