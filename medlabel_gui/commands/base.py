"""What all commands share: a door to the parts of the window, and errors that become messages."""

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from core.errors import UserError
from core.project.table import LabelTable
from medlabel_gui.live_table import Rows
from medlabel_gui.parts import Parts
from medlabel_gui.session import Session
from medlabel_gui.snapshot import Snapshot
from medlabel_gui.texts.commands import CommandTexts
from medlabel_gui.work import Work


class CommandGroup(QObject):
    """Methods named as the ids of the action table. A `UserError` in one becomes `failed`, never a crash."""

    failed = Signal(Exception)

    def __init__(self, session: Session, work: Work, parts: Parts, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.session, self.work, self.parts = session, work, parts

    def guarded(self, handler: Callable[..., None]) -> Callable[..., None]:
        """`handler` with its `UserError`s told by `failed`."""

        def run(*arguments: object) -> None:
            try:
                handler(*arguments)
            except UserError as error:
                self.failed.emit(error)

        return run

    @property
    def snapshot(self) -> Snapshot:
        """The open project's snapshot. Raises `UserError` when none is open."""
        if self.session.snapshot is None:
            raise UserError(CommandTexts.no_project, CommandTexts.no_project_hint)
        return self.session.snapshot

    @property
    def table(self) -> LabelTable:
        """The open project's table. Raises `UserError` when none is open."""
        return self.snapshot.table

    def selected(self) -> Rows:
        """Rows of the images that are selected."""
        return self.parts.model.rows[self.parts.view.selected_positions()]
