"""What the window counts. Class list, summary line, steps and filters tell the same numbers: those of `facets`."""

from dataclasses import dataclass

from core.project.queries import facets
from core.project.records import Status
from medlabel_gui.first_stage import whose
from medlabel_gui.outcome import outcome_of
from medlabel_gui.snapshot import Snapshot


@dataclass(frozen=True)
class Summary:
    """Counts for the summary line: `labels` images a class, `errors` those that the filter "Cannot be read" shows,
    `changed` those that the refinement changed, None where there is none. `first` says whose the first labels are.
    """

    images: int
    labels: tuple[tuple[str, int], ...]
    decided: int
    errors: int
    changed: int | None
    delivers: bool
    first: str = "CLIP's"
    warnings: int = 0


def summarise(snapshot: Snapshot) -> Summary:
    """Count what the summary line tells; milliseconds for a million rows."""
    counts, classes, run = facets(snapshot.table), snapshot.table.classes, snapshot.refinement
    return Summary(
        images=counts.images,
        labels=tuple((c.name, count) for c, count in zip(classes, counts.classes, strict=True)),
        decided=sum(counts.statuses[Status.ACCEPTED : Status.ERROR]),
        errors=counts.errors,
        changed=counts.disagree if run else None,
        delivers=bool(run and run.delivers),
        first=whose(snapshot.stage_one),
        warnings=len(outcome_of(run).warnings),
    )
