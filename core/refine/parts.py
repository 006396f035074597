"""Contexts for work that is a part of something larger."""

from core.jobs import JobContext


class QuietContext(JobContext):
    """Passes the cancel check of `outer` on, and nothing else: what a part tells would hide how far the whole is.

    It may be cancelled by itself too.
    """

    def __init__(self, outer: JobContext) -> None:
        super().__init__()
        self._outer = outer

    @property
    def cancelled(self) -> bool:
        return super().cancelled or self._outer.cancelled

    def check(self) -> None:
        super().check()
        self._outer.check()


class PartContext(QuietContext):
    """The part `number` (from 0) of `parts` equal ones, whose progress is told as that of the whole, as `text`."""

    def __init__(self, outer: JobContext, number: int, parts: int, text: str) -> None:
        super().__init__(outer)
        self._number, self._parts, self._text = number, parts, text

    def progress(self, done: int, total: int, text: str) -> None:
        """Report `done` of `total` of this part; `text` gives way to that of the whole."""
        self._outer.progress(self._number * total + done, self._parts * total, self._text)
