"""Emulated weak labels: the rate, who errs towards whom, and which errors follow from the images."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_predict

from core.errors import UserError
from core.experiments.noise import KINDS, content, emulate


def pictures(truth, seed=0):
    """(n, 12, 12) uint8: a pattern for each class, and six ways in which images of one class differ."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:12, :12]
    pattern = [
        np.roll((x < 6) * 120, 5 * k, 1) + np.roll((y < 4) * 60, 7 * k, 0) for k in range(truth.max() + 1)
    ]
    modes = np.tensordot(rng.normal(size=(len(truth), 6)), rng.normal(size=(6, 12, 12)) * 8, 1)
    noise = rng.normal(0, 5, (len(truth), 12, 12))
    return np.clip(np.stack(pattern)[truth] + 40 + modes + noise, 0, 255).astype(np.uint8)


def wrong_of(name, truth, rate, seed=0, classes=None, pixels=None):
    pixels = pictures(truth) if pixels is None else pixels
    weak = emulate(name, truth, pixels, rate, seed, classes or int(truth.max()) + 1)
    return weak.argmax(axis=1) != truth


def how_learnable(truth, pixels, wrong):
    """ROC AUC, out of fold, of a logistic regression of each class that tells wrong labels from the content."""
    features, belongs = content(pixels), np.eye(truth.max() + 1)[truth]
    x = np.concatenate([features * own[:, None] for own in belongs.T] + [belongs], axis=1)
    model = LogisticRegression(max_iter=500)
    return roc_auc_score(wrong, cross_val_predict(model, x, wrong, cv=5, method="predict_proba")[:, 1])


TWO, FOUR = np.repeat([0, 1], 300), np.repeat(np.arange(4), 150)


@pytest.mark.parametrize("truth", [TWO, FOUR], ids=["2 classes", "4 classes"])
@pytest.mark.parametrize("name", KINDS)
def test_that_each_kind_errs_as_often_as_asked(name, truth):
    assert wrong_of(name, truth, 0.2).mean() == pytest.approx(0.2, abs=0.04)
    assert wrong_of(name, truth, 0.4).mean() == pytest.approx(0.4, abs=0.05)
    assert not wrong_of(name, truth, 0.0).any()


@pytest.mark.parametrize("classes", [2, 3, 20])
@pytest.mark.parametrize("name", KINDS)
def test_that_weak_labels_are_probabilities_with_one_clear_label(name, classes):
    truth = np.arange(300) % classes
    weak = emulate(name, truth, pictures(truth), 0.3, 0, classes)
    assert weak.shape == (300, classes) and weak.dtype == np.float32
    np.testing.assert_allclose(weak.sum(axis=1), 1, atol=1e-5)
    first, second = np.sort(weak, axis=1)[:, [-1, -2]].T
    assert (weak >= 0).all() and (first > second + 0.01).all()


def test_that_random_errors_name_every_other_class_alike():
    truth = np.repeat(np.arange(4), 1500)
    labels = emulate(
        "N1", truth, np.zeros((6000, 1, 2), np.uint8) + (truth % 2)[:, None, None] * 9, 0.3, 0, 4
    )
    counts = np.zeros((4, 4))
    np.add.at(counts, (truth, labels.argmax(axis=1)), 1 / 1500)
    np.testing.assert_allclose(counts, np.full((4, 4), 0.1) + np.eye(4) * 0.6, atol=0.03)


def test_that_of_two_classes_the_first_errs_seven_times_as_often():
    truth = np.repeat([0, 1], 3000)
    wrong = wrong_of(
        "N2", truth, 0.2, pixels=(truth * 9 + np.arange(6000) % 7).astype(np.uint8)[:, None, None]
    )
    assert wrong[truth == 0].mean() == pytest.approx(0.35, abs=0.03)
    assert wrong[truth == 1].mean() == pytest.approx(0.05, abs=0.015)


def test_that_of_several_classes_each_is_called_the_next_one():
    labels = emulate("N2", FOUR, pictures(FOUR), 0.3, 0, 4).argmax(axis=1)
    assert set((labels - FOUR) % 4) == {0, 1}


def test_that_errors_by_content_can_be_learnt_and_random_ones_cannot():
    for truth in (TWO, FOUR):
        pixels = pictures(truth)
        learnable = {name: how_learnable(truth, pixels, wrong_of(name, truth, 0.2)) for name in KINDS}
        assert learnable["N3a"] > 0.9
        assert learnable["N1"] < 0.6
        assert learnable["N1"] + 0.05 < learnable["N3b"] < learnable["N3a"] - 0.1
        assert learnable["N3c"] > 0.7


def test_that_half_of_the_mixed_errors_lie_where_content_errs():
    where = np.stack([wrong_of("N3b", TWO, 0.3, seed) for seed in range(40)])
    # errors by content come in a block at one end of a random direction; the others anywhere
    pixels, x = pictures(TWO), content(pictures(TWO))
    assert where.mean() == pytest.approx(0.3, abs=0.02)
    blocks = []
    for wrong in where:
        own = (TWO == 0) & wrong
        direction = x[own].mean(axis=0) - x[TWO == 0].mean(axis=0)
        blocks.append(np.linalg.norm(direction))
    pure = [
        np.linalg.norm(x[(TWO == 0) & w].mean(axis=0) - x[TWO == 0].mean(axis=0))
        for w in (wrong_of("N3a", TWO, 0.3, seed, pixels=pixels) for seed in range(40))
    ]
    assert 0.35 < np.mean(blocks) / np.mean(pure) < 0.75


def test_that_errors_near_another_class_lie_nearest_to_it():
    x = content(pictures(TWO))
    wrong = wrong_of("N3m", TWO, 0.2)
    centres = np.stack([x[k == TWO].mean(axis=0) for k in (0, 1)])
    squared = ((x[:, None] - centres) ** 2).sum(axis=2)
    margin = squared[np.arange(600), TWO] - squared[np.arange(600), 1 - TWO]
    for k in (0, 1):
        own = k == TWO
        assert margin[own & wrong].min() >= margin[own & ~wrong].max() - 1e-3


def test_that_a_seed_gives_the_same_labels_and_another_one_others():
    for name in ("N1", "N3a", "N3c", "N4"):
        first, again, other = (emulate(name, TWO, pictures(TWO), 0.3, seed, 2) for seed in (5, 5, 6))
        np.testing.assert_array_equal(first, again)
        assert (first.argmax(axis=1) != other.argmax(axis=1)).any()


@pytest.mark.parametrize("name", ["N1", "N2", "N3a"])
def test_that_confidence_tells_nothing_about_which_labels_are_right(name):
    weak = emulate(name, TWO, pictures(TWO), 0.3, 0, 2)
    wrong = weak.argmax(axis=1) != TWO
    assert roc_auc_score(wrong, weak.max(axis=1)) == pytest.approx(0.5, abs=0.07)
    assert weak.max(axis=1).min() >= 0.5


@pytest.mark.parametrize("name", KINDS)
def test_that_a_class_with_no_image_is_no_obstacle(name):
    truth = np.repeat([0, 2], 100)
    weak = emulate(name, truth, pictures(truth), 0.3, 0, 3)
    assert np.isfinite(weak).all() and (weak.argmax(axis=1) != truth).mean() == pytest.approx(0.3, abs=0.1)


def test_that_content_errors_never_name_a_class_with_no_image():
    truth = np.repeat([0, 2], 100)
    for name in ("N3a", "N3m", "N3c"):
        assert 1 not in emulate(name, truth, pictures(truth), 0.3, 0, 3).argmax(axis=1)


@pytest.mark.parametrize("name", KINDS)
def test_that_images_of_one_class_have_nothing_to_be_confused_with(name):
    alone = np.zeros(40, np.int64)
    for classes in (1, 2):
        with pytest.raises(UserError, match="all images are of one class"):
            emulate(name, alone, pictures(alone), 0.2, 0, classes)


@pytest.mark.parametrize("name", KINDS)
def test_that_identical_images_get_errors_without_a_warning_from_below(name):
    same = np.full((600, 12, 12), 40, np.uint8)
    assert wrong_of(name, TWO, 0.2, pixels=same).mean() == pytest.approx(0.2, abs=0.04)


def test_that_an_unknown_kind_and_an_impossible_rate_are_refused():
    with pytest.raises(ValueError, match="N9"):
        emulate("N9", TWO, pictures(TWO), 0.2, 0, 2)
    for rate in (-0.1, 0.95):
        with pytest.raises(ValueError, match="expected share of wrong labels"):
            emulate("N1", TWO, pictures(TWO), rate, 0, 2)
