"""The pixels that networks see, kept on disk at each size that was asked for, and what images are like."""

import shutil
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.errors import UserError
from core.images.decode import Decoded, decode_all
from core.images.pixels import Pixels, UInt8, fit_square, to_grey, to_rgb
from core.jobs import JobContext
from core.project.arrays import RowStore
from core.project.image_rows import ImageFacts
from core.project.project import Project

STAGE = "Reading images for the network"
LEAST_SIDE = 28
_FLUSH_BYTES, _FLUSH_IMAGES = 8_000_000, 2048
_SAMPLE = 64
_MARGIN_BYTES = 50_000_000
_IN_MEMORY = 500_000_000
"""Bytes of pixels up to which they are read into memory; larger ones stay a memory map of the file."""

Rows = npt.NDArray[np.int64]
Wish = tuple[int, bool]
"""Side in px, and whether grey."""


@dataclass(frozen=True)
class ProjectPixels:
    """Pixels of the images `rows` (m,) of a project: called as a strategy calls `RefineRequest.pixels`."""

    project: Project
    rows: Rows
    ctx: JobContext

    def __call__(self, side: int, grey: bool) -> UInt8:
        """(m, side, side[, 3]) uint8, as `read_pixels` gives them."""
        return read_pixels(self.project, self.rows, side, grey, self.ctx)

    def prefetch(self, *wishes: Wish) -> None:
        """Read several sizes at once: each image is decoded once for all of them."""
        prefetch(self.project, self.rows, wishes, self.ctx)


@dataclass(frozen=True)
class ImagesLook:
    """`side` is the median of the images' longer sides in px, at least 28; `colour` whether any is not grey."""

    side: int
    colour: bool


def read_pixels(project: Project, rows: Rows, side: int, grey: bool, ctx: JobContext) -> UInt8:
    """Images (len(rows), side, side[, 3]) uint8, padded to squares; black where one cannot be read.

    Each image is decoded once and kept in the project; an interrupted pass goes on where it stopped. Very many
    pixels come as a memory map; writing to what comes back changes nothing on disk. Raises `UserError` when the
    disk has no room for them.
    """
    prefetch(project, rows, [(side, grey)], ctx)
    store = _store(project, (side, grey))
    if len(rows) * _bytes((side, grey)) > _IN_MEMORY and len(rows) == len(store.values):
        values = np.load(store.folder / "values.npy", mmap_mode="c")
        if (rows == np.arange(len(values))).all():
            return np.asarray(values)
    return np.asarray(store.values[rows])


def prefetch(project: Project, rows: Rows, wishes: Sequence[Wish], ctx: JobContext) -> None:
    """Make sure that the project holds the pixels of `rows` at each (side, grey), decoding an image once for all.

    Width, height, colour and error of images that nobody had read before are entered too.
    """
    stores = {wish: _store(project, wish) for wish in dict.fromkeys(wishes)}
    stores = {wish: store for wish, store in stores.items() if not store.done[rows].all()}
    if not stores:
        return
    done = np.logical_and.reduce([store.done[rows] for store in stores.values()])
    columns = project.images.columns()
    unknown = columns.width == 0
    todo = [(int(row), columns.refs[row]) for row in rows[~done]]
    _check_room(project.folder, len(todo), stores)
    waiting: list[Decoded[tuple[UInt8, ...]]] = []
    at_once = min(max(1, _FLUSH_BYTES // sum(map(_bytes, stores))), _FLUSH_IMAGES)
    ctx.progress(0, len(todo), STAGE)
    with closing(decode_all(project.source(), todo, _preparer(tuple(stores)), tell=ctx.emit)) as results:
        for number, item in enumerate(results, 1):
            waiting.append(item)
            if len(waiting) >= at_once or number == len(todo):
                _keep(list(stores.values()), waiting)
                project.images.set_facts([ImageFacts.of(item) for item in waiting if unknown[item.row]])
                waiting.clear()
            ctx.progress(number, len(todo), STAGE)


def look_of(project: Project, rows: Rows, ctx: JobContext) -> ImagesLook:
    """What the images `rows` are like, by what reading them told; a sample of those never read is decoded for it."""
    columns = project.images.columns()
    longer = np.maximum(columns.width, columns.height)[rows]
    known = longer > 0
    sides, colour = longer[known].tolist(), bool((known & ~columns.grey[rows]).any())
    fresh = rows[~known]
    if len(fresh):
        sample = np.sort(np.random.default_rng(0).permutation(fresh)[:_SAMPLE])
        images = [(int(row), columns.refs[row]) for row in sample]
        with closing(decode_all(project.source(), images, lambda pixels: None, tell=ctx.emit)) as results:
            for item in ctx.track(results, len(images), "Looking at images"):
                if not item.error:
                    sides.append(max(item.width, item.height))
                    colour = colour or not item.grey
    return ImagesLook(max(LEAST_SIDE, round(float(np.median(sides)))) if sides else LEAST_SIDE, colour)


def network_input(pixels: Pixels, side: int, grey: bool) -> UInt8:
    """(side, side[, 3]) uint8 of one image: the longer side scaled to `side` px, the rest black."""
    return fit_square(to_grey(pixels.array) if grey else to_rgb(pixels.array), side)


def _store(project: Project, wish: Wish) -> RowStore:
    side, grey = wish
    return project.row_store(
        f"pixels-{side}-{'grey' if grey else 'rgb'}", (side, side, *(() if grey else (3,))), np.uint8
    )


def _bytes(wish: Wish) -> int:
    return wish[0] * wish[0] * (1 if wish[1] else 3)


def _preparer(wishes: tuple[Wish, ...]) -> Callable[[Pixels], tuple[UInt8, ...]]:
    def prepare(pixels: Pixels) -> tuple[UInt8, ...]:
        return tuple(network_input(pixels, *wish) for wish in wishes)

    return prepare


def _keep(stores: Sequence[RowStore], items: Sequence[Decoded[tuple[UInt8, ...]]]) -> None:
    good = [(item.row, item.value) for item in items if item.value is not None]
    if good:
        rows = np.array([row for row, _ in good])
        for place, store in enumerate(stores):
            store.write(rows, np.stack([values[place] for _, values in good]))


def _check_room(folder: Path, images: int, stores: dict[Wish, RowStore]) -> None:
    """A memory map on a full disk ends the process, hence the look before."""
    need, free = images * sum(map(_bytes, stores)), shutil.disk_usage(folder).free
    if free < need + _MARGIN_BYTES:
        raise UserError(
            f"The images at {max(side for side, _ in stores)} px need {need / 1e6:,.0f} MB in the project, "
            f"{free / 1e6:,.0f} MB are free in {folder}.",
            "Free some space, put the project on another drive, or choose a network for smaller images.",
        )
