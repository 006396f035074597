"""How close images are to the training images: the check that no sample is a copy."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.datasets.generator.data import Images

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Nearest:
    """What is nearest to each image, all (n,).

    `distance` is the root mean square difference (grey levels 0..1) to the nearest reference, `row` says
    which one that is, and `correlation` is the highest Pearson correlation with any reference.
    """

    distance: Floats
    row: npt.NDArray[np.int64]
    correlation: Floats


class References:
    """Reference images prepared for many look-ups."""

    def __init__(self, images: Images) -> None:
        self.pixels = _flat(images)
        self.squares = np.square(self.pixels).mean(axis=1)
        self.shapes = _standardised(self.pixels)

    def nearest(self, images: Images, skip_rows: npt.NDArray[np.int64] | None = None) -> Nearest:
        """Nearest references of images (n, 64, 64, 3) uint8; `skip_rows` (n, k) are not looked at."""
        pixels = _flat(images)
        size = pixels.shape[1]
        squared = np.square(pixels).mean(axis=1)[:, None] + self.squares - 2 / size * (pixels @ self.pixels.T)
        correlation = _standardised(pixels) @ self.shapes.T / size
        if skip_rows is not None:
            np.put_along_axis(squared, skip_rows, np.inf, axis=1)
            np.put_along_axis(correlation, skip_rows, -1.0, axis=1)
        rows = squared.argmin(axis=1)
        # The expansion above loses digits where images are all but equal: measure the nearest once more.
        exact = np.sqrt(np.square(pixels - self.pixels[rows]).mean(axis=1))
        return Nearest(exact, rows, correlation.max(axis=1))


def _flat(images: Images) -> Floats:
    """(n, pixels) float32 in 0..1; one channel where all channels are the same."""
    grey = bool((images == images[..., :1]).all())
    kept = images[..., :1] if grey else images
    out: Floats = np.divide(kept.reshape(len(kept), -1), 255, dtype=np.float32)
    return out


def _standardised(pixels: Floats) -> Floats:
    """Mean 0 and deviation 1 a row."""
    centred = pixels - pixels.mean(axis=1, keepdims=True)
    deviation = centred.std(axis=1, keepdims=True)
    out: Floats = np.divide(centred, deviation + 1e-6, dtype=np.float32)
    return out
