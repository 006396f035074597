"""The orientation tag of TIFF and EXIF, for arrays."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

# By the tag's value (TIFF 6.0, p. 36): where row 0 and column 0 of the stored picture are.
_TURNS: dict[int, Callable[[Array], Array]] = {
    2: lambda array: array[:, ::-1],
    3: lambda array: array[::-1, ::-1],
    4: lambda array: array[::-1],
    5: lambda array: array.swapaxes(0, 1),
    6: lambda array: array[::-1].swapaxes(0, 1),
    7: lambda array: array[::-1, ::-1].swapaxes(0, 1),
    8: lambda array: array[:, ::-1].swapaxes(0, 1),
}


def upright(array: Array, orientation: object) -> Array:
    """(h, w[, c]) turned by the value of its orientation tag; 1 and what is no orientation leave it as it is."""
    turn = _TURNS.get(orientation) if isinstance(orientation, int) else None
    return array if turn is None else np.ascontiguousarray(turn(array))
