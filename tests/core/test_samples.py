"""The sample images that ship: synthetic, balanced, in an order that gives nothing away."""

import hashlib
import itertools
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.datasets.samples import sample_classes, sample_images_folder, sample_labels

SHARED = Path(__file__).resolve().parents[2] / ".." / "shared" / "data"
EIGHT_MEGABYTES = 8 * 1000 * 1000


@pytest.fixture(scope="module")
def pixels():
    def read(name):
        with Image.open(sample_images_folder() / name) as image:
            return image.mode, np.asarray(image)

    return {name: read(name) for name in sample_labels()}


def test_that_there_are_six_classes_of_two_hundred_images():
    counts = Counter(sample_labels().values())
    assert len(counts) >= 4
    assert sum(counts.values()) >= 300
    assert counts == dict.fromkeys(sample_classes(), 200)


def test_that_class_names_are_those_the_prompts_are_written_for():
    named = {"chest x-ray", "hand x-ray", "head CT", "abdominal CT", "breast ultrasound", "dermoscopy"}
    assert set(sample_classes()) == named


def test_that_labels_name_exactly_the_files_of_the_folder():
    assert set(sample_labels()) == {path.name for path in sample_images_folder().iterdir()}


def test_that_every_image_is_64_by_64_and_only_dermoscopy_has_colour(pixels):
    labels = sample_labels()
    for name, (mode, array) in pixels.items():
        assert array.shape[:2] == (64, 64), name
        assert mode == ("RGB" if labels[name] == "dermoscopy" else "L"), name


def test_that_no_two_images_are_equal(pixels):
    seen = {hashlib.sha256(array.tobytes()).hexdigest() for _, array in pixels.values()}
    assert len(seen) == len(pixels)


def test_that_no_image_is_blank(pixels):
    assert min(float(array.std()) for _, array in pixels.values()) > 3


def test_that_the_order_of_the_files_does_not_tell_the_class():
    labels = sample_labels()
    order = [labels[name] for name in sorted(labels)]
    assert max(len(list(run)) for _, run in itertools.groupby(order)) <= 8
    for start in range(0, len(order) - 100, 100):
        assert set(order[start : start + 100]) == set(sample_classes())


def test_that_the_folder_is_below_eight_megabytes():
    files = [path for path in sample_images_folder().parent.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < EIGHT_MEGABYTES


def test_that_the_licence_lies_beside_the_images():
    text = (sample_images_folder().parent / "LICENSE.md").read_text(encoding="utf-8")
    assert "CC BY-SA 4.0" in text
    assert "synthetic" in text


def test_that_reading_the_labels_does_not_import_torch():
    read = "from core.datasets.samples import sample_labels; sample_labels()"
    code = f"import sys; {read}; print('torch' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "False"


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data sets are not here")
@pytest.mark.parametrize("name", ["breast ultrasound", "dermoscopy", "hand x-ray"])
def test_that_no_sample_equals_or_all_but_equals_a_training_image(name, pixels):
    from core.datasets.generator.data import KINDS, load_kind
    from core.datasets.generator.distances import References

    kind = next(kind for kind in KINDS if kind.name == name)
    labels = sample_labels()
    drawn = [array for file, (_, array) in pixels.items() if labels[file] == name]
    samples = np.stack([array if array.ndim == 3 else np.stack([array] * 3, axis=-1) for array in drawn])
    assert References(load_kind(SHARED, kind)).nearest(samples).distance.min() > 0.03
