"""From trials to a table: a row for each task, weak labels and strategy."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from core.experiments.trial import TrialResult


@dataclass(frozen=True)
class Spread:
    """Mean, standard deviation (of the sample; 0 for one trial) and smallest value over the repeats; NaN for none."""

    mean: float
    std: float
    min: float


@dataclass(frozen=True)
class Row:
    """One row of the table; everything is 0..1 but seconds. Gains are refined less weak, of the same trial."""

    task: str
    weak: str
    strategy: str
    repeats: int
    clip_train: Spread
    train: Spread
    gain_train: Spread
    clip_test: Spread
    test: Spread
    gain_test: Spread
    clip_f1_train: Spread
    f1_train: Spread
    f1_gain_train: Spread
    clip_f1_test: Spread
    f1_test: Spread
    f1_gain_test: Spread
    ece: Spread
    seconds: Spread
    below_weak: int
    """Repeats whose labels are more than half a point below the weak ones."""
    held_back: int = 0
    """Repeats whose labels `refine` would not have delivered, or the strategy itself did not."""
    collapsed: int = 0
    """Those of them in which the network gave up a class."""


def summarise(results: Iterable[TrialResult]) -> tuple[Row, ...]:
    """A row for each task, weak labels and strategy, in the order in which they come."""
    groups: dict[tuple[str, str, str], list[TrialResult]] = {}
    for result in results:
        groups.setdefault((result.task, result.weak, result.strategy), []).append(result)
    return tuple(_row(*key, own) for key, own in groups.items())


def spread(values: Iterable[float]) -> Spread:
    """Of the values that are numbers."""
    found = np.array([value for value in values if not np.isnan(value)])
    if not len(found):
        return Spread(float("nan"), float("nan"), float("nan"))
    std = float(found.std(ddof=1)) if len(found) > 1 else 0.0
    return Spread(float(found.mean()), std, float(found.min()))


def csv_table(rows: Sequence[Row]) -> str:
    """Every number of every row, shares as 0..1."""
    measures = [name for name, kind in Row.__annotations__.items() if kind is Spread]
    header = ["task", "weak_labels", "strategy", "repeats"]
    header += [f"{name}_{what}" for name in measures for what in ("mean", "std", "min")]
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([*header, "repeats_below_weak", "repeats_held_back", "repeats_collapsed"])
    for row in rows:
        spreads = [getattr(row, name) for name in measures]
        numbers = [_number(value) for s in spreads for value in (s.mean, s.std, s.min)]
        counts = [row.below_weak, row.held_back, row.collapsed]
        writer.writerow([row.task, row.weak, row.strategy, row.repeats, *numbers, *counts])
    return file.getvalue()


def markdown_table(rows: Sequence[Row]) -> str:
    """The main numbers as a table in Markdown: percent, gains in points, `mean +- spread (min)`."""
    header = (
        "| task | weak labels | strategy | repeats | weak | relabelled | gain | F1 gain | weak, test | test "
        "| test gain | test F1 gain | calibration error | seconds | held back |"
    )
    lines = [header, "|---|---|---|" + "---:|" * 12]
    for row in rows:
        cells = [row.task, row.weak, row.strategy, str(row.repeats), percent(row.clip_train)]
        cells += [percent(row.train), points(row.gain_train), points(row.f1_gain_train)]
        cells += [percent(row.clip_test), percent(row.test), points(row.gain_test), points(row.f1_gain_test)]
        cells += [decimals(row.ece), f"{row.seconds.mean:.1f}", kept_back(row)]
        lines.append(f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |")
    return "\n".join(lines) + "\n"


def kept_back(row: Row) -> str:
    """`3 of 30, 2 collapsed`: repeats whose labels would not have been delivered."""
    collapsed = f", {row.collapsed} collapsed" if row.collapsed else ""
    return f"{row.held_back} of {row.repeats}{collapsed}" if row.held_back else "0"


def percent(value: Spread, sign: str = "") -> str:
    """`97.3 ± 1.2 (94.0)`, in percent; `sign` follows the mean and the smallest."""
    if np.isnan(value.mean):
        return "-"
    return f"{100 * value.mean:.1f}{sign} ± {100 * value.std:.1f} ({100 * value.min:.1f}{sign})"


def points(value: Spread) -> str:
    """`+15.3 (+12.0)`: mean and smallest, in percentage points."""
    return "-" if np.isnan(value.mean) else f"{100 * value.mean:+.1f} ({100 * value.min:+.1f})"


def decimals(value: Spread) -> str:
    """The mean, as calibration errors are given."""
    return "-" if np.isnan(value.mean) else f"{value.mean:.3f}"


def _row(task: str, weak: str, strategy: str, own: Sequence[TrialResult]) -> Row:
    def of(part: str, what: str) -> list[float]:
        return [getattr(getattr(result, part), what) for result in own]

    def gain(part: str, what: str) -> list[float]:
        pairs = zip(of(f"refined_{part}", what), of(f"clip_{part}", what), strict=True)
        return [after - before for after, before in pairs]

    gains = gain("train", "accuracy")
    return Row(
        task=task,
        weak=weak,
        strategy=strategy,
        repeats=len(own),
        clip_train=spread(of("clip_train", "accuracy")),
        train=spread(of("refined_train", "accuracy")),
        gain_train=spread(gains),
        clip_test=spread(of("clip_test", "accuracy")),
        test=spread(of("refined_test", "accuracy")),
        gain_test=spread(gain("test", "accuracy")),
        clip_f1_train=spread(of("clip_train", "f1")),
        f1_train=spread(of("refined_train", "f1")),
        f1_gain_train=spread(gain("train", "f1")),
        clip_f1_test=spread(of("clip_test", "f1")),
        f1_test=spread(of("refined_test", "f1")),
        f1_gain_test=spread(gain("test", "f1")),
        ece=spread(of("refined_train", "ece")),
        seconds=spread([result.seconds for result in own]),
        below_weak=sum(value < -0.005 for value in gains),
        held_back=sum(not result.delivers or "held_back" in result.notes for result in own),
        collapsed=sum(bool(result.notes.get("collapsed")) for result in own),
    )


def _number(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.5f}"
