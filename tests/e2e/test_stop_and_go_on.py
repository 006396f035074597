"""Stopping at any moment, by Ctrl+C or by kill -9, and running the same command again."""

import signal
import sqlite3
import time
from pathlib import Path

import numpy as np
import pytest

from core.project.project import Project
from tests.e2e.conftest import interrupt

CLASSES = ("--classes", "chest x-ray,histology")
PUBLISHED = ("--strategy", "published")  # one training: it is stopped in the middle for certain
STOPS = [signal.SIGINT, signal.SIGKILL]


def project_of(home: Path) -> Path:
    (found,) = (home / "projects").glob("*.medlabel")
    return found


def wait_for(condition, process, seconds=120):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert process.poll() is None, process.communicate()
        try:
            found = condition()
        except (OSError, ValueError, sqlite3.Error):
            found = None
        if found:
            return found
        time.sleep(0.01)
    raise AssertionError("never happened")


def finished_rows(home: Path) -> int:
    (bitmap,) = (home / "projects").glob("*.medlabel/arrays/embeddings-*/done.npy")
    return int(np.load(bitmap, mmap_mode="r").sum())


@pytest.mark.parametrize("how", STOPS, ids=["ctrl-c", "kill-9"])
def test_that_a_stopped_first_stage_goes_on_without_computing_twice(medlabel, many_images, tmp_path, how):
    home = tmp_path / "user data"
    process = medlabel.start("label", many_images, *CLASSES, "--no-refine")
    wait_for(lambda: finished_rows(home) > 60, process)
    code, errors = interrupt(process, how)
    done = finished_rows(home)
    assert 60 < done < 800, "the run was over before it could be stopped"
    if how == signal.SIGINT:
        assert code == 130 and "goes on" in errors and "Traceback" not in errors
    summary = medlabel.json("label", many_images, *CLASSES, "--no-refine")
    assert summary["label"]["reused"] == done
    assert summary["label"]["embedded"] == 800 - done
    assert summary["info"]["images"] == 800 == sum(summary["info"]["labels"].values())


@pytest.mark.parametrize("how", STOPS, ids=["ctrl-c", "kill-9"])
def test_that_a_stopped_second_stage_goes_on_from_its_last_epoch(medlabel, many_images, tmp_path, how):
    home = tmp_path / "user data"
    first = medlabel.json("label", many_images, *CLASSES, "--no-refine")
    process = medlabel.start("label", many_images, *CLASSES, *PUBLISHED)
    (checkpoint,) = wait_for(
        lambda: list((home / "projects").glob("*.medlabel/arrays/training-*/*.pt")), process
    )
    code, _ = interrupt(process, how)
    assert code == (130 if how == signal.SIGINT else -9)
    assert checkpoint.exists()
    summary = medlabel.json("label", many_images, *CLASSES, *PUBLISHED)
    assert summary["label"]["embedded"] == 0 and summary["label"]["run"] == first["label"]["run"]
    assert summary["refine"]["images"] == 800 and not checkpoint.exists()
    with Project.open(project_of(home)) as project:
        runs = project.runs.all()
        assert [run.finished for run in runs if run.kind == "refinement"] == [False, True]
        assert len(project.table()) == 800


@pytest.mark.parametrize("how", STOPS, ids=["ctrl-c", "kill-9"])
def test_that_a_stopped_scan_loses_no_row(medlabel, many_images, tmp_path, how):
    home = tmp_path / "user data"
    process = medlabel.start("label", many_images, *CLASSES, "--no-refine")
    wait_for(lambda: project_of(home).joinpath("project.sqlite").exists(), process)
    interrupt(process, how)
    summary = medlabel.json("label", many_images, *CLASSES, "--no-refine")
    assert summary["info"]["images"] == 800 and summary["label"]["labelled"] == 800
    again = medlabel.json("label", many_images, *CLASSES, "--no-refine")
    assert again["label"]["reused"] == 800 and again["label"]["run"] == summary["label"]["run"]
