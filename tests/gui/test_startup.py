"""The window comes up without torch, open_clip, scikit-learn and pyqtgraph. How fast: `make bench`."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from tests.gui.conftest import make_images

MODELS = ("torch", "torchvision", "open_clip", "sklearn", "transformers", "timm", "medmnist")
HEAVY = (*MODELS, "pyqtgraph", "PIL")

SCRIPT = """
import json, sys
blocked = json.loads(sys.argv[1])
for name in blocked:
    sys.modules[name] = None
from PySide6.QtCore import QTimer
from medlabel_gui.app import make_application, MainWindow, JobRunner, Settings, WorkerProcess
app = make_application(["medlabel-gui"])
runner = JobRunner(app)
window = MainWindow(runner, Settings(app), WorkerProcess())
window.show()
found = {}
def painted():
    runner.idle.connect(listed)
def listed():
    found["heavy"] = sorted(name for name in json.loads(sys.argv[2]) if sys.modules.get(name) is not None)
    found["message"] = window.parts.messages.text
    found["models"] = len(window.parts.models._choices)
    QTimer.singleShot(0, window, window.close)
QTimer.singleShot(0, window, painted)
app.exec()
runner.shutdown()
print(json.dumps(found))
"""


def start_window(tmp_path: Path, blocked: tuple[str, ...] = ()) -> dict:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, json.dumps(blocked), json.dumps(HEAVY)],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "MEDLABEL_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.strip().splitlines()[-1])


def test_that_the_window_comes_up_without_the_heavy_packages(tmp_path: Path) -> None:
    found = start_window(tmp_path)
    assert found["heavy"] == []
    assert found["models"] > 5  # also when the catalogue was read


def test_that_the_window_works_where_the_heavy_packages_are_not_installed(tmp_path: Path) -> None:
    assert start_window(tmp_path, MODELS)["message"] == ""


def test_that_the_process_opens_the_folder_of_its_command_line_and_stops_on_ctrl_c(tmp_path: Path) -> None:
    images = make_images(tmp_path / "images", 3)
    process = subprocess.Popen(
        [sys.executable, "-m", "medlabel_gui", str(images)],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "MEDLABEL_HOME": str(tmp_path / "home")},
        stderr=subprocess.PIPE,
    )
    try:
        assert wait_for(lambda: count_images(tmp_path / "home") == 3), "the folder was not scanned"
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 0, errors.decode()


def count_images(home: Path) -> int:
    """Looks without writing: opening a project that is being made would take part in making it."""
    for database in home.glob("projects/*.medlabel/project.sqlite"):
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
            try:
                return int(connection.execute("SELECT COUNT(*) FROM images").fetchone()[0])
            except sqlite3.Error:  # it is being made
                return 0
    return 0


def wait_for(condition: Callable[[], bool], seconds: float = 30.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.1)
    return False
