"""Corners of the exports: places, names and files that cannot be used."""

import errno
from pathlib import Path

import numpy as np
import pytest

from core.errors import UserError
from core.exports import folders, target
from core.exports.atomic import replacing
from core.exports.groups import groups_from_csv
from core.exports.report.content import _truth_plots
from core.exports.report.facts import ReportFacts, StageQuality
from core.project.project import Project
from core.tasks.export import ExportSpec, export, plan
from tests.core.exported import labelled_project


def test_that_an_export_on_a_full_disk_says_so_and_keeps_the_older_file(tmp_path):
    older = tmp_path / "labels.csv"
    older.write_text("older")
    with pytest.raises(UserError, match="No space left on device"), replacing(older) as temporary:
        temporary.write_text("half")
        raise OSError(errno.ENOSPC, "No space left on device")  # a full disk needs a disk of one's own
    assert older.read_text() == "older" and list(tmp_path.iterdir()) == [older]


def test_that_copies_replace_an_empty_folder(folder, tmp_path, ctx):
    (tmp_path / "out").mkdir()
    assert export(ExportSpec(labelled_project(folder), "folders", tmp_path / "out"), ctx).rows == 22
    assert len(list((tmp_path / "out").rglob("*.png"))) == 22


def test_that_an_image_of_an_npz_that_cannot_be_read_any_more_is_left_out(tmp_path, ctx):
    images = np.random.default_rng(0).integers(0, 255, (12, 28, 28), np.uint8)
    np.savez(tmp_path / "set.npz", train_images=images)
    project = labelled_project(tmp_path / "set.npz")
    np.savez(tmp_path / "set.npz", train_images=images[:11])
    found = export(ExportSpec(project, "folders", tmp_path / "out"), ctx)
    assert found.rows == 9 and sum(found.skipped.values()) == 1


def test_that_names_that_are_too_long_for_a_disk_are_made_short():
    taken: set[str] = set()
    path = f"{'a' * 300}/{'b' * 300}.{'c' * 300}"
    name = folders._free_name(path, "disc", taken)
    assert len(name) <= 255 and len(taken) == 1


def test_that_a_table_of_groups_with_a_cell_without_end_is_a_clear_error(tmp_path):
    table = tmp_path / "groups.csv"
    table.write_text("file_name,patient\na.png," + "x" * 200_000)
    with pytest.raises(UserError, match="cannot be read as CSV"):
        groups_from_csv(table, "patient")


def test_that_a_folder_that_is_not_there_is_told_before(folder, tmp_path, ctx):
    spec = ExportSpec(labelled_project(folder), "csv", tmp_path / "nowhere" / "l.csv")
    assert "There is no folder" in plan(spec, ctx).problem


def test_that_places_that_cannot_be_looked_at_are_taken_for_empty(tmp_path):
    assert not target._is_folder(Path("x" * 5000)) and not target._is_empty_folder(tmp_path / "nowhere")


def test_that_a_stage_without_known_labels_has_no_plot(folder):
    with Project.open(labelled_project(folder)) as project:
        table = project.table()
    facts = ReportFacts(
        stages=(StageQuality("refined", 0, np.nan, np.nan, ()),), stage_names={"refined": "2"}
    )
    assert _truth_plots(table, np.arange(3), facts) == ()


def test_that_a_folder_that_may_not_be_written_to_is_told_whoever_runs_this(
    folder, tmp_path, ctx, monkeypatch
):
    spec = ExportSpec(labelled_project(folder), "csv", tmp_path / "l.csv")
    monkeypatch.setattr("core.exports.plan.os.access", lambda *_, **named: bool(named))
    assert "is read-only" in plan(spec, ctx).problem


def test_that_a_disk_that_does_not_tell_its_space_is_taken_for_large_enough(
    folder, tmp_path, ctx, monkeypatch
):
    def fail(_):
        raise OSError("not supported")

    monkeypatch.setattr("core.exports.plan.shutil.disk_usage", fail)
    notes = plan(ExportSpec(labelled_project(folder), "csv", tmp_path / "l.csv"), ctx).notes
    assert not any("are free there" in note for note in notes)


def test_that_a_table_whose_header_has_a_cell_without_end_is_a_clear_error(tmp_path):
    (tmp_path / "labels.csv").write_text("x" * 200_000 + ",label\na.png,b\n")
    with pytest.raises(UserError, match="cannot be read as CSV"):
        groups_from_csv(tmp_path / "labels.csv", "label")
