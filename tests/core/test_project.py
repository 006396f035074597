import gc
import os
import sqlite3
import sys

import numpy as np
import pytest

from core.errors import UserError
from core.images.refs import ImageRef, ScannedImage
from core.project.arrays import RowStore, grown_memmap
from core.project.database import FILE_NAME, MIGRATIONS, is_on_network
from core.project.edits import Edit
from core.project.locations import default_project_folder
from core.project.project import Project
from core.project.records import Source, Status


def finish_run(project, kind, probabilities, parent=None, **keywords):
    run = project.runs.begin(kind, [1, 2], {}, parent)
    project.runs.finish(run, np.array(probabilities, np.float32), **keywords)
    return run


def test_that_the_persons_decision_beats_the_refinement_which_beats_stage_one(project):
    first = finish_run(project, "zero-shot", [[0.9, 0.1]] * 10)
    finish_run(project, "refinement", [[0.9, 0.1]] * 5 + [[0.2, 0.8]] * 5, first)
    project.execute(
        Edit("Correct", rows=np.array([9]), status=Status.CORRECTED, class_ids=np.array([1], np.int32)), "ann"
    )
    table = project.table()
    assert table.label.tolist() == [0] * 5 + [1] * 4 + [0]
    assert table.source[[0, 9]].tolist() == [Source.REFINEMENT, Source.HUMAN]
    assert table.zero_shot_label.tolist() == [0] * 10
    assert table.confidence[7] == pytest.approx(0.8)


def test_that_a_refinement_that_collapsed_leaves_stage_ones_labels(project):
    first = finish_run(project, "zero-shot", [[0.9, 0.1]] * 5 + [[0.3, 0.7]] * 5)
    finish_run(project, "refinement", [[0.9, 0.1]] * 10, first, delivers=False, note="collapsed")
    table = project.table()
    assert table.label.tolist() == [0] * 5 + [1] * 5
    assert set(table.source.tolist()) == {Source.ZERO_SHOT}
    assert table.refined_label.tolist() == [0] * 10


def test_that_labelling_again_retires_the_refinement_of_the_old_labels(project):
    first = finish_run(project, "zero-shot", [[0.9, 0.1]] * 10)
    finish_run(project, "refinement", [[0.1, 0.9]] * 10, first)
    finish_run(project, "imported", [[0.8, 0.2]] * 10)
    table = project.table()
    assert set(table.label.tolist()) == {0} and set(table.refined_label.tolist()) == {-1}
    assert set(table.source.tolist()) == {Source.IMPORTED}


def test_that_an_unfinished_run_counts_for_nothing(project):
    project.runs.begin("zero-shot", [1, 2], {})
    assert project.runs.stage_one() is None
    assert set(project.table().status.tolist()) == {Status.UNLABELLED}


def test_that_an_image_that_cannot_be_read_is_an_error_row_without_a_label(project):
    from core.project.image_rows import ImageFacts

    finish_run(project, "zero-shot", [[0.9, 0.1]] * 9 + [[np.nan, np.nan]])
    project.images.set_facts([ImageFacts(9, error="the picture is broken")])
    table = project.table()
    assert table.status[9] == Status.ERROR and table.label[9] == -1 and np.isnan(table.confidence[9])
    assert table.error[9] == "the picture is broken"


def test_that_probabilities_keep_their_precision(project):
    finish_run(project, "zero-shot", [[0.9998, 0.0002]] * 10)
    assert project.table().confidence[0] == np.float32(0.9998)


@pytest.mark.skipif(sys.platform != "linux", reason="file names are bytes on Linux only")
def test_that_a_file_name_that_is_not_utf8_keeps_its_bytes(project):
    name = os.fsdecode(b"caf\xe9.png")
    project.images.add([ScannedImage(ImageRef(name), 1, 1)], 10)
    ref = project.images.columns().refs[10]
    assert os.fsencode(ref.path) == b"caf\xe9.png" and ref.shown == "caf\\xe9.png"


def test_that_many_rows_are_written_in_transactions_of_a_few_thousand(project):
    begun = []
    project._connection.set_trace_callback(lambda statement: begun.append(statement == "BEGIN IMMEDIATE"))
    project.images.add([ScannedImage(ImageRef(f"{row}.png"), 1, 1) for row in range(10, 12_000)], 10)
    assert sum(begun) == 3
    project.images.set_missing(range(12_000), True)
    assert sum(begun) == 6
    project._connection.set_trace_callback(None)
    assert project.images.count() == 12_000
    assert project.images.columns().missing.all()


def test_that_refs_are_read_as_a_list_is_and_hold_no_objects_for_the_collector(project):
    project.images.add([ScannedImage(ImageRef("a.dcm", frame), 1, 1) for frame in range(3)], 10)
    before = sum(isinstance(found, ImageRef) for found in gc.get_objects())
    table = project.table()
    assert sum(isinstance(found, ImageRef) for found in gc.get_objects()) == before
    expected = [ImageRef(f"{row}.png") for row in range(10)] + [
        ImageRef("a.dcm", frame) for frame in range(3)
    ]
    assert list(table.refs) == expected and len(table.refs) == 13
    assert table.refs[np.int64(11)] == table.refs[-2] == ImageRef("a.dcm", 1)
    assert list(table.refs[9:12]) == expected[9:12] and ImageRef("3.png") in table.refs
    assert list(table.sha256[1:3]) == [b"", b""] and list(table.sha256) == [b""] * 13
    with pytest.raises(IndexError):
        table.refs[13]


def test_that_an_empty_project_has_an_empty_table(tmp_path, folder):
    with Project.create(tmp_path / "empty.medlabel", folder) as empty:
        table = empty.table()
        assert empty.images.count() == len(table) == len(table.failed) == 0 and list(table.refs) == []


def test_that_a_newer_project_is_refused_and_left_alone(project):
    project.close()
    with sqlite3.connect(project.folder / FILE_NAME) as database:
        database.execute(f"PRAGMA user_version={len(MIGRATIONS) + 1}")
    with pytest.raises(UserError, match="newer version"):
        Project.open(project.folder)


def test_that_a_damaged_database_is_a_clear_error(project):
    project.close()
    for file in project.folder.glob("project.sqlite-*"):
        file.unlink()
    (project.folder / FILE_NAME).write_bytes(b"not a database at all" * 100)
    with pytest.raises(UserError, match="cannot be opened"):
        Project.open(project.folder)


def test_that_a_folder_without_a_project_is_a_clear_error(tmp_path):
    with pytest.raises(UserError, match="no project"):
        Project.open(tmp_path)


def test_that_the_default_place_depends_on_the_whole_path(tmp_path, user_data):
    one, two = tmp_path / "a" / "images", tmp_path / "b" / "images"
    assert default_project_folder(one) != default_project_folder(two)
    assert default_project_folder(one) == default_project_folder(tmp_path / "b" / ".." / "a" / "images")
    assert default_project_folder(one).is_relative_to(user_data)


def test_that_a_moved_folder_can_be_relinked(project, folder, tmp_path):
    moved = folder.rename(tmp_path / "elsewhere")
    with pytest.raises(UserError, match="no longer at"):
        project.source()
    project.relink(moved)
    assert project.source().root == moved


def test_that_a_row_store_grows_and_keeps_what_was_done(tmp_path):
    store = RowStore(tmp_path / "s", 3, (4,), np.float16)
    store.write(np.array([1]), np.ones((1, 4)))
    grown = RowStore(tmp_path / "s", 100_000, (4,), np.float16)
    assert np.flatnonzero(grown.done).tolist() == [1]
    assert grown.values[1].tolist() == [1, 1, 1, 1] and not grown.values[99_999].any()
    assert np.load(tmp_path / "s" / "values.npy").shape == (100_000, 4)


def test_that_an_array_lengthened_without_its_header_is_still_valid(tmp_path):
    path = tmp_path / "values.npy"
    grown_memmap(path, 3, (2,), np.float32)[:] = 7
    with path.open("ab") as file:
        file.write(bytes(64))  # a crash between lengthening the file and writing the header
    assert np.load(path).tolist() == [[7, 7]] * 3
    again = grown_memmap(path, 5, (2,), np.float32)
    assert again.tolist() == [[7, 7]] * 3 + [[0, 0]] * 2


def test_that_changed_images_are_computed_again(project):
    store = project.row_store("embeddings-x", (2,), np.float16)
    store.write(np.arange(10), np.ones((10, 2)))
    project.forget_content(np.array([3, 4]))
    assert np.flatnonzero(~project.row_store("embeddings-x", (2,), np.float16).done).tolist() == [3, 4]


def test_that_a_local_disk_is_not_taken_for_a_network_share(tmp_path):
    assert not is_on_network(tmp_path)
