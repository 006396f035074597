"""Confidence that means what it says, judged by labels of which a part is wrong."""

import numpy as np
import numpy.typing as npt

_LOG_TEMPERATURES = (np.log(0.05), np.log(20.0))
_LEAST = 1e-7
_PULL = 1e-4
"""Weight of (log T)^2: where sharpness makes no difference to what can be seen, T stays near 1."""


def calibrate(
    probabilities: npt.NDArray[np.float32],
    weak_labels: npt.NDArray[np.int64],
    truth: npt.NDArray[np.int32] | None = None,
    rows: npt.NDArray[np.int64] | None = None,
) -> tuple[npt.NDArray[np.float32], float]:
    """Out-of-fold probabilities (n, k) with the right sharpness, and the temperature that gave it to them.

    Fitting them to the weak labels (n,) would imitate the teacher's doubts. So its errors are modelled:
    A[k, j] = P(weak label j | out-of-fold argmax k), each count plus one, and the temperature T makes
    -mean log [softmax(log p / T) A][weak label] small. An image of which a person decided the class (`truth` (n,),
    -1 where nobody did) counts with -log softmax(log p / T)[truth] instead. `rows` are the images to judge by,
    all without it. The likeliest class stays the likeliest.
    """
    rows = np.arange(len(probabilities)) if rows is None else rows
    logs = np.log(np.clip(probabilities, _LEAST, 1.0).astype(np.float64))
    decided = np.full(len(rows), -1, np.int64) if truth is None else truth[rows].astype(np.int64)
    temperature = _temperature(logs[rows], weak_labels[rows], decided)
    return softmax(logs / temperature).astype(np.float32), temperature


def confusion(
    found: npt.NDArray[np.int64], weak_labels: npt.NDArray[np.int64], classes: int
) -> npt.NDArray[np.float64]:
    """(k, k) P(weak label j | found k): counts plus one, each row sums to 1."""
    counts = np.ones((classes, classes))
    np.add.at(counts, (found, weak_labels), 1)
    return np.asarray(counts / counts.sum(axis=1, keepdims=True))


def softmax(logits: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Along the last axis."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def _temperature(
    logs: npt.NDArray[np.float64], weak_labels: npt.NDArray[np.int64], decided: npt.NDArray[np.int64]
) -> float:
    """Logs (m, k), labels (m,); 1 where there is nothing to learn it from: no image, or one class only."""
    from scipy.optimize import minimize_scalar

    found = logs.argmax(axis=1)
    if not len(found) or len(np.union1d(found, weak_labels)) < 2:
        return 1.0
    errors = confusion(found, weak_labels, logs.shape[1])
    # (m, k) what each class says of the label that is known of the image
    likelihoods = np.where(
        (decided >= 0)[:, None],
        np.arange(logs.shape[1]) == decided[:, None],
        errors[:, weak_labels].T,
    )

    def loss(log_temperature: float) -> float:
        explained = (softmax(logs / np.exp(log_temperature)) * likelihoods).sum(axis=1)
        return _PULL * log_temperature**2 - float(np.log(np.maximum(explained, _LEAST)).mean())

    best = minimize_scalar(loss, bounds=_LOG_TEMPERATURES, method="bounded")
    return float(np.exp(best.x))
