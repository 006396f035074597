"""The selected positions of a selection model as arrays: counted, listed and looked up fast."""

from bisect import bisect_right

import numpy as np
from PySide6.QtCore import QItemSelection

from medlabel_gui.live_table import Rows


class Ranges:
    """A selection of a list model at one moment."""

    def __init__(self, selection: QItemSelection) -> None:
        parts = [selection.at(n) for n in range(selection.count())]
        bounds = np.array([(part.top(), part.bottom() + 1) for part in parts], np.int64).reshape(-1, 2)
        bounds = bounds[np.argsort(bounds[:, 0], kind="stable")]
        reach = np.maximum.accumulate(bounds[:, 1]) if len(bounds) else bounds[:, 1]
        opens = np.ones(len(bounds), np.bool_)
        opens[1:] = bounds[1:, 0] > reach[:-1]  # else it touches or overlaps what is before it
        closes = np.append(opens[1:], True) if len(bounds) else opens
        self._starts: list[int] = bounds[opens, 0].tolist()
        self._stops: list[int] = reach[closes].tolist()

    @property
    def count(self) -> int:
        """How many positions are selected."""
        return sum(self._stops) - sum(self._starts)

    def positions(self) -> Rows:
        """The selected positions, ascending."""
        parts = [np.arange(start, stop) for start, stop in zip(self._starts, self._stops, strict=True)]
        return np.concatenate(parts) if parts else np.empty(0, np.int64)

    def has(self, position: int) -> bool:
        """Whether a position is selected."""
        part = bisect_right(self._starts, position) - 1
        return part >= 0 and position < self._stops[part]
