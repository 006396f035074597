"""What a stored refinement says of itself: which candidate was taken and why, and what to be careful about."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.project.records import Run

_NUMBER = re.compile(r" \(normalised cut [^()]*\)")


@dataclass(frozen=True)
class Candidate:
    """One of the labellings that were compared; `score` is None where it has none."""

    title: str
    chosen: bool
    score: float | None = None


@dataclass(frozen=True)
class Outcome:
    """`taken` is the title of the candidate whose labels were taken, empty without a choice; `why` a sentence."""

    taken: str = ""
    why: str = ""
    candidates: tuple[Candidate, ...] = ()
    warnings: tuple[str, ...] = ()


def outcome_of(run: Run | None) -> Outcome:
    """Read a refinement's metrics. What another version wrote otherwise is left out."""
    if run is None:
        return Outcome()
    metrics = run.metrics
    candidates = tuple(map(_candidate, _list(metrics.get("candidates"), dict)))
    chosen = [candidate.title for candidate in candidates if candidate.chosen]
    warnings = tuple(text.strip() for text in _list(metrics.get("warnings"), str) if text.strip())
    name = chosen[0] if chosen else _text(metrics.get("candidate"))
    return Outcome(name, plain_reason(_text(metrics.get("reason"))), candidates, warnings)


def plain_reason(text: str) -> str:
    """A reason of a refinement without the number that it rests on, which the command line and exports tell."""
    return _NUMBER.sub("", text)


def _candidate(values: Mapping[str, Any]) -> Candidate:
    score = values.get("score")
    known = isinstance(score, (int, float)) and not isinstance(score, bool)
    title = _text(values.get("title")) or _text(values.get("name"))
    return Candidate(title, values.get("chosen") is True, float(score) if known else None)  # type: ignore[arg-type]


def _list(value: Any, kind: type) -> list[Any]:
    return [item for item in value if isinstance(item, kind)] if isinstance(value, list) else []


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""
