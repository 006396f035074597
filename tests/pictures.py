"""The pictures of the docs, of the window on the built-in samples: `make pictures`. Nothing of a patient is in them."""

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "docs" / "images"
SIZE = (1366, 740)
_PATIENCE = 300.0


class Story:
    """Label, refine, look closely, export; a picture of each."""

    def __init__(self, window) -> None:
        self.window = window

    def steps(self) -> Iterator:
        from medlabel_gui.dialogs.export import ExportDialog
        from tests.benchmarks.lag import pause

        window, parts, actions = self.window, self.window.parts, self.window.actions_table
        actions["open_samples"].trigger()
        yield self._idle
        actions["label"].trigger()
        yield self._idle
        actions["refine"].trigger()
        yield self._idle
        yield pause(0.5)
        parts.messages.clear()
        parts.show_dock(parts.curves_dock)
        yield pause(0.5)
        self._keep(parts.curves_dock, "training")
        parts.centre.go_to(0)
        for action in ("accept", "assign_2", "unsure", "exclude"):
            actions[action].trigger()
            parts.centre.step(1)
        parts.show_dock(parts.review_dock)
        yield pause(0.8)
        self._keep(window, "window")
        actions["review"].trigger()
        yield pause(1.0)
        self._keep(window, "preview")
        actions["preview"].trigger()
        actions["export"].trigger()
        yield pause(1.5)
        dialog = window.findChild(ExportDialog)
        dialog.target.path.setText("samples labels.csv")
        self._keep(dialog, "export")
        dialog.reject()

    def _idle(self) -> bool:
        return not self.window.runner.jobs

    def _keep(self, widget, name: str) -> None:
        widget.grab().save(str(FOLDER / f"{name}.png"))


def main() -> int:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as home:
        os.environ["MEDLABEL_HOME"] = home
        return _draw()


def _draw() -> int:
    from core.processes import WorkerProcess
    from medlabel_gui.app import make_application
    from medlabel_gui.garbage import MainThreadCollector
    from medlabel_gui.jobs import JobRunner
    from medlabel_gui.main_window import MainWindow
    from medlabel_gui.settings import Settings
    from medlabel_gui.theme import apply_theme
    from tests.benchmarks.lag import Script

    app = make_application(["medlabel-gui"])
    apply_theme(app, "light")
    collector, runner, worker = MainThreadCollector(app), JobRunner(app), WorkerProcess()
    window = MainWindow(runner, Settings(app), worker)
    window.resize(*SIZE)
    window.show()
    script = Script(Story(window).steps(), _PATIENCE, lambda well: app.exit(0 if well else 1), app)
    code = app.exec()
    del script
    runner.shutdown()
    worker.close()
    collector.stop()
    return code


if __name__ == "__main__":
    sys.exit(main())
