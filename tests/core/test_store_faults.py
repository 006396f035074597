"""Full disks, read-only folders, two windows, clocks that go back: told clearly, and nothing is lost."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock

from core.errors import UserError
from core.project import editor_lock, history
from core.project.arrays import RowStore, save_array
from core.project.database import FILE_NAME, MIGRATIONS
from core.project.editor_lock import CARD_NAME, LOCK_NAME
from core.project.edits import Edit
from core.project.image_rows import ImageFacts
from core.project.project import Project
from core.project.records import Status
from tests.projects import make_old

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX")
ACCEPT = Edit("Accept", np.array([0, 1]), Status.ACCEPTED, np.array([1, 2], np.int32))
NOTE = Edit("Note", notes={row: os.urandom(4000).hex() for row in range(10)})


def fill_disk(project, full):
    connection = project._connection
    pages = connection.execute("PRAGMA page_count").fetchone()[0] if full else 2**30
    connection.execute(f"PRAGMA max_page_count={pages}")


def test_that_on_a_full_disk_an_edit_says_so_is_not_done_and_can_be_made_later(project):
    project.execute(ACCEPT, "ann")
    before = project.history.decisions.copy()
    fill_disk(project, True)
    for _ in range(2):
        with pytest.raises(UserError, match=r"full.*Free some space"):
            project.execute(NOTE, "ann")
    assert project.history.notes == {} and (project.history.decisions == before).all()
    with Project.open(project.folder) as other:
        assert (other.history.decisions == before).all() and other.history.notes == {}
    fill_disk(project, False)
    project.execute(NOTE, "ann")
    assert len(project.history.notes) == 10 and not project._connection.in_transaction


def test_that_on_a_full_disk_facts_truth_and_runs_are_refused_as_a_whole(project):
    fill_disk(project, True)
    with pytest.raises(UserError, match="full"):
        project.images.set_facts([ImageFacts(row, details=os.urandom(9000).hex()) for row in range(10)])
    with pytest.raises(UserError, match="full"):
        project.set_groups({row: os.urandom(9000).hex() for row in range(10)})
    with pytest.raises(UserError, match="full"):
        project.runs.begin("zero-shot", [1, 2], {"long": os.urandom(90_000).hex()})
    fill_disk(project, False)
    assert project.groups() == {} and project.runs.all() == [] and project.images.details(3) == "{}"
    project.set_groups({0: "a"})
    assert project.groups() == {0: "a"}


_SMALL_FILES = """
import resource, sys
from pathlib import Path
import numpy as np
from core.errors import UserError
from core.project.arrays import RowStore, save_array
folder = Path(sys.argv[1])
store = RowStore(folder / "s", 10, (4,), np.float16)
store.write(np.arange(10), np.ones((10, 4)))
save_array(folder / "run-1.npy", np.zeros(10, np.float32))
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
for act in (lambda: RowStore(folder / "s", 100_000, (4,), np.float16),
            lambda: RowStore(folder / "t", 100_000, (4,), np.float16),
            lambda: save_array(folder / "run-1.npy", np.ones(100_000, np.float32)),
            lambda: save_array(folder / "run-2.npy", np.ones(100_000, np.float32))):
    try:
        act()
    except UserError as error:
        print(error)
"""


@POSIX
def test_that_arrays_that_cannot_grow_say_so_and_keep_what_they_held(tmp_path):
    command = [sys.executable, "-c", _SMALL_FILES, str(tmp_path)]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert len(told) == 4 and all("cannot be written: " in line for line in told)
    assert not list(tmp_path.glob("*.tmp")) and not (tmp_path / "run-2.npy").exists()
    assert not np.load(tmp_path / "run-1.npy").any()
    for name, done in (("s", 10), ("t", 0)):  # there is space again
        store = RowStore(tmp_path / name, 100_000, (4,), np.float16)
        assert int(store.done.sum()) == done and (store.values[:done] == 1).all()


def test_that_arrays_grow_where_the_system_promises_no_space(tmp_path, monkeypatch):
    monkeypatch.delattr(os, "posix_fallocate", raising=False)
    store = RowStore(tmp_path / "s", 10, (4,), np.float16, {"model": "x"})
    store.write(np.arange(3), np.ones((3, 4)))
    assert RowStore(tmp_path / "s", 0, (4,), np.float16).done.sum() == 3
    assert len(RowStore(tmp_path / "none", 0, (4,), np.float16).values) == 0
    RowStore(tmp_path / "none", 0, (4,), np.float16).write(np.zeros(0, np.int64), np.zeros((0, 4)))
    save_array(tmp_path / "deep" / "a.npy", np.ones(3))
    assert np.load(tmp_path / "deep" / "a.npy").tolist() == [1, 1, 1]


@pytest.fixture
def public():
    """A folder that every user may enter."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755)
    shutil.rmtree(folder)


@pytest.fixture
def locked(public, project):
    """A project in a folder that cannot be written to, for a user who is not root; its last edit is in the WAL."""
    project.execute(ACCEPT, "ann")
    (public / "images").mkdir()
    project.relink(public / "images")
    shutil.copytree(project.folder, public / "p.medlabel")
    yield from _as_nobody(public / "p.medlabel")


def _as_nobody(folder):
    for path in (*folder.rglob("*"), folder):
        path.chmod(0o555 if path.is_dir() else 0o444)
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield folder
    finally:
        if root:
            os.seteuid(0)


@POSIX
def test_that_a_read_only_folder_opens_says_so_and_refuses_every_change(locked):
    assert (locked / f"{FILE_NAME}-wal").stat().st_size
    with Project.open_as_editor(locked) as project:
        assert project.read_only == f"nothing can be written to {locked}"
        assert project.table().status.tolist()[:3] == [Status.ACCEPTED, Status.ACCEPTED, Status.UNLABELLED]
        for change in (
            lambda: project.execute(NOTE, "ann"),
            lambda: project.undo("ann"),
            lambda: project.redo("ann"),
            lambda: project.set_truth({0: 1}),
            lambda: project.images.set_missing([0], True),
            lambda: project.runs.begin("imported", [1], {}),
            lambda: project.runs.finish(1, np.ones((10, 1), np.float32)),
            lambda: project.runs.count_again(1),
            lambda: project.row_store("x", (2,), np.float16),
        ):
            with pytest.raises(UserError, match="can only be read: nothing can be written to"):
                change()
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            project._connection.execute("DELETE FROM edits")


@POSIX
@pytest.mark.parametrize("version", range(1, len(MIGRATIONS)))
def test_that_an_old_project_in_a_read_only_folder_is_read_and_left_as_it_is(public, version):
    folder = make_old(public / "old.medlabel", version)
    for old in _as_nobody(folder):
        with Project.open(old) as project:
            assert project.read_only and project.history.notes == {1: "blurred", 4: "blurred"}
    with sqlite3.connect(folder / FILE_NAME) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (version,)


def test_that_a_second_window_reads_and_says_who_has_the_project(project):
    card = {"user": "ann", "host": "ward-3", "pid": 7, "since": "2026-01-02T03:04:05Z"}
    with FileLock(project.folder / LOCK_NAME):
        (project.folder / CARD_NAME).write_text(json.dumps(card), encoding="utf-8")
        with Project.open_as_editor(project.folder) as second:
            assert "ann on ward-3, since 2026-01-02T03:04:05Z" in second.read_only
            with pytest.raises(UserError, match="open elsewhere"):
                second.execute(ACCEPT, "bob")
            project.execute(ACCEPT, "ann")  # a task of the first window
            assert second.table().status[0] == Status.ACCEPTED  # is seen
        (project.folder / CARD_NAME).write_text("{", encoding="utf-8")
        with Project.open_as_editor(project.folder) as second:
            assert second.read_only == "it is open elsewhere (another window)"
    with Project.open_as_editor(project.folder) as third:
        assert not third.read_only and third.undo("bob") is not None


def test_that_the_same_window_may_open_its_project_again(project):
    first = Project.open_as_editor(project.folder)
    again = Project.open_as_editor(project.folder)
    assert not again.read_only and json.loads((project.folder / CARD_NAME).read_text())["pid"] == os.getpid()
    first.close()
    with pytest.raises(TimeoutError):
        FileLock(project.folder / LOCK_NAME, timeout=0).acquire()
    again.close()
    with FileLock(project.folder / LOCK_NAME, timeout=0):
        pass


_HOLD = """
import os, sys
from pathlib import Path
from core.project.project import Project
held = Project.open_as_editor(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def test_that_the_lock_of_a_window_that_died_is_taken_over(project):
    command = [sys.executable, "-c", _HOLD, str(project.folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as window:
        assert window.stdout.readline().strip() == b"held"
        with Project.open_as_editor(project.folder) as second:
            assert f"process {window.pid}" in second.read_only
        window.kill()
    with Project.open_as_editor(project.folder) as second:
        assert not second.read_only


def test_that_a_project_that_cannot_be_opened_keeps_no_lock(project, tmp_path):
    project.close()
    with sqlite3.connect(project.folder / FILE_NAME) as database:
        database.execute(f"PRAGMA user_version={len(MIGRATIONS) + 1}")
    with pytest.raises(UserError, match="newer version"):
        Project.open_as_editor(project.folder)
    with FileLock(project.folder / LOCK_NAME, timeout=0):
        pass
    with pytest.raises(UserError, match="no project"):
        Project.open_as_editor(tmp_path)
    assert not (tmp_path / LOCK_NAME).exists()


def test_that_a_window_opens_where_its_name_is_not_known_and_the_card_cannot_be_written(project, monkeypatch):
    def fail(*_):
        raise OSError("no such user")

    monkeypatch.setattr(editor_lock.getpass, "getuser", fail)
    assert editor_lock.Editor.me().user == "somebody"
    (project.folder / CARD_NAME).mkdir()
    with Project.open_as_editor(project.folder) as opened:
        assert not opened.read_only


def test_that_a_clock_that_goes_back_changes_no_order(project, monkeypatch):
    times = iter(f"20{year}-01-01T00:00:00Z" for year in range(30, 10, -1))
    monkeypatch.setattr(history, "utc_now", lambda: next(times))
    for row in range(4):
        project.execute(Edit("x", np.array([row]), Status.UNSURE), "ann")
    project.undo("ann")
    with Project.open(project.folder) as again:
        assert (again.history.decisions == project.history.decisions).all()
        assert [entry.id for entry in again.log()] == list(range(1, 7))
        assert again.redo("ann") is not None and again.history.decisions["status"][3] == Status.UNSURE
