"""What a strategy is given and what it gives back."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.jobs import JobContext
from core.refine.evidence import Verdict
from core.refine.params import TrainingChoices
from core.refine.trained import TrainedNetwork

PixelReader = Callable[[int, bool], npt.NDArray[np.uint8]]


@dataclass(frozen=True)
class RefineRequest:
    """One refinement of n images.

    `weak` (n, k) float32 are stage 1's probabilities; `truth` (n,) int32 is the column that a person
    decided, -1 where nobody did; `train_on` (n,) bool is False for images that were excluded or are
    unsure. `pixels(side, grey)` gives (n, side, side[, 3]) uint8. `checkpoint` is a folder where
    interrupted trainings may be kept. `embeddings` (n, d) float32 are stage 1's, where it has some.
    `image_side` is the images' own size in px (the median of the longer sides), `colour` whether any of
    them is not grey: networks choose their input by both.
    """

    weak: npt.NDArray[np.float32]
    truth: npt.NDArray[np.int32]
    train_on: npt.NDArray[np.bool_]
    pixels: PixelReader
    seed: int
    device: str
    checkpoint: Path | None = None
    embeddings: npt.NDArray[np.float32] | None = None
    image_side: int = 28
    colour: bool = False
    choices: TrainingChoices = field(default_factory=TrainingChoices)

    @property
    def labels(self) -> npt.NDArray[np.int64]:
        """(n,) what to learn: the person's label, else stage 1's."""
        return np.where(self.truth >= 0, self.truth, self.weak.argmax(axis=1)).astype(np.int64)


@dataclass(frozen=True)
class RefineOutcome:
    """Probabilities (n, k) float32, and what was measured on the way (JSON-able, with `curves`).

    `model` labels new images. `warnings` are sentences for people. `verdict` says whether the labels may be
    delivered, where the strategy judges that itself.
    """

    probabilities: npt.NDArray[np.float32]
    metrics: dict[str, Any]
    model: TrainedNetwork | None = None
    out_of_fold: bool = False
    warnings: tuple[str, ...] = ()
    verdict: Verdict | None = None


Strategy = Callable[[RefineRequest, JobContext], RefineOutcome]
