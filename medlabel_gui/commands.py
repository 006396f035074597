"""What each action does: from the selection and the panels to the session and the work."""

import itertools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal

from core.errors import UserError
from core.project.edits import Edit
from core.project.records import Status
from core.project.table import Ints, LabelTable
from medlabel_gui.actions import ACTIONS, Situation
from medlabel_gui.dialogs.files import FileDialogs
from medlabel_gui.grid.model import ImageModel
from medlabel_gui.grid.view import TileView
from medlabel_gui.live_table import Rows
from medlabel_gui.panels.classes import ClassesPanel
from medlabel_gui.panels.model import ModelPanel
from medlabel_gui.session import Session
from medlabel_gui.work import Work

_EXPORTS = {
    "csv": ("Export CSV", "labels.csv", "CSV (*.csv)"),
    "npz": ("Export NPZ", "labels.npz", "NPZ (*.npz)"),
}
_STEP = 16


def _free_folder(parent: Path, name: str) -> Path:
    numbers = itertools.count(2)
    folder = parent / name
    while folder.exists():
        folder = parent / f"{name} {next(numbers)}"
    return folder


class Commands(QObject):
    """One method for each id of the action table. A `UserError` becomes `failed`, never a crash."""

    failed = Signal(Exception)
    quit_wanted = Signal()
    about_wanted = Signal()
    shortcuts_wanted = Signal()

    def __init__(
        self,
        session: Session,
        work: Work,
        view: TileView,
        classes: ClassesPanel,
        models: ModelPanel,
        files: FileDialogs,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._work, self._view = session, work, view
        self._classes, self._models, self._files = classes, models, files

    def handlers(self) -> dict[str, Callable[[], None]]:
        """A handler for every row of the action table."""
        return {spec.id: self._guarded(self._handler(spec.id)) for spec in ACTIONS}

    def situation(self) -> Situation:
        """What the enabled-when of the actions look at."""
        session, snapshot = self._session, self._session.snapshot
        selection = self._view.selectionModel()
        return Situation(
            project=session.project is not None,
            images=session.table is not None and len(session.table) > 0,
            pixels=session.source is not None,
            labelled=snapshot is not None and snapshot.stage_one is not None,
            selected=selection is not None and selection.hasSelection(),
            classes=len(session.classes),
            busy=self._work.busy,
            can_undo=session.can_undo,
            can_redo=session.can_redo,
        )

    # File

    def open_path(self, path: Path) -> None:
        """Open a folder, an NPZ or a project, wherever the wish came from."""
        self._guarded(lambda: self._work.open(path))()

    def open_folder(self) -> None:
        self._files.choose_folder("Open a folder of images", "open", self.open_path)

    def open_npz(self) -> None:
        self._files.choose_file("Open an NPZ file", "open", "NPZ (*.npz)", self.open_path)

    def open_project(self) -> None:
        self._files.choose_folder("Open a project", "project", self.open_path)

    def rescan(self) -> None:
        self._work.scan()

    def export_csv(self) -> None:
        self._export_file("csv")

    def export_npz(self) -> None:
        self._export_file("npz")

    def export_folders(self) -> None:
        """Into a new folder, so that nothing that is there already can be mixed up or lost."""
        export = self._guarded_export("folders")
        name = f"{Path(self._session.name).stem} labelled"
        self._files.choose_folder(
            "Choose where the new folder of class folders goes",
            "export",
            lambda parent: export(_free_folder(parent, name)),
        )

    def quit(self) -> None:
        self.quit_wanted.emit()

    # Edit

    def undo(self) -> None:
        self._session.undo()

    def redo(self) -> None:
        self._session.redo()

    def select_all(self) -> None:
        self._view.selectAll()

    # Label

    def label(self) -> None:
        self._session.set_classes(self._classes.entries())
        self._work.label(self._models.chosen())

    def refine(self) -> None:
        self._work.refine()

    def cancel(self) -> None:
        self._work.cancel()

    # Review

    def accept(self) -> None:
        """Accept the labels shown; images that a person has corrected stay corrected."""
        rows, table = self._selected(), self._table
        rows = rows[(table.label[rows] >= 0) & (table.status[rows] != Status.CORRECTED)]
        if not len(rows):
            raise UserError(
                "The selected images have no label that could be accepted.",
                "Label them first, or assign a class.",
            )
        ids = np.array([c.id for c in table.classes], np.int32)
        self._decide("Accept", rows, Status.ACCEPTED, ids[table.label[rows]])

    def assign(self, position: int) -> None:
        """Give the selected images a class: a correction, or an acceptance of those that show it already."""
        classes, rows, table = self._session.classes, self._selected(), self._table
        if position >= len(classes):
            raise UserError(f"There is no class {position + 1}.", "Add it to the list of classes.")
        agreed = (table.label[rows] == position) & (table.status[rows] != Status.CORRECTED)
        status = np.where(agreed, Status.ACCEPTED, Status.CORRECTED).astype(np.uint8)
        chosen = np.full(len(rows), classes[position].id, np.int32)
        self._decide(f"Assign {classes[position].name} to", rows, status, chosen)

    def unsure(self) -> None:
        self._decide("Mark as unsure", self._selected(), Status.UNSURE)

    def exclude(self) -> None:
        self._decide("Exclude", self._selected(), Status.EXCLUDED)

    def withdraw(self) -> None:
        self._decide("Withdraw the decision on", self._selected(), None)

    # View, Help

    def larger(self) -> None:
        self._view.set_side(min(self._view.side + _STEP, 256))

    def smaller(self) -> None:
        self._view.set_side(max(self._view.side - _STEP, 80))

    def shortcuts(self) -> None:
        self.shortcuts_wanted.emit()

    def about(self) -> None:
        self.about_wanted.emit()

    # Inside

    def _handler(self, action_id: str) -> Callable[[], None]:
        if action_id.startswith("assign_"):
            position = int(action_id.removeprefix("assign_")) - 1
            return lambda: self.assign(position)
        handler: Callable[[], None] = getattr(self, action_id)
        return handler

    def _guarded(self, handler: Callable[[], None]) -> Callable[[], None]:
        def run() -> None:
            try:
                handler()
            except UserError as error:
                self.failed.emit(error)

        return run

    @property
    def _table(self) -> LabelTable:
        if self._session.table is None:
            raise UserError("No project is open.", "Open a folder of images first.")
        return self._session.table

    def _selected(self) -> Rows:
        model = self._view.model()
        assert isinstance(model, ImageModel)
        return model.rows[self._view.selected_positions()]

    def _decide(
        self, what: str, rows: Rows, status: Status | npt.NDArray[np.uint8] | None, ids: Ints | None = None
    ) -> None:
        text = f"{what} {len(rows):,} image{'' if len(rows) == 1 else 's'}"
        self._session.execute(Edit(text, rows, status, ids))

    def _export_file(self, form: str) -> None:
        title, name, kinds = _EXPORTS[form]
        self._files.choose_target(title, "export", name, kinds, self._guarded_export(form))

    def _guarded_export(self, form: str) -> Callable[[Path], None]:
        return lambda out: self._guarded(lambda: self._work.export(form, out))()
