"""The open project as a QObject: the one door for edits, one `changed` signal that says what changed."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal

from core.errors import UserError
from core.images.slices import ALL_AXIAL, SliceChoice
from core.images.source import ImageSource
from core.jobs import JobEnded
from core.project.edits import Edit, Step
from core.project.project import Project
from core.project.records import ImageClass
from core.project.table import Floats, Ints, LabelTable
from core.tasks.provenance import who
from medlabel_gui.jobs import JobRunner
from medlabel_gui.live_table import Rows, apply_changes, apply_labelled, apply_notes
from medlabel_gui.snapshot import Snapshot, load_snapshot
from medlabel_gui.texts.commands import CommandTexts


def _apply(snapshot: Snapshot, step: Step) -> Rows:
    """Bring decisions and notes of a step into the table; the rows that it concerned."""
    decided = apply_changes(snapshot, step.changes)
    noted = apply_notes(snapshot.table, step.notes)
    if not len(noted) or not len(decided):
        return noted if len(noted) else decided
    return np.union1d(decided, noted)


def _apply_stream(snapshot: Snapshot, rows: Rows, class_ids: Ints, confidence: Floats) -> Rows:
    """Show first labels, given as ids: the classes may have been moved or removed since the job began."""
    ids = np.array([c.id for c in snapshot.table.classes], np.int32)
    known = np.isin(class_ids, ids)
    order = np.argsort(ids)
    labels = order[np.searchsorted(ids, class_ids[known], sorter=order)].astype(np.int32)
    return apply_labelled(snapshot.table, rows[known], labels, confidence[known])


@contextmanager
def _readable_errors() -> Iterator[None]:
    """Turns a database that cannot be written into words."""
    try:
        yield
    except sqlite3.Error as error:
        text = CommandTexts.not_written.format(error=error)
        raise UserError(text, CommandTexts.not_written_hint) from error


class Aspect(Enum):
    """What of the project changed."""

    PROJECT = "another project is open"
    TABLE = "a new snapshot: rows, classes, runs and labels may all differ"
    LABELS = "labels or decisions of some rows"
    HISTORY = "only what can be undone"


@dataclass(frozen=True)
class Change:
    """`rows` (k,) are the rows that changed, None for all."""

    aspect: Aspect
    rows: Rows | None = None


class Session(QObject):
    """Holds the project's own handle and the latest snapshot of its table. Main thread only.

    Snapshots are read in a worker thread. Edits that are made meanwhile are applied to the one that arrives.
    """

    changed = Signal(Change)
    closed = Signal()  # the project is no longer the open one: what asks about its images goes away
    failed = Signal(Exception)

    def __init__(self, runner: JobRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.author = who()  # whose name is written with every change
        self._runner = runner
        self._project: Project | None = None
        self._snapshot: Snapshot | None = None
        self._source: ImageSource | None = None
        self._loading = False
        self._stale = False
        self._since: list[Step] = []
        self._stream: list[tuple[Rows, Ints, Floats]] = []

    # What is open

    @property
    def kind(self) -> str:
        """What the images are in: `folder`, `zip` or `npz`; empty when nothing is open."""
        return self._project.meta("kind") if self._project else ""

    @property
    def slices(self) -> SliceChoice:
        """The slices of volumes that are images of the open project."""
        return self._project.slices if self._project else ALL_AXIAL

    @property
    def project(self) -> Path | None:
        """The folder of the open project."""
        return self._project.folder if self._project else None

    @property
    def read_only(self) -> str:
        """Why nothing can be changed in the open project; empty when it can."""
        return self._project.read_only if self._project else ""

    @property
    def name(self) -> str:
        """The name of the folder or file with the images."""
        return self._project.source_path.name if self._project else ""

    @property
    def source_path(self) -> Path | None:
        """Where the images are."""
        return self._project.source_path if self._project else None

    @property
    def snapshot(self) -> Snapshot | None:
        return self._snapshot

    @property
    def table(self) -> LabelTable | None:
        return self._snapshot.table if self._snapshot else None

    @property
    def source(self) -> ImageSource | None:
        """Where pixels are read from; None when the folder is gone."""
        return self._source

    @property
    def classes(self) -> tuple[ImageClass, ...]:
        return self._project.classes if self._project else ()

    @property
    def decisions(self) -> npt.NDArray[np.void]:
        """(n,) DECISION: what people have said of the images. Not to be written to."""
        return self._opened.history.decisions

    def decided_by(self, row: int) -> tuple[str, str]:
        """Who decided about an image, and when (ISO 8601, UTC); empty where nobody did."""
        edit = int(self.decisions["edit"][row]) if row < len(self.decisions) else 0
        entry = self._opened.history.entry(edit) if edit else None
        return ("", "") if entry is None else (entry.author, entry.at)

    @property
    def next_class_id(self) -> int:
        """An id that no class of this project ever had."""
        return self._opened.next_class_id()

    @property
    def can_undo(self) -> bool:
        return self._project is not None and self._project.history.can_undo

    @property
    def undo_text(self) -> str:
        """What an undo would take back; empty when there is nothing."""
        return self._project.history.undo_text if self._project else ""

    @property
    def redo_text(self) -> str:
        """What a redo would do; empty when there is nothing."""
        return self._project.history.redo_text if self._project else ""

    @property
    def can_redo(self) -> bool:
        return self._project is not None and self._project.history.can_redo

    def open(self, project: Project, snapshot: Snapshot, source: ImageSource | None) -> None:
        """Make `project` the open one; all three were opened and read in a worker thread. `source` None: it is gone."""
        self.close()
        self._project, self._snapshot, self._source = project, snapshot, source
        self.changed.emit(Change(Aspect.PROJECT))
        if project.history.catch_up():  # somebody decided while it was being read
            self.reload()

    def close(self) -> None:
        """Let go of the project; it is saved already."""
        if self._project is not None:
            self._project.close()
        self._project = self._snapshot = self._source = None
        self.closed.emit()
        self._since.clear()
        self._stream.clear()

    # Edits

    def execute(self, edit: Edit) -> None:
        """Do one undoable change. Raises `UserError` when it cannot be written."""
        with _readable_errors():
            step = self._opened.execute(edit, self.author)
        self._follow(step)

    def undo(self) -> None:
        """Take the last change back."""
        with _readable_errors():
            step = self._opened.undo(self.author)
        self._follow(step)

    def redo(self) -> None:
        """Do the last change that was undone again."""
        with _readable_errors():
            step = self._opened.redo(self.author)
        self._follow(step)

    # What jobs did

    def show_labelled(self, rows: Rows, class_ids: Ints, confidence: Floats) -> None:
        """A running job gave these rows their first labels; they stay, whatever is read meanwhile, until `streamed`."""
        self._stream.append((rows, class_ids, confidence))
        if self._snapshot is not None:
            found = _apply_stream(self._snapshot, rows, class_ids, confidence)
            self.changed.emit(Change(Aspect.LABELS, found))

    def count_again(self, run: int) -> None:
        """An earlier stage 1 run is the one whose labels count, with its refinement; they are read anew."""
        with _readable_errors():
            self._opened.runs.count_again(run)
        self.reload()

    def streamed(self) -> None:
        """The job that gave first labels has ended: what it found is read from disk now."""
        self._stream.clear()

    def reload(self) -> None:
        """Read a new snapshot in a worker thread; `changed` follows. Calls meanwhile become one more."""
        if self._project is None:
            return
        if self._loading:
            self._stale = True
            return
        folder = self._project.folder
        self._loading, self._stale = True, False
        self._since.clear()
        self._runner.start(
            "snapshot", lambda _: load_snapshot(folder), "io", on_ended=lambda end: self._take(folder, end)
        )

    # Inside

    @property
    def _opened(self) -> Project:
        if self._project is None:
            raise UserError(CommandTexts.no_project, CommandTexts.no_project_hint)
        return self._project

    def _follow(self, step: Step | None) -> None:
        if step is None or self._snapshot is None:
            return
        if step.classes:
            self.reload()
        if self._loading:
            self._since.append(step)
        rows = _apply(self._snapshot, step)
        self.changed.emit(Change(Aspect.LABELS, rows) if len(rows) else Change(Aspect.HISTORY))

    def _take(self, folder: Path, ended: JobEnded) -> None:
        self._loading = False
        if self._project is None:
            return
        if folder != self._project.folder:  # another project was opened meanwhile
            self._stale = True
        elif isinstance(ended.result, Snapshot):
            self._adopt(ended.result)
        elif ended.error is not None:
            self.failed.emit(ended.error)
        if self._stale:
            self.reload()

    def _adopt(self, snapshot: Snapshot) -> None:
        for rows, class_ids, confidence in self._stream:
            _apply_stream(snapshot, rows, class_ids, confidence)
        for step in self._since:
            _apply(snapshot, step)
        self._since.clear()
        self._snapshot = snapshot
        self.changed.emit(Change(Aspect.TABLE))
