"""Drives the real window from a folder to an export and takes a picture of the screen at each step.

`python -m tests.gui.drive FOLDER SHOTS [--fake] [--dark]` under an X server, for instance
`xvfb-run -s "-screen 0 1366x768x24"`; it needs xdotool.
With `--fake` the stand-ins of the tests label and refine, which needs neither torch nor a model.
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QDialog

from medlabel_gui.app import make_application
from medlabel_gui.garbage import MainThreadCollector
from medlabel_gui.jobs import JobRunner
from medlabel_gui.main_window import MainWindow
from medlabel_gui.settings import Settings
from medlabel_gui.theme import dress

CLASSES = "chest x-ray = a chest X-ray\nbreast ultrasound = an ultrasound image of the breast"
Step = Callable[[], bool]


class Lag(QObject):
    """How late a 10 ms timer comes, by stage of the story."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.stage = "start"
        self._delays: dict[str, list[float]] = {}
        self._last = time.perf_counter()
        self._timer = QTimer(self, timerType=Qt.TimerType.PreciseTimer, interval=10)
        self._timer.timeout.connect(self._tick)
        self._timer.start()

    def _tick(self) -> None:
        now = time.perf_counter()
        self._delays.setdefault(self.stage, []).append(now - self._last - 0.01)
        self._last = now

    def skip(self) -> None:
        """What the script itself did does not count."""
        self._last = time.perf_counter()

    def report(self) -> None:
        for stage, delays in self._delays.items():
            late = sorted(delays)
            p99, worst = 1000 * late[int(0.99 * (len(late) - 1))], 1000 * late[-1]
            print(f"{stage:12} {len(late):6} ticks, late by {p99:6.1f} ms (p99), {worst:6.1f} ms at most")


class Script(QObject):
    """Runs a generator: each yield is a condition that is waited for."""

    def __init__(self, window: MainWindow, folder: Path, shots: Path) -> None:
        super().__init__(window)
        self.window, self.folder, self.shots = window, folder, shots
        self._steps = self._story()
        self._waiting: Step = lambda: True
        self._deadline = time.monotonic() + 60
        self.lag = Lag(self)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._tick)
        self._timer.start(50)

    def _tick(self) -> None:
        if time.monotonic() > self._deadline:
            print("gave up:", self.window.progress.text, self.window.messages.text)
            self.shot("gave-up")
            QApplication.exit(1)
        elif self._waiting():
            try:
                self._waiting = next(self._steps)
                self._deadline = time.monotonic() + 300
            except StopIteration:
                self._timer.stop()

    def shot(self, name: str) -> None:
        QGuiApplication.primaryScreen().grabWindow(0).save(str(self.shots / f"{name}.png"))
        self.lag.skip()

    def _pause(self, seconds: float) -> Step:
        end = time.monotonic() + seconds
        return lambda: time.monotonic() > end

    def _idle(self) -> Step:
        return lambda: not self.window.runner.jobs

    def _trigger(self, action_id: str) -> None:
        action = self.window.actions_table[action_id]
        assert action.isEnabled(), action_id
        action.trigger()

    def _story(self) -> Iterator[Step]:
        window = self.window
        yield self._pause(0.7)
        self.shot("01-empty")
        self.lag.stage = "opening"
        window.open_path(self.folder)
        yield self._idle()
        yield self._pause(0.5)
        self.shot("02-opened")
        window.classes.set_text(CLASSES)
        self.lag.stage = "labelling"
        self._trigger("label")
        yield self._some_labels
        self.shot("03-labelling")
        yield self._idle()
        yield self._pause(0.4)
        self.shot("04-labelled")
        self.lag.stage = "refining"
        self._trigger("refine")
        yield lambda: len(window.curves.epochs) >= 3
        yield self._pause(0.2)
        self.shot("05-refining")
        yield self._idle()
        yield self._pause(0.4)
        self.shot("06-refined")
        yield from self._review()
        yield from self._finish()

    def _some_labels(self) -> bool:
        table = self.window.session.table
        return table is not None and bool((table.label >= 0).sum() > 20)

    def _review(self) -> Iterator[Step]:
        window = self.window
        self.lag.stage = "reviewing"
        press("Tab", "windowfocus")  # there is no window manager under Xvfb
        yield self._pause(0.3)
        window.view.setFocus()
        window.view.setCurrentIndex(window.model.index(0))
        for key in ("2", "u", "x", "Return", "1"):
            press(key)
            yield self._pause(0.15)
            press("Right")
            yield self._pause(0.15)
        press("shift+Down")
        yield self._pause(0.4)
        self.shot("07-reviewed")
        window.view.set_side(96)
        window.view.verticalScrollBar().setValue(window.view.verticalScrollBar().maximum())
        yield self._idle()
        yield self._pause(0.3)
        self.shot("08-small-tiles")
        window.view.set_side(132)

    def _finish(self) -> Iterator[Step]:
        window = self.window
        out = self.shots / "labels.csv"
        window.work.export("csv", out)
        yield self._idle()
        yield self._pause(0.2)
        self.shot("09-exported")
        for number, action_id in ((10, "shortcuts"), (11, "about"), (12, "export_npz")):
            self._trigger(action_id)
            yield self._pause(0.4)
            self.shot(f"{number}-{action_id}")
            for dialog in window.findChildren(QDialog):
                dialog.reject()
            yield self._pause(0.1)
        window.open_path(self.folder / "no-such-folder")
        yield self._idle()
        yield self._pause(0.2)
        self.shot("13-error")
        window.models._combo.showPopup()
        yield self._pause(0.3)
        self.shot("14-models")
        window.models._combo.hidePopup()
        self._trigger("refine")
        window.close()
        yield self._pause(0.4)
        self.shot("15-closing")
        for dialog in window.findChildren(QDialog):
            dialog.reject()
        window.work.cancel()
        yield self._idle()
        window.close()


def press(key: str, *before: str) -> None:
    """A real key press, as the X server sends it."""
    window = ["search", "--onlyvisible", "--name", "MedLabel$", *before] if before else []
    subprocess.run(["xdotool", *window, "key", key], check=False)


def use_fakes() -> None:
    """Replace the tasks that need torch; slowly enough to be seen."""
    import core.tasks.export
    import core.tasks.label
    import core.tasks.refine
    from tests.gui import fakes

    core.tasks.label.label = fakes.fake_label
    core.tasks.refine.refine = fakes.fake_refine
    core.tasks.export.export = fakes.fake_export


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("shots", type=Path)
    parser.add_argument("--fake", action="store_true")
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("--model", help="id or folder of a model, instead of the one chosen in the window")
    arguments = parser.parse_args()
    arguments.shots.mkdir(parents=True, exist_ok=True)
    if arguments.fake:
        use_fakes()
    app = make_application(sys.argv[:1])
    if arguments.dark:
        dress(app, dark=True)
    collector, runner = MainThreadCollector(app), JobRunner(app)
    window = MainWindow(runner, Settings(app))
    window.work.labelling_ended.connect(collector.settle)
    window.setGeometry(0, 0, 1366, 768)
    window.show()
    if arguments.model:
        window.models.chosen = lambda: arguments.model
    script = Script(window, arguments.folder, arguments.shots)
    code = app.exec()
    runner.shutdown()
    collector.stop()
    script.lag.report()
    return code


if __name__ == "__main__":
    sys.exit(main())
