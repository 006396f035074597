"""Corners of the store that nothing else comes to."""

import numpy as np
import pytest

from core.errors import UserError
from core.images.refs import ImageRef
from core.project import database, locations
from core.project.class_edits import check_key
from core.project.database import FILE_NAME, is_on_network
from core.project.edits import Edit
from core.project.known import holds, known_projects, moved_project
from core.project.path_texts import PathTexts
from core.project.project import Project
from core.project.queries import Query, RowSet, follow_classes
from core.project.records import ImageClass, Status


def test_that_a_network_share_is_told_by_its_name_on_windows_and_unknown_without_proc(tmp_path, monkeypatch):
    class Share:
        def resolve(self):
            return "\\\\server\\share"

    monkeypatch.setattr(database.sys, "platform", "win32")
    assert is_on_network(Share())
    monkeypatch.setattr(database.sys, "platform", "darwin")
    monkeypatch.setattr(database, "Path", lambda _: tmp_path / "no such file")
    assert not is_on_network(tmp_path)


def test_that_on_a_network_share_the_journal_is_deleted_after_each_change(project, monkeypatch):
    project.close()
    monkeypatch.setattr(database, "is_on_network", lambda _: True)
    with Project.open(project.folder) as opened:
        assert opened._connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)


def test_that_a_project_that_cannot_be_made_is_a_clear_error(tmp_path, folder):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot be made"):
        Project.create(tmp_path / "file" / "p.medlabel", folder)


def test_that_images_of_another_kind_are_not_relinked(project, tmp_path):
    np.savez(tmp_path / "set.npz", train_images=np.zeros((2, 4, 4), np.uint8))
    with pytest.raises(UserError, match="is not a folder"):
        project.relink(tmp_path / "set.npz")


def test_that_details_of_an_image_that_is_not_there_are_empty(project):
    assert project.images.details(99) == "{}"


def test_that_what_is_no_project_belongs_to_no_images(tmp_path, user_data):
    broken = user_data / "projects" / f"x{locations.SUFFIX}"
    broken.mkdir(parents=True)
    (broken / FILE_NAME).write_bytes(b"")
    assert list(known_projects()) == [] and moved_project(tmp_path) is None
    assert not holds(tmp_path, broken)


def test_that_texts_of_the_same_paths_are_taken_over_as_far_as_they_were_made():
    refs = [ImageRef("a.png"), ImageRef("b.png")]
    first, second, third = PathTexts(refs), PathTexts(refs), PathTexts(refs[:1])
    assert first.folded == ["a.png", "b.png"]
    assert second.adopt(first) and second.__dict__["folded"] is first.folded and "rank" not in second.__dict__
    assert not third.adopt(first)


def test_that_a_query_by_rows_has_a_size_and_follows_the_classes():
    assert len(RowSet(np.arange(3))) == 3
    before, after = (ImageClass(1, "a"), ImageClass(2, "b")), (ImageClass(2, "b"),)
    only_classes, only_pair = Query(classes=frozenset({1, -1})), Query(pair=(0, 1))
    assert follow_classes(only_classes, before, after).classes == {0, -1}
    assert follow_classes(only_pair, before, after).pair is None
    assert follow_classes(Query(), before, after) == Query()


def test_that_an_empty_key_is_the_automatic_one():
    assert check_key((ImageClass(1, "a"),), " ", 1) == ""


def test_that_the_texts_of_undo_and_redo_and_a_line_of_the_log_are_read(project):
    history = project.history
    assert history.redo_text == "" and history.undo_text == "Set classes" and history.can_undo
    assert not history.can_redo and history.entry(99) is None
    project.undo("ann")
    assert history.undo_text == "" and history.redo_text == "Set classes" == history.redo_text
    assert project.undo("ann") is None
    project.redo("ann")
    assert project.redo("ann") is None
    history._undoable[-1] = 99  # a log that somebody has cut
    assert history.undo_text == ""
    project.execute(Edit("x", np.array([1]), Status.UNSURE), "ann")
    entry = history.entry(int(history.decisions["edit"][1]))
    assert entry is not None and entry.author == "ann"
