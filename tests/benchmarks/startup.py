"""From the start of the interpreter's work to the first paint of the window, in processes of their own."""

import os
import statistics
import subprocess
import sys
import tempfile

from tests.benchmarks.rows import Row

_RUNS = 5
_SCRIPT = """
import time
begun = time.perf_counter()
from PySide6.QtCore import QTimer
from core.processes import WorkerProcess
from medlabel_gui.app import make_application
from medlabel_gui.jobs import JobRunner
from medlabel_gui.main_window import MainWindow
from medlabel_gui.settings import Settings
from medlabel_gui.theme import apply_theme
app = make_application(["medlabel-gui"])
apply_theme(app)
runner = JobRunner(app)
window = MainWindow(runner, Settings(app), WorkerProcess())
window.show()
def painted():
    print(time.perf_counter() - begun)
    window.close()
QTimer.singleShot(0, window, painted)
app.exec()
runner.shutdown()
"""
_NUMPY = "import time; begun = time.perf_counter(); import numpy; print(time.perf_counter() - begun)"


def measure() -> list[Row]:
    """Medians of a few starts; importing numpy alone beside them."""
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "MEDLABEL_HOME": home}
        _seconds(_SCRIPT, environment)  # byte code is made
        window = statistics.median(_seconds(_SCRIPT, environment) for _ in range(_RUNS))
        numpy = statistics.median(_seconds(_NUMPY, environment) for _ in range(_RUNS))
    return [Row("start to first paint", window, "s", "1 s"), Row("  of it: import numpy", numpy, "s")]


def _seconds(script: str, environment: dict[str, str]) -> float:
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return float(done.stdout.split()[-1])
