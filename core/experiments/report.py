"""What an experiment leaves in its folder: tables, plots, and what was done."""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import UserError
from core.experiments import plots
from core.experiments.mixture import Mixture
from core.experiments.summary import Row, csv_table, markdown_table
from core.experiments.trial import TrialResult
from core.jobs import JobContext

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STAGE = "Drawing the plots"
_MOST_NOTES = 12
_KINDS = ("examples-*.png", "curves*.png", "confusion*.png")


def write_tables(rows: Sequence[Row], folder: Path) -> tuple[Path, ...]:
    """`table.csv` with every number and `table.md` with the main ones. Raises `UserError`."""
    return write_text(folder / "table.csv", csv_table(rows)), write_text(
        folder / "table.md", markdown_table(rows)
    )


def write_json(path: Path, facts: Mapping[str, Any]) -> Path:
    """Write `facts` as indented JSON, what JSON does not know as text; the path comes back. Raises `UserError`."""
    return write_text(path, json.dumps(facts, indent=1, ensure_ascii=False, default=str) + "\n")


def write_plots(
    results: Sequence[TrialResult],
    mixtures: Mapping[str, Mixture],
    folder: Path,
    examples: bool,
    ctx: JobContext,
) -> tuple[Path, ...]:
    """Every plot as PNG; `mixtures` by task name, for the example images, drawn only if `examples`.

    Plots of an earlier call, which may have been about more, go when all are drawn. Raises `UserError`.
    """
    groups: dict[tuple[str, str], list[TrialResult]] = {}
    for result in results:
        groups.setdefault((result.task, result.weak), []).append(result)
    drawn: list[Path] = []

    def draw(name: str, figure: "Figure | None") -> None:
        if figure is not None:
            plots.save(figure, folder / f"{name}.png")
            drawn.append(folder / f"{name}.png")

    draw("gains", plots.gains_figure(results))
    for done, ((task, weak), own) in enumerate(groups.items()):
        ctx.progress(done, len(groups), STAGE)
        tail = "" if len(groups) == 1 else f"-{file_name(f'{task} {weak}')}"
        title = f"{task}, weak labels: {weak}"
        draw(f"curves{tail}", plots.curves_figure(own, title))
        draw(f"confusion{tail}", plots.confusions_figure(own, title))
        for strategy in dict.fromkeys(result.strategy for result in own) if examples else ():
            first = next(result for result in own if result.strategy == strategy)
            draw(f"examples-{file_name(strategy)}{tail}", plots.examples_figure(first, mixtures[task]))
    ctx.progress(len(groups), len(groups), STAGE)
    for path in {found for kind in _KINDS for found in folder.glob(kind)} - set(drawn):
        path.unlink()
    return tuple(drawn)


def notes_of(results: Sequence[TrialResult], failed: Sequence[str]) -> tuple[str, ...]:
    """What the trials warned of, each sentence once with its count, and which failed."""
    counts = Counter(f"{result.strategy}: {text}" for result in results for text in result.warnings)
    kept_back = Counter(result.strategy for result in results if not result.delivers)
    notes = [f"{text} ({count} trials)" for text, count in counts.most_common(_MOST_NOTES)]
    notes += [f"{name}: the weak labels were delivered in {n} trials." for name, n in kept_back.items()]
    notes += _would_be_held_back(results)
    notes += [f"Failed: {text}" for text in failed[:_MOST_NOTES]]
    return tuple(notes)


def _would_be_held_back(results: Sequence[TrialResult]) -> list[str]:
    """A sentence for each strategy that is measured with labels which `refine` would not have delivered."""
    of = Counter(result.strategy for result in results)
    poor = [result for result in results if "held_back" in result.notes]
    collapsed = Counter(result.strategy for result in poor if result.notes.get("collapsed"))
    others = Counter(result.strategy for result in poor if not result.notes.get("collapsed"))
    end = "refine would have delivered the weak labels."
    notes = [f"{name}: collapsed in {n} of {of[name]} trials: {end}" for name, n in collapsed.items()]
    for name, n in others.items():
        why = "images that look alike agree less under its labels"
        notes.append(f"{name}: in {n} of {of[name]} trials {why}: {end}")
    return notes


def file_name(text: str) -> str:
    """The text as part of a file's name."""
    return re.sub(r"[^a-z0-9]+", "-", text.casefold()).strip("-")[:80]


def write_text(path: Path, text: str) -> Path:
    """Write UTF-8 text, into a new folder if need be; the path comes back. Raises `UserError`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror or error}.") from error
    return path
