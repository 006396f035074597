"""Decoded images and how they are brought to a size."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import numpy as np
import numpy.typing as npt

from core.images.details import NOTHING_KNOWN, ImageDetails
from core.memory import comes_of_no_memory

UInt8 = npt.NDArray[np.uint8]
Samples = TypeVar("Samples", bound=npt.NDArray[Any])

_MOST_WORDS = 160  # characters


class ImageUnreadable(Exception):  # noqa: N818  a state of the image, not of the program
    """This image cannot be read; the text says why, in words for people. It becomes a row with an error."""


class OutOfMemory(ImageUnreadable):
    """Memory ran out while this image was read; alone, or later, it may be readable."""

    def __init__(self) -> None:
        super().__init__("there is not enough memory to read this image")


@contextmanager
def memory_told() -> Iterator[None]:
    """Around whatever reads an image: `OutOfMemory` where memory ran out, also where a library or a reader took that
    for a fault of the file.
    """
    try:
        yield
    except OutOfMemory:
        raise
    except Exception as error:
        if comes_of_no_memory(error):
            raise OutOfMemory from error
        raise


def short(error: Exception) -> str:
    """What a decoder says of a broken file, at most a line of it: decoders quote what they find in the file."""
    line = " ".join(str(error).split())
    return line if len(line) <= _MOST_WORDS else line[:_MOST_WORDS] + " ..."


@dataclass(frozen=True)
class Pixels:
    """One decoded image.

    `array` is (height, width) uint8 when the image is grey, also when a file stores grey as equal
    red, green and blue; else (height, width, 3) uint8 RGB. `sha256` is of the encoded file, or of the
    array's bytes where an image is one frame of a file. `details` are what the file tells of it.
    """

    array: UInt8
    sha256: bytes
    details: ImageDetails = NOTHING_KNOWN

    @property
    def height(self) -> int:
        return int(self.array.shape[0])

    @property
    def width(self) -> int:
        return int(self.array.shape[1])

    @property
    def is_grey(self) -> bool:
        return self.array.ndim == 2


def grey_if_grey(array: Samples) -> Samples:
    """Drop the colour axis of (h, w, 3) samples whose three channels are equal; others come back as they are."""
    if array.ndim == 3 and bool(
        (array[..., 0] == array[..., 1]).all() and (array[..., 0] == array[..., 2]).all()
    ):
        return cast(Samples, np.ascontiguousarray(array[..., 0]))
    return array


def to_rgb(array: UInt8) -> UInt8:
    """(h, w) or (h, w, 3) uint8 to (h, w, 3) uint8."""
    return array if array.ndim == 3 else np.repeat(array[..., None], 3, axis=2)


def to_grey(array: UInt8) -> UInt8:
    """(h, w) or (h, w, 3) uint8 to (h, w) uint8 by ITU-R 601 luma, as Pillow's mode L."""
    if array.ndim == 2:
        return array
    from PIL import Image

    return np.asarray(Image.fromarray(array).convert("L"))


def fit_square(array: UInt8, side: int) -> UInt8:
    """Scale the longer side to `side` pixels (bilinear) and pad with black to (side, side[, 3]) uint8."""
    from PIL import Image

    height, width = array.shape[:2]
    scale = side / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = np.asarray(Image.fromarray(array).resize(size, Image.Resampling.BILINEAR))
    if small.shape[:2] == (side, side):
        return small
    padded = np.zeros((side, side, *array.shape[2:]), np.uint8)
    top, left = (side - size[1]) // 2, (side - size[0]) // 2
    padded[top : top + size[1], left : left + size[0]] = small
    return padded
