"""Which images are held out: for validation, and fold by fold."""

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.int64]

FOLDS = 5


def split_rows(n: int, validation_share: float, seed: int) -> tuple[Rows, Rows]:
    """Random row numbers for training and validation; both hold at least one row when n is 2 or more."""
    order = np.random.default_rng(seed).permutation(n)
    size = min(max(1, round(n * validation_share)), n - 1)
    return order[size:], order[:size]


def split_stratified(labels: Rows, validation_share: float, seed: int) -> tuple[Rows, Rows]:
    """Like `split_rows`, with `validation_share` of each class of `labels` (n,) held out.

    A class's only image is for training. Where that leaves nothing to hold out (every class has one image),
    the split is any.
    """
    rng = np.random.default_rng(seed)
    held_out = []
    for label in np.unique(labels):
        rows = rng.permutation(np.flatnonzero(labels == label))
        size = min(max(1, round(len(rows) * validation_share)), len(rows) - 1)
        held_out.append(rows[:size])
    chosen = np.concatenate(held_out) if held_out else np.empty(0, np.int64)
    if not len(chosen):
        return split_rows(len(labels), validation_share, seed)
    rest = np.setdiff1d(np.arange(len(labels)), chosen)
    return rng.permutation(rest), rng.permutation(chosen)


def stratified_folds(labels: Rows, folds: int = FOLDS, *, seed: int) -> Rows:
    """(n,) fold numbers 0..folds-1: every class of `labels` (n,) and all images are spread evenly."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(labels))
    by_class = order[np.argsort(labels[order], kind="stable")]
    found = np.empty(len(labels), np.int64)
    found[by_class] = np.arange(len(labels)) % folds
    return found
