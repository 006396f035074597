"""Whose labels are delivered: the graph's, stage 1's or both, by the evidence and by what people decided."""

from dataclasses import replace

import numpy as np
import pytest

from core.refine.recipe.delivery import deliver
from core.refine.recipe.partition import Partition, Setting
from tests.core.recipe_parts import flipped, nobody, one_hot

N = 400


def partition(labels, cut=0.01, classes=2, depth=None):
    """A partition as a graph might have brought it, with an even cut."""
    beliefs = (0.8 * one_hot(labels, classes) + 0.2 / classes).astype(np.float32)
    depth = np.random.default_rng(0).random(len(labels)).astype(np.float32) if depth is None else depth
    setting = Setting("distance", 0.9, 1.0, cut, 0, beliefs)
    return Partition(labels, beliefs, depth, np.full(classes, cut), setting, cut)


def halves():
    return np.arange(N) % 2


def test_that_the_graph_is_taken_where_it_separates_the_classes():
    truth = halves()
    found = deliver(partition(truth), flipped(truth, 0.25, 2), nobody(N), 0.75)
    assert found.candidate == "graph" and "0.010" in found.reason
    np.testing.assert_array_equal(found.probabilities.argmax(axis=1), truth)
    assert found.weak_error == pytest.approx(0.25, abs=0.04) and found.warnings == ()
    assert found.graph_error < 0.05


def test_that_both_are_combined_where_each_is_better_somewhere():
    truth = halves()
    depth = np.linspace(1, 0, N).astype(np.float32)
    rng = np.random.default_rng(1)
    graph = np.where((depth < 0.2) & (rng.random(N) < 0.3), 1 - truth, truth)
    weak = np.where((depth > 0.6) & (rng.random(N) < 0.1), 1 - truth, truth)
    found = deliver(partition(graph, 0.04, depth=depth), weak, nobody(N), 0.75)
    assert found.candidate == "combined"
    right = (found.probabilities.argmax(axis=1) == truth).mean()
    assert right > (graph == truth).mean() and right > (weak == truth).mean()


def test_that_stage_one_stays_where_the_classes_do_not_separate():
    truth = halves()
    weak = flipped(truth, 0.2, 2)
    found = deliver(partition(truth, 0.3), weak, nobody(N), 0.75)
    assert found.candidate == "stage one" and "do not separate" in found.reason
    np.testing.assert_array_equal(found.probabilities.argmax(axis=1), weak)
    assert any("do not separate: check labels" in text for text in found.warnings)


def test_that_stage_one_stays_where_the_groups_have_nothing_to_do_with_the_classes():
    groups = np.repeat([0, 1], N // 2)
    weak = flipped(halves(), 0.1, 2)
    found = deliver(partition(groups), weak, nobody(N), 0.9)
    assert found.candidate == "stage one" and "correspond" in found.reason
    assert "look like guesses, or the images differ by something else" in found.reason
    np.testing.assert_array_equal(found.probabilities.argmax(axis=1), weak)


@pytest.mark.parametrize("classes", [2, 4])
def test_that_labels_that_are_guesses_stay_and_are_called_so(classes):
    groups = np.arange(N) % classes
    weak = np.random.default_rng(3).integers(0, classes, N)
    found = deliver(partition(groups, classes=classes), weak, nobody(N), 0.5)
    assert found.candidate == "stage one" and "look like guesses" in found.reason
    np.testing.assert_array_equal(found.probabilities.argmax(axis=1), weak)


def test_that_half_right_labels_are_no_guesses():
    groups = np.repeat(np.arange(4), N // 4)
    weak = np.where(np.arange(N) % 10 < 6, groups, (groups + 1) % 4)
    found = deliver(partition(groups, 0.09, classes=4), weak, nobody(N), 0.6)
    assert "guesses" not in found.reason


def test_that_images_of_classes_outside_the_graph_are_no_disagreement():
    truth = halves()
    weak = np.where(np.arange(N) < 100, -1, truth)  # a quarter of the images is of classes that are too rare
    found = deliver(partition(truth), weak, nobody(N), 1.0)
    assert found.candidate == "graph" and "100% of stage 1's labels agree" in found.reason
    assert deliver(partition(truth, 0.05), weak, nobody(N), 1.0).warnings == (), (
        "no gap to what can be learnt"
    )


def test_that_held_labels_are_surer_where_the_groups_agree():
    truth = halves()
    weak = flipped(truth, 0.2, 2)
    found = deliver(partition(truth, 0.3), weak, nobody(N), 0.75).probabilities.max(axis=1)
    assert found[weak == truth].min() > found[weak != truth].max()
    assert (found >= 0.5).all()


def test_that_errors_that_look_learnable_are_warned_of():
    truth = halves()
    weak = flipped(truth, 0.2, 2)
    agreement = (truth == weak).mean()
    (warning,) = deliver(partition(truth, 0.05), weak, nobody(N), agreement + 0.05).warnings
    assert "learnable" in warning
    assert deliver(partition(truth, 0.05), weak, nobody(N), agreement + 0.02).warnings == ()
    assert deliver(partition(truth, 0.01), weak, nobody(N), agreement + 0.05).warnings == ()


@pytest.mark.parametrize("cut", [0.01, 0.3])
def test_that_a_decision_is_certain_whatever_the_evidence_says(cut):
    truth = halves()
    decided = nobody(N)
    decided[:20] = 1 - truth[:20]
    found = deliver(partition(truth, cut), flipped(truth, 0.2, 2), decided, 0.8)
    np.testing.assert_array_equal(found.probabilities[:20], one_hot(1 - truth[:20], 2))


def test_that_decisions_can_speak_for_a_blunt_graph():
    truth = halves()
    weak = flipped(truth, 0.2, 2)
    decided = nobody(N)
    against = np.flatnonzero(weak != truth)
    decided[against[:5]] = truth[against[:5]]  # five of five: p = 0.06
    assert deliver(partition(truth, 0.12), weak, decided, 0.75).candidate == "stage one"
    decided[against[:6]] = truth[against[:6]]  # six of six: p = 0.03
    found = deliver(partition(truth, 0.12), weak, decided, 0.75)
    assert found.candidate != "stage one"
    assert (found.probabilities.argmax(axis=1) == truth).mean() > (weak == truth).mean()


def test_that_decisions_can_speak_for_stage_one():
    truth = halves()
    graph = flipped(truth, 0.2, 2)
    decided = nobody(N)
    against = np.flatnonzero(graph != truth)[:6]
    decided[against] = truth[against]
    found = deliver(partition(graph), truth, decided, 0.75)
    assert found.candidate == "stage one" and "decided" in found.reason
    np.testing.assert_array_equal(found.probabilities.argmax(axis=1), truth)


def test_that_decisions_both_are_right_about_tell_nothing():
    truth = halves()
    weak = flipped(truth, 0.2, 2)
    decided = np.where((weak == truth) & (np.arange(N) < 100), truth, -1)
    assert deliver(partition(truth, 0.3), weak, decided, 0.75).candidate == "stage one"
    assert deliver(partition(truth, 0.01), weak, decided, 0.75).candidate == "graph"


def test_that_labels_the_graph_cannot_better_are_called_stage_ones():
    truth = halves()
    depth = np.linspace(1, 0, N).astype(np.float32)
    graph = np.where((depth < 0.2) & (np.random.default_rng(1).random(N) < 0.3), 1 - truth, truth)
    found = deliver(partition(graph, 0.04, depth=depth), truth, nobody(N), 0.9)
    np.testing.assert_array_equal(found.probabilities.argmax(axis=1), truth)
    assert found.candidate == "stage one" and "No label could be corrected" in found.reason
    assert found.weak_error < 0.02


def test_that_the_warning_of_blunt_classes_goes_by_the_first_cut():
    blunt = replace(partition(halves(), 0.01), first_cut=0.2)
    found = deliver(blunt, flipped(halves(), 0.2, 2), nobody(N), 0.75)
    assert found.candidate == "stage one" and found.warnings
