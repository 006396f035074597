"""Projects of the first version, whose log held compressed records and a pair of texts a note, are read as before."""

import sqlite3
from contextlib import closing

import numpy as np
import pytest

from core.project.database import FILE_NAME, MIGRATIONS
from core.project.edits import Edit
from core.project.project import Project
from core.project.records import Status
from tests.projects import SAMPLES, make_old

# Classes; rows 0 to 3 accepted; a note on 1 and 4; 5 and 0 unsure; notes; an undo.
DECISIONS = [(4, -1, 4), (2, 2, 2), (2, 1, 2), (2, 2, 2), (0, -1, 0), (4, -1, 4)]
NOTES = {1: "blurred", 4: "blurred"}


@pytest.fixture(params=[(1, True), (1, False), (2, True), (2, False)], ids=str)
def old(request, tmp_path):
    """The folder of a project as an earlier version left it, with its snapshot or with the log alone."""
    version, with_snapshot = request.param
    folder = make_old(tmp_path / "old.medlabel", version)
    if not with_snapshot:
        with closing(sqlite3.connect(folder / FILE_NAME)) as database:
            database.execute("DELETE FROM snapshots")
            database.commit()
    return folder


def test_that_the_state_of_an_old_project_is_read(old):
    with Project.open(old) as project:
        assert project.history.decisions.tolist() == DECISIONS
        assert project.history.notes == NOTES
        assert [c.name for c in project.classes] == ["hand", "foot"]
        assert project.next_class_id() == 3


def test_that_an_old_project_gets_the_new_number_so_that_the_first_version_refuses_it(old):
    with Project.open(old) as project:
        assert project._connection.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
    assert len(MIGRATIONS) > 1


def test_that_old_edits_are_undone_and_redone_and_mixed_with_new_ones(old):
    with Project.open(old) as project:
        project.redo("bob")
        assert project.history.notes == {2: "caf\xe9", 4: "blurred"}
        for _ in range(4):
            project.undo("bob")
        assert project.history.notes == {} and not project.history.decisions["status"].any()
        for _ in range(3):
            project.redo("bob")
        project.execute(Edit("Exclude", np.array([4]), Status.EXCLUDED, notes={0: "new"}), "bob")
        expected = project.history.decisions.tolist(), project.history.notes
    assert expected[0][:4] == DECISIONS[:4] and expected[1] == {**NOTES, 0: "new"}
    with Project.open(old) as again:
        assert (again.history.decisions.tolist(), again.history.notes) == expected


def test_that_there_is_a_sample_of_each_earlier_version_and_nothing_in_it_is_lost(old):
    assert sorted(path.stem for path in SAMPLES.iterdir()) == [f"v{n}" for n in range(1, len(MIGRATIONS))]
    with Project.open(old) as project:
        table = project.images.columns()
        assert [ref.path for ref in table.refs] == [f"{row}.png" for row in range(6)]
        assert table.sha256[0] == b"\1" * 32 and table.width.tolist() == [4] * 6 and table.grey.all()
        assert project.truth() == {0: 1} and project.groups() == {1: "p7"}
        assert [(run.kind, run.finished, run.parent) for run in project.runs.all()] == [
            ("imported", True, None),
            ("refinement", False, 1),
        ]
        assert project.images.details(0) == "{}" and list(project.images.phashes()) == [b""] * 6
        assert project.source_path.name.startswith("v") and str(project.slices)
        assert [entry.author for entry in project.log()] == ["ann"] * 6
