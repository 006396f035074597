"""Whether a refinement may deliver its labels, judged without any known label."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

EVIDENCE_SIDE = 28
"""Side in px of the grey images that `judge` compares."""
_NEIGHBOURS = 10
_FEATURES = 32
_SAMPLE = 10_000
_SHARE_THAT_MUST_SURVIVE = 0.02
_SHARE_LEFT_OF_A_LOST_CLASS = 0.1

Labels = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Verdict:
    """`delivers`, and a sentence for people saying why not; the agreement of neighbours under both labellings.

    `collapsed`: the refinement gave up a class.
    """

    delivers: bool
    reason: str
    stage_one_agreement: float
    refined_agreement: float
    collapsed: bool = False


def judge(pixels: npt.NDArray[np.uint8], before: Labels, after: Labels, classes: int, seed: int) -> Verdict:
    """Compare the labels of stage 1 (`before`, (n,)) with the refinement's (`after`, (n,)).

    A refinement that lost a class which stage 1 gave to at least 2 % of the images has collapsed.
    Else the labelling under which images that look alike (10 nearest neighbours in the first 32
    principal components of the pixels) agree more has the better evidence; the refinement delivers unless
    its own is worse. `pixels` (n, side, side) uint8.
    """
    sample = np.random.default_rng(seed).permutation(len(before))[:_SAMPLE]
    first, second = _agreements(pixels[sample], (before[sample], after[sample]), classes)
    lost = _lost_class(before, after, classes)
    if lost is not None:
        reason = "The network did not learn to tell the classes apart (it gave up a class)."
        return Verdict(False, reason, first, second, collapsed=True)
    if second < first:
        reason = (
            f"Images that look alike agree less under its labels ({second:.1%}) than before ({first:.1%})."
        )
        return Verdict(False, reason, first, second)
    return Verdict(True, "", first, second)


def _lost_class(before: Labels, after: Labels, classes: int) -> int | None:
    counts = np.bincount(before, minlength=classes)
    left = np.bincount(after, minlength=classes)
    lost = (counts >= _SHARE_THAT_MUST_SURVIVE * len(before)) & (left < _SHARE_LEFT_OF_A_LOST_CLASS * counts)
    return int(np.argmax(lost)) if lost.any() else None


def _agreements(
    pixels: npt.NDArray[np.uint8], labellings: tuple[Labels, Labels], classes: int
) -> tuple[float, float]:
    """Share of neighbours that bear an image's own label, as the mean over the classes, for both labellings."""
    from sklearn.decomposition import PCA
    from sklearn.neighbors import NearestNeighbors

    flat = pixels.reshape(len(pixels), -1).astype(np.float32) / 255
    dimensions = min(_FEATURES, *flat.shape)
    equal = bool((flat == flat[:1]).all())
    features = flat[:, :1] if equal else PCA(dimensions, random_state=0).fit_transform(flat)
    k = min(_NEIGHBOURS, len(flat) - 1)
    nearest = (
        NearestNeighbors(n_neighbors=k + 1).fit(features).kneighbors(features, return_distance=False)[:, 1:]
    )
    found = []
    for labels in labellings:
        same = (labels[nearest] == labels[:, None]).mean(axis=1)
        present = [same[labels == c].mean() for c in range(classes) if (labels == c).any()]
        found.append(float(np.mean(present)))
    return found[0], found[1]
