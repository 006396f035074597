"""Accuracy, F1, sensitivity and specificity against known labels."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class ClassMetrics:
    """One class against the rest; NaN where it cannot be computed (no image of the class, say)."""

    name: str
    images: int
    sensitivity: float
    specificity: float
    precision: float
    f1: float


@dataclass(frozen=True)
class Metrics:
    """`images` is how many have both a known label and a prediction; `f1` is the mean over the classes that occur."""

    images: int
    accuracy: float
    f1: float
    classes: tuple[ClassMetrics, ...]


def measure(
    truth: npt.NDArray[np.int32], predicted: npt.NDArray[np.int32], names: Sequence[str]
) -> Metrics | None:
    """Compare labels (n,), positions in `names`, -1 for none. None when no image has both."""
    from sklearn.metrics import confusion_matrix

    both = (truth >= 0) & (predicted >= 0)
    if not both.any():
        return None
    matrix = confusion_matrix(truth[both], predicted[both], labels=np.arange(len(names)))
    total = int(matrix.sum())
    hits = matrix.diagonal()
    occurs, given = matrix.sum(axis=1), matrix.sum(axis=0)
    per_class = []
    for k, name in enumerate(names):
        others = total - occurs[k]
        per_class.append(
            ClassMetrics(
                name=name,
                images=int(occurs[k]),
                sensitivity=_ratio(hits[k], occurs[k]),
                specificity=_ratio(others - (given[k] - hits[k]), others),
                precision=_ratio(hits[k], given[k]),
                f1=_ratio(2 * hits[k], occurs[k] + given[k]),
            )
        )
    scores = [c.f1 for c in per_class if not np.isnan(c.f1)]
    return Metrics(total, float(hits.sum() / total), float(np.mean(scores)), tuple(per_class))


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole else float("nan")
