"""Which images are shown, and in which order: filters, sorts and counts over the columns of a table.

Everything here takes milliseconds for a million images; only the first use of the paths of a table takes longer
(`path_texts.prepare`).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import compress

import numpy as np
import numpy.typing as npt

from core.project.path_texts import path_texts
from core.project.records import ImageClass, Source, Status
from core.project.sorting import Sort, in_order, radix_order
from core.project.table import Floats, LabelTable

Rows = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

_ANY = (0.0, 1.0)


@dataclass(frozen=True, eq=False)
class RowSet:
    """Chosen images, (k,) row numbers. Two are the same only if they are one: a million rows are not compared."""

    rows: Rows

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True)
class Query:
    """A filter and an order. The default shows every image in the order of the scan.

    `classes` are positions in the table's class list, -1 for images without a label; `statuses` and
    `classes` None mean any. `confidence` is an inclusive range, 0..1; when it is not the whole range, images
    without a confidence are left out. `changed`: the delivered refinement gave another label than stage 1.
    `disagree`: the refinement's label, delivered or not, is another than stage 1's. `pair`: (stage 1's label,
    refinement's label). `text` is looked for in the path and the note, whatever the case. `rows`: only these.
    `duplicates`: there is another image that looks the same.
    `by_class`: images of one label stand together, in the order of the classes, each group sorted by `sort`.
    """

    classes: frozenset[int] | None = None
    statuses: frozenset[Status] | None = None
    confidence: tuple[float, float] = _ANY
    changed: bool = False
    disagree: bool = False
    pair: tuple[int, int] | None = None
    text: str = ""
    rows: RowSet | None = None
    duplicates: bool = False
    sort: Sort = Sort.FOUND
    descending: bool = False
    by_class: bool = False

    @property
    def narrows(self) -> bool:
        """Whether it may leave images out; the review leaves out what is decided."""
        return self.sort is Sort.REVIEW or self.without_filters != self

    @property
    def without_filters(self) -> "Query":
        """All images in the same order; what only the review orders comes in the order of the scan."""
        if self.sort is Sort.REVIEW:
            return Query(by_class=self.by_class)
        return Query(sort=self.sort, descending=self.descending, by_class=self.by_class)

    @property
    def follows_labels(self) -> bool:
        """Whether other labels, decisions or notes can change what it selects."""
        kept = Query(rows=self.rows, duplicates=self.duplicates, sort=self.sort, descending=self.descending)
        return self != kept or self.sort not in (Sort.FOUND, Sort.NAME, Sort.DUPLICATES)


@dataclass(frozen=True, eq=False)
class Selection:
    """`rows` (m,) int64 in the wanted order. `groups`: (position of the class or -1, count), none of them empty, in
    the order of the classes, when the query groups; else none.
    """

    rows: Rows
    groups: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class Facets:
    """How many of all images each filter would find alone; `classes` by position, `statuses` by value."""

    images: int = 0
    classes: tuple[int, ...] = ()
    unlabelled: int = 0
    statuses: tuple[int, ...] = (0,) * len(Status)
    changed: int = 0
    disagree: int = 0
    duplicates: int = 0

    @property
    def errors(self) -> int:
        return self.statuses[Status.ERROR]


def select(
    table: LabelTable, query: Query, margin: Floats | None = None, review_order: Rows | None = None
) -> Selection:
    """The images that `query` finds, in its order.

    `margin` (k,) float32, k <= n, is the lead of the best class, NaN where unknown. `review_order` are the undecided
    rows, most worth a look first; `Sort.REVIEW` shows only these. What has no label, confidence or margin comes
    last in either direction.
    """
    mask = _mask(table, query)
    if query.sort is Sort.REVIEW:
        rows = np.empty(0, np.int64) if review_order is None else np.asarray(review_order, np.int64)
        rows = rows[::-1] if query.descending else rows
        rows = rows if mask is None else rows[mask[rows]]
    else:
        rows = np.arange(len(table)) if mask is None else np.flatnonzero(mask)
        rows = in_order(table, rows, query.sort, query.descending, margin)
    return _grouped(table, rows) if query.by_class else Selection(np.ascontiguousarray(rows))


def label_counts(table: LabelTable) -> Rows:
    """(classes + 1,) int64: all images that show each label, whatever people say of them; the last one: no label."""
    return np.roll(np.bincount(table.label + 1, minlength=len(table.classes) + 1), -1)


def facets(table: LabelTable) -> Facets:
    """Count for every filter how many images it would find. What the window counts of labels and statuses is this."""
    labels = label_counts(table)
    statuses = np.bincount(table.status, minlength=len(Status))
    return Facets(
        images=len(table),
        classes=tuple(labels[:-1].tolist()),
        unlabelled=int(labels[-1]),
        statuses=tuple(statuses.tolist()),
        changed=int(np.count_nonzero(changed(table))),
        disagree=int(np.count_nonzero(disagree(table))),
        duplicates=int(np.count_nonzero(table.duplicate >= 0)),
    )


def changed(table: LabelTable) -> Mask:
    """(n,) bool: images whose delivered label comes from the refinement and is another than stage 1's."""
    first = table.zero_shot_label
    return np.asarray((table.source == Source.REFINEMENT) & (first >= 0) & (table.label != first))


def disagree(table: LabelTable) -> Mask:
    """(n,) bool: images to which the two stages give different labels."""
    first, second = table.zero_shot_label, table.refined_label
    return np.asarray((first >= 0) & (second >= 0) & (first != second))


def later_duplicates(table: LabelTable, rows: Rows) -> Rows:
    """Of `rows` (k,) those in a group of images that look the same, less the first of each group, ascending.

    The first is the one with the smallest row number among `rows`.
    """
    found = np.sort(rows[table.duplicate[rows] >= 0])
    _, first = np.unique(table.duplicate[found], return_index=True)
    return np.delete(found, first)


def follow_classes(query: Query, before: tuple[ImageClass, ...], after: tuple[ImageClass, ...]) -> Query:
    """The same query when the list of classes was `before` and is `after`; what is gone is not filtered by."""
    if query.classes is None and query.pair is None:
        return query
    places = {image_class.id: position for position, image_class in enumerate(after)}
    moved = {position: places.get(image_class.id) for position, image_class in enumerate(before)}
    moved[-1] = -1
    classes, pair = query.classes, query.pair
    if classes is not None:
        found = frozenset(new for new in map(moved.get, classes) if new is not None)
        classes = found or None
    if pair is not None:
        first, second = moved.get(pair[0]), moved.get(pair[1])
        pair = None if first is None or second is None else (first, second)
    return replace(query, classes=classes, pair=pair)


# Filters


def _mask(table: LabelTable, query: Query) -> Mask | None:
    """(n,) bool of what all filters let through; None when every image passes."""
    mask: Mask | None = None
    for wanted, keeps in _FILTERS:
        if wanted(query):
            kept = keeps(table, query)
            mask = kept if mask is None else mask & kept
    return mask


def _of_classes(table: LabelTable, query: Query) -> Mask:
    known = np.zeros(len(table.classes) + 1, np.bool_)  # the last one is that of -1
    for position in query.classes or ():
        if -1 <= position < len(table.classes):
            known[position] = True
    return np.asarray(known[table.label])


def _of_statuses(table: LabelTable, query: Query) -> Mask:
    known = np.zeros(256, np.bool_)
    known[[int(status) for status in query.statuses or ()]] = True
    return np.asarray(known[table.status])


def _confident(table: LabelTable, query: Query) -> Mask:
    low, high = np.float32(query.confidence[0]), np.float32(query.confidence[1])
    return np.asarray((table.confidence >= low) & (table.confidence <= high))


def _of_pair(table: LabelTable, query: Query) -> Mask:
    first, second = query.pair or (-1, -1)
    return np.asarray((table.zero_shot_label == first) & (table.refined_label == second))


def _with_text(table: LabelTable, query: Query) -> Mask:
    text = query.text.strip().casefold()
    mask = path_texts(table).having(text)
    noted = [row for row in compress(range(len(table)), table.note) if text in table.note[row].casefold()]
    mask[noted] = True
    return mask


def _of_rows(table: LabelTable, query: Query) -> Mask:
    mask = np.zeros(len(table), np.bool_)
    rows = np.empty(0, np.int64) if query.rows is None else query.rows.rows
    mask[rows[(rows >= 0) & (rows < len(table))]] = True
    return mask


_FILTERS: tuple[tuple[Callable[[Query], bool], Callable[[LabelTable, Query], Mask]], ...] = (
    (lambda query: query.rows is not None, _of_rows),
    (lambda query: query.classes is not None, _of_classes),
    (lambda query: query.statuses is not None, _of_statuses),
    (lambda query: query.confidence != _ANY, _confident),
    (lambda query: query.changed, lambda table, _: changed(table)),
    (lambda query: query.disagree, lambda table, _: disagree(table)),
    (lambda query: query.duplicates, lambda table, _: np.asarray(table.duplicate >= 0)),
    (lambda query: query.pair is not None, _of_pair),
    (lambda query: bool(query.text.strip()), _with_text),
)


def _grouped(table: LabelTable, rows: Rows) -> Selection:
    label = table.label[rows]
    keys = label.astype(np.uint32)  # -1 becomes the largest
    counts = np.bincount(label + 1, minlength=len(table.classes) + 1).tolist()
    groups = [(position, count) for position, count in enumerate(counts[1:]) if count]
    if counts[0]:
        groups.append((-1, counts[0]))
    return Selection(rows[radix_order(keys)], tuple(groups))
