"""Closing the window: asks once while a job runs, and waits for what runs without blocking."""

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QMainWindow, QMessageBox

from core.processes import Worker
from medlabel_gui.jobs import JobRunner
from medlabel_gui.texts.reports import CloseTexts
from medlabel_gui.work import Work

_PATIENCE_MS = 12_000  # longer than a task gets that does not listen (core.processes)


class Closing(QObject):
    """The window asks `may_close` in its close event, and is closed again once everything has ended."""

    stopping = Signal()  # what runs was asked to stop and has not yet

    def __init__(self, window: QMainWindow, work: Work, runner: JobRunner, worker: Worker) -> None:
        super().__init__(window)
        self._window, self._work, self._runner, self._worker = window, work, runner, worker
        self._agreed = False
        self._question: QMessageBox | None = None
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(_PATIENCE_MS)
        self._patience.timeout.connect(self._window.close)
        runner.idle.connect(self._close_when_idle)
        work.busy_changed.connect(self._think_again)

    def may_close(self) -> bool:
        """Whether nothing runs any more; else the question is asked, or the rest is stopped."""
        if self._work.busy and not self._agreed:
            self._ask()
            return False
        if not self._runner.jobs:
            return True
        if self._agreed and not self._patience.isActive():
            return True  # something waits for a disk that does not answer; a project is safe at any instant
        self._stop()  # thumbnails or a snapshot, mostly: over in a moment
        return False

    def stop_and_close(self) -> None:
        """Close without a question; the running job is stopped first."""
        self._stop()
        self._close_when_idle()

    def _stop(self) -> None:
        self._agreed = True
        if not self._patience.isActive():
            self._patience.start()
        self.stopping.emit()
        self._runner.cancel_all()
        if not self._work.busy:
            self._worker.close()  # it may be importing torch, which listens to nobody for seconds

    def _think_again(self, busy: bool) -> None:
        """Somebody who starts a job after closing was agreed to has thought better of it."""
        if busy:
            self._agreed = False
            self._patience.stop()

    def _ask(self) -> None:
        if self._question is not None:
            return
        icon = QMessageBox.Icon.Question
        box = QMessageBox(icon, CloseTexts.title, CloseTexts.question, parent=self._window)
        box.setInformativeText(CloseTexts.kept)
        stop = box.addButton(CloseTexts.stop, QMessageBox.ButtonRole.AcceptRole)
        stay = box.addButton(CloseTexts.stay, QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(stay)
        self._question = box
        box.finished.connect(lambda _: self._answered(box.clickedButton() is stop))
        box.open()

    def _answered(self, stop: bool) -> None:
        if self._question is not None:
            self._question.deleteLater()
            self._question = None
        if stop:
            self.stop_and_close()

    def _close_when_idle(self) -> None:
        if self._agreed and not self._runner.jobs:
            QTimer.singleShot(0, self._window, self._window.close)
