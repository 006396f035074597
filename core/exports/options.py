"""What an export is asked for, and what it tells."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.errors import UserError
from core.images.pixels import Pixels
from core.images.source import ImageSource
from core.jobs import JobContext
from core.project.records import Status
from core.project.table import LabelTable

LABELLED = frozenset({Status.ACCEPTED, Status.CORRECTED, Status.PREDICTED})
SPLITS = ("train", "val", "test")


@dataclass(frozen=True)
class ExportRequest:
    """`statuses` None means the format's own default: every image for CSV, those with a label else.

    `ratios` are the shares of train, validation and test; `size` is a side in px, None for the images' own
    when all agree, else 224; `grey` None for grey only when all images are; `excel` starts a CSV with a byte
    order mark; `split` writes splits (always so in an NPZ).
    """

    table: LabelTable
    source: ImageSource
    out: Path
    statuses: frozenset[Status] | None = None
    ratios: tuple[float, float, float] = (0.7, 0.1, 0.2)
    seed: int = 0
    size: int | None = None
    grey: bool | None = None
    excel: bool = False
    split: bool = True

    def rows(self, default: frozenset[Status]) -> npt.NDArray[np.int64]:
        """The row numbers to export."""
        wanted = np.isin(self.table.status, [int(s) for s in self.statuses or default])
        return np.flatnonzero(wanted)

    def labelled_rows(self) -> npt.NDArray[np.int64]:
        """The row numbers to export that have a label. Raises `UserError` when there is none."""
        rows = self.rows(LABELLED)
        rows = rows[self.table.label[rows] >= 0]
        if not len(rows):
            raise UserError(
                "There is no image with a label to export.", "Label first, or choose other statuses."
            )
        return rows

    def read(self, row: int) -> Pixels:
        """Decode one image. Raises `ImageUnreadable`."""
        return self.source.read(self.table.refs[row])


@dataclass(frozen=True)
class ExportResult:
    """`rows` written, `skipped` counts by reason, `splits` counts by name, `notes` on how it was done."""

    format: str
    paths: tuple[Path, ...]
    rows: int
    skipped: dict[str, int] = field(default_factory=dict)
    splits: dict[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


Exporter = Callable[[ExportRequest, JobContext], ExportResult]
