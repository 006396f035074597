import json
import logging
import sqlite3
import threading

import numpy as np
import pytest

from core.errors import UserError
from core.project import database, history
from core.project.edits import Edit
from core.project.project import Project
from core.project.records import ImageClass, Status

ACCEPT = Edit("Accept", rows=np.arange(3), status=Status.ACCEPTED, class_ids=np.array([1, 2, 1], np.int32))


def decided(project):
    return project.history.decisions["status"].tolist(), project.history.decisions["class_id"].tolist()


def test_that_undoing_a_bulk_label_restores_the_previous_labels(project):
    project.execute(Edit("Unsure", rows=np.array([1]), status=Status.UNSURE), "ann")
    before = decided(project)
    project.execute(ACCEPT, "ann")
    assert decided(project) != before
    project.undo("ann")
    assert decided(project) == before


def test_that_undo_and_redo_survive_a_restart(project):
    project.execute(ACCEPT, "ann")
    with Project.open(project.folder) as again:
        again.undo("bob")
    with Project.open(project.folder) as again:
        assert again.table().status[0] == Status.UNLABELLED
        again.redo("bob")
        assert again.table().status[:4].tolist() == [Status.ACCEPTED] * 3 + [Status.UNLABELLED]
        assert again.history.can_undo and not again.history.can_redo


def test_that_a_new_edit_after_an_undo_ends_redoing(project):
    project.execute(ACCEPT, "ann")
    project.undo("ann")
    project.execute(Edit("Exclude", rows=np.array([5]), status=Status.EXCLUDED), "ann")
    assert project.redo("ann") is None


def test_that_the_author_and_time_of_the_last_standing_decision_are_shown(project):
    project.execute(ACCEPT, "ann")
    project.execute(Edit("Unsure", rows=np.array([0]), status=Status.UNSURE), "bob")
    assert project.table().annotator[:4] == ["bob", "ann", "ann", ""]
    project.undo("cyd")
    table = project.table()
    assert table.annotator[:4] == ["ann", "ann", "ann", ""]
    assert table.updated_at[0].endswith("Z") and not table.updated_at[5]


def test_that_an_edit_that_changes_nothing_is_not_logged(project):
    project.execute(ACCEPT, "ann")
    entries = len(project.log())
    step = project.execute(ACCEPT, "ann")
    assert len(step.changes) == 0 and len(project.log()) == entries


def test_that_withdrawing_a_decision_leaves_none(project):
    project.execute(ACCEPT, "ann")
    project.execute(Edit("Withdraw", rows=np.arange(3)), "ann")
    assert decided(project) == ([0] * 10, [-1] * 10)


def test_that_classes_and_notes_are_undone_with_the_rest(project):
    first = project.classes
    project.execute(Edit("Rename", classes=(ImageClass(1, "hand"), first[1]), notes={4: "blurred"}), "ann")
    assert project.classes[0].name == "hand" and project.table().note[4] == "blurred"
    project.undo("ann")
    assert project.classes == first and project.table().note[4] == ""


def test_that_opening_from_a_snapshot_gives_the_same_state_as_replaying_everything(project, monkeypatch):
    monkeypatch.setattr(history, "SNAPSHOT_EVERY", 5)
    rng = np.random.default_rng(3)
    for _ in range(23):
        rows = rng.choice(10, 3, replace=False)
        project.execute(Edit("Accept", rows=rows, status=Status(int(rng.integers(2, 6)))), "ann")
        if rng.random() < 0.3:
            project.undo("ann")
    project.execute(Edit("Note", notes={2: "kept"}), "ann")
    count = project._connection.execute("SELECT COUNT(*) FROM snapshots").fetchone()[0]
    assert count == 1
    with Project.open(project.folder) as from_snapshot:
        state = decided(from_snapshot), from_snapshot.history.notes, from_snapshot.classes
    project._connection.execute("DELETE FROM snapshots")
    with Project.open(project.folder) as replayed:
        assert (
            (decided(replayed), replayed.history.notes, replayed.classes)
            == state
            == (
                decided(project),
                project.history.notes,
                project.classes,
            )
        )


def test_that_the_log_only_grows(project):
    project.execute(ACCEPT, "ann")
    project.undo("ann")
    project.redo("ann")
    assert [entry.kind for entry in project.log()] == ["edit", "edit", "undo", "redo"]


@pytest.mark.parametrize("verb", ["undo", "redo"])
def test_that_undoing_with_an_empty_history_does_nothing(tmp_path, folder, verb):
    with Project.create(tmp_path / "empty.medlabel", folder) as empty:
        assert getattr(empty, verb)("ann") is None


def test_that_two_handles_on_one_project_see_each_others_edits(project):
    with Project.open(project.folder) as other:
        project.execute(ACCEPT, "ann")
        other.execute(Edit("Exclude", rows=np.array([2, 9]), status=Status.EXCLUDED), "bob")
        project.execute(Edit("Unsure", rows=np.array([5]), status=Status.UNSURE), "ann")
        expected = [Status.ACCEPTED] * 2 + [Status.EXCLUDED, 0, 0, Status.UNSURE, 0, 0, 0, Status.EXCLUDED]
        assert other.table().annotator[:3] == ["ann", "ann", "bob"]
        assert decided(project)[0] == decided(other)[0] == expected
        other.undo("bob")
        other.undo("bob")
        project.history.catch_up()
        assert decided(project) == decided(other)
        assert decided(project)[0] == [Status.ACCEPTED] * 3 + [0] * 7


def test_that_one_edit_can_hold_a_status_for_each_image(project):
    statuses = np.array([Status.ACCEPTED, Status.CORRECTED], np.uint8)
    project.execute(Edit("Assign", np.array([0, 1]), statuses, np.array([1, 1], np.int32)), "ann")
    assert decided(project)[0][:2] == [Status.ACCEPTED, Status.CORRECTED]


def test_that_a_failed_write_changes_nothing(project):
    before = decided(project)
    project._connection.execute(
        "CREATE TRIGGER full BEFORE INSERT ON edits BEGIN SELECT RAISE(ABORT, 'disk full'); END"
    )
    with pytest.raises(sqlite3.IntegrityError):
        project.execute(ACCEPT, "ann")
    project._connection.execute("DROP TRIGGER full")
    assert decided(project) == before and not project._connection.in_transaction
    project.execute(ACCEPT, "ann")
    assert decided(project) != before


def test_that_one_note_on_many_images_is_one_text_in_the_log(project):
    rows = range(3, 20_000)
    project.execute(Edit("Note", notes=dict.fromkeys(rows, "motion blur")), "ann")
    project.execute(Edit("Note", notes={5: "sharp", 7: ""}), "ann")
    project.undo("ann")
    project.undo("ann")
    lengths = project._connection.execute("SELECT length(detail) FROM edits WHERE id > 1").fetchall()
    assert max(lengths) < (300,) and project.history.notes == {}
    project.redo("ann")
    project.redo("ann")
    with Project.open(project.folder) as again:
        expected = {**dict.fromkeys(rows, "motion blur"), 5: "sharp"}
        del expected[7]
        assert again.history.notes == project.history.notes == expected


def test_that_opening_does_not_repeat_many_changes_of_all_images_each_time(project, monkeypatch):
    for number in range(5):
        project.execute(Edit("Accept", np.arange(10), Status.ACCEPTED, np.full(10, 1 + number % 2)), "ann")
    count = "SELECT max(edit_id) FROM snapshots"
    assert project._connection.execute(count).fetchone() == (None,)  # a small project is repeated at once
    monkeypatch.setattr(history, "_NOT_SMALL", 10)
    with Project.open(project.folder) as other:
        assert other._connection.execute(count).fetchone() == (6,)
        assert decided(other) == decided(project)
    for number in range(2):
        project.execute(Edit("Note", notes=dict.fromkeys(range(10), str(number))), "ann")
        found = project._connection.execute(count).fetchone()
        assert found == (6,)  # another handle had saved one: not at once again
    project.execute(Edit("Note", notes=dict.fromkeys(range(10), "blurred")), "ann")
    assert project._connection.execute(count).fetchone() == (9,)
    row = project._connection.execute("SELECT detail FROM snapshots").fetchone()[0]
    assert json.loads(row)["noted"]["texts"] == ["", "blurred"]
    with Project.open(project.folder) as other:
        assert (decided(other), other.history.notes) == (decided(project), project.history.notes)


def test_that_an_edit_stands_although_the_snapshot_after_it_fails(project, monkeypatch, caplog):
    monkeypatch.setattr(history, "SNAPSHOT_EVERY", 2)
    project._connection.execute(
        "CREATE TRIGGER full BEFORE INSERT ON snapshots BEGIN SELECT RAISE(ABORT, 'disk full'); END"
    )
    with caplog.at_level(logging.WARNING):
        step = project.execute(ACCEPT, "ann")
    assert len(step.changes) == 3 and "no snapshot" in caplog.text
    assert not project._connection.in_transaction
    project._connection.execute("DROP TRIGGER full")  # a project with one is not opened
    with Project.open(project.folder) as again:
        assert decided(again) == decided(project)


def test_that_an_edit_waits_for_another_handle_to_commit(project):
    with Project.open(project.folder) as other:
        other._connection.execute("BEGIN IMMEDIATE")
        thread = threading.Thread(target=project.execute, args=(ACCEPT, "ann"))
        thread.start()
        thread.join(0.05)
        assert thread.is_alive()
        other._connection.execute("COMMIT")
        thread.join(10)
        assert len(other.log()) == 2


def test_that_an_edit_does_not_wait_for_ever(project, monkeypatch):
    monkeypatch.setattr(database, "_PATIENCE", 0.0)
    with Project.open(project.folder) as other:
        other._connection.execute("BEGIN IMMEDIATE")
        with pytest.raises(UserError, match="locked"):
            project.execute(ACCEPT, "ann")
        other._connection.execute("COMMIT")
    monkeypatch.undo()
    project.execute(ACCEPT, "ann")
    assert project._connection.execute("PRAGMA busy_timeout").fetchone() == (30_000,)
