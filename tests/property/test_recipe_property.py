"""Whatever the labels, depths and cuts: finite probabilities between 0 and 1 that sum to 1."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from core.refine.recipe.delivery import deliver
from core.refine.recipe.graph import affinity, nearest, normalised, normalised_cuts
from core.refine.recipe.partition import Partition, Setting
from core.refine.recipe.propagation import propagate, without_bias
from core.refine.recipe.reliability import depth_bins, estimate, posterior
from core.refine.splits import stratified_folds


@st.composite
def cases(draw):
    """Graph labels, weak labels with unknown ones, beliefs, depth, cuts and decisions of up to 60 images."""
    classes, n = draw(st.integers(2, 10)), draw(st.integers(1, 60))
    labels = st.lists(st.integers(0, classes - 1), min_size=n, max_size=n)
    unknown = st.lists(st.integers(-1, classes - 1), min_size=n, max_size=n)
    unit = st.floats(0, 1, width=32)
    graph, weak, decided = (np.array(draw(kind)) for kind in (labels, unknown, unknown))
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    beliefs = rng.dirichlet(np.full(classes, draw(st.floats(0.05, 5))), n).astype(np.float32)
    if draw(st.booleans()):
        weak = np.where(rng.random(n) < 0.8, graph, weak)
    depth = np.array(draw(st.lists(unit, min_size=n, max_size=n)), np.float32)
    cuts = np.array(draw(st.lists(unit, min_size=classes, max_size=classes)), np.float64)
    return graph, weak, beliefs, depth, cuts, decided


def assert_probabilities(found):
    assert np.isfinite(found).all() and (found >= 0).all() and (found <= 1 + 1e-6).all()
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-4)


@settings(max_examples=150, deadline=None)
@given(cases())
def test_that_any_evidence_gives_probabilities(case):
    graph, weak, beliefs, depth, cuts, _ = case
    found = estimate(graph, weak, depth, cuts)
    assert_probabilities(posterior(graph, weak, beliefs, found))
    assert (found.graph_error >= 0).all() and (found.graph_error <= 0.5 + 1e-9).all()
    assert (found.weak_error >= 0).all() and np.isfinite(found.weak_error).all()


@settings(max_examples=150, deadline=None)
@given(cases())
def test_that_estimated_errors_are_shares(case):
    graph, weak, _, depth, cuts, _ = case
    found = estimate(graph, weak, depth, cuts)
    assert 0 <= found.mean_weak_error <= 1
    assert_probabilities(found.confusion)


@settings(max_examples=100, deadline=None)
@given(cases(), st.floats(0, 1), st.floats(0, 1))
def test_that_any_delivery_is_probabilities_with_decisions_certain(case, first_cut, learnt):
    graph, weak, beliefs, depth, cuts, decided = case
    setting = Setting("distance", 0.9, 1.0, float(cuts.mean()), 0, beliefs)
    found = deliver(Partition(graph, beliefs, depth, cuts, setting, first_cut), weak, decided, learnt)
    assert_probabilities(found.probabilities)
    known = decided >= 0
    assert (found.probabilities[known, decided[known]] == 1).all()
    assert found.candidate in ("graph", "combined", "stage one") and found.reason
    if found.candidate == "stage one":
        kept = ~known & (weak >= 0)
        np.testing.assert_array_equal(found.probabilities.argmax(axis=1)[kept], weak[kept])


@settings(max_examples=50, deadline=None)
@given(cases())
def test_that_depth_bins_are_even_and_ordered_within_each_label(case):
    graph, _, _, depth, _, _ = case
    bins = depth_bins(graph, depth)
    assert (bins >= 0).all() and (bins <= 7).all()
    for label in np.unique(graph):
        own = bins[graph == label][np.argsort(-depth[graph == label], kind="stable")]
        assert (np.diff(own) >= 0).all()
        counts = np.bincount(own, minlength=8)
        assert counts.max() - counts.min() <= 1


@settings(max_examples=40, deadline=None)
@given(cases(), st.sampled_from([0.9, 0.98, 0.9995]), st.sampled_from([0.0, 0.5, 1.0]))
def test_that_any_graph_and_labels_spread_to_probabilities(case, alpha, power):
    graph, weak, beliefs, _, _, _ = case
    n, classes = beliefs.shape
    w = affinity(nearest(beliefs, min(5, n - 1), 0)) if n > 1 else affinity(np.full((1, 1), -1))
    hot = np.eye(classes, dtype=np.float32)[graph] * (weak >= 0)[:, None]
    spread = propagate(normalised(w), hot, stratified_folds(graph, seed=0), alpha)
    mean = (hot.mean(axis=0) / max(hot.mean(axis=0).sum(), 1e-9)).astype(np.float32)
    assert_probabilities(without_bias(spread, mean, power))
    cuts = normalised_cuts(w, graph, classes)
    assert (cuts >= -1e-6).all() and (cuts <= 1).all()
