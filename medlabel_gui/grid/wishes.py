"""Rows that wait for a thumbnail. Shared between the main thread, which wishes, and the workers, which take."""

import threading
from collections import OrderedDict
from collections.abc import Sequence

from core.jobs import JobContext

_MOST = 400  # older wishes are forgotten: they have been scrolled away


class Wishes:
    """In the order in which they are to be fulfilled; none is there twice, nor while a worker has it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: OrderedDict[int, None] = OrderedDict()
        self._in_work: set[int] = set()

    @property
    def count(self) -> int:
        """How many wait."""
        return len(self._waiting)

    @property
    def waiting(self) -> tuple[int, ...]:
        """The rows that wait, the next one first."""
        with self._lock:
            return tuple(self._waiting)

    def add(self, row: int) -> None:
        """Ask for a row, before all that wait already, unless it is among them."""
        with self._lock:
            if row in self._waiting or row in self._in_work:
                return
            self._waiting[row] = None
            self._waiting.move_to_end(row, last=False)
            if len(self._waiting) > _MOST:
                self._waiting.popitem()

    def replace(self, rows: Sequence[int]) -> None:
        """Ask for these in this order, and for no others."""
        with self._lock:
            self._waiting = OrderedDict((row, None) for row in rows if row not in self._in_work)

    def take(self, ctx: JobContext) -> int | None:
        """The next row, which is in work until `finish`; None when none waits. Raises `JobCancelled`."""
        ctx.check()
        with self._lock:
            if not self._waiting:
                return None
            row, _ = self._waiting.popitem(last=False)
            self._in_work.add(row)
            return row

    def finish(self, row: int) -> None:
        """What was taken has come."""
        with self._lock:
            self._in_work.discard(row)
