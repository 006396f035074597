"""Every task that writes says of a project for reading only why it cannot, before it begins."""

import importlib
import os
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

from core.errors import UserError
from core.project.arrays import RowStore, forget_rows
from core.project.project import Project
from core.tasks import label as label_task
from core.tasks import predict as predict_task
from core.tasks.duplicates import DuplicatesSpec, find_duplicates
from core.tasks.import_labels import ImportSpec, import_labels
from core.tasks.info import info
from core.tasks.label import ClassSpec, LabelSpec, label
from core.tasks.new_project import project_with_images
from core.tasks.patients import PatientsSpec, group_by_patient
from core.tasks.predict import PredictSpec, predict
from core.tasks.refine import RefineSpec, refine
from core.tasks.scan import choose_slices, open_project, relink, scan

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX")


@pytest.fixture
def read_only(folder, ctx):
    """A scanned project with duplicates looked for, in a folder where this process, no root now, writes nothing."""
    importlib.import_module("core.zeroshot.encoder")  # what the tasks import is root's
    importlib.import_module("core.refine.model_file")
    public = Path(tempfile.mkdtemp())
    shutil.copytree(folder, public / "images")
    place = open_project(public / "images", public / "p.medlabel")
    scan(place, ctx)
    find_duplicates(DuplicatesSpec(place), ctx)
    np.savetxt(public / "known.csv", [["file_name", "label"], ["discs/00.png", "a"]], "%s", ",")
    (public / "model").mkdir()
    everything = (public, *public.rglob("*"))
    for path in everything:
        path.chmod(0o555 if path.is_dir() else 0o444)
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield place
    finally:
        if root:
            os.seteuid(0)
        for path in everything:
            path.chmod(0o755)
        shutil.rmtree(public)


TASKS = {
    "scan": scan,
    "scan of a folder": lambda place, ctx: project_with_images(place.parent / "images", place, ctx),
    "label": lambda place, ctx: label(LabelSpec(place), ctx),
    "label by classes": lambda place, ctx: label(LabelSpec(place, (ClassSpec("a"), ClassSpec("b"))), ctx),
    "duplicates": lambda place, ctx: find_duplicates(DuplicatesSpec(place), ctx),
    "exact duplicates": lambda place, ctx: find_duplicates(DuplicatesSpec(place, near=False), ctx),
    "refine": lambda place, ctx: refine(RefineSpec(place, device="cpu"), ctx),
    "import labels": lambda place, ctx: import_labels(ImportSpec(place, place.parent / "known.csv"), ctx),
    "patients": lambda place, ctx: group_by_patient(PatientsSpec(place), ctx),
    "relink": lambda place, _: relink(place, place.parent / "model"),
    "slices": lambda place, _: choose_slices(place, "axial:every=2"),
}


@POSIX
@pytest.mark.parametrize("name", TASKS)
def test_that_a_task_on_a_read_only_project_says_why_it_cannot(read_only, ctx, monkeypatch, name):
    monkeypatch.setattr(label_task, "shared_encoder", lambda *_: pytest.fail("a model was loaded in vain"))
    with pytest.raises(UserError, match="can only be read: nothing can be written to"):
        TASKS[name](read_only, ctx)
    assert info(read_only).images == 24


@POSIX
def test_that_predict_on_a_read_only_project_says_why_it_cannot(read_only, ctx, monkeypatch):
    from core.refine import model_file

    monkeypatch.setattr(predict_task, "find_model", lambda path: path)
    monkeypatch.setattr(predict_task, "check_whole", lambda _: None)
    monkeypatch.setattr(model_file, "load_model", lambda _: (None, None))
    with pytest.raises(UserError, match="can only be read: nothing can be written to"):
        predict(PredictSpec(read_only.parent / "model", read_only, device="cpu"), ctx)


@POSIX
def test_that_changed_images_of_a_read_only_project_are_not_forgotten(read_only):
    with Project.open(read_only) as opened, pytest.raises(UserError, match="can only be read"):
        opened.forget_content(np.array([0]))
    forget_rows(read_only / "arrays", np.zeros(0, np.int64))
    with pytest.raises(UserError, match="cannot be written"):
        forget_rows(read_only / "arrays", np.array([0]))


def test_that_rows_are_forgotten_in_every_store(tmp_path):
    for name in "ab":
        RowStore(tmp_path / name, 3, (1,), np.uint8).write(np.arange(3), np.ones((3, 1), np.uint8))
    forget_rows(tmp_path, np.array([1, 9]))
    assert RowStore(tmp_path / "b", 3, (1,), np.uint8).done.tolist() == [True, False, True]
