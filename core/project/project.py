"""A project: all that is known of one set of images, on disk, always saved."""

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from core.errors import ImagesGoneError, UserError
from core.images.slices import ALL_AXIAL, SliceChoice
from core.images.source import SOURCES, ImageSource, open_source
from core.project.arrays import RowStore, forget_rows
from core.project.database import FILE_NAME, Database, connect, refuse_to_write, transaction
from core.project.duplicates import read_duplicates
from core.project.editor_lock import EditorLock
from core.project.edits import Edit, Step
from core.project.foreign import plain_errors, refuse_irregular
from core.project.history import History, LogEntry
from core.project.image_rows import ImageRows
from core.project.labels import build_table
from core.project.records import ImageClass
from core.project.runs import Runs
from core.project.scan_order import read_positions
from core.project.table import LabelTable


class Project:
    """An open project. One handle belongs to one thread; several handles on one folder see each other's commits."""

    def __init__(self, folder: Path, connection: Database) -> None:
        self.folder = folder
        self._connection = connection
        self._lock: EditorLock | None = None
        self.arrays = folder / "arrays"
        self.images = ImageRows(connection)
        self.runs = Runs(connection, self.arrays)
        self.history = History(connection, self.images.count())

    @classmethod
    def create(cls, folder: Path, source: Path, slices: SliceChoice = ALL_AXIAL) -> Self:
        """Make an empty project in `folder` for the images at `source`; of volumes, for these slices.

        Raises `UserError`.
        """
        kind = open_source(source).kind
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            folder.mkdir(mode=0o700, exist_ok=True)  # what is known of patients' images is its owner's alone
            (folder / "arrays").mkdir(exist_ok=True)
        except OSError as error:
            raise UserError(f"The project folder {folder} cannot be made: {error.strerror}.") from error
        refuse_irregular(folder)
        project = cls(folder, connect(folder))
        project.set_meta(source=str(source.resolve()), kind=kind, slices=str(slices))
        return project

    @classmethod
    def open(cls, folder: Path, read_only: str = "") -> Self:
        """Open the project in `folder`. Raises `UserError` when there is none.

        With `read_only`, why nothing is to be written, every change is refused; so it is where nothing can be.
        """
        if not (folder / FILE_NAME).is_file():
            raise UserError(
                f"There is no project in {folder}.", "A project is a folder whose name ends in .medlabel."
            )
        refuse_irregular(folder)
        connection = connect(folder, read_only)
        try:
            with plain_errors(folder):
                ImageRows(connection).check()  # before anything is made as long as they say
                project = cls(folder, connection)
                project.check()
        except BaseException:
            connection.close()
            raise
        return project

    @classmethod
    def open_as_editor(cls, folder: Path) -> Self:
        """Open the project for a window, which only one at a time may change: a second one reads.

        `read_only` says then who has it. Tasks and the command line take no part in this. Raises `UserError`.
        """
        refuse_irregular(folder)
        lock = EditorLock(folder)
        holder = lock.take() if (folder / FILE_NAME).is_file() else ""
        try:
            project = cls.open(folder, f"it is open elsewhere ({holder})" if holder else "")
        except BaseException:
            lock.release()
            raise
        project._lock = lock
        return project

    def check(self) -> None:
        """Raises where what everything else rests on cannot be read: the runs, and what the images are."""
        self.runs.all()
        kind = self.meta("kind")
        if kind not in SOURCES and (kind or self.images.count()):  # empty: its making was interrupted
            raise ValueError("its images are of no known kind")

    def close(self) -> None:
        self._connection.close()
        if self._lock is not None:
            self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # Facts about the project

    @property
    def read_only(self) -> str:
        """Why this handle writes nothing; empty when it does."""
        return self._connection.read_only

    def check_writable(self) -> None:
        """Raises `UserError` when the project is for reading only: before work that would be in vain."""
        refuse_to_write(self._connection)

    def meta(self, key: str, default: str = "") -> str:
        row = self._connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return default if row is None else str(row[0])

    def set_meta(self, **values: str) -> None:
        self._write("INSERT OR REPLACE INTO meta VALUES (?, ?)", list(values.items()))

    @property
    def source_path(self) -> Path:
        return Path(self.meta("source"))

    def source(self, must_exist: bool = True) -> ImageSource:
        """The images themselves. Raises `UserError` when the folder is gone, unless it need not exist."""
        path = self.source_path
        if not self.meta("kind"):
            raise UserError(
                f"The making of the project {self.folder} was interrupted.", "Open its images once more."
            )
        if not must_exist:
            return SOURCES[self.meta("kind")](path, self.slices)
        if not path.exists():
            raise ImagesGoneError(
                f"The images of this project are no longer at {path}.",
                "Connect the drive, or say where they are now (relink).",
            )
        return open_source(path, self.meta("kind"), self.slices)

    @property
    def slices(self) -> SliceChoice:
        """The slices of volumes that are images of this project."""
        return SliceChoice.parse(self.meta("slices") or "axial")

    def relink(self, source: Path) -> None:
        """The images were moved to `source`. Raises `UserError` when it is another kind of source."""
        if open_source(source).kind != self.meta("kind"):
            raise UserError(f"{source} is not a {self.meta('kind')} as the images of this project were.")
        self.set_meta(source=str(source.resolve()))

    # What people change

    @property
    def classes(self) -> tuple[ImageClass, ...]:
        return self.history.classes

    def next_class_id(self) -> int:
        """An id that no class of this project ever had, those that were removed included."""
        query = """
            SELECT coalesce(max(json_extract(c.value, '$.id')), 0)
            FROM edits, json_each(edits.detail, '$.classes[1]') AS c WHERE edits.detail IS NOT NULL
        """
        return int(self._connection.execute(query).fetchone()[0]) + 1

    def execute(self, edit: Edit, author: str) -> Step:
        """The one door for changes: do, log and commit one edit."""
        return self.history.execute(edit, author)

    def undo(self, author: str) -> Step | None:
        return self.history.undo(author)

    def redo(self, author: str) -> Step | None:
        return self.history.redo(author)

    def log(self) -> list[LogEntry]:
        return list(self.history.log())

    # What is known of the images

    def truth(self) -> dict[int, int]:
        """Known labels that were imported: row -> class id."""
        return dict(self._connection.execute("SELECT image_id, class_id FROM truth").fetchall())

    def set_truth(self, truth: Mapping[int, int]) -> None:
        self._write("INSERT OR REPLACE INTO truth VALUES (?, ?)", list(truth.items()))

    def groups(self) -> dict[int, str]:
        """Patient or group of the images: row -> name."""
        return dict(self._connection.execute("SELECT image_id, name FROM groups").fetchall())

    def set_groups(self, groups: Mapping[int, str]) -> None:
        self._write("INSERT OR REPLACE INTO groups VALUES (?, ?)", list(groups.items()))

    def row_store(
        self, name: str, columns: tuple[int, ...], dtype: npt.DTypeLike, about: dict[str, Any] | None = None
    ) -> RowStore:
        """The rows kept under `arrays/<name>`, made or lengthened to the number of images. Raises `UserError`."""
        refuse_to_write(self._connection)
        return RowStore(self.arrays / name, self.images.count(), columns, dtype, about)

    def forget_content(self, rows: npt.NDArray[np.int64]) -> None:
        """The images of these rows changed: everything computed from their pixels is void."""
        refuse_to_write(self._connection)
        forget_rows(self.arrays, rows)

    def table(self) -> LabelTable:
        """A snapshot of everything, one row an image, with what other handles have committed."""
        self.history.catch_up()
        log = {entry.id: (entry.author, entry.at) for entry in self.history.log()}
        columns = self.images.columns()
        duplicate = read_duplicates(self.arrays, len(columns.refs))
        position = read_positions(self.arrays, len(columns.refs))
        truth, groups = self.truth(), self.groups()
        return build_table(columns, self.history, self.runs, truth, groups, log, duplicate, position)

    def _write(self, statement: str, rows: list[tuple[Any, ...]]) -> None:
        with transaction(self._connection):
            self._connection.executemany(statement, rows)
