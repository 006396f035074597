"""Everything that the page of a report shows, gathered from the table."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from core.exports.report import plots
from core.exports.report.counts import (
    ClassLine,
    ConfidenceLine,
    Rows,
    class_lines,
    confidence_line,
    confusion,
    decided_by,
    largest,
    largest_square,
)
from core.exports.report.facts import ReportFacts
from core.exports.report.tiles import Examples, Tile
from core.project.records import Status
from core.project.table import Floats, Ints, LabelTable

MAX_LINES = 100  # notes and unreadable files that are listed
_MAX_WORDS = 60  # numbers in the words of a plot


@dataclass(frozen=True)
class Plot:
    """A picture with words for those who cannot see it."""

    uri: str
    alt: str


@dataclass(frozen=True)
class ImageLine:
    """An image in a list: `text` is its note, or why it cannot be read."""

    name: str
    label: str
    status: str
    text: str


@dataclass(frozen=True)
class Listed:
    """The first images that have a text, of `total`."""

    total: int
    lines: tuple[ImageLine, ...]


@dataclass(frozen=True)
class Captioned:
    """An example tile with what stands below it; the confidence is NaN for none."""

    uri: str
    name: str
    confidence: float
    status: str

    @property
    def short(self) -> str:
        """The file name without its folders."""
        return self.name.rsplit("/", 1)[-1]


@dataclass(frozen=True)
class ClassExamples:
    """Example tiles of a class of `images` images."""

    name: str
    images: int
    sure: tuple[Captioned, ...]
    unsure: tuple[Captioned, ...]


@dataclass(frozen=True)
class Content:
    """What the template reads. `both` counts the images with a label of each stage, `changed` where they differ."""

    images: int
    classes: int
    labelled: int
    decided: int
    both: int
    changed: int
    statuses: tuple[tuple[int, str], ...]
    lines: tuple[ClassLine, ...]
    counts_plot: Plot
    confidence: tuple[ConfidenceLine, ...]
    confidence_plot: Plot | None
    stages_plot: Plot | None
    truth_plots: tuple[tuple[str, Plot], ...]
    examples: tuple[ClassExamples, ...]
    authors: tuple[tuple[str, int], ...]
    notes: Listed
    unreadable: Listed


def content_of(table: LabelTable, rows: Rows, facts: ReportFacts, found: Sequence[Examples]) -> Content:
    """Gather the numbers and draw the plots for these rows."""
    first, second = table.zero_shot_label[rows], table.refined_label[rows]
    lines = class_lines(table, rows)
    used = [status for status in Status if any(line.statuses[status] for line in lines)]
    both = (first >= 0) & (second >= 0)
    authors = decided_by(table, rows)
    stages = [facts.stage_names[stage] for stage in ("zero_shot", "refined")]
    confidences = list(
        zip(stages, (table.zero_shot_confidence[rows], table.refined_confidence[rows]), strict=True)
    )
    measured = [confidence_line(name, values) for name, values in confidences]
    return Content(
        images=len(rows),
        classes=len(table.classes),
        labelled=int((table.label[rows] >= 0).sum()),
        decided=sum(count for _, count in authors),
        both=int(both.sum()),
        changed=int((both & (first != second)).sum()),
        statuses=tuple((int(status), status.name.lower()) for status in used),
        lines=tuple(lines),
        counts_plot=_counts_plot(lines),
        confidence=tuple(line for line in measured if line is not None),
        confidence_plot=_confidence_plot(confidences),
        stages_plot=_confusion_plot(table, first, second, *stages),
        truth_plots=_truth_plots(table, rows, facts),
        examples=tuple(_class_examples(table, rows, group) for group in found),
        authors=tuple(authors),
        notes=_listed(table, rows, table.note),
        unreadable=_listed(table, rows, table.error),
    )


def _counts_plot(lines: Sequence[ClassLine]) -> Plot:
    names, counts = largest([line.name for line in lines], np.array([line.statuses for line in lines]))
    words = "; ".join(f"{line.name}: {line.images:,}" for line in lines[:_MAX_WORDS])
    return Plot(plots.status_bars(names, counts), f"Images a class: {words}")


def _confidence_plot(stages: Sequence[tuple[str, Floats]]) -> Plot | None:
    finite = [(name, values[np.isfinite(values)]) for name, values in stages]
    known = [(name, values) for name, values in finite if len(values)]
    if not known:
        return None
    words = " and of ".join(name for name, _ in known)
    return Plot(plots.confidence_bars(known), f"Histogram of the confidence of {words}")


def _confusion_plot(table: LabelTable, first: Ints, second: Ints, rows: str, columns: str) -> Plot | None:
    matrix = confusion(first, second, len(table.classes))
    if not matrix.any():
        return None
    names, shown = largest_square([c.name for c in table.classes], matrix)
    cells = [f"{names[y]} to {names[x]}: {shown[y, x]:,}" for y, x in np.argwhere(shown).tolist()]
    words = f"{rows} (rows) and {columns} (columns): {'; '.join(cells[:_MAX_WORDS])}"
    return Plot(plots.confusion_map(names, shown, rows, columns), words)


def _truth_plots(table: LabelTable, rows: Rows, facts: ReportFacts) -> tuple[tuple[str, Plot], ...]:
    columns = {"zero_shot": table.zero_shot_label, "refined": table.refined_label, "delivered": table.label}
    drawn = []
    for quality in facts.stages:
        name = facts.stage_names[quality.stage]
        given = columns[quality.stage][rows]
        plot = _confusion_plot(table, table.truth[rows], given, "known label", name)
        if plot is not None:
            drawn.append((name, plot))
    return tuple(drawn)


def _class_examples(table: LabelTable, rows: Rows, group: Examples) -> ClassExamples:
    images = int((table.label[rows] == group.label).sum())
    name = table.classes[group.label].name
    return ClassExamples(name, images, _captioned(table, group.sure), _captioned(table, group.unsure))


def _captioned(table: LabelTable, tiles: Sequence[Tile]) -> tuple[Captioned, ...]:
    return tuple(
        Captioned(
            tile.uri, table.refs[tile.row].shown, _own_confidence(table, tile.row), _status(table, tile.row)
        )
        for tile in tiles
    )


def _listed(table: LabelTable, rows: Rows, texts: Sequence[str]) -> Listed:
    with_text = [row for row in rows.tolist() if texts[row]]
    names = [*(c.name for c in table.classes), ""]
    lines = (
        ImageLine(table.refs[row].shown, names[int(table.label[row])], _status(table, row), texts[row])
        for row in islice(with_text, MAX_LINES)
    )
    return Listed(len(with_text), tuple(lines))


def _own_confidence(table: LabelTable, row: int) -> float:
    """The confidence in the label that is shown: a corrected image has none."""
    return float(table.label_confidence(np.array([row]))[0])


def _status(table: LabelTable, row: int) -> str:
    return Status(int(table.status[row])).name.lower()
