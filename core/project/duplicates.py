"""Groups of images that look the same, as a search for them found them. They are kept with the arrays."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.project.arrays import save_array

_FOLDER = "duplicates"

Ints = npt.NDArray[np.int32]


def save_duplicates(arrays: Path, groups: Ints) -> None:
    """Keep (n,) int32 groups: the first row of each one's group, -1 for images that are alone."""
    folder = arrays / _FOLDER
    save_array(folder / "values.npy", np.asarray(groups, np.int32))
    # Named as in every row store: what changes an image's content marks it as not done here too.
    save_array(folder / "done.npy", np.ones(len(groups), np.bool_))


def read_duplicates(arrays: Path, n: int) -> Ints:
    """(n,) int32 groups as they were saved; -1 for images that came or changed since, and all when none were saved.

    A group that has one image left is none.
    """
    groups = np.full(n, -1, np.int32)
    try:
        values = np.load(arrays / _FOLDER / "values.npy")
        done = np.load(arrays / _FOLDER / "done.npy")
    except (OSError, ValueError, EOFError):  # never searched, or stopped while it was written
        return groups
    m = min(n, len(values), len(done))
    groups[:m] = np.where(done[:m] & (values[:m] >= 0) & (values[:m] < n), values[:m], -1)
    counts = np.bincount(groups[groups >= 0], minlength=n)
    groups[(groups >= 0) & (counts[groups] < 2)] = -1
    return groups
