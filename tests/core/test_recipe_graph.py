"""The graph of like images and labels spread over it, against brute force and the closed form."""

import numpy as np
import pytest

from core.errors import JobCancelled
from core.refine.recipe import graph
from core.refine.recipe.graph import affinity, nearest, normalised, normalised_cuts
from core.refine.recipe.partition import ALPHAS
from core.refine.recipe.propagation import propagate, without_bias
from core.refine.splits import stratified_folds
from tests.core.recipe_parts import blobs, flipped, one_hot


def brute_force(points, k):
    distances = np.linalg.norm(points[:, None].astype(np.float64) - points, axis=2)
    np.fill_diagonal(distances, np.inf)
    return np.argsort(distances, axis=1, kind="stable")[:, :k]


def small_graph(n=150, spread=3.0):
    points, truth = blobs([n // 2, n - n // 2], spread=spread)
    return normalised(affinity(nearest(points, 10, 0))), flipped(truth, 0.3, 2)


def closed_form(s, beliefs, hidden, alpha, folds=5):
    n, k = beliefs.shape
    operator = np.eye(n) - alpha * s.toarray().astype(np.float64)
    result = np.zeros((n, k))
    for fold in range(folds):
        seen = beliefs * (hidden != fold)[:, None]
        spread = np.linalg.solve(operator, (1 - alpha) * np.column_stack([seen, seen.sum(axis=1)]))
        read = np.maximum(hidden, 0) == fold
        result[read] = spread[read, :k] / spread[read, k:]
    return result


def test_that_the_nearest_are_those_of_a_brute_force_search_nearest_first():
    points, _ = blobs([100, 100])
    np.testing.assert_array_equal(nearest(points, 7, 0), brute_force(points, 7))


def test_that_no_image_is_its_own_neighbour_even_among_copies():
    points = np.repeat(blobs([4, 4])[0], 30, axis=0)
    found = nearest(points, 20, 0)
    assert found.shape == (240, 20) and (found >= 0).all()
    assert not (found == np.arange(240)[:, None]).any()
    np.testing.assert_array_equal(found // 30, np.repeat(np.arange(8), 30)[:, None].repeat(20, axis=1))


def test_that_a_row_never_names_a_neighbour_twice():
    found = nearest(np.repeat(blobs([10, 10])[0], 3, axis=0), 12, 0)
    assert all(len(set(row)) == 12 for row in found.tolist())


def test_that_the_approximate_search_finds_nearly_all_and_the_same_again(monkeypatch):
    points, _ = blobs([300, 300, 300, 300])
    exact = nearest(points, 10, 0)
    monkeypatch.setattr(graph, "EXACT_UP_TO", 400)
    monkeypatch.setattr(graph, "_ROWS_A_CELL", 40)
    found = nearest(points, 10, 5)
    shared = np.mean([len(set(a) & set(b)) / 10 for a, b in zip(found.tolist(), exact.tolist(), strict=True)])
    assert 0.95 < shared < 1  # 1 would say that it was not approximate
    assert not (found == np.arange(1200)[:, None]).any()
    np.testing.assert_array_equal(found, nearest(points, 10, 5))


@pytest.mark.parametrize("rows", [201, 399, 450])
def test_that_the_approximate_search_copes_with_few_rows_and_cells(monkeypatch, rows):
    monkeypatch.setattr(graph, "EXACT_UP_TO", 200)
    points, _ = blobs([rows])
    np.testing.assert_array_equal(nearest(points, 20, 0), brute_force(points, 20))


def test_that_what_the_approximate_search_misses_is_no_neighbour():
    found = graph._without_self(np.array([[0, 2, -1], [2, 0, -1], [1, 2, -1]]), 2)
    np.testing.assert_array_equal(found, [[2, -1], [2, 0], [1, -1]])
    w = affinity(found).toarray()
    np.testing.assert_array_equal(w, [[0, 1, 1], [1, 0, 1], [1, 1, 0]])


def test_that_two_images_are_tied_when_either_names_the_other():
    w = affinity(np.array([[1], [2], [1], [0]])).toarray()
    np.testing.assert_array_equal(w, [[0, 1, 0, 1], [1, 0, 1, 0], [0, 1, 0, 0], [1, 0, 0, 0]])
    s = normalised(affinity(np.array([[1], [2], [1], [0]]))).toarray()
    np.testing.assert_allclose(s, w / np.sqrt(np.outer(w.sum(axis=0), w.sum(axis=0))), rtol=1e-6)


def test_that_cuts_are_the_share_of_ties_that_leave_a_class():
    # a path 0-1-2-3 and an edge 3-4: classes {0, 1, 2}, {3, 4}, none
    w = affinity(np.array([[1], [2], [3], [4], [3]]))
    cuts = normalised_cuts(w, np.array([0, 0, 0, 1, 1]), 3)
    np.testing.assert_allclose(cuts, [1 / 5, 1 / 3, 1])
    np.testing.assert_allclose(normalised_cuts(w, np.zeros(5, np.int64), 1), [0])


@pytest.mark.parametrize("alpha", ALPHAS)
def test_that_propagation_is_the_closed_form(alpha):
    s, labels = small_graph()
    beliefs, hidden = one_hot(labels, 2), stratified_folds(labels, seed=0)
    beliefs[::7] *= 10
    expected = closed_form(s, beliefs, hidden, alpha)
    np.testing.assert_allclose(propagate(s, beliefs, hidden, alpha), expected, atol=1e-3)


def test_that_an_image_is_not_judged_by_its_own_label():
    s, labels = small_graph()
    hidden = stratified_folds(labels, seed=0)
    before = propagate(s, one_hot(labels, 2), hidden, 0.95)
    turned = labels.copy()
    turned[11] = 1 - turned[11]
    after = propagate(s, one_hot(turned, 2), hidden, 0.95)
    np.testing.assert_allclose(after[11], before[11], atol=1e-6)
    others = np.flatnonzero((hidden != hidden[11]) & (s.toarray()[11] > 0))
    assert (np.abs(after[others] - before[others]).max(axis=1) > 1e-4).all()


def test_that_labels_that_are_never_hidden_are_read_with_all_others_seen():
    s, labels = small_graph()
    beliefs = one_hot(labels, 2)
    hidden = np.full(len(labels), -1)
    expected = closed_form(s, beliefs, hidden, 0.9)
    np.testing.assert_allclose(propagate(s, beliefs, hidden, 0.9), expected, atol=1e-3)


def test_that_beliefs_of_an_image_sum_to_one_where_labels_reach_it():
    s, labels = small_graph()
    for alpha in ALPHAS:
        found = propagate(s, one_hot(labels, 2), stratified_folds(labels, seed=0), alpha)
        np.testing.assert_allclose(found.sum(axis=1), 1, atol=2e-3)


def test_that_images_no_label_reaches_have_even_beliefs():
    ring = np.arange(6)
    w = affinity(np.concatenate([(ring + 1) % 6, 6 + (ring + 1) % 6])[:, None])
    beliefs = np.zeros((12, 3), np.float32)
    beliefs[:6, 1] = 1
    found = propagate(normalised(w), beliefs, stratified_folds(np.arange(12) // 6, seed=0), 0.9)
    np.testing.assert_array_equal(found[6:], 0)
    np.testing.assert_allclose(without_bias(found, np.array([0.2, 0.5, 0.3], np.float32), 1.0)[6:], 1 / 3)
    np.testing.assert_allclose(found[:6], one_hot(np.ones(6, int), 3), atol=1e-3)


def test_that_bias_is_divided_out_by_how_often_a_class_is_named():
    found = without_bias(np.array([[0.6, 0.4]], np.float32), np.array([0.75, 0.25], np.float32), 1.0)
    np.testing.assert_allclose(found, [[0.4 / 1.2, 0.8 / 1.2]], rtol=1e-5)
    unchanged = without_bias(np.array([[0.6, 0.4]], np.float32), np.array([0.75, 0.25], np.float32), 0.0)
    np.testing.assert_allclose(unchanged, [[0.6, 0.4]], rtol=1e-5)
    never = without_bias(np.array([[1, 0]], np.float32), np.array([1, 0], np.float32), 1.0)
    np.testing.assert_allclose(never, [[1, 0]])


def test_that_every_class_is_spread_over_the_folds():
    labels = np.repeat([0, 1, 2], [50, 23, 4])
    fold = stratified_folds(labels, seed=0)
    for k in range(3):
        counts = np.bincount(fold[labels == k], minlength=5)
        assert counts.max() - counts.min() <= 1
    np.testing.assert_array_equal(fold, stratified_folds(labels, seed=0))
    assert (fold != stratified_folds(labels, seed=1)).any()


def test_that_propagation_can_be_cancelled_between_its_steps():
    def stop():
        raise JobCancelled

    s, labels = small_graph()
    with pytest.raises(JobCancelled):
        propagate(s, one_hot(labels, 2), stratified_folds(labels, seed=0), 0.9, tick=stop)
