"""The partition: the truth where classes separate, honest about its cut where they do not."""

import numpy as np
import pytest

from core.errors import JobCancelled
from core.refine.recipe import partition as module
from core.refine.recipe.graph import normalised_cuts
from core.refine.recipe.partition import BLUNT, find_partition, graphs_of
from tests.core.recipe_parts import blobs, flipped, no_tick, one_hot


def partition_of(points, labels, classes, seed=0, beliefs=None, tick=no_tick):
    hot = one_hot(labels, classes) if beliefs is None else beliefs
    mean = np.minimum(hot, 1).sum(axis=0) / np.minimum(hot, 1).sum()
    graphs = graphs_of([points], 2, seed, no_tick)
    return find_partition(graphs, hot, labels, mean, seed, tick), graphs


@pytest.mark.parametrize("classes", [2, 3, 6])
def test_that_it_is_the_truth_where_blobs_separate_whatever_the_labels_errors(classes):
    points, truth = blobs([300 // classes] * classes, dimensions=16, spread=8)
    found, _ = partition_of(points, flipped(truth, 0.3, classes), classes)
    assert (found.labels == truth).mean() > 0.99
    assert found.first_cut < 0.05 and (found.cuts < 0.05).all()


def test_that_one_class_called_another_is_found_out_by_the_bias_correction():
    points, truth = blobs([150, 150], spread=4)
    rng = np.random.default_rng(0)
    weak = np.where((truth == 0) & (rng.random(300) < 0.6), 1, truth)
    found, _ = partition_of(points, weak, 2)
    assert (found.labels == truth).mean() > 0.98


def test_that_classes_that_do_not_separate_have_a_blunt_cut():
    points = np.random.default_rng(0).normal(size=(300, 8)).astype(np.float32)
    found, _ = partition_of(points, np.arange(300) % 2, 2)
    assert found.first_cut > BLUNT
    assert found.setting.rounds == 0


def test_that_errors_that_fill_one_end_of_a_class_are_put_right():
    points, truth = blobs([200, 200])
    weak = flipped(truth, 0.05, 2)
    mine = np.flatnonzero(truth == 0)
    weak[mine[np.argsort(points[mine, 0])[:80]]] = 1  # one end of a blob
    found, _ = partition_of(points, weak, 2)
    assert (found.labels == truth).mean() > 0.99


def test_that_the_same_seed_gives_the_same_partition():
    points, truth = blobs([60, 60, 60], spread=3)
    weak = flipped(truth, 0.3, 3)
    (first, _), (again, _) = (partition_of(points, weak, 3, seed=4) for _ in range(2))
    np.testing.assert_array_equal(first.beliefs, again.beliefs)
    np.testing.assert_array_equal(first.depth, again.depth)


def test_that_the_labels_are_the_strongest_beliefs_and_the_cuts_theirs():
    points, truth = blobs([80, 80], spread=2)
    found, graphs = partition_of(points, flipped(truth, 0.3, 2), 2)
    np.testing.assert_array_equal(found.labels, found.beliefs.argmax(axis=1))
    np.testing.assert_allclose(found.cuts, normalised_cuts(graphs.distance, found.labels, 2))
    np.testing.assert_allclose(found.beliefs.sum(axis=1), 1, atol=1e-4)
    assert found.setting.cut == pytest.approx(normalised_cuts(graphs.all, found.labels, 2).mean(), abs=1e-4)


def test_that_images_lie_less_deep_near_the_border():
    points, truth = blobs([150, 150], spread=1.2)
    found, _ = partition_of(points, truth, 2)
    axis = points[truth == 1].mean(axis=0) - points[truth == 0].mean(axis=0)
    along = points @ axis
    near = np.abs(along - np.median(along))
    assert (found.depth >= 0).all() and (found.depth <= 1 + 1e-3).all()
    assert (
        found.depth[near < np.quantile(near, 0.1)].mean() < found.depth[near > np.median(near)].mean() - 0.05
    )


@pytest.mark.parametrize(("sizes", "rate", "seed"), [((400, 8), 0.1, 2), ((200, 200, 5), 0.0, 0)])
def test_that_a_later_round_never_cuts_more_ties_than_the_one_before(sizes, rate, seed):
    """A class of a few images makes the mean cut fall when it swallows half of a large one."""
    points, truth = blobs(sizes, seed=seed)
    weak = flipped(truth, rate, len(sizes), seed)
    found, graphs = partition_of(points, weak, len(sizes))
    cuts = normalised_cuts(graphs.distance, found.labels, len(sizes))
    last = np.average(cuts, weights=np.bincount(found.labels, minlength=len(sizes)) + 1e-9)
    assert last <= found.first_cut + 1e-6


def test_that_decisions_outlive_another_round():
    """Sixteen decisions give a part of a class to the other one; spread again without them it would go back."""
    rng = np.random.default_rng(0)
    part = np.repeat([0, 1, 2], [120, 60, 120])
    centres = np.zeros((3, 8))
    centres[1, 0], centres[2, 1] = 5, 8
    points = (centres[part] + rng.normal(size=(300, 8))).astype(np.float32)
    weak = flipped((part == 2).astype(np.int64), 0.1, 2)
    beliefs = one_hot(weak, 2)
    beliefs[rng.choice(np.flatnonzero(part == 1), 16, replace=False)] = [0, 10]
    found, _ = partition_of(points, weak, 2, beliefs=beliefs)
    assert (found.labels == (part > 0)).mean() > 0.97


def test_that_graphs_tie_like_images_in_each_view():
    points, _ = blobs([30, 30])
    graphs = graphs_of([points, points[:, :2].copy()], 2, 0, no_tick)
    both = graphs.all - graphs.distance - graphs.direction
    assert (both.toarray() >= 0).all() and graphs.all.max() == 6
    assert abs(graphs.all - graphs.all.T).max() == 0


def test_that_fewer_images_than_neighbours_are_all_tied():
    points, _ = blobs([2, 2])
    graphs = graphs_of([points], 1, 0, no_tick)
    np.testing.assert_array_equal(graphs.distance.toarray(), 1 - np.eye(4))


def test_that_images_of_small_classes_have_fewer_neighbours_so_that_most_can_be_of_their_own():
    points, truth = blobs([10, 10])
    graphs = graphs_of([points], 2, 0, no_tick)
    assert normalised_cuts(graphs.distance, truth, 2).max() == 0
    assert graphs.distance.sum(axis=1).min() >= 6


def test_that_progress_never_falls_and_ends_within_its_total():
    points, truth = blobs([60, 60])
    told = []
    partition_of(points, flipped(truth, 0.2, 2), 2, tick=lambda done, total: told.append((done, total)))
    done, totals = zip(*told, strict=True)
    assert list(done) == sorted(done)
    assert len(set(totals)) == 1 and done[-1] <= totals[0]


@pytest.mark.parametrize("after", [0, 3, 15])
def test_that_a_cancelled_job_ends_at_the_next_step(after):
    points, truth = blobs([60, 60])
    seen = []

    def tick(done, total):
        seen.append(done)
        if done >= after:
            raise JobCancelled

    with pytest.raises(JobCancelled):
        partition_of(points, flipped(truth, 0.2, 2), 2, tick=tick)
    assert max(seen) == after


def test_that_a_cancelled_job_ends_while_the_graphs_are_made():
    def tick(done, total):
        raise JobCancelled

    with pytest.raises(JobCancelled):
        graphs_of([blobs([20, 20])[0]], 2, 0, tick)


def test_that_agreement_with_the_weak_labels_does_not_choose_the_setting(monkeypatch):
    """The smallest mean cut does: a setting that only imitates the labels is not taken."""
    points, truth = blobs([100, 100], spread=4)
    weak = flipped(truth, 0.3, 2)
    real = module.propagate

    def imitating(s, beliefs, hidden, alpha, *args, **kwargs):
        return beliefs + 1e-3 if alpha == 0.9 else real(s, beliefs, hidden, alpha, *args, **kwargs)

    monkeypatch.setattr(module, "propagate", imitating)
    monkeypatch.setattr(module, "_ROUNDS", 0)
    found, _ = partition_of(points, weak, 2)
    assert found.setting.alpha != 0.9
    assert (found.labels == truth).mean() > 0.97
