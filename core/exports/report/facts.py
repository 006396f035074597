"""What a report says besides the images: where labels came from, and how good each stage is."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class ReportRun:
    """One run in a line of the report. `delivers` says whether labels of this run are the delivered ones."""

    kind: str
    created_at: str
    name: str
    delivers: bool
    finished: bool = True
    note: str = ""


@dataclass(frozen=True)
class ClassQuality:
    """One class against the rest, 0..1; NaN where it cannot be computed."""

    name: str
    images: int
    sensitivity: float
    specificity: float
    f1: float


@dataclass(frozen=True)
class StageQuality:
    """A stage against known labels, 0..1; `stage` is a key of `ReportFacts.stage_names`."""

    stage: str
    images: int
    accuracy: float
    f1: float
    classes: tuple[ClassQuality, ...]


@dataclass(frozen=True)
class ReportFacts:
    """`created_at` is ISO 8601 in UTC; `details` and `versions` are (name, value) in reading order.

    `prompts` holds (class, captions) of the run that stage 1's labels come from; `stage_names` says how the
    stages `zero_shot`, `refined` and `delivered` are called. `not_delivered` says why stage 2 does not deliver.
    """

    title: str = "MedLabel report"
    created_at: str = ""
    details: tuple[tuple[str, str], ...] = ()
    prompts: tuple[tuple[str, tuple[str, ...]], ...] = ()
    versions: tuple[tuple[str, str], ...] = ()
    runs: tuple[ReportRun, ...] = ()
    stages: tuple[StageQuality, ...] = ()
    not_delivered: str = ""
    stage_names: dict[str, str] = field(
        default_factory=lambda: {
            "zero_shot": "Stage 1",
            "refined": "Stage 2",
            "delivered": "Delivered labels",
        }
    )
