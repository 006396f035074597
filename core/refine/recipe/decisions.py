"""What people decided, in probabilities."""

import numpy as np
import numpy.typing as npt


def decided_certain(
    probabilities: npt.NDArray[np.float32], truth: npt.NDArray[np.integer]
) -> npt.NDArray[np.float32]:
    """A copy of `probabilities` (n, k) with 1 for the column `truth` (n,) that was decided; -1 where nobody did."""
    rows = np.flatnonzero(truth >= 0)
    result = probabilities.copy()
    result[rows] = np.eye(probabilities.shape[1], dtype=np.float32)[truth[rows]]
    return result
