"""Image sets for experiments: NPZ and CSV as MedMNIST writes them, and folders."""

import zipfile

import numpy as np
import pytest
import tifffile
from PIL import Image

from core.datasets.image_sets import folder_set
from core.datasets.medmnist import find_file, info, load_csv, load_npz, open_set, sets_below
from core.errors import UserError


def write_npz(path, shape=(8, 8), labels=(0, 1), column=False, **replaced):
    """An NPZ with 6 training, 2 validation and 4 test images whose grey level is their number."""
    arrays = {}
    for part, count in (("train", 6), ("val", 2), ("test", 4)):
        images = np.zeros((count, *shape), np.uint8)
        images += np.arange(count, dtype=np.uint8).reshape(-1, *([1] * len(shape)))
        found = np.resize(np.array(labels, np.uint8), count)
        arrays |= {f"{part}_images": images, f"{part}_labels": found[:, None] if column else found}
    np.savez(path, **(arrays | replaced))
    return path


@pytest.mark.parametrize("column", [False, True])
def test_that_labels_of_either_shape_are_read_and_val_and_test_are_for_testing(tmp_path, column):
    found = load_npz(write_npz(tmp_path / "mine.npz", column=column))
    assert (found.name, found.classes, found.side, found.colour) == ("mine", ("0", "1"), 8, False)
    assert found.labels.tolist() == [0, 1] * 6
    assert found.test.tolist() == [False] * 6 + [True] * 6
    assert found.files[0] == "train/000000.png" and found.files[-1] == "test/000003.png"
    assert found.read(np.array([5, 8]), 8, True)[:, 0, 0].tolist() == [5, 0]
    assert found.read(np.array([5]), 16, False).shape == (1, 16, 16, 3)


def test_that_a_known_set_brings_its_names_of_classes_and_what_it_shows(tmp_path):
    found = load_npz(write_npz(tmp_path / "breastmnist_64.npz"))
    assert found.classes == ("malignant", "normal, benign") and found.shows == "breast ultrasound"


def test_that_labels_that_the_known_set_does_not_have_are_named_by_number(tmp_path):
    assert load_npz(write_npz(tmp_path / "breastmnist.npz", labels=(3, 7))).classes == ("3", "7")


def test_that_several_labels_an_image_leave_a_set_that_can_be_one_class(tmp_path):
    several = {
        f"{part}_labels": np.zeros((n, 3), np.uint8) for part, n in (("train", 6), ("val", 2), ("test", 4))
    }
    found = load_npz(write_npz(tmp_path / "many.npz", **several))
    assert found.labels is None and len(found.files) == 12


def test_that_volumes_pickles_and_missing_labels_are_clear_errors(tmp_path):
    with pytest.raises(UserError, match="3D"):
        load_npz(write_npz(tmp_path / "3d.npz", shape=(8, 8, 8)))
    with pytest.raises(UserError, match="never loaded"):
        load_npz(write_npz(tmp_path / "bad.npz", train_labels=np.array([None] * 6, object)))
    with pytest.raises(UserError, match="not one label for each image"):
        load_npz(write_npz(tmp_path / "short.npz", train_labels=np.zeros(5, np.uint8)))
    with pytest.raises(UserError, match="not whole numbers"):
        load_npz(write_npz(tmp_path / "half.npz", train_labels=np.full(6, 0.5)))


def test_that_the_csv_export_is_read_with_its_folder(tmp_path):
    folder = tmp_path / "breastmnist"
    folder.mkdir()
    lines = []
    for number, part in enumerate(("TRAIN", "TRAIN", "VALIDATION", "TEST")):
        name = f"{part.lower()}{number}_{number % 2}.png"
        Image.fromarray(np.full((28, 28), 10 * number, np.uint8)).save(folder / name)
        lines.append(f"{part},{name},{number % 2}\n")
    table = tmp_path / "breastmnist.csv"
    table.write_text("".join(lines))
    found = load_csv(table)
    assert found.test.tolist() == [False, False, True, True] and found.labels.tolist() == [0, 1, 0, 1]
    assert (found.name, found.side, found.shows) == ("breastmnist", 28, "breast ultrasound")
    assert found.read(np.array([3, 1]), 28, True)[:, 0, 0].tolist() == [30, 10]
    table.write_text("TRAIN,gone.png,0\n")
    with pytest.raises(UserError, match=r"line 1: there is no file"):
        load_csv(table)
    table.write_text("TRAIN,a.png,0,1\n")
    with pytest.raises(UserError, match="several labels"):
        load_csv(table)


def test_that_a_folder_of_class_folders_is_a_set_without_parts(folder):
    found = folder_set(folder)
    assert found.classes == ("discs", "stripes") and found.test is None
    assert found.labels.tolist() == [0] * 12 + [1] * 12
    assert (found.side, found.colour) == (40, False)
    twice = [found.read(np.array([3, 3, 20]), 28, True) for _ in range(2)]
    assert np.array_equal(*twice) and np.array_equal(twice[0][0], twice[0][1])


def test_that_a_folder_of_one_kind_is_one_class(folder):
    assert folder_set(folder / "discs").classes == ("discs",)


def packed(folder, archive):
    with zipfile.ZipFile(archive, "w") as file:
        for path in sorted(folder.rglob("*.png")):
            file.write(path, path.relative_to(folder).as_posix())
    return archive


def test_that_an_archive_is_the_set_of_its_folder(folder, tmp_path):
    archive = packed(folder, tmp_path / f"{folder.name}.zip")
    found, wanted = folder_set(archive), folder_set(folder)
    assert (found.name, found.classes, found.files) == (wanted.name, wanted.classes, wanted.files)
    assert found.labels.tolist() == wanted.labels.tolist() and found.fingerprint == wanted.fingerprint
    rows = np.array([20, 3])
    assert np.array_equal(found.read(rows, 28, True), wanted.read(rows, 28, True))
    assert open_set(archive).fingerprint == wanted.fingerprint
    one_kind = packed(folder / "discs", tmp_path / "only discs.zip")
    assert folder_set(one_kind).classes == ("only discs",)
    with pytest.raises(UserError, match="no folder or file"):
        folder_set(tmp_path / "gone.zip")
    with pytest.raises(UserError, match="There is no folder"):
        folder_set(folder / "discs" / "00.png")


def test_that_a_file_of_several_images_is_one_image_of_a_set_the_middle_one(tmp_path):
    for name, level in (("a", 10), ("b", 100)):
        (tmp_path / "set" / name).mkdir(parents=True)
        pages = np.broadcast_to(np.arange(5, dtype=np.uint8).reshape(5, 1, 1) * 10 + level, (5, 8, 8))
        tifffile.imwrite(tmp_path / "set" / name / "v.tif", pages, photometric="minisblack")
    found = folder_set(tmp_path / "set")
    assert found.files == ("a/v.tif", "b/v.tif") and found.labels.tolist() == [0, 1]
    assert found.read(np.array([0, 1]), 8, True)[:, 4, 4].tolist() == [30, 120]


def test_that_an_empty_folder_and_an_unreadable_image_are_clear_errors(tmp_path, folder):
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="no images"):
        folder_set(tmp_path / "empty")
    (folder / "discs" / "00.png").write_bytes(b"not a picture")
    with pytest.raises(UserError, match=r"00\.png cannot be read"):
        folder_set(folder)


def test_that_sets_are_found_by_name_and_size_below_a_root(tmp_path):
    write_npz(tmp_path / "breastmnist.npz")
    write_npz(tmp_path / "breastmnist_64.npz")
    write_npz(tmp_path / "other.npz")
    assert find_file("breastmnist", tmp_path, 64).name == "breastmnist_64.npz"
    assert open_set("breastmnist", tmp_path).name == "breastmnist"
    assert [path.name for path in sets_below(tmp_path)] == ["breastmnist.npz"]
    with pytest.raises(UserError, match="not in"):
        find_file("pneumoniamnist", tmp_path)
    with pytest.raises(UserError, match="no set 'nonsense'"):
        open_set("nonsense", tmp_path)


def test_that_the_package_tells_the_sets():
    assert "breastmnist" in info()
