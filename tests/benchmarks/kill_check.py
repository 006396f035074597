"""What must hold of a project whose process was killed. The log is repeated here, step by step and from nothing,
without the snapshots that `History` starts from.
"""

import sqlite3
import sys
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from core.project.database import FILE_NAME
from core.project.edits import DECISION, Step, classes_to_json
from core.project.project import Project
from core.project.records import ImageClass
from tests.benchmarks.kill_driver import COLUMNS, STORE, digest, digest_of, values_of


@dataclass
class Told:
    """What the pipe of one round holds: `digests` of acknowledged edits, `open` the one without an end, if any."""

    digests: dict[int, str] = field(default_factory=dict)
    open: int | None = None
    runs: list[int] = field(default_factory=list)
    last: str = ""  # the digest after the last acknowledged edit

    def read(self, text: str) -> None:
        for line in text.split("\n")[:-1]:  # the last one was cut off
            kind, number, *rest = line.split(" ")
            if kind == "S":
                self.open = int(number)
            elif kind == "R":
                self.runs.append(int(number))
            else:
                self.open = None
                if kind == "A":
                    self.digests[int(number)] = self.last = rest[0]


def check(folder: Path, round_name: str, told: Told) -> int:
    """Raises `AssertionError`; else the number of edits in the log that were not acknowledged, 0 or 1."""
    with Project.open(folder) as project:
        with closing(sqlite3.connect(folder / FILE_NAME)) as database:
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            replayed = _replay(database, project.images.count())
            query = "SELECT author FROM edits WHERE author LIKE ? ORDER BY id"
            logged = [row[0] for row in database.execute(query, (f"{round_name}-%",))]
        acknowledged = [f"{round_name}-{number}" for number in told.digests]
        assert logged[: len(acknowledged)] == acknowledged, "an acknowledged edit is not in the log"
        more = logged[len(acknowledged) :]
        assert more in ([], [f"{round_name}-{told.open}"]), f"edits that nobody made: {more}"
        assert digest(project.history) == replayed, "the state is not the replay of its log"
        assert more or not told.last or replayed == told.last, "the state is not the acknowledged one"
        _check_work(project, told)
    return len(more)


def _check_work(project: Project, told: Told) -> None:
    """Runs are whole or do not count; rows that are done hold what they must; a checkpoint can be read."""
    finished = {run.id: run for run in project.runs.all() if run.finished}
    assert set(told.runs) <= set(finished), "an acknowledged run is gone"
    for run in finished.values():
        found = project.runs.probabilities(run)
        assert found.shape == (project.images.count(), len(run.class_ids)) and np.isfinite(found).all()
    if (project.arrays / STORE).exists():
        store = project.row_store(STORE, (COLUMNS,), np.float16)
        rows = np.flatnonzero(store.done)
        assert (store.values[rows] == values_of(rows)).all(), "a row is done that was not written"
    assert len(project.table()) == project.images.count()
    checkpoint = project.arrays / "training.pt"
    if checkpoint.exists() and "torch" in sys.modules:
        from core.refine.checkpoint import load_checkpoint

        assert load_checkpoint(checkpoint, "test") is not None, "the checkpoint is damaged"


def _replay(database: sqlite3.Connection, images: int) -> str:
    decisions = np.zeros(images, DECISION)
    decisions["class_id"] = -1
    classes: tuple[ImageClass, ...] = ()
    notes: dict[int, str] = {}
    for changes, detail in database.execute("SELECT changes, detail FROM edits ORDER BY id"):
        step = Step.unpacked(changes, detail)
        decisions[step.changes["row"]] = step.changes["after"]
        if step.classes:
            classes = step.classes[1]
        for row, text in zip(step.notes.rows.tolist(), step.notes.after.tolist(), strict=True):
            notes[row] = step.notes.texts[text]
    standing = {row: text for row, text in notes.items() if text}
    return digest_of(decisions, classes_to_json(classes), standing)
