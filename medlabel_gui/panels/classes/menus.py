"""The menus of the list: of one class, of its colour and key, of the whole list, and the presets."""

from collections.abc import Callable
from functools import partial

from PySide6.QtGui import QAction, QIcon, QKeySequence
from PySide6.QtWidgets import QColorDialog, QMenu, QWidget

from core.datasets.presets import MEDMNIST, PRESETS, Preset
from medlabel_gui.grid.chips import chip_icon, chip_pixmap
from medlabel_gui.icons import icon
from medlabel_gui.panels.classes.row import ClassRow
from medlabel_gui.panels.classes.rows import Rows
from medlabel_gui.panels.classes.wishes import Wishes
from medlabel_gui.texts.classes import ClassMenuTexts, PresetTexts
from medlabel_gui.theme import CLASS_COLOURS

_MANY = 10_000  # beyond any list
_ICON_RATIO = 2.0  # sharp on every screen


def class_menu(row: ClassRow, rows: Rows, wishes: Wishes, parent: QWidget) -> QMenu:
    """Everything that can be done with one class."""
    menu = QMenu(parent)
    _act(menu, ClassMenuTexts.rename, row.rename, "pencil", "F2")
    _act(menu, ClassMenuTexts.prompts, lambda: row.show_prompts(not row.prompts_shown), "", "Space")
    menu.addMenu(_colour_menu(row, wishes, menu, parent))
    _act(menu, ClassMenuTexts.key, row.press_key, "keyboard")
    menu.addSeparator()
    menu.addMenu(_merge_menu(row, wishes, menu))
    menu.addMenu(_move_menu(row, rows, wishes, menu))
    rest = _act(menu, ClassMenuTexts.rest, lambda: None)
    rest.setCheckable(True)
    rest.setChecked(row.image_class.is_other)
    rest.toggled.connect(lambda on: wishes.mark_other(row.class_id, on))
    menu.addSeparator()
    _act(menu, ClassMenuTexts.remove, lambda: wishes.remove(row.class_id), "trash-2", "Del")
    return menu


def look_menu(row: ClassRow, wishes: Wishes, parent: QWidget) -> QMenu:
    """Colour and key of one class."""
    menu = _colour_menu(row, wishes, parent, parent)
    menu.addSeparator()
    _act(menu, ClassMenuTexts.key, row.press_key, "keyboard")
    return menu


def fill_presets(menu: QMenu, chosen: Callable[[Preset], None]) -> None:
    """The presets below their headings; empties the menu first."""
    menu.clear()
    menu.setToolTipsVisible(True)
    medmnist = QMenu(MEDMNIST, menu)
    medmnist.setToolTipsVisible(True)
    for preset in PRESETS:
        into = medmnist if preset.group == MEDMNIST else menu
        action = _act(into, preset.title, partial(chosen, preset))
        tip = PresetTexts.about.format(about=preset.about, count=len(preset.classes))
        action.setToolTip(f"{tip} {PresetTexts.research}" if preset.group == MEDMNIST else tip)
    menu.addSeparator()
    menu.addMenu(medmnist)


def _act(menu: QMenu, text: str, does: Callable[[], object], name: str = "", keys: str = "") -> QAction:
    """`keys` are shown only: the row itself listens to them."""
    action = QAction(text, menu)
    if name:
        action.setIcon(icon(name))
    if keys:
        shown = QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)
        action.setText(f"{text}\t{shown}")
    action.triggered.connect(lambda _=False: does())
    menu.addAction(action)
    return action


def _colour_menu(row: ClassRow, wishes: Wishes, parent: QWidget, window: QWidget) -> QMenu:
    menu = QMenu(ClassMenuTexts.colour, parent)
    menu.setIcon(_chip_in(row, row.image_class.colour))
    for name, colour in zip(_names(), CLASS_COLOURS, strict=True):
        action = _act(menu, name, partial(wishes.set_colour, row.class_id, colour))
        action.setIcon(_chip_in(row, colour))
    menu.addSeparator()
    _act(menu, ClassMenuTexts.more_colours, lambda: _choose_colour(row, wishes, window), "palette")
    automatic = _act(menu, ClassMenuTexts.automatic_colour, lambda: wishes.set_colour(row.class_id, ""))
    automatic.setIcon(_chip_in(row, ""))
    return menu


def _chip_in(row: ClassRow, colour: str) -> QIcon:
    """The chip of a class as it would be in another colour; '' is the automatic one."""
    return QIcon(chip_pixmap(row.chip.shape, colour, row.chip.key, ratio=_ICON_RATIO))


def _choose_colour(row: ClassRow, wishes: Wishes, window: QWidget) -> None:
    dialog = QColorDialog(row.chip.colour, window)
    dialog.setWindowTitle(ClassMenuTexts.choose_colour.format(name=row.image_class.name))
    class_id = row.class_id  # the row may be gone by then
    dialog.colorSelected.connect(lambda colour: wishes.set_colour(class_id, colour.name()))
    dialog.finished.connect(dialog.deleteLater)
    wishes.ended.connect(dialog.reject)
    dialog.open()


def _merge_menu(row: ClassRow, wishes: Wishes, parent: QWidget) -> QMenu:
    menu = QMenu(ClassMenuTexts.merge, parent)
    menu.setIcon(icon("merge"))
    for position, other in enumerate(wishes.classes):
        if other.id != row.class_id:
            name = other.name.replace("&", "&&")
            action = _act(menu, name, partial(wishes.merge, row.class_id, other.id))
            action.setIcon(chip_icon(wishes.classes, position))
    menu.setEnabled(len(menu.actions()) > 0)
    return menu


def _move_menu(row: ClassRow, rows: Rows, wishes: Wishes, parent: QWidget) -> QMenu:
    menu = QMenu(ClassMenuTexts.move, parent)
    menu.setIcon(icon("arrow-up-down"))
    first, last = row is rows.rows[0], row is rows.rows[-1]
    for text, by, keys, possible in (
        (ClassMenuTexts.up, -1, "Alt+Up", not first),
        (ClassMenuTexts.down, 1, "Alt+Down", not last),
        (ClassMenuTexts.top, -_MANY, "", not first),
        (ClassMenuTexts.bottom, _MANY, "", not last),
    ):
        _act(menu, text, partial(rows.step, row, by), keys=keys).setEnabled(possible)
    return menu


def _names() -> tuple[str, ...]:
    """The colours of `CLASS_COLOURS` in words."""
    texts = ClassMenuTexts
    return (
        texts.blue,
        texts.orange,
        texts.green,
        texts.pink,
        texts.sky,
        texts.red,
        texts.yellow,
        texts.violet,
        texts.grey,
    )
