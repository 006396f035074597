"""Emulated weak labels: errors of a chosen kind and rate, so that a second stage can be judged without CLIP.

What decides about a second stage is how the errors of the first one arise, so the kinds are told apart by that:

- N1: at random, towards any other class.
- N2: one class called another. Of two classes the first errs seven times as often as the second; of more, each
  errs towards the next one, at rates about the mean.
- N3a: wholly by the image's content: within a class those images err that lie furthest along one random
  direction of the features, towards the class that is nearest to them. A network can learn such errors.
- N3b: half of them as in N3a, half at random.
- N4: half of them as in N2, half as in N3a.
- N3m: by content too: the images that lie nearest to another class err.
- N3c: by content too: whole clusters of like images err.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.errors import UserError

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]

_DIMENSIONS = 16
_CLUSTERS = 12  # a class


@dataclass(frozen=True)
class _Case:
    truth: Ints
    features: Floats  # (n, d), whitened
    classes: int
    rng: np.random.Generator


def emulate(
    name: str, truth: Ints, pixels: npt.NDArray[np.uint8], rate: float, seed: int, classes: int
) -> Floats:
    """Weak probabilities (n, classes) float32 whose labels are wrong for about a share `rate` of the images.

    `truth` (n,) are the right labels, `pixels` (n, h, w[, 3]) uint8 decide the errors that follow from content.
    The confidence, 0.5 to 1, tells nothing about which labels are right. Raises `ValueError` for an unknown
    name or a rate outside 0..0.9, and `UserError` for images of fewer than two classes.
    """
    if name not in KINDS:
        raise ValueError(f"There is no kind of errors '{name}'; there are {', '.join(KINDS)}.")
    if not 0 <= rate <= 0.9:
        raise ValueError(f"A rate of {rate} is outside 0 to 0.9: it is the expected share of wrong labels.")
    if len(np.unique(truth)) < 2:
        raise UserError(
            "Errors cannot be emulated: all images are of one class.", "Give images of two classes or more."
        )
    rng = np.random.default_rng([seed, 4_711])
    truth = truth.astype(np.int64)
    labels = KINDS[name](_Case(truth, content(pixels), classes, rng), rate)
    confidence = np.asarray(rng.uniform(max(0.5, 1 / classes + 0.05), 1.0, len(truth)), np.float32)
    weak = np.repeat(((1 - confidence) / (classes - 1))[:, None], classes, axis=1).astype(np.float32)
    weak[np.arange(len(truth)), labels] = confidence
    return weak


def content(pixels: npt.NDArray[np.uint8]) -> Floats:
    """(n, d) float32: the whitened first principal components of the pixels, d at most 16."""
    from sklearn.decomposition import PCA

    flat = pixels.reshape(len(pixels), -1).astype(np.float32) / 255
    d = min(_DIMENSIONS, *flat.shape)
    if (flat == flat[:1]).all():  # there is no content to tell the images apart
        return np.zeros((len(flat), d), np.float32)
    return np.asarray(
        PCA(d, whiten=True, svd_solver="randomized", random_state=0).fit_transform(flat), np.float32
    )


def _at_random(case: _Case, rate: float) -> Ints:
    wrong = case.rng.random(len(case.truth)) < rate
    step = case.rng.integers(1, case.classes, len(case.truth))
    return np.where(wrong, (case.truth + step) % case.classes, case.truth)


def _one_for_another(case: _Case, rate: float) -> Ints:
    spread = (1.75, 0.25) if case.classes == 2 else np.linspace(1.2, 0.8, case.classes)
    rates = np.minimum(rate * np.asarray(spread), 0.95)
    wrong = case.rng.random(len(case.truth)) < rates[case.truth]
    return np.where(wrong, (case.truth + 1) % case.classes, case.truth)


def _along_a_direction(case: _Case, rate: float) -> Ints:
    score = np.empty(len(case.truth), np.float32)
    for k in range(case.classes):
        own = case.truth == k
        direction = np.asarray(case.rng.normal(size=case.features.shape[1]), np.float32)
        score[own] = case.features[own] @ direction
    return _flip_highest(case, score, rate)


def _near_another(case: _Case, rate: float) -> Ints:
    distances = _distances(case)
    own = distances[np.arange(len(case.truth)), case.truth]
    others = distances.copy()
    others[np.arange(len(case.truth)), case.truth] = np.inf
    return _flip_highest(case, own - others.min(axis=1), rate)


def _in_clusters(case: _Case, rate: float) -> Ints:
    from sklearn.cluster import KMeans

    labels, other = case.truth.copy(), _nearest_other(case)
    for k in range(case.classes):
        own = np.flatnonzero(case.truth == k)
        count = min(_CLUSTERS, len(own))
        if not count:
            continue
        kmeans = KMeans(count, n_init=1, random_state=int(case.rng.integers(1 << 31)))
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Number of distinct clusters")  # of copies of few images
            cells = kmeans.fit_predict(case.features[own])
        wrong = 0
        for cell in case.rng.permutation(count):
            members = own[cells == cell]
            take = min(len(members), round(rate * len(own)) - wrong)
            labels[members[:take]] = other[members[:take]]
            wrong += max(take, 0)
            if wrong >= round(rate * len(own)):
                break
    return labels


def _half(
    first: Callable[[_Case, float], Ints], second: Callable[[_Case, float], Ints]
) -> Callable[..., Ints]:
    def both(case: _Case, rate: float) -> Ints:
        labels = first(case, rate / 2)
        again = second(case, rate / 2 / max(1 - rate / 2, 1e-9))
        return np.where(labels == case.truth, again, labels)

    return both


def _flip_highest(case: _Case, score: npt.NDArray[np.float32], rate: float) -> Ints:
    labels, other = case.truth.copy(), _nearest_other(case)
    for k in range(case.classes):
        own = np.flatnonzero(case.truth == k)
        chosen = own[np.argsort(-score[own], kind="stable")[: round(rate * len(own))]]
        labels[chosen] = other[chosen]
    return labels


def _distances(case: _Case) -> npt.NDArray[np.float32]:
    centres = np.stack(
        [
            case.features[case.truth == k].mean(axis=0)
            if (case.truth == k).any()
            else np.full(case.features.shape[1], np.inf)
            for k in range(case.classes)
        ]
    )
    with np.errstate(invalid="ignore"):
        squared = ((case.features[:, None] - centres) ** 2).sum(axis=2)
    return np.asarray(np.nan_to_num(squared, nan=np.inf, posinf=np.inf), np.float32)


def _nearest_other(case: _Case) -> Ints:
    distances = _distances(case)
    distances[np.arange(len(case.truth)), case.truth] = np.inf
    return np.asarray(distances.argmin(axis=1), np.int64)


KINDS: dict[str, Callable[[_Case, float], Ints]] = {
    "N1": _at_random,
    "N2": _one_for_another,
    "N3a": _along_a_direction,
    "N3b": _half(_at_random, _along_a_direction),
    "N4": _half(_one_for_another, _along_a_direction),
    "N3m": _near_another,
    "N3c": _in_clusters,
}
