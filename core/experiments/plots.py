"""The plots of an experiment as figures of matplotlib and as PNG files, without a screen."""

import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from core.errors import UserError
from core.experiments.mixture import Mixture
from core.experiments.trial import TrialResult

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BLUE, ORANGE, GREEN, RED, GREY = "#2a6fb0", "#d9822b", "#2e8b57", "#c0392b", "#7a7a7a"
_MOST_NUMBERS = 12  # classes up to which a confusion matrix has numbers in its fields
_MOST_BOXES = 14
_FEWEST_OF_A_BOX = 5  # trials; the quartiles of fewer are not theirs
_ACROSS, _DOWN = 8, 3  # example images
_DPI = 130


def gains_figure(results: Sequence[TrialResult]) -> "Figure":
    """Boxplots over the repeats: gain over the weak labels in accuracy and in F1, relabelled and on new images."""
    groups = _grouped(results)
    fig = _figure(max(7.0, 2.6 + 1.5 * len(groups)), 7.2)
    axes = fig.subplots(2, 2, sharex=True, sharey="row")
    for row, (what, word) in enumerate((("accuracy", "accuracy"), ("f1", "F1"))):
        for column, (part, title) in enumerate((("train", "relabelled images"), ("test", "new images"))):
            ax = axes[row][column]
            _boxes(ax, [_gains(own, part, what) for own in groups.values()])
            ax.axhline(0, color=GREY, linewidth=1)
            ax.grid(axis="y", color="#e4e4e4", linewidth=0.8)
            if row == 0:
                ax.set_title(title, fontsize=11)
            if column == 0:
                ax.set_ylabel(f"gain in {word} over weak labels\n(percentage points)")
            ax.set_xticks(range(1, len(groups) + 1), list(groups), fontsize=9)
    repeats = max(len(own) for own in groups.values())
    fig.suptitle(f"Second stage against weak labels, {repeats} trials a box", fontsize=12)
    return fig


def curves_figure(results: Sequence[TrialResult], title: str) -> "Figure | None":
    """Loss and accuracy an epoch for each strategy: mean over the repeats, band from smallest to largest.

    None where no strategy trained a network.
    """
    strategies = {r.strategy: [o for o in results if o.strategy == r.strategy] for r in results if r.curves}
    if not strategies:
        return None
    fig = _figure(max(5.4, 4.4 * len(strategies)), 6.6)
    axes = fig.subplots(2, len(strategies), squeeze=False, sharex="col")
    for column, (strategy, own) in enumerate(strategies.items()):
        for row, what in enumerate(("loss", "accuracy")):
            ax = axes[row][column]
            for part, colour in (("train", BLUE), ("validation", ORANGE)):
                _band(ax, [_curve(result, f"{part}_{what}") for result in own], colour, part)
            ax.grid(color="#e4e4e4", linewidth=0.8)
            ax.set_ylabel(what if what == "loss" else "accuracy on the labels learnt from")
        axes[0][column].set_title(f"{strategy} ({len(own)} trials)", fontsize=11)
        axes[1][column].set_xlabel("epoch")
        axes[1][column].set_ylim(top=1.02)
    axes[0][0].legend(frameon=False)
    fig.suptitle(_wrapped(title, 48 * len(strategies)), fontsize=12)
    return fig


def confusions_figure(results: Sequence[TrialResult], title: str) -> "Figure":
    """Weak labels beside each strategy: percent of each true class, all repeats together."""
    classes = results[0].classes
    by_strategy: dict[str, Any] = {}
    for result in results:
        by_strategy[result.strategy] = by_strategy.get(result.strategy, 0) + np.array(
            result.confusion_refined
        )
    first = [result for result in results if result.strategy == results[0].strategy]
    panels = {"weak labels": np.sum([result.confusion_clip for result in first], axis=0), **by_strategy}
    side = min(9.0, max(3.4, 0.62 * len(classes) + 1.6))
    fig = _figure((side + 0.4) * len(panels) + 1.2, side + 1.2)
    axes = fig.subplots(1, len(panels), squeeze=False, sharey=True)[0]
    for ax, (name, counts) in zip(axes, panels.items(), strict=True):
        _matrix(ax, np.asarray(counts), classes)
        ax.set_title(name, fontsize=11)
    axes[0].set_ylabel("known class")
    fig.suptitle(f"{_wrapped(title, 70)}\npercent of each known class", fontsize=12)
    return fig


def examples_figure(result: TrialResult, mixture: Mixture) -> "Figure | None":
    """Images whose label the second stage changed, in one trial: weak label, new label, and which is right.

    None where it changed none.
    """
    chosen = result.examples[: _ACROSS * _DOWN]
    if not chosen:
        return None
    rows = -(-len(chosen) // _ACROSS)
    fig = _figure(1.75 * _ACROSS, 2.3 * rows + 0.8)
    axes = fig.subplots(rows, _ACROSS, squeeze=False).reshape(-1)
    pixels = mixture.pixels(np.array([row for row, *_ in chosen], np.int64))
    for ax in axes:
        ax.axis("off")
    for ax, image, (_, before, after, truth) in zip(axes, pixels, chosen, strict=False):
        ax.imshow(image, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
        colour = GREEN if after == truth else RED
        names = [_short(result.classes[k]) for k in (before, after, truth)]
        known = f"\nknown: {names[2]}" if after != truth else ""
        ax.set_title(f"{names[0]}\n→ {names[1]}{known}", fontsize=8, color=colour)
    good = sum(after == truth for _, _, after, truth in chosen)
    shown = f"{good} of {len(chosen)} shown are right now (green), {len(chosen) - good} are not (red)"
    fig.suptitle(
        f"{_wrapped(result.task, 60)}, {result.strategy}: labels that changed (weak → new)\n{shown}",
        fontsize=11,
    )
    return fig


def _figure(width: float, height: float) -> "Figure":
    from matplotlib.figure import Figure  # not pyplot: no window system, nothing global

    return Figure(figsize=(min(width, 40.0), height), layout="constrained")


def save(fig: "Figure", path: Path) -> None:
    """Write a figure as PNG. Raises `UserError`."""
    try:
        fig.savefig(path, dpi=_DPI, facecolor="white")
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror or error}.") from error


def _grouped(results: Sequence[TrialResult]) -> dict[str, list[TrialResult]]:
    """The trials of each box by its label: task and strategy, or strategy alone where there would be too many."""
    names: list[Callable[[TrialResult], str]] = [
        lambda r: r.strategy,
        lambda r: f"{r.strategy}\n{_wrapped(r.task, 18)}",
        lambda r: f"{r.strategy}\n{r.weak}",
        lambda r: f"{r.strategy}\n{_wrapped(r.task, 18)}\n{r.weak}",
    ]
    tasks, weak = len({r.task for r in results}), len({r.weak for r in results})
    wanted = names[(1 if tasks > 1 else 0) + (2 if weak > 1 else 0)]
    wanted = names[0] if len({wanted(r) for r in results}) > _MOST_BOXES else wanted
    groups: dict[str, list[TrialResult]] = {}
    for result in results:
        groups.setdefault(wanted(result), []).append(result)
    return groups


def _gains(results: Sequence[TrialResult], part: str, what: str) -> npt.NDArray[np.float64]:
    after = np.array([getattr(getattr(r, f"refined_{part}"), what) for r in results])
    before = np.array([getattr(getattr(r, f"clip_{part}"), what) for r in results])
    gains = 100 * (after - before)
    return np.asarray(gains[~np.isnan(gains)], np.float64)


def _boxes(ax: Any, values: Sequence[npt.NDArray[np.float64]]) -> None:
    """A box for each group of 5 trials or more with every trial on it; of fewer the trials and their median."""
    for place, own in enumerate(values, 1):
        if len(own) >= _FEWEST_OF_A_BOX:
            _box(ax, place, own)
        elif len(own):
            ax.hlines(np.median(own), place - 0.25, place + 0.25, color=BLUE, linewidth=2)
    ax.set_xlim(0.5, len(values) + 0.5)
    rng = np.random.default_rng(0)
    for place, own in enumerate(values, 1):  # every trial, so that a bad seed is seen
        few = len(own) < _FEWEST_OF_A_BOX
        x = place + rng.uniform(-0.12, 0.12, len(own))
        ax.plot(x, own, "o", markersize=6 if few else 3.5, color=ORANGE, alpha=0.7, markeredgewidth=0)


def _box(ax: Any, place: int, own: npt.NDArray[np.float64]) -> None:
    ax.boxplot(
        [own],
        positions=[place],
        widths=0.5,
        manage_ticks=False,
        patch_artist=True,
        boxprops={"facecolor": "#d5e4f2", "edgecolor": BLUE},
        medianprops={"color": BLUE, "linewidth": 2},
        whiskerprops={"color": BLUE},
        capprops={"color": BLUE},
        showfliers=False,
    )


def _curve(result: TrialResult, what: str) -> list[float]:
    """The curve of the network that labels new images: of several trainings the last."""
    last = result.curves[-1].get("network", "") if result.curves else ""
    own = [epoch for epoch in result.curves if epoch.get("network", "") == last]
    start = max((i for i, epoch in enumerate(own) if epoch["epoch"] == 1), default=0)
    return [float("nan") if epoch[what] is None else float(epoch[what]) for epoch in own[start:]]


def _band(ax: Any, curves: Sequence[Sequence[float]], colour: str, label: str) -> None:
    """Mean and range over the trials that still trained at an epoch."""
    curves = [curve for curve in curves if curve]
    if not curves:
        return
    length = max(map(len, curves))
    table = np.full((len(curves), length), np.nan)
    for i, curve in enumerate(curves):
        table[i, : len(curve)] = curve
    table = table[:, ~np.isnan(table).all(axis=0)]
    epochs = np.arange(1, table.shape[1] + 1)
    ax.fill_between(epochs, np.nanmin(table, 0), np.nanmax(table, 0), color=colour, alpha=0.18, linewidth=0)
    ax.plot(epochs, np.nanmean(table, 0), color=colour, label=label, marker="." if length < 15 else "")
    ax.xaxis.get_major_locator().set_params(integer=True)


def _matrix(ax: Any, counts: npt.NDArray[np.int64], classes: Sequence[str]) -> None:
    shares = 100 * counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    ax.imshow(shares, cmap="Blues", vmin=0, vmax=100)
    names = [_wrapped(name, 16) for name in classes]
    many = len(classes) > _MOST_NUMBERS
    size = 6 if many else 9
    ax.set_xticks(range(len(classes)), names, rotation=90 if len(classes) > 3 else 0, fontsize=size)
    ax.set_yticks(range(len(classes)), names, fontsize=size)
    ax.set_xlabel("label")
    if many:
        return
    for (i, j), value in np.ndenumerate(shares):
        ax.text(
            j,
            i,
            f"{value:.1f}",
            ha="center",
            va="center",
            color="white" if value > 55 else "black",
            fontsize=9,
        )


def _wrapped(text: str, width: int) -> str:
    return "\n".join(textwrap.wrap(text, width)) or text


def _short(text: str) -> str:
    return text if len(text) <= 20 else text[:18] + "…"
