"""The QActions of the table in `action_table`: made once, enabled as it makes sense, on the keys of the settings."""

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenuBar, QWidget

from medlabel_gui.action_table import ACTIONS, MENUS, ActionSpec, Situation
from medlabel_gui.icons import set_icon
from medlabel_gui.texts.actions import menu_text


class Actions(QObject):
    """The QActions by id. `keys_changed` after `set_keys`."""

    keys_changed = Signal()

    def __init__(self, keys: Mapping[str, Sequence[str]], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._by_id: dict[str, QAction] = {spec.id: self._make(spec) for spec in ACTIONS}
        self._titles = {spec.id: spec.title for spec in ACTIONS}
        self.set_keys(keys)

    def __getitem__(self, action_id: str) -> QAction:
        return self._by_id[action_id]

    def bind(self, handlers: Mapping[str, Callable[[], None]]) -> None:
        """Let each action call the handler of its id."""
        for action_id, action in self._by_id.items():
            action.triggered.connect(lambda _=False, handler=handlers[action_id]: handler())

    def name(self, action_id: str, what: str) -> None:
        """Say in an action's text what it would do now: `Undo: Exclude 3 images`."""
        action, title = self._by_id[action_id], self._titles[action_id]
        action.setText(f"{title}: {what.replace('&', '&&')}" if what else title)
        action.setIconText(title.replace("&", ""))

    def refresh(self, now: Situation) -> None:
        """Enable what makes sense now."""
        for spec in ACTIONS:
            self._by_id[spec.id].setEnabled(spec.enabled_when(now))

    def set_keys(self, changed: Mapping[str, Sequence[str]]) -> None:
        """Give every action its keys: those of the table but for those that a person changed, by id."""
        for spec in ACTIONS:
            action = self._by_id[spec.id]
            action.setShortcuts([QKeySequence(key) for key in changed.get(spec.id, spec.keys)])
            keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            action.setToolTip(f"{spec.tip}{f' ({keys})' if keys else ''}")
        self.keys_changed.emit()

    def keys(self) -> dict[str, tuple[str, ...]]:
        """The keys of every action as they are now, portable text by id."""
        return {
            spec.id: tuple(key.toString() for key in self._by_id[spec.id].shortcuts()) for spec in ACTIONS
        }

    def fill(self, bar: QMenuBar) -> None:
        """Build the menus."""
        menus = {menu: bar.addMenu(menu_text(menu)) for menu in MENUS}
        for name, menu in menus.items():
            menu.setObjectName(name)
        for spec in ACTIONS:
            if spec.separated:
                menus[spec.menu].addSeparator()
            menus[spec.menu].addAction(self._by_id[spec.id])

    def listen_in(self, *places: QWidget) -> None:
        """Let the keys of the images count while one of `places` has the focus."""
        for spec in ACTIONS:
            if spec.in_grid:
                for place in places:
                    place.addAction(self._by_id[spec.id])

    def _make(self, spec: ActionSpec) -> QAction:
        action = QAction(spec.title, self)
        action.setObjectName(spec.id)
        action.setCheckable(spec.checkable)
        if spec.icon:
            set_icon(action, spec.icon)
        if spec.in_grid:
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        return action
