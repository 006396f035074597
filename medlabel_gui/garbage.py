"""Python's cyclic garbage collector, on the main thread only.

A collection that happens to run in a worker thread would destroy QObjects there.
"""

import gc

from PySide6.QtCore import QObject, QTimer

_INTERVAL_MS = 1000


class MainThreadCollector(QObject):
    """Turns automatic collection off and collects from a timer, as young generations as will do.

    What start-up made is frozen, and only that: freezing again later would keep for good whatever is garbage in
    circles by then, a closed dialog for one. A snapshot need not be frozen either, because it holds no objects
    that the collector walks one by one (`core.project.columns`); it goes with its last reference.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thresholds = gc.get_threshold()
        gc.disable()
        gc.freeze()  # what start-up made stays; walking it at each full collection is a waste
        self._timer = QTimer(self)
        self._timer.setInterval(_INTERVAL_MS)
        self._timer.timeout.connect(self.collect)
        self._timer.start()

    def collect(self) -> None:
        """Collect the oldest generation that is due."""
        for generation in (2, 1, 0):
            if gc.get_count()[generation] > self._thresholds[generation]:
                gc.collect(generation)
                return

    def stop(self) -> None:
        """Give collection back to the interpreter."""
        self._timer.stop()
        gc.unfreeze()
        gc.enable()
