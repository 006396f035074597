"""A worker's process that is killed in the middle of labelling: one clear message, a sound project, and on it goes."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import UserError
from core.jobs import JobContext
from core.processes import WorkerProcess
from core.project.edits import Edit
from core.project.project import Project
from core.tasks.events import Estimate
from core.tasks.label import ClassSpec, LabelResult, LabelSpec
from core.tasks.scan import open_project, scan

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")


@pytest.fixture
def worker() -> Iterator[WorkerProcess]:
    made = WorkerProcess()
    yield made
    made.close()


def labelling(worker: WorkerProcess, project: Path, ctx: JobContext) -> LabelResult:
    spec = LabelSpec(project, (ClassSpec("disc"), ClassSpec("stripes")), device="cpu")
    result = worker.task("core.tasks.label:label", spec)(ctx)
    assert isinstance(result, LabelResult)
    return result


def test_that_a_labelling_whose_process_is_killed_is_told_once_and_goes_on_where_it_was(
    worker: WorkerProcess, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    many_copies(folder, 8)
    project = open_project(folder, tmp_path / "p.medlabel")
    images = scan(project, JobContext()).images
    killed: list[int] = []

    def kill(event: object) -> None:
        if isinstance(event, Estimate):  # comes after a trial on the first images, when the rest begins
            assert worker._process is not None and worker._process.pid is not None
            killed.append(worker._process.pid)
            os.kill(worker._process.pid, signal.SIGKILL)

    with pytest.raises(UserError, match=r"ended unexpectedly \(exit code -9\).*What was finished is kept"):
        labelling(worker, project, JobContext(kill))
    assert len(killed) == 1
    with Project.open(project) as opened:  # usable: it is read and written to
        assert opened.images.count() == images == 24 * 8
        opened.execute(Edit("Note", notes={0: "seen"}), "tester")
    result = labelling(worker, project, JobContext())
    assert worker._process is not None and worker._process.pid != killed[0]
    assert 0 < result.reused < images and result.reused + result.embedded == images
    with Project.open(project) as opened:
        assert len(opened.table()) == images and [run.finished for run in opened.runs.all()] == [True]


def many_copies(folder: Path, count: int) -> None:
    """Each image of the folder `count` times over, all in all."""
    for path in list(folder.rglob("*.png")):
        for number in range(1, count):
            path.with_stem(f"{path.stem}_{number}").hardlink_to(path)
