"""The whole recipe: errors put right, decisions that teach, and what happens where there is little to go by."""

import numpy as np
import pytest

from core.errors import JobCancelled
from core.refine.recipe import recipe
from core.refine.recipe.recipe import FEWEST, run_recipe
from tests.core.recipe_parts import blobs, flipped, no_tick, nobody, one_hot


def run(points, weak, truth=None, learn=None, classes=None, seed=0, tick=no_tick):
    n = len(weak)
    return run_recipe(
        [points],
        weak,
        nobody(n) if truth is None else truth,
        np.ones(n, bool) if learn is None else learn,
        classes or int(weak.max()) + 1,
        seed,
        tick,
    )


def labels_of(result):
    return result.delivery.probabilities.argmax(axis=1)


def test_that_decisions_teach_the_images_that_are_like_them():
    """A part of a class whose every weak label is wrong, some way off from the rest: thirty decisions turn it."""
    rng = np.random.default_rng(5)
    part = np.repeat([0, 1, 2], [150, 80, 150])
    centres = np.zeros((3, 8))
    centres[1, 0], centres[2, 1] = 10, 10
    points = (centres[part] + rng.normal(size=(380, 8))).astype(np.float32)
    truth = (part == 2).astype(np.int64)
    weak = np.where(part == 1, 1, flipped(truth, 0.2, 2))
    assert (labels_of(run(points, weak)) == truth)[part == 1].mean() < 0.1
    decided = nobody(380)
    decided[rng.choice(np.flatnonzero(part == 1), 30, replace=False)] = 0
    assert (labels_of(run(points, weak, decided)) == truth).mean() > 0.99


@pytest.mark.parametrize("wrong", [False, True], ids=["right ones", "all weak labels wrong"])
def test_that_deciding_every_image_delivers_the_decisions(wrong):
    points, truth = blobs([100, 100])
    found = run(points, 1 - truth if wrong else flipped(truth, 0.2, 2), truth)
    np.testing.assert_array_equal(found.delivery.probabilities, one_hot(truth, 2))
    assert 0 <= found.delivery.weak_error <= 1


def test_that_a_decision_for_a_rare_class_does_not_teach_the_label_it_corrects(monkeypatch):
    points, truth = blobs([80, 80])
    weak, decided = flipped(truth, 0.1, 2), nobody(160)
    weak[:3], decided[:3] = 1, 2
    taught, real = {}, recipe.find_partition

    def spy(graphs, beliefs, *args):
        taught["beliefs"] = beliefs.copy()
        return real(graphs, beliefs, *args)

    monkeypatch.setattr(recipe, "find_partition", spy)
    found = run(points, weak, decided, classes=3)
    np.testing.assert_array_equal(taught["beliefs"][:3], 0)
    np.testing.assert_array_equal(found.delivery.probabilities[:3], one_hot(np.full(3, 2), 3))


def test_that_excluded_images_do_not_teach_but_get_labels():
    points, truth = blobs([150, 150])
    learn = np.random.default_rng(0).random(300) < 0.4
    weak = np.where(learn, flipped(truth, 0.1, 2), 1 - truth)  # six in ten are wrong and excluded
    found = run(points, weak, learn=learn)
    assert (found.partition.labels == truth).mean() > 0.98
    assert found.delivery.probabilities.shape == (300, 2)
    np.testing.assert_allclose(found.delivery.probabilities.sum(axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("kind", [0, 1])
def test_that_images_no_teacher_reaches_keep_stage_ones_label(kind):
    points, truth = blobs([150, 150])
    far = np.random.default_rng(0).normal(size=(40, 8)) + 40
    points = np.concatenate([points, far]).astype(np.float32)
    truth = np.concatenate([truth, np.full(40, kind)])
    weak = flipped(truth, 0.2, 2)
    weak[300:] = kind
    found = run(points, weak, learn=np.arange(340) < 300)
    np.testing.assert_array_equal(labels_of(found)[300:], kind)
    assert (labels_of(found) == truth).mean() > 0.99


@pytest.mark.parametrize(("sizes", "rate"), [((150, 150), 0.3), ((100, 100, 100), 0.3), ((200, 30), 0.15)])
def test_that_random_errors_are_put_right(sizes, rate):
    points, truth = blobs(sizes)
    found = run(points, flipped(truth, rate, len(sizes)))
    assert (labels_of(found) == truth).mean() > 0.99
    assert found.delivery.candidate in ("graph", "combined")


@pytest.mark.parametrize(
    "sizes", [(150, 150), (100, 60, 140), (390, 12), (200, 200, 5), (200, 200, 8), (150, 150, 2)]
)
def test_that_labels_that_are_all_right_are_left_alone(sizes):
    points, truth = blobs(sizes)
    found = run(points, truth)
    np.testing.assert_array_equal(labels_of(found), truth)


@pytest.mark.parametrize("sizes", [(400, 8), (200, 200, 5), (120, 120, 40, 8), (300, 60, 10)])
@pytest.mark.parametrize("seed", range(3))
def test_that_a_class_of_a_few_images_never_makes_it_worse_than_stage_one(sizes, seed):
    points, truth = blobs(sizes, seed=seed)
    weak = flipped(truth, 0.1, len(sizes), seed)
    assert (labels_of(run(points, weak)) == truth).mean() >= (weak == truth).mean() - 0.005


def test_that_images_without_any_structure_keep_their_labels():
    points = np.random.default_rng(0).normal(size=(300, 8)).astype(np.float32)
    weak = np.random.default_rng(1).integers(0, 3, 300)
    found = run(points, weak)
    assert found.delivery.candidate == "stage one"
    np.testing.assert_array_equal(labels_of(found), weak)


@pytest.mark.parametrize("each", [6, 30])
def test_that_many_classes_are_no_worse_than_stage_one(each):
    classes = 600 // each
    points, truth = blobs([each] * classes, dimensions=16, spread=12)
    weak = flipped(truth, 0.2, classes)
    found = run(points, weak, classes=classes)
    assert found.delivery.probabilities.shape == (600, classes)
    assert (labels_of(found) == truth).mean() >= (weak == truth).mean()
    if each > 20:
        assert (labels_of(found) == truth).mean() > 0.98


def test_that_classes_of_fewer_than_four_images_keep_their_label_with_a_warning():
    points, truth = blobs([150, 150, FEWEST - 1], spread=12)
    weak = flipped(truth, 0.2, 2)
    weak[truth == 2] = 2
    found = run(points, weak, classes=3)
    np.testing.assert_array_equal(labels_of(found), truth)
    assert found.delivery.probabilities[truth == 2].max() < 0.6
    assert any("3 images are of classes with fewer than 4" in text for text in found.delivery.warnings)


def test_that_a_class_nobody_names_gets_no_image_and_no_probability():
    points, truth = blobs([100, 100])
    found = run(points, flipped(truth, 0.2, 2) * 2, classes=3)
    np.testing.assert_array_equal(found.delivery.probabilities[:, 1], 0)
    np.testing.assert_array_equal(labels_of(found), truth * 2)


@pytest.mark.parametrize("classes", [1, 2, 5])
def test_that_one_class_only_is_told(classes):
    points, _ = blobs([30, 30])
    found = run(points, np.zeros(60, np.int64), classes=classes)
    assert found.partition is None and found.delivery.candidate == "stage one"
    assert "the same class" in found.delivery.reason
    np.testing.assert_array_equal(labels_of(found), 0)
    np.testing.assert_allclose(found.delivery.probabilities.sum(axis=1), 1, atol=1e-6)


def test_that_too_few_images_are_told_and_decisions_still_count():
    points, truth = blobs([3, 2])
    decided = nobody(5)
    decided[0] = 1
    found = run(points, truth, decided).delivery
    assert "No class has 4 images" in found.reason
    np.testing.assert_array_equal(found.probabilities[0], [0, 1])
    np.testing.assert_array_equal(found.probabilities[1:].argmax(axis=1), truth[1:])


def test_that_eight_images_are_enough_to_run():
    points, truth = blobs([4, 4])
    found = run(points, truth)
    np.testing.assert_array_equal(labels_of(found), truth)


def test_that_copies_of_one_image_keep_their_labels():
    weak = np.arange(200) % 2
    found = run(np.zeros((200, 5), np.float32), weak)
    np.testing.assert_array_equal(labels_of(found), weak)


def test_that_a_seed_gives_the_same_probabilities():
    points, truth = blobs([100, 100], spread=3)
    weak = flipped(truth, 0.2, 2)
    first, again = (run(points, weak, seed=7).delivery.probabilities for _ in range(2))
    np.testing.assert_array_equal(first, again)


def test_that_confidence_is_lower_where_labels_are_wrong():
    points, truth = blobs([300, 300], spread=1.8)
    found = run(points, flipped(truth, 0.2, 2))
    right = labels_of(found) == truth
    sure = found.delivery.probabilities.max(axis=1)
    assert 0.85 < right.mean() < 1
    assert sure[right].mean() > sure[~right].mean() + 0.05
    assert abs(sure.mean() - right.mean()) < 0.08


def test_that_progress_never_falls_and_cancelling_passes_through():
    points, truth = blobs([60, 60])
    weak, told = flipped(truth, 0.2, 2), []
    run(points, weak, tick=lambda done, total: told.append(done / total))
    assert told == sorted(told) and told[0] >= 0 and told[-1] <= 1

    def stop(done, total):
        if done / total > 0.6:
            raise JobCancelled

    with pytest.raises(JobCancelled):
        run(points, weak, tick=stop)


def test_that_a_class_many_images_are_called_is_not_given_up():
    """The graph dropped a class of 80 of 300 images since its errors follow from the content."""
    points, truth = blobs([200, 80, 20], seed=2, spread=2.5)
    weak, rng = truth.copy(), np.random.default_rng(2)
    for k in range(3):
        own = np.flatnonzero(truth == k)
        along = points[own] @ rng.normal(size=8)
        weak[own[np.argsort(-along)[: round(0.2 * len(own))]]] = (k + 1) % 3
    found = run(points, weak)
    assert (labels_of(found) == truth).mean() >= (weak == truth).mean() - 0.005
