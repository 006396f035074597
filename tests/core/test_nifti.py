"""NIfTI volumes as slices: how they lie, their window, what their headers may claim."""

import gzip
import io
import struct

import nibabel
import numpy as np
import pytest

from core.images.files import DiskFile
from core.images.folder import FolderSource
from core.images.formats import nifti, nifti_volume
from core.images.pixels import ImageUnreadable
from core.images.recent import Recent
from core.images.refs import ImageRef
from core.images.slices import PLANE, SliceChoice
from core.images.source import levels_of

AXIAL, CORONAL, SAGITTAL = 0, PLANE, 2 * PLANE


def volume(shape=(4, 5, 6), dtype=np.int16):
    return np.arange(np.prod(shape)).reshape(shape).astype(dtype)


def saved(path, data, affine=None, kind=nibabel.Nifti1Image, slope=None, inter=0.0):
    image = kind(data, np.eye(4) if affine is None else affine)
    if slope is not None:
        image.header.set_slope_inter(slope, inter)
    nibabel.save(image, path)
    return path


def shown(path, frame):
    """The stored values of a slice as they lie in the picture."""
    return nifti.levels(DiskFile(path, path.name), frame).values


def read(path, frame=0):
    return nifti.read(DiskFile(path, path.name), frame)


@pytest.mark.parametrize("name", ["v.nii", "v.nii.gz"])
@pytest.mark.parametrize("kind", [nibabel.Nifti1Image, nibabel.Nifti2Image])
def test_that_slices_are_turned_as_radiologists_look_at_them(tmp_path, name, kind):
    data = volume()  # axes run right, anterior, superior
    path = saved(tmp_path / name, data, kind=kind)
    axial, coronal, sagittal = shown(path, AXIAL + 2), shown(path, CORONAL + 3), shown(path, SAGITTAL + 1)
    assert axial.shape == (5, 4) and coronal.shape == (6, 4) and sagittal.shape == (6, 5)
    assert axial[0, 0] == data[3, 4, 2]  # anterior up, the patient's right on the left
    assert axial[-1, -1] == data[0, 0, 2]
    assert coronal[0, 0] == data[3, 3, 5] and coronal[-1, 0] == data[3, 3, 0]  # superior up
    assert sagittal[0, 0] == data[1, 4, 5] and sagittal[0, -1] == data[1, 0, 5]  # anterior on the left


@pytest.mark.parametrize("codes", ["LPS", "RAS", "PIR", "ASL", "SAR"])
def test_that_a_volume_looks_the_same_however_it_is_stored(tmp_path, codes):
    from nibabel.orientations import axcodes2ornt, ornt_transform

    data = volume()
    plain = nibabel.Nifti1Image(data, np.eye(4))
    turned = plain.as_reoriented(ornt_transform(axcodes2ornt("RAS"), axcodes2ornt(codes)))
    nibabel.save(turned, tmp_path / "turned.nii")
    path = saved(tmp_path / "plain.nii", data)
    for frame in (AXIAL + 1, CORONAL + 2, SAGITTAL + 3):
        assert (shown(path, frame) == shown(tmp_path / "turned.nii", frame)).all()


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint16, np.int32, np.float32, np.float64, ">i2"])
def test_that_values_are_those_of_nibabel(tmp_path, dtype):
    path = saved(tmp_path / "v.nii.gz", volume(dtype=dtype), slope=2.5, inter=-1000)
    reference = np.asarray(nibabel.load(path).dataobj)
    assert np.allclose(shown(path, 3)[::-1, ::-1].T, reference[:, :, 3], rtol=1e-6)


def test_that_all_slices_of_a_volume_are_seen_through_one_window(tmp_path):
    data = volume((10, 10, 20), np.float32)
    data[0, 0, 0], data[0, 0, 1] = np.nan, np.inf
    path = saved(tmp_path / "v.nii", data)
    windows = {read(path, frame).details.window for frame in (0, 7, 19, CORONAL, SAGITTAL + 9)}
    (window,) = windows
    low, high = np.percentile(data[np.isfinite(data)], (0.5, 99.5))
    assert (window.low, window.high, window.origin) == pytest.approx((low, high, "percentiles"), abs=15)
    assert read(path, 0).array.mean() < read(path, 19).array.mean()


def test_that_two_hundred_slices_unpack_a_volume_once(tmp_path, monkeypatch):
    path = saved(tmp_path / "v.nii.gz", volume((8, 9, 200)))
    loaded = []
    load = nifti_volume._load
    monkeypatch.setattr(nifti_volume, "_load", lambda file: loaded.append(1) or load(file))
    source = FolderSource(tmp_path)
    refs = [row.ref for row in source.scan()]
    assert len({source.read(ref).sha256 for ref in refs}) == len(refs) == 200
    assert len(loaded) == 1
    saved(path, volume((8, 9, 3), np.uint8) + 1)
    assert source.read(refs[0]).array.shape == (9, 8) and len(loaded) == 2
    with pytest.raises(ImageUnreadable, match="no axial slice 100 any more"):
        source.read(refs[100])


@pytest.mark.parametrize(
    ("choice", "frames"),
    [
        ("axial", [0, 1, 2, 3, 4, 5]),
        ("coronal:every=2", [PLANE, PLANE + 2, PLANE + 4]),
        ("sagittal:middle", [2 * PLANE + 2]),
    ],
)
def test_that_the_chosen_slices_are_the_images(tmp_path, choice, frames):
    saved(tmp_path / "v.nii.gz", volume())
    rows = list(FolderSource(tmp_path, SliceChoice.parse(choice)).scan())
    assert [row.ref for row in rows] == [ImageRef("v.nii.gz", frame) for frame in frames]


def test_that_the_details_say_how_a_slice_was_made(tmp_path):
    path = saved(tmp_path / "v.nii", np.stack([volume()] * 3, axis=-1), np.diag([1, 1, 5, 1]))
    details = read(path, CORONAL).details
    assert (details.format, details.bits, details.frames, details.photometric) == ("NIfTI", 16, 5, "int16")
    assert details.notes == (
        "coronal slice 1 of 5: superior up, the patient's right on the left",
        "first of 3 volumes",
        "a pixel is 1 mm wide and 5 mm high: not shown in proportion",
    )


def test_that_a_file_that_does_not_say_how_it_lies_is_shown_as_stored_and_says_so(tmp_path):
    image = nibabel.Nifti1Image(volume(), None)
    nibabel.save(image, tmp_path / "v.nii")
    assert "does not say how the patient lies" in read(tmp_path / "v.nii").details.notes[0]
    assert shown(tmp_path / "v.nii", 2)[-1, -1] == volume()[0, 0, 2]


def test_that_colours_are_shown_as_they_are_and_alpha_over_black(tmp_path):
    for names in ("RGB", "RGBA"):
        data = np.zeros((3, 4, 2), [(name, "u1") for name in names])
        data["R"], data["G"] = 200, 100
        if "A" in names:
            data["A"] = 51
        path = saved(tmp_path / f"{names}.nii", data)
        pixels = read(path, 1)
        wanted = [40, 20, 0] if "A" in names else [200, 100, 0]
        assert pixels.array.shape == (4, 3, 3) and pixels.array[0, 0].tolist() == wanted
        assert pixels.details.photometric == names and pixels.details.window is None
        assert levels_of(FolderSource(tmp_path), ImageRef(path.name, 1)) is None


def test_that_a_flat_picture_is_a_volume_of_one_slice(tmp_path):
    path = saved(tmp_path / "v.nii", volume((5, 4)))
    assert read(path).array.shape == (4, 5)
    assert [row.ref.frame for row in FolderSource(tmp_path).scan()] == [0]


def broken(path, place: int, kind: str, *values):
    data = bytearray(gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes())
    struct.pack_into(kind, data, place, *values)
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else bytes(data))


@pytest.mark.parametrize("name", ["v.nii", "v.nii.gz"])
@pytest.mark.parametrize(
    ("place", "kind", "values", "why"),
    [
        (0, "<i", (77,), "no NIfTI file"),
        (344, "4s", (b"ni1",), "in another file"),
        (40, "<8h", (3, 32000, 32000, 2000, 1, 1, 1, 1), "too large"),
        (40, "<8h", (3, 4, -5, 6, 1, 1, 1, 1), "cannot be read"),
        (40, "<8h", (0, 0, 0, 0, 0, 0, 0, 0), "cannot be read"),
        (70, "<h", (32,), "complex64 values"),
        (70, "<h", (7,), "broken"),
        (108, "<f", (float("nan"),), "broken"),
    ],
)
def test_that_headers_that_lie_are_rows_with_an_error(tmp_path, name, place, kind, values, why):
    path = saved(tmp_path / name, volume())
    broken(path, place, kind, *values)
    (row,) = FolderSource(tmp_path).scan()
    assert why in row.error
    with pytest.raises(ImageUnreadable, match=why):
        read(path)


def test_that_a_packed_bomb_is_unpacked_only_as_far_as_its_header_says(tmp_path):
    path = saved(tmp_path / "v.nii.gz", volume())
    small = gzip.decompress(path.read_bytes())
    path.write_bytes(gzip.compress(small + bytes(30_000_000)))
    assert (read(path, 2).array.shape, nifti_volume.volume_of(DiskFile(path, "v")).voxels.nbytes) == (
        (5, 4),
        240,
    )


@pytest.mark.parametrize("name", ["v.nii", "v.nii.gz"])
@pytest.mark.parametrize("length", [0, 2, 100, 380])
def test_that_a_file_that_is_cut_off_is_an_error_of_that_file(tmp_path, name, length):
    path = saved(tmp_path / name, np.random.default_rng(0).integers(0, 999, (9, 9, 9)).astype(np.int16))
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(ImageUnreadable, match=r"cut off|empty|broken|no NIfTI"):
        read(path)


def test_that_a_volume_inside_an_archive_is_read_as_outside(tmp_path):
    import zipfile

    from core.images.zip_archive import ZipSource

    path = saved(tmp_path / "v.nii.gz", volume())
    with zipfile.ZipFile(tmp_path / "v.zip", "w") as archive:
        archive.write(path, "a/v.nii.gz")
    source = ZipSource(tmp_path / "v.zip")
    refs = [row.ref for row in source.scan()]
    assert len(refs) == 6
    assert (source.read(refs[4]).array == read(path, 4).array).all()


def test_that_no_more_is_kept_than_allowed_but_the_newest_always():
    recent: Recent[bytes] = Recent(10)
    loads = []

    def get(key, size):
        return recent.get(key, lambda: loads.append(key) or bytes(size), len)

    for key, size in (("a", 4), ("b", 4), ("a", 4), ("c", 4), ("a", 4), ("b", 4), ("d", 99), ("d", 99)):
        get(key, size)
    assert loads == ["a", "b", "c", "b", "d"]


def test_that_reading_leaves_no_file_open(tmp_path):
    path = saved(tmp_path / "v.nii.gz", volume())
    data = io.BytesIO(path.read_bytes())

    class Held(DiskFile):
        def open(self):
            return data

    nifti.survey(Held(path, path.name), SliceChoice())
    assert data.closed


def test_that_values_far_from_zero_keep_what_lies_between_them(tmp_path):
    steps = np.arange(1000).reshape(10, 10, 10)
    for name, data, inter in (
        ("f8", 1e9 + steps / 100, None),
        ("i4", (2_000_000_000 + steps).astype(np.int32), None),
        ("scaled", steps.astype(np.int16), 1e9),
    ):
        slope = None if inter is None else 0.5
        path = saved(tmp_path / f"{name}.nii", data, slope=slope, inter=inter or 0.0)
        all_shown = np.concatenate([read(path, AXIAL + index).array for index in range(10)])
        assert len(np.unique(all_shown)) > 250
    assert shown(saved(tmp_path / "plain.nii", volume() / np.float64(3)), AXIAL).dtype == np.float64
    small = saved(tmp_path / "small.nii", volume(), slope=0.5, inter=-1024.0)
    assert shown(small, AXIAL).dtype == np.float32
