"""What the actions do, one file a kind: each gets the selection and the panels to the session and the work."""

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from core.project.class_edits import key_of
from medlabel_gui.action_table import ACTIONS, Situation
from medlabel_gui.commands.base import CommandGroup
from medlabel_gui.commands.labelling import LabellingCommands
from medlabel_gui.commands.models import ModelCommands
from medlabel_gui.commands.opening import OpeningCommands
from medlabel_gui.commands.reviewing import ReviewingCommands
from medlabel_gui.commands.viewing import ViewingCommands
from medlabel_gui.parts import Parts
from medlabel_gui.session import Session
from medlabel_gui.work import Work


class Commands(QObject):
    """The groups of commands, by what they are about."""

    failed = Signal(Exception)

    def __init__(self, session: Session, work: Work, parts: Parts, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._work, self._parts = session, work, parts
        self.opening = OpeningCommands(session, work, parts, self)
        self.labelling = LabellingCommands(session, work, parts, self)
        self.models = ModelCommands(session, work, parts, self)
        self.reviewing = ReviewingCommands(session, work, parts, self)
        self.viewing = ViewingCommands(session, work, parts, self)
        for group in self._groups:
            group.failed.connect(self.failed)

    def handlers(self) -> dict[str, Callable[[], None]]:
        """A handler for every row of the action table."""
        return {spec.id: self._handler(spec.id) for spec in ACTIONS}

    def situation(self) -> Situation:
        """What the enabled-when of the actions look at."""
        session, snapshot, model = self._session, self._session.snapshot, self._parts.model
        return Situation(
            project=session.project is not None,
            images=session.table is not None and len(session.table) > 0,
            pixels=session.source is not None,
            labelled=snapshot is not None and snapshot.stage_one is not None,
            refined=snapshot is not None and snapshot.refinement is not None,
            duplicates=session.table is not None and bool((session.table.duplicate >= 0).any()),
            has_model=snapshot is not None and snapshot.model is not None,
            selected=self._parts.view.selectionModel().hasSelection(),
            shown=model.rowCount(),
            filtered=model.query.narrows,
            classes=len(session.classes),
            class_keys=frozenset(key_of(session.classes, n) for n in range(len(session.classes))),
            busy=self._work.busy,
            can_undo=session.can_undo,
            can_redo=session.can_redo,
        )

    @property
    def _groups(self) -> tuple[CommandGroup, ...]:
        return self.opening, self.labelling, self.models, self.reviewing, self.viewing

    def _handler(self, action_id: str) -> Callable[[], None]:
        if action_id.startswith("assign_"):
            key = action_id.removeprefix("assign_")
            return self.reviewing.guarded(lambda: self.reviewing.assign_key(key))
        group = next(group for group in self._groups if hasattr(type(group), action_id))
        return group.guarded(getattr(group, action_id))
