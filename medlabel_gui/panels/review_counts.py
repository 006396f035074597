"""How far the review is, and what a threshold would accept. Plain numpy, no Qt."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from core.project.records import Status
from core.project.table import Floats, LabelTable
from medlabel_gui.panels.confidence_scale import least

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Progress:
    """`statuses` (len(Status),) images a status; `waiting` those with a label that nobody has decided about."""

    images: int
    statuses: npt.NDArray[np.int64]
    waiting: int

    @property
    def decided(self) -> int:
        return int(self.statuses[Status.ACCEPTED : Status.ERROR].sum())


def progress_of(table: LabelTable) -> Progress:
    """Count; milliseconds for a million images."""
    statuses = np.bincount(table.status, minlength=len(Status)).astype(np.int64)
    waiting = np.count_nonzero((table.status <= Status.PREDICTED) & (table.label >= 0))
    return Progress(len(table), statuses, int(waiting))


@dataclass(frozen=True, eq=False)
class Candidates:
    """Images that could be accepted: `rows` (k,) and their `confidence` (k,) float32."""

    rows: Rows = field(default_factory=lambda: np.empty(0, np.int64))
    confidence: Floats = field(default_factory=lambda: np.empty(0, np.float32))

    @classmethod
    def of(cls, table: LabelTable, shown: Rows) -> "Candidates":
        """The shown rows with a label of a model that nobody has decided about."""
        shown = shown[shown < len(table)] if len(shown) and int(shown.max()) >= len(table) else shown
        possible = (table.status == Status.PREDICTED) & (table.label >= 0) & ~np.isnan(table.confidence)
        rows = shown[possible[shown]]
        return cls(rows, table.confidence[rows])

    def count(self, percent: float) -> int:
        """How many are at or above a confidence."""
        return int(np.count_nonzero(self.confidence >= least(percent)))

    def at_or_above(self, percent: float) -> Rows:
        """The rows of those."""
        return self.rows[self.confidence >= least(percent)]
