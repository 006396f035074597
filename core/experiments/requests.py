"""A refinement request from plain arrays: how experiments and benchmarks call a strategy."""

import numpy as np
import numpy.typing as npt

from core.datasets.image_sets import resized
from core.images.pixels import UInt8
from core.refine.params import TrainingChoices
from core.refine.request import PixelReader, RefineRequest


def pixel_reader(images: UInt8) -> PixelReader:
    """`pixels(side, grey)` of images (n, h, w[, 3]) uint8; each size is made once."""
    kept: dict[tuple[int, bool], UInt8] = {}

    def read(side: int, grey: bool) -> UInt8:
        if (side, grey) not in kept:
            kept[side, grey] = resized(images, side, grey)
        return kept[side, grey]

    return read


def request_for(
    images: UInt8,
    weak: npt.NDArray[np.float32],
    *,
    truth: npt.NDArray[np.int64] | None = None,
    seed: int = 0,
    device: str = "cpu",
    embeddings: npt.NDArray[np.float32] | None = None,
    choices: TrainingChoices | None = None,
) -> RefineRequest:
    """The request for n images (n, h, w[, 3]) uint8 with weak probabilities (n, k) float32.

    `truth` (n,) are labels that a person decided, -1 elsewhere: not what the result is measured by.
    """
    n = len(weak)
    return RefineRequest(
        weak=np.asarray(weak, np.float32),
        truth=np.full(n, -1, np.int32) if truth is None else truth.astype(np.int32),
        train_on=np.ones(n, np.bool_),
        pixels=pixel_reader(images),
        seed=seed,
        device=device,
        embeddings=embeddings,
        image_side=max(images.shape[1:3]),
        colour=images.ndim == 4,
        choices=choices or TrainingChoices(),
    )
