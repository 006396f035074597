"""Contexts for a training that is a part of something larger."""

from core.jobs import JobContext, Progress


class QuietContext(JobContext):
    """Passes progress and cancelling on, but no event of the training."""

    def __init__(self, outer: JobContext) -> None:
        super().__init__()
        self._outer = outer

    @property
    def cancelled(self) -> bool:
        return self._outer.cancelled

    def check(self) -> None:
        self._outer.check()

    def progress(self, done: int, total: int, text: str) -> None:
        self._outer.progress(done, total, text)

    def emit(self, event: object) -> None:
        if isinstance(event, Progress):
            self._outer.emit(event)


class PartContext(QuietContext):
    """The part `number` (from 0) of `parts` equal ones, whose progress is told as that of the whole, as `text`."""

    def __init__(self, outer: JobContext, number: int, parts: int, text: str) -> None:
        super().__init__(outer)
        self._number, self._parts, self._text = number, parts, text

    def progress(self, done: int, total: int, text: str) -> None:
        """Report `done` of `total` of this part; `text` gives way to that of the whole."""
        self._outer.progress(self._number * total + done, self._parts * total, self._text)
