"""The page of all keys, as they are now, in two columns."""

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from medlabel_gui.action_table import ActionSpec
from medlabel_gui.keys import keys_of, native
from medlabel_gui.texts.about import ShortcutPageTexts as Texts
from medlabel_gui.texts.actions import menu_text


@dataclass(frozen=True)
class Section:
    """A heading, and below it what does what: (keys, meaning)."""

    title: str
    lines: tuple[tuple[str, str], ...]


def show_shortcuts(
    parent: QWidget, specs: Sequence[ActionSpec], keys: Mapping[str, Sequence[str]]
) -> QDialog:
    """Open the page. `keys` are those of the actions as they are now, portable text by id."""
    dialog = ShortcutPage(sections(specs, keys), parent)
    dialog.open()
    return dialog


def sections(specs: Sequence[ActionSpec], keys: Mapping[str, Sequence[str]]) -> list[Section]:
    """A section a menu with those of its actions that have a key, then keys and mouse that are no actions."""
    found = []
    for menu in dict.fromkeys(spec.menu for spec in specs):
        lines = [(native(keys_of(spec, keys)), spec.plain) for spec in specs if spec.menu == menu]
        title = menu_text(menu).replace("&", "")
        found.append(Section(title, _numbers_in_one([line for line in lines if line[0]])))
    found.append(Section(Texts.moving, _moving()))
    found.append(Section(Texts.preview, _preview()))
    found.append(Section(Texts.classes, _classes()))
    found.append(Section(Texts.notes, _notes()))
    return [section for section in found if section.lines]


def _numbers_in_one(lines: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """The keys 1, 2, 3 ... that follow each other as one line, as they do the same to another class."""
    first = next((at for at, line in enumerate(lines) if line[0] == "1"), len(lines))
    last = first
    while last < len(lines) and lines[last][0] == str(last - first + 1):
        last += 1
    if last - first < 3:
        return tuple(lines)
    one = (Texts.numbers.format(last=last - first), Texts.numbers_do.format(last=last - first))
    return (*lines[:first], one, *lines[last:])


def _moving() -> tuple[tuple[str, str], ...]:
    return (
        (Texts.arrows, Texts.arrows_do),
        (Texts.shift_arrows, Texts.shift_arrows_do),
        (Texts.ends, Texts.ends_do),
        (Texts.click, Texts.click_do),
        (Texts.ctrl_click, Texts.ctrl_click_do),
        (Texts.shift_click, Texts.shift_click_do),
        (Texts.drag, Texts.drag_do),
        (Texts.double_click, Texts.double_click_do),
        (Texts.wheel, Texts.wheel_do),
    )


def _preview() -> tuple[tuple[str, str], ...]:
    return (
        (native(("Z",)), Texts.original_do),
        (Texts.two_keys.format(first="+", second="-"), Texts.zoom_do),
        (Texts.plain_wheel, Texts.zoom_at_do),
        (Texts.drag, Texts.drag_image_do),
        (Texts.right_drag, Texts.right_drag_do),
        (Texts.two_keys.format(first=native(("Space",)), second=native(("Esc",))), Texts.back_do),
    )


def _classes() -> tuple[tuple[str, str], ...]:
    return (
        (Texts.own_key, Texts.own_key_do),
        (native(("F2",)), Texts.rename_do),
        (native(("Delete",)), Texts.remove_do),
        (Texts.two_keys.format(first=native(("Alt+Up",)), second=native(("Alt+Down",))), Texts.reorder_do),
        (Texts.two_keys.format(first=native(("Right",)), second=native(("Left",))), Texts.prompts_do),
    )


def _notes() -> tuple[tuple[str, str], ...]:
    return ((native(("Ctrl+Return",)), Texts.save_do), (native(("Esc",)), Texts.give_up_do))


def columns(given: Sequence[Section]) -> tuple[list[Section], list[Section]]:
    """The sections in two columns in reading order, as even in length as that allows."""
    heights = [len(section.lines) + 2 for section in given]
    cut = min(range(len(given) + 1), key=lambda at: max(sum(heights[:at]), sum(heights[at:])))
    return list(given[:cut]), list(given[cut:])


class ShortcutPage(QDialog):
    """Searched by action or key."""

    def __init__(self, given: Sequence[Section], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(Texts.title)
        self._sections = tuple(given)
        self.search = QLineEdit()
        self.search.setPlaceholderText(Texts.search)
        self.search.setAccessibleName(Texts.search)
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._show)
        self._columns = (QLabel(), QLabel())
        note = QLabel(f"{Texts.images_only} {Texts.change}")
        note.setProperty("role", "quiet")
        note.setWordWrap(True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setSpacing(10)
        layout.addWidget(self.search)
        layout.addWidget(self._area(), 1)
        layout.addWidget(note)
        layout.addWidget(buttons)
        self.resize(820, 650)
        self._show("")

    def _area(self) -> QScrollArea:
        inside = QWidget()
        row = QHBoxLayout(inside)
        row.setSpacing(28)
        for label in self._columns:
            label.setTextFormat(Qt.TextFormat.RichText)
            label.setWordWrap(True)
            label.setAlignment(Qt.AlignmentFlag.AlignTop)
            row.addWidget(label, 1, Qt.AlignmentFlag.AlignTop)
        area = QScrollArea()
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setWidget(inside)
        area.setWidgetResizable(True)
        return area

    def _show(self, text: str) -> None:
        shown = [section for section in (_searched(s, text) for s in self._sections) if section.lines]
        first, second = columns(shown)
        self._columns[0].setText(_table(first) if shown else html.escape(Texts.nothing))
        self._columns[1].setText(_table(second))


def _searched(section: Section, text: str) -> Section:
    wanted = text.casefold().strip()
    lines = (line for line in section.lines if wanted in f"{line[0]} {line[1]}".casefold())
    return Section(section.title, tuple(lines))


def _table(shown: Sequence[Section]) -> str:
    rows = []
    for place, section in enumerate(shown):
        gap = "<br>" if place else ""
        rows.append(f"<tr><td colspan=2>{gap}<b>{html.escape(section.title)}</b></td></tr>")
        rows += [
            f"<tr><td width=130>{html.escape(keys)}</td><td>{html.escape(meaning)}</td></tr>"
            for keys, meaning in section.lines
        ]
    return f"<table cellspacing=2>{''.join(rows)}</table>" if rows else ""
