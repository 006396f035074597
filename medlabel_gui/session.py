"""The open project as a QObject: the one door for edits, one `changed` signal that says what changed."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal

from core.errors import UserError
from core.images.source import ImageSource
from core.jobs import JobEnded
from core.project.edits import Edit, Step
from core.project.project import Project
from core.project.records import ImageClass
from core.project.table import Floats, Ints, LabelTable
from core.tasks.provenance import who
from medlabel_gui.jobs import JobRunner
from medlabel_gui.live_table import Rows, Snapshot, apply_changes, apply_labelled, load_snapshot


@contextmanager
def _readable_errors() -> Iterator[None]:
    """Turns a database that cannot be written into words."""
    try:
        yield
    except sqlite3.Error as error:
        raise UserError(
            f"The change could not be written to the project: {error}.",
            "Check that the drive is there and has space, and that the project is not open elsewhere.",
        ) from error


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
    failed = Signal(Exception)

    def __init__(self, runner: JobRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._runner = runner
        self._project: Project | None = None
        self._snapshot: Snapshot | None = None
        self._source: ImageSource | None = None
        self._loading = False
        self._stale = False
        self._since: list[npt.NDArray[np.void]] = []

    # What is open

    @property
    def project(self) -> Path | None:
        """The folder of the open project."""
        return self._project.folder if self._project else None

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
    def can_undo(self) -> bool:
        return self._project is not None and self._project.history.can_undo

    @property
    def can_redo(self) -> bool:
        return self._project is not None and self._project.history.can_redo

    def open(self, folder: Path, snapshot: Snapshot) -> None:
        """Make the project in `folder` the open one. Raises `UserError`."""
        project = Project.open(folder)
        self.close()
        self._project, self._snapshot = project, snapshot
        self._source = project.source() if project.source_path.exists() else None
        self.changed.emit(Change(Aspect.PROJECT))

    def close(self) -> None:
        """Let go of the project; it is saved already."""
        if self._project is not None:
            self._project.close()
        self._project = self._snapshot = self._source = None
        self._since.clear()

    # Edits

    def execute(self, edit: Edit) -> None:
        """Do one undoable change. Raises `UserError` when it cannot be written."""
        with _readable_errors():
            step = self._opened.execute(edit, who())
        self._follow(step)

    def undo(self) -> None:
        """Take the last change back."""
        with _readable_errors():
            step = self._opened.undo(who())
        self._follow(step)

    def redo(self) -> None:
        """Do the last change that was undone again."""
        with _readable_errors():
            step = self._opened.redo(who())
        self._follow(step)

    def set_classes(self, wanted: Sequence[tuple[str, tuple[str, ...]]]) -> None:
        """Make the classes those of the pairs (name, prompts); a class of the same name keeps its identity.

        Raises `UserError` when there are fewer than two.
        """
        from core.tasks.label import ClassSpec, set_classes

        others = {c.name for c in self.classes if c.is_other}
        specs = [ClassSpec(name, prompts, name in others) for name, prompts in wanted]
        before = self.classes
        try:
            with _readable_errors():
                set_classes(self._opened, specs, who())
        finally:
            if self.classes != before:
                self.changed.emit(Change(Aspect.HISTORY))
                self.reload()

    # What jobs did

    def show_labelled(self, rows: Rows, labels: Ints, confidence: Floats) -> None:
        """A running job gave these rows their first labels."""
        if self._snapshot is not None:
            found = apply_labelled(self._snapshot.table, rows, labels, confidence)
            self.changed.emit(Change(Aspect.LABELS, found))

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
            raise UserError("No project is open.", "Open a folder of images first.")
        return self._project

    def _follow(self, step: Step | None) -> None:
        if step is None or self._snapshot is None:
            return
        if step.classes or step.notes:
            self.reload()
        if self._loading:
            self._since.append(step.changes)
        if len(step.changes):
            self.changed.emit(Change(Aspect.LABELS, apply_changes(self._snapshot, step.changes)))
        else:
            self.changed.emit(Change(Aspect.HISTORY))

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
        for changes in self._since:
            apply_changes(snapshot, changes)
        self._since.clear()
        self._snapshot = snapshot
        self.changed.emit(Change(Aspect.TABLE))
