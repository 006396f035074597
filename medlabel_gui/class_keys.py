"""Keys of classes that no action of the table has: letters that a person has given them, numbers that were freed."""

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from core.project.class_edits import key_of
from medlabel_gui.commands import Commands
from medlabel_gui.keys import portable
from medlabel_gui.session import Session


class ClassKeys(QObject):
    """Listens in the places where images are decided about; follows the list of classes and the keys of the actions.

    A project may come with a class key that is an action's on this machine. Qt would call neither of two that share
    a key, so the action has it, and the list of classes says so.
    """

    def __init__(
        self, session: Session, commands: Commands, places: tuple[QWidget, ...], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._session, self._reviewing, self._places = session, commands.reviewing, places
        self._table = commands.reviewing.parts.actions
        self._actions: dict[str, QAction] = {}
        session.changed.connect(self._follow)
        self._table.keys_changed.connect(self._follow)

    @property
    def keys(self) -> frozenset[str]:
        """The keys that are listened to here."""
        return frozenset(self._actions)

    def _follow(self) -> None:
        classes = self._session.classes
        taken = {key for keys in self._table.keys().values() for key in keys}
        keys = {key_of(classes, position) for position in range(len(classes))}
        wanted = {key for key in keys if key and portable(key) not in taken}
        for key in self._actions.keys() - wanted:
            self._drop(self._actions.pop(key))
        for key in sorted(wanted - self._actions.keys()):
            self._actions[key] = self._make(key)

    def _make(self, key: str) -> QAction:
        action = QAction(self)
        action.setShortcut(QKeySequence(key.upper()))
        action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        assign = self._reviewing.guarded(self._reviewing.assign_key)
        action.triggered.connect(lambda _=False: assign(key))
        for place in self._places:
            place.addAction(action)
        return action

    def _drop(self, action: QAction) -> None:
        for place in self._places:
            place.removeAction(action)
        action.deleteLater()
