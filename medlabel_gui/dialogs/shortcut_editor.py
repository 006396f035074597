"""The page of the settings on which every key can be changed."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QKeySequenceEdit,
    QLabel,
    QLineEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from medlabel_gui.action_table import ActionSpec
from medlabel_gui.icons import Tint, icon, set_icon
from medlabel_gui.keys import PREVIEW, Conflict, Keys, conflicts, keys_of, native
from medlabel_gui.texts.actions import menu_text
from medlabel_gui.texts.settings import ShortcutTexts

_ROW = 22  # px
_ID = Qt.ItemDataRole.UserRole


class ShortcutEditor(QWidget):
    """All actions by menu, and fields for the two keys of the chosen one. `changed` after each new key.

    `class_keys` are keys that give images a class, by the name of the class: they are taken.
    """

    changed = Signal()

    def __init__(
        self,
        specs: Sequence[ActionSpec],
        keys: Keys,
        parent: QWidget | None = None,
        class_keys: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(parent)
        self._specs, self._class_keys = tuple(specs), dict(class_keys or {})
        self._by_id = {spec.id: spec for spec in specs}
        self._keys: dict[str, tuple[str, ...]] = {spec.id: keys_of(spec, keys) for spec in specs}
        self._items: dict[str, QTreeWidgetItem] = {}
        self._headings: dict[str, QTreeWidgetItem] = {}
        self._conflicts: list[Conflict] = []
        self._search = QLineEdit()
        self._tree = QTreeWidget()
        self._label = QLabel(ShortcutTexts.nothing_chosen)
        self._fields = (_key_field(), _key_field())
        self._other_label = QLabel(ShortcutTexts.second)
        self._problem = QLabel()
        self._take = QPushButton()
        self._reset = QPushButton(f" {ShortcutTexts.reset}")
        self._reset_all = QPushButton(ShortcutTexts.reset_all)
        self._place()
        self._fill()
        self._connect()
        self._tree.setCurrentItem(self._items[self._specs[0].id])
        self._follow_keys()

    @property
    def keys(self) -> Mapping[str, tuple[str, ...]]:
        """The keys of every action, by id."""
        return dict(self._keys)

    @property
    def conflicts(self) -> list[Conflict]:
        """What clashes as it stands."""
        return list(self._conflicts)

    def choose(self, action_id: str) -> None:
        """Make an action the chosen one."""
        self._tree.setCurrentItem(self._items[action_id])
        self._tree.scrollToItem(self._items[action_id])

    # Assembly

    def _place(self) -> None:
        hint = QLabel(ShortcutTexts.hint)
        hint.setProperty("role", "quiet")
        for label, field in zip((self._label, self._other_label), self._fields, strict=True):
            label.setBuddy(field)
        self._problem.setProperty("role", "error")
        self._problem.setWordWrap(True)
        self._problem.setTextFormat(Qt.TextFormat.PlainText)
        self._take.setToolTip(ShortcutTexts.take_tip)
        self._reset.setToolTip(ShortcutTexts.reset_tip)
        self._reset_all.setToolTip(ShortcutTexts.reset_all_tip)
        set_icon(self._reset, "rotate-ccw")
        fields = QGridLayout()
        fields.addWidget(self._label, 0, 0)
        fields.addWidget(self._other_label, 0, 1)
        fields.addWidget(self._fields[0], 1, 0)
        fields.addWidget(self._fields[1], 1, 1)
        fields.addWidget(self._reset, 1, 2)
        fields.addWidget(self._reset_all, 1, 3)
        fields.setColumnStretch(0, 1)
        fields.setColumnStretch(1, 1)
        problem = QHBoxLayout()
        problem.addWidget(self._problem, 1)
        problem.addWidget(self._take)
        layout = QVBoxLayout(self)
        layout.addWidget(hint)
        layout.addWidget(self._search)
        layout.addWidget(self._tree, 1)
        layout.addLayout(fields)
        layout.addLayout(problem)

    def _fill(self) -> None:
        self._search.setPlaceholderText(ShortcutTexts.search)
        self._search.setAccessibleName(ShortcutTexts.search)
        self._search.setClearButtonEnabled(True)
        self._tree.setHeaderLabels([ShortcutTexts.action, ShortcutTexts.keys, ""])
        self._tree.setRootIsDecorated(False)
        self._tree.setUniformRowHeights(True)
        self._tree.setAccessibleName(ShortcutTexts.shortcuts_list)
        for menu in dict.fromkeys(spec.menu for spec in self._specs):
            heading = QTreeWidgetItem([menu_text(menu).replace("&", "")])
            heading.setFlags(Qt.ItemFlag.ItemIsEnabled)
            font = heading.font(0)
            font.setBold(True)
            heading.setFont(0, font)
            heading.setSizeHint(0, QSize(0, _ROW))
            self._tree.addTopLevelItem(heading)
            heading.setExpanded(True)
            self._headings[menu] = heading
            for spec in self._specs:
                if spec.menu == menu:
                    item = QTreeWidgetItem(heading, [spec.plain])
                    item.setData(0, _ID, spec.id)
                    item.setText(2, ShortcutTexts.images_only if spec.in_grid else "")
                    self._items[spec.id] = item
        self._tree.setColumnWidth(0, 260)
        self._tree.setColumnWidth(1, 170)

    def _connect(self) -> None:
        self._search.textChanged.connect(self._find)
        self._tree.currentItemChanged.connect(lambda *_: self._show_chosen())
        for field in self._fields:
            field.keySequenceChanged.connect(self._take_fields)
        self._reset.clicked.connect(self._reset_chosen)
        self._reset_all.clicked.connect(self._reset_everything)
        self._take.clicked.connect(self._take_from_other)

    # What follows what

    def _chosen(self) -> ActionSpec | None:
        item = self._tree.currentItem()
        return self._by_id.get(item.data(0, _ID)) if item is not None else None

    def _show_chosen(self) -> None:
        spec = self._chosen()
        keys = self._keys[spec.id] if spec is not None else ()
        for place, field in enumerate(self._fields):
            blocked = field.blockSignals(True)
            field.setKeySequence(QKeySequence(keys[place] if place < len(keys) else ""))
            field.blockSignals(blocked)
            field.setEnabled(spec is not None)
        name = ShortcutTexts.nothing_chosen
        self._label.setText(name if spec is None else ShortcutTexts.first.format(action=spec.plain))
        self._reset.setEnabled(spec is not None and keys != keys_of(spec, {}))
        self._show_problem()

    def _take_fields(self) -> None:
        spec = self._chosen()
        if spec is not None:
            written = (field.keySequence().toString() for field in self._fields)
            self._set(spec.id, tuple(dict.fromkeys(filter(None, written))))

    def _set(self, action_id: str, keys: tuple[str, ...]) -> None:
        self._keys[action_id] = keys
        self._follow_keys()
        self.changed.emit()

    def _follow_keys(self) -> None:
        self._conflicts = conflicts(self._specs, self._keys, self._class_keys)
        clashing = {name for found in self._conflicts for name in (found.first, found.second)}
        sign = icon("triangle-alert", Tint.ERROR)
        for action_id, item in self._items.items():
            item.setText(1, native(self._keys[action_id]))
            item.setIcon(1, sign if action_id in clashing else type(sign)())
        spec = self._chosen()
        self._reset.setEnabled(spec is not None and self._keys[spec.id] != keys_of(spec, {}))
        self._show_problem()

    def _problem_of_chosen(self) -> Conflict | None:
        spec = self._chosen()
        mine = [c for c in self._conflicts if spec is not None and spec.id in (c.first, c.second)]
        return next(iter(mine + self._conflicts), None)

    def _other(self, conflict: Conflict) -> str:
        spec = self._chosen()
        return conflict.first if spec is not None and conflict.second == spec.id else conflict.second

    def _show_problem(self) -> None:
        conflict = self._problem_of_chosen()
        other = self._by_id.get(self._other(conflict)) if conflict is not None else None
        self._problem.setVisible(conflict is not None)
        self._take.setVisible(other is not None)
        if conflict is None:
            return
        self._problem.setText(self._in_words(conflict))
        if other is not None:
            self._take.setText(ShortcutTexts.take.format(other=other.plain))

    def _in_words(self, conflict: Conflict) -> str:
        key, first = native([conflict.key]), self._by_id[conflict.first].plain
        if conflict.second:
            second = self._by_id[conflict.second].plain
            return ShortcutTexts.clash.format(key=key, first=first, second=second)
        if conflict.class_name:
            return ShortcutTexts.clash_class.format(key=key, first=first, name=conflict.class_name)
        text = ShortcutTexts.reserved_preview if conflict.key in PREVIEW else ShortcutTexts.reserved
        return text.format(key=key, first=first)

    def _take_from_other(self) -> None:
        conflict = self._problem_of_chosen()
        if conflict is not None:
            other = self._other(conflict)
            keys = tuple(key for key in self._keys[other] if key != conflict.key)
            self._set(other, keys)

    def _reset_chosen(self) -> None:
        spec = self._chosen()
        if spec is not None:
            self._set(spec.id, keys_of(spec, {}))
            self._show_chosen()

    def _reset_everything(self) -> None:
        self._keys = {spec.id: keys_of(spec, {}) for spec in self._specs}
        self._follow_keys()
        self._show_chosen()
        self.changed.emit()

    def _find(self, text: str) -> None:
        wanted = text.casefold().strip()
        for action_id, item in self._items.items():
            words = f"{self._by_id[action_id].plain} {native(self._keys[action_id])}".casefold()
            item.setHidden(wanted not in words)
        for menu, heading in self._headings.items():
            mine = (self._items[spec.id] for spec in self._specs if spec.menu == menu)
            heading.setHidden(all(item.isHidden() for item in mine))


def _key_field() -> QKeySequenceEdit:
    field = QKeySequenceEdit()
    field.setMaximumSequenceLength(1)
    field.setClearButtonEnabled(True)
    field.setToolTip(ShortcutTexts.key_tip)
    return field
