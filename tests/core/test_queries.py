"""Filters, sorts, groups and counts of the table that the window shows."""

import numpy as np
import pytest

from core.images.refs import ImageRef
from core.project import path_texts as path_texts_module
from core.project.path_texts import path_texts, prepare
from core.project.queries import Facets, Query, RowSet, facets, follow_classes, select
from core.project.records import ImageClass, Source, Status
from core.project.sorting import Sort
from tests.core.tables import table_of

NAN = np.float32(np.nan)


def rows_of(table, query: Query, margin=None, review=None) -> list[int]:
    return select(table, query, margin, review).rows.tolist()


@pytest.fixture
def table():
    """Six images of classes a, b, none, a, b, a with confidences .9, .5, none, .5, .7, none."""
    labels = [0, 1, -1, 0, 1, 0]
    confidence = np.array([0.9, 0.5, NAN, 0.5, 0.7, NAN], np.float32)
    first = np.array(labels, np.int32)
    return table_of([f"{n}.png" for n in range(6)], labels, confidence=confidence, zero_shot_label=first)


def test_that_nothing_asked_shows_everything_in_the_order_found(table) -> None:
    found = select(table, Query())
    assert found.rows.tolist() == [0, 1, 2, 3, 4, 5]
    assert found.rows.dtype == np.int64
    assert found.groups == ()
    assert rows_of(table, Query(descending=True)) == [5, 4, 3, 2, 1, 0]


def test_that_images_without_a_label_are_a_choice_of_their_own(table) -> None:
    assert rows_of(table, Query(classes=frozenset({1}))) == [1, 4]
    assert rows_of(table, Query(classes=frozenset({0, -1}))) == [0, 2, 3, 5]
    assert rows_of(table, Query(classes=frozenset({7}))) == []


def test_that_statuses_are_filtered(table) -> None:
    table.status[:] = [1, 2, 6, 3, 4, 5]
    assert rows_of(table, Query(statuses=frozenset({Status.ACCEPTED, Status.ERROR}))) == [1, 2]


def test_that_a_range_of_confidence_holds_its_ends_and_nothing_unknown(table) -> None:
    assert rows_of(table, Query(confidence=(0.5, 0.7))) == [1, 3, 4]
    assert rows_of(table, Query(confidence=(0.9, 1.0))) == [0]
    assert rows_of(table, Query(confidence=(0.0, 1.0))) == [0, 1, 2, 3, 4, 5]


def test_that_changed_needs_the_refinement_to_deliver_and_disagree_does_not(table) -> None:
    table.refined_label[:] = [1, 1, 0, 1, 1, -1]
    table.label[:2], table.source[:2] = [1, 1], Source.REFINEMENT
    table.zero_shot_label[:] = [0, 1, -1, 0, 0, 0]
    assert rows_of(table, Query(changed=True)) == [0]
    assert rows_of(table, Query(disagree=True)) == [0, 3, 4]
    assert rows_of(table, Query(pair=(0, 1))) == [0, 3, 4]
    assert rows_of(table, Query(pair=(1, 1))) == [1]


def test_that_text_is_found_in_path_and_note_whatever_the_case() -> None:
    paths = ["Lung/A.png", "lung/b.png", ImageRef("c\udce9.png"), "d.png"]
    table = table_of(paths, [0, 0, 0, 0], note=["", "", "", "Blurred STRASSE"])
    assert rows_of(table, Query(text="LUNG")) == [0, 1]
    assert rows_of(table, Query(text="  straße ")) == [3]
    assert rows_of(table, Query(text="\\xe9")) == [2]  # as it is shown
    assert rows_of(table, Query(text="  ")) == [0, 1, 2, 3]
    table.note[0] = "straße"
    assert rows_of(table, Query(text="strasse")) == [0, 3]


def test_that_chosen_rows_are_shown_where_they_exist(table) -> None:
    assert rows_of(table, Query(rows=RowSet(np.array([4, 0, 99, -1], np.int64)))) == [0, 4]
    assert rows_of(table, Query(rows=RowSet(np.array([], np.int64)))) == []


def test_that_filters_narrow_each_other(table) -> None:
    assert rows_of(table, Query(classes=frozenset({1}), confidence=(0.6, 1.0), text="png")) == [4]


def test_that_unknown_confidences_come_last_either_way_and_ties_keep_their_order(table) -> None:
    assert rows_of(table, Query(sort=Sort.CONFIDENCE)) == [1, 3, 4, 0, 2, 5]
    assert rows_of(table, Query(sort=Sort.CONFIDENCE, descending=True)) == [0, 4, 1, 3, 2, 5]


def test_that_the_smallest_margin_is_the_most_uncertain(table) -> None:
    margin = np.array([0.3, 0.1, NAN, 0.1], np.float32)  # of a snapshot with fewer rows
    assert rows_of(table, Query(sort=Sort.MARGIN), margin) == [1, 3, 0, 2, 4, 5]
    assert rows_of(table, Query(sort=Sort.MARGIN, descending=True), margin) == [0, 1, 3, 2, 4, 5]
    assert rows_of(table, Query(sort=Sort.MARGIN)) == [0, 1, 2, 3, 4, 5]


def test_that_labels_sort_in_the_order_of_the_classes(table) -> None:
    assert rows_of(table, Query(sort=Sort.CLASS)) == [0, 3, 5, 1, 4, 2]
    assert rows_of(table, Query(sort=Sort.CLASS, descending=True)) == [1, 4, 0, 3, 5, 2]


def test_that_numbers_in_names_sort_as_numbers() -> None:
    table = table_of(["b/scan 12.png", "a/Scan 7.png", "c/scan 7.png", "a/other.png"], [0, 0, 0, 0])
    assert rows_of(table, Query(sort=Sort.NAME)) == [3, 1, 2, 0]
    assert rows_of(table, Query(sort=Sort.NAME, descending=True)) == [0, 1, 2, 3]
    assert rows_of(table, Query(sort=Sort.NAME, text="scan")) == [1, 2, 0]


def test_that_the_review_shows_its_queue_and_nothing_else(table) -> None:
    queue = np.array([4, 0, 3], np.int64)
    assert rows_of(table, Query(sort=Sort.REVIEW), None, queue) == [4, 0, 3]
    assert rows_of(table, Query(sort=Sort.REVIEW, classes=frozenset({0})), None, queue) == [0, 3]
    assert rows_of(table, Query(sort=Sort.REVIEW, descending=True), None, queue) == [3, 0, 4]
    assert rows_of(table, Query(sort=Sort.REVIEW)) == []


def test_that_groups_stand_in_the_order_of_the_classes_with_the_unlabelled_last(table) -> None:
    found = select(table, Query(by_class=True, sort=Sort.CONFIDENCE, descending=True))
    assert found.rows.tolist() == [0, 3, 5, 4, 1, 2]
    assert found.groups == ((0, 3), (1, 2), (-1, 1))
    assert select(table, Query(by_class=True, classes=frozenset({1}))).groups == ((1, 2),)


def test_that_every_count_is_what_its_filter_finds(table) -> None:
    table.status[:] = [1, 2, 6, 3, 1, 1]
    table.source[0], table.label[0] = Source.REFINEMENT, 1
    table.refined_label[:] = [1, 1, -1, 1, 1, 0]
    counts = facets(table)
    assert counts.images == 6 and counts.errors == 1
    for position in (0, 1):
        assert counts.classes[position] == len(rows_of(table, Query(classes=frozenset({position}))))
    assert counts.unlabelled == len(rows_of(table, Query(classes=frozenset({-1}))))
    for status in Status:
        assert counts.statuses[status] == len(rows_of(table, Query(statuses=frozenset({status}))))
    assert counts.changed == len(rows_of(table, Query(changed=True))) == 1
    assert counts.disagree == len(rows_of(table, Query(disagree=True))) == 2


def test_that_an_empty_table_has_nothing_to_show() -> None:
    table = table_of([], [])
    for sort in Sort:
        assert rows_of(table, Query(sort=sort, text="x", by_class=True)) == []
    assert facets(table) == Facets(0, (0, 0), 0, (0,) * 7, 0, 0)


def test_that_a_query_says_whether_it_leaves_images_out() -> None:
    ordered = Query(sort=Sort.NAME, descending=True, by_class=True)
    assert not Query().narrows and not ordered.narrows
    assert (
        Query(sort=Sort.REVIEW).narrows
        and Query(text="x").narrows
        and Query(rows=RowSet(np.array([], np.int64))).narrows
    )
    assert Query(text="x", sort=Sort.NAME, descending=True, by_class=True).without_filters == ordered
    assert Query(sort=Sort.REVIEW, descending=True).without_filters == Query()


@pytest.mark.parametrize(
    ("query", "follows"),
    [
        (Query(), False),
        (Query(sort=Sort.NAME, descending=True, rows=RowSet(np.array([1], np.int64))), False),
        (Query(text="x"), True),  # of a note
        (Query(by_class=True), True),
        (Query(sort=Sort.CONFIDENCE), True),
        (Query(statuses=frozenset({Status.ERROR})), True),
    ],
)
def test_that_a_query_says_whether_labels_change_what_it_finds(query: Query, follows: bool) -> None:
    assert query.follows_labels is follows


def test_that_filters_stay_with_their_classes_when_these_move_or_go() -> None:
    a, b, c = (ImageClass(number, name) for number, name in enumerate("abc", 1))
    query = Query(classes=frozenset({0, 2, -1}), pair=(0, 2), text="x")
    moved = follow_classes(query, (a, b, c), (c, a))
    assert (moved.classes, moved.pair, moved.text) == (frozenset({1, 0, -1}), (1, 0), "x")
    gone = follow_classes(Query(classes=frozenset({1}), pair=(1, 0)), (a, b, c), (a, c))
    assert gone == Query()
    assert follow_classes(Query(text="x"), (a,), ()) == Query(text="x")


def test_that_texts_of_paths_are_made_once_and_taken_over_by_a_table_with_the_same_paths() -> None:
    table, same = table_of(["b.png", "a.png"], [0, 0]), table_of(["b.png", "a.png"], [1, 1])
    other = table_of(["b.png", "c.png"], [0, 0])
    prepare(table)
    rank = path_texts(table).rank
    assert path_texts(table).rank is rank
    assert path_texts(same).rank is rank
    assert path_texts(other).rank.tolist() == [0, 1]
    assert path_texts(table).rank is rank  # asking for another one throws nothing away


def test_that_texts_of_paths_go_with_their_table() -> None:
    table = table_of(["b.png", "a.png"], [0, 0])
    prepare(table)
    number = id(table)
    assert number in path_texts_module._kept
    del table
    assert number not in path_texts_module._kept
