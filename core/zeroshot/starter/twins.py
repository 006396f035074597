"""Find pictures that two image sets share at different sizes, so that none is trained on and tested on."""

import numpy as np
import numpy.typing as npt
from PIL import Image

Pixels = npt.NDArray[np.uint8]


def signature(pixels: Pixels, side: int = 28) -> npt.NDArray[np.float32]:
    """Grey picture at `side` x `side`, mean 0 and length 1: (side * side,) float32."""
    grey = Image.fromarray(pixels).convert("L").resize((side, side), Image.Resampling.BICUBIC)
    values = np.asarray(grey, dtype=np.float32).ravel()
    values = values - values.mean()
    length = float(np.linalg.norm(values))
    return np.asarray(values / max(length, 1e-6), dtype=np.float32)


def signatures(images: list[Pixels], side: int = 28) -> npt.NDArray[np.float32]:
    """Signatures of all images: (n, side * side) float32."""
    if not images:
        return np.zeros((0, side * side), np.float32)
    return np.stack([signature(image, side) for image in images])


def centred(pixels: Pixels, fraction: float, axis: int) -> Pixels:
    """The centred part of the picture that keeps `fraction` of the height (axis 0) or width (axis 1)."""
    length = pixels.shape[axis]
    kept = max(1, round(length * fraction))
    start = (length - kept) // 2
    return pixels[start : start + kept] if axis == 0 else pixels[:, start : start + kept]


def best_match(images: list[Pixels], others: list[Pixels], step: float = 0.025) -> npt.NDArray[np.float32]:
    """Highest correlation of each image with any of `others`: (n,) float32.

    MedMNIST cut the centred square out of the original before it reduced it, while the sets at native size
    are whole or squeezed into a square; so centres of 50 to 100 % in either direction are compared too.
    """
    best = np.full(len(images), -1.0, np.float32)
    if not images or not others:
        return best
    whole, reference = signatures(images), signatures(others)
    for fraction in np.arange(0.5, 1.0 + step / 2, step):
        for axis in (0, 1):
            cut = signatures([centred(image, float(fraction), axis) for image in images])
            other_cut = signatures([centred(image, float(fraction), axis) for image in others])
            best = np.maximum(best, np.maximum((cut @ reference.T).max(1), (whole @ other_cut.T).max(1)))
    return best


def has_twin(images: list[Pixels], others: list[Pixels], threshold: float = 0.95) -> npt.NDArray[np.bool_]:
    """Whether each image matches one of `others` by a correlation of at least `threshold`: (n,) bool."""
    return np.asarray(best_match(images, others) >= threshold)
