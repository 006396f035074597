"""The technician's way in the real program on a screen: open, label, refine, review, export, quit, start again."""

import csv
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from core.datasets.samples import sample_classes, sample_images_folder
from core.project.known import known_projects
from core.project.project import Project
from core.project.records import Status
from core.project.table import LabelTable
from medlabel_gui.refine_choice import RefineChoice, keep_choice
from medlabel_gui.settings import Settings
from tests.e2e.conftest import SHARED
from tests.e2e.screen import Screen, missing_programs, wait_for

PICTURES = Path(__file__).parents[2] / "test-artifacts" / "window"
EACH = 100
ULTRASOUND = "breast ultrasound = an ultrasound image of the breast"
# Where a change is judged, what this needs is installed; elsewhere it may be missing.
pytestmark = pytest.mark.skipif(
    bool(missing_programs()) and os.environ.get("CI") != "true",
    reason=f"needs {', '.join(missing_programs())} for a screen in memory",
)


@pytest.fixture
def screen() -> Iterator[Screen]:
    shutil.rmtree(PICTURES, ignore_errors=True)
    with Screen(PICTURES) as made:
        yield made


@pytest.fixture
def images(tmp_path: Path) -> tuple[Path, str]:
    """200 real images of two kinds where they are at hand, else the built-in samples; and the classes to type."""
    folder = tmp_path / "scans"
    if not (SHARED / "chest_xray").is_dir():
        shutil.copytree(sample_images_folder(), folder)
        return folder, "\n".join(sample_classes())
    folder.mkdir()
    for kind in ("chest_xray", "breast_ultrasound"):
        for path in sorted((SHARED / kind).rglob("*.*"))[:EACH]:
            shutil.copy(path, folder / f"{kind}_{path.parent.name}_{path.name}")
    return folder, f"chest x-ray\n{ULTRASOUND}"


class Application:
    """The program in a process of its own, seen through its project on disk."""

    def __init__(self, screen: Screen, home: Path) -> None:
        self._screen = screen
        self._environment = {**screen.environment, "MEDLABEL_HOME": str(home), "HF_HUB_OFFLINE": "1"}

    def start(self, *arguments: Path) -> None:
        command = [sys.executable, "-m", "medlabel_gui", *map(str, arguments)]
        self._process = subprocess.Popen(
            command, env=self._environment, stderr=subprocess.PIPE, text=True, errors="replace"
        )

    def end(self) -> str:
        """Wait for its end; what it wrote on standard error."""
        _, errors = self._process.communicate(timeout=60)
        assert self._process.returncode == 0, errors
        return errors

    def kill(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.communicate()

    def table(self) -> LabelTable | None:
        """The project as another program reads it; None while there is none."""
        assert self._process.poll() is None, self._process.communicate()
        known = next(known_projects(), None)
        if known is None:
            return None
        with Project.open(known.folder) as project:
            return project.table()

    def runs(self, kind: str) -> int:
        """How many finished runs of a kind there are."""
        known = next(known_projects())
        with Project.open(known.folder) as project:
            return sum(run.finished and run.kind == kind for run in project.runs.all())

    def decided(self, status: Status) -> int:
        table = self.table()
        return 0 if table is None else int((table.status == status).sum())


@pytest.fixture
def application(screen: Screen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Application]:
    home = tmp_path / "user data"
    monkeypatch.setenv("MEDLABEL_HOME", str(home))
    keep_choice(Settings(), RefineChoice("published"))  # the quickest: what it finds is not judged here
    made = Application(screen, home)
    yield made
    screen.picture("99-at-the-end")
    made.kill()


def test_the_way_from_a_folder_to_exported_sets_and_back(
    screen: Screen, application: Application, images: tuple[Path, str], tmp_path: Path
) -> None:
    folder, classes = images
    count = len(list(folder.iterdir()))
    _greet(screen, application, folder)
    wait_for(lambda: (table := application.table()) is not None and len(table) == count, "all images")
    screen.picture("02-opened")
    _type_classes(screen, classes)
    _compute(screen, application)
    corrected = _correct_three(screen, application)
    screen.press("ctrl+a", "Return")
    wait_for(lambda: application.decided(Status.ACCEPTED) == count - 3, "the rest to be accepted")
    assert application.decided(Status.CORRECTED) == 3
    screen.picture("07-reviewed")
    _export(screen, tmp_path / "labels.csv", "alt+c", "08-export-csv")
    _export(screen, tmp_path / "labels.npz", "alt+n", "09-export-npz")
    _check_files(tmp_path, count, corrected)
    screen.press("ctrl+q")
    assert "Traceback" not in application.end()
    _start_again(screen, application, folder, count)


def _greet(screen: Screen, application: Application, folder: Path) -> None:
    application.start(folder)
    screen.window("Welcome")
    screen.picture("01-first-start")
    screen.press("Return")
    screen.wait_closed("Welcome")
    screen.window("scans - MedLabel")


def _type_classes(screen: Screen, classes: str) -> None:
    screen.press("ctrl+shift+k")
    screen.window("classes")
    screen.write(classes)
    screen.picture("03-classes")
    screen.press("ctrl+Return")
    screen.wait_closed("classes")
    screen.window("scans - MedLabel")


def _compute(screen: Screen, application: Application) -> None:
    screen.press("ctrl+l")
    wait_for(lambda: application.runs("zero-shot"), "the labels", 240)
    screen.picture("04-labelled")
    screen.press("ctrl+r")
    wait_for(lambda: application.runs("refinement"), "the refinement", 400)
    wait_for(lambda: _quiet(screen), "the window to come to rest")
    screen.picture("05-refined")


def _quiet(screen: Screen) -> bool:
    """Two pictures, some time apart, are the same."""
    first = np.asarray(screen.picture("resting"))
    time.sleep(0.6)
    return bool((first == np.asarray(screen.picture("resting"))).all())


def _correct_three(screen: Screen, application: Application) -> dict[str, str]:
    """Give the first three images another class with the keys; their names and new labels."""
    table = application.table()
    assert table is not None
    screen.click(430, 260)
    screen.press("Home")
    corrected = {}
    for row in range(3):
        other = (int(table.label[row]) + 1) % len(table.classes)
        screen.press(str(other + 1), "Right")
        corrected[table.refs[row].path] = table.classes[other].name
        done = row + 1
        wait_for(lambda done=done: application.decided(Status.CORRECTED) == done, f"correction {done}")
    screen.picture("06-corrected")
    return corrected


def _export(screen: Screen, out: Path, form: str, name: str) -> None:
    screen.press("ctrl+e")
    screen.window("Export")
    screen.press(form, "alt+w", "ctrl+a")
    screen.write(str(out))
    wait_for(lambda: _quiet(screen), "the preview")
    screen.picture(name)
    screen.press("Return")
    wait_for(out.exists, str(out))
    screen.window("scans - MedLabel")


def _check_files(folder: Path, count: int, corrected: dict[str, str]) -> None:
    with (folder / "labels.csv").open(newline="", encoding="utf-8-sig") as file:
        rows = {row["file_name"]: row for row in csv.DictReader(file)}
    assert len(rows) == count
    assert {name: rows[name]["label"] for name in corrected} == corrected
    assert sum(row["status"] == "accepted" for row in rows.values()) == count - 3
    with np.load(folder / "labels.npz", allow_pickle=False) as arrays:
        assert sum(len(arrays[f"{part}_images"]) for part in ("train", "val", "test")) == count


def _start_again(screen: Screen, application: Application, folder: Path, count: int) -> None:
    application.start(folder)
    screen.window("scans - MedLabel")
    wait_for(lambda: _quiet(screen), "the window to come to rest")
    screen.picture("10-again")
    assert application.decided(Status.ACCEPTED) == count - 3
    assert application.decided(Status.CORRECTED) == 3
    screen.press("ctrl+z")
    wait_for(
        lambda: application.decided(Status.ACCEPTED) == 0, "the undo of what was done before the restart"
    )
    screen.press("ctrl+shift+z")
    wait_for(lambda: application.decided(Status.ACCEPTED) == count - 3, "the redo")
    screen.press("ctrl+q")
    assert "Traceback" not in application.end()
    assert len(list(folder.iterdir())) == count, "something was written among the images"
