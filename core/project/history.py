"""The edit log: state = last snapshot + the steps after it. It is autosave, undo and audit trail in one."""

import json
import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from core.errors import UserError
from core.project.database import Database, transaction
from core.project.edits import (
    CHANGE,
    DECISION,
    Edit,
    Step,
    classes_from_json,
    classes_to_json,
    pack_decisions,
    unpack_decisions,
)
from core.project.notes import NoteChanges, notes_from_json, notes_to_json
from core.project.packing import as_index
from core.project.records import ImageClass

logger = logging.getLogger(__name__)

# A snapshot is saved after so many edits, or once these have changed so many images that opening the project,
# which repeats them, would take long: twice as many as there are, in a project that is not small.
SNAPSHOT_EVERY = 200
_MANY_TIMES = 2
_NOT_SMALL = 100_000


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

    def __init__(self, connection: Database, rows: int) -> None:
        self._connection = connection
        self.decisions: npt.NDArray[np.void] = np.zeros(rows, DECISION)
        self.decisions["class_id"] = -1
        self.classes: tuple[ImageClass, ...] = ()
        self.notes: dict[int, str] = {}
        self._undoable: list[int] = []
        self._redoable: list[int] = []
        self._last_id = 0
        self._last_text = (0, "")
        self._snapshot_id = 0  # of the last edit in the newest snapshot
        self._since = 0  # changes of images after it
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

    @property
    def undo_text(self) -> str:
        """The text of the edit that `undo` would take back; empty when there is none."""
        return self._text(self._undoable)

    @property
    def redo_text(self) -> str:
        """The text of the edit that `redo` would do; empty when there is none."""
        return self._text(self._redoable)

    def execute(self, edit: Edit, author: str) -> Step:
        """Do an edit and log it; the step that was done comes back (empty when nothing would change)."""
        with self._writing():
            step = self._plan(edit)
            if not (len(step.changes) or step.classes or step.notes):
                return step
            self._write("edit", edit.text, author, step, None)
        self._take(self._last_id + 1, "edit", step)
        self._shorten_replay()
        return step

    def undo(self, author: str) -> Step | None:
        """Take back the last edit that stands; None when there is none."""
        with self._writing():
            if not self._undoable:
                return None
            step = self._step(self._undoable[-1]).inverse
            self._write("undo", "", author, step, self._undoable[-1])
        self._take(self._last_id + 1, "undo", step)
        self._shorten_replay()
        return step

    def redo(self, author: str) -> Step | None:
        """Do again what was undone last; None when there is nothing."""
        with self._writing():
            if not self._redoable:
                return None
            step = self._step(self._redoable[-1])
            self._write("redo", "", author, step, self._redoable[-1])
        self._take(self._last_id + 1, "redo", step)
        self._shorten_replay()
        return step

    def catch_up(self) -> bool:
        """Take in the edits that another handle on the same project has logged since; whether there were any."""
        before = self._last_id
        query = "SELECT id, kind, changes, detail FROM edits WHERE id > ? ORDER BY id"
        for number, kind, changes, detail in self._connection.execute(query, (self._last_id,)).fetchall():
            self._take(number, kind, Step.unpacked(changes, detail))
        return self._last_id > before

    def log(self) -> Iterator[LogEntry]:
        """Every edit, undo and redo, oldest first."""
        for row in self._connection.execute("SELECT id, at, author, kind, text FROM edits ORDER BY id"):
            yield LogEntry(*row)

    def entry(self, number: int) -> LogEntry | None:
        """One line of the log; None when there is none of that number."""
        query = "SELECT id, at, author, kind, text FROM edits WHERE id = ?"
        row = self._connection.execute(query, (number,)).fetchone()
        return None if row is None else LogEntry(*row)

    def _text(self, numbers: list[int]) -> str:
        if not numbers:
            return ""
        number, text = self._last_text
        if number != numbers[-1]:
            entry = self.entry(numbers[-1])
            number, text = numbers[-1], "" if entry is None else entry.text
            self._last_text = number, text
        return text

    def _plan(self, edit: Edit) -> Step:
        changes = self._changes(edit) if edit.rows is not None else np.empty(0, CHANGE)
        classes = None
        if edit.classes is not None and edit.classes != self.classes:
            classes = (self.classes, edit.classes)
        return Step(changes, classes, NoteChanges.between(self.notes, edit.notes))

    def _changes(self, edit: Edit) -> npt.NDArray[np.void]:
        rows = np.asarray(edit.rows)
        self.resize(int(rows.max(initial=-1)) + 1)
        changes = np.zeros(len(rows), CHANGE)
        changes["row"] = rows
        before, after, where = changes["before"], changes["after"], as_index(rows)
        for name in DECISION.fields or ():  # field by field: numpy copies records one at a time
            before[name] = self.decisions[name][where]
        after["class_id"] = -1
        if edit.status is not None:
            after["status"] = edit.status
            if edit.class_ids is not None:
                after["class_id"] = edit.class_ids
            after["edit"] = self._last_id + 1
        differs = (before["status"] != after["status"]) | (before["class_id"] != after["class_id"])
        return changes if differs.all() else changes.take(np.flatnonzero(differs))

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """A transaction of ours alone, begun with what others have logged."""
        with transaction(self._connection):
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
        self._since += len(step.changes) + len(step.notes)
        self._track(number, kind)
        self._apply(step)

    def _apply(self, step: Step) -> None:
        if len(step.changes):
            rows, after = step.changes["row"], step.changes["after"]
            self.resize(int(rows.max()) + 1)
            where = as_index(rows)
            for name in DECISION.fields or ():
                self.decisions[name][where] = after[name]
        if step.classes:
            self.classes = step.classes[1]
        if step.notes:
            step.notes.write_to(self.notes)

    def _step(self, number: int) -> Step:
        row = self._connection.execute("SELECT changes, detail FROM edits WHERE id = ?", (number,)).fetchone()
        return Step.unpacked(*row)

    def _load(self) -> None:
        start = self._load_snapshot()
        for number, kind in self._connection.execute(
            "SELECT id, kind FROM edits WHERE id <= ? ORDER BY id", (start,)
        ):
            self._track(number, kind)
        self._last_id = self._snapshot_id = start
        self.catch_up()
        self._shorten_replay()

    def _track(self, number: int, kind: str) -> None:
        if kind == "undo":
            self._redoable.append(self._undoable.pop())
        elif kind == "redo":
            self._undoable.append(self._redoable.pop())
        else:
            self._undoable.append(number)
            self._redoable.clear()

    def _shorten_replay(self) -> None:
        """Save a snapshot when repeating what came after the last one would take long.

        Outside of transactions only. What the log holds is kept without it, so that it fails is not told.
        """
        if self._connection.read_only:
            return
        many = _MANY_TIMES * max(len(self.decisions), _NOT_SMALL)
        if self._last_id - self._snapshot_id < SNAPSHOT_EVERY and self._since < many:
            return
        try:
            newest = self._connection.execute("SELECT max(edit_id) FROM snapshots").fetchone()[0] or 0
            if newest <= self._snapshot_id:  # no other handle has saved one since
                self._save_snapshot()
                newest = self._last_id
        except (UserError, sqlite3.Error):
            logger.warning("no snapshot of the edits could be saved", exc_info=True)
            newest = self._last_id
        self._snapshot_id, self._since = newest, 0

    def _save_snapshot(self) -> None:
        detail: dict[str, Any] = {"classes": classes_to_json(self.classes)}
        if self.notes:
            detail["noted"] = notes_to_json(self.notes)
        row = (self._last_id, pack_decisions(self.decisions), json.dumps(detail))
        with transaction(self._connection):
            self._connection.execute("INSERT OR REPLACE INTO snapshots VALUES (?, ?, ?)", row)
            self._connection.execute("DELETE FROM snapshots WHERE edit_id < ?", (self._last_id,))

    def _load_snapshot(self) -> int:
        query = "SELECT edit_id, decisions, detail FROM snapshots ORDER BY edit_id DESC LIMIT 1"
        row = self._connection.execute(query).fetchone()
        if row is None:
            return 0
        number, packed, detail = row
        stored = unpack_decisions(packed)
        self.resize(len(stored))
        self.decisions[: len(stored)] = stored
        read = json.loads(detail)
        self.classes = classes_from_json(read["classes"])
        if "noted" in read:
            self.notes = notes_from_json(read["noted"])
        else:  # as earlier versions wrote them
            self.notes = {int(key): text for key, text in read.get("notes", {}).items()}
        return int(number)
