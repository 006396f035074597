"""Progress on a terminal: a bar a stage with rate and time left, lines for what is worth a line."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from core import jobs
from core.jobs import JobContext
from core.tasks.events import EpochEnd, Estimate, LessAtOnce

T = TypeVar("T")


class TerminalListener:
    """Draws the events of a job on `console`; one bar for each stage, in the order they come."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=28),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            console=console,
        )
        self._stage: TaskID | None = None
        self._stage_name = ""

    def __enter__(self) -> "TerminalListener":
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def __call__(self, event: object) -> None:
        if isinstance(event, jobs.Progress):
            self._progress(event)
        elif isinstance(event, Estimate):
            self._console.print(estimate_text(event))
        elif isinstance(event, EpochEnd):
            self._console.print(epoch_text(event))
        elif isinstance(event, LessAtOnce):
            self._console.print(event.text)

    def _progress(self, event: jobs.Progress) -> None:
        total = event.total or None
        if event.text != self._stage_name or self._stage is None:
            if self._stage is not None:
                self._bars.stop_task(self._stage)
            self._stage_name = event.text
            self._stage = self._bars.add_task(event.text, total=total, rate="")
        rate = f"{event.rate:,.0f}/s" if event.rate else ""
        self._bars.update(self._stage, completed=event.done, total=total, rate=rate)


def estimate_text(estimate: Estimate) -> str:
    """What a long run will take, in a line."""
    minutes, seconds = divmod(round(estimate.seconds), 60)
    duration = f"{minutes} min {seconds:02d} s" if minutes else f"{seconds} s"
    return (
        f"About {duration} for {estimate.images:,} images, {estimate.disk_bytes / 1e6:,.0f} MB on disk "
        f"({estimate.free_bytes / 1e9:,.0f} GB free)."
    )


def epoch_text(epoch: EpochEnd) -> str:
    """One epoch in a line: loss and accuracy against the labels learnt from."""
    best = "  best" if epoch.best_epoch == epoch.epoch else ""
    return (
        f"Epoch {epoch.epoch:>3}/{epoch.epochs}  training loss {epoch.train_loss:.3f} ({epoch.train_accuracy:.1%})  "
        f"validation {epoch.validation_loss:.3f} ({epoch.validation_accuracy:.1%}){best}"
    )


@contextmanager
def stoppable_context(console: Console | None) -> Iterator[JobContext]:
    """A job context that Ctrl+C cancels: the first one cleanly, the second at once.

    `console` None keeps silent.
    """
    listener = TerminalListener(console) if console is not None else None
    ctx = JobContext(listener)

    def stop(_signal: int, _frame: FrameType | None) -> None:
        if ctx.cancelled:
            raise KeyboardInterrupt
        ctx.cancel()
        if console is not None:
            console.print("Stopping after the current step; press Ctrl+C again to stop at once.")

    before = signal.signal(signal.SIGINT, stop)
    try:
        if listener is None:
            yield ctx
        else:
            with listener:
                yield ctx
    finally:
        signal.signal(signal.SIGINT, before)


def with_progress(task: Callable[[JobContext], T], quiet: bool) -> T:
    """Run a task in this thread with a bar on standard error, where it does not disturb the output."""
    with stoppable_context(None if quiet else Console(stderr=True)) as ctx:
        return task(ctx)
