"""The edit log: state = last snapshot + the steps after it. It is autosave, undo and audit trail in one."""

import json
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from core.project.edits import CHANGE, DECISION, Edit, Step, classes_from_json, classes_to_json
from core.project.records import ImageClass

SNAPSHOT_EVERY = 200


def utc_now() -> str:
    """The time as ISO 8601 in UTC, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True)
class LogEntry:
    """Who did what, when."""

    id: int
    at: str
    author: str
    kind: str
    text: str


class History:
    """Decisions (n,) DECISION, classes and notes of a project, changed only through `execute`, `undo`, `redo`.

    Each of these writes one row to the log and commits before it returns: what was acknowledged is on
    disk. Not thread-safe.
    """

    def __init__(self, connection: sqlite3.Connection, rows: int) -> None:
        self._connection = connection
        self.decisions: npt.NDArray[np.void] = np.zeros(rows, DECISION)
        self.decisions["class_id"] = -1
        self.classes: tuple[ImageClass, ...] = ()
        self.notes: dict[int, str] = {}
        self._undoable: list[int] = []
        self._redoable: list[int] = []
        self._last_id = 0
        self._load()

    def resize(self, rows: int) -> None:
        """Make room for images that were added."""
        if rows > len(self.decisions):
            grown = np.zeros(rows, DECISION)
            grown["class_id"] = -1
            grown[: len(self.decisions)] = self.decisions
            self.decisions = grown

    @property
    def can_undo(self) -> bool:
        return bool(self._undoable)

    @property
    def can_redo(self) -> bool:
        return bool(self._redoable)

    def execute(self, edit: Edit, author: str) -> Step:
        """Do an edit and log it; the step that was done comes back (empty when nothing would change)."""
        with self._writing():
            step = self._plan(edit)
            if not (len(step.changes) or step.classes or step.notes):
                return step
            self._write("edit", edit.text, author, step, None)
        self._take(self._last_id + 1, "edit", step)
        return step

    def undo(self, author: str) -> Step | None:
        """Take back the last edit that stands; None when there is none."""
        with self._writing():
            if not self._undoable:
                return None
            step = self._step(self._undoable[-1]).inverse
            self._write("undo", "", author, step, self._undoable[-1])
        self._take(self._last_id + 1, "undo", step)
        return step

    def redo(self, author: str) -> Step | None:
        """Do again what was undone last; None when there is nothing."""
        with self._writing():
            if not self._redoable:
                return None
            step = self._step(self._redoable[-1])
            self._write("redo", "", author, step, self._redoable[-1])
        self._take(self._last_id + 1, "redo", step)
        return step

    def catch_up(self) -> None:
        """Take in the edits that another handle on the same project has logged since."""
        query = "SELECT id, kind, changes, detail FROM edits WHERE id > ? ORDER BY id"
        for number, kind, changes, detail in self._connection.execute(query, (self._last_id,)).fetchall():
            self._take(number, kind, Step.unpacked(changes, detail))

    def log(self) -> Iterator[LogEntry]:
        """Every edit, undo and redo, oldest first."""
        for row in self._connection.execute("SELECT id, at, author, kind, text FROM edits ORDER BY id"):
            yield LogEntry(*row)

    def _plan(self, edit: Edit) -> Step:
        changes = self._changes(edit) if edit.rows is not None else np.empty(0, CHANGE)
        classes = None
        if edit.classes is not None and edit.classes != self.classes:
            classes = (self.classes, edit.classes)
        notes = {
            row: (self.notes.get(row, ""), text)
            for row, text in edit.notes.items()
            if text != self.notes.get(row, "")
        }
        return Step(changes, classes, notes)

    def _changes(self, edit: Edit) -> npt.NDArray[np.void]:
        rows = np.asarray(edit.rows)
        self.resize(int(rows.max(initial=-1)) + 1)
        changes = np.zeros(len(rows), CHANGE)
        changes["row"] = rows
        changes["before"] = self.decisions[rows]
        changes["after"]["class_id"] = -1
        if edit.status is not None:
            changes["after"]["status"] = edit.status
            if edit.class_ids is not None:
                changes["after"]["class_id"] = edit.class_ids
            changes["after"]["edit"] = self._last_id + 1
        same = (changes["before"]["status"] == changes["after"]["status"]) & (
            changes["before"]["class_id"] == changes["after"]["class_id"]
        )
        return np.asarray(changes[~same])

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """A transaction of ours alone, begun with what others have logged."""
        with self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            self.catch_up()
            yield

    def _write(self, kind: str, text: str, author: str, step: Step, target: int | None) -> None:
        changes, detail = step.packed()
        self._connection.execute(
            "INSERT INTO edits (id, at, author, kind, text, target, changes, detail) VALUES (?,?,?,?,?,?,?,?)",
            (self._last_id + 1, utc_now(), author, kind, text, target, changes, detail),
        )

    def _take(self, number: int, kind: str, step: Step) -> None:
        """A step that is in the log now holds in memory too."""
        self._last_id = number
        self._track(number, kind)
        self._apply(step)
        if number % SNAPSHOT_EVERY == 0 and not self._connection.in_transaction:
            self._save_snapshot()

    def _apply(self, step: Step) -> None:
        if len(step.changes):
            self.resize(int(step.changes["row"].max()) + 1)
            self.decisions[step.changes["row"]] = step.changes["after"]
        if step.classes:
            self.classes = step.classes[1]
        for row, (_, after) in step.notes.items():
            if after:
                self.notes[row] = after
            else:
                self.notes.pop(row, None)

    def _step(self, number: int) -> Step:
        row = self._connection.execute("SELECT changes, detail FROM edits WHERE id = ?", (number,)).fetchone()
        return Step.unpacked(*row)

    def _load(self) -> None:
        start = self._load_snapshot()
        for number, kind in self._connection.execute(
            "SELECT id, kind FROM edits WHERE id <= ? ORDER BY id", (start,)
        ):
            self._track(number, kind)
        self._last_id = start
        self.catch_up()

    def _track(self, number: int, kind: str) -> None:
        if kind == "undo":
            self._redoable.append(self._undoable.pop())
        elif kind == "redo":
            self._undoable.append(self._redoable.pop())
        else:
            self._undoable.append(number)
            self._redoable.clear()

    def _save_snapshot(self) -> None:
        detail: dict[str, Any] = {"classes": classes_to_json(self.classes), "notes": self.notes}
        packed = zlib.compress(self.decisions.tobytes(), 1)
        with self._connection:
            self._connection.execute(
                "INSERT OR REPLACE INTO snapshots VALUES (?, ?, ?)",
                (self._last_id, packed, json.dumps(detail)),
            )
            self._connection.execute("DELETE FROM snapshots WHERE edit_id < ?", (self._last_id,))

    def _load_snapshot(self) -> int:
        query = "SELECT edit_id, decisions, detail FROM snapshots ORDER BY edit_id DESC LIMIT 1"
        row = self._connection.execute(query).fetchone()
        if row is None:
            return 0
        number, packed, detail = row
        stored = np.frombuffer(zlib.decompress(packed), DECISION)
        self.resize(len(stored))
        self.decisions[: len(stored)] = stored
        read = json.loads(detail)
        self.classes = classes_from_json(read["classes"])
        self.notes = {int(key): text for key, text in read["notes"].items()}
        return int(number)
