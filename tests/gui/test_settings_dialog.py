"""Settings, keys, About and the page of shortcuts."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialogButtonBox, QLabel, QWidget
from pytestqt.qtbot import QtBot

from medlabel_gui.action_table import ACTIONS, MENUS
from medlabel_gui.dialogs.about import AboutDialog, show_about
from medlabel_gui.dialogs.settings import SettingsDialog
from medlabel_gui.dialogs.shortcuts import columns, sections, show_shortcuts
from medlabel_gui.keys import RESERVED, Conflict, changed_keys, conflicts, keys_of, taken_keys
from medlabel_gui.preview import page
from medlabel_gui.settings import Settings
from medlabel_gui.texts.actions import ActionTexts, MenuTexts, TipTexts

Button = QDialogButtonBox.StandardButton
CHOSEN = ("open_folder", "redo", "accept", "exclude")
SPECS = tuple(spec for spec in ACTIONS if spec.id in CHOSEN or spec.assigns)


@pytest.fixture
def parent(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    made.show()
    return made


@pytest.fixture
def settings() -> Settings:
    return Settings()


@pytest.fixture
def dialog(parent: QWidget, settings: Settings) -> SettingsDialog:
    made = SettingsDialog(settings, SPECS, {}, parent)
    made.open()
    return made


def press(dialog: SettingsDialog, standard: Button) -> None:
    dialog.findChild(QDialogButtonBox).button(standard).click()


def can(dialog: SettingsDialog, standard: Button) -> bool:
    return dialog.findChild(QDialogButtonBox).button(standard).isEnabled()


# Keys


def test_that_the_table_of_actions_has_no_conflict() -> None:
    assert conflicts(ACTIONS, {}) == []


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        ({}, []),
        ({"accept": ["X"]}, [Conflict("X", "accept", "exclude")]),
        ({"open_folder": ["X"]}, [Conflict("X", "open_folder", "exclude")]),
        ({"open_folder": ["ctrl+y"]}, [Conflict("Ctrl+Y", "open_folder", "redo")]),
        ({"open_folder": ["X"], "exclude": ["D"]}, []),
        ({"accept": ["Down"]}, [Conflict("Down", "accept")]),
        ({"open_folder": ["3"], "accept": ["3"]}, [Conflict("3", *pair) for pair in
            (("open_folder", "accept"), ("open_folder", "assign_3"), ("accept", "assign_3"))]),
        ({"open_folder": [], "redo": [""]}, []),
    ],
)  # fmt: skip
def test_that_two_actions_on_one_key_are_found(keys: dict, found: list[Conflict]) -> None:
    assert conflicts(SPECS, keys) == found


def test_that_the_key_of_a_class_is_taken_and_the_class_is_named() -> None:
    class_keys = {"k": "hand", "3": "head"}
    assert conflicts(SPECS, {}, class_keys) == []  # key 3 of “Assign class 3” is the one that gives it
    assert conflicts(SPECS, {"exclude": ["K"]}, class_keys) == [Conflict("K", "exclude", class_name="hand")]
    moved = {"assign_3": ["T"], "assign_5": ["3"]}
    assert conflicts(SPECS, moved, class_keys) == [Conflict("3", "assign_5", class_name="head")]


def test_that_classes_get_no_key_that_does_something_else() -> None:
    assert {"U", "X", "N", "Z", "+", "-", "=", "?"} <= taken_keys(ACTIONS, {})
    assert not set("123456789") & taken_keys(ACTIONS, {})
    changed = {"exclude": ["D"], "accept": ["4"], "assign_4": [], "assign_5": ["T"]}
    taken = taken_keys(ACTIONS, changed)
    assert "X" not in taken and {"D", "4", "T"} <= taken and "5" not in taken


def test_that_every_key_of_the_preview_is_reserved() -> None:
    keys = (*page._STEPS, *page._ZOOM, Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_Z, Qt.Key.Key_Escape)
    assert {QKeySequence(key).toString() for key in keys} <= set(RESERVED)
    for key in ("Z", "+", "-", "="):
        assert conflicts(SPECS, {"exclude": [key]}) == [Conflict(key, "exclude")]


def test_that_every_action_and_menu_has_its_text_and_no_text_is_left_over() -> None:
    def names(texts: type) -> set[str]:
        return {name for name in vars(texts) if not name.startswith("_")}

    ids = {"assign" if spec.assigns else spec.id for spec in ACTIONS}
    assert names(ActionTexts) == ids and names(TipTexts) <= ids
    assert names(MenuTexts) == set(MENUS) == {spec.menu for spec in ACTIONS}


def test_that_only_what_differs_from_the_table_is_kept() -> None:
    keys = {"open_folder": ["Ctrl+O"], "redo": ["Ctrl+Y"], "accept": []}
    assert changed_keys(SPECS, keys) == {"redo": ("Ctrl+Y",), "accept": ()}
    assert keys_of(SPECS[1], {}) == ("Ctrl+Shift+Z", "Ctrl+Y")


# Settings


def test_that_name_theme_and_keys_are_kept_on_ok(
    dialog: SettingsDialog, settings: Settings, qtbot: QtBot
) -> None:
    assert not can(dialog, Button.Apply)
    dialog.name.setText("Ada")
    dialog._theme.setCurrentIndex(dialog._theme.findData("dark"))
    dialog.shortcuts.choose("exclude")
    field = dialog.shortcuts._fields[0]
    QTest.keyClick(field, Qt.Key.Key_D)
    assert can(dialog, Button.Apply)
    with qtbot.waitSignal(dialog.changed, timeout=1000):
        press(dialog, Button.Ok)
    assert (settings.author, settings.theme, settings.shortcuts) == ("Ada", "dark", {"exclude": ("D",)})


def test_that_cancelling_keeps_nothing(dialog: SettingsDialog, settings: Settings) -> None:
    told: list[int] = []
    dialog.changed.connect(lambda: told.append(1))
    dialog.name.setText("Ada")
    dialog.shortcuts.choose("open_folder")
    dialog.shortcuts._fields[0].clear()
    press(dialog, Button.Cancel)
    assert (settings.author, settings.shortcuts, told) == ("", {}, [])


def test_that_applying_leaves_the_dialog_open(dialog: SettingsDialog, settings: Settings) -> None:
    dialog.name.setText("Ada")
    press(dialog, Button.Apply)
    assert settings.author == "Ada" and dialog.isVisible() and not can(dialog, Button.Apply)


def test_that_ok_without_a_change_says_nothing(dialog: SettingsDialog) -> None:
    told: list[int] = []
    dialog.changed.connect(lambda: told.append(1))
    press(dialog, Button.Ok)
    assert not told


def test_that_a_clash_names_the_other_action_and_can_be_resolved(
    dialog: SettingsDialog, settings: Settings
) -> None:
    editor = dialog.shortcuts
    dialog._tabs.setCurrentWidget(editor)
    editor.choose("accept")
    QTest.keyClick(editor._fields[0], Qt.Key.Key_4)
    assert editor._problem.isVisible()
    assert "“Accept” and “Assign class 4” share the key 4" in editor._problem.text()
    assert not can(dialog, Button.Ok) and not can(dialog, Button.Apply)
    assert editor._take.text() == "Take it from “Assign class 4”"
    editor._take.click()
    assert editor.keys["assign_4"] == () and editor.keys["accept"] == ("4", "Enter")
    assert not editor._problem.isVisible() and can(dialog, Button.Ok)
    press(dialog, Button.Ok)
    assert settings.shortcuts == {"accept": ("4", "Enter"), "assign_4": ()}


def test_that_a_key_that_moves_among_the_images_is_refused(dialog: SettingsDialog) -> None:
    dialog._tabs.setCurrentWidget(dialog.shortcuts)
    dialog.shortcuts.choose("accept")
    QTest.keyClick(dialog.shortcuts._fields[0], Qt.Key.Key_Down)
    assert "moves among the images" in dialog.shortcuts._problem.text()
    assert not dialog.shortcuts._take.isVisible() and not can(dialog, Button.Ok)


def test_that_a_key_of_the_preview_is_refused(dialog: SettingsDialog) -> None:
    dialog._tabs.setCurrentWidget(dialog.shortcuts)
    dialog.shortcuts.choose("exclude")
    QTest.keyClick(dialog.shortcuts._fields[0], Qt.Key.Key_Z)
    assert "Z is a key of the large preview" in dialog.shortcuts._problem.text()
    assert not can(dialog, Button.Ok)


def test_that_the_key_of_a_class_is_refused_and_the_class_is_named(
    parent: QWidget, settings: Settings
) -> None:
    dialog = SettingsDialog(
        settings, SPECS, {}, parent, class_keys={"k": "<b>hand</b>", "1": "head", "": "x"}
    )
    dialog.open()
    editor = dialog.shortcuts
    dialog._tabs.setCurrentWidget(editor)
    assert not editor.conflicts
    editor.choose("exclude")
    QTest.keyClick(editor._fields[0], Qt.Key.Key_K)
    assert "“Exclude” and the class “<b>hand</b>” share the key K" in editor._problem.text()
    assert editor._problem.textFormat() is Qt.TextFormat.PlainText
    assert not editor._take.isVisible() and not can(dialog, Button.Ok)
    QTest.keyClick(editor._fields[0], Qt.Key.Key_J)
    assert not editor._problem.isVisible() and can(dialog, Button.Ok)
    press(dialog, Button.Cancel)


def test_that_one_action_or_all_are_reset(parent: QWidget, settings: Settings) -> None:
    settings.shortcuts = {"open_folder": ("F2",), "exclude": ("D",)}
    dialog = SettingsDialog(settings, SPECS, settings.shortcuts, parent)
    editor = dialog.shortcuts
    dialog.open()
    editor.choose("redo")
    assert not editor._reset.isEnabled()
    editor.choose("open_folder")
    editor._reset.click()
    assert editor.keys["open_folder"] == ("Ctrl+O",) and editor.keys["exclude"] == ("D",)
    assert editor._fields[0].keySequence().toString() == "Ctrl+O"
    editor._reset_all.click()
    press(dialog, Button.Ok)
    assert settings.shortcuts == {}


def test_that_an_action_has_two_keys_at_most_and_each_once(dialog: SettingsDialog) -> None:
    editor = dialog.shortcuts
    editor.choose("redo")
    assert [f.keySequence().toString() for f in editor._fields] == ["Ctrl+Shift+Z", "Ctrl+Y"]
    editor._fields[1].setKeySequence("Ctrl+Shift+Z")
    assert editor.keys["redo"] == ("Ctrl+Shift+Z",)
    editor._fields[0].clear()
    editor._fields[1].clear()
    assert editor.keys["redo"] == ()


def test_that_actions_are_found_by_name_and_by_key(dialog: SettingsDialog) -> None:
    editor = dialog.shortcuts

    def shown() -> set[str]:
        return {name for name, item in editor._items.items() if not item.isHidden()}

    editor._search.setText("exclu")
    assert shown() == {"exclude"} and editor._headings["file"].isHidden()
    editor._search.setText("ctrl+y")
    assert shown() == {"redo"}
    editor._search.clear()
    assert len(shown()) == len(SPECS) and not editor._headings["file"].isHidden()


# Shortcuts and About


def texts(widget: QWidget) -> str:
    return " ".join(label.text() for label in widget.findChildren(QLabel))


def test_that_the_page_shows_the_keys_as_they_are_now(parent: QWidget) -> None:
    page = show_shortcuts(parent, SPECS, {"exclude": ("Q",), "open_folder": ()})
    assert "Q</td><td>Exclude" in texts(page) and "X</td>" not in texts(page)
    assert "Open folder" not in texts(page) and "1 to 9" in texts(page) and "Shift+click" in texts(page)
    page.search.setText("redo")
    assert "Redo" in texts(page) and "Exclude" not in texts(page)
    page.search.setText("nothing like it")
    assert "Nothing has that name" in texts(page)
    page.close()


def test_that_numbers_that_were_changed_are_told_one_by_one() -> None:
    review = next(s for s in sections(SPECS, {"assign_2": ("T",)}) if s.title == "Review")
    assert ("T", "Assign class 2") in review.lines and ("3", "Assign class 3") in review.lines


def test_that_the_page_has_the_keys_that_are_no_actions() -> None:
    lines = {line for section in sections(SPECS, {}) for line in section.lines}
    keys = {key for key, _ in lines}
    assert {"Z", "+, -", "Wheel", "Drag, right button", "F2", "Alt+Up, Alt+Down"} <= keys
    assert keys & {"Del", "Delete"}
    assert any("class's own key" in key for key in keys)
    assert any("Save the note" in meaning and "Ctrl" in key for key, meaning in lines)
    titles = [section.title for section in sections(SPECS, {})]
    assert {"Large preview", "List of classes", "While writing a note"} <= set(titles)


def test_that_the_columns_keep_every_section_in_order() -> None:
    given = sections(ACTIONS, {})
    first, second = columns(given)
    assert first + second == given and first and second
    assert columns([]) == ([], [])


def test_that_about_names_versions_device_licences_and_the_limits(parent: QWidget) -> None:
    about = show_about(parent, "CPU, 2 cores")
    shown = texts(about)
    for part in ("not for diagnosis", "CPU, 2 cores", "PySide6", "PyTorch", "Apache-2.0", "LGPL-3.0", "ISC"):
        assert part in shown
    assert isinstance(about, AboutDialog)
    about.copy()
    assert "Computes on: CPU, 2 cores\n" in QGuiApplication.clipboard().text()
    about.close()
