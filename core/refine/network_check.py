"""Whether a trained network is as good as the labels that it was trained for, judged on images held back from it."""

import numpy as np
import numpy.typing as npt

from core.refine.fitting import FittedNetwork

_FEWEST = 10
"""Images held back below which nothing can be said of a network."""
_SHORT = 0.05
"""How far a network may fall short of what its labels are worth: a small one does on hard images, trained well."""
_ONE_CLASS = "The network tells no classes apart: every label here is of one class, and so will be those of new images."
_NORMAL = 2.0
"""Standard errors: it must be no accident of a few images, either."""


def network_warning(
    fitted: FittedNetwork,
    pixels: npt.NDArray[np.uint8],
    labels: npt.NDArray[np.int64],
    confidence: npt.NDArray[np.float32] | None,
    device: str,
) -> str:
    """A sentence for people who mean to label new images with the network; empty where it is good enough.

    The network is asked about the images (m,) that its training held back. Labels (n,) with a calibrated
    `confidence` (n,) are right that often, so a network that has learnt them agrees with them about as often:
    less by more than 5 points, and by more than chance explains, is too little. Labels of which nobody knows what
    they are worth (None) tell one thing: whether the network agrees with them more than chance makes two
    labellings agree that name their classes as often (Cohen 1960). Where all labels are of one class there is nothing
    to judge: the network knows no other.
    """
    if len(np.unique(labels)) == 1:
        return _ONE_CLASS
    rows = fitted.held_out
    if len(rows) < _FEWEST:
        return ""
    said = fitted.trained.probabilities(pixels, device, rows).argmax(axis=1)
    agree = said == labels[rows]
    if confidence is None:
        poor = not agree.all() and _at_least(agree) <= _by_chance(said, labels[rows], fitted.trained.classes)
    else:
        poor = _at_most(agree) < float(confidence[rows].mean()) - _SHORT
    if not poor:
        return ""
    return (
        f"The network agrees with {agree.mean():.0%} of the labels on images that it was not trained on: "
        "train longer (more epochs) before labelling new images with it."
    )


def _by_chance(first: npt.NDArray[np.int64], second: npt.NDArray[np.int64], classes: int) -> float:
    counts = np.bincount(first, minlength=classes) * np.bincount(second, minlength=classes)
    return float(counts.sum()) / len(first) ** 2


def _at_most(agree: npt.NDArray[np.bool_]) -> float:
    """Upper end of the interval of Agresti and Coull (1998), sensible for a dozen images and near 0 and 1."""
    share, error = _interval(agree)
    return share + error


def _at_least(agree: npt.NDArray[np.bool_]) -> float:
    share, error = _interval(agree)
    return share - error


def _interval(agree: npt.NDArray[np.bool_]) -> tuple[float, float]:
    n = len(agree) + _NORMAL**2
    share = (int(agree.sum()) + _NORMAL**2 / 2) / n
    return share, _NORMAL * float(np.sqrt(share * (1 - share) / n))
