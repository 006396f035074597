"""The list of classes: each change is one edit, errors stand beside the field, nothing typed is lost."""

from pathlib import Path

import numpy as np
import pytest
import shiboken6
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QSize, Qt
from PySide6.QtGui import QAction, QContextMenuEvent, QGuiApplication, QIcon, QImage, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QColorDialog, QMenu, QWidget
from pytestqt.qtbot import QtBot

from core.datasets.presets import PRESETS
from core.images.refs import ImageRef, ScannedImage
from core.project import class_edits
from core.project.edits import DECISION, Edit
from core.project.project import Project
from core.project.queries import facets
from core.project.records import ImageClass, Status
from core.tasks.prompts import PromptCheck
from medlabel_gui.class_colours import class_colour
from medlabel_gui.dialogs.paste_classes import PasteClassesDialog
from medlabel_gui.grid.chips import chip_icon, chip_pixmap
from medlabel_gui.jobs import JobRunner
from medlabel_gui.panels.classes import ClassesPanel, format_classes, parse_classes
from medlabel_gui.panels.classes.menus import class_menu, look_menu
from medlabel_gui.panels.classes.remarks import specs
from medlabel_gui.panels.classes.text import parse_added
from medlabel_gui.panels.classes.wishes import reserved_keys
from medlabel_gui.session import Session
from medlabel_gui.settings import Settings
from tests.gui.conftest import open_in

WORDS = st.text("abc xyz-", min_size=1).map(lambda t: " ".join(t.split())).filter(bool)
THREE = (("chest x-ray", ()), ("hand", ("an X-ray of a hand",)), ("other", ()))


def make_project(folder: Path, entries=THREE, first: int = 0, images: int = 40) -> Path:
    """A project whose images show the first class but for the last `first`, which show the second."""
    (folder / "images").mkdir(parents=True)
    with Project.create(folder / "p.medlabel", folder / "images") as project:
        project.images.add([ScannedImage(ImageRef(f"{row}.png"), 1, 1) for row in range(images)], 0)
        project.history.resize(images)
        if entries:
            project.execute(class_edits.add((), entries, 1), "me")
        if first:
            probabilities = np.full((images, len(entries)), 0.1, np.float32)
            probabilities[:first, 0] = probabilities[first:, 1] = 0.8
            ids = [c.id for c in project.classes]
            project.runs.finish(project.runs.begin("zero-shot", ids, {}), probabilities)
    return folder / "p.medlabel"


class Bench:
    """A panel on a session that does what the panel asks for."""

    def __init__(self, bot: QtBot, runner: JobRunner) -> None:
        self.bot, self.runner = bot, runner
        self.session, self.settings = Session(runner), Settings()
        self.host = QWidget()
        bot.addWidget(self.host)
        self.panel = ClassesPanel(self.session, self.settings, self.host)
        self.panel.resize(246, 600)
        self.host.resize(250, 600)
        self.edits: list[Edit] = []
        self.panel.edit_wanted.connect(self._execute)
        self.host.show()
        self.host.activateWindow()
        bot.waitUntil(self.host.isActiveWindow)

    def _execute(self, edit: Edit) -> None:
        self.edits.append(edit)
        self.session.execute(edit)

    def open(self, folder: Path) -> "Bench":
        open_in(self.session, folder)
        return self

    def settle(self) -> None:
        self.bot.waitUntil(lambda: not self.runner.jobs)

    @property
    def names(self) -> list[str]:
        return [row.name.text() for row in self.panel.rows.rows]

    def row(self, name: str):
        return self.panel.rows.rows[self.names.index(name)]

    def menu_action(self, menu: QMenu, *path: str):
        for text in path:
            action = next(a for a in menu.actions() if a.text().split("\t")[0] == text)
            menu = action.menu() or menu
        return action


@pytest.fixture
def bench(qtbot: QtBot, runner: JobRunner):
    made = Bench(qtbot, runner)
    yield made
    made.settle()
    made.session.close()


@pytest.fixture
def opened(bench: Bench, tmp_path: Path) -> Bench:
    return bench.open(make_project(tmp_path))


# The text


def test_that_classes_are_read_one_a_line_with_prompts() -> None:
    text = "chest x-ray\n\n breast  ultrasound = an ultrasound | a sonogram\nChest x-ray = a radiograph"
    assert parse_classes(text) == [
        ("chest x-ray", ("a radiograph",)),
        ("breast ultrasound", ("an ultrasound", "a sonogram")),
    ]


@given(st.dictionaries(WORDS, st.lists(WORDS, max_size=3, unique=True).map(tuple), max_size=4))
def test_that_class_text_is_read_back_as_written(classes: dict[str, tuple[str, ...]]) -> None:
    shown = format_classes([ImageClass(1, name, prompts) for name, prompts in classes.items()])
    assert parse_classes(shown) == list(classes.items())


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a", ["a"]),
        (" a, b ,c ", ["a", "b", "c"]),
        ('benign, "malignant, any grade"', ["benign", "malignant, any grade"]),
        ("a, b\nc\n\n", ["a, b", "c"]),
        ("a = b, c", ["a"]),
        ("", []),
    ],
)
def test_that_what_is_typed_or_pasted_becomes_names(text: str, names: list[str]) -> None:
    assert [name for name, _ in parse_added(text)] == names


# Adding


def test_that_names_are_added_one_after_the_other_without_leaving_the_field(opened: Bench) -> None:
    panel = opened.panel
    panel.focus_add()
    for name in ("brain MRI", "a, b"):
        QTest.keyClicks(panel.add.field, name)
        QTest.keyClick(panel.add.field, Qt.Key.Key_Return)
    assert panel.add.field.hasFocus() and not panel.add.field.text()
    assert opened.names == ["chest x-ray", "hand", "other", "brain MRI", "a", "b"]
    assert [edit.text for edit in opened.edits] == ["Add 'brain MRI'", "Add 2 classes"]
    opened.session.undo()
    assert opened.names[3:] == ["brain MRI"]


def test_that_several_lines_pasted_into_the_field_become_classes(opened: Bench) -> None:
    QGuiApplication.clipboard().setText("Hand\nbrain MRI = an MRI | a scan\nfundus\n")
    opened.panel.add.field.paste()
    assert opened.names == ["chest x-ray", "hand", "other", "brain MRI", "fundus"]
    assert opened.session.classes[3].prompts == ("an MRI", "a scan") and len(opened.edits) == 1
    assert "One of these is" in opened.panel.add.hint and not opened.panel.add.field.text()


@pytest.mark.parametrize(("typed", "reason"), [("HAND", "'hand' already"), ('"a', "cannot be read")])
def test_that_a_name_that_cannot_be_is_explained_and_stays_typed(
    opened: Bench, typed: str, reason: str
) -> None:
    field = opened.panel.add.field
    field.setFocus()
    QTest.keyClicks(field, typed)
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert field.text() == typed and reason in opened.panel.add.hint and not opened.edits
    QTest.keyClicks(field, "x")
    assert not opened.panel.add.hint


def test_that_leaving_the_field_adds_nothing_and_keeps_what_is_typed(opened: Bench) -> None:
    opened.panel.focus_add()
    QTest.keyClicks(opened.panel.add.field, "half a na")
    opened.row("hand").setFocus()
    assert opened.panel.add.field.text() == "half a na" and not opened.edits
    opened.panel.finish_editing()
    assert opened.names[-1] == "half a na" and not opened.panel.add.field.text()


# Renaming


@pytest.mark.parametrize("by", ["F2", "double click"])
def test_that_a_class_is_renamed_in_its_place(opened: Bench, by: str) -> None:
    row = opened.row("hand")
    if by == "F2":
        row.setFocus()
        QTest.keyClick(row, Qt.Key.Key_F2)
    else:
        QTest.mouseDClick(row, Qt.MouseButton.LeftButton, pos=row.name.geometry().center())
    assert row.editor.hasFocus() and row.editor.selectedText() == "hand"
    QTest.keyClicks(row.editor, "hand x-ray")
    QTest.keyClick(row.editor, Qt.Key.Key_Return)
    assert row.editor is None and row.hasFocus()
    assert opened.session.classes[1] == ImageClass(2, "hand x-ray", ("an X-ray of a hand",))
    assert [edit.text for edit in opened.edits] == ["Rename 'hand' to 'hand x-ray'"]


def test_that_esc_gives_the_old_name_back(opened: Bench) -> None:
    row = opened.row("hand")
    row.rename()
    QTest.keyClicks(row.editor, "foot")
    QTest.keyClick(row.editor, Qt.Key.Key_Escape)
    assert row.editor is None and opened.names[1] == "hand" and row.hasFocus() and not opened.edits


@pytest.mark.parametrize("name", ["OTHER", " "])
def test_that_a_name_that_is_taken_is_told_beside_it(opened: Bench, name: str) -> None:
    row = opened.row("hand")
    row.rename()
    row.editor.setText(name)
    QTest.keyClick(row.editor, Qt.Key.Key_Return)
    assert row.message and row.editor.text() == name and not opened.edits
    opened.panel.focus_add()
    assert row.editor is None and not row.message and opened.names[1] == "hand", "left so, the old one stays"


def test_that_leaving_the_name_keeps_what_was_typed(opened: Bench) -> None:
    row = opened.row("hand")
    row.rename()
    QTest.keyClicks(row.editor, "foot")
    opened.panel.focus_add()
    assert opened.names[1] == "foot" and len(opened.edits) == 1 and opened.panel.add.field.hasFocus()


def test_that_changes_from_elsewhere_take_neither_focus_nor_what_is_typed(opened: Bench) -> None:
    row = opened.row("hand")
    row.rename()
    QTest.keyClicks(row.editor, "half")
    session = opened.session
    session.execute(class_edits.rename(session.classes, 2, "renamed elsewhere"))
    session.execute(class_edits.add(session.classes, [("new", ())], session.next_class_id))
    session.execute(class_edits.move(session.classes, 4, 0))
    opened.settle()
    assert opened.panel.rows.rows[2] is row and row.editor.text() == "half" and row.editor.hasFocus()
    QTest.keyClick(row.editor, Qt.Key.Key_Escape)
    assert opened.names == ["new", "chest x-ray", "renamed elsewhere", "other"]


# Prompts


def test_that_prompts_are_added_changed_and_removed_one_edit_each(opened: Bench) -> None:
    row = opened.row("hand")
    QTest.mouseClick(row.expander, Qt.MouseButton.LeftButton)
    first, empty = row.prompts.fields
    assert first.text() == "an X-ray of a hand" and empty.hasFocus()
    QTest.keyClicks(empty, "a radiograph")
    QTest.keyClick(empty, Qt.Key.Key_Return)
    assert empty.hasFocus() and not empty.text(), "another one can be typed at once"
    assert opened.session.classes[1].prompts == ("an X-ray of a hand", "a radiograph")
    first.setFocus()
    first.selectAll()
    QTest.keyClicks(first, "a film")
    empty.setFocus()
    assert opened.session.classes[1].prompts == ("a film", "a radiograph")
    QTest.mouseClick(row.prompts._lines[0].remove, Qt.MouseButton.LeftButton)
    assert opened.session.classes[1].prompts == ("a radiograph",)
    assert [edit.text for edit in opened.edits] == ["Change the prompts of 'hand'"] * 3
    opened.session.undo()
    assert [field.text() for field in row.prompts.fields] == ["a film", "a radiograph", ""]


def test_that_a_prompt_that_is_emptied_is_removed_and_esc_gives_it_back(opened: Bench) -> None:
    row = opened.row("hand")
    row.show_prompts(True)
    field = row.prompts.fields[0]
    field.setFocus()
    field.clear()
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert field.text() == "an X-ray of a hand" and not opened.edits
    field.setFocus()
    field.clear()
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert opened.session.classes[1].prompts == () and len(row.prompts.fields) == 1


def test_that_lines_pasted_into_a_prompt_are_prompts_of_their_own(opened: Bench) -> None:
    row = opened.row("hand")
    row.show_prompts(True)
    QGuiApplication.clipboard().setText("one\n\ntwo\n")
    row.prompts.fields[-1].paste()
    assert opened.session.classes[1].prompts == ("an X-ray of a hand", "one", "two")


def test_that_an_undo_leaves_a_prompt_that_is_being_typed(opened: Bench) -> None:
    session = opened.session
    session.execute(class_edits.set_prompts(session.classes, 2, ["one", "two"]))
    row = opened.row("hand")
    row.show_prompts(True)
    first = row.prompts.fields[0]
    first.setFocus()
    QTest.keyClicks(first, "!")
    session.undo()
    assert first.text() == "one!" and first.hasFocus() and len(row.prompts.fields) == 2


def test_that_what_the_model_reads_without_prompts_is_shown(opened: Bench) -> None:
    classes = specs(opened.session.classes)
    own = tuple((f"a photo of {c.name}", f"an image of {c.name}", c.name) for c in classes)
    opened.panel.show_check(PromptCheck(classes, (), (), own, own))
    opened.row("chest x-ray").show_prompts(True)
    opened.row("hand").show_prompts(True)
    shown = opened.row("chest x-ray").prompts._reads
    assert "“a photo of chest x-ray”" in shown.text() and "1 more" in shown.text() and shown.isVisible()
    assert not opened.row("hand").prompts._reads.isVisible(), "it has prompts of its own"


def test_that_prompts_open_and_close_by_keyboard_and_closing_keeps_what_was_typed(opened: Bench) -> None:
    row = opened.row("hand")
    row.setFocus()
    QTest.keyClick(row, Qt.Key.Key_Left)
    assert not row.prompts_shown
    QTest.keyClick(row, Qt.Key.Key_Right)
    assert row.prompts_shown and row.prompts.fields[-1].hasFocus()
    QTest.keyClicks(row.prompts.fields[-1], "a fist")
    QTest.mouseClick(row.expander, Qt.MouseButton.LeftButton)
    assert not row.prompts_shown and row.hasFocus()
    assert opened.session.classes[1].prompts == ("an X-ray of a hand", "a fist")
    QTest.keyClick(row, Qt.Key.Key_Space)
    QTest.keyClick(row.prompts.fields[-1], Qt.Key.Key_Escape)
    assert row.hasFocus() and row.prompts_shown and len(opened.edits) == 1


# Colour, key, order, merge, remove


def test_that_a_colour_is_chosen_from_the_menu(opened: Bench) -> None:
    row = opened.row("hand")
    menu = look_menu(row, opened.panel._wishes, opened.panel)
    opened.menu_action(menu, "Green").trigger()
    assert opened.session.classes[1].colour == "#009E73" == row.chip.colour.name().upper()
    opened.menu_action(menu, "Automatic").trigger()
    assert opened.session.classes[1].colour == ""
    opened.menu_action(menu, "More colours…").trigger()
    dialog = opened.panel.findChild(QColorDialog)
    dialog.setCurrentColor("#123456")
    dialog.accept()
    assert opened.session.classes[1].colour == "#123456" and len(opened.edits) == 3


def test_that_the_next_key_that_is_pressed_becomes_the_key_of_the_class(opened: Bench) -> None:
    row = opened.row("hand")
    assert row.chip.key == "2"
    for key, shown, message in (("u", "2", "something else"), ("h", "H", ""), ("3", "3", "")):
        opened.menu_action(look_menu(row, opened.panel._wishes, opened.panel), "Key…").trigger()
        assert row.chip.waiting and "Press" in row.message
        QTest.keyClicks(row.chip, key)
        assert (row.chip.key, row.chip.waiting) == (shown, bool(message)) and message in row.message
    assert opened.session.classes[1].key == "3" and opened.row("other").chip.key == ""
    row.press_key()
    QTest.keyClick(row.chip, Qt.Key.Key_Escape)
    assert not row.chip.waiting and row.chip.key == "3" and not row.message
    row.press_key()
    QTest.keyClick(row.chip, Qt.Key.Key_Delete)
    assert row.chip.key == "2" and opened.session.classes[1].key == ""


def test_that_keys_that_a_person_gave_to_actions_are_reserved(opened: Bench) -> None:
    assert {"U", "X", "N"} <= reserved_keys(opened.settings) and not set("123") & reserved_keys(
        opened.settings
    )
    opened.settings.shortcuts = {"exclude": ("D",)}
    assert "X" not in reserved_keys(opened.settings) and "D" in reserved_keys(opened.settings)


def test_that_keys_of_the_preview_and_keys_that_assign_another_class_are_reserved(opened: Bench) -> None:
    assert {"Z", "+", "-", "="} <= reserved_keys(opened.settings)
    opened.settings.shortcuts = {"assign_3": ("T",)}
    row = opened.row("hand")
    row.press_key()
    QTest.keyClicks(row.chip, "t")
    assert "something else" in row.message and not opened.edits


def test_that_a_key_that_does_something_else_on_this_machine_is_told(opened: Bench) -> None:
    opened.session.execute(class_edits.set_look(opened.session.classes, 2, "", "k"))
    opened.settings.shortcuts = {"unsure": ("K",)}
    opened.panel.follow_keys()
    assert opened.panel.notes.texts == [
        "The key K of “hand” does something else: Unsure. Give the class another key, "
        "or change that one in the settings."
    ]
    opened.settings.shortcuts = {}
    opened.panel.follow_keys()
    assert not opened.panel.notes.texts


def test_that_list_and_menus_show_the_chips_of_the_tiles(
    opened: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened.session.execute(class_edits.set_look(opened.session.classes, 2, "#123456", "h"))
    drawn: list[tuple[int, str, str]] = []
    monkeypatch.setattr(
        "medlabel_gui.panels.classes.chip.draw_chip",
        lambda painter, box, position, colour, key: drawn.append((position, colour.name(), key)),
    )
    opened.row("hand").chip.grab()
    assert (1, "#123456", "H") in drawn

    def image(icon: QIcon) -> QImage:
        return icon.pixmap(QSize(18, 18), 2.0).toImage()

    menu = class_menu(opened.row("other"), opened.panel.rows, opened.panel._wishes, opened.panel)
    merge = opened.menu_action(menu, "Merge into", "hand")
    assert image(merge.icon()) == image(chip_icon(opened.session.classes, 1))
    green = opened.menu_action(menu, "Colour", "Green")
    assert image(green.icon()) == image(QIcon(chip_pixmap(2, "#009E73", "3", ratio=2.0)))


def test_that_a_class_keeps_its_shape_and_colour_wherever_it_stands(opened: Bench) -> None:
    def looks() -> dict[str, tuple[int, str]]:
        chips = {name: opened.row(name).chip for name in opened.names}
        return {name: (chip.shape, chip.colour.name()) for name, chip in chips.items()}

    before = looks()
    assert [before[name] for name in opened.names] == [
        (n, class_colour(n).name()) for n in range(3)
    ]  # of a new project
    opened.session.execute(class_edits.move(opened.session.classes, 3, 0))
    assert looks() == before and [row.chip.key for row in opened.panel.rows.rows] == ["1", "2", "3"]
    opened.session.execute(class_edits.remove(opened.session.classes, 1, opened.session.decisions))
    opened.session.execute(
        class_edits.add(opened.session.classes, [("new", ())], opened.session.next_class_id)
    )
    assert {name: look for name, look in looks().items() if name != "new"} == {
        name: before[name] for name in ("other", "hand")
    }
    assert looks()["new"] not in before.values()


@pytest.mark.parametrize("which", ["prompt", "class", "name"])
def test_that_undo_in_a_field_takes_back_what_was_just_stored(opened: Bench, which: str) -> None:
    undone: list[int] = []
    undo = QAction(opened.host)
    undo.setShortcut(QKeySequence("Ctrl+Z"))
    undo.triggered.connect(lambda: undone.append(1))
    opened.host.addAction(undo)
    row = opened.row("hand")
    if which == "class":
        field = opened.panel.add.field
    else:
        row.show_prompts(True)
        field = row.prompts.fields[-1 if which == "prompt" else 0]
    field.setFocus()
    QTest.keyClicks(field, "a hand")
    QTest.keyClick(field, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert not undone and not field.changed  # what is being typed is the field's own
    QTest.keyClicks(field, "a hand")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert len(opened.edits) == 1
    stored = field.text()
    QTest.keyClick(field, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert undone == [1] and field.text() == stored


def test_that_a_class_moves_by_keyboard_and_keeps_the_focus(opened: Bench) -> None:
    row = opened.row("other")
    row.setFocus()
    QTest.keyClick(row, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert opened.names == ["chest x-ray", "other", "hand"] and row.hasFocus()
    QTest.keyClick(row, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    QTest.keyClick(row, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert opened.names == ["chest x-ray", "hand", "other"] and len(opened.edits) == 2
    QTest.keyClick(row, Qt.Key.Key_Up)
    assert opened.row("hand").hasFocus(), "plain arrows walk through the list"
    QTest.keyClick(opened.row("hand"), Qt.Key.Key_Home)
    assert opened.row("chest x-ray").hasFocus()
    QTest.keyClick(opened.row("chest x-ray"), Qt.Key.Key_End)
    tabbed = [r for r in opened.panel.rows.rows if r.focusPolicy() == Qt.FocusPolicy.StrongFocus]
    assert row.hasFocus() and tabbed == [row], "Tab leaves the list and comes back to where it was"


@pytest.mark.parametrize(
    ("moved", "over", "order"), [(0, 2, [1, 2, 0]), (2, 0, [2, 0, 1]), (1, 1, [0, 1, 2])]
)
def test_that_a_class_is_dragged_to_another_place(
    opened: Bench, moved: int, over: int, order: list[int]
) -> None:
    names, rows = opened.names, opened.panel.rows.rows
    grip, target = rows[moved].grip, rows[over]
    end = QPoint(5, target.height() - 2 if over > moved else 2)
    QTest.mousePress(grip, Qt.MouseButton.LeftButton)
    for _ in range(2):
        QTest.mouseMove(grip, grip.mapFromGlobal(target.mapToGlobal(end)))
    assert opened.panel.rows._mark.isVisible() or over == moved
    QTest.mouseRelease(grip, Qt.MouseButton.LeftButton, pos=grip.mapFromGlobal(target.mapToGlobal(end)))
    assert opened.names == [names[k] for k in order] and not opened.panel.rows._mark.isVisible()
    assert len(opened.edits) == int(order != [0, 1, 2])


def decide(bench: Bench, rows: list[int], class_id: int) -> None:
    ids = np.full(len(rows), class_id, np.int32)
    bench.session.execute(Edit("Correct", np.array(rows), Status.CORRECTED, ids))


def test_that_the_menu_merges_a_class_with_its_decisions(opened: Bench) -> None:
    decide(opened, [1, 2], 3)
    menu = class_menu(opened.row("other"), opened.panel.rows, opened.panel._wishes, opened.panel)
    opened.menu_action(menu, "Merge into", "hand").trigger()
    assert opened.names == ["chest x-ray", "hand"]
    assert opened.session.decisions["class_id"][[1, 2]].tolist() == [2, 2]
    opened.session.undo()
    assert opened.names[2] == "other" and opened.session.decisions["class_id"][1] == 3


def test_that_the_menu_moves_marks_and_removes(opened: Bench) -> None:
    panel = opened.panel
    decide(opened, [0], 2)
    menu = class_menu(opened.row("other"), panel.rows, panel._wishes, panel)
    assert not opened.menu_action(menu, "Move", "Down").isEnabled()
    opened.menu_action(menu, "Move", "To the top").trigger()
    opened.menu_action(menu, "Takes what fits none").trigger()
    assert opened.names[0] == "other" and opened.session.classes[0].is_other
    assert "Takes what fits none" in opened.row("other").name.toolTip()
    opened.menu_action(class_menu(opened.row("hand"), panel.rows, panel._wishes, panel), "Remove").trigger()
    assert opened.names == ["other", "chest x-ray"] and not opened.session.decisions["status"].any()


def test_that_delete_removes_the_class_and_the_next_one_has_the_focus(opened: Bench) -> None:
    row = opened.row("hand")
    row.setFocus()
    QTest.keyClick(row, Qt.Key.Key_Delete)
    assert opened.names == ["chest x-ray", "other"] and opened.row("other").hasFocus()


def test_that_menus_pop_up_where_they_are_asked_for_and_go_when_closed(
    opened: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    popped = []
    monkeypatch.setattr(QMenu, "popup", lambda menu, where: popped.append((menu, where)))
    row = opened.row("hand")
    QTest.mouseClick(row.chip, Qt.MouseButton.LeftButton)
    below = row.chip.mapToGlobal(QPoint(0, row.chip.height() + 2))
    by_key = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(), QPoint())
    QApplication.sendEvent(row, by_key)
    by_mouse = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, QPoint(), QPoint(77, 88))
    QApplication.sendEvent(row, by_mouse)
    assert [where for _, where in popped] == [below, below, QPoint(77, 88)]
    menus = [menu for menu, _ in popped]
    assert opened.menu_action(menus[0], "Green") and opened.menu_action(menus[1], "Rename")
    for menu in menus:
        menu.aboutToHide.emit()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert not any(shiboken6.isValid(menu) for menu in menus)


# Lists


def test_that_a_preset_is_taken_at_once_where_there_is_no_class(bench: Bench, tmp_path: Path) -> None:
    bench.open(make_project(tmp_path, ()))
    panel = bench.panel
    assert panel.empty.isVisible() and panel.empty.presets.isVisible() and not panel.rows.isVisible()
    published = PRESETS[0]
    bench.menu_action(panel.presets_menu, published.title).trigger()
    assert [(c.name, c.prompts) for c in bench.session.classes] == list(published.entries)
    assert (
        panel.rows.isVisible() and not panel.empty.isVisible() and panel.entries() == list(published.entries)
    )


def test_that_a_preset_asks_first_where_there_are_classes(opened: Bench) -> None:
    opened.menu_action(opened.panel.presets_menu, "MedMNIST", "PathMNIST").trigger()
    dialog = opened.host.findChild(PasteClassesDialog)
    assert "PathMNIST" in dialog.windowTitle() and "adipose tissue" in dialog.editor.toPlainText()
    assert not opened.edits
    dialog.replace.setChecked(True)
    dialog.accept()
    assert len(opened.session.classes) == 9 and opened.edits[0].text == "Replace the list of classes"
    opened.session.undo()
    assert opened.names == ["chest x-ray", "hand", "other"]


def test_that_a_pasted_list_is_added_and_what_is_there_stays(opened: Bench) -> None:
    opened.panel.paste_list()
    dialog = opened.host.findChild(PasteClassesDialog)
    assert not dialog._ok.isEnabled() and dialog.outcome.text() == "No class yet."
    dialog.editor.setPlainText("Hand")
    assert not dialog._ok.isEnabled() and "All of these" in dialog.outcome.text()
    dialog.editor.setPlainText("Hand = changed\nfundus = an eye")
    assert dialog.outcome.text() == "1 new, 1 in the list already."
    dialog.accept()
    assert opened.names == ["chest x-ray", "hand", "other", "fundus"]
    assert opened.session.classes[1].prompts == ("an X-ray of a hand",)


def test_that_replacing_the_list_says_first_what_is_lost(opened: Bench) -> None:
    decide(opened, [4, 5, 6], 3)
    opened.panel.paste_list("hand\nfundus")
    dialog = opened.host.findChild(PasteClassesDialog)
    dialog.replace.setChecked(True)
    assert dialog.outcome.text() == (
        "1 new, 1 kept, 2 removed, decisions withdrawn with them: 3. Undo brings everything back."
    )
    dialog.reject()
    assert not opened.edits


def test_that_menus_and_dialogs_of_the_list_close_with_its_project(
    opened: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    popped, closed = [], []
    monkeypatch.setattr(QMenu, "popup", lambda menu, where: popped.append(menu))
    monkeypatch.setattr(QMenu, "close", lambda menu: closed.append(menu))
    panel, row = opened.panel, opened.row("hand")
    panel.paste_list("fundus")
    opened.menu_action(look_menu(row, panel._wishes, panel), "More colours…").trigger()
    panel._show_class_menu(row, QPoint(5, 5))
    dialogs = [opened.host.findChild(PasteClassesDialog), panel.findChild(QColorDialog)]
    assert all(dialog.isVisible() for dialog in dialogs)
    opened.open(make_project(tmp_path / "two", (("eye", ()),)))
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert not any(shiboken6.isValid(dialog) for dialog in dialogs)
    assert len(popped) == 1 and popped[0] in closed
    assert opened.names == ["eye"] and not opened.edits


def test_that_the_list_is_copied_as_text_and_made_from_text(opened: Bench) -> None:
    opened.panel.set_text("hand = an X-ray of a hand\nnew")
    assert opened.names == ["hand", "new"] and opened.session.classes[0].id == 2
    opened.session.undo()
    opened.panel.copy_list()
    assert QGuiApplication.clipboard().text() == "chest x-ray\nhand = an X-ray of a hand\nother"


# Counts and notes


def test_that_each_class_shows_how_many_images_it_has(bench: Bench, tmp_path: Path) -> None:
    bench.open(make_project(tmp_path, first=30))
    assert [row.images.text() for row in bench.panel.rows.rows] == ["30", "10", "0"]
    decide(bench, [0, 1], 3)
    bench.session.execute(Edit("Exclude", np.array([2]), Status.EXCLUDED))
    bench.bot.waitUntil(lambda: bench.row("other").images.text() == "2")
    assert bench.row("chest x-ray").images.text() == "28" and not bench.panel.notes.isVisible()
    assert "28 images" in bench.row("chest x-ray").accessibleName()
    counts = facets(bench.session.table).classes  # what the filters find
    assert [row.images.text() for row in bench.panel.rows.rows] == [str(count) for count in counts]


def test_that_no_count_is_shown_before_there_are_labels(opened: Bench) -> None:
    assert [row.images.text() for row in opened.panel.rows.rows] == ["", "", ""]


def test_that_a_class_that_takes_nearly_all_images_is_told(bench: Bench, tmp_path: Path) -> None:
    bench.open(make_project(tmp_path, first=37))
    (note,) = bench.panel.notes.texts
    assert "“chest x-ray” takes 92 %" in note and bench.panel.notes.isVisible()
    decide(bench, list(range(21)), 1)
    bench.bot.waitUntil(lambda: not bench.panel.notes.texts)


def test_that_classes_that_are_nearly_the_same_are_told_until_they_change(opened: Bench) -> None:
    panel, classes = opened.panel, specs(opened.session.classes)
    check = PromptCheck(
        classes, ((0, 1, 0.991), (1, 2, 0.985)), ((1, 2, "a hand"),), ((),) * 3, ((),) * 3, ("x cut",)
    )
    panel.show_check(check)
    same, shared, cut = panel.notes.texts
    assert "“chest x-ray” and “hand” are nearly the same for this model (0.99)" in same
    assert "have the same prompt: “a hand”" in shared and cut == "x cut"
    opened.session.execute(class_edits.rename(opened.session.classes, 1, "chest"))
    assert panel.notes.texts == []
    panel.show_check(check)
    assert panel.notes.texts == [], "that was said of other classes"


def test_that_notes_are_paged_through_and_hidden_one_by_one(opened: Bench) -> None:
    panel, classes = opened.panel, specs(opened.session.classes)
    pairs = ((0, 1, 0.999), (0, 2, 0.99), (1, 2, 0.98))
    panel.show_check(PromptCheck(classes, pairs, (), ((),) * 3, ((),) * 3))
    notes = panel.notes
    assert "hand" in notes.label.text() and notes._position.text() == "1 of 3" and not notes.back.isEnabled()
    notes.forward.click()
    assert "other" in notes.label.text()
    notes.close_button.click()
    assert len(notes.texts) == 2 and notes.isVisible()
    panel.show_check(PromptCheck(classes, pairs, (), ((),) * 3, ((),) * 3))
    assert len(notes.texts) == 2, "what was hidden stays hidden"
    notes.close_button.click()
    notes.close_button.click()
    assert not notes.isVisible()


def test_that_many_pairs_become_one_note_after_the_first_three(bench: Bench, tmp_path: Path) -> None:
    bench.open(make_project(tmp_path, [(f"{k} {'a long name ' * 5}", ()) for k in range(4)]))
    classes = specs(bench.session.classes)
    pairs = tuple((i, j, 0.99) for i in range(4) for j in range(i + 1, 4))
    for count, last in ((6, "3 more pairs of classes"), (4, "One more pair")):
        bench.panel.show_check(PromptCheck(classes, pairs[:count], (), ((),) * 4, ((),) * 4))
        texts = bench.panel.notes.texts
        assert len(texts) == 4 and texts[3].startswith(last) and "a lon…”" in texts[0]


def test_that_changed_prompts_are_looked_at_once_they_rest(opened: Bench) -> None:
    opened.bot.waitSignal(opened.panel.check_wanted).wait()
    asked = []
    opened.panel.check_wanted.connect(lambda: asked.append(len(opened.session.classes)))
    for name in ("a", "b", "c"):
        opened.panel.add_names(name)
    opened.session.execute(class_edits.set_look(opened.session.classes, 1, "#ff0000", ""))
    opened.bot.waitUntil(lambda: bool(asked))
    opened.bot.wait(500)
    assert asked == [6], "once, and not for a colour"


# Projects


def test_that_without_a_project_nothing_can_be_typed(bench: Bench) -> None:
    panel = bench.panel
    assert not panel.add.field.isEnabled() and not panel.more.isEnabled() and panel.entries() == []
    panel.paste_list()
    assert bench.host.findChild(PasteClassesDialog) is None


def test_that_another_project_shows_its_own_classes_and_forgets_what_was_typed(
    opened: Bench, tmp_path: Path
) -> None:
    opened.row("hand").rename()
    QTest.keyClicks(opened.row("hand").editor, "half")
    opened.panel.add.field.setText("half")
    opened.open(make_project(tmp_path / "two", (("hand", ()),)))
    assert opened.names == ["hand"] and opened.row("hand").editor is None and not opened.edits
    assert not opened.panel.add.field.text() and opened.panel._one_more.isVisible()


def test_that_a_hundred_long_names_are_shown_without_growing_wider(bench: Bench, tmp_path: Path) -> None:
    bench.open(
        make_project(tmp_path, [(f"a class with quite a long name, number {k}", ()) for k in range(100)])
    )
    bench.bot.waitUntil(lambda: bench.panel.rows.verticalScrollBar().maximum() > 0)
    row = bench.panel.rows.rows[99]
    assert row.name.elided and row.name.text() in row.name.toolTip() and row.chip.key == ""
    assert bench.panel.rows.widget().width() <= bench.panel.width()
    row.setFocus()
    bench.bot.waitUntil(lambda: not row.visibleRegion().isEmpty())


def test_that_a_table_of_other_classes_does_not_confuse_the_counts(bench: Bench, tmp_path: Path) -> None:
    bench.open(make_project(tmp_path, first=30))
    session = bench.session
    session.execute(class_edits.remove(session.classes, 1, np.zeros(0, DECISION)))
    session.execute(class_edits.add(session.classes, [("new", ())], session.next_class_id))
    bench.panel._count()  # the snapshot of the new classes has not arrived
    assert [row.images.text() for row in bench.panel.rows.rows] == ["10", "0", "0"]
    bench.settle()
