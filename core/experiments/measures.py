"""What a trial is measured by: numbers from labels and probabilities, nothing else."""

import numpy as np
import numpy.typing as npt

from core.quality.metrics import measure

Floats = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]

BINS = 15


def calibration_error(probabilities: Floats, truth: Labels, bins: int = BINS) -> float:
    """Expected calibration error, 0..1, of probabilities (n, k) against labels (n,); NaN without an image.

    The confidences of the given labels in bins of equal width; the mean of |accuracy - confidence| of a bin,
    weighted by its images (Guo et al. 2017, equation 3).
    """
    if not len(truth):
        return float("nan")
    confidence = probabilities.max(axis=1).astype(np.float64)
    hit = probabilities.argmax(axis=1) == truth
    place = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    gap = np.bincount(place, hit - confidence, bins)
    return float(np.abs(gap).sum() / len(truth))


def accuracy_and_f1(labels: Labels, truth: Labels, names: tuple[str, ...]) -> tuple[float, float]:
    """Accuracy and F1 (mean over the classes that occur), 0..1; NaN without an image."""
    found = measure(truth.astype(np.int32), labels.astype(np.int32), names)
    return (float("nan"), float("nan")) if found is None else (found.accuracy, found.f1)


def confusion(labels: Labels, truth: Labels, classes: int) -> list[list[int]]:
    """Counts [truth][label]."""
    flat = np.bincount(truth * classes + labels, minlength=classes * classes)
    return [[int(count) for count in row] for row in flat.reshape(classes, classes)]
