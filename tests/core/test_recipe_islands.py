"""Kinds of images inside a class, and classes of a dozen images."""

import numpy as np
import pytest

from core.refine.recipe.graph import affinity, nearest
from core.refine.recipe.islands import with_islands
from core.refine.recipe.recipe import run_recipe
from core.refine.splits import stratified_folds


def blobs(sizes, spread=0.3, seed=0):
    """Features (n, 6) of groups that lie apart, and the group of each row."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(0, 4, (len(sizes), 6))
    groups = np.repeat(np.arange(len(sizes)), sizes)
    return (centres[groups] + rng.normal(0, spread, (len(groups), 6))).astype(np.float32), groups


def flipped(truth, share, classes, seed=1):
    rng = np.random.default_rng(seed)
    wrong = rng.random(len(truth)) < share
    return np.where(wrong, (truth + rng.integers(1, classes, len(truth))) % classes, truth)


def refined(features, weak, classes):
    n = len(weak)
    return run_recipe(
        [features], weak, np.full(n, -1), np.ones(n, np.bool_), classes, 0, lambda done, total: None
    )


def islands_back(features, found, weak, classes=2):
    w = affinity(nearest(features, 20, 0))
    hot = np.eye(classes, dtype=np.float32)
    hidden = stratified_folds(weak, seed=0)
    beliefs = hot[weak]
    return with_islands(w, hot[found], beliefs, hidden, beliefs.mean(axis=0)).argmax(axis=1)


def test_that_a_kind_of_images_goes_back_to_the_class_that_its_labels_name():
    features, groups = blobs([100, 100, 100, 100])
    truth = groups // 2
    lost = np.where(groups == 1, 1, truth)  # the second kind of class 0 was given to class 1
    assert (islands_back(features, lost, flipped(truth, 0.2, 2)) == truth).all()


def test_that_errors_in_a_part_of_a_group_are_no_kind_of_their_own():
    features, groups = blobs([200, 200])
    weak = groups.copy()
    weak[np.argsort(features[:, 0] + 1e3 * groups)[:40]] = 1  # a fifth of class 0, by content
    assert (islands_back(features, groups, weak) == groups).all()


def test_that_a_class_that_is_mostly_called_another_is_not_given_to_that_one():
    features, groups = blobs([150, 150, 150])
    weak = groups.copy()
    weak[np.flatnonzero(groups == 0)[:100]] = 1
    assert (islands_back(features, groups, weak, 3) == groups).all()


def test_that_the_recipe_keeps_the_kinds_of_a_class_together_with_it():
    features, groups = blobs([60, 60, 60, 60], seed=3)
    truth = groups % 2
    weak = flipped(truth, 0.1, 2)
    result = refined(features, weak, 2)
    found = result.delivery.probabilities.argmax(axis=1)
    assert (found == truth).mean() > max(0.98, (weak == truth).mean())


@pytest.mark.parametrize("images", [10, 15, 20])
def test_that_classes_of_a_dozen_images_separate_where_they_do(images):
    features, truth = blobs([images] * 3)
    weak = flipped(truth, 0.15, 3)
    result = refined(features, weak, 3)
    assert not result.delivery.warnings
    assert (result.delivery.probabilities.argmax(axis=1) == truth).mean() > 0.98 > (weak == truth).mean()
