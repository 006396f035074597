"""How far the graph and the weak labels can be trusted: what is estimated from cases whose truth is known."""

import numpy as np
import pytest

from core.refine.recipe.reliability import Reliability, depth_bins, estimate, posterior
from tests.core.recipe_parts import flipped, one_hot

SHARP = 0.005


def case(n=600, classes=2, seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(0, classes, n), rng.random(n).astype(np.float32)


def unsure_beliefs(labels, classes, own=0.8):
    return (one_hot(labels, classes) * (own - (1 - own) / (classes - 1)) + (1 - own) / (classes - 1)).astype(
        np.float32
    )


def taken(graph, weak, depth, cuts, beliefs=None):
    beliefs = unsure_beliefs(graph, len(cuts)) if beliefs is None else beliefs
    found = estimate(graph, weak, depth, np.asarray(cuts, float))
    return found, posterior(graph, weak, beliefs, found)


@pytest.mark.parametrize("classes", [2, 4])
@pytest.mark.parametrize("rate", [0.05, 0.2, 0.4])
def test_that_random_errors_are_measured_and_put_right(rate, classes):
    truth, depth = case(1200, classes)
    weak = flipped(truth, rate, classes)
    found, result = taken(truth, weak, depth, [SHARP] * classes)
    assert found.mean_weak_error == pytest.approx((weak != truth).mean(), abs=0.03)
    assert (result.argmax(axis=1) == truth).mean() > 0.99
    assert found.graph_error.mean() < 0.03


def test_that_weak_labels_stay_where_the_graph_errs_at_the_borders():
    truth, depth = case(1200)
    shallow = depth < 0.25
    graph = np.where(shallow & (np.random.default_rng(1).random(1200) < 0.3), 1 - truth, truth)
    _, result = taken(graph, truth, depth, [0.06, 0.06])
    np.testing.assert_array_equal(result.argmax(axis=1), truth)


def test_that_errors_in_the_depth_are_the_weak_labels_own():
    truth, depth = case(1200)
    weak = np.where(depth > 0.75, flipped(truth, 0.3, 2), truth)
    found, result = taken(truth, weak, depth, [SHARP, SHARP])
    assert found.mean_weak_error > 0.08
    assert (result.argmax(axis=1) == truth)[depth > 0.75].mean() > 0.99


def test_that_a_class_that_errs_more_is_told_from_one_that_errs_less():
    truth, depth = case(1200)
    weak = np.where((truth == 0) & (np.random.default_rng(2).random(1200) < 0.3), 1, truth)
    found, _ = taken(truth, weak, depth, [SHARP, SHARP])
    assert 1 - found.confusion[0, 0] == pytest.approx(0.3, abs=0.06)
    assert 1 - found.confusion[1, 1] < 0.05


def test_that_wrong_labels_are_shared_out_as_they_are_seen():
    truth, depth = case(1500, 3)
    weak = np.where((truth == 0) & (np.random.default_rng(2).random(1500) < 0.4), 2, truth)
    found, _ = taken(truth, weak, depth, [SHARP] * 3)
    assert found.confusion[0, 2] > 10 * found.confusion[0, 1]
    np.testing.assert_allclose(found.confusion.sum(axis=1), 1, atol=1e-6)


def test_that_a_small_class_is_drawn_towards_all_of_them():
    """Of six images two disagree: that alone does not make a third of its labels wrong."""
    graph = np.repeat([0, 1], [600, 6])
    depth = np.linspace(1, 0.1, 606).astype(np.float32)
    weak = graph.copy()
    weak[[600, 602]] = 0
    found, _ = taken(graph, weak, depth, [SHARP, SHARP])
    assert 1 - found.confusion[0, 0] < 0.01
    assert 1 - found.confusion[1, 1] < 0.15
    many = np.repeat([0, 1], [600, 600])
    often = many.copy()
    often[600::3] = 0
    large, _ = taken(many, often, np.random.default_rng(0).random(1200).astype(np.float32), [SHARP, SHARP])
    assert 1 - large.confusion[1, 1] > 0.25


def test_that_a_blunt_graph_corrects_less_than_a_sharp_one():
    truth, depth = case(1200)
    weak = flipped(truth, 0.1, 2)
    sharp, corrected = taken(truth, weak, depth, [SHARP, SHARP])
    blunt, kept = taken(truth, weak, depth, [0.2, 0.2])
    assert sharp.graph_error.mean() < blunt.graph_error.mean()
    changed = [(result.argmax(axis=1) != weak).sum() for result in (corrected, kept)]
    assert changed[1] < changed[0]


def test_that_unknown_weak_labels_leave_the_graphs_and_count_nothing():
    truth, depth = case(600)
    weak = flipped(truth, 0.2, 2)
    some = weak.copy()
    some[::5] = -1
    found, result = taken(truth, some, depth, [SHARP, SHARP])
    np.testing.assert_array_equal(result[::5].argmax(axis=1), truth[::5])
    np.testing.assert_allclose(result[::5].max(axis=1), 1 - found.graph_error[::5], atol=1e-5)
    assert found.mean_weak_error == pytest.approx(0.2, abs=0.05)


def test_that_the_posterior_is_bayes_rule():
    found = Reliability(np.array([[0.7, 0.3], [0.2, 0.8]]), np.array([0.3, 0.2]), np.array([0.1, 0.4]))
    result = posterior(np.array([0, 1]), np.array([1, 1]), np.full((2, 2), 0.5, np.float32), found)
    first = np.array([0.9 * 0.3, 0.1 * 0.7])
    second = np.array([0.4 * 0.2, 0.6 * 0.8])
    np.testing.assert_allclose(result, [first / first.sum(), second / second.sum()], atol=1e-4)


def test_that_the_beliefs_say_which_other_label_the_graph_would_give():
    found = Reliability(np.full((3, 3), 1 / 3), np.array([0.3]), np.array([0.3]))
    result = posterior(np.array([0]), np.array([-1]), np.array([[0.6, 0.3, 0.1]], np.float32), found)
    np.testing.assert_allclose(result, [[0.7, 0.225, 0.075]], atol=2e-3)


def test_that_depth_is_binned_within_each_label_deepest_first():
    labels = np.array([0] * 16 + [1] * 8)
    depth = np.concatenate([np.linspace(1, 0.5, 16), np.linspace(0.1, 0.4, 8)]).astype(np.float32)
    np.testing.assert_array_equal(depth_bins(labels, depth), [*np.repeat(np.arange(8), 2), *range(7, -1, -1)])


def test_that_an_empty_class_and_a_class_of_one_are_no_obstacle():
    graph = np.array([0] * 30 + [2])
    found, result = taken(graph, graph.copy(), np.ones(31, np.float32), [SHARP, 1.0, 0.9])
    assert np.isfinite(result).all() and np.isfinite(found.confusion).all()
    np.testing.assert_array_equal(result.argmax(axis=1), graph)


@pytest.mark.parametrize("cuts", [[0.13, 0.13], [0.023, 0.345]])
def test_that_an_error_rate_is_never_more_than_everything(cuts):
    graph, depth = case(200)
    found, _ = taken(graph, 1 - graph, depth, cuts)
    assert 0 <= found.mean_weak_error <= 1
    assert (found.confusion >= 0).all()
    assert (found.weak_error <= 1).all() and (found.graph_error <= 1).all()


def test_that_no_error_is_made_out_where_every_weak_label_is_unknown():
    graph, depth = case(100)
    found, _ = taken(graph, np.full(100, -1), depth, [SHARP, SHARP])
    assert found.mean_weak_error < 0.5


@pytest.mark.parametrize(("rate", "graph_wins"), [(0.8, True), (0.3, False)])
def test_that_the_graph_has_the_benefit_of_the_doubt_where_one_in_five_disagrees(rate, graph_wins):
    """The same place, far from the depth: many errors there are stage 1's, few may be the graph's."""
    graph, depth = case(1200)
    shallow = depth < 0.27
    weak = np.where(shallow & (np.random.default_rng(1).random(1200) < rate), 1 - graph, graph)
    _, result = taken(graph, weak, depth, [0.08, 0.08])
    against = weak != graph
    assert (result.argmax(axis=1) == graph)[against].mean() == pytest.approx(
        1.0 if graph_wins else 0.0, abs=0.2
    )
