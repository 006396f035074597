"""A slice that arrives later stands among its series, while rows keep their numbers."""

import csv

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import JobCancelled
from core.exports.csv_file import export_csv
from core.exports.options import ExportRequest
from core.images.folder import FolderSource
from core.images.formats import dicom
from core.jobs import JobContext
from core.project import scan_order
from core.project.project import Project
from core.project.queries import Query, select
from core.project.scan_order import placed, read_positions, save_positions
from core.project.sorting import Sort
from core.tasks import scan as scan_module
from core.tasks.scan import ImagesFound, open_project, scan
from tests.core.dicom_files import encoded, image
from tests.core.tables import picture, table_of

PIXELS = np.arange(64, dtype=np.uint16).reshape(8, 8)


@pytest.fixture
def series(tmp_path):
    """Five slices, 2 mm apart, whose names say nothing of their order."""
    folder = tmp_path / "images"
    for z, name in zip(range(0, 10, 2), "ecabd", strict=True):
        put(folder, name, z)
    return folder


def put(folder, name, z, **elements):
    dataset = image(PIXELS + z, SeriesInstanceUID="1.2.3", SeriesNumber=1, **elements)
    dataset.ImageOrientationPatient, dataset.ImagePositionPatient = [1, 0, 0, 0, 1, 0], [0, 0, z]
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.dcm").write_bytes(encoded(dataset))


def shown(project, **query) -> str:
    with Project.open(project) as opened:
        table = opened.table()
    return "".join(table.refs[row].path[-5] for row in select(table, Query(**query)).rows)


def rows(project) -> str:
    with Project.open(project) as opened:
        return "".join(ref.path[-5] for ref in opened.images.columns().refs)


def test_that_a_slice_that_comes_later_stands_among_its_series_and_no_row_is_renumbered(series, ctx):
    project = open_project(series)
    scan(project, ctx)
    assert shown(project) == rows(project) == "ecabd"
    put(series, "z", 3)
    scan(project, ctx)
    assert rows(project) == "ecabdz" and shown(project) == "eczabd"
    assert shown(project, sort=Sort.FOUND, descending=True) == "dbazce"
    scan(project, ctx)
    assert shown(project) == "eczabd", "also when nothing is new"
    put(series, "f", 5)
    scan(project, ctx)
    assert rows(project) == "ecabdzf" and shown(project) == "eczafbd"


def test_that_images_elsewhere_leave_a_series_in_its_order_without_opening_it_again(series, ctx, monkeypatch):
    project = open_project(series)
    scan(project, ctx)
    put(series, "z", 3)
    scan(project, ctx)
    picture(series / "y.png")
    picture(series / "below" / "x.png")
    monkeypatch.setattr(dicom, "survey", lambda *_: pytest.fail("a known slice was opened"))
    scan(project, ctx)
    assert shown(project) == "yeczabdx"


def test_that_a_slice_that_is_gone_keeps_its_place_and_has_it_when_it_is_back(series, ctx):
    project = open_project(series)
    scan(project, ctx)
    put(series, "z", 3)
    (series / "c.dcm").rename(series.parent / "c.dcm")
    scan(project, ctx)
    assert shown(project) == "eczabd"
    (series.parent / "c.dcm").rename(series / "c.dcm")
    scan(project, ctx)
    assert shown(project) == "eczabd"


def test_that_a_slice_which_cannot_be_read_has_the_series_not_opened_at_each_scan(series, ctx, monkeypatch):
    project = open_project(series)
    scan(project, ctx)
    with Project.open(project) as opened:
        opened._connection.execute("UPDATE images SET error='the picture is broken' WHERE id=1")
    looked, survey = [], dicom.survey
    monkeypatch.setattr(dicom, "survey", lambda file, *rest: looked.append(file.name) or survey(file, *rest))
    scan(project, ctx)
    assert looked == ["c.dcm"] and shown(project) == "ecabd"


def test_that_a_scan_that_was_stopped_after_a_new_slice_leaves_it_to_be_placed_by_the_next(
    series, ctx, monkeypatch
):
    project = open_project(series)
    scan(project, ctx)
    put(series, "z", 3)
    with monkeypatch.context() as patch:
        patch.setattr(scan_module, "_BATCH", 1)
        stopped = JobContext()
        stopped._listener = lambda event: (
            stopped.cancel() if isinstance(event, ImagesFound) and event.images == 6 else None
        )
        with pytest.raises(JobCancelled):
            scan(project, stopped)
    assert shown(project) == "ecabdz"
    scan(project, ctx)
    assert rows(project) == "ecabdz" and shown(project) == "eczabd"


def test_that_ties_and_exports_come_in_the_order_of_the_scan(tmp_path, ctx):
    table = table_of(["a.png", "b.png", "c.png"], [1, 0, 1], position=np.array([2, 1, 0], np.int32))
    assert select(table, Query(sort=Sort.CLASS)).rows.tolist() == [1, 2, 0]
    assert select(table, Query(by_class=True)).rows.tolist() == [1, 2, 0]
    export_csv(ExportRequest(table, FolderSource(tmp_path / "gone"), tmp_path / "x.csv"), ctx)
    with (tmp_path / "x.csv").open(newline="") as file:
        assert [row["file_name"] for row in csv.DictReader(file)] == ["c.png", "b.png", "a.png"]


def test_that_an_order_is_kept_once_and_a_damaged_one_is_none(tmp_path, monkeypatch):
    assert read_positions(tmp_path, 3) is None
    save_positions(tmp_path, np.array([0, 2, 1], np.int32))
    assert read_positions(tmp_path, 5).tolist() == [0, 2, 1, 3, 4]
    assert read_positions(tmp_path, 2).tolist() == [0, 1]
    monkeypatch.setattr(scan_order, "save_array", lambda *_: pytest.fail("written again"))
    save_positions(tmp_path, np.array([0, 2, 1], np.int32))
    file = tmp_path / "order" / "position.npy"
    for damage in (np.zeros((2, 2), np.int32), np.zeros(2), np.array([None])):
        np.save(file, damage)
        assert read_positions(tmp_path, 3) is None
    file.write_bytes(b"")
    assert read_positions(tmp_path, 3) is None


@settings(deadline=None)
@given(st.permutations(range(9)), st.integers(0, 9), st.permutations(range(9)))
def test_that_found_images_are_in_order_and_others_follow_whatever_stood_before_them(found, m, before):
    kept = np.array(before, np.int32)
    order = np.argsort(placed(np.array(found[:m], np.int64), kept, 9)).tolist()
    assert [row for row in order if row in found[:m]] == list(found[:m])
    old = np.argsort(kept).tolist()
    for row in found[m:]:
        stood = old.index(row)
        assert order.index(row) == 0 if not stood else order[order.index(row) - 1] == old[stood - 1]
