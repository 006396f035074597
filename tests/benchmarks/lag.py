"""How late a 10 ms timer of the event loop comes, by what the window is doing."""

import time
from collections.abc import Callable, Iterator

from PySide6.QtCore import QObject, Qt, QTimer

from tests.benchmarks.rows import Row

INTERVAL_MS = 10
Condition = Callable[[], bool]


class Lag(QObject):
    """Measures from its making on; `stage` names what is going on, empty for what does not count."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.stage = ""
        self._delays: dict[str, list[float]] = {}
        self._last = time.perf_counter()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(INTERVAL_MS)
        self._timer.timeout.connect(self._tick)
        self._timer.start()

    def rows(self, reach: str) -> list[Row]:
        """99th percentile and worst delay of each stage, in ms."""
        found = []
        for stage, delays in self._delays.items():
            late = sorted(1000 * max(0.0, delay) for delay in delays)
            found.append(
                Row(
                    f"event loop while {stage}, 99th percentile",
                    late[int(0.99 * (len(late) - 1))],
                    "ms",
                    reach,
                )
            )
            found.append(Row(f"event loop while {stage}, worst of {len(late):,}", late[-1], "ms", "200 ms"))
        return found

    def _tick(self) -> None:
        now = time.perf_counter()
        if self.stage:
            self._delays.setdefault(self.stage, []).append(now - self._last - INTERVAL_MS / 1000)
        self._last = now


class Script(QObject):
    """Runs a generator beside the event loop: each yield is a condition that is waited for."""

    def __init__(
        self, steps: Iterator[Condition], seconds: float, ended: Callable[[bool], None], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._steps, self._ended, self._patience = steps, ended, seconds
        self._waiting: Condition = lambda: True
        self._deadline = time.monotonic() + seconds
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._tick)
        self._timer.start(5)

    def _tick(self) -> None:
        if time.monotonic() > self._deadline:
            self._timer.stop()
            self._ended(False)
        elif self._waiting():
            try:
                self._waiting = next(self._steps)
                self._deadline = time.monotonic() + self._patience
            except StopIteration:
                self._timer.stop()
                self._ended(True)


def pause(seconds: float) -> Condition:
    """True once `seconds` have gone by."""
    end = time.monotonic() + seconds
    return lambda: time.monotonic() > end
