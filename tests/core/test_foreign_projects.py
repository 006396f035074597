"""A project folder that somebody else made: links, pipes and lies in it are refused in words, before they are used."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from core.errors import UserError
from core.project.database import FILE_NAME
from core.project.editor_lock import CARD_NAME, LOCK_NAME
from core.project.foreign import refuse_irregular
from core.project.known import source_of
from core.project.project import Project
from core.project.reading import as_it_is
from core.tasks.scan import open_project, scan

posix = pytest.mark.skipif(os.name == "nt", reason="this system has no such files")


@pytest.fixture
def foreign(project) -> Path:
    """The folder of a closed project."""
    project.close()
    return project.folder


def refusal(folder, opened=Project.open) -> str:
    with pytest.raises(UserError) as caught:
        opened(folder).close()
    return str(caught.value)


@posix
@pytest.mark.parametrize(
    "name", [FILE_NAME, f"{FILE_NAME}-wal", f"{FILE_NAME}-shm", LOCK_NAME, CARD_NAME, "more"]
)
def test_that_a_project_in_which_a_file_is_a_link_is_refused_and_nothing_is_written_there(
    foreign, tmp_path, name
):
    valuable = tmp_path / "valuable"
    if name == FILE_NAME:
        (foreign / name).rename(valuable)
    else:
        valuable.write_bytes(b"kept")
    before = valuable.read_bytes()
    (foreign / name).unlink(missing_ok=True)
    (foreign / name).symlink_to(valuable)
    assert "leads elsewhere" in refusal(foreign) and "leads elsewhere" in refusal(
        foreign, Project.open_as_editor
    )
    assert valuable.read_bytes() == before


@posix
def test_that_nothing_is_made_through_a_link_that_leads_nowhere(tmp_path, folder):
    place = tmp_path / "new.medlabel"
    place.mkdir()
    (place / FILE_NAME).symlink_to(tmp_path / "elsewhere.sqlite")
    with pytest.raises(UserError, match="leads elsewhere"):
        open_project(folder, place)
    assert not (tmp_path / "elsewhere.sqlite").exists()


_OPEN = """
import sys
from pathlib import Path
from core.errors import UserError
from core.tasks.info import info
try:
    info(Path(sys.argv[1]))
except UserError as error:
    print(error)
"""


@posix
@pytest.mark.parametrize(
    "name", ["arrays/looks/values.npy", "arrays/run-1.npy", f"{FILE_NAME}-wal", "editor.json"]
)
def test_that_a_pipe_in_a_project_is_refused_and_not_waited_for(foreign, name):
    (foreign / name).parent.mkdir(exist_ok=True)
    os.mkfifo(foreign / name)
    told = subprocess.run(
        [sys.executable, "-c", _OPEN, str(foreign)], capture_output=True, text=True, check=True, timeout=60
    )
    assert "is not a regular file" in told.stdout and "is not a regular file" in refusal(foreign)


@posix
def test_that_a_pipe_in_place_of_the_database_is_no_project(tmp_path):
    os.mkfifo(tmp_path / FILE_NAME)
    assert source_of(tmp_path) is None and "There is no project" in refusal(tmp_path)


@posix
def test_that_the_log_of_a_project_is_not_copied_beyond_its_size(foreign, tmp_path):
    (foreign / f"{FILE_NAME}-wal").symlink_to(
        "/dev/zero"
    )  # a device has no size: it would be copied without end
    with as_it_is(foreign / FILE_NAME) as there:
        assert there.execute("SELECT count(*) FROM images").fetchone() == (10,)


@posix
def test_that_a_project_folder_may_itself_be_reached_through_a_link(foreign, tmp_path):
    (tmp_path / "link.medlabel").symlink_to(foreign)
    with Project.open(tmp_path / "link.medlabel") as opened:
        assert opened.images.count() == 10


def test_that_a_file_that_goes_while_the_folder_is_looked_at_is_no_error(foreign, monkeypatch):
    monkeypatch.setattr(os, "walk", lambda _: [(str(foreign), [], ["gone.tmp"])])
    refuse_irregular(foreign)


LIES = {
    "a gap": "UPDATE images SET id=1000000000 WHERE id=3",
    "a negative row": "UPDATE images SET id=-4 WHERE id=0",
    "a missing row": "DELETE FROM images WHERE id=5",
    "a negative version": "PRAGMA user_version=-5",
    "no facts": "DELETE FROM meta",
    "no kind": "DELETE FROM meta WHERE key='kind'",
    "an unknown kind": "UPDATE meta SET value='os' WHERE key='kind'",
}


@pytest.mark.parametrize("name", LIES)
def test_that_a_project_whose_numbers_cannot_be_is_refused_in_words(foreign, name):
    with closing(sqlite3.connect(foreign / FILE_NAME)) as connection:
        connection.execute(LIES[name])
        connection.commit()
    assert "is damaged and cannot be opened" in refusal(foreign)
    assert sum(path.stat().st_size for path in foreign.rglob("*.npy")) == 0


def test_that_a_project_whose_making_was_interrupted_says_so_and_is_made_again(tmp_path, folder, ctx):
    place = tmp_path / "p.medlabel"
    Project.create(place, folder).close()
    with closing(sqlite3.connect(place / FILE_NAME)) as connection:
        connection.execute("DELETE FROM meta")
        connection.commit()
    with Project.open(place) as opened, pytest.raises(UserError, match="was interrupted"):
        opened.source(must_exist=False)
    assert scan(open_project(folder, place), ctx).images == 24
