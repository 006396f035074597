"""The whole recipe: weak labels and views of the images in, better labels and how sure they are out."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from core.refine.recipe.decisions import decided_certain
from core.refine.recipe.delivery import Delivery, deliver
from core.refine.recipe.features import Floats, by_distance
from core.refine.recipe.partition import Graphs, Partition, Tick, find_partition, graphs_of
from core.refine.splits import stratified_folds

Ints = npt.NDArray[np.int64]

FEWEST = 4
"""Images of a class below which a graph cannot tell it from a mistake."""
FEWEST_IMAGES = 16
"""Images below which no partition was better than the weak labels."""
DECIDED_WEIGHT = 10.0
"""What a label that a person decided counts in the graph, next to 1 for a weak one."""
_CONFIDENCE_OF_FEW = 0.5
_SAMPLE = 8_000


@dataclass(frozen=True)
class RecipeResult:
    """`delivery` over all classes; None for `partition` and `graphs` where there was nothing to separate."""

    delivery: Delivery
    partition: Partition | None
    graphs: Graphs | None


def run_recipe(
    views: list[Floats],
    weak: Ints,
    truth: Ints,
    learn: npt.NDArray[np.bool_],
    classes: int,
    seed: int,
    tick: Tick,
) -> RecipeResult:
    """Labels for n images from their `views`, weak labels (n,), decisions `truth` (n,) or -1, and `learn` (n,) False
    for images whose weak label may not teach the others.

    Classes with fewer than four images keep what stage 1 says of them; the others are separated. Stage 1's labels
    stay when there are fewer than 16 images: the neighbours of each are then of every class, whatever they show.
    """
    labels = np.where(truth >= 0, truth, weak)
    counts = np.bincount(labels[learn], minlength=classes)
    kept = np.flatnonzero(counts >= FEWEST)
    if len(kept) < 2:
        return RecipeResult(_unseparated(weak, truth, classes, _nothing_to_separate(counts)), None, None)
    if len(weak) < FEWEST_IMAGES:
        return RecipeResult(_unseparated(weak, truth, classes, _too_few(len(weak))), None, None)
    column = np.full(classes + 1, -1)
    column[kept] = np.arange(len(kept))  # the last entry stands for unknown labels
    small_weak, small_truth = column[weak], column[truth]
    small_labels = np.where(truth >= 0, small_truth, small_weak)
    graphs = graphs_of(views, len(kept), seed, lambda done, total: tick(done, 2 * total))
    teaches = learn & (small_labels >= 0)
    beliefs = np.zeros((len(weak), len(kept)), np.float32)
    beliefs[teaches, small_labels[teaches]] = 1
    mean_weak = beliefs.sum(axis=0) / beliefs.sum()
    beliefs[truth >= 0] *= DECIDED_WEIGHT
    partition = find_partition(
        graphs, beliefs, labels, mean_weak, seed, lambda done, total: tick(total + done, 2 * total)
    )
    alone = (np.ptp(partition.beliefs, axis=1) < 1e-6) & (small_weak >= 0)  # no label reaches them
    partition = replace(partition, labels=np.where(alone, small_weak, partition.labels))
    learnt = _learnable(by_distance(views), np.where(teaches, small_weak, -1), seed)
    delivery = deliver(partition, small_weak, small_truth, learnt)
    return RecipeResult(_expanded(delivery, kept, weak, truth, classes), partition, graphs)


def _learnable(features: Floats, weak: Ints, seed: int) -> float:
    """Agreement with the weak labels (n,), -1 for none, of a logistic regression trained on them, out of fold."""
    from sklearn.linear_model import LogisticRegression

    rows = np.random.default_rng(seed).permutation(np.flatnonzero(weak >= 0))[:_SAMPLE]
    x, y = features[rows] * 4, weak[rows]
    folds = stratified_folds(y, seed=seed + 2)
    right = 0
    for fold in range(int(folds.max()) + 1):
        seen = folds != fold
        if len(np.unique(y[seen])) > 1:
            model = LogisticRegression(C=1.0, max_iter=100, tol=1e-3).fit(x[seen], y[seen])
            right += int((model.predict(x[~seen]) == y[~seen]).sum())
        else:
            right += int((y[~seen] == y[seen][0]).sum()) if seen.any() else 0
    return right / max(len(rows), 1)


def _expanded(delivery: Delivery, kept: Ints, weak: Ints, truth: Ints, classes: int) -> Delivery:
    """Over all classes again; images of the rare ones keep their label."""
    n = len(weak)
    probabilities = np.zeros((n, classes), np.float32)
    probabilities[:, kept] = delivery.probabilities
    rare = np.setdiff1d(np.arange(classes), kept)
    odd = np.flatnonzero(np.isin(weak, rare) & (truth < 0))
    probabilities[odd] *= 1 - _CONFIDENCE_OF_FEW
    probabilities[odd, weak[odd]] += _CONFIDENCE_OF_FEW + 1e-3
    probabilities = decided_certain(probabilities, truth)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    warnings = delivery.warnings
    if len(odd):
        told = (
            "1 image is of a class with fewer than {} images: it keeps stage 1's label."
            if len(odd) == 1
            else "{1:,} images are of classes with fewer than {0} images: they keep stage 1's label."
        )
        warnings = (*warnings, told.format(FEWEST, len(odd)))
    return Delivery(
        probabilities,
        delivery.candidate,
        delivery.reason,
        warnings,
        delivery.weak_error,
        delivery.graph_error,
    )


def _unseparated(weak: Ints, truth: Ints, classes: int, reason: str) -> Delivery:
    labels = np.where(truth >= 0, truth, weak)
    usual = 0.8 if classes > 1 else 1.0
    probabilities = np.full((len(weak), classes), (1 - usual) / max(classes - 1, 1), np.float32)
    probabilities[np.arange(len(weak)), labels] = usual
    return Delivery(decided_certain(probabilities, truth), "stage one", reason, (), 0.0, 0.0)


def _nothing_to_separate(counts: Ints) -> str:
    if counts.max(initial=0) < FEWEST:
        return f"No class has {FEWEST} images or more."
    return "Stage 1 gave nearly every image the same class: there is nothing to separate."


def _too_few(images: int) -> str:
    return (
        f"{images} images are too few for the second stage to judge: it compares each with those most like it, "
        f"which takes {FEWEST_IMAGES} images or more."
    )
