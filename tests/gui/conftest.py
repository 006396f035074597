"""A window on a folder of small pictures, and a fixture that fails a test which leaks."""

import gc
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

os.environ["QT_QPA_PLATFORM"] = "offscreen"

import numpy as np
import pytest
import shiboken6
from PIL import Image
from PySide6.QtCore import QCoreApplication, QEvent, QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core.project.project import Project
from medlabel_gui.jobs import JobRunner
from medlabel_gui.session import Session
from medlabel_gui.settings import Settings
from medlabel_gui.snapshot import load_snapshot
from tests.gui.fakes import InlineWorker, fake_check, fake_export, fake_label, fake_predict, fake_refine

if TYPE_CHECKING:
    from medlabel_gui.main_window import MainWindow

_HARMLESS = ("propagateSizeHints",)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nothing touches the user's data folder."""
    folder = tmp_path / "home"
    monkeypatch.setenv("MEDLABEL_HOME", str(folder))
    return folder


def process_deletions() -> None:
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def active_timers() -> list[QTimer]:
    """Timers made since the last `gc.freeze` that still run."""
    timers = [found for found in gc.get_objects() if isinstance(found, QTimer)]
    return [timer for timer in timers if shiboken6.isValid(timer) and timer.isActive()]


@pytest.fixture(autouse=True)
def no_leaks(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fails a test that leaves a thread, an active timer, a top-level widget or a Qt warning behind."""
    if "qtbot" not in request.fixturenames:
        yield
        return
    qtlog = request.getfixturevalue("qtlog")
    threads, widgets = set(threading.enumerate()), len(QApplication.topLevelWidgets())
    gc.freeze()  # what earlier tests imported is walked no more; timers of this test alone are seen below
    yield
    gc.collect()
    process_deletions()
    assert not set(threading.enumerate()) - threads, "the test left a thread running"
    left = [w for w in QApplication.topLevelWidgets() if shiboken6.isValid(w)]
    assert len(left) <= widgets, f"the test left top-level widgets: {left}"
    assert not active_timers(), "the test left a timer running"
    warnings = [r.message for r in qtlog.records if not any(text in r.message for text in _HARMLESS)]
    assert not warnings, f"Qt warned: {warnings}"


@pytest.fixture
def runner(qtbot: QtBot) -> Iterator[JobRunner]:
    made = JobRunner()
    yield made
    assert made.shutdown(5)
    made.deleteLater()
    process_deletions()


def make_images(folder: Path, count: int = 12) -> Path:
    """`count` grey PNGs of 40 x 32 px, named image_000.png ..., no two alike."""
    folder.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(0).integers(0, 255, (count, 32, 40), dtype=np.uint8)
    for number, pixels in enumerate(noise):
        Image.fromarray(pixels).save(folder / f"image_{number:03d}.png")
    return folder


@pytest.fixture
def images(tmp_path: Path) -> Path:
    return make_images(tmp_path / "images")


def open_in(session: Session, folder: Path) -> None:
    """Open the project in `folder` as the window's work does, without its threads."""
    project = Project.open(folder)
    source = project.source() if project.source_path.exists() else None
    session.open(project, load_snapshot(folder), source)


@dataclass
class RecordingFileDialogs:
    """Answers at once with `answer`, and remembers what was asked."""

    answer: Path | None = None
    asked: list[str] = field(default_factory=list)

    def choose_folder(self, title: str, purpose: str, chosen: Callable[[Path], None]) -> None:
        self._choose(title, chosen)

    def choose_file(self, title: str, purpose: str, kinds: str, chosen: Callable[[Path], None]) -> None:
        self._choose(title, chosen)

    def choose_target(
        self, title: str, purpose: str, name: str, kinds: str, chosen: Callable[[Path], None]
    ) -> None:
        self._choose(title, chosen)

    def _choose(self, title: str, chosen: Callable[[Path], None]) -> None:
        self.asked.append(title)
        if self.answer is not None:
            chosen(self.answer)


@dataclass
class Driver:
    """A window and the ways to wait for it."""

    window: "MainWindow"
    bot: QtBot
    files: RecordingFileDialogs

    def settle(self) -> None:
        """Wait until no job is left."""
        self.bot.waitUntil(lambda: not self.window.runner.jobs, timeout=10_000)

    def open(self, path: Path) -> None:
        self.window.open_path(path)
        self.settle()

    def trigger(self, action_id: str) -> None:
        action = self.window.actions_table[action_id]
        assert action.isEnabled(), action_id
        action.trigger()
        self.settle()

    def select(self, *positions: int) -> None:
        view = self.parts.view
        view.clearSelection()
        flag = view.selectionModel().SelectionFlag.Select
        for position in positions:
            view.selectionModel().select(self.parts.model.index(position), flag)

    def set_classes(self, *names: str) -> None:
        """Make the classes those of `names`, each `name` or `(name, prompts)`."""
        from core.tasks.label import ClassSpec, set_classes

        specs = [ClassSpec(name) if isinstance(name, str) else ClassSpec(*name) for name in names]
        with Project.open(self.window.session.project) as project:
            set_classes(project, specs, "tester")
        self.window.session._project.history.catch_up()
        self.window.session.reload()
        self.settle()

    def label(self, *names: str) -> None:
        self.set_classes(*(names or ("first", "second")))
        self.trigger("label")

    @property
    def parts(self):
        return self.window.parts

    @property
    def table(self):
        return self.window.session.table


@pytest.fixture
def driver(qtbot: QtBot, runner: JobRunner, monkeypatch: pytest.MonkeyPatch) -> Iterator[Driver]:
    """An empty window whose Label, Refine and Export are quick stand-ins without torch."""
    monkeypatch.setattr("core.tasks.label.label", fake_label)
    monkeypatch.setattr("core.tasks.refine.refine", fake_refine)
    monkeypatch.setattr("core.tasks.predict.predict", fake_predict)
    monkeypatch.setattr("core.tasks.export.export", fake_export)
    monkeypatch.setattr("core.tasks.prompts.check_prompts", fake_check)
    monkeypatch.setattr("medlabel_gui.main_window.model_choices", lambda _: ())
    files = RecordingFileDialogs()
    monkeypatch.setattr("medlabel_gui.main_window.FileDialogs", lambda *_: files)
    from medlabel_gui.main_window import MainWindow

    window = MainWindow(runner, Settings(), InlineWorker())
    window.resize(1100, 700)
    window.show()
    made = Driver(window, qtbot, files)
    made.settle()
    yield made
    if shiboken6.isValid(window):
        runner.cancel_all()
        made.settle()
        window.close()
        window.deleteLater()
        process_deletions()


@pytest.fixture
def opened(driver: Driver, images: Path) -> Driver:
    """A window on twelve pictures."""
    driver.open(images)
    return driver
