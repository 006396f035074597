"""A set of labelled images as an experiment sees it: what is there, and pixels by row."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.errors import UserError
from core.images.decode import decode_all
from core.images.formats.registry import SUFFIXES
from core.images.pixels import UInt8, fit_square, to_grey, to_rgb
from core.images.refs import ImageRef, ScannedImage
from core.images.source import open_source
from core.images.zip_archive import is_zip

Rows = npt.NDArray[np.int64]

LARGEST_SIDE = 224
_PROBED = 32  # images that are opened to learn how large a folder's are
_KEPT_BYTES = 300_000_000  # decoded images that a process keeps


@dataclass(frozen=True)
class ImageSet:
    """n labelled images.

    `labels` (n,) int64 are positions in `classes`, None where an image has several. `test` (n,) bool is the
    set's own division, None where it has none. `read(rows, side, grey)` gives (len(rows), side, side[, 3])
    uint8 in the order of `rows`. `side` and `colour` say what the images are, in px at most 224; `files` (n) name
    them. `fingerprint` changes with the content, as far as that is cheap to tell.
    """

    name: str
    files: tuple[str, ...]
    labels: npt.NDArray[np.int64] | None
    classes: tuple[str, ...]
    test: npt.NDArray[np.bool_] | None
    side: int
    colour: bool
    read: Callable[[Rows, int, bool], UInt8]
    fingerprint: str
    shows: str = ""
    """What all of its images are, "breast ultrasound" say; the name of the set where that is not known."""


def resized(images: UInt8, side: int, grey: bool) -> UInt8:
    """(n, side, side[, 3]) uint8 of images (n, h, w[, 3]) uint8, padded with black to squares."""
    wanted = (side, side) if grey else (side, side, 3)
    if images.shape[1:] == wanted:
        return images
    if not len(images):
        return np.empty((0, *wanted), np.uint8)
    colours = to_grey if grey else to_rgb
    return np.stack([fit_square(colours(image), side) for image in images])


def folder_set(folder: Path) -> ImageSet:
    """A folder of class folders, or of images of one class, or a zip archive of such. Raises `UserError` when it holds
    no picture.

    The classes are the folders directly below it, in the order of their names; no division into parts. Of a file with
    several images (a volume, pages) the middle one is taken: drawn one by one they would be learnt from and tested on.
    """
    if not folder.is_dir() and not is_zip(folder):
        raise UserError(f"There is no folder {folder}.")
    pictures = _pictures(folder)
    paths = [picture.ref.path for picture in pictures]
    tops = [path.partition("/")[0] if "/" in path else "" for path in paths]
    classes = tuple(sorted(set(tops)))
    labels = np.array([classes.index(top) for top in tops], np.int64)
    sizes = {picture.ref.path: picture.size for picture in pictures}
    names = tuple(name or _name(folder) for name in classes)
    frames = [picture.ref.frame for picture in pictures]
    facts = json.dumps(sizes, sort_keys=True) + (f"\n{frames}" if any(frames) else "")
    return files_set(folder, paths, labels, names, None, facts, frames)


def files_set(
    folder: Path,
    paths: Sequence[str],
    labels: npt.NDArray[np.int64] | None,
    classes: tuple[str, ...],
    test: npt.NDArray[np.bool_] | None,
    facts: str,
    frames: Sequence[int] = (),
) -> ImageSet:
    """Picture files below `folder`, or in that archive, as a set; `facts` stands for their content.

    `frames` say which image of each file it is, the first one where they are not given.
    """
    refs = [ImageRef(*both) for both in zip(paths, frames or [0] * len(paths), strict=True)]
    side, colour = _probe(folder, refs)
    digest = hashlib.sha256(f"{_name(folder)}\n{facts}".encode("utf-8", "surrogateescape"))
    return ImageSet(
        _name(folder),
        tuple(paths),
        labels,
        classes,
        test,
        side,
        colour,
        _file_reader(folder, refs),
        digest.hexdigest()[:16],
    )


def _name(folder: Path) -> str:
    path = folder.resolve()
    return path.stem if is_zip(path) else path.name


def _pictures(folder: Path) -> list[ScannedImage]:
    """One image of each file, in the order of the scan."""
    files: dict[str, list[ScannedImage]] = {}
    for item in open_source(folder).scan():
        if not item.error:
            files.setdefault(item.ref.path, []).append(item)
    found = [images[len(images) // 2] for images in files.values()]
    if not found:
        raise UserError(
            f"There are no images in {folder}.", f"Read are {', '.join(sorted(SUFFIXES))} and NPZ files."
        )
    return found


def _probe(folder: Path, refs: Sequence[ImageRef]) -> tuple[int, bool]:
    """The median of the longer sides, at most 224 px, and whether any image has colour; of a few images."""
    some = [refs[i] for i in np.unique(np.linspace(0, len(refs) - 1, _PROBED).astype(int))]
    images = _read(folder, some, lambda array: array)
    sides = [max(image.shape[:2]) for image in images]
    return min(LARGEST_SIDE, int(np.median(sides))), any(image.ndim == 3 for image in images)


def _read(folder: Path, refs: Sequence[ImageRef], change: Callable[[UInt8], UInt8]) -> list[UInt8]:
    """The pixels of images, each put through `change`. Raises `UserError`."""
    found = []
    for item in decode_all(open_source(folder), list(enumerate(refs)), lambda pixels: change(pixels.array)):
        if item.value is None:
            raise UserError(f"{folder / refs[item.row].path} cannot be read: {item.error}.", "Take it away.")
        found.append(item.value)
    return found


def _file_reader(folder: Path, refs: Sequence[ImageRef]) -> Callable[[Rows, int, bool], UInt8]:
    """A reader that keeps what it has decoded, as far as memory allows: repeats draw the same images again."""

    @cache
    def kept(side: int, grey: bool) -> dict[int, UInt8]:
        return {}

    def read(rows: Rows, side: int, grey: bool) -> UInt8:
        known = kept(side, grey)
        missing = [int(row) for row in np.unique(rows) if int(row) not in known]
        new = _fitted(folder, [refs[row] for row in missing], side, grey)
        fresh = dict(zip(missing, new, strict=True))
        shape = (side, side) if grey else (side, side, 3)
        images = [fresh[row] if row in fresh else known[row] for row in rows.tolist()]
        if (len(known) + len(fresh)) * int(np.prod(shape)) <= _KEPT_BYTES:
            known.update(fresh)
        return np.stack(images) if images else np.empty((0, *shape), np.uint8)

    return read


def _fitted(folder: Path, refs: Sequence[ImageRef], side: int, grey: bool) -> list[UInt8]:
    colours = to_grey if grey else to_rgb
    return _read(folder, refs, lambda array: fit_square(colours(array), side))
