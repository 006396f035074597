"""Every action of the table runs once, and its effect on the data is asserted."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QLabel, QPlainTextEdit

from core.datasets.samples import sample_classes, sample_labels
from core.project.project import Project
from core.project.queries import Query
from core.project.records import Status
from core.tasks.export import ExportSpec
from core.tasks.saved_models import model_info
from medlabel_gui.action_table import ACTIONS, TOOLBAR
from medlabel_gui.centre import Page
from medlabel_gui.dialogs.export import ExportDialog
from medlabel_gui.dialogs.import_labels import ImportLabelsDialog
from medlabel_gui.dialogs.paste_classes import PasteClassesDialog
from medlabel_gui.dialogs.refine_options import RefineOptionsDialog
from medlabel_gui.dialogs.settings import SettingsDialog
from medlabel_gui.refine_choice import kept_choice
from tests.gui.conftest import Driver, make_images
from tests.gui.fakes import endless, write_model

Effect = Callable[[Driver, Path], None]
EFFECTS: dict[str, Effect] = {}


def effect(*action_ids: str) -> Callable[[Effect], Effect]:
    def register(function: Effect) -> Effect:
        EFFECTS.update(dict.fromkeys(action_ids, function))
        return function

    return register


def statuses(driver: Driver) -> list[int]:
    """As another process would read them."""
    with Project.open(driver.window.session.project) as project:
        return project.table().status.tolist()


@effect("open_folder")
def _(driver: Driver, tmp_path: Path) -> None:
    driver.files.answer = make_images(tmp_path / "others", 5)
    driver.trigger("open_folder")
    assert len(driver.table) == 5


@effect("open_npz")
def _(driver: Driver, tmp_path: Path) -> None:
    driver.files.answer = tmp_path / "set.npz"
    np.savez(driver.files.answer, train_images=np.zeros((7, 28, 28), np.uint8))
    driver.trigger("open_npz")
    assert len(driver.table) == 7


@effect("open_project")
def _(driver: Driver, tmp_path: Path) -> None:
    project = driver.window.session.project
    driver.open(make_images(tmp_path / "others", 5))
    driver.files.answer = project
    driver.trigger("open_project")
    assert driver.window.session.project == project and len(driver.table) == 12


@effect("rescan")
def _(driver: Driver, tmp_path: Path) -> None:
    make_images(tmp_path / "images", 13)
    driver.trigger("rescan")
    assert len(driver.table) == 13


@effect("find_duplicates")
def _(driver: Driver, tmp_path: Path) -> None:
    driver.trigger("find_duplicates")
    assert "No image is there twice" in driver.parts.messages.text


@effect("choose_slices")
def _(driver: Driver, tmp_path: Path) -> None:
    from medlabel_gui.dialogs.slices import SlicesDialog

    driver.trigger("choose_slices")
    driver.window.findChild(SlicesDialog).reject()
    assert len(driver.table) == 12


@effect("select_duplicates")
def _(driver: Driver, tmp_path: Path) -> None:
    driver.table.duplicate[[2, 5, 7]] = 2
    driver.window.refresh_actions()
    driver.trigger("select_duplicates")
    assert driver.parts.view.selected_positions().tolist() == [5, 7]


@effect("open_samples")
def _(driver: Driver, tmp_path: Path) -> None:
    driver.trigger("open_samples")
    assert len(driver.table) == len(sample_labels())
    assert [c.name for c in driver.window.session.classes] == list(sample_classes())


@effect("relink")
def _(driver: Driver, tmp_path: Path) -> None:
    project = driver.window.session.project
    driver.files.answer = (tmp_path / "images").rename(tmp_path / "moved")
    driver.trigger("relink")
    assert driver.window.session.project == project
    assert driver.window.session.source_path == tmp_path / "moved"


@effect("refine_options")
def _(driver: Driver, tmp_path: Path) -> None:
    driver.trigger("refine_options")
    dialog = driver.window.findChild(RefineOptionsDialog)
    dialog.network.show_network("resnet18")
    dialog.ok_button.click()
    assert kept_choice(driver.window.settings).training.network == "resnet18"
    assert "ResNet-18" in driver.parts.sidebar.refine.state


@effect("save_model")
def _(driver: Driver, tmp_path: Path) -> None:
    driver.label()
    driver.trigger("refine")
    driver.files.answer = tmp_path / "mine"
    driver.trigger("save_model")
    saved = tmp_path / "mine.medlabel-model"
    assert model_info(saved).classes == ("first", "second")
    assert str(saved) in driver.parts.messages.text


@effect("label_saved")
def _(driver: Driver, tmp_path: Path) -> None:
    driver.label()
    driver.files.answer = write_model(tmp_path / "x.medlabel-model", ["first", "second"])
    driver.trigger("label_saved")
    assert driver.table.label.tolist() == [1] * 12
    assert "12 images" in driver.parts.messages.text and "“x”" in driver.parts.messages.text


@effect("import_labels")
def _(driver: Driver, tmp_path: Path) -> None:
    known = tmp_path / "known.csv"
    known.write_text("file_name,label\nimage_003.png,second\n")
    driver.trigger("import_labels")
    dialog = driver.window.findChild(ImportLabelsDialog)
    dialog.read(known)
    driver.settle()
    dialog.import_button.click()
    driver.settle()
    assert driver.table.truth.tolist() == [-1, -1, -1, 1] + [-1] * 8


@effect("export")
def _(driver: Driver, tmp_path: Path) -> None:
    driver.trigger("export")
    dialog = driver.window.findChild(ExportDialog)
    assert dialog.isVisible()
    spec = ExportSpec(driver.window.session.project, "csv", tmp_path / "out.csv")
    dialog.export_wanted.emit(spec)
    dialog.close()
    driver.settle()
    assert spec.out.read_text() == "csv True"
    assert f"12 images to {spec.out}. Left out: 3 (unsure)." in driver.parts.messages.text


@effect("quit")
def _(driver: Driver, tmp_path: Path) -> None:
    driver.window.actions_table["quit"].trigger()
    driver.bot.waitUntil(lambda: not driver.window.isVisible())
    assert driver.window.session.project is None


@effect("undo")
def _(driver: Driver, tmp_path: Path) -> None:
    driver.select(0, 1)
    driver.trigger("exclude")
    driver.trigger("undo")
    assert statuses(driver)[:2] == [Status.PREDICTED] * 2


@effect("redo")
def _(driver: Driver, tmp_path: Path) -> None:
    driver.select(0, 1)
    driver.trigger("exclude")
    driver.trigger("undo")
    driver.trigger("redo")
    assert statuses(driver)[:3] == [Status.EXCLUDED, Status.EXCLUDED, Status.PREDICTED]


@effect("select_all")
def _(driver: Driver, tmp_path: Path) -> None:
    driver.trigger("select_all")
    driver.trigger("accept")
    assert statuses(driver) == [Status.ACCEPTED] * 12


@effect("label")
def _(driver: Driver, tmp_path: Path) -> None:
    driver.label(("alpha", ("a picture of alpha",)), "beta")
    with Project.open(driver.window.session.project) as project:
        assert [(c.name, c.prompts) for c in project.classes] == [
            ("alpha", ("a picture of alpha",)),
            ("beta", ()),
        ]
        assert project.table().label.tolist() == [0, 1] * 6
    assert driver.table.label.tolist() == [0, 1] * 6


@effect("refine")
def _(driver: Driver, tmp_path: Path) -> None:
    driver.trigger("refine")
    assert driver.table.label.tolist() == [0] * 6 + [1] * 6
    assert [e.epoch for e in driver.parts.curves.epochs] == [1, 2, 3]
    driver.bot.waitUntil(lambda: "The refined labels are shown" in driver.parts.summary.text)
    assert "another label" in driver.parts.messages.text


@effect("cancel")
def _(driver: Driver, tmp_path: Path) -> None:
    runs = len(_runs(driver))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("core.tasks.label.label", endless)
        driver.window.actions_table["label"].trigger()
        driver.bot.waitUntil(lambda: "of 1,000" in driver.parts.progress.text)
        driver.trigger("cancel")
    assert not driver.window.work.busy and len(_runs(driver)) == runs
    assert "Stopped" in driver.parts.messages.text


def _runs(driver: Driver) -> list:
    with Project.open(driver.window.session.project) as project:
        return project.runs.all()


@effect("accept")
def _(driver: Driver, tmp_path: Path) -> None:
    driver.select(1, 2)
    driver.trigger("accept")
    assert statuses(driver)[:4] == [Status.PREDICTED, Status.ACCEPTED, Status.ACCEPTED, Status.PREDICTED]
    assert driver.table.label[:4].tolist() == [0, 1, 0, 1]


@effect("unsure")
def _(driver: Driver, tmp_path: Path) -> None:
    driver.select(3)
    driver.trigger("unsure")
    assert statuses(driver)[3] == Status.UNSURE


@effect("exclude")
def _(driver: Driver, tmp_path: Path) -> None:
    driver.select(3)
    driver.trigger("exclude")
    assert statuses(driver)[3] == Status.EXCLUDED


@effect("withdraw")
def _(driver: Driver, tmp_path: Path) -> None:
    driver.select(3)
    driver.trigger("unsure")
    driver.trigger("withdraw")
    assert statuses(driver)[3] == Status.PREDICTED


@effect(*(f"assign_{number}" for number in range(1, 10)))
def _(driver: Driver, tmp_path: Path) -> None:
    driver.label(*(f"class {number}" for number in range(1, 10)))
    for position in range(9):
        driver.select(11)
        driver.trigger(f"assign_{position + 1}")
        assert driver.table.label[11] == position
    driver.select(0)
    driver.trigger("assign_1")
    assert statuses(driver)[0] == Status.ACCEPTED  # it was the label shown
    assert statuses(driver)[11] == Status.CORRECTED


@effect("larger")
def _(driver: Driver, tmp_path: Path) -> None:
    before = driver.parts.view.side
    driver.trigger("larger")
    assert driver.window.settings.tile_side == driver.parts.view.side > before


@effect("smaller")
def _(driver: Driver, tmp_path: Path) -> None:
    before = driver.parts.view.side
    driver.trigger("smaller")
    assert driver.window.settings.tile_side == driver.parts.view.side < before


@effect("shortcuts", "about")
def _(driver: Driver, tmp_path: Path) -> None:
    for action_id, text in (("shortcuts", "Ctrl+Shift+Z"), ("about", "not for diagnosis")):
        driver.trigger(action_id)
        dialog = driver.window.findChild(QDialog)
        shown = " ".join(child.text() for child in dialog.findChildren(QLabel))
        assert text in shown
        dialog.close()
        driver.bot.wait(20)


@effect("note")
def _(driver: Driver, tmp_path: Path) -> None:
    driver.select(2, 5)
    driver.trigger("note")
    dialog = driver.window.findChild(QDialog)
    dialog.findChild(QPlainTextEdit).setPlainText("ask again")
    dialog.accept()
    with Project.open(driver.window.session.project) as project:
        assert project.history.notes == {2: "ask again", 5: "ask again"}
    assert driver.table.note[5] == "ask again"


@effect("settings")
def _(driver: Driver, tmp_path: Path) -> None:
    driver.trigger("settings")
    dialog = driver.window.findChild(SettingsDialog)
    driver.window.settings.author = "Ada"
    driver.window.settings.shortcuts = {"exclude": ("D",)}
    dialog.changed.emit()
    dialog.close()
    driver.select(0)
    QTest.keyClick(driver.parts.view, Qt.Key.Key_D)
    assert statuses(driver)[0] == Status.EXCLUDED
    assert driver.window.session.decided_by(0)[0] == "Ada"


@effect("add_class")
def _(driver: Driver, tmp_path: Path) -> None:
    driver.window.activateWindow()
    driver.trigger("add_class")
    driver.parts.classes.add_names("third")
    driver.settle()
    assert [c.name for c in driver.window.session.classes] == ["first", "second", "third"]


@effect("paste_classes")
def _(driver: Driver, tmp_path: Path) -> None:
    driver.trigger("paste_classes")
    dialog = driver.window.findChild(PasteClassesDialog)
    dialog.findChild(QPlainTextEdit).setPlainText("first\nthird = a third thing")
    dialog.accept()
    driver.settle()
    assert "third" in [c.name for c in driver.window.session.classes]


@effect("review")
def _(driver: Driver, tmp_path: Path) -> None:
    driver.trigger("review")
    assert driver.window.parts.centre.page is Page.PREVIEW
    assert driver.table.confidence[driver.parts.preview.row] == np.float32(0.6)  # the least sure come first
    first = driver.parts.preview.row
    driver.trigger("accept")
    assert statuses(driver)[first] == Status.ACCEPTED
    driver.bot.waitUntil(lambda: driver.parts.preview.row != first)


@effect("review_changed")
def _(driver: Driver, tmp_path: Path) -> None:
    driver.trigger("refine")
    driver.trigger("review_changed")
    shown = sorted(driver.parts.model.rows.tolist())
    assert shown == [1, 3, 5, 6, 8, 10]


@effect("preview")
def _(driver: Driver, tmp_path: Path) -> None:
    driver.select(4)
    driver.parts.centre.go_to(4)
    driver.trigger("preview")
    assert driver.parts.centre.page is Page.PREVIEW and driver.parts.preview.row == 4
    driver.trigger("preview")
    assert driver.parts.centre.page is Page.GRID


@effect("find")
def _(driver: Driver, tmp_path: Path) -> None:
    driver.window.activateWindow()
    driver.trigger("find")
    field = QApplication.focusWidget()
    QTest.keyClicks(field, "e_003")
    driver.bot.waitUntil(lambda: driver.parts.model.rows.tolist() == [3])


@effect("clear_filter")
def _(driver: Driver, tmp_path: Path) -> None:
    driver.parts.filter_bar.set_query(Query(classes=frozenset({0})))
    assert driver.parts.model.rowCount() == 6
    driver.trigger("clear_filter")
    assert driver.parts.model.rowCount() == 12


@effect("group")
def _(driver: Driver, tmp_path: Path) -> None:
    driver.trigger("group")
    assert driver.parts.model.rows.tolist() == [0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11]
    driver.trigger("group")
    assert driver.parts.model.rows.tolist() == list(range(12))


@pytest.mark.parametrize("action_id", [spec.id for spec in ACTIONS])
def test_that_an_action_does_what_it_says(opened: Driver, tmp_path: Path, action_id: str) -> None:
    opened.label()
    EFFECTS[action_id](opened, tmp_path)


def test_that_ids_and_keys_of_the_table_are_unique() -> None:
    ids = [spec.id for spec in ACTIONS]
    keys = [key for spec in ACTIONS for key in spec.keys]
    assert len(set(ids)) == len(ids) and len(set(keys)) == len(keys)
    assert {action_id for group in TOOLBAR for action_id in group} <= set(ids)


def test_that_without_a_project_only_opening_and_help_are_enabled(driver: Driver) -> None:
    enabled = {spec.id for spec in ACTIONS if driver.window.actions_table[spec.id].isEnabled()}
    assert enabled == {
        "open_folder",
        "open_npz",
        "open_project",
        "open_samples",
        "quit",
        "settings",
        "shortcuts",
        "about",
    }


def test_that_keys_in_the_grid_decide_and_letters_typed_elsewhere_do_not(opened: Driver) -> None:
    opened.label()
    opened.window.activateWindow()
    opened.select(0)
    opened.trigger("find")
    field = QApplication.focusWidget()
    QTest.keyClicks(field, "x2u")
    assert statuses(opened)[0] == Status.PREDICTED
    assert field.text() == "x2u"
    opened.bot.waitUntil(opened.window.actions_table["clear_filter"].isEnabled)
    opened.trigger("clear_filter")
    opened.select(0)
    opened.parts.view.setFocus()
    QTest.keyClick(opened.parts.view, Qt.Key.Key_2)
    assert opened.table.label[0] == 1
    QTest.keyClick(opened.parts.view, Qt.Key.Key_X)
    assert statuses(opened)[0] == Status.EXCLUDED


def test_that_accepting_keeps_corrections(opened: Driver) -> None:
    opened.label()
    opened.select(0)
    opened.trigger("assign_2")
    opened.trigger("select_all")
    opened.trigger("accept")
    assert statuses(opened) == [Status.CORRECTED] + [Status.ACCEPTED] * 11
    assert opened.table.label[0] == 1


def test_that_assigning_to_a_mixed_selection_corrects_only_what_shows_another_label(opened: Driver) -> None:
    opened.label()
    opened.select(0, 1)
    opened.trigger("assign_1")
    assert statuses(opened)[:2] == [Status.ACCEPTED, Status.CORRECTED]


def test_that_accepting_without_labels_explains_itself(opened: Driver) -> None:
    opened.select(0)
    opened.trigger("accept")
    assert "no label" in opened.parts.messages.text
