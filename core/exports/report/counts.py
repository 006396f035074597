"""The numbers of a report, as arrays and lines of tables."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.project.records import Status
from core.project.table import Floats, Ints, LabelTable

Rows = npt.NDArray[np.int64]
Counts = npt.NDArray[np.int64]

MAX_SHOWN = 24  # classes in a plot; the others are put together
NO_LABEL = "(no label)"
OTHERS = "(other classes)"


@dataclass(frozen=True)
class ClassLine:
    """A class (or the images without one) and its images by status, in the order of `Status`."""

    name: str
    images: int
    statuses: tuple[int, ...]


@dataclass(frozen=True)
class ConfidenceLine:
    """Confidence of one stage: images that have one, median, and shares below 0.6 and at or above 0.9."""

    stage: str
    images: int
    median: float
    below: float
    above: float


def class_lines(table: LabelTable, rows: Rows) -> list[ClassLine]:
    """One line a class in the project's order, and one for images without a label where there are any."""
    k = len(table.classes)
    label = table.label[rows]
    cells = np.where(label >= 0, label, k).astype(np.int64) * len(Status) + table.status[rows]
    counts = np.bincount(cells, minlength=(k + 1) * len(Status)).reshape(k + 1, len(Status))
    names = [*(c.name for c in table.classes), NO_LABEL]
    lines = [
        ClassLine(name, int(row.sum()), tuple(row.tolist())) for name, row in zip(names, counts, strict=True)
    ]
    return lines if lines[-1].images else lines[:-1]


def confidence_line(stage: str, confidence: Floats) -> ConfidenceLine | None:
    """`confidence` (n,) with NaN for none; None when no image has one."""
    known = confidence[np.isfinite(confidence)]
    if not len(known):
        return None
    return ConfidenceLine(
        stage,
        len(known),
        float(np.median(known)),
        float((known < 0.6).mean()),
        float((known >= 0.9).mean()),
    )


def confusion(first: Ints, second: Ints, classes: int) -> Counts:
    """(classes, classes) images by label in `first` (rows) and in `second`; those without one of them are left out."""
    both = (first >= 0) & (second >= 0)
    cells = first[both].astype(np.int64) * classes + second[both]
    return np.bincount(cells, minlength=classes * classes).reshape(classes, classes)


def largest(names: Sequence[str], counts: Counts) -> tuple[list[str], Counts]:
    """At most `MAX_SHOWN` names, the others put together: `counts` (n, ...) is summed along its first axis."""
    if len(names) <= MAX_SHOWN:
        return list(names), counts
    weight = counts.reshape(len(names), -1).sum(axis=1)
    kept = np.sort(np.argsort(-weight, kind="stable")[: MAX_SHOWN - 1])
    rest = np.setdiff1d(np.arange(len(names)), kept)
    merged = np.concatenate([counts[kept], counts[rest].sum(axis=0, keepdims=True)])
    return [*(names[k] for k in kept.tolist()), OTHERS], merged


def largest_square(names: Sequence[str], matrix: Counts) -> tuple[list[str], Counts]:
    """Like `largest`, for the rows and the columns of a confusion matrix (n, n); classes that never occur go."""
    weight = matrix.sum(axis=0) + matrix.sum(axis=1)
    occurs = np.flatnonzero(weight)
    if len(occurs) > MAX_SHOWN:
        kept = np.sort(occurs[np.argsort(-weight[occurs], kind="stable")[: MAX_SHOWN - 1]])
        place = np.full(len(names), len(kept))
        place[kept] = np.arange(len(kept))
        merged = np.zeros((len(kept) + 1, len(kept) + 1), np.int64)
        np.add.at(merged, (place[:, None], place[None, :]), matrix)
        return [*(names[k] for k in kept.tolist()), OTHERS], merged
    return [names[k] for k in occurs.tolist()], matrix[np.ix_(occurs, occurs)]


def decided_by(table: LabelTable, rows: Rows) -> list[tuple[str, int]]:
    """Who decided how many of these images, most first; an unknown name is empty."""
    decided = rows[(table.status[rows] >= Status.ACCEPTED) & (table.status[rows] <= Status.EXCLUDED)]
    return Counter(table.annotator[row] for row in decided.tolist()).most_common()
