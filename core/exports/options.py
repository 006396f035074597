"""What an export is asked for, and what it tells."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from core.errors import UserError
from core.exports.fitting import DEFAULT_FIT, FITS
from core.exports.report.facts import ReportFacts
from core.images.pixels import Pixels
from core.images.source import ImageSource
from core.jobs import JobContext
from core.project.records import Status
from core.project.table import LabelTable

EVERYTHING = frozenset(Status)
LABELLED = frozenset({Status.ACCEPTED, Status.CORRECTED, Status.PREDICTED})
SPLITS = ("train", "val", "test")
MAX_SIDE = 4096
UNREADABLE = "images that can no longer be read"


@dataclass(frozen=True, kw_only=True)
class ExportOptions:
    """`statuses` None means the format's own default: every image for CSV and report, those with a label else.

    `ratios` are the shares of train, validation and test and sum to 1; `size` is a side in px, None for the
    images' own when all agree, else 224; `fit` names how that size is reached (`core.exports.fitting`);
    `grey` None for grey only when all images are; `excel` starts a CSV with a byte order mark; `split` divides
    the images (without it an NPZ has them all in train).
    """

    statuses: frozenset[Status] | None = None
    ratios: tuple[float, float, float] = (0.7, 0.1, 0.2)
    seed: int = 0
    size: int | None = None
    grey: bool | None = None
    excel: bool = False
    split: bool = True
    fit: str = DEFAULT_FIT

    @property
    def options(self) -> dict[str, Any]:
        """These options alone, by name."""
        return {option.name: getattr(self, option.name) for option in fields(ExportOptions)}


@dataclass(frozen=True)
class ExportRequest(ExportOptions):
    """What to write, and where. Nothing is written into `project`, the project's folder.

    `facts` is what a report says besides the images. Raises `UserError` for options without sense.
    """

    table: LabelTable
    source: ImageSource
    out: Path
    project: Path | None = None
    facts: ReportFacts | None = None

    def __post_init__(self) -> None:
        if self.fit not in FITS:
            raise UserError(
                f"There is no way '{self.fit}' to fit images.", f"Choose one of: {', '.join(FITS)}."
            )
        if self.size is not None and not 1 <= self.size <= MAX_SIDE:
            raise UserError(f"A side of {self.size} px is not possible.", f"Choose 1 to {MAX_SIDE}.")
        good = all(math.isfinite(share) and share >= 0 for share in self.ratios)
        if not (good and math.isclose(sum(self.ratios), 1, abs_tol=1e-6)):
            shares = "/".join(f"{100 * share:g}" for share in self.ratios)
            raise UserError(f"The shares {shares} do not make 100.", "Choose three that do, 70/10/20 say.")
        if self.seed < 0:
            raise UserError(f"{self.seed} is no seed.", "Choose 0 or a larger number.")

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


@dataclass(frozen=True)
class Preview:
    """The first lines of what would be written, as a table of text."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


Exporter = Callable[[ExportRequest, JobContext], ExportResult]
