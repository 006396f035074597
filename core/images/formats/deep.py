"""Samples of more than 8 bits, grey or colour, made ready for a window."""

from typing import Any

import numpy as np
import numpy.typing as npt

from core.images.details import Window
from core.images.levels import Levels, percentile_window
from core.images.strips import strips

Samples = npt.NDArray[Any]

_COUNTED = (
    16_000_000  # samples that the percentiles are taken of: a larger image gives every second pixel, ...
)


def levels_of_samples(values: Samples, inverted: bool = False) -> Levels:
    """(h, w) or (h, w, 3) samples with the window between their percentiles, one for all three colours.

    Raises `ImageUnreadable` when there are no numbers.
    """
    return Levels(values, _window(values), inverted)


def over_black(values: Samples, alpha: Samples) -> Samples:
    """(h, w[, c]) samples with (h, w) alpha, both of one type and unassociated, over 0: whole unsigned numbers have
    the type's largest as opaque, floating ones 1. Signed alpha has no meaning: the samples as they are.
    """
    if values.dtype.kind not in "uf":
        return values
    result = np.empty_like(values)
    for rows in strips(len(values), values[0].size):
        share = _share(alpha[rows])
        scaled = values[rows] * (share[..., None] if values.ndim == 3 else share)
        result[rows] = scaled if values.dtype.kind == "f" else np.rint(scaled)
    return result


def is_opaque(alpha: Samples) -> bool:
    """Whether no pixel of an alpha channel lets anything through."""
    opaque = 1 if alpha.dtype.kind == "f" else np.iinfo(alpha.dtype).max
    return bool((alpha >= opaque).all())


def _share(alpha: Samples) -> npt.NDArray[np.float64]:
    if alpha.dtype.kind == "f":
        return np.clip(np.nan_to_num(alpha.astype(np.float64)), 0, 1)
    return alpha / np.float64(np.iinfo(alpha.dtype).max)


def _window(values: Samples) -> Window:
    step = max(1, int(np.ceil(np.sqrt(values.size / _COUNTED))))
    return percentile_window(values[::step, ::step])
