"""NPZ files that cannot be opened say why in plain words, before anything is made of them."""

import io
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest

from core.errors import UserError
from core.images import npz_headers, zip_index
from core.images.npz import NpzSource
from core.images.pixels import ImageUnreadable
from core.images.refs import ImageRef
from core.images.slices import PLANE, SliceChoice
from core.project.edits import Edit
from core.project.known import known_projects
from core.project.project import Project
from core.project.records import ImageClass
from core.tasks.import_labels import ImportSpec, import_labels
from core.tasks.scan import open_project, scan

IMAGES = np.zeros((3, 8, 8), np.uint8)
JARGON = ("pickle", "allow_", "traceback", "zipfile", "zlib")


class Bomb:
    """Tells when it is unpickled."""

    def __reduce__(self):
        return (pytest.fail, ("it was unpickled",))


def saved(path, **arrays):
    np.savez(path, **arrays)
    return path


def refusal(path) -> str:
    """What opening says; nothing may be made of the file."""
    with pytest.raises(UserError) as caught:
        open_project(path)
    assert not list(known_projects()) and not any(word in str(caught.value).casefold() for word in JARGON)
    assert caught.value.message.startswith(path.name) or str(path) in caught.value.message
    return str(caught.value)


@pytest.mark.parametrize(
    ("arrays", "why"),
    [
        (
            {"images": IMAGES, "y": IMAGES},
            "holds no train_images, val_images or test_images (it holds images, y)",
        ),
        ({}, "it holds nothing"),
        ({"train_images": IMAGES.astype(np.float32)}, "type float32, not whole numbers from 0 to 255"),
        (
            {"train_images": IMAGES, "test_images": IMAGES.astype(np.int64)},
            "test_images holds values of the type int64",
        ),
        ({"train_images": np.array(["a", "b", "c"])}, "train_images is 3. Expected is n x height x width"),
        ({"train_images": np.uint8(3)}, "train_images is a single number"),
        ({"train_images": np.zeros((2, 28, 28, 28), np.float64)}, "values of the type float64"),
        ({"train_images": np.zeros((2, 9, 8, 7, 2), np.uint8)}, "volumes with 2 channels"),
        ({"train_images": np.zeros((2, 0, 8), np.uint8)}, "there is nothing in its images"),
        ({"train_images": np.zeros((1, 5, 5, 1_000_000), np.uint8)}, "its volumes are too large"),
        ({"train_images": np.zeros((2, 3, 8, 8), np.uint8)}, "the colours stand before the pixels"),
        ({"train_images": np.zeros((2, 8, 8, 4), np.uint8)}, "has 4 channels"),
        ({"train_images": np.array([{"a": 1}], object)}, "holds Python objects, which are never loaded"),
    ],
)
def test_that_arrays_that_are_no_images_are_refused_before_a_project_is_made(tmp_path, arrays, why):
    assert why in refusal(saved(tmp_path / "set.npz", **arrays))


def test_that_python_objects_are_never_unpickled(tmp_path):
    path = saved(
        tmp_path / "set.npz", train_images=np.array([Bomb()], object), train_labels=np.array([Bomb()], object)
    )
    assert "never loaded" in refusal(path)
    for use in (lambda: list(NpzSource(path).scan()), NpzSource(path).labels):
        with pytest.raises(UserError, match="never loaded"):
            use()
    path.write_bytes(pickle.dumps(Bomb()))
    assert "is not an NPZ file" in refusal(path)


def npy(array) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "is empty"),
        (b"GIF89a, say", "is not an NPZ file, whatever its name says"),
        (b"PK nonsense", "cut off or damaged"),
        (npy(IMAGES), "a single array (NPY)"),
    ],
)
def test_that_a_file_that_is_no_archive_says_what_it_is(tmp_path, data, why):
    (tmp_path / "set.npz").write_bytes(data)
    assert why in refusal(tmp_path / "set.npz")


@pytest.mark.parametrize("share", [0.02, 0.5, 0.99])
@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_that_a_file_that_was_cut_off_is_told(tmp_path, save, share):
    path = tmp_path / "set.npz"
    save(path, train_images=np.random.default_rng(0).integers(0, 255, (50, 9, 9), np.uint8))
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    assert "cut off or damaged" in refusal(path)


@pytest.mark.parametrize(
    "member",
    [
        b"",
        b"not an array",
        npy(IMAGES)[:-5],
        npy(IMAGES) + b"x",
        npy(IMAGES)[:40],
        b"\x93NUMPY\x01\x00\x02\x00((",
        npy(IMAGES).replace(b"(3, 8", b"(9, 8"),
    ],
)
def test_that_a_member_that_is_damaged_is_told(tmp_path, member):
    with zipfile.ZipFile(tmp_path / "set.npz", "w") as archive:
        archive.writestr("train_images.npy", member)
    assert "cut off or damaged" in refusal(tmp_path / "set.npz")


def test_that_pixels_that_were_damaged_are_told_when_they_are_read(tmp_path, ctx):
    path = saved(tmp_path / "set.npz", train_images=np.full((3, 8, 8), 77, np.uint8))
    path.write_bytes(path.read_bytes().replace(bytes([77]) * 9, b"damaged!!", 1))
    with pytest.raises(UserError, match="cut off or damaged"):
        scan(open_project(path), ctx)


def test_that_a_file_with_a_password_is_told(tmp_path):
    path = saved(tmp_path / "set.npz", train_images=IMAGES)
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    data[6] |= 1
    path.write_bytes(data)
    assert "password" in refusal(path)


def test_that_a_file_that_nobody_may_read_is_told(tmp_path, monkeypatch):
    path = saved(tmp_path / "set.npz", train_images=IMAGES)

    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(zipfile, "ZipFile", refuse)
    assert "cannot be opened: Permission denied" in refusal(path)


@pytest.mark.parametrize(
    ("error", "why"), [(MemoryError, "too large"), (NotImplementedError, "packed in a way")]
)
def test_that_what_this_computer_cannot_do_is_told(tmp_path, monkeypatch, ctx, error, why):
    path = saved(tmp_path / "set.npz", train_images=IMAGES)
    project = open_project(path)

    load = np.load

    def refuse(file, *options, **named):
        if Path(file) == path:
            raise error
        return load(file, *options, **named)

    monkeypatch.setattr(np, "load", refuse)
    with pytest.raises(UserError, match=why):
        scan(project, ctx)


def test_that_checking_loads_no_array(tmp_path, monkeypatch):
    path = saved(tmp_path / "set.npz", train_images=IMAGES, test_images=np.zeros((2, 8, 8, 3), np.uint8))
    monkeypatch.setattr(np, "load", lambda *_, **__: pytest.fail("an array was loaded"))
    NpzSource(path).check()


@pytest.mark.parametrize(
    ("labels", "why"),
    [
        (np.zeros((3, 14), np.uint8), "14 labels for each image"),
        (np.zeros((3, 2, 2), np.uint8), "train_labels is 3 x 2 x 2"),
        (np.array(["a", "b", "c"]), "not a number for each image"),
        (np.array([0, 0.5, 1]), "not whole numbers"),
        (np.array([0, np.inf, np.nan]), "not whole numbers"),
        (None, "holds no train_labels"),
    ],
)
def test_that_labels_that_are_not_one_number_an_image_are_told(tmp_path, labels, why):
    arrays = {} if labels is None else {"train_labels": labels}
    path = saved(tmp_path / "set.npz", train_images=IMAGES, **arrays)
    open_project(path)
    with pytest.raises(UserError) as caught:
        NpzSource(path).labels()
    assert why in str(caught.value)


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int64, np.float32])
def test_that_labels_of_any_kind_of_number_are_read(tmp_path, dtype):
    path = saved(tmp_path / "set.npz", val_labels=np.array([[0], [1]], dtype))
    assert NpzSource(path).labels() == {"val/000000.png": 0, "val/000001.png": 1}


VOLUMES = np.arange(3 * 4 * 5 * 6).reshape(3, 4, 5, 6).astype(np.uint8)


@pytest.mark.parametrize("channels", [(), (1,)])
def test_that_the_slices_of_volumes_are_images(tmp_path, channels):
    path = saved(tmp_path / "set.npz", train_images=VOLUMES.reshape(*VOLUMES.shape, *channels))
    source = NpzSource(path)
    rows = list(source.scan())
    names = [(f"train/{volume:06d}.png", frame) for volume in range(3) for frame in range(4)]
    assert [(row.ref.path, row.ref.frame) for row in rows] == names
    for row in rows:
        volume = int(row.ref.path[6:12])
        assert (source.read(row.ref).array == VOLUMES[volume, row.ref.frame]).all()
    details = source.read(rows[1].ref).details
    assert details.frames == 4 and details.notes[0].startswith("axial slice 2 of 4: axis 1 of the array")


@pytest.mark.parametrize(
    ("choice", "frames", "slices"),
    [
        ("coronal:every=3", [PLANE, PLANE + 3], [VOLUMES[1, :, 0], VOLUMES[1, :, 3]]),
        ("sagittal:middle", [2 * PLANE + 3], [VOLUMES[1, :, :, 3]]),
    ],
)
def test_that_slices_of_volumes_are_chosen(tmp_path, choice, frames, slices):
    source = NpzSource(saved(tmp_path / "set.npz", val_images=VOLUMES), SliceChoice.parse(choice))
    refs = [row.ref for row in source.scan() if row.ref.path == "val/000001.png"]
    assert [ref.frame for ref in refs] == frames
    assert all((source.read(ref).array == wanted).all() for ref, wanted in zip(refs, slices, strict=True))


@pytest.mark.parametrize(
    ("name", "frame"), [("train/000009.png", 0), ("train/x.png", 0), ("train/000000.png", 4)]
)
def test_that_volumes_and_slices_that_are_gone_are_an_error(tmp_path, name, frame):
    source = NpzSource(saved(tmp_path / "set.npz", train_images=VOLUMES))
    with pytest.raises(ImageUnreadable, match="any more"):
        source.read(ImageRef(name, frame))


def test_that_colour_volumes_are_read(tmp_path):
    colour = np.stack([VOLUMES, VOLUMES + 1, VOLUMES + 2], axis=-1)
    source = NpzSource(saved(tmp_path / "set.npz", test_images=colour))
    assert (source.read(ImageRef("test/000002.png", PLANE + 1)).array == colour[2, :, 1]).all()


def test_that_the_label_of_a_volume_is_that_of_all_its_slices(tmp_path, ctx):
    path = saved(tmp_path / "set.npz", train_images=VOLUMES, train_labels=np.array([[1], [0], [1]]))
    project = open_project(path)
    scan(project, ctx)
    with Project.open(project) as opened:
        opened.execute(Edit("Set classes", classes=(ImageClass(5, "a"), ImageClass(6, "b"))), "t")
    assert import_labels(ImportSpec(project, path), ctx).matched == 12
    with Project.open(project) as opened:
        assert list(opened.truth().values()) == [6] * 4 + [5] * 4 + [6] * 4


def test_that_a_bomb_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(zip_index, "BOMB_BYTES", 1_000_000)
    np.savez_compressed(tmp_path / "set.npz", train_images=np.zeros((2000, 32, 32), np.uint8))
    assert "times its size" in refusal(tmp_path / "set.npz")


def test_that_arrays_larger_than_the_memory_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(npz_headers, "memory_bytes", lambda: 100)
    assert "too large for the memory" in refusal(saved(tmp_path / "set.npz", train_images=IMAGES))


def test_that_a_packing_that_cannot_be_held_back_is_refused(tmp_path):
    data = io.BytesIO()
    np.save(data, IMAGES)
    with zipfile.ZipFile(tmp_path / "set.npz", "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("train_images.npy", data.getvalue())
    assert "packed in a way that cannot be read" in refusal(tmp_path / "set.npz")
