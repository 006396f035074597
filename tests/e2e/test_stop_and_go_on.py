"""Stopping at any moment, by Ctrl+C or by kill -9, and running the same command again."""

import signal
import sqlite3
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.jobs import JobContext
from core.project.project import Project
from core.refine.params import TrainingChoices
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


def refine_stored(file: Path, checkpoint: Path | None) -> np.ndarray:
    """The automatic second stage on pictures and weak labels of an NPZ."""
    from core.experiments.requests import request_for
    from core.refine.strategies import STRATEGIES

    with np.load(file) as stored:
        choices = TrainingChoices(epochs=16, batch_size=32)
        request = request_for(stored["pictures"], stored["weak"], seed=3, choices=choices)
    return STRATEGIES["auto"](replace(request, checkpoint=checkpoint), JobContext()).probabilities


def test_that_a_killed_automatic_second_stage_goes_on_to_the_same_labels(tmp_path):
    rng = np.random.default_rng(0)
    kinds = np.arange(120) % 2
    pictures = rng.integers(0, 70, (120, 28, 28), np.uint8)
    pictures[kinds == 1, :, ::4] += 150
    weak = np.eye(2, dtype=np.float32)[np.where(rng.random(120) < 0.15, 1 - kinds, kinds)] * 0.8 + 0.1
    np.savez(tmp_path / "stored.npz", pictures=pictures, weak=weak)
    kept = tmp_path / "training"
    places = f"Path({str(tmp_path / 'stored.npz')!r}), Path({str(kept)!r})"
    call = f"from tests.e2e.test_stop_and_go_on import Path, refine_stored; refine_stored({places})"
    process = subprocess.Popen(
        [sys.executable, "-c", call], cwd=Path(__file__).parents[2], stderr=subprocess.PIPE, text=True
    )
    wait_for(lambda: list(kept.glob("student-fold-1.pt")), process)
    code, errors = interrupt(process, signal.SIGKILL)
    assert code == -9, errors
    before = {path.name: path.read_bytes() for path in kept.glob("*.pt")}
    assert "student.pt" in before and "student-fold-2.pt" not in before, "it was over before it was killed"
    resumed = refine_stored(tmp_path / "stored.npz", kept)
    assert kept.joinpath("student.pt").read_bytes() == before["student.pt"], (
        "what was trained is not repeated"
    )
    assert np.array_equal(resumed, refine_stored(tmp_path / "stored.npz", None))


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
