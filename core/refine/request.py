"""What a strategy is given and what it gives back."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.jobs import JobContext

PixelReader = Callable[[int, bool], npt.NDArray[np.uint8]]


@dataclass(frozen=True)
class RefineRequest:
    """One refinement of n images.

    `weak` (n, k) float32 are stage 1's probabilities; `truth` (n,) int32 is the column that a person
    decided, -1 where nobody did; `train_on` (n,) bool is False for images that were excluded or are
    unsure. `pixels(side, grey)` gives (n, side, side[, 3]) uint8. `checkpoint` is where an interrupted
    training may be kept.
    """

    weak: npt.NDArray[np.float32]
    truth: npt.NDArray[np.int32]
    train_on: npt.NDArray[np.bool_]
    pixels: PixelReader
    seed: int
    device: str
    checkpoint: Path | None = None

    @property
    def labels(self) -> npt.NDArray[np.int64]:
        """(n,) what to learn: the person's label, else stage 1's."""
        return np.where(self.truth >= 0, self.truth, self.weak.argmax(axis=1)).astype(np.int64)


@dataclass(frozen=True)
class RefineOutcome:
    """Probabilities (n, k) float32, and what was measured on the way (JSON-able, with `curves`)."""

    probabilities: npt.NDArray[np.float32]
    metrics: dict[str, Any]


Strategy = Callable[[RefineRequest, JobContext], RefineOutcome]
