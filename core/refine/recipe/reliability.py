"""How far to trust the graph's labels, and how far the weak ones, without any known label.

Deep inside a part of the graph its label is nearly surely right, so the share of weak labels that disagree
there is the weak labels' own error rate. Towards the borders more labels disagree, and the excess is the error
rate of the graph. Both together are a posterior for every image (Bayes), which keeps a weak label wherever
there is less reason to doubt it than to doubt the graph.

The error rate of the graph's labels cannot be seen where it is even all over. On medical image sets of many
kinds it lay between 0.4 and 3.3 normalised cuts on average, up to about a third of that in the depth and 1.5 to
8 cuts from there to the borders: these bounds enter as prior knowledge. Where more labels disagree than the
graph's largest error explains, the weak labels must be worse there than in the depth.

Errors that follow from the image content hide from this: they look like a graph that is wrong in places. When
so many labels disagree that the weak ones must be about as bad as zero-shot labels usually are (one in five),
the graph is given the benefit of the doubt.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Doubles = npt.NDArray[np.float64]

BINS = 8
_DEEP_BINS = 2
_PRIOR_IMAGES = 12.0  # with which an estimate of a class is drawn towards that of all
_DEEP_SHARE = 0.3  # the graph's error in the depth, as a share of its mean
_LEAST, _MOST = 0.4, 3.3  # the graph's mean error, in cuts
_MOST_BY_DEPTH = np.linspace(1.5, 8.0, BINS)  # and that of each eighth
_LARGEST = 0.5
_USUAL_BY_DEPTH = np.linspace(0.3, 1.7, BINS)
USUAL_DISAGREEMENT = 0.18  # from which on the graph has the benefit of the doubt
_SHARPEST = 0.0005  # a cut of 0 does not prove that no label is wrong


@dataclass(frozen=True)
class Reliability:
    """`confusion` (k, k): P(weak label j | right label i) on average over the depths; `weak_error` (n,): P(the weak
    label is wrong) where an image lies; `graph_error` (n,): P(the graph's label is wrong)."""

    confusion: Doubles
    weak_error: Doubles
    graph_error: Doubles

    @property
    def mean_weak_error(self) -> float:
        """The mean over the classes of the weak labels' error rate."""
        return float(1 - np.mean(np.diag(self.confusion)))


def estimate(graph_labels: Ints, weak: Ints, depth: Floats, cuts: Doubles) -> Reliability:
    """From labels (n,) of both kinds (weak -1: not known), the `depth` (n,) of each image in its part, and the
    normalised cut of each class (k,)."""
    classes = len(cuts)
    bins = depth_bins(graph_labels, depth)
    known = weak >= 0
    confusion = np.zeros((BINS, classes, classes))
    np.add.at(confusion, (bins[known], graph_labels[known], weak[known]), 1)
    counts, same = confusion.sum(axis=2), confusion.diagonal(axis1=1, axis2=2)  # (bins, k)
    cuts = np.maximum(cuts, _SHARPEST)
    mean_cut = float(np.average(cuts, weights=counts.sum(axis=0) + 1e-9))
    pooled = _weak_error(counts.sum(axis=1), same.sum(axis=1), mean_cut, classes)
    trusting = _differing(same.sum(), counts.sum()) >= USUAL_DISAGREEMENT
    errors = np.empty((classes, classes))
    graph_error, weak_error = np.empty(len(graph_labels)), np.empty(len(graph_labels))
    overall = _disagreement(counts.sum(axis=1), same.sum(axis=1))
    for k in range(classes):
        deep, size = counts[:_DEEP_BINS, k].sum(), counts[:, k].sum() / BINS
        own = _weak_error(counts[:, k], same[:, k], cuts[k], classes) if deep else pooled
        error = (deep * own + _PRIOR_IMAGES * pooled) / (deep + _PRIOR_IMAGES)
        errors[k] = _towards_others(confusion[:, k].sum(axis=0), k, error)
        each = _disagreement(counts[:, k], same[:, k])
        each = (size * each + _PRIOR_IMAGES * (overall + error - pooled)) / (size + _PRIOR_IMAGES)
        wrong, weaker = _split(each, error, cuts[k], 0.5 / np.sqrt(size + 1), classes)
        if trusting:
            usual = np.minimum(_USUAL_BY_DEPTH * cuts[k], _LARGEST)
            weaker = np.maximum(
                weaker, [_less(share, e, classes) for share, e in zip(each, usual, strict=True)]
            )
            wrong = np.minimum(usual, 0.8 * weaker)
        mine = graph_labels == k
        graph_error[mine], weak_error[mine] = wrong[bins[mine]], weaker[bins[mine]]
    return Reliability(errors, weak_error, graph_error)


def _split(each: Doubles, error: float, cut: float, doubt: float, classes: int) -> tuple[Doubles, Doubles]:
    """(bins,) errors of the graph and of the weak labels that explain the disagreement `each`."""
    most = np.minimum(_MOST_BY_DEPTH * cut, _LARGEST)
    wrong = np.clip([_less(share, error, classes) for share in each], _LEAST * _DEEP_SHARE * cut, most)
    local = [_less(share - doubt, limit, classes) for share, limit in zip(each, most, strict=True)]
    return wrong, np.maximum(local, error)


def depth_bins(labels: Ints, depth: Floats) -> Ints:
    """(n,) 0 for the deepest eighth of each label's images, to 7 for the shallowest."""
    order = np.lexsort((-depth, labels))
    starts = np.searchsorted(labels[order], labels[order], side="left")
    counts = np.bincount(labels, minlength=labels.max(initial=0) + 1)
    bins = np.empty(len(labels), np.int64)
    bins[order] = (np.arange(len(labels)) - starts) * BINS // counts[labels[order]]
    return bins


def posterior(graph_labels: Ints, weak: Ints, beliefs: Floats, found: Reliability) -> Floats:
    """P(label | graph, weak label) (n, k) float32; `beliefs` (n, k) say which other label the graph would give."""
    n, k = beliefs.shape
    rows = np.arange(n)
    others = beliefs.astype(np.float64) + 1e-3 / k
    others[rows, graph_labels] = 0
    prior = others / others.sum(axis=1, keepdims=True) * found.graph_error[:, None]
    prior[rows, graph_labels] = 1 - found.graph_error
    known = weak >= 0
    prior[known] *= _likelihood(weak[known], found.confusion, found.weak_error[known])
    return np.asarray(prior / prior.sum(axis=1, keepdims=True), np.float32)


def _likelihood(weak: Ints, confusion: Doubles, error: Doubles) -> Doubles:
    """(m, k): P(this weak label (m,) | right label), with the share `error` (m,) of wrong ones at each image."""
    error = np.clip(error, 1e-4, 0.9)[:, None]
    off = confusion.copy()
    np.fill_diagonal(off, 0)
    off /= np.maximum(off.sum(axis=1, keepdims=True), 1e-12)
    own = weak[:, None] == np.arange(len(confusion))
    return np.where(own, 1 - error, off.T[weak] * error)


def _weak_error(counts: Doubles, same: Doubles, cut: float, classes: int) -> float:
    """The weak labels' error rate from the disagreement in the depth, within the bounds on the graph's error."""
    deep = _differing(same[:_DEEP_BINS].sum(), counts[:_DEEP_BINS].sum())
    mean = _differing(same.sum(), counts.sum())
    found = deep - _DEEP_SHARE / (1 - _DEEP_SHARE) * max(mean - deep, 0)
    least, most = (_less(mean, error * cut, classes) for error in (_MOST, _LEAST))
    return float(np.clip(found, least, max(least, most)))


def _differing(same: float, counts: float) -> float:
    return 1 - float(same) / float(counts) if counts else 0.0


def _less(disagreement: float, error: float, classes: int) -> float:
    """The one error rate that explains a disagreement together with the other one, both independent."""
    scale = 1 - error * classes / (classes - 1)
    return min(max((disagreement - error) / scale, 0.0), 1.0) if scale > 0.05 else 0.0


def _towards_others(counts: Doubles, own: int, error: float) -> Doubles:
    """(k,) row of the confusion with this `error`, shared out as the disagreeing weak labels (k,) are."""
    shares = counts + 1.0
    shares[own] = 0
    row = error * shares / shares.sum()
    row[own] = 1 - error
    return np.asarray((row + 1e-3 / len(row)) / (row + 1e-3 / len(row)).sum())


def _disagreement(counts: Doubles, same: Doubles) -> Doubles:
    """(bins,) share of weak labels that disagree, made to never fall from the depth outwards."""
    from sklearn.isotonic import IsotonicRegression

    share = 1 - same / np.maximum(counts, 1e-9)
    fit = IsotonicRegression().fit_transform(np.arange(BINS), share, sample_weight=counts + 1e-6)
    return np.asarray(fit)
