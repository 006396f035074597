"""From a partition to labels that may be delivered: whose they are, how sure they are, and what to warn of."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.refine.recipe.features import Floats
from core.refine.recipe.partition import BLUNT, Partition
from core.refine.recipe.reliability import Reliability, estimate, posterior

Ints = npt.NDArray[np.int64]

_CHANCE, _CHANCE_A_CUT = 0.48, 2.2
_USUAL_WEAK_ERROR = 0.2
_SIGNIFICANT = 0.05
_LEARNABLE = 0.04
_GIVEN_UP, _LEFT_OF_A_CLASS = 0.05, 0.1
_SHARP = 0.03


@dataclass(frozen=True)
class Delivery:
    """`probabilities` (n, k) float32; `candidate` is 'graph', 'combined' or 'stage one', `reason` a sentence why."""

    probabilities: Floats
    candidate: str
    reason: str
    warnings: tuple[str, ...]
    weak_error: float
    graph_error: float


def deliver(partition: Partition, weak: Ints, truth: Ints, learnt: float) -> Delivery:
    """Weigh the partition against the weak labels (n,) with what people decided, `truth` (n,) or -1.

    `learnt` is the agreement of a classifier trained on the weak labels with them, out of fold: where it exceeds
    the partition's by far, the errors follow from the image content.
    """
    unknown = np.where(truth >= 0, -1, weak)
    found = estimate(partition.labels, unknown, partition.depth, partition.cuts)
    distrust = _distrust(partition, found, weak, truth)
    named = weak >= 0  # the others are of classes that the partition does not have
    agreement = float((partition.labels == weak)[named].mean()) if named.any() else 0.0
    warnings = _warnings(partition, learnt - agreement)
    if distrust:
        probabilities, candidate, reason = _held(partition, unknown, found), "stage one", distrust
    else:
        probabilities = posterior(partition.labels, unknown, partition.beliefs, found)
        taken = probabilities.argmax(axis=1)
        undecided = (truth < 0) & named
        if (taken == partition.labels)[undecided].all():
            candidate, reason = "graph", _reason(partition, agreement)
        elif (taken == weak)[undecided].all():
            candidate, reason = (
                "stage one",
                "No label could be corrected with more confidence than it already has.",
            )
        else:
            candidate = "combined"
            reason = f"{_reason(partition, agreement)} Near the borders stage 1's own labels were the better evidence."
    decided = truth >= 0
    probabilities[decided] = np.eye(probabilities.shape[1], dtype=np.float32)[truth[decided]]
    return Delivery(
        probabilities, candidate, reason, warnings, found.mean_weak_error, float(found.graph_error.mean())
    )


def _reason(partition: Partition, agreement: float) -> str:
    apart = "hardly touch" if partition.first_cut <= _SHARP else "overlap little"
    return (
        f"Like images form groups that {apart} (normalised cut {partition.first_cut:.3f}); "
        f"{agreement:.0%} of stage 1's labels agree with them."
    )


def _distrust(partition: Partition, found: Reliability, weak: Ints, truth: Ints) -> str:
    """Why stage 1's labels must stay; empty when they need not."""
    classes, cut = len(partition.cuts), partition.first_cut
    verdict = _by_decisions(partition, weak, truth)
    if verdict < 0:
        return "What people decided agrees better with stage 1's labels."
    if verdict == 0 and cut > BLUNT:
        return f"The classes do not separate in the images (normalised cut {cut:.2f})."
    named = np.bincount(weak[weak >= 0], minlength=classes) / max(len(weak), 1)
    left = np.bincount(partition.labels, minlength=classes) / len(weak)
    if (left < _LEFT_OF_A_CLASS * named)[named > _GIVEN_UP].any():
        return "The groups of like images leave no room for a class that stage 1 names often."
    chance = (classes - 1) / classes
    if found.mean_weak_error / (2 * chance) > _CHANCE - _CHANCE_A_CUT * min(cut, BLUNT):
        return f"The groups of like images do not correspond to the classes{_guessed(partition.labels, weak, classes)}."
    return ""


def _guessed(found: Ints, weak: Ints, classes: int) -> str:
    """What to add where both labellings (n,) agree no more than chance makes them; empty where they do.

    It explains a distrust and is no reason for one: of a few dozen images right labels may agree as little.
    """
    known = weak >= 0
    n = int(known.sum())
    if not n:
        return ""
    shares = [np.bincount(labels[known], minlength=classes) / n for labels in (found, weak)]
    chance = float(shares[0] @ shares[1])
    if float((found == weak)[known].mean()) > chance + 2 * np.sqrt(chance * (1 - chance) / n):
        return ""
    return ": stage 1's labels look like guesses, or the images differ by something else"


def _by_decisions(partition: Partition, weak: Ints, truth: Ints) -> int:
    """1 when people's decisions speak for the partition, -1 for stage 1, 0 when they cannot tell (exact McNemar)."""
    from scipy.stats import binomtest

    decided = truth >= 0
    better = int(((partition.labels == truth) & (weak != truth) & decided).sum())
    worse = int(((partition.labels != truth) & (weak == truth) & decided).sum())
    if not better + worse or binomtest(better, better + worse).pvalue > _SIGNIFICANT:
        return 0
    return 1 if better > worse else -1


def _held(partition: Partition, weak: Ints, found: Reliability) -> Floats:
    """(n, k) with stage 1's labels in place: surer where the partition agrees.

    Where the classes do not separate the two errors cannot be told apart, so stage 1 is taken to be wrong as often
    as zero-shot labels usually are, at most.
    """
    classes = partition.beliefs.shape[1]
    known = weak >= 0
    disagreement = float((partition.labels != weak)[known].mean()) if known.any() else 0.0
    error = min(found.mean_weak_error, _USUAL_WEAK_ERROR, disagreement)
    graph = float(
        np.clip((disagreement - error) / max(1 - error * classes / (classes - 1), 0.1), 0.001, 0.95)
    )
    confusion = np.full((classes, classes), error / max(classes - 1, 1))
    np.fill_diagonal(confusion, 1 - error)
    n = len(weak)
    even = Reliability(confusion, np.full(n, max(error, 1e-3)), np.full(n, graph))
    result = posterior(partition.labels, weak, partition.beliefs, even).astype(np.float64)
    rows = np.flatnonzero(known)
    own = result[rows, weak[rows]]
    result[rows, weak[rows]] = -1
    others = result[rows].max(axis=1)
    result[rows, weak[rows]] = np.maximum(own, others + 1e-3)
    return np.asarray(result / result.sum(axis=1, keepdims=True), np.float32)


def _warnings(partition: Partition, gap: float) -> tuple[str, ...]:
    warnings = []
    if partition.first_cut > BLUNT:
        warnings.append(
            "Classes that do not separate: check labels before you rely on them. A few dozen decisions help more "
            "than another training."
        )
    if gap >= _LEARNABLE and partition.first_cut > _SHARP:
        warnings.append(
            "The errors of stage 1 look learnable: they follow from the content of the images, and a network that "
            "is trained on these labels would repeat them."
        )
    return tuple(warnings)
