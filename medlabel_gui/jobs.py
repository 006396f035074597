"""JobRunner: the only place with threads. Jobs run in workers, their events arrive on the main thread."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Literal

from PySide6.QtCore import QObject, QTimer, Signal

from core.jobs import JobContext, JobEnded, run_job

log = logging.getLogger(__name__)

Lane = Literal["compute", "io"]
Task = Callable[[JobContext], object]
LANES: dict[Lane, int] = {"compute": 1, "io": 4}  # threads of each

_TICK_MS = 20
_SLICE_SECONDS = 0.006  # what one tick may take from the event loop


def _ignore(_: object) -> None:
    return


@dataclass(eq=False)
class Job:
    """A task that was started. Its callbacks are called on the main thread; `on_ended` exactly once.

    `awaited` is False for what may be left behind when the window closes: a look at a share that hangs, say.
    """

    name: str
    task: Task
    ctx: JobContext
    on_event: Callable[[object], None] = _ignore
    on_ended: Callable[[JobEnded], None] = _ignore
    awaited: bool = True

    def cancel(self) -> None:
        """Ask the job to stop at its next report."""
        self.ctx.cancel()


@dataclass
class _Workers:
    """The threads of one lane; they start when they are needed and wait for work ever after."""

    lane: Lane
    outbox: "SimpleQueue[tuple[Job, object]]"
    inbox: "SimpleQueue[Job | None]" = field(default_factory=SimpleQueue)
    threads: list[threading.Thread] = field(default_factory=list)

    def put(self, job: Job) -> None:
        if len(self.threads) < LANES[self.lane]:
            name = f"{self.lane}-{len(self.threads)}"
            thread = threading.Thread(target=self._work, name=name, daemon=True)
            self.threads.append(thread)
            thread.start()
        self.inbox.put(job)

    def stop(self, deadline: float) -> bool:
        for _ in self.threads:
            self.inbox.put(None)
        for thread in self.threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self.threads)

    def _work(self) -> None:
        while (job := self.inbox.get()) is not None:
            self.outbox.put((job, run_job(job.task, job.ctx)))


class JobRunner(QObject):
    """Runs tasks in two lanes: heavy ones one after the other, short reading ones a few at a time.

    Workers only put plain objects into a queue. A timer on the main thread, which runs while there
    are jobs, hands them on in slices of a few milliseconds, so a flood of events never freezes the window.
    """

    idle = Signal()  # the last job that is awaited has ended

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._outbox: SimpleQueue[tuple[Job, object]] = SimpleQueue()
        self._workers = {lane: _Workers(lane, self._outbox) for lane in LANES}
        self._jobs: set[Job] = set()
        self._idle = True
        self._timer = QTimer(self)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self._deliver)

    @property
    def jobs(self) -> frozenset[Job]:
        """The jobs that have not ended and are awaited."""
        return frozenset(job for job in self._jobs if job.awaited)

    def start(
        self,
        name: str,
        task: Task,
        lane: Lane = "compute",
        on_event: Callable[[object], None] = _ignore,
        on_ended: Callable[[JobEnded], None] = _ignore,
        awaited: bool = True,
    ) -> Job:
        """Queue `task`. A callback that raises is logged and does not keep the others from being called."""
        ctx = JobContext(lambda event: self._outbox.put((job, event)))
        job = Job(name, task, ctx, on_event, on_ended, awaited)
        self._jobs.add(job)
        self._idle = self._idle and not awaited
        self._workers[lane].put(job)
        if not self._timer.isActive():
            self._timer.start()
        return job

    def cancel_all(self) -> None:
        """Ask every job to stop."""
        for job in self._jobs:
            job.cancel()

    def shutdown(self, seconds: float = 5.0) -> bool:
        """Stop the threads once the event loop is over; False when one did not stop in time."""
        self.cancel_all()
        self._timer.stop()
        deadline = time.monotonic() + seconds
        stopped = [workers.stop(deadline) for workers in self._workers.values()]
        return all(stopped)

    def _deliver(self) -> None:
        stop = time.perf_counter() + _SLICE_SECONDS
        while not self._outbox.empty():
            job, event = self._outbox.get()
            self._hand_over(job, event)
            if time.perf_counter() > stop:
                return
        if not self._jobs:
            self._timer.stop()
        if not self._idle and not self.jobs:
            self._idle = True
            self.idle.emit()

    def _hand_over(self, job: Job, event: object) -> None:
        callback: Callable[..., None] = job.on_event
        if isinstance(event, JobEnded):
            self._jobs.discard(job)
            callback = job.on_ended
        try:
            callback(event)
        except Exception:
            log.exception("a listener of the job %s failed", job.name)
            raise
