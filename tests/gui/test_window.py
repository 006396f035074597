"""The window as a whole: opening, errors, crashes, closing."""

import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QMessageBox, QPushButton

from core.project.project import Project
from core.project.records import Status
from medlabel_gui.app import install_exception_hook, parse_arguments
from medlabel_gui.session import Aspect
from tests.gui.conftest import Driver, make_images
from tests.gui.fakes import endless


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
    assert told in driver.window.messages.text
    assert driver.window.messages.isVisible()
    assert driver.window.session.project is None


def _text_file(folder: Path) -> Path:
    path = folder / "notes.txt"
    path.write_text("hello")
    return path


def test_that_an_empty_folder_says_so(driver: Driver, tmp_path: Path) -> None:
    (tmp_path / "nothing").mkdir()
    driver.open(tmp_path / "nothing")
    assert driver.window.pages.currentIndex() == 0
    assert driver.window.empty._title.text() == "No images found"


def test_that_opening_a_folder_again_finds_everything(opened: Driver, images: Path, tmp_path: Path) -> None:
    opened.label()
    opened.select(4)
    opened.trigger("unsure")
    opened.open(make_images(tmp_path / "others", 3))
    assert len(opened.table) == 3
    opened.open(images)
    assert opened.table.status[4] == Status.UNSURE
    assert opened.table.label.tolist() == [0, 1] * 6
    assert opened.window.classes.entries() == [("first", ()), ("second", ())]
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
    assert "two classes" in opened.window.messages.text
    assert not opened.window.work.busy


def test_that_the_crash_of_a_job_is_shown_and_the_window_goes_on(
    opened: Driver, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def crash(*_: object) -> None:
        raise ZeroDivisionError("boom")

    monkeypatch.setattr("core.tasks.label.label", crash)
    opened.label()
    assert "boom" in opened.window.messages.text
    assert "ZeroDivisionError" in opened.window.messages.details
    assert opened.window.isVisible() and not opened.window.work.busy
    opened.select(0)
    opened.trigger("exclude")
    assert opened.table.status[0] == Status.EXCLUDED


def test_that_an_unexpected_exception_is_shown(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    install_exception_hook(driver.window)
    error = RuntimeError("a slot failed")
    sys.excepthook(RuntimeError, error, None)
    assert "a slot failed" in driver.window.messages.text


def test_that_a_vanished_folder_is_explained_and_labels_stay(
    opened: Driver, images: Path, tmp_path: Path
) -> None:
    opened.label()
    project = opened.window.session.project
    images.rename(tmp_path / "moved")
    opened.open(make_images(tmp_path / "others", 3))
    opened.open(project)
    assert "no longer at" in opened.window.messages.text
    assert opened.table.label.tolist() == [0, 1] * 6
    assert not opened.window.actions_table["label"].isEnabled()


def test_that_a_second_job_is_refused_while_one_runs(opened: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.tasks.label.label", endless)
    opened.window.classes.set_text("a\nb")
    opened.window.actions_table["label"].trigger()
    opened.window.open_path(Path("/"))
    assert "Another job is running" in opened.window.messages.text
    opened.window.work.cancel()
    opened.settle()


def _close_during_job(driver: Driver, monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    monkeypatch.setattr("core.tasks.label.label", endless)
    driver.window.classes.set_text("a\nb")
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


def test_that_classes_typed_are_kept_when_the_editor_is_left(opened: Driver) -> None:
    opened.window.classes.set_text("one\ntwo = a | b")
    opened.window.classes._commit()
    opened.settle()
    with Project.open(opened.window.session.project) as project:
        assert [(c.name, c.prompts) for c in project.classes] == [("one", ()), ("two", ("a", "b"))]


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
