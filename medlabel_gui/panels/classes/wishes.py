"""From what somebody asks of the list to one undoable edit, or to the reason why not."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Signal

from core.errors import UserError
from core.project import class_edits
from core.project.class_edits import Classes, Entry
from core.project.edits import Edit
from medlabel_gui.action_table import ACTIONS
from medlabel_gui.keys import Conflict, conflicts, taken_keys
from medlabel_gui.panels.classes.text import without
from medlabel_gui.session import Aspect, Change, Session
from medlabel_gui.settings import Settings


class Wishes(QObject):
    """Each method asks for one change by `edit_wanted` and gives back '', or why it cannot be.

    `ended`: another project is open now. Menus and dialogs that ask for changes of the last one's classes close.
    """

    edit_wanted = Signal(Edit)
    ended = Signal()

    def __init__(self, session: Session, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._settings = session, settings
        session.changed.connect(self._follow)

    @property
    def classes(self) -> Classes:
        """The classes as they are now."""
        return self._session.classes

    @property
    def open(self) -> bool:
        """Whether there is a project."""
        return self._session.project is not None

    def add(self, entries: Sequence[Entry]) -> str:
        """Those whose names are new go to the end; when none is new, the first one says why."""
        new = without(entries, self.classes) or list(entries)
        return self._try(lambda: class_edits.add(self.classes, new, self._session.next_class_id))

    def replace_all(self, entries: Sequence[Entry]) -> str:
        session = self._session
        return self._try(
            lambda: class_edits.replace_all(self.classes, entries, session.next_class_id, session.decisions)
        )

    def rename(self, class_id: int, name: str) -> str:
        return self._try(lambda: class_edits.rename(self.classes, class_id, name))

    def set_prompts(self, class_id: int, prompts: Sequence[str]) -> str:
        return self._try(lambda: class_edits.set_prompts(self.classes, class_id, prompts))

    def set_colour(self, class_id: int, colour: str) -> str:
        key = next((c.key for c in self.classes if c.id == class_id), "")
        return self._try(lambda: class_edits.set_look(self.classes, class_id, colour, key))

    def set_key(self, class_id: int, key: str) -> str:
        colour = next((c.colour for c in self.classes if c.id == class_id), "")
        reserved = reserved_keys(self._settings)
        return self._try(lambda: class_edits.set_look(self.classes, class_id, colour, key, reserved))

    def move(self, class_id: int, position: int) -> str:
        return self._try(lambda: class_edits.move(self.classes, class_id, position))

    def merge(self, class_id: int, into_id: int) -> str:
        return self._try(
            lambda: class_edits.merge(self.classes, into_id, [class_id], self._session.decisions)
        )

    def remove(self, class_id: int) -> str:
        return self._try(lambda: class_edits.remove(self.classes, class_id, self._session.decisions))

    def mark_other(self, class_id: int, is_other: bool) -> str:
        return self._try(lambda: class_edits.mark_other(self.classes, class_id, is_other))

    def key_clashes(self) -> list[Conflict]:
        """Keys of classes that an action has: a project may come with them."""
        keys = {class_edits.key_of(self.classes, place): c.name for place, c in enumerate(self.classes)}
        found = conflicts(ACTIONS, self._settings.shortcuts, keys)
        return [clash for clash in found if clash.class_name]

    def _follow(self, change: Change) -> None:
        if change.aspect is Aspect.PROJECT:
            self.ended.emit()

    def _try(self, make: Callable[[], Edit]) -> str:
        try:
            edit = make()
        except UserError as error:
            return error.message  # short: there is little room beside a field
        if edit.classes != self.classes:
            self.edit_wanted.emit(edit)
        return ""


def reserved_keys(settings: Settings) -> frozenset[str]:
    """The single keys that do something else than to assign a class, as they are set now."""
    return taken_keys(ACTIONS, settings.shortcuts)
