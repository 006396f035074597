"""One job at a time that the user waits for, with its progress and its one end; and quiet ones beside it."""

import logging
from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from core.errors import UserError
from core.jobs import JobEnded, Progress
from medlabel_gui.jobs import Job, JobRunner, Lane, Task
from medlabel_gui.session import Session
from medlabel_gui.texts.commands import CommandTexts

log = logging.getLogger(__name__)


class JobDesk(QObject):
    """A job that is asked for while another one runs is refused: there is one progress bar and one Cancel."""

    busy_changed = Signal(bool)
    progressed = Signal(Progress)
    stopped = Signal()
    failed = Signal(Exception)

    def __init__(self, session: Session, runner: JobRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._runner = session, runner
        self._job: Job | None = None

    @property
    def busy(self) -> bool:
        """Whether a job runs that the user waits for."""
        return self._job is not None

    def cancel(self) -> None:
        """Ask the running job to stop; it ends soon after."""
        if self._job is not None:
            self._job.cancel()

    def _start(
        self,
        name: str,
        task: Task,
        done: Callable[[object], None],
        on_event: Callable[[object], None] | None = None,
        lane: Lane = "compute",
    ) -> None:
        if self._job is not None:
            raise UserError(CommandTexts.busy, CommandTexts.busy_hint)

        def listen(event: object) -> None:
            if isinstance(event, Progress):
                self.progressed.emit(event)
            elif on_event is not None:
                on_event(event)

        self._job = self._runner.start(name, task, lane, listen, lambda ended: self._end(name, ended, done))
        self.busy_changed.emit(True)

    def _in_background(
        self,
        name: str,
        task: Task,
        done: Callable[[object], None] = lambda _: None,
        failed: Callable[[BaseException], None] | None = None,
        of_project: bool = True,
    ) -> Job:
        """A job that nobody waits for. What one `of_project` brings is dropped when another project is open by then."""
        project = self._session.project

        def end(ended: JobEnded) -> None:
            if of_project and self._session.project != project:
                return
            if ended.outcome == "done":
                done(ended.result)
            elif ended.error is not None:
                log.warning("%s: %s", name, ended.error)
                if failed is not None:
                    failed(ended.error)

        return self._runner.start(name, task, "compute", on_ended=end)

    def _end(self, name: str, ended: JobEnded, done: Callable[[object], None]) -> None:
        self._job = None
        self._session.streamed()
        self.busy_changed.emit(False)
        told = self._ended(name, ended)
        if ended.outcome == "done":
            done(ended.result)
            return
        if ended.error is None:
            self.stopped.emit()
        elif not told:
            self.failed.emit(ended.error)
        self._session.reload()

    def _ended(self, name: str, ended: JobEnded) -> bool:
        """What else is to be done when a job has ended, however it did; whether its error has been told by that."""
        return False
