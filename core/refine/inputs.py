"""The pixels that networks see, kept on disk at each size that was asked for."""

from collections.abc import Callable
from contextlib import closing

import numpy as np
import numpy.typing as npt

from core.images.decode import decode_all
from core.images.pixels import Pixels, UInt8, fit_square, to_grey, to_rgb
from core.jobs import JobContext
from core.project.project import Project

STAGE = "Reading images for the network"
_FLUSH = 2048


def read_pixels(
    project: Project, rows: npt.NDArray[np.int64], side: int, grey: bool, ctx: JobContext
) -> npt.NDArray[np.uint8]:
    """Images (len(rows), side, side[, 3]) uint8, padded to squares; black where one cannot be read.

    Each image is decoded once and kept in the project; an interrupted pass goes on where it stopped.
    """
    columns = () if grey else (3,)
    store = project.row_store(f"pixels-{side}-{'grey' if grey else 'rgb'}", (side, side, *columns), np.uint8)
    refs = project.images.columns().refs
    todo = [(int(row), refs[row]) for row in rows if not store.done[row]]
    results = decode_all(project.source(), todo, _preparer(side, grey))
    buffered: list[tuple[int, UInt8]] = []
    with closing(results):
        for done, item in enumerate(results, 1):
            if item.value is not None:
                buffered.append((item.row, item.value))
            if len(buffered) >= _FLUSH or done == len(todo):
                _flush(store.write, buffered)
            ctx.progress(done, len(todo), STAGE)
    return np.asarray(store.values[rows])


def _preparer(side: int, grey: bool) -> Callable[[Pixels], UInt8]:
    def prepare(pixels: Pixels) -> UInt8:
        return fit_square(to_grey(pixels.array) if grey else to_rgb(pixels.array), side)

    return prepare


def _flush(
    write: Callable[[npt.NDArray[np.int64], npt.NDArray[np.uint8]], None], buffered: list[tuple[int, UInt8]]
) -> None:
    if buffered:
        write(np.array([row for row, _ in buffered]), np.stack([value for _, value in buffered]))
        buffered.clear()
