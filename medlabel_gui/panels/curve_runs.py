"""Trainings as the curves show them: plain data, read from a project's runs or followed live."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from core.project.records import Run
from core.refine.events import EpochEnd

LIVE = 0  # key of the training that runs now; ids of stored runs begin at 1
_FIELDS = frozenset(field.name for field in fields(EpochEnd))


@dataclass(frozen=True)
class RunCurves:
    """One training. `key` is the run's id or `LIVE`; `number` counts the project's trainings from 1.

    `ended`: it will have no more epochs. `created_at` is ISO 8601 UTC, empty for a live one.
    """

    key: int
    number: int
    epochs: tuple[EpochEnd, ...]
    ended: bool = True
    created_at: str = ""
    strategy: str = ""
    network: str = ""
    seconds: float = 0.0

    @property
    def best(self) -> EpochEnd | None:
        """The best epoch so far; None before the first."""
        if not self.epochs:
            return None
        number = self.epochs[-1].best_epoch
        return next((e for e in self.epochs if e.epoch == number), self.epochs[-1])

    @property
    def complete(self) -> bool:
        """Whether it came to its own end. Curves are stored with a run that did, and only then."""
        if not self.epochs:
            return False
        last = self.epochs[-1]
        return self.key != LIVE or last.stops_early or last.epoch >= last.epochs

    @property
    def stopped_early(self) -> bool:
        """Whether it ended before its last possible epoch because it got no better."""
        return self.complete and self.epochs[-1].epoch < self.epochs[-1].epochs


def stored_trainings(runs: Iterable[Run]) -> list[RunCurves]:
    """The refinements that kept curves, oldest first."""
    found: list[RunCurves] = []
    for run in runs:
        epochs = _epochs(run.metrics.get("curves")) if run.kind == "refinement" and run.finished else ()
        if epochs:
            found.append(_training(run, len(found) + 1, epochs))
    return found


def _training(run: Run, number: int, epochs: tuple[EpochEnd, ...]) -> RunCurves:
    seconds = run.metrics.get("seconds")
    return RunCurves(
        key=run.id,
        number=number,
        epochs=epochs,
        created_at=run.created_at,
        strategy=str(run.params.get("strategy", "")),
        network=str(run.metrics.get("network", "")),
        seconds=float(seconds) if seconds is not None else sum(e.seconds for e in epochs),
    )


def _epochs(stored: Any) -> tuple[EpochEnd, ...]:
    """The epochs of stored curves. What other versions wrote beside them is left out; () when they lack a value."""
    if not isinstance(stored, list):
        return ()
    try:
        return tuple(_epoch(values) for values in stored)
    except TypeError:  # not a mapping, or a field without a default is missing
        return ()


def _epoch(values: Mapping[str, Any]) -> EpochEnd:
    return EpochEnd(**{name: value for name, value in dict(values).items() if name in _FIELDS})
