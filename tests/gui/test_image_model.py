"""The item model under Qt's own tester, which aborts at the first broken promise."""

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from core.project.edits import Edit
from core.project.queries import Query, select
from core.project.records import ImageClass, Source, Status
from core.project.sorting import Sort
from core.quality.review import review_order
from medlabel_gui.grid.model import TILE_ROLE, ImageModel
from medlabel_gui.grid.tiles import Tile
from medlabel_gui.jobs import JobRunner
from medlabel_gui.session import Aspect, Change
from tests.gui.conftest import Driver, make_images
from tests.gui.shown import CLASSES, ShownSession, longer, snapshot_of

DECISIONS = st.sampled_from([None, Status.ACCEPTED, Status.CORRECTED, Status.UNSURE, Status.EXCLUDED])
WAITING = Query(statuses=frozenset({Status.PREDICTED}))


@pytest.fixture
def session(runner: JobRunner) -> ShownSession:
    return ShownSession(runner)


@pytest.fixture
def model(qtbot: QtBot, session: ShownSession) -> Iterator[ImageModel]:
    """Six images; the tester watches."""
    made = ImageModel(session)
    tester = QAbstractItemModelTester(made, QAbstractItemModelTester.FailureReportingMode.Fatal)
    session.put(snapshot_of([0, 1, 2, 0, 1, -1], [0.9, 0.5, 0.7, 0.6, 0.8, np.nan]))
    yield made
    made._timer.stop()
    del tester


class Heard:
    """What a model told."""

    def __init__(self, model: ImageModel) -> None:
        self.changed: list[tuple[int, int]] = []
        self.resets = self.queries = 0
        self.inserted: list[tuple[int, int]] = []
        model.dataChanged.connect(lambda first, last: self.changed.append((first.row(), last.row())))
        model.modelReset.connect(lambda: setattr(self, "resets", self.resets + 1))
        model.queried.connect(lambda: setattr(self, "queries", self.queries + 1))
        model.rowsInserted.connect(lambda _, first, last: self.inserted.append((first, last)))


# Queries


def test_that_a_query_changes_rows_and_counts(model: ImageModel) -> None:
    heard = Heard(model)
    model.set_query(Query(classes=frozenset({0, 1}), sort=Sort.CONFIDENCE, descending=True))
    assert model.rows.tolist() == [0, 4, 3, 1]
    assert (model.shown, model.total, model.rowCount()) == (4, 6, 4)
    assert (heard.queries, heard.resets) == (1, 1)
    model.set_query(model.query)
    assert heard.queries == 1


def test_that_rows_and_positions_lead_to_each_other(model: ImageModel) -> None:
    model.set_query(Query(sort=Sort.CONFIDENCE))
    assert [model.position_of(row) for row in model.rows.tolist()] == list(range(6))
    assert model.row_of(model.index(0)) == 1
    model.set_query(WAITING)
    assert model.position_of(5) == -1 and model.position_of(99) == -1 and model.position_of(-1) == -1
    assert model.rows_at(np.array([0, 2])).tolist() == [0, 2]


def test_that_groups_have_headers(model: ImageModel) -> None:
    model.set_query(Query(by_class=True))
    assert model.groups == ((0, 2), (1, 2), (2, 1), (-1, 1))
    first, last = model.header(0), model.header(3)
    assert (first.name, first.key, first.count) == ("first", "1", 2)
    assert (last.name, last.position, last.key) == ("No label", -1, "")


def test_that_another_project_is_shown_whole(model: ImageModel, session: ShownSession) -> None:
    model.set_query(Query(text="nothing has this name"))
    assert model.rowCount() == 0
    heard = Heard(model)
    session.put(snapshot_of([0] * 4))
    assert model.query == Query() and model.shown == model.total == 4
    assert (heard.resets, heard.queries) == (1, 1)
    session.put(None)
    assert model.shown == model.total == 0


def test_that_the_review_shows_what_waits_and_keeps_its_order_while_it_is_walked(
    model: ImageModel, session: ShownSession
) -> None:
    model.set_query(Query(sort=Sort.REVIEW))
    queue = model.rows.tolist()
    assert queue == review_order(session.table, session.snapshot.margin).tolist()
    session.table.confidence[queue[3]] = 0.01  # would come first if the queue were made anew
    session.decide([queue[1]], Status.ACCEPTED)
    assert model.rows.tolist() == [queue[0], *queue[2:]]
    session.decide([queue[1]], Status.PREDICTED)
    model._reselect()
    assert model.rows.tolist() == queue


# Labels that change


def test_that_labels_are_repainted_as_one_range_where_nothing_depends_on_them(
    model: ImageModel, session: ShownSession
) -> None:
    model.set_query(Query(descending=True))
    heard = Heard(model)
    session.decide([1, 4], Status.ACCEPTED)
    assert (heard.changed, heard.resets, heard.queries) == ([(1, 4)], 0, 0)
    session.changed.emit(Change(Aspect.LABELS, np.empty(0, np.int64)))
    session.changed.emit(Change(Aspect.LABELS))
    assert heard.changed == [(1, 4), (0, 5)]


def test_that_a_decision_leaves_a_filter_at_once(model: ImageModel, session: ShownSession) -> None:
    model.set_query(WAITING)
    heard = Heard(model)
    session.decide([0, 3], Status.ACCEPTED)
    assert model.rows.tolist() == [1, 2, 4]
    assert (heard.resets, heard.queries) == (1, 1)


def test_that_nothing_is_reset_when_the_same_images_are_found(
    model: ImageModel, session: ShownSession
) -> None:
    model.set_query(Query(classes=frozenset({0, 1})))
    heard = Heard(model)
    session.decide([3, 4], Status.UNSURE)
    assert (heard.resets, heard.changed) == (0, [(2, 3)])


def test_that_labels_that_stream_in_are_followed_once_in_a_while(
    qtbot: QtBot, model: ImageModel, session: ShownSession
) -> None:
    model.set_query(Query(classes=frozenset({0})))
    session.show_labelled(np.array([5]), np.array([1], np.int32), np.array([0.3], np.float32))
    heard = Heard(model)
    for label in (0, 1, 0):
        session.show_labelled(np.array([1]), np.array([label + 1], np.int32), np.array([0.4], np.float32))
    assert (heard.resets, heard.queries, model.rows.tolist()) == (0, 0, [0, 3, 5])
    qtbot.waitUntil(lambda: model.rows.tolist() == [0, 1, 3, 5])
    assert heard.queries == 1


# Images that are added


def test_that_found_images_are_added_at_the_end(model: ImageModel, session: ShownSession) -> None:
    heard = Heard(model)
    session.put(longer(session.snapshot, [-1, -1]), aspect=Aspect.TABLE)
    assert (heard.inserted, heard.resets, heard.queries) == ([(6, 7)], 0, 1)
    assert model.shown == model.total == 8
    model.set_query(Query(text="png"))
    session.put(longer(session.snapshot, [0]), aspect=Aspect.TABLE)
    assert (heard.inserted, heard.resets) == ([(6, 7), (8, 8)], 0)


def test_that_found_images_take_their_place_in_another_order(
    model: ImageModel, session: ShownSession
) -> None:
    model.set_query(Query(sort=Sort.NAME, descending=True))
    session.put(longer(session.snapshot, [-1]), aspect=Aspect.TABLE)
    assert model.rows.tolist() == [6, 5, 4, 3, 2, 1, 0]


def test_that_a_shorter_table_is_shown_anew(model: ImageModel, session: ShownSession) -> None:
    model.set_query(WAITING)
    session.put(snapshot_of([0]), aspect=Aspect.TABLE)
    assert model.query == Query() and model.shown == 1


def test_that_a_filter_follows_its_class(model: ImageModel, session: ShownSession) -> None:
    model.set_query(Query(classes=frozenset({1})))
    snapshot = session.snapshot
    classes = (CLASSES[2], replace(CLASSES[1], name="renamed"), ImageClass(9, "new"))
    session.put(replace(snapshot, table=replace(snapshot.table, classes=classes)), aspect=Aspect.TABLE)
    assert model.query.classes == frozenset({1})
    classes = (CLASSES[0], CLASSES[2])
    session.put(replace(snapshot, table=replace(snapshot.table, classes=classes)), aspect=Aspect.TABLE)
    assert model.query == Query()


# What is told of an image


def test_that_a_tile_tells_key_note_and_what_the_network_changed(
    model: ImageModel, session: ShownSession
) -> None:
    table = session.table
    table.zero_shot_label[:] = [1, 1, 2, 0, 1, -1]
    table.source[0], table.refined_label[0], table.refined_confidence[0] = Source.REFINEMENT, 0, 0.9
    table.note[0] = "blurred"
    tile: Tile = model.index(0).data(TILE_ROLE)
    assert (tile.name, tile.label, tile.key, tile.noted, tile.changed) == ("0.png", "first", "1", True, True)
    other: Tile = model.index(1).data(TILE_ROLE)
    assert (other.key, other.noted, other.changed) == ("2", False, False)
    tip = model.data(model.index(0), 3)
    assert tip.splitlines()[0] == "0.png"
    for line in ("CLIP: second, 90%", "Refined: first, 90%", "Note: blurred"):
        assert line in tip.splitlines()
    spoken = model.data(model.index(0), 11)
    assert spoken == "0.png, first 90%, Waiting, changed by refining, with a note"
    assert model.data(model.index(5), 11) == "5.png, No label, Not labelled"


def test_that_a_changed_mark_is_only_for_labels_that_a_person_left_to_the_network(
    model: ImageModel, session: ShownSession
) -> None:
    session.table.zero_shot_label[0] = 1
    session.decide([0], Status.CORRECTED, 0)
    assert not model.tile(0).changed


def test_that_an_accepted_tile_says_how_sure_the_model_was_and_a_corrected_one_nothing(
    model: ImageModel, session: ShownSession
) -> None:
    table = session.table
    table.zero_shot_label[:2], table.zero_shot_confidence[:2] = table.label[:2], table.confidence[:2]
    sure = float(table.confidence[0])
    session.decide([0], Status.ACCEPTED)
    session.decide([1], Status.CORRECTED, 2)
    assert model.tile(0).confidence == sure and math.isnan(model.tile(1).confidence)
    assert f"{sure:.0%}" in model.data(model.index(0), 11)
    assert "%" not in model.data(model.index(1), 11)
    table.zero_shot_label[0] = 2  # the model says something else by now
    assert math.isnan(model.tile(0).confidence)


def test_that_a_tile_names_the_folder_before_the_file(model: ImageModel, session: ShownSession) -> None:
    session.put(snapshot_of([0, 0, 0], paths=["000.png", "head/000.png", "a/b/chest/000.png"]))
    assert [model.tile(n).name for n in range(3)] == ["000.png", "head/000.png", "chest/000.png"]


def test_that_chips_stay_those_of_their_class_wherever_it_stands(
    model: ImageModel, session: ShownSession
) -> None:
    shapes = {model.tile(n).label: model.tile(n).shape for n in range(3)}
    assert shapes == {"first": 0, "second": 1, "third": 2}
    before = session.snapshot
    table = replace(before.table, classes=before.table.classes[::-1], label=2 - before.table.label)
    session.put(replace(before, table=table), aspect=Aspect.TABLE)
    assert {model.tile(n).label: model.tile(n).shape for n in range(3)} == shapes
    model.set_query(Query(by_class=True))
    headers = [model.header(n) for n in range(len(model.groups))]
    assert {h.name: h.shape for h in headers if h.position >= 0} == shapes


# Anything, in any order

QUERIES = st.builds(
    Query,
    classes=st.none() | st.frozensets(st.integers(-1, 2), min_size=1, max_size=2),
    statuses=st.none() | st.frozensets(st.sampled_from(Status), min_size=1, max_size=3),
    confidence=st.sampled_from([(0.0, 1.0), (0.5, 0.8)]),
    text=st.sampled_from(["", "1", "note"]),
    sort=st.sampled_from(Sort),
    descending=st.booleans(),
    by_class=st.booleans(),
)
STEPS = st.one_of(
    QUERIES,
    st.tuples(st.just("decide"), st.sets(st.integers(0, 5), min_size=1), st.sampled_from(list(Status)[1:6])),
    st.tuples(st.just("label"), st.integers(0, 5), st.integers(0, 2)),
    st.tuples(st.just("note"), st.integers(0, 5), st.sampled_from(["", "note"])),
    st.tuples(st.just("add"), st.lists(st.integers(-1, 2), min_size=1, max_size=3), st.none()),
)


def do(model: ImageModel, session: ShownSession, step) -> None:
    if isinstance(step, Query):
        model.set_query(step)
    elif step[0] == "decide":
        session.decide(sorted(step[1]), step[2], 0)
    elif step[0] == "label":
        ids = np.array([CLASSES[step[2]].id], np.int32)
        session.show_labelled(np.array([step[1]]), ids, np.array([0.5], np.float32))
    elif step[0] == "note":
        session.table.note[step[1]] = step[2]
        session.changed.emit(Change(Aspect.LABELS, np.array([step[1]])))
    else:
        session.put(longer(session.snapshot, step[1]), aspect=Aspect.TABLE)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=st.lists(STEPS, max_size=10))
def test_that_any_queries_and_edits_keep_the_promises_of_an_item_model(
    model: ImageModel, session: ShownSession, steps
) -> None:
    session.put(snapshot_of([0, 1, 2, 0, 1, -1], [0.9, 0.5, 0.7, 0.6, 0.8, np.nan]))
    for step in steps:
        do(model, session, step)
        assert model.rowCount() == model.shown == sum(n for _, n in model.groups or ((0, model.shown),))
    if model._timer.isActive():
        model._reselect()
    if model.query.sort is not Sort.REVIEW:
        expected = select(session.table, model.query, session.snapshot.margin)
        assert model.rows.tolist() == expected.rows.tolist() and model.groups == expected.groups
    assert model.positions_of(model.rows).tolist() == list(range(model.shown))


# In the window


def test_that_the_model_keeps_its_promises_from_empty_to_refined(driver: Driver, images) -> None:
    model = driver.parts.model
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    driver.open(images)
    assert model.rowCount() == 12
    driver.label()
    driver.trigger("refine")
    make_images(images, 15)
    driver.trigger("rescan")
    assert model.rowCount() == 15
    del tester


def test_that_new_images_keep_the_selection(opened: Driver, images) -> None:
    opened.select(2, 3)
    make_images(images, 14)
    opened.trigger("rescan")
    assert opened.parts.view.selected_positions().tolist() == [2, 3]


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    edits=st.lists(
        st.tuples(st.sets(st.integers(0, 11), min_size=1), DECISIONS, st.integers(0, 1)), max_size=8
    ),
    query=QUERIES,
    undone=st.integers(0, 4),
)
def test_that_edits_keep_the_table_equal_to_the_one_on_disk(
    opened: Driver, edits, query: Query, undone: int
) -> None:
    session, model = opened.window.session, opened.parts.model
    if not session.classes:
        opened.label()
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.set_query(query)
    for rows, status, position in edits:
        chosen = np.array(sorted(rows), np.int64)
        ids = None
        if status in (Status.ACCEPTED, Status.CORRECTED):
            ids = np.full(len(chosen), session.classes[position].id, np.int32)
        session.execute(Edit("Edit", chosen, status, ids))
    for _ in range(undone):
        session.undo()
    session.redo()
    shown, stored = session.table, session._project.table()
    for column in ("status", "source", "label", "confidence"):
        np.testing.assert_array_equal(getattr(shown, column), getattr(stored, column), column)
    model._timer.stop()
    del tester
