"""Start-up of the window: arguments, exception hook, garbage collection on the main thread."""

import argparse
import logging
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from core import __version__
from core.processes import WorkerProcess
from medlabel_gui.event_guard import guard_events
from medlabel_gui.garbage import MainThreadCollector
from medlabel_gui.jobs import JobRunner
from medlabel_gui.main_window import MainWindow
from medlabel_gui.resources import APPLICATION, application_icon
from medlabel_gui.settings import Settings
from medlabel_gui.theme import apply_theme

log = logging.getLogger(__name__)


_PREPARE_MS = 1500  # the worker's process begins to import when the window has come to rest
_SWITCH_SECONDS = 0.001  # a worker thread hands Python's lock over after this long when the window wants it


def main(argv: Sequence[str] | None = None) -> int:
    """Run the window until it is closed; the exit code of the process."""
    arguments = parse_arguments(argv)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    sys.setswitchinterval(_SWITCH_SECONDS)
    app = make_application(sys.argv[:1])
    settings = Settings(app)
    apply_theme(app, settings.theme)
    collector, runner, worker = MainThreadCollector(app), JobRunner(app), WorkerProcess()
    window = MainWindow(runner, settings, worker)
    install_exception_hook(window)
    signal.signal(signal.SIGINT, lambda *_: window.closing.stop_and_close())
    window.show()
    window.greet()
    if arguments.path is not None:
        path = arguments.path
        QTimer.singleShot(0, window, lambda: window.open_path(path))
    QTimer.singleShot(_PREPARE_MS, window, window.work.prepare)
    code = app.exec()
    runner.shutdown()
    worker.close()
    collector.stop()
    return code


def parse_arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    """`path` is a Path or None."""
    parser = argparse.ArgumentParser("medlabel-gui", description="Label a folder of medical images.")
    parser.add_argument(
        "path", nargs="?", type=Path, help="a folder of images, a zip or NPZ file or a project"
    )
    parser.add_argument("--version", action="version", version=f"{APPLICATION} {__version__}")
    return parser.parse_args(argv)


def make_application(argv: Sequence[str]) -> QApplication:
    """The application object, named."""
    app = QApplication(list(argv))
    app.setApplicationName(APPLICATION)
    app.setApplicationVersion(__version__)
    app.setDesktopFileName("medlabel")
    app.setWindowIcon(application_icon())
    guard_events(app)
    return app


def install_exception_hook(window: MainWindow) -> None:
    """An exception in a slot is logged and shown in the window, which stays open."""

    told = set[str]()  # an exception in a paint comes back with every paint

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if repr(error) in told:
            return
        told.add(repr(error))
        log.error("unexpected error", exc_info=(kind, error, trace))
        if isinstance(error, Exception):
            window.report_bug(error)

    sys.excepthook = hook
