"""The table of actions. Menus, toolbar, shortcuts and the help page all read it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenuBar, QWidget


@dataclass(frozen=True)
class Situation:
    """What the window is about, as far as it decides which actions make sense."""

    project: bool = False
    images: bool = False
    pixels: bool = False
    labelled: bool = False
    selected: bool = False
    classes: int = 0
    busy: bool = False
    can_undo: bool = False
    can_redo: bool = False


EnabledWhen = Callable[[Situation], bool]


def _always(_: Situation) -> bool:
    return True


def _free(now: Situation) -> bool:
    return not now.busy


def _selected(now: Situation) -> bool:
    return now.selected


@dataclass(frozen=True)
class ActionSpec:
    """`keys` are portable key sequences, the first one is shown.

    `in_grid`: the keys count only while the grid has the focus. `separated`: a line above it in the menu.
    """

    id: str
    text: str
    menu: str
    keys: tuple[str, ...] = ()
    enabled_when: EnabledWhen = _always
    tip: str = ""
    in_grid: bool = False
    separated: bool = False


def _assign(number: int) -> ActionSpec:
    return ActionSpec(
        f"assign_{number}",
        f"Assign class {number}",
        "&Review",
        (str(number),),
        lambda now: now.selected and now.classes >= number,
        "Give the selected images this class",
        in_grid=True,
        separated=number == 1,
    )


ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec(
        "open_folder",
        "&Open folder…",
        "&File",
        ("Ctrl+O",),
        _free,
        "Open a folder of images; nothing in it is changed",
    ),
    ActionSpec(
        "open_npz", "Open &NPZ…", "&File", ("Ctrl+Shift+O",), _free, "Open an NPZ file in the MedMNIST layout"
    ),
    ActionSpec(
        "open_project",
        "Open &project…",
        "&File",
        (),
        _free,
        "Open a project folder (NAME.medlabel)",
    ),
    ActionSpec(
        "rescan",
        "Look for &new files",
        "&File",
        ("F5",),
        lambda now: now.project and now.pixels and not now.busy,
        "Look again for new, changed and missing files",
    ),
    ActionSpec(
        "export_csv",
        "Export &CSV…",
        "&File",
        ("Ctrl+E",),
        lambda now: now.images and now.pixels and not now.busy,
        "One line an image, for spreadsheets and scripts",
        separated=True,
    ),
    ActionSpec(
        "export_npz",
        "Export NP&Z…",
        "&File",
        (),
        lambda now: now.labelled and now.pixels and not now.busy,
        "Images and labels in the MedMNIST layout, in training, validation and test parts",
    ),
    ActionSpec(
        "export_folders",
        "Export class &folders…",
        "&File",
        (),
        lambda now: now.labelled and now.pixels and not now.busy,
        "Copies of the images, sorted into one folder a class",
    ),
    ActionSpec("quit", "&Quit", "&File", ("Ctrl+Q",), separated=True),
    ActionSpec(
        "undo",
        "&Undo",
        "&Edit",
        ("Ctrl+Z",),
        lambda now: now.can_undo,
        "Take the last change back",
    ),
    ActionSpec(
        "redo",
        "&Redo",
        "&Edit",
        ("Ctrl+Shift+Z", "Ctrl+Y"),
        lambda now: now.can_redo,
        "Do it again",
    ),
    ActionSpec(
        "select_all",
        "Select &all",
        "&Edit",
        ("Ctrl+A",),
        lambda now: now.images,
        in_grid=True,
        separated=True,
    ),
    ActionSpec(
        "label",
        "&Label",
        "&Label",
        ("Ctrl+L",),
        lambda now: now.images and now.pixels and not now.busy,
        "Give every image a label with the chosen CLIP model",
    ),
    ActionSpec(
        "refine",
        "&Refine",
        "&Label",
        ("Ctrl+R",),
        lambda now: now.labelled and now.pixels and not now.busy,
        "Train a network on these labels and let it correct them",
    ),
    ActionSpec(
        "cancel",
        "&Cancel",
        "&Label",
        ("Esc",),
        lambda now: now.busy,
        "Stop the running job; finished work is kept",
    ),
    ActionSpec(
        "accept",
        "&Accept",
        "&Review",
        ("Return", "Enter"),
        _selected,
        "The labels of the selected images are right",
        in_grid=True,
    ),
    ActionSpec(
        "unsure", "&Unsure", "&Review", ("U",), _selected, "Somebody else should look at these", in_grid=True
    ),
    ActionSpec(
        "exclude",
        "E&xclude",
        "&Review",
        ("X",),
        _selected,
        "Leave these out of the labelled set",
        in_grid=True,
    ),
    ActionSpec(
        "withdraw",
        "&Withdraw decision",
        "&Review",
        ("Backspace",),
        _selected,
        "Back to what the model says",
        in_grid=True,
    ),
    *(_assign(number) for number in range(1, 10)),
    ActionSpec(
        "larger",
        "&Larger thumbnails",
        "&View",
        ("Ctrl++", "Ctrl+="),
        lambda now: now.images,
    ),
    ActionSpec("smaller", "&Smaller thumbnails", "&View", ("Ctrl+-",), lambda now: now.images),
    ActionSpec("shortcuts", "&Keyboard shortcuts", "&Help", ("?", "F1")),
    ActionSpec("about", "&About MedLabel", "&Help"),
)
TOOLBAR: tuple[tuple[str, ...], ...] = (
    ("open_folder",),
    ("undo", "redo"),
    ("accept", "unsure", "exclude"),
    ("export_csv", "export_npz", "export_folders"),
)


class Actions(QObject):
    """The QActions of the table, each bound to the handler of its id."""

    def __init__(self, handlers: Mapping[str, Callable[[], None]], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._by_id: dict[str, QAction] = {spec.id: self._make(spec, handlers[spec.id]) for spec in ACTIONS}

    def __getitem__(self, action_id: str) -> QAction:
        return self._by_id[action_id]

    def refresh(self, now: Situation) -> None:
        """Enable what makes sense now."""
        for spec in ACTIONS:
            self._by_id[spec.id].setEnabled(spec.enabled_when(now))

    def fill(self, bar: QMenuBar, grid: QWidget) -> None:
        """Build the menus; actions of the grid also listen to its keys."""
        menus = {title: bar.addMenu(title) for title in dict.fromkeys(spec.menu for spec in ACTIONS)}
        for spec in ACTIONS:
            if spec.separated:
                menus[spec.menu].addSeparator()
            menus[spec.menu].addAction(self._by_id[spec.id])
            if spec.in_grid:
                grid.addAction(self._by_id[spec.id])

    def _make(self, spec: ActionSpec, handler: Callable[[], None]) -> QAction:
        action = QAction(spec.text, self)
        action.setObjectName(spec.id)
        action.setShortcuts([QKeySequence(key) for key in spec.keys])
        if spec.in_grid:
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        plain = spec.text.replace("&", "").rstrip("…")
        action.setToolTip(f"{spec.tip or plain}{f' ({keys})' if keys else ''}")
        action.triggered.connect(lambda _=False: handler())
        return action
