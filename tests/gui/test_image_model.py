"""The item model under Qt's own tester, which aborts at the first broken promise."""

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtTest import QAbstractItemModelTester

from core.project.edits import Edit
from core.project.records import Status
from medlabel_gui.grid.model import TILE_ROLE, ImageModel, Tile
from tests.gui.conftest import Driver, make_images

DECISIONS = st.sampled_from([None, Status.ACCEPTED, Status.CORRECTED, Status.UNSURE, Status.EXCLUDED])


def test_that_the_model_keeps_its_promises_from_empty_to_labelled(driver: Driver, images) -> None:
    tester = QAbstractItemModelTester(
        driver.window.model, QAbstractItemModelTester.FailureReportingMode.Fatal
    )
    driver.open(images)
    assert driver.window.model.rowCount() == 12
    driver.label()
    driver.trigger("refine")
    make_images(images, 15)
    driver.trigger("rescan")
    assert driver.window.model.rowCount() == 15
    del tester


def test_that_new_images_keep_the_selection(opened: Driver, images) -> None:
    opened.select(2, 3)
    make_images(images, 14)
    opened.trigger("rescan")
    assert opened.window.view.selected_positions().tolist() == [2, 3]


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    edits=st.lists(
        st.tuples(st.sets(st.integers(0, 11), min_size=1), DECISIONS, st.integers(0, 1)), max_size=8
    ),
    undone=st.integers(0, 4),
)
def test_that_edits_keep_the_table_equal_to_the_one_on_disk(opened: Driver, edits, undone: int) -> None:
    session = opened.window.session
    if not session.classes:
        opened.label()
    tester = QAbstractItemModelTester(
        opened.window.model, QAbstractItemModelTester.FailureReportingMode.Fatal
    )
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
    del tester


def test_that_a_tile_tells_name_label_and_confidence(opened: Driver) -> None:
    opened.label()
    model: ImageModel = opened.window.model
    tile: Tile = model.index(1).data(TILE_ROLE)
    assert (tile.name, tile.label, tile.status) == ("image_001.png", "second", Status.PREDICTED)
    assert np.isclose(tile.confidence, 0.6)
    assert "CLIP: second, 60.0%" in model._tool_tip(1)
