"""Projects of the first version, whose log held compressed records and a pair of texts a note, are read as before."""

import sqlite3

import numpy as np
import pytest

from core.images.refs import ImageRef, ScannedImage
from core.project.database import FILE_NAME, MIGRATIONS
from core.project.edits import Edit
from core.project.project import Project
from core.project.records import Status

CLASSES = (
    '[{"id": 1, "name": "hand", "prompts": [], "is_other": false, "colour": "", "key": ""}, '
    '{"id": 2, "name": "foot", "prompts": [], "is_other": false, "colour": "", "key": ""}]'
)
# As the first version wrote them: classes; rows 0 to 3 accepted; a note on 1 and 4; 5 and 0 unsure; notes; an undo.
EDITS = [
    (1, "edit", None, None, f'{{"classes": [[], {CLASSES}]}}'),
    (
        2,
        "edit",
        None,
        b"x\x01c`\x00\x82\xff@\x00\xa2\x99\x18A\x04\x10\x83h\x84(H\x04\x86\x11\xa20\xb5\xccX\xd5\x02\x00\t\xb1\x10\r",
        None,
    ),
    (3, "edit", None, None, '{"notes": {"1": ["", "blurred"], "4": ["", "blurred"]}}'),
    (
        4,
        "edit",
        None,
        b"x\x01ce\x00\x82\xff@\x00\xa2Y@\x0c\x16\x10\x0b\x08\x98\x18A\x04\x10\xc3E\x01#\\\x0c\x0f",
        None,
    ),
    (5, "edit", None, None, '{"notes": {"1": ["blurred", ""], "2": ["", "caf\\u00e9"]}}'),
    (6, "undo", 5, None, '{"notes": {"1": ["", "blurred"], "2": ["caf\\u00e9", ""]}}'),
]
SNAPSHOT = (
    4,
    b"x\x01c\xf9\x0f\x04,\x0c\x0c\x0cLL \x02\x84\x19a\x0c\x98\x08\x03H\rP\x90\x81\x05\xa6\x18\x00)0\x0c\x16",
    f'{{"classes": {CLASSES}, "notes": {{"1": "blurred", "4": "blurred"}}}}',
)
DECISIONS = [(4, -1, 4), (2, 2, 2), (2, 1, 2), (2, 2, 2), (0, -1, 0), (4, -1, 4)]
NOTES = {1: "blurred", 4: "blurred"}


@pytest.fixture(params=["with its snapshot", "from the log alone"])
def old(request, tmp_path):
    """The folder of a project as the first version left it."""
    (tmp_path / "images").mkdir()
    with Project.create(tmp_path / "old.medlabel", tmp_path / "images") as project:
        project.images.add([ScannedImage(ImageRef(f"{row}.png")) for row in range(6)], 0)
        folder = project.folder
    database = sqlite3.connect(folder / FILE_NAME)
    with database:
        for number, kind, target, changes, detail in EDITS:
            database.execute(
                "INSERT INTO edits VALUES (?,?,?,?,?,?,?,?)",
                (number, "2025-01-01T00:00:00Z", "ann", kind, "", target, changes, detail),
            )
        if request.param == "with its snapshot":
            database.execute("INSERT INTO snapshots VALUES (?,?,?)", SNAPSHOT)
        database.execute("PRAGMA user_version=1")
    database.close()
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
