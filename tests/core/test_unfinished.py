"""What is told of a labelling that was stopped."""

import json

import numpy as np
import pytest
from PIL import Image

from core.cli.app import run
from core.errors import JobCancelled
from core.jobs import JobContext
from core.project.image_rows import ImageFacts
from core.project.project import Project
from core.tasks.events import RowsLabelled
from core.tasks.info import UnfinishedPass, info
from core.tasks.label import ClassSpec, LabelSpec, label
from core.tasks.scan import open_project, scan


@pytest.fixture
def project(tmp_path, ctx):
    root = tmp_path / "pictures of knees"
    root.mkdir()
    for number in range(6):
        Image.new("L", (16, 16), 40 * number).save(root / f"{number}.png")
    place = open_project(root, tmp_path / "the knees.medlabel")
    scan(place, ctx)
    return place


def test_that_a_stopped_labelling_is_told_until_it_is_finished(project, monkeypatch, capsys):
    monkeypatch.setattr("core.tasks.label._TRIAL", 4)
    stopping = JobContext()
    stopping._listener = lambda event: stopping.cancel() if isinstance(event, RowsLabelled) else None
    spec = LabelSpec(project, (ClassSpec("a"), ClassSpec("b")), device="cpu")
    with pytest.raises(JobCancelled):
        label(spec, stopping)
    assert info(project).unfinished == UnfinishedPass(4, 6, "starter")
    assert run(["info", str(project)]) == 0
    told = capsys.readouterr().out
    assert "Unfinished 4 of 6 images went through starter" in told
    assert f"To go on: medlabel label '{project}' --model starter" in told
    label(spec, JobContext())
    assert info(project).unfinished is None
    assert run(["info", str(project)]) == 0 and "Unfinished" not in capsys.readouterr().out


def keep_rows(project, name, rows, about=None):
    with Project.open(project) as opened:
        opened.row_store(name, (2,), np.float32, about).write(np.array(rows), np.zeros((len(rows), 2)))


def test_that_images_that_cannot_be_read_are_not_waited_for(project, ctx):
    keep_rows(project, "embeddings-x", [0, 1, 2], {"model": "openai/ViT-B-32"})
    with Project.open(project) as opened:
        opened.images.set_facts([ImageFacts(5, error="damaged")])
    assert info(project).unfinished == UnfinishedPass(3, 5, "openai/ViT-B-32")
    keep_rows(project, "embeddings-x", [3, 4])
    assert info(project).unfinished is None


def test_that_images_that_came_later_are_waited_for_and_those_gone_are_not(project, tmp_path, ctx):
    keep_rows(project, "embeddings-x", range(6), {"model": "starter"})
    assert info(project).unfinished is None
    root = tmp_path / "pictures of knees"
    Image.new("L", (16, 16), 77).save(root / "new.png")
    (root / "0.png").unlink()
    scan(project, ctx)
    assert info(project).unfinished == UnfinishedPass(5, 6, "starter")


def test_that_a_saved_models_pass_is_told_as_one(project, capsys):
    keep_rows(project, "predictions-x", [0], {"network": "small"})
    assert run(["info", str(project)]) == 0
    told = capsys.readouterr().out
    assert "Unfinished 1 of 6 images went through a saved model" in told
    assert f"medlabel predict MODEL '{project}'" in told
    assert run(["info", str(project), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["unfinished"] == {"done": 1, "images": 6, "model": ""}


@pytest.mark.parametrize("damage", ["about.json", "done.npy"])
def test_that_a_damaged_store_does_not_hide_the_project(project, damage):
    keep_rows(project, "embeddings-x", [0], {"model": "starter"})
    with Project.open(project) as opened:
        (opened.arrays / "embeddings-x" / damage).write_bytes(b"{")
    wanted = UnfinishedPass(1, 6, "") if damage == "about.json" else None
    assert info(project).unfinished == wanted
