from collections import Counter

import numpy as np
import pytest

from core.errors import UserError
from core.exports.groups import groups_by_regex, groups_from_csv
from core.exports.split import assign_splits

RATIOS = (0.7, 0.1, 0.2)


def test_that_every_class_is_divided_by_the_ratios():
    labels = np.array([0] * 100 + [1] * 1000 + [2] * 10, np.int32)
    splits = assign_splits(labels, RATIOS, 0)
    for label, n in ((0, 100), (1, 1000), (2, 10)):
        counts = np.bincount(splits[labels == label], minlength=3)
        assert counts.tolist() == [round(n * r) for r in RATIOS]


def test_that_the_same_seed_gives_the_same_splits_and_another_one_others():
    labels = np.arange(200, dtype=np.int32) % 2
    assert (assign_splits(labels, RATIOS, 5) == assign_splits(labels, RATIOS, 5)).all()
    assert not (assign_splits(labels, RATIOS, 5) == assign_splits(labels, RATIOS, 6)).all()


def test_that_patients_and_equal_images_stay_in_one_split():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 600).astype(np.int32)
    groups = [f"patient {k}" if k else "" for k in rng.integers(0, 80, 600)]
    contents = [f"{groups[k]} {rng.integers(0, 3)}".encode() if k % 2 else b"" for k in range(600)]
    splits = assign_splits(labels, RATIOS, 1, groups, contents)
    for names in (groups, contents):
        for name in set(names) - {"", b""}:
            assert len({int(s) for s, n in zip(splits, names, strict=True) if n == name}) == 1
    shares = np.bincount(splits, minlength=3) / 600
    assert np.abs(shares - RATIOS).max() < 0.05


def test_that_groups_alone_keep_the_ratios_near():
    groups = [f"patient {k // 10}" for k in range(1000)]
    labels = np.array([k // 10 % 2 for k in range(1000)], np.int32)
    shares = np.bincount(assign_splits(labels, RATIOS, 1, groups), minlength=3) / 1000
    assert shares.tolist() == pytest.approx(RATIOS, abs=0.02)


def test_that_a_split_of_no_share_gets_nothing():
    assert set(assign_splits(np.zeros(50, np.int32), (0.8, 0.0, 0.2), 0).tolist()) == {0, 2}


@pytest.mark.parametrize("n", [0, 1, 2, 3])
def test_that_few_images_are_split_without_complaint(n):
    splits = assign_splits(np.zeros(n, np.int32), RATIOS, 0)
    assert len(splits) == n and Counter(splits.tolist())[0] >= min(n, 1)


def test_that_a_pattern_names_the_patient():
    names = ["p12_left.png", "p12_right.png", "p3.png", "other.png"]
    assert groups_by_regex(names, r"p(\d+)") == ["12", "12", "3", ""]
    assert groups_by_regex(names, r"p\d+") == ["p12", "p12", "p3", ""]
    with pytest.raises(UserError, match="not a regular expression"):
        groups_by_regex(names, "(")


def test_that_a_column_names_the_patient(tmp_path):
    path = tmp_path / "patients.csv"
    path.write_text("file_name;patient\na.png;7\nb.png;8\n")
    assert groups_from_csv(path, "patient") == {"a.png": "7", "b.png": "8"}
    with pytest.raises(UserError, match="no column 'who'"):
        groups_from_csv(path, "who")


def test_that_the_slices_of_a_volume_stay_in_one_split():
    labels = np.tile(np.arange(2, dtype=np.int32), 150)
    files = [f"volume{row // 10}.nii" for row in range(300)]
    splits = assign_splits(labels, RATIOS, 0, files=files)
    assert all(len({int(s) for s in splits[first : first + 10]}) == 1 for first in range(0, 300, 10))
    assert set(splits.tolist()) == {0, 1, 2}
