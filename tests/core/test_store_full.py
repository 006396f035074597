"""On a full disk a project can still be read, with everything that was decided."""

import errno
import sqlite3
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from core.errors import UserError
from core.project import reading
from core.project.database import FILE_NAME, MIGRATIONS
from core.project.edits import Edit
from core.project.known import holds, source_of
from core.project.project import Project
from core.project.reading import as_it_is, why_no_room
from core.project.records import Status
from core.tasks.export import ExportSpec, export
from core.tasks.info import info
from core.tasks.scan import scan
from tests.projects import make_old

resource = pytest.importorskip("resource")
ACCEPT = Edit("Accept", np.array([0, 1]), Status.ACCEPTED, np.array([1, 2], np.int32))


@contextmanager
def no_room(size=4096):
    """No file grows beyond `size` bytes: SQLite's own files and copies do not fit, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


_CRASH = """
import os, sys
from pathlib import Path
import numpy as np
from core.project.edits import Edit
from core.project.project import Project
from core.project.records import Status
project = Project.open(Path(sys.argv[1]))
project.execute(Edit("Accept", np.array([0, 1]), Status.ACCEPTED, np.array([1, 2], np.int32)), "ann")
os._exit(0)
"""


@pytest.fixture
def closed(project) -> Path:
    project.execute(ACCEPT, "ann")
    project.close()
    assert not (project.folder / f"{FILE_NAME}-wal").exists()
    return project.folder


@pytest.fixture
def crashed(project) -> Path:
    """A project whose last decisions stand in the log of changes only."""
    project.close()
    subprocess.run([sys.executable, "-c", _CRASH, str(project.folder)], check=True)
    assert (project.folder / f"{FILE_NAME}-wal").stat().st_size
    return project.folder


def accepted(folder: Path) -> bool:
    with Project.open_as_editor(folder) as opened:
        assert opened.read_only == "the disk is full"
        with pytest.raises(UserError, match="can only be read: the disk is full"):
            opened.execute(ACCEPT, "ann")
        return opened.table().status.tolist()[:3] == [Status.ACCEPTED, Status.ACCEPTED, Status.UNLABELLED]


def test_that_on_a_full_disk_a_project_is_opened_for_reading_and_written_again_when_there_is_room(
    closed, folder
):
    with no_room():
        assert accepted(closed) and source_of(closed) == folder
    with Project.open(closed) as opened:
        assert not opened.read_only and opened.undo("ann") is not None


def test_that_on_a_full_disk_what_a_crash_left_in_the_log_of_changes_is_seen_and_kept(crashed):
    for _ in range(2):
        with no_room():
            assert accepted(crashed)
    with Project.open(crashed) as opened:
        assert not opened.read_only and opened.table().status[1] == Status.ACCEPTED


def test_that_where_there_is_room_for_a_copy_the_log_of_changes_is_read_from_it(crashed, folder):
    before = {path: path.read_bytes() for path in crashed.iterdir() if path.is_file()}
    with as_it_is(crashed / FILE_NAME) as there:
        assert there.execute("SELECT count(*) FROM edits").fetchone()[0] == 2
    assert {path: path.read_bytes() for path in crashed.iterdir() if path.is_file()} == before


def test_that_a_copy_that_cannot_be_read_is_an_error_in_words(crashed, monkeypatch):
    def fail(*_):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(reading, "_copy", fail)
    with no_room(), pytest.raises(UserError, match="cannot be read: Input/output error"):
        Project.open(crashed)


def test_that_tasks_that_read_work_on_a_full_disk_and_those_that_write_say_why_not(closed, tmp_path, ctx):
    with no_room():
        assert info(closed).images == 10
        export(ExportSpec(closed, "csv", tmp_path / "labels.csv"), ctx)
        with pytest.raises(UserError, match="can only be read: the disk is full"):
            scan(closed, ctx)
    assert (tmp_path / "labels.csv").read_text(encoding="utf-8").count("\n") == 11


def test_that_an_old_project_is_read_on_a_full_disk_and_left_as_it_is(tmp_path):
    old = make_old(tmp_path / "old.medlabel", 1)
    with no_room(), Project.open(old) as opened:
        assert opened.read_only and opened.history.notes == {1: "blurred", 4: "blurred"}
    with sqlite3.connect(old / FILE_NAME) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (1,) != (len(MIGRATIONS),)
    database.close()


def test_that_no_project_is_made_on_a_full_disk(tmp_path, folder):
    with no_room(0), pytest.raises(UserError, match="cannot be opened"):
        Project.create(tmp_path / "new.medlabel", folder)


def test_that_the_project_of_a_folder_is_found_on_a_full_disk(crashed, folder, monkeypatch):
    with no_room():
        assert source_of(crashed) == folder and not holds(folder, crashed)
    monkeypatch.setattr(reading, "_copy", lambda *_: Path("/no such file").stat())
    with no_room():
        assert source_of(crashed) is None


def test_that_a_place_where_nothing_can_be_written_is_told_from_a_full_disk(tmp_path):
    error = sqlite3.OperationalError("unable to open database file")
    error.sqlite_errorcode = sqlite3.SQLITE_CANTOPEN
    assert why_no_room(error, tmp_path) == f"nothing can be written to {tmp_path}"
