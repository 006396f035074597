"""An export is never written onto the images, among them, or into the project; and it says so before."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.errors import UserError
from core.exports.options import ExportRequest
from core.exports.registry import FORMATS
from core.images.npz import NpzSource
from core.project.project import Project
from core.tasks.export import ExportSpec, GroupRule, export, plan, read_inputs, target_problem
from tests.core.exported import labelled_project
from tests.core.tables import picture, request_for, table_of

FILES = ("csv", "npz", "report")
SUFFIX = {"csv": ".csv", "npz": ".npz", "report": ".html", "folders": ""}


def contents(*folders) -> dict[Path, bytes]:
    """Every file below these folders, links and what they hold."""
    return {path: path.read_bytes() for folder in folders for path in folder.rglob("*") if path.is_file()}


def refused(request, name, ctx) -> str:
    """Why this is not written; nothing is, not even for a moment."""
    with pytest.raises(UserError) as checked:
        FORMATS[name].check(request)
    with pytest.raises(UserError) as written:
        FORMATS[name].export(request, ctx)
    assert str(written.value) == str(checked.value)
    return str(written.value)


@pytest.fixture
def npz(tmp_path) -> Path:
    """An NPZ with its class names, somewhere else than where tests write."""
    (tmp_path / "data").mkdir()
    images = np.random.default_rng(0).integers(0, 255, (12, 28, 28), np.uint8)
    np.savez(tmp_path / "data" / "set.npz", train_images=images)
    (tmp_path / "data" / "set.json").write_text("the class names")
    return tmp_path / "data" / "set.npz"


def npz_request(npz: Path, out: Path) -> ExportRequest:
    source = NpzSource(npz)
    refs = [item.ref for item in source.scan()]
    return ExportRequest(table_of(refs, [0, 1] * 6), source, out)


@pytest.mark.parametrize("name", sorted(FORMATS))
@pytest.mark.parametrize("place", ["x", "discs/x", "discs/00.png"])
def test_that_nothing_is_written_among_the_images(folder, ctx, name, place):
    before = contents(folder)
    out = folder / place
    out = out if out.suffix else out.with_suffix(SUFFIX[name])
    assert "in the image folder. Choose another place" in refused(request_for(folder, out), name, ctx)
    assert contents(folder) == before


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_that_the_npz_of_the_images_is_never_replaced(npz, ctx, name):
    before = contents(npz.parent)
    for out in (npz, npz.parent / "." / ".." / "data" / "set.npz"):
        assert "belongs to the images" in refused(npz_request(npz, out), name, ctx)
    assert contents(npz.parent) == before


@pytest.mark.parametrize(("name", "out"), [("csv", "set.json"), ("npz", "set.other"), ("report", "set.json")])
def test_that_the_class_names_beside_the_npz_of_the_images_are_never_replaced(npz, ctx, name, out):
    assert "set.json belongs to the images" in refused(npz_request(npz, npz.parent / out), name, ctx)
    assert (npz.parent / "set.json").read_text() == "the class names"


def test_that_a_project_of_an_npz_exports_beside_it(npz, ctx):
    project = labelled_project(npz)
    result = export(ExportSpec(project, "npz", npz.parent / "set labelled.npz"), ctx)
    assert {path.name for path in result.paths} == {"set labelled.npz", "set labelled.json"}


@pytest.mark.parametrize("name", FILES)
def test_that_links_to_the_images_are_followed(folder, npz, tmp_path, ctx, name):
    (tmp_path / "link").symlink_to(folder / "discs", target_is_directory=True)
    inside = request_for(folder, tmp_path / "link" / f"x{SUFFIX[name]}")
    assert "in the image folder" in refused(inside, name, ctx)
    (tmp_path / "x").symlink_to(npz)
    assert "belongs to the images" in refused(npz_request(npz, tmp_path / "x"), name, ctx)
    (tmp_path / "alias.npz").symlink_to(npz)
    assert "belongs to the images" in refused(npz_request(tmp_path / "alias.npz", npz), name, ctx)


@pytest.mark.parametrize("name", FILES)
def test_that_a_link_among_the_images_is_not_replaced_wherever_it_leads(folder, tmp_path, ctx, name):
    (tmp_path / "elsewhere").write_text("")
    (folder / "x").symlink_to(tmp_path / "elsewhere")
    assert "in the image folder" in refused(request_for(folder, folder / "x"), name, ctx)


@pytest.mark.parametrize("name", FILES)
def test_that_a_picture_of_any_folder_is_not_replaced(folder, tmp_path, ctx, name):
    other = picture(tmp_path / "other" / "scan.PNG")
    (tmp_path / "l.csv").symlink_to(other)
    for out in (other, tmp_path / "l.csv"):
        assert "is an image. Choose another name" in refused(request_for(folder, out), name, ctx)


def test_that_the_disk_is_asked_whether_two_names_are_one_place(folder, tmp_path, ctx, monkeypatch):
    """Where upper case does not count, `IMAGES` is the image folder."""
    real = Path.samefile

    def careless(self, other):
        return real(Path(str(self).replace("IMAGES", "images")), other)

    monkeypatch.setattr(Path, "samefile", careless)
    assert "in the image folder" in refused(request_for(folder, tmp_path / "IMAGES" / "x.csv"), "csv", ctx)


def test_that_copies_go_neither_around_the_images_nor_into_the_project(folder, tmp_path, ctx):
    request = request_for(folder, folder.parent, project=tmp_path / "p.medlabel")
    assert "around the image folder" in refused(request, "folders", ctx)
    assert "folder of the project" in refused(
        replace(request, out=tmp_path / "p.medlabel" / "new"), "folders", ctx
    )


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_that_a_refused_export_leaves_the_project_as_it_was(folder, ctx, name):
    project = labelled_project(folder)
    for out in (project / "project.sqlite", project / "arrays" / "x.csv", folder / "x.csv"):
        spec = ExportSpec(project, name, out, groups=GroupRule(pattern="disc"))
        with pytest.raises(UserError, match=r"folder of the project|image folder") as caught:
            export(spec, ctx)
        planned = plan(spec, ctx)
        assert planned.problem == str(caught.value), "it is told before"
        assert target_problem(spec, read_inputs(project)) == planned.problem
    with Project.open(project) as opened:
        assert not opened.groups(), "groups are not kept either"


def test_that_an_npz_and_its_class_names_are_two_files_and_neither_is_a_folder(folder, tmp_path, ctx):
    assert "with the class names. End it" in refused(request_for(folder, tmp_path / "x.json"), "npz", ctx)
    (tmp_path / "y.json").mkdir()
    assert "y.json is a folder" in refused(request_for(folder, tmp_path / "y.npz"), "npz", ctx)


@pytest.mark.parametrize("name", FILES)
def test_that_the_root_of_the_disk_is_no_file(folder, ctx, name):
    assert "is a folder, not a file name" in refused(request_for(folder, Path("/")), name, ctx)
    labelled = labelled_project(folder)
    assert "is a folder" in plan(ExportSpec(labelled, name, Path("/")), ctx).problem


def test_that_the_place_of_images_that_are_not_at_hand_is_kept_free(npz, tmp_path, ctx):
    request = npz_request(npz, npz)
    npz.rename(tmp_path / "moved.npz")
    assert "belongs to the images" in refused(request, "csv", ctx)
    assert not npz.exists()


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="whoever runs this may look anywhere")
def test_that_a_place_that_cannot_be_looked_at_is_a_clear_error(folder, tmp_path, ctx):
    (tmp_path / "locked").mkdir(mode=0o000)
    labelled = labelled_project(folder)
    for name in FILES:
        with pytest.raises(UserError, match="cannot be written"):
            FORMATS[name].export(request_for(folder, tmp_path / "locked" / "x"), ctx)
        planned = plan(ExportSpec(labelled, name, tmp_path / "locked" / "x"), ctx)
        assert "read-only" in planned.problem and not planned.overwrites
