"""Long work: progress, events and cancelling in one context; every job ends exactly once."""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeVar

from core.errors import JobCancelled, UserError

log = logging.getLogger(__name__)

T = TypeVar("T")
Outcome = Literal["done", "cancelled", "failed"]


@dataclass(frozen=True)
class Progress:
    """`done` of `total` (0 when unknown) units of the stage named `text`; `rate` in units a second."""

    done: int
    total: int
    text: str
    rate: float = 0.0

    @property
    def seconds_left(self) -> float | None:
        """Estimated seconds to the end of the stage; None while it cannot be told."""
        if not self.total or self.rate <= 0:
            return None
        return (self.total - self.done) / self.rate


@dataclass(frozen=True)
class JobEnded:
    """The one end of a job: its result when done, its error when failed."""

    outcome: Outcome
    result: object = None
    error: BaseException | None = None


class JobContext:
    """What a task gets to report with. Thread-safe; `cancel` may come from any thread.

    `listener` is called in the thread that reports, with `Progress` (at most one every `interval`
    seconds a stage, first and last always) and with whatever the task emits.
    """

    def __init__(self, listener: Callable[[object], None] | None = None, interval: float = 0.1) -> None:
        self._listener = listener
        self._interval = interval
        self._cancelled = threading.Event()
        self._stage: str | None = None
        self._stage_start = 0.0
        self._first_done = 0
        self._last = 0.0

    def cancel(self) -> None:
        """Ask the task to stop at its next report."""
        self._cancelled.set()

    @property
    def cancelled(self) -> bool:
        return self._cancelled.is_set()

    def check(self) -> None:
        """Raise `JobCancelled` when asked to stop."""
        if self._cancelled.is_set():
            raise JobCancelled

    def progress(self, done: int, total: int, text: str) -> None:
        """Report progress and raise `JobCancelled` when asked to stop: one call for both."""
        self.check()
        now = time.monotonic()
        if text != self._stage:
            self._stage, self._stage_start, self._first_done, self._last = text, now, done, 0.0
        if now - self._last < self._interval and done != total:
            return
        self._last = now
        elapsed = now - self._stage_start
        rate = (done - self._first_done) / elapsed if elapsed > 0 else 0.0
        self.emit(Progress(done, total, text, rate))

    def track(self, items: Iterable[T], total: int, text: str) -> Iterator[T]:
        """Yield `items`, reporting after each."""
        self.progress(0, total, text)
        for done, item in enumerate(items, 1):
            yield item
            self.progress(done, total, text)

    def emit(self, event: object) -> None:
        """Send a frozen dataclass to whoever listens."""
        if self._listener is not None:
            self._listener(event)


def run_job(task: Callable[[JobContext], T], ctx: JobContext) -> JobEnded:
    """Run `task` to its one end. Never raises, except for exceptions that end the process."""
    try:
        return JobEnded("done", task(ctx))
    except JobCancelled:
        return JobEnded("cancelled")
    except UserError as error:
        return JobEnded("failed", error=error)
    except Exception as error:
        log.exception("job failed")
        return JobEnded("failed", error=error)
