"""Looking ahead says what an export then does, and changes nothing."""

import csv
import os
import shutil

import numpy as np
import pytest

from core.errors import JobCancelled, UserError
from core.jobs import JobContext
from core.project.duplicates import save_duplicates
from core.project.project import Project
from core.project.records import Status
from core.tasks.export import FORMATS, ExportSpec, GroupRule, export, look, plan, preview, read_inputs
from tests.core.exported import labelled_project
from tests.core.tables import picture

OUT = {"csv": "l.csv", "npz": "l.npz", "folders": "sorted", "report": "r.html"}


@pytest.fixture
def labelled(folder):
    (folder / "discs" / "broken.png").write_bytes(b"no picture")
    return labelled_project(folder)


@pytest.mark.parametrize("format", sorted(FORMATS))
def test_that_a_plan_counts_what_is_then_written(labelled, tmp_path, ctx, format):
    spec = ExportSpec(labelled, format, tmp_path / OUT[format])
    planned = plan(spec, ctx)
    assert not list(tmp_path.glob("l.*")) and not (tmp_path / "sorted").exists(), "nothing is written"
    written = export(spec, ctx)
    assert (planned.images, planned.splits) == (written.rows, written.splits)
    assert planned.images + sum(planned.left_out.values()) == 25
    assert not planned.problem and planned.bytes > 0
    expected = sum(path.stat().st_size for path in tmp_path.glob("l.*")) or 0
    if format == "csv":
        assert planned.bytes == pytest.approx(expected, rel=0.1)
    if format == "folders":
        copies = (tmp_path / "sorted").rglob("*.png")
        assert planned.bytes == sum(path.stat().st_size for path in copies)
    if format == "npz":
        assert planned.bytes >= 24 * 40 * 40 * 0.9


def test_that_a_plan_says_what_is_left_out_and_why(labelled, tmp_path, ctx):
    planned = plan(ExportSpec(labelled, "npz", tmp_path / "l.npz"), ctx)
    assert planned.left_out == {"unsure": 1, "excluded": 1, "error": 1} and planned.images == 22
    assert (planned.side, planned.resize, planned.grey) == ((40, 40), "as they are", True)
    named = frozenset({Status.ACCEPTED, Status.ERROR})
    planned = plan(ExportSpec(labelled, "npz", tmp_path / "l.npz", statuses=named), ctx)
    assert planned.images == 1 and planned.left_out["without a label"] == 1
    planned = plan(ExportSpec(labelled, "npz", tmp_path / "l.npz", size=28, fit="crop", grey=False), ctx)
    assert planned.side == (28, 28) and "centre square" in planned.resize and planned.grey is False


def test_that_an_accepted_image_that_is_gone_is_left_out(labelled, folder, tmp_path, ctx):
    with Project.open(labelled) as project:
        project.images.set_missing([0], True)
    planned = plan(ExportSpec(labelled, "folders", tmp_path / "sorted"), ctx)
    assert planned.left_out["images that can no longer be read"] == 1


def test_that_classes_are_counted_a_split(labelled, tmp_path, ctx):
    planned = plan(ExportSpec(labelled, "csv", tmp_path / "l.csv"), ctx)
    assert [one.name for one in planned.classes] == ["disc", "stripes"]
    assert np.sum([one.splits for one in planned.classes], axis=0).tolist() == list(planned.splits.values())
    undivided = plan(ExportSpec(labelled, "csv", tmp_path / "l.csv", split=False), ctx)
    assert undivided.splits == {} and undivided.classes[0].splits == ()
    assert [a.images for a in undivided.classes] == [b.images for b in planned.classes]


def test_that_the_preview_of_a_csv_is_its_beginning(labelled, tmp_path, ctx):
    spec = ExportSpec(labelled, "csv", tmp_path / "l.csv", seed=5)
    shown = preview(spec, ctx, 7)
    export(spec, ctx)
    with (tmp_path / "l.csv").open(newline="") as file:
        lines = list(csv.reader(file))
    assert [list(shown.header), *map(list, shown.rows)] == lines[:8]


def test_that_the_preview_of_an_npz_is_the_beginning_of_its_arrays(labelled, tmp_path, ctx):
    spec = ExportSpec(labelled, "npz", tmp_path / "l.npz", ratios=(0.5, 0.25, 0.25))
    shown = preview(spec, ctx, 100)
    export(spec, ctx)
    with np.load(tmp_path / "l.npz") as arrays:
        for array, index, name, _, label, confidence in shown.rows:
            split = array.partition("_")[0]
            assert arrays[f"{split}_ids"][int(index)] == name
            assert arrays[f"{split}_labels"][int(index), 0] == int(label)
            sure = arrays[f"{split}_confidence"][int(index)]
            assert sure == pytest.approx(float(confidence or "nan"), abs=1e-6, nan_ok=True)
    assert len(shown.rows) == 22 and 0 < sum(row[5] == "" for row in shown.rows) < 22


def test_that_the_preview_of_class_folders_names_the_copies(labelled, folder, tmp_path, ctx):
    spec = ExportSpec(labelled, "folders", tmp_path / "sorted")
    shown = preview(spec, ctx, 100)
    export(spec, ctx)
    assert len(shown.rows) == 22
    for original, copy in shown.rows:
        assert (tmp_path / "sorted" / copy).read_bytes() == (folder / original).read_bytes()


def test_that_looking_with_groups_keeps_nothing_and_exporting_does(labelled, tmp_path, ctx):
    rule = GroupRule(pattern=r"^(\w)\w+/")
    spec = ExportSpec(labelled, "csv", tmp_path / "l.csv", groups=rule)
    planned = plan(spec, ctx)
    assert planned.groups == 2 and planned.ungrouped == 0
    assert planned.group_examples[0] == ("discs/00.png", "d")
    with Project.open(labelled) as project:
        assert not project.groups()
    export(spec, ctx)
    assert plan(ExportSpec(labelled, "csv", tmp_path / "m.csv"), ctx).groups == 2
    export(ExportSpec(labelled, "csv", tmp_path / "n.csv", groups=GroupRule()), ctx)
    assert plan(ExportSpec(labelled, "csv", tmp_path / "m.csv"), ctx).groups == 0, (
        "an empty rule forgets them"
    )


def test_that_inputs_spare_reading_the_project_again(labelled, tmp_path, ctx):
    inputs = read_inputs(labelled)
    shutil.rmtree(labelled)
    found = look(ExportSpec(labelled, "csv", tmp_path / "l.csv"), ctx, 3, inputs)
    assert found.plan.images == 25 and len(found.preview.rows) == 3 and found.inputs is inputs


def test_that_what_would_be_replaced_is_told(labelled, tmp_path, ctx):
    for name in ("l.csv", "l.npz", "l.json"):
        (tmp_path / name).write_text("older")
    assert plan(ExportSpec(labelled, "csv", tmp_path / "l.csv"), ctx).overwrites == (tmp_path / "l.csv",)
    planned = plan(ExportSpec(labelled, "npz", tmp_path / "l.npz"), ctx)
    assert planned.overwrites == (tmp_path / "l.npz", tmp_path / "l.json") and not planned.problem


def test_that_a_target_that_cannot_be_written_is_told(labelled, folder, tmp_path, ctx):
    def problem(format, out):
        return plan(ExportSpec(labelled, format, out), ctx).problem

    assert "There is no folder" in problem("csv", tmp_path / "nowhere" / "l.csv")
    assert "is a folder" in problem("report", tmp_path)
    picture(tmp_path / "mine" / "a.png")
    assert "holds something" in problem("folders", tmp_path / "mine")
    assert "in the image folder" in problem("folders", folder / "sorted")
    assert "End it in .npz" in problem("npz", tmp_path / "l.json")
    (tmp_path / "file").write_text("")
    assert "There is no folder" in problem("csv", tmp_path / "file" / "l.csv")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="whoever runs this may write anywhere")
def test_that_a_read_only_folder_is_told(labelled, tmp_path, ctx):
    (tmp_path / "locked").mkdir(mode=0o500)
    assert "read-only" in plan(ExportSpec(labelled, "csv", tmp_path / "locked" / "l.csv"), ctx).problem


def test_that_images_that_are_not_at_hand_are_told_where_they_are_needed(labelled, folder, tmp_path, ctx):
    folder.rename(tmp_path / "moved")
    assert "no longer at" in plan(ExportSpec(labelled, "npz", tmp_path / "l.npz"), ctx).problem
    assert not plan(ExportSpec(labelled, "csv", tmp_path / "l.csv"), ctx).problem
    found = look(ExportSpec(labelled, "report", tmp_path / "r.html"), ctx)
    assert ("Examples", "none: the images are not at hand") in found.preview.rows
    written = export(ExportSpec(labelled, "report", tmp_path / "r.html"), ctx)
    assert written.rows == found.plan.images == 25 and found.plan.bytes < 200_000


def test_that_a_disk_that_is_too_small_and_empty_classes_are_noted(labelled, tmp_path, ctx, monkeypatch):
    free = shutil.disk_usage(tmp_path)._replace(free=10)
    monkeypatch.setattr("core.exports.plan.shutil.disk_usage", lambda path: free)
    only = frozenset({Status.ACCEPTED})
    notes = plan(ExportSpec(labelled, "csv", tmp_path / "l.csv", statuses=only), ctx).notes
    assert "are free there" in notes[0] and notes[1] == "No image of stripes."


def test_that_options_without_sense_and_nothing_to_write_are_clear_errors(labelled, tmp_path, ctx):
    for wrong in ({"format": "xml"}, {"fit": "squeeze"}, {"groups": GroupRule(pattern="(")}):
        spec = ExportSpec(**{"project": labelled, "format": "npz", "out": tmp_path / "l.npz", **wrong})
        with pytest.raises(UserError):
            plan(spec, ctx)
    with pytest.raises(UserError, match="no image with a label"):
        plan(ExportSpec(labelled, "npz", tmp_path / "l.npz", statuses=frozenset({Status.ERROR})), ctx)


def test_that_looking_ahead_can_be_cancelled(labelled, tmp_path):
    ctx = JobContext()
    ctx.cancel()
    with pytest.raises(JobCancelled):
        plan(ExportSpec(labelled, "csv", tmp_path / "l.csv"), ctx)


def test_that_a_plan_of_images_of_an_npz_works(tmp_path, ctx):
    images = np.random.default_rng(0).integers(0, 255, (12, 28, 28), np.uint8)
    np.savez(tmp_path / "set.npz", train_images=images)
    project = labelled_project(tmp_path / "set.npz")
    planned = plan(ExportSpec(project, "npz", tmp_path / "out.npz"), ctx)
    assert planned.images == 10 and planned.side == (28, 28)


def test_that_a_picture_in_two_folders_stays_in_one_part(folder, tmp_path, ctx):
    for name in ("discs", "stripes"):
        picture(folder / name / "same.png", value=33)
    project = labelled_project(folder)
    shown = preview(ExportSpec(project, "csv", tmp_path / "l.csv"), ctx, 100)
    split = shown.header.index("split")
    assert len({row[split] for row in shown.rows if row[0].endswith("same.png")}) == 1


def test_that_images_that_look_the_same_are_told_to_stay_in_one_split(labelled, tmp_path, ctx):
    with Project.open(labelled) as project:
        groups = np.full(project.images.count(), -1, np.int32)
        groups[8:12] = 8
        save_duplicates(project.arrays, groups)
    planned = plan(ExportSpec(labelled, "npz", tmp_path / "l.npz"), ctx)
    assert any("look the same stay in one split (1 groups)" in note for note in planned.notes), planned
