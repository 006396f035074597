"""The plots of a report: SVG made by matplotlib, as data URIs for an `img`.

Colours are Okabe and Ito's (https://jfly.uni-koeln.de/color/), told apart with every common colour vision; hatching
tells them apart in greyscale. Only `Figure` objects, no pyplot: this works in any thread.
"""

import base64
import io
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from core.project.records import Status

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Counts = npt.NDArray[np.int64]

BINS = 20
_WIDTH = 6.4  # inches
_NAME_LENGTH = 26
_LEVEL = 36  # letters that stand side by side below a plot; more are turned
_STYLES = {  # colour and hatch
    Status.ACCEPTED: ("#009E73", "///"),
    Status.CORRECTED: ("#0072B2", "\\\\\\"),
    Status.PREDICTED: ("#56B4E9", ""),
    Status.UNSURE: ("#F0E442", "..."),
    Status.EXCLUDED: ("#999999", "xxx"),
    Status.ERROR: ("#D55E00", "+++"),
    Status.UNLABELLED: ("#E3E5E8", ""),
}
_STAGE_STYLES = (("#E69F00", "///"), ("#0072B2", ""))
_EDGE = "#3A3F45"
_RC = {
    "svg.fonttype": "none",  # text stays text: small, sharp, and in the reader's own fonts
    "svg.hashsalt": "medlabel",  # the same plot gives the same bytes
    "font.family": "sans-serif",
    "font.size": 10,
    "hatch.linewidth": 0.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#8A9099",
}


def status_bars(names: Sequence[str], counts: Counts) -> str:
    """Images a class, divided by status: `counts` (classes, statuses)."""
    from matplotlib.ticker import MaxNLocator

    shown = [status for status in _STYLES if counts[:, status].any()]

    def draw(figure: "Figure") -> None:
        axes = figure.subplots()
        start = np.zeros(len(names))
        for status in shown:
            colour, hatch = _STYLES[status]
            values = counts[:, status]
            axes.barh(
                np.arange(len(names)), values, 0.72, start, color=colour, hatch=hatch, edgecolor=_EDGE,
                linewidth=0.5, label=status.name.lower(),
            )  # fmt: skip
            start += values
        for place, total in enumerate(start.tolist()):
            axes.annotate(
                f"{int(total):,}", (total, place), (4, 0), textcoords="offset points", va="center", fontsize=9
            )
        _name_ticks(axes, names, "y")
        axes.invert_yaxis()
        axes.margins(x=0.12)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_xlabel("images")
        axes.legend(
            loc="lower left", bbox_to_anchor=(0, 1), ncols=4, frameon=False, fontsize=9, borderaxespad=0.2
        )

    return _svg(draw, _WIDTH, 1.3 + 0.34 * len(names))


def confidence_bars(stages: Sequence[tuple[str, npt.NDArray[np.float32]]]) -> str:
    """Histogram of the confidences (n,) 0..1 of each stage, one below the other on one scale."""
    from matplotlib.ticker import MaxNLocator

    def draw(figure: "Figure") -> None:
        rows = figure.subplots(len(stages), 1, sharex=True, sharey=True, squeeze=False)[:, 0]
        for axes, (name, values), (colour, hatch) in zip(rows, stages, _STAGE_STYLES, strict=False):
            axes.hist(
                values, BINS, (0, 1), color=colour, hatch=hatch, edgecolor=_EDGE, linewidth=0.5, rwidth=0.92
            )
            axes.set_title(name, fontsize=10, loc="left")
            axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
            axes.set_ylabel("images")
            axes.set_xlim(0, 1)
        rows[-1].set_xlabel("confidence")

    return _svg(draw, _WIDTH, 0.6 + 1.7 * len(stages))


def confusion_map(names: Sequence[str], matrix: Counts, rows: str, columns: str) -> str:
    """Heat map with numbers of `matrix` (k, k); the colour is the share of the row."""
    k = len(names)
    totals = np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    shares = matrix / totals

    def draw(figure: "Figure") -> None:
        axes = figure.subplots()
        axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
        size = 10 if k <= 6 else 8 if k <= 12 else 6
        for y, x in np.argwhere(matrix > 0).tolist():
            colour = "white" if shares[y, x] > 0.55 else "#1F2328"
            axes.text(x, y, f"{matrix[y, x]:,}", ha="center", va="center", color=colour, fontsize=size)
        _name_ticks(axes, names, "y")
        _name_ticks(axes, names, "x")
        axes.set_xticks(np.arange(k + 1) - 0.5, minor=True)
        axes.set_yticks(np.arange(k + 1) - 0.5, minor=True)
        axes.grid(which="minor", color="#C9CDD2", linewidth=0.6)
        axes.tick_params(which="both", length=0)
        axes.set_ylabel(rows)
        axes.set_xlabel(columns)

    side = 2.2 + min(5.0, 0.62 * k)
    return _svg(draw, max(side, 4.4), side)


def _name_ticks(axes: "Axes", names: Sequence[str], axis: str) -> None:
    shown = [drawable(name) for name in names]
    if axis == "y":
        axes.set_yticks(np.arange(len(names)), shown)
    else:
        axes.set_xticks(np.arange(len(names)), shown)
        if max(map(len, shown), default=0) * len(shown) > _LEVEL:
            for tick in axes.get_xticklabels():
                tick.set(rotation=40, ha="right", rotation_mode="anchor")
    for tick in (*axes.get_yticklabels(), *axes.get_xticklabels()):
        tick.set_parse_math(False)  # a `$` in a name is a `$`


def drawable(name: str) -> str:
    """A name as a plot can show it: short, without characters that XML forbids."""
    clean = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name)
    return clean if len(clean) <= _NAME_LENGTH else clean[: _NAME_LENGTH - 1] + "…"


def _svg(draw: "Callable[[Figure], None]", width: float, height: float) -> str:
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with warnings.catch_warnings(), rc_context(_RC):
        warnings.simplefilter(
            "ignore"
        )  # letters that matplotlib's own font lacks: the reader's fonts have them
        figure = Figure(figsize=(width, height), layout="constrained")
        draw(figure)
        file = io.BytesIO()
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    return "data:image/svg+xml;base64," + base64.b64encode(file.getvalue()).decode("ascii")
