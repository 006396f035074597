"""The table of the window, kept up to date step by step, equals the one that is read anew."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.images.refs import ImageRef, ScannedImage
from core.project.edits import Edit
from core.project.project import Project
from core.project.records import ImageClass, Source, Status
from core.project.table import LabelTable
from medlabel_gui.grid.tiles import tool_tip
from medlabel_gui.live_table import apply_changes, apply_labelled, apply_notes
from medlabel_gui.snapshot import load_snapshot
from tests.core.tables import table_of

ROWS = 12
CLASSES = (ImageClass(7, "hand"), ImageClass(2, "foot"))
BROKEN = (3, 8)
COLUMNS = ("status", "source", "label", "confidence", "note")


def project_with_runs(folder: Path, delivers: bool) -> Project:
    """Twelve images, two of which cannot be read, labelled by both stages."""
    (folder / "images").mkdir()
    project = Project.create(folder / "p.medlabel", folder / "images")
    project.images.add(
        [
            ScannedImage(ImageRef(f"{row}.png"), error="broken" if row in BROKEN else "")
            for row in range(ROWS)
        ],
        0,
    )
    project.history.resize(ROWS)
    project.execute(Edit("Classes", classes=CLASSES), "ann")
    first = np.array([[0.7, 0.3], [0.4, 0.6]] * (ROWS // 2), np.float32)
    first[5] = np.nan
    parent = project.runs.begin("zero-shot", [7, 2], {})
    project.runs.finish(parent, first)
    second = project.runs.begin("refinement", [7, 2], {}, parent)
    project.runs.finish(second, first[:, ::-1].copy(), delivers=delivers)
    return project


def assert_equal(shown: LabelTable, stored: LabelTable) -> None:
    for column in COLUMNS:
        np.testing.assert_array_equal(getattr(shown, column), getattr(stored, column), column)


rows = st.one_of(
    st.lists(st.integers(0, ROWS - 1), min_size=1, max_size=ROWS, unique=True),
    st.tuples(st.integers(0, ROWS - 1), st.integers(1, ROWS)).map(
        lambda span: list(range(span[0], min(ROWS, sum(span))))
    ),
)
# 9 is the id of a class that this project does not have any more
wanted = st.tuples(rows, st.sampled_from([None, *list(Status)[2:6]]), st.sampled_from([7, 2, 9]))
moves = st.lists(
    st.one_of(wanted, st.tuples(rows, st.sampled_from(["", "blurred", "caf\xe9"])), st.just("undo")),
    max_size=10,
)


@pytest.mark.parametrize("delivers", [True, False])
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(moves)
def test_that_any_steps_leave_the_table_as_it_would_be_read(tmp_path_factory, delivers: bool, moves) -> None:
    with project_with_runs(tmp_path_factory.mktemp("live"), delivers) as project:
        snapshot = load_snapshot(project.folder)
        for move in moves:
            if move == "undo":
                if len(project.history._undoable) == 1:  # the classes stay
                    continue
                step = project.undo("ann")
            elif len(move) == 2:
                step = project.execute(Edit("Note", notes=dict.fromkeys(*move)), "ann")
            else:
                chosen, status, class_id = move
                named = status in (Status.ACCEPTED, Status.CORRECTED)
                ids = np.full(len(chosen), class_id, np.int32) if named else None
                step = project.execute(Edit("Decide", np.array(chosen), status, ids), "ann")
            changed = apply_changes(snapshot, step.changes).tolist()
            noted = apply_notes(snapshot.table, step.notes).tolist()
            assert changed == step.changes["row"].tolist() and noted == step.notes.rows.tolist()
            assert_equal(snapshot.table, project.table())


def test_that_steps_on_images_that_the_snapshot_has_not_yet_concern_none_of_its_rows(tmp_path: Path) -> None:
    with project_with_runs(tmp_path, True) as project:
        snapshot = load_snapshot(project.folder)
        project.images.add([ScannedImage(ImageRef("new.png"))], ROWS)
        chosen = np.array([ROWS - 1, ROWS])
        step = project.execute(Edit("x", chosen, Status.UNSURE, notes=dict.fromkeys([11, 12], "new")), "ann")
        assert apply_changes(snapshot, step.changes).tolist() == [ROWS - 1]
        assert apply_notes(snapshot.table, step.notes).tolist() == [ROWS - 1]
        assert snapshot.table.status[-1] == Status.UNSURE and snapshot.table.note[-1] == "new"
        assert len(snapshot.table.note) == ROWS


def test_that_a_table_arrives_knowing_which_images_failed(tmp_path: Path) -> None:
    with project_with_runs(tmp_path, True) as project:
        table = project.table()
    assert "failed" in vars(table)  # found where the table was made, not at the first key press
    assert np.flatnonzero(table.failed).tolist() == list(BROKEN)


def test_that_a_label_that_streams_in_is_not_said_to_be_clips():
    """A saved model's labels stream in as well: who gave them is known with the snapshot at the end."""
    table = table_of(["a", "b"], [-1, -1], zero_shot_label=np.full(2, -1, np.int32))
    apply_labelled(table, np.array([1]), np.array([0], np.int32), np.array([0.8], np.float32))
    assert table.label.tolist() == [-1, 0] and table.status[1] == Status.PREDICTED
    assert table.source[1] == Source.NONE and "CLIP" not in tool_tip(table, 1)
