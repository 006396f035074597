"""The table of actions. Menus, toolbar, shortcuts, their settings and the help page all read it; no widget here."""

from collections.abc import Callable
from dataclasses import dataclass

from medlabel_gui.texts.actions import action_text, action_tip, plain_text

MENUS = ("file", "edit", "label", "review", "view", "help")


@dataclass(frozen=True)
class Situation:
    """What the window is about, as far as it decides which actions make sense."""

    project: bool = False
    images: bool = False
    pixels: bool = False
    labelled: bool = False
    refined: bool = False
    duplicates: bool = False
    has_model: bool = False
    selected: bool = False
    shown: int = 0
    filtered: bool = False
    classes: int = 0
    class_keys: frozenset[str] = frozenset()
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


def _project(now: Situation) -> bool:
    return now.project


def _images(now: Situation) -> bool:
    return now.images


@dataclass(frozen=True)
class ActionSpec:
    """`keys` are portable key sequences, the first one is shown; a person may change them. `menu`: one of `MENUS`.

    `in_grid`: the keys count only while the images have the focus. `separated`: a line above it in the menu.
    `checkable`: it stays on until it is triggered again. Texts are found by the id, in `texts.actions`.
    """

    id: str
    menu: str
    keys: tuple[str, ...] = ()
    enabled_when: EnabledWhen = _always
    icon: str = ""
    in_grid: bool = False
    separated: bool = False
    checkable: bool = False

    @property
    def title(self) -> str:
        """The text as the menus show it."""
        return action_text(self.id)

    @property
    def plain(self) -> str:
        """The text without the marks of a menu."""
        return plain_text(self.id)

    @property
    def tip(self) -> str:
        """What it does."""
        return action_tip(self.id) or self.plain

    @property
    def assigns(self) -> str:
        """The key of the class that it gives to images, '' for any other action."""
        return self.id.removeprefix("assign_") if self.id.startswith("assign_") else ""


def _assign(number: int) -> ActionSpec:
    def possible(now: Situation) -> bool:
        return now.selected and str(number) in now.class_keys

    return ActionSpec(
        f"assign_{number}", "review", (str(number),), possible, in_grid=True, separated=number == 1
    )


def _with_pixels(now: Situation) -> bool:
    return now.project and now.pixels and not now.busy


def _measurable(now: Situation) -> bool:
    return now.images and now.classes >= 2 and not now.busy


_FILE = (
    ActionSpec("open_folder", "file", ("Ctrl+O",), _free, "folder-open"),
    ActionSpec("open_npz", "file", ("Ctrl+Shift+O",), _free, "file-archive"),
    ActionSpec("open_project", "file", (), _free, "box"),
    ActionSpec("open_samples", "file", (), _free, "flask-conical"),
    ActionSpec("rescan", "file", ("F5",), _with_pixels, "refresh-cw", separated=True),
    ActionSpec("relink", "file", (), lambda now: now.project and not now.busy, "folder-search"),
    ActionSpec("find_duplicates", "file", (), lambda now: now.images and _with_pixels(now), "copy"),
    ActionSpec("choose_slices", "file", (), _with_pixels),
    ActionSpec("import_labels", "file", (), _measurable, "file-check"),
    ActionSpec(
        "export", "file", ("Ctrl+E",), lambda now: now.images and not now.busy, "download", separated=True
    ),
    ActionSpec("quit", "file", ("Ctrl+Q",), separated=True),
)
_EDIT = (
    ActionSpec("undo", "edit", ("Ctrl+Z",), lambda now: now.can_undo, "undo-2"),
    ActionSpec("redo", "edit", ("Ctrl+Shift+Z", "Ctrl+Y"), lambda now: now.can_redo, "redo-2"),
    ActionSpec("select_all", "edit", ("Ctrl+A",), _images, in_grid=True, separated=True),
    ActionSpec("select_duplicates", "edit", ("Ctrl+D",), lambda now: now.duplicates, in_grid=True),
    ActionSpec("note", "edit", ("N",), _selected, "sticky-note", in_grid=True),
    ActionSpec("settings", "edit", ("Ctrl+,",), icon="settings", separated=True),
)
_LABEL = (
    ActionSpec("add_class", "label", ("Ctrl+K",), _project, "plus"),
    ActionSpec("paste_classes", "label", ("Ctrl+Shift+K",), _project, "clipboard-list"),
    ActionSpec(
        "label", "label", ("Ctrl+L",), lambda now: now.images and _with_pixels(now), "tag", separated=True
    ),
    ActionSpec(
        "refine", "label", ("Ctrl+R",), lambda now: now.labelled and _with_pixels(now), "brain-circuit"
    ),
    ActionSpec("refine_options", "label", (), _project, "settings"),
    ActionSpec(
        "save_model", "label", (), lambda now: now.has_model and not now.busy, "download", separated=True
    ),
    ActionSpec("label_saved", "label", (), lambda now: now.images and _with_pixels(now), "box"),
    ActionSpec("cancel", "label", ("Ctrl+.",), lambda now: now.busy, "circle-stop", separated=True),
)
_REVIEW = (
    ActionSpec("review", "review", ("F6",), lambda now: now.labelled, "list-checks"),
    ActionSpec("review_changed", "review", (), lambda now: now.refined, "arrow-right-left"),
    ActionSpec("preview", "review", ("Space",), _images, "eye", in_grid=True),
    ActionSpec("accept", "review", ("Return", "Enter"), _selected, "check", in_grid=True, separated=True),
    ActionSpec("unsure", "review", ("U",), _selected, "circle-help", in_grid=True),
    ActionSpec("exclude", "review", ("X",), _selected, "ban", in_grid=True),
    ActionSpec("withdraw", "review", ("Backspace",), _selected, in_grid=True),
    *(_assign(number) for number in range(1, 10)),
)
_VIEW = (
    ActionSpec("find", "view", ("Ctrl+F",), _images, "search"),
    ActionSpec("clear_filter", "view", ("Ctrl+Shift+F",), lambda now: now.filtered, "filter-x"),
    ActionSpec("group", "view", ("Ctrl+G",), _images, "group", checkable=True),
    ActionSpec("larger", "view", ("Ctrl++", "Ctrl+="), _images, "zoom-in", separated=True),
    ActionSpec("smaller", "view", ("Ctrl+-",), _images, "zoom-out"),
)
_HELP = (
    ActionSpec("shortcuts", "help", ("?", "F1"), icon="keyboard"),
    ActionSpec("about", "help", icon="info"),
)

ACTIONS: tuple[ActionSpec, ...] = (*_FILE, *_EDIT, *_LABEL, *_REVIEW, *_VIEW, *_HELP)
TOOLBAR: tuple[tuple[str, ...], ...] = (
    ("open_folder",),
    ("undo", "redo"),
    ("review", "preview"),
    ("accept", "unsure", "exclude"),
    ("export",),
)
