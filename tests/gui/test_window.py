"""The window as a whole: opening, errors, crashes, closing."""

import sys
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import shiboken6
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QDialog, QMessageBox, QPlainTextEdit, QPushButton

from core.errors import UserError
from core.jobs import JobContext
from core.project.class_edits import remove, rename, reorder
from core.project.project import Project
from core.project.records import Status
from core.refine.events import BatchEnd
from core.tasks.label import LabelResult, LabelSpec, RowsLabelled
from core.tasks.models import DeviceInfo
from core.tasks.refine import RefineResult, RefineSpec
from medlabel_gui.app import install_exception_hook, parse_arguments
from medlabel_gui.centre import Page
from medlabel_gui.message import Kind
from medlabel_gui.session import Aspect
from tests.gui.conftest import Driver, make_images
from tests.gui.fakes import endless, fake_label, fake_refine


def test_that_a_dropped_folder_is_opened(driver: Driver, images: Path) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(images))])
    drop = QDropEvent(
        QPointF(500, 300),
        Qt.DropAction.CopyAction,
        mime,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    driver.window.dropEvent(drop)
    driver.settle()
    assert driver.window.windowTitle() == "images - MedLabel"
    assert len(driver.table) == 12


def test_that_the_command_line_takes_one_path_or_none() -> None:
    assert parse_arguments([]).path is None
    assert parse_arguments(["here"]).path == Path("here")


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda folder: folder / "nowhere", "There is no folder or file"),
        (lambda folder: _text_file(folder), "neither a folder nor an NPZ"),
    ],
)
def test_that_what_cannot_be_opened_is_named(driver: Driver, tmp_path: Path, make, told: str) -> None:
    driver.open(make(tmp_path))
    assert told in driver.parts.messages.text
    assert driver.parts.messages.isVisible()
    assert driver.window.session.project is None


def _text_file(folder: Path) -> Path:
    path = folder / "notes.txt"
    path.write_text("hello")
    return path


def test_that_an_empty_folder_says_so(driver: Driver, tmp_path: Path) -> None:
    (tmp_path / "nothing").mkdir()
    driver.open(tmp_path / "nothing")
    assert driver.parts.centre.page is Page.START
    assert driver.parts.empty._title.text() == "No images found"


def test_that_opening_a_folder_again_finds_everything(opened: Driver, images: Path, tmp_path: Path) -> None:
    opened.label()
    opened.select(4)
    opened.trigger("unsure")
    opened.open(make_images(tmp_path / "others", 3))
    assert len(opened.table) == 3
    opened.open(images)
    assert opened.table.status[4] == Status.UNSURE
    assert opened.table.label.tolist() == [0, 1] * 6
    assert [name for name, _ in opened.parts.classes.entries()] == ["first", "second"]
    assert opened.window.session.can_undo


def test_that_labels_appear_while_the_job_runs(opened: Driver) -> None:
    seen: list[int] = []
    opened.window.session.changed.connect(
        lambda change: change.aspect is Aspect.LABELS and seen.append(int((opened.table.label >= 0).sum()))
    )
    opened.label()
    assert seen == list(range(1, 13))


def test_that_labelling_without_classes_explains_itself(opened: Driver) -> None:
    opened.trigger("label")
    assert "two classes" in opened.parts.messages.text
    assert not opened.window.work.busy


def test_that_the_crash_of_a_job_is_shown_and_the_window_goes_on(
    opened: Driver, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def crash(*_: object) -> None:
        raise ZeroDivisionError("boom")

    monkeypatch.setattr("core.tasks.label.label", crash)
    opened.label()
    assert "boom" in opened.parts.messages.text
    assert "ZeroDivisionError" in opened.parts.messages.details
    assert opened.window.isVisible() and not opened.window.work.busy
    opened.select(0)
    opened.trigger("exclude")
    assert opened.table.status[0] == Status.EXCLUDED


def test_that_an_unexpected_exception_is_shown(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    install_exception_hook(driver.window)
    error = RuntimeError("a slot failed")
    sys.excepthook(RuntimeError, error, None)
    assert "a slot failed" in driver.parts.messages.text


def test_that_a_vanished_folder_is_explained_and_labels_stay(
    opened: Driver, images: Path, tmp_path: Path
) -> None:
    opened.label()
    project = opened.window.session.project
    images.rename(tmp_path / "moved")
    opened.open(make_images(tmp_path / "others", 3))
    opened.open(project)
    assert "no longer at" in opened.parts.messages.text
    assert opened.table.label.tolist() == [0, 1] * 6
    assert not opened.window.actions_table["label"].isEnabled()
    opened.files.answer = tmp_path / "moved"
    opened.trigger("relink")
    assert opened.window.session.source_path == tmp_path / "moved"
    assert opened.window.actions_table["label"].isEnabled()


def _answer(driver: Driver, text: str) -> None:
    (box,) = driver.window.findChildren(QMessageBox)
    next(b for b in box.findChildren(QPushButton) if b.text().replace("&", "") == text).click()
    driver.settle()


@pytest.mark.parametrize(("answer", "resumed"), [("Use its labels", True), ("Start afresh", False)])
def test_that_a_moved_folder_is_recognised_and_its_labels_are_offered(
    opened: Driver, images: Path, tmp_path: Path, answer: str, resumed: bool
) -> None:
    opened.label()
    project = opened.window.session.project
    moved = images.rename(tmp_path / "moved")
    opened.open(moved)
    _answer(opened, answer)
    assert (opened.window.session.project == project) is resumed
    assert opened.window.session.source_path == moved
    assert len(opened.table) == 12
    assert opened.table.label.tolist() == ([0, 1] * 6 if resumed else [-1] * 12)


def test_that_new_and_missing_images_are_offered(opened: Driver, images: Path) -> None:
    make_images(images, 15)
    (images / "image_004.png").unlink()
    opened.trigger("rescan")
    assert "3 new, 11 have changed, 1 is no longer there" in opened.parts.messages.text
    opened.window.commands.opening.show_new(12, 3)
    assert opened.parts.model.rows.tolist() == [12, 13, 14]
    opened.window.commands.opening.show_missing()
    assert opened.parts.model.rows.tolist() == [4]


def test_that_a_second_job_is_refused_while_one_runs(opened: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.tasks.label.label", endless)
    opened.set_classes("a", "b")
    opened.window.actions_table["label"].trigger()
    opened.window.open_path(Path("/"))
    assert "Another job is running" in opened.parts.messages.text
    opened.window.work.cancel()
    opened.settle()


def _close_during_job(driver: Driver, monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    monkeypatch.setattr("core.tasks.label.label", endless)
    driver.set_classes("a", "b")
    driver.window.actions_table["label"].trigger()
    driver.window.close()
    driver.window.close()
    boxes = driver.window.findChildren(QMessageBox)
    assert len(boxes) == 1, "it asks once"
    assert driver.window.isVisible() and driver.window.work.busy
    next(b for b in boxes[0].findChildren(QPushButton) if b.text().replace("&", "") == answer).click()


def test_that_closing_during_a_job_asks_once_and_stops_cleanly(
    opened: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = opened.window.session.project
    _close_during_job(opened, monkeypatch, "Stop and close")
    opened.bot.waitUntil(lambda: not opened.window.isVisible(), timeout=5000)
    assert not opened.window.runner.jobs
    with Project.open(project) as stored:
        assert [c.name for c in stored.classes] == ["a", "b"]


def test_that_closing_can_be_thought_better_of(opened: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    _close_during_job(opened, monkeypatch, "Keep running")
    assert opened.window.isVisible() and opened.window.work.busy
    opened.window.work.cancel()
    opened.settle()
    assert opened.window.isVisible()


def test_that_an_edit_of_the_classes_is_one_step_that_labels_again(
    opened: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened.label("one", "two")
    asked: list[LabelSpec] = []

    def record(spec: LabelSpec, ctx: JobContext) -> LabelResult:
        asked.append(spec)
        return fake_label(spec, ctx)

    monkeypatch.setattr("core.tasks.label.label", record)
    opened.parts.classes.add_names("three")
    opened.bot.waitUntil(lambda: len(asked) == 1)
    opened.settle()
    assert asked[0].only_stored and asked[0].model == "starter"
    assert [c.name for c in opened.table.classes] == ["one", "two", "three"]
    opened.trigger("undo")
    opened.bot.waitUntil(lambda: len(asked) == 2)
    opened.settle()
    opened.bot.wait(400)
    assert len(asked) == 2 and [c.name for c in opened.window.session.classes] == ["one", "two"]


def test_that_an_edit_made_while_a_snapshot_is_read_is_not_lost(opened: Driver) -> None:
    opened.label()
    opened.window.session.reload()
    opened.select(2)
    opened.window.actions_table["exclude"].trigger()
    opened.settle()
    assert opened.table.status[2] == Status.EXCLUDED


def test_that_window_geometry_is_remembered(opened: Driver) -> None:
    opened.window.resize(901, 655)
    opened.window.close()
    opened.bot.waitUntil(lambda: not opened.window.isVisible())
    assert not opened.window.settings.geometry.isEmpty()


def test_that_first_labels_follow_their_class_when_classes_change_meanwhile(
    opened: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened.set_classes("first", "second")
    go_on = threading.Event()

    def label_half(spec: LabelSpec, ctx: JobContext) -> None:
        with Project.open(spec.project) as project:
            ids = np.array([c.id for c in project.classes], np.int32)
        rows = np.arange(6)
        ctx.emit(RowsLabelled(rows, ids[rows % 2], np.full(6, 0.9, np.float32)))
        assert go_on.wait(10)
        ctx.check()

    monkeypatch.setattr("core.tasks.label.label", label_half)
    opened.window.actions_table["label"].trigger()
    opened.bot.waitUntil(lambda: opened.table.label[:6].tolist() == [0, 1] * 3)
    classes = opened.window.session.classes
    session = opened.window.session
    session.execute(reorder(classes, [classes[1].id, classes[0].id]))
    opened.bot.waitUntil(lambda: [c.name for c in opened.table.classes] == ["second", "first"])
    assert opened.table.label.tolist() == [1, 0] * 3 + [-1] * 6
    session.execute(remove(session.classes, classes[0].id, session.decisions))
    opened.bot.waitUntil(lambda: len(opened.table.classes) == 1)
    assert opened.table.label.tolist() == [-1, 0] * 3 + [-1] * 6
    opened.select(1)
    opened.window.actions_table["accept"].trigger()
    assert session.decisions["class_id"][1] == classes[1].id
    go_on.set()
    opened.window.work.cancel()
    opened.settle()


def test_that_a_class_removed_a_moment_ago_cannot_be_accepted(opened: Driver) -> None:
    opened.label()
    session = opened.window.session
    first = session.classes[0]
    session.execute(remove(session.classes, first.id, session.decisions))
    opened.select(0, 1)  # the table still shows the class
    opened.window.actions_table["accept"].trigger()
    assert session.decisions["class_id"][:2].tolist() == [-1, session.classes[0].id]
    opened.settle()


def test_that_a_prompt_edited_while_another_model_labels_is_followed_with_that_model(
    opened: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened.label()
    asked: list[LabelSpec] = []
    go_on = threading.Event()

    def record(spec: LabelSpec, ctx: JobContext) -> LabelResult:
        result = fake_label(spec, ctx)  # with the classes as they were when it began
        asked.append(spec)
        assert go_on.wait(10)
        return result

    monkeypatch.setattr("core.tasks.label.label", record)
    opened.window.work.label("other", "cpu")
    opened.bot.waitUntil(lambda: len(asked) == 1)
    session = opened.window.session
    session.execute(rename(session.classes, session.classes[0].id, "third"))
    opened.window.parts.relabel.now()
    go_on.set()
    opened.bot.waitUntil(lambda: len(asked) == 2, timeout=5000)
    opened.settle()
    assert [(spec.model, spec.only_stored) for spec in asked] == [("other", False), ("other", True)]


def test_that_a_note_is_not_written_into_another_project(opened: Driver, tmp_path: Path) -> None:
    opened.select(3)
    opened.trigger("note")
    dialog = opened.window.findChild(QDialog)
    dialog.findChild(QPlainTextEdit).setPlainText("of the first project")
    opened.open(make_images(tmp_path / "others", 5))
    assert not shiboken6.isValid(dialog) or not dialog.isVisible()
    assert opened.table.note == [""] * 5


def test_that_a_mixed_selection_keeps_its_notes_when_nothing_is_typed(opened: Driver) -> None:
    opened.window.commands.reviewing.write_note(np.array([1]), "one")
    opened.select(0, 1)
    opened.trigger("note")
    opened.window.findChild(QDialog).accept()
    assert opened.table.note[1] == "one"


def test_that_a_relink_to_strangers_is_asked_about(opened: Driver, tmp_path: Path) -> None:
    opened.files.answer = make_images(tmp_path / "strangers", 3)
    (opened.files.answer / "image_000.png").write_bytes(b"x")
    opened.trigger("relink")
    assert opened.window.session.source_path == tmp_path / "images"
    _answer(opened, "Use this folder anyway")
    assert opened.window.session.source_path == tmp_path / "strangers"


def test_that_a_moved_npz_can_be_relinked(driver: Driver, tmp_path: Path) -> None:
    np.savez(tmp_path / "set.npz", train_images=np.zeros((7, 28, 28), np.uint8))
    driver.open(tmp_path / "set.npz")
    driver.files.answer = (tmp_path / "set.npz").rename(tmp_path / "moved.npz")
    driver.trigger("relink")
    assert driver.window.session.source_path == tmp_path / "moved.npz" and len(driver.table) == 7


def test_that_a_failed_relabelling_is_told_once(opened: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    opened.label()
    asked: list[LabelSpec] = []

    def fail(spec: LabelSpec, ctx: JobContext) -> None:
        asked.append(spec)
        raise UserError("The model is gone.")

    monkeypatch.setattr("core.tasks.label.label", fail)
    opened.parts.classes.add_names("third")
    opened.bot.waitUntil(lambda: "The model is gone" in opened.parts.messages.text)
    opened.select(0)
    opened.trigger("unsure")
    opened.bot.wait(400)
    assert len(asked) == 1


def test_that_a_job_started_after_closing_was_asked_for_is_not_cut_off(
    opened: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened.set_classes("a", "b")
    go_on = threading.Event()
    opened.window.runner.start("slow", lambda _: go_on.wait(10), "io")
    opened.window.close()
    assert opened.window.isVisible()
    monkeypatch.setattr("core.tasks.label.label", endless)
    opened.window.actions_table["label"].trigger()
    go_on.set()
    opened.bot.wait(100)
    assert opened.window.isVisible() and opened.window.work.busy
    opened.window.work.cancel()
    opened.settle()
    assert opened.window.isVisible()


def test_that_refining_again_trains_another_run(opened: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    opened.label()
    seeds: list[int] = []

    def record(spec: RefineSpec, ctx: JobContext) -> RefineResult:
        seeds.append(spec.seed)
        return fake_refine(spec, ctx)

    monkeypatch.setattr("core.tasks.refine.refine", record)
    opened.trigger("refine")
    opened.trigger("refine")
    assert seeds == [0, 1]


def test_that_warnings_of_a_refinement_are_told_as_a_warning(
    opened: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def warn(spec: RefineSpec, ctx: JobContext) -> RefineResult:
        return replace(fake_refine(spec, ctx), warnings=("The errors look learnable.",))

    opened.label()
    opened.trigger("refine")
    assert opened.parts.messages.kind is Kind.NOTE
    monkeypatch.setattr("core.tasks.refine.refine", warn)
    opened.trigger("refine")
    assert opened.parts.messages.kind is Kind.WARNING
    assert "The errors look learnable." in opened.parts.messages.text


def test_that_batches_reach_the_curves(opened: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    texts: list[str] = []

    def train(spec: RefineSpec, ctx: JobContext) -> RefineResult:
        ctx.emit(BatchEnd(1, 7, 40, 0.5, "small"))
        return fake_refine(spec, ctx)

    monkeypatch.setattr("core.tasks.refine.refine", train)
    opened.label()
    opened.window.work.batch_ended.connect(lambda _: texts.append(opened.parts.curves.text))
    opened.trigger("refine")
    assert texts == ["Small CNN. Epoch 1: batch 7 of 40, loss 0.500."]


def test_that_the_menu_says_what_would_be_undone(opened: Driver) -> None:
    opened.label()
    opened.select(0, 1, 2)
    opened.trigger("exclude")
    undo = opened.window.actions_table["undo"]
    assert undo.text().endswith(": Exclude 3 images") and undo.iconText() == "Undo"
    opened.trigger("undo")
    assert opened.window.actions_table["redo"].text().endswith(": Exclude 3 images")


def test_that_an_undo_in_the_preview_shows_the_image_that_it_changed(opened: Driver) -> None:
    opened.label()
    opened.parts.centre.go_to(4)
    opened.trigger("preview")
    opened.trigger("exclude")
    assert opened.parts.preview.row == 5
    opened.trigger("undo")
    assert opened.parts.preview.row == 4 and opened.table.status[4] == Status.PREDICTED


def test_that_a_cell_of_the_matrix_selects_its_images(opened: Driver) -> None:
    opened.label()
    opened.trigger("refine")
    opened.parts.changes.pair_chosen.emit(1, 0)
    assert opened.parts.model.rows.tolist() == [1, 3, 5]
    assert opened.parts.view.selected_count() == 3
    opened.trigger("assign_2")
    assert opened.table.status[[1, 3, 5]].tolist() == [Status.CORRECTED] * 3


def test_that_images_that_vanish_meanwhile_are_offered_to_be_found(
    opened: Driver, images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(spec: LabelSpec, ctx: JobContext) -> None:
        with Project.open(spec.project) as project:
            project.source()

    monkeypatch.setattr("core.tasks.label.label", read)
    opened.set_classes("a", "b")
    images.rename(tmp_path / "moved")
    opened.files.answer = tmp_path / "moved"
    opened.trigger("label")
    assert "no longer at" in opened.parts.messages.text
    find = next(b for b in opened.parts.messages.findChildren(QPushButton) if b.text() == "Find the images…")
    find.click()
    opened.settle()
    assert opened.window.session.source_path == tmp_path / "moved"


def test_that_devices_found_while_a_folder_is_opened_are_offered(
    driver: Driver, images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()
    card = DeviceInfo("cuda", "A card", 8_000_000_000, True, "")

    def describe(spec: None, ctx: JobContext) -> tuple[DeviceInfo, ...]:
        assert go_on.wait(10)
        return (card,)

    monkeypatch.setattr("core.tasks.models.describe_devices", describe)
    monkeypatch.setattr("core.tasks.models.warm_up", lambda spec, ctx: None)
    found: list[object] = []
    driver.window.work.devices_found.connect(found.append)
    driver.window.work.prepare()
    driver.window.open_path(images)
    driver.bot.waitUntil(lambda: driver.window.session.project is not None and not driver.window.work.busy)
    go_on.set()
    driver.settle()
    assert found == [(card,)]
