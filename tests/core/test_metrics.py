import numpy as np
import pytest
from sklearn import metrics as reference

from core.quality.metrics import measure


@pytest.mark.parametrize("classes", [2, 3, 7])
def test_that_the_figures_are_those_of_scikit_learn(classes):
    rng = np.random.default_rng(classes)
    truth = rng.integers(0, classes, 300).astype(np.int32)
    predicted = np.where(rng.random(300) < 0.7, truth, rng.integers(0, classes, 300)).astype(np.int32)
    found = measure(truth, predicted, [str(k) for k in range(classes)])
    assert found.accuracy == pytest.approx(reference.accuracy_score(truth, predicted))
    assert found.f1 == pytest.approx(reference.f1_score(truth, predicted, average="macro"))
    for k, row in enumerate(found.classes):
        assert row.sensitivity == pytest.approx(reference.recall_score(truth == k, predicted == k))
        assert row.specificity == pytest.approx(reference.recall_score(truth != k, predicted != k))
        assert row.precision == pytest.approx(reference.precision_score(truth == k, predicted == k))


def test_that_images_without_a_known_label_or_a_prediction_do_not_count():
    found = measure(np.array([0, 1, -1, 1], np.int32), np.array([0, 1, 0, -1], np.int32), ["a", "b"])
    assert found.images == 2 and found.accuracy == 1


def test_that_a_class_without_an_image_has_no_sensitivity():
    found = measure(np.array([0, 0], np.int32), np.array([0, 0], np.int32), ["a", "b"])
    assert np.isnan(found.classes[1].sensitivity) and found.classes[1].specificity == 1 and found.f1 == 1


def test_that_nothing_to_compare_gives_nothing():
    assert measure(np.array([-1], np.int32), np.array([0], np.int32), ["a"]) is None
