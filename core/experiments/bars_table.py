"""What the rows of `bars` reached: measured, judged, as one table."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.experiments.bars import ECE_BAR, LOSS_BAR, SECONDS_BAR, Bar, BarRow, PlannedTrial
from core.experiments.summary import Spread, spread
from core.experiments.trial import TrialResult

JUDGED = "auto"
_TOLERANCE = 1e-6  # points; an accuracy that equals its bar has reached it


@dataclass(frozen=True)
class Reached:
    """A strategy on a row, over the `found` of `planned` seeds that ended; accuracies in percent, NaN for none.

    `loss` are points that the worst seed, `loss_seed`, is below its weak labels; negative where all gain.
    `seconds` are the median: the first trial of a process also imports the libraries.
    `kept_back` seeds delivered the weak labels by the strategy's own verdict.
    """

    row: BarRow
    strategy: str
    planned: int
    found: int
    images: int
    weak: Spread
    relabelled: Spread
    test: Spread
    ece: float
    seconds: float
    loss: float
    loss_seed: int
    kept_back: int

    @property
    def verdict(self) -> str:
        """`pass`, `fail: ...` with what is missed, or how far the row is."""
        if not self.found:
            return "not run"
        missed = _missed(self, self.row.bar)
        if missed:
            return f"fail: {', '.join(missed)}"
        return "pass" if self.found == self.planned else f"{self.found} of {self.planned} seeds so far"


def reached(planned: Sequence[PlannedTrial], results: Mapping[str, TrialResult]) -> tuple[Reached, ...]:
    """One for each row and strategy, in the order of the plan; `results` by key, those of other trials ignored."""
    groups: dict[tuple[BarRow, str], list[PlannedTrial]] = {}
    for trial in planned:
        groups.setdefault((trial.row, trial.spec.strategy), []).append(trial)
    return tuple(
        _reached(row, strategy, len(own), [results[trial.key] for trial in own if trial.key in results])
        for (row, strategy), own in groups.items()
    )


def markdown(found: Sequence[Reached], judged: str = JUDGED) -> str:
    """The table, a row for each task and kind of errors, then what holds over all rows; `judged` against the bars."""
    strategies = list(dict.fromkeys(item.strategy for item in found))
    by_row: dict[BarRow, dict[str, Reached]] = {}
    for item in found:
        by_row.setdefault(item.row, {})[item.strategy] = item
    header = ["task", "noise", "weak"]
    for name in strategies:
        header += [f"{name}: relabelled, mean / min", "new images", "calibration error", "seconds"]
    header += ["bar: mean / every seed", judged]
    lines = [_line(header), _line(["---"] * 2 + ["---:"] * (len(header) - 4) + ["---"] * 2)]
    for row, own in by_row.items():
        weak = max(own.values(), key=lambda item: item.found).weak.mean
        cells = [row.title, row.noise, _percent(weak)]
        for name in strategies:
            cells += _cells(own[name])
        cells += [_bar(row.bar), own[judged].verdict if judged in own else "-"]
        lines.append(_line(cells))
    return "\n".join(lines) + "\n\n" + "\n".join(_over_all(found, judged)) + "\n"


def csv_text(found: Sequence[Reached]) -> str:
    """Every number of every row and strategy; accuracies and bars in percent."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(_HEADER)
    for item in found:
        row, bar = item.row, item.row.bar
        numbers = [item.weak.mean, item.relabelled.mean, item.relabelled.std, item.relabelled.min]
        numbers += [item.test.mean, item.test.min, 100 * item.ece, item.seconds, item.loss]
        writer.writerow(
            [row.name, row.title, row.kind, row.rate, item.strategy, item.planned, item.found, item.images]
            + ["" if np.isnan(number) else f"{number:.3f}" for number in numbers]
            + [item.loss_seed if item.found else "", item.kept_back]
            + [bar.mean, bar.every, "" if bar.test is None else bar.test, item.verdict]
        )
    return file.getvalue()


def seconds_bar(images: int) -> float:
    """Seconds that this many images may take on one core."""
    (few, least), (many, most) = SECONDS_BAR
    return max(least, least + (images - few) * (most - least) / (many - few))


def _reached(row: BarRow, strategy: str, planned: int, results: Sequence[TrialResult]) -> Reached:
    weak = [100 * result.clip_train.accuracy for result in results]
    after = [100 * result.refined_train.accuracy for result in results]
    losses = [before - now for before, now in zip(weak, after, strict=True)]
    worst = int(np.argmax(losses)) if losses else 0
    return Reached(
        row=row,
        strategy=strategy,
        planned=planned,
        found=len(results),
        images=results[0].images if results else 0,
        weak=spread(weak),
        relabelled=spread(after),
        test=spread(100 * result.refined_test.accuracy for result in results),
        ece=spread(result.refined_train.ece for result in results).mean,
        seconds=float(np.median([result.seconds for result in results])) if results else float("nan"),
        loss=losses[worst] if losses else float("nan"),
        loss_seed=results[worst].seed if results else 0,
        kept_back=sum(not result.delivers for result in results),
    )


def _missed(item: Reached, bar: Bar) -> list[str]:
    """Two decimals: one would show a miss by a hair as equal."""
    wanted = [("mean", item.relabelled.mean, bar.mean), ("min", item.relabelled.min, bar.every)]
    if bar.test is not None:
        wanted.append(("new images", item.test.mean, bar.test))
    return [f"{what} {value:.2f}" for what, value, least in wanted if not value >= least - _TOLERANCE]


def _over_all(found: Sequence[Reached], judged: str) -> list[str]:
    """Calibration, seconds and, last, the largest loss; each with its verdict."""
    own = [item for item in found if item.strategy == judged and item.found]
    if not own:
        return [f"No trial of {judged} has ended."]
    ece = float(np.mean([item.ece for item in own]))
    slow = max(own, key=lambda item: item.seconds / seconds_bar(item.images))
    lossy = max(own, key=lambda item: item.loss)
    loss = max(lossy.loss, 0.0)
    planned = [item for item in found if item.strategy == judged]
    passed = sum(item.verdict == "pass" for item in planned)
    return [
        f"Rows that {judged} passes: {passed} of {len(planned)}.",
        "",
        f"Calibration error of {judged}, mean over the rows: {ece:.3f} (bar {ECE_BAR:.2f}): "
        f"{_word(ece <= ECE_BAR)}.",
        "",
        f"Seconds of {judged}, median of the seeds, the slowest row for its size, {slow.row.name}: "
        f"{slow.seconds:.1f} for {slow.images:,} images (bar {seconds_bar(slow.images):.0f} on one core): "
        f"{_word(slow.seconds <= seconds_bar(slow.images))}.",
        "",
        f"Largest loss of {judged} against the weak labels on any seed of any row: {loss:.2f} points "
        f"({lossy.row.name}, seed {lossy.loss_seed}: {-lossy.loss:+.2f}; bar {LOSS_BAR}): "
        f"{_word(loss <= LOSS_BAR + _TOLERANCE)}.",
    ]


def _cells(item: Reached) -> list[str]:
    if not item.found:
        return ["-"] * 4
    ece = "-" if np.isnan(item.ece) else f"{item.ece:.3f}"
    accuracy = f"{_percent(item.relabelled.mean)} / {_percent(item.relabelled.min)}"
    return [accuracy, _percent(item.test.mean), ece, f"{item.seconds:.1f}"]


def _bar(bar: Bar) -> str:
    text = f"{bar.mean:.1f} / {bar.every:.1f}"
    return text if bar.test is None else f"{text}, new images {bar.test:.1f}"


def _percent(value: float) -> str:
    return "-" if np.isnan(value) else f"{value:.1f}"


def _word(good: bool) -> str:
    return "pass" if good else "fail"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


_HEADER = (
    *("row", "task", "kind", "rate", "strategy", "seeds_planned", "seeds", "images"),
    *("weak_mean", "relabelled_mean", "relabelled_std", "relabelled_min", "test_mean", "test_min"),
    *("calibration_error_percent", "seconds_median", "largest_loss", "largest_loss_seed", "kept_back"),
    *("bar_mean", "bar_every", "bar_test", "verdict"),
)
