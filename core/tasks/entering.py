"""Entering a run of stage 1 once: one that says the same counts again."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from core.project.project import Project
from core.project.records import Run


def enter_once(
    project: Project,
    kind: str,
    class_ids: Sequence[int],
    params: dict[str, Any],
    probabilities: npt.NDArray[np.float32],
    same: Callable[[Run], bool],
    metrics: Mapping[str, Any] | None = None,
    tolerance: float = 0.0,
) -> int:
    """The number of a finished run with these `probabilities` (n, k), NaN where there are none.

    The newest run of that kind and with those classes which is the `same` and differs by `tolerance` at most,
    absolute and relative, counts again, with its refinement; else a run is entered.
    """
    runs = project.runs
    for earlier in reversed(runs.all()):
        alike = earlier.kind == kind and earlier.finished and earlier.class_ids == tuple(class_ids)
        if not alike or not same(earlier):
            continue
        before = runs.probabilities(earlier)
        if before.shape == probabilities.shape and np.allclose(
            before, probabilities, rtol=tolerance, atol=tolerance, equal_nan=True
        ):
            runs.count_again(earlier.id)
            return earlier.id
    run = runs.begin(kind, class_ids, params)
    runs.finish(run, probabilities, dict(metrics or {}))
    return run
