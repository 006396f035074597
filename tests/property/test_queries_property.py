"""Queries against the same thing said slowly in plain Python."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.project.queries import Query, RowSet, facets, select
from core.project.records import Source, Status
from core.project.sorting import Sort
from tests.core.tables import table_of

CONFIDENCES = st.sampled_from([math.nan, 0.0, 0.1, 0.5, 0.50000006, 0.9, 1.0])
LABELS = st.integers(-1, 2)


@st.composite
def tables(draw):
    n = draw(st.integers(0, 12))
    some = {name: draw(st.lists(LABELS, min_size=n, max_size=n)) for name in ("label", "first", "second")}
    confidence = np.array(draw(st.lists(CONFIDENCES, min_size=n, max_size=n)), np.float32)
    return table_of(
        [f"{draw(st.sampled_from('aAb'))}{k % 3}.png" for k in range(n)],
        some["label"],
        ("x", "y", "z"),
        confidence=confidence,
        zero_shot_label=np.array(some["first"], np.int32),
        refined_label=np.array(some["second"], np.int32),
        status=np.array(draw(st.lists(st.sampled_from(Status), min_size=n, max_size=n)), np.uint8),
        source=np.array(draw(st.lists(st.sampled_from(Source), min_size=n, max_size=n)), np.uint8),
        note=draw(st.lists(st.sampled_from(["", "Note"]), min_size=n, max_size=n)),
        duplicate=np.array(draw(st.lists(LABELS, min_size=n, max_size=n)), np.int32),
        position=draw(st.none() | st.permutations(range(n)).map(lambda order: np.array(order, np.int32))),
    )


QUERIES = st.builds(
    Query,
    classes=st.none() | st.frozensets(st.integers(-1, 3), max_size=3),
    statuses=st.none() | st.frozensets(st.sampled_from(Status), max_size=4),
    confidence=st.sampled_from([(0.0, 1.0), (0.1, 0.9), (0.5, 0.5), (0.9, 0.1)]),
    changed=st.booleans(),
    disagree=st.booleans(),
    pair=st.none() | st.tuples(LABELS, LABELS),
    text=st.sampled_from(["", "a", "NOTE", "1.P", "x"]),
    rows=st.none()
    | st.lists(st.integers(-1, 14), max_size=12).map(lambda rows: RowSet(np.array(rows, np.int64))),
    sort=st.sampled_from(Sort),
    descending=st.booleans(),
    by_class=st.booleans(),
)


def passes(table, query: Query, row: int) -> bool:
    first, second = table.zero_shot_label[row], table.refined_label[row]
    low, high = map(np.float32, query.confidence)
    words = (table.refs[row].path.lower(), table.note[row].lower())
    return all((
        query.classes is None or table.label[row] in query.classes,
        query.statuses is None or table.status[row] in query.statuses,
        query.confidence == (0.0, 1.0) or low <= table.confidence[row] <= high,
        not query.changed
        or (table.source[row] == Source.REFINEMENT and first >= 0 and table.label[row] != first),
        not query.disagree or (first >= 0 and second >= 0 and first != second),
        query.pair is None or (first, second) == query.pair,
        any(query.text.lower() in text for text in words),
        query.rows is None or row in query.rows.rows.tolist(),
    ))  # fmt: skip


def place_of(table, row: int) -> int:
    return row if table.position is None else int(table.position[row])


def sort_key(table, query: Query, margin, row: int):
    """(whether nothing is known, value)."""
    value = {
        Sort.FOUND: place_of(table, row),
        Sort.NAME: table.refs[row].path.lower(),
        Sort.CLASS: math.nan if table.label[row] < 0 else float(table.label[row]),
        Sort.CONFIDENCE: float(table.confidence[row]),
        Sort.MARGIN: float(margin[row]) if row < len(margin) else math.nan,
        Sort.DUPLICATES: math.nan if table.duplicate[row] < 0 else float(table.duplicate[row]),
    }[query.sort]
    unknown = isinstance(value, float) and math.isnan(value)
    return unknown, 0 if unknown else value


def slowly(table, query: Query, margin, review) -> list[int]:
    rows = [row for row in range(len(table)) if passes(table, query, row)]
    rows.sort(key=lambda row: place_of(table, row))
    if query.sort is Sort.REVIEW:
        queue = review[::-1] if query.descending else review
        rows = [row for row in queue.tolist() if row in rows]
    else:
        keys = {row: sort_key(table, query, margin, row) for row in rows}
        known = sorted(
            (r for r in rows if not keys[r][0]), key=lambda r: keys[r][1], reverse=query.descending
        )
        rows = known + [r for r in rows if keys[r][0]]
    if query.by_class:
        rows.sort(key=lambda r: table.label[r] if table.label[r] >= 0 else 99)
    return rows


@given(tables(), QUERIES, st.lists(CONFIDENCES, max_size=12), st.randoms())
def test_that_a_query_finds_what_its_words_say(table, query: Query, margins, random) -> None:
    margin = np.array(margins, np.float32)
    queue = list(range(len(table)))
    random.shuffle(queue)
    review = np.array(queue[: len(queue) // 2], np.int64)
    found = select(table, query, margin, review)
    assert found.rows.tolist() == slowly(table, query, margin, review)
    assert sum(count for _, count in found.groups) == (len(found.rows) if query.by_class else 0)
    labels = np.repeat([p for p, _ in found.groups], [c for _, c in found.groups])
    assert not query.by_class or labels.tolist() == table.label[found.rows].tolist()


@given(tables())
def test_that_counts_add_up(table) -> None:
    counts = facets(table)
    assert sum(counts.classes) + counts.unlabelled == sum(counts.statuses) == counts.images == len(table)
