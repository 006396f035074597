"""Labels spread over the graph, each image judged by the others' labels only."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from core.refine.splits import FOLDS

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Floats = npt.NDArray[np.float32]

_TOLERANCE = 1e-4
_MOST_STEPS = 200


def propagate(
    s: "csr_array",
    beliefs: Floats,
    hidden: npt.NDArray[np.int64],
    alpha: float,
    folds: int = FOLDS,
    tick: Callable[[], None] = lambda: None,
) -> Floats:
    """Out-of-fold beliefs (n, k) float32, rows sum to 1, zero rows where no label reaches an image.

    Zhou et al., Learning with local and global consistency, NIPS 2003: Q = (1 - a)(I - aS)^-1 Y with Y the
    `beliefs`, once for each fold with the labels of that fold hidden (`hidden` (n,), -1 for those that never
    are); each image is read from the run that hid its own label. A column of ones takes part and divides
    the result, so that what matters is the mean label that arrives, not how much of it.
    """
    n, k = beliefs.shape
    start = np.zeros((n, folds * (k + 1)), np.float32)
    for fold in range(folds):
        seen = hidden != fold
        block = start[:, fold * (k + 1) : (fold + 1) * (k + 1)]
        block[seen, :k] = beliefs[seen]
        block[seen, k] = beliefs[seen].sum(axis=1)
    spread = _solve(s, start, alpha, tick).reshape(n, folds, k + 1)
    read = spread[np.arange(n), np.maximum(hidden, 0)]
    read = np.maximum(read, 0)
    return np.asarray(read[:, :k] / np.maximum(read[:, k:], 1e-12), np.float32)


def _solve(s: "csr_array", start: Floats, alpha: float, tick: Callable[[], None]) -> Floats:
    """(1 - a)(I - aS)^-1 start by conjugate gradients, all columns at once; I - aS is positive definite."""
    right = (1 - alpha) * start
    x = start.copy()
    residual = right - (x - alpha * (s @ x))
    direction = residual.copy()
    energy = np.einsum("ij,ij->j", residual, residual)
    goal = _TOLERANCE**2 * np.maximum(np.einsum("ij,ij->j", right, right), 1e-30)
    for _ in range(_MOST_STEPS):
        tick()
        if (energy <= goal).all():
            break
        ahead = direction - alpha * (s @ direction)
        curvature = np.einsum("ij,ij->j", direction, ahead)
        step = np.where(curvature > 0, energy / np.maximum(curvature, 1e-30), 0).astype(np.float32)
        x += step * direction
        residual -= step * ahead
        new = np.einsum("ij,ij->j", residual, residual)
        ratio = np.where(energy > 0, new / np.maximum(energy, 1e-30), 0).astype(np.float32)
        direction = residual + ratio * direction
        energy = new
    return x


def without_bias(beliefs: Floats, mean_weak: Floats, power: float) -> Floats:
    """Beliefs (n, k) divided by how often the weak labels name each class: p_k / (K m_k)^b, rows sum to 1."""
    divided = beliefs / np.maximum(len(mean_weak) * mean_weak, 1e-6) ** power
    total = divided.sum(axis=1, keepdims=True)
    even = np.float32(1 / beliefs.shape[1])
    return np.asarray(np.where(total > 1e-12, divided / np.maximum(total, 1e-12), even), np.float32)
