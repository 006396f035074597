import numpy as np
import pytest
from PIL import Image

from core.errors import ImagesGoneError, JobCancelled, UserError
from core.images.decode import decode_all
from core.jobs import JobContext
from core.project import database
from core.project.image_rows import MISSING, ImageFacts
from core.project.project import Project
from core.project.records import Status
from core.tasks import scan as scan_module
from core.tasks.scan import (
    ImagesFound,
    choose_slices,
    existing_project,
    moved_from,
    open_project,
    relink,
    scan,
    slices_of,
)


def test_that_a_folder_is_opened_as_the_same_project_again(folder, ctx):
    project = open_project(folder)
    assert scan(project, ctx).new == 24
    again = scan(open_project(folder), ctx)
    assert (again.images, again.new, again.changed, again.missing) == (24, 0, 0, 0)
    assert existing_project(folder) == project == open_project(project)


def test_that_new_changed_missing_and_returned_files_are_told_apart(folder, ctx):
    project = open_project(folder)
    scan(project, ctx)
    with Project.open(project) as opened:
        opened.images.set_facts([ImageFacts(row, b"x" * 32, 40, 40, True) for row in range(24)])
        opened.row_store("embeddings-x", (2,), np.float16).write(np.arange(24), np.ones((24, 2)))
    Image.new("L", (9, 9)).save(folder / "new.png")
    Image.new("L", (11, 11)).save(folder / "discs" / "00.png")
    hidden = (folder / "discs" / "05.png").rename(folder.parent / "05.png")
    found = scan(project, ctx)
    assert (found.images, found.new, found.changed, found.missing) == (25, 1, 1, 1)
    with Project.open(project) as opened:
        table = opened.table()
        rows = {ref.path: row for row, ref in enumerate(table.refs)}
        assert (
            table.error[rows["discs/05.png"]] == MISSING
            and table.status[rows["discs/05.png"]] == Status.ERROR
        )
        assert table.sha256[rows["discs/00.png"]] == b""
        done = opened.row_store("embeddings-x", (2,), np.float16).done
        assert not done[rows["discs/00.png"]] and done[rows["discs/01.png"]] and rows["new.png"] == 24
    hidden.rename(folder / "discs" / "05.png")
    assert scan(project, ctx).missing == 0
    with Project.open(project) as opened:
        assert opened.table().error[rows["discs/05.png"]] == ""


def test_that_a_scan_that_was_stopped_goes_on(folder, monkeypatch):
    monkeypatch.setattr(scan_module, "_BATCH", 5)
    ctx = JobContext()
    ctx._listener = lambda event: (
        ctx.cancel() if isinstance(event, ImagesFound) and event.images >= 10 else None
    )
    project = open_project(folder)
    with pytest.raises(JobCancelled):
        scan(project, ctx)
    with Project.open(project) as opened:
        assert opened.images.count() == 10
    found = scan(project, JobContext())
    assert (found.images, found.new) == (24, 14)
    with Project.open(project) as opened:
        assert len({ref.path for ref in opened.images.columns().refs}) == 24


def test_that_one_project_folder_is_not_used_for_two_sets_of_images(folder, tmp_path):
    project = open_project(folder, tmp_path / "one.medlabel")
    other = tmp_path / "other"
    other.mkdir()
    with pytest.raises(UserError, match="belongs to the images"):
        open_project(other, project)


def test_that_a_moved_folder_is_relinked_and_scanned(folder, tmp_path, ctx):
    project = open_project(folder)
    scan(project, ctx)
    moved = folder.rename(tmp_path / "moved")
    with pytest.raises(UserError, match="no longer at"):
        scan(project, ctx)
    relink(project, moved)
    assert scan(project, ctx).missing == 0


@pytest.mark.parametrize("name", ["nothing", "nothing.medlabel"])
def test_that_a_path_without_a_project_is_a_clear_error(tmp_path, name):
    with pytest.raises(UserError):
        existing_project(tmp_path / name)
    with pytest.raises(UserError):
        open_project(tmp_path / name)


def test_that_a_project_whose_making_was_interrupted_is_made_again(folder, tmp_path, ctx):
    half = tmp_path / "half.medlabel"
    half.mkdir()
    database.connect(half).close()
    assert scan(open_project(folder, half), ctx).images == 24


def test_that_relinked_images_resume_their_project_and_leave_the_old_place_free(folder, tmp_path, ctx):
    project = open_project(folder)
    scan(project, ctx)
    moved = folder.rename(tmp_path / "elsewhere")
    relink(project, moved)
    assert open_project(moved) == project == existing_project(moved)
    folder.mkdir()
    assert open_project(folder) not in (project, None)
    assert open_project(folder) == open_project(folder)


def test_that_a_moved_folder_is_recognised_by_its_files(folder, tmp_path, ctx):
    project = open_project(folder)
    scan(project, ctx)
    assert moved_from(folder) is None
    moved = folder.rename(tmp_path / "elsewhere")
    found = moved_from(moved)
    assert found is not None and (found.folder, found.source) == (project, folder.resolve())
    (tmp_path / "stranger").mkdir()
    assert moved_from(tmp_path / "stranger") is None
    for path in moved.rglob("*.*"):
        path.write_bytes(path.read_bytes() + b"x")
    assert moved_from(moved) is None


def test_that_a_drive_that_is_unplugged_during_a_scan_makes_no_image_missing_and_heals(folder, ctx):
    project = open_project(folder)
    scan(project, ctx)
    away = folder.parent / "away"
    unplugging = JobContext()
    unplugging._listener = lambda event: folder.rename(away) if folder.exists() else None
    with pytest.raises(ImagesGoneError, match="no longer at"):
        scan(project, unplugging)
    with pytest.raises(ImagesGoneError, match="Connect the drive"):
        scan(project, ctx)
    with Project.open(project) as opened:
        assert not opened.images.columns().missing.any()
    away.rename(folder)
    again = scan(project, ctx)
    assert (again.missing, again.changed) == (0, 0)


def test_that_a_file_that_changes_between_scan_and_read_has_the_facts_of_what_was_read_until_the_next(
    folder, ctx
):
    project = open_project(folder)
    scan(project, ctx)
    Image.new("L", (17, 13)).save(folder / "discs" / "00.png")
    (folder / "discs" / "01.png").unlink()
    with Project.open(project) as opened:
        refs = list(enumerate(opened.images.columns().refs))
        read = list(decode_all(opened.source(), refs, lambda pixels: None))
        opened.images.set_facts([ImageFacts.of(item) for item in read])
        table = opened.table()
        changed, gone = (
            next(row for row, ref in refs if ref.path == f"discs/{name}.png") for name in ("00", "01")
        )
        assert (table.width[changed], table.height[changed]) == (17, 13) and table.error[gone]
    found = scan(project, ctx)
    assert (found.changed, found.missing) == (1, 1)
    with Project.open(project) as opened:
        columns = opened.images.columns()
        assert columns.sha256[changed] == b"" and columns.error[gone] == MISSING


def test_that_other_slices_of_volumes_can_be_chosen_and_those_of_before_are_missing(tmp_path, ctx):
    volumes = np.arange(2 * 4 * 5 * 6).reshape(2, 4, 5, 6).astype(np.uint8)
    np.savez(tmp_path / "set.npz", train_images=volumes)
    project = open_project(tmp_path / "set.npz", slices="axial:every=2")
    assert scan(project, ctx).images == 4
    assert open_project(tmp_path / "set.npz") == project and slices_of(project).every == 2
    open_project(project, slices="coronal:middle")
    found = scan(project, ctx)
    assert (found.images, found.new, found.missing) == (6, 2, 4)
    choose_slices(project, "axial:every=2")
    found = scan(project, ctx)
    assert (found.images, found.new, found.missing) == (6, 0, 2)
    with pytest.raises(UserError, match="not a choice of slices"):
        open_project(tmp_path / "set.npz", slices="diagonal")


def test_that_volumes_of_unchanged_files_are_looked_into_again_when_other_slices_are_chosen(tmp_path, ctx):
    import nibabel

    (tmp_path / "scans").mkdir()
    nibabel.save(nibabel.Nifti1Image(np.zeros((4, 5, 6), np.int16), np.eye(4)), tmp_path / "scans" / "v.nii")
    project = open_project(tmp_path / "scans")
    assert scan(project, ctx).images == 6
    choose_slices(project, "coronal")
    for _ in range(2):
        found = scan(project, ctx)
        assert (found.images, found.missing) == (11, 6)
    choose_slices(project, "axial")
    assert scan(project, ctx).missing == 5
