"""Mix image sets into one task, and draw the images of one repeat."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.datasets.image_sets import LARGEST_SIDE, ImageSet
from core.datasets.medmnist import open_set
from core.errors import UserError
from core.images.pixels import UInt8

Rows = npt.NDArray[np.int64]

TRAIN_STREAM, TEST_STREAM = 0, 1


@dataclass(frozen=True)
class MixtureSpec:
    """Which sets make a task, and how its images are drawn.

    `sources` are files, folders or names of MedMNIST sets (below `root`, of `image_size` px). Each set is one
    class, named by `classes` or by what it shows; with `by_label` the classes are the sets' own labels. `side` px
    is what images are scaled to, 0 for the smallest set's own. `balanced` draws as many images of each class
    as the smallest has; `counts` are training images of each class, `per_class` of every one (0: no limit).
    Sets without parts of their own give the share `test_share` of each class to the test part.
    """

    sources: tuple[str, ...]
    classes: tuple[str, ...] = ()
    by_label: bool = False
    root: str | None = None
    image_size: int = 28
    side: int = 0
    balanced: bool = True
    counts: tuple[int, ...] = ()
    per_class: int = 0
    test_share: float = 0.3


@dataclass(frozen=True)
class Mixture:
    """n images of several sets. `origin` (n,) the set and `row` (n,) int64 the row in it of each image.

    `truth` (n,) int64 are positions in `classes`. `part` (n,) int8: 0 for training, 1 for test, -1 where the
    set has no parts.
    """

    sets: tuple[ImageSet, ...]
    classes: tuple[str, ...]
    origin: Rows
    row: Rows
    truth: Rows
    part: npt.NDArray[np.int8]
    side: int
    colour: bool

    @property
    def files(self) -> tuple[str, ...]:
        """(n) `set/file` of each image."""
        return tuple(
            f"{self.sets[o].name}/{self.sets[o].files[r]}"
            for o, r in zip(self.origin.tolist(), self.row.tolist(), strict=True)
        )

    def pixels(self, rows: Rows, side: int = 0, grey: bool | None = None) -> UInt8:
        """(len(rows), side, side[, 3]) uint8, by default as the mixture is."""
        side, grey = side or self.side, not self.colour if grey is None else grey
        found = np.zeros((len(rows), side, side) if grey else (len(rows), side, side, 3), np.uint8)
        for number, images in enumerate(self.sets):
            own = np.flatnonzero(self.origin[rows] == number)
            if len(own):
                found[own] = images.read(self.row[rows[own]], side, grey)
        return found


@dataclass(frozen=True)
class Split:
    """The images of one repeat: positions in the mixture, `train` (m,) and `test` (t,) int64, in random order."""

    train: Rows
    test: Rows


def mix(sets: Sequence[ImageSet], spec: MixtureSpec) -> Mixture:
    """One task of several sets, all images of all of them. Raises `UserError` when they make no task."""
    labels, classes = _by_label(sets) if spec.by_label else _one_each(sets)
    if spec.classes:
        if len(spec.classes) != len(classes):
            raise UserError(
                f"{len(spec.classes)} classes were named, the sets have {len(classes)}.",
                f"They are, in order: {', '.join(classes)}.",
            )
        classes = spec.classes
    if len(classes) < 2:
        raise UserError(
            "A task needs two classes or more.", "Give more sets, or --by-label for a set's own labels."
        )
    if len({name.casefold() for name in classes}) < len(classes):
        raise UserError(f"Two classes have one name: {', '.join(classes)}.", "Name them with --classes.")
    return Mixture(
        tuple(sets),
        classes,
        np.concatenate([np.full(len(images.files), number, np.int64) for number, images in enumerate(sets)]),
        np.concatenate([np.arange(len(images.files)) for images in sets]),
        np.concatenate(labels),
        np.concatenate([_parts(images) for images in sets]),
        spec.side or min(LARGEST_SIDE, *(images.side for images in sets)),
        any(images.colour for images in sets),
    )


def split(mixture: Mixture, spec: MixtureSpec, seed: int) -> Split:
    """Draw the images of the repeat `seed`. Raises `UserError` when a class has none to learn from."""
    classes = len(mixture.classes)
    pools = [_class_pools(mixture, k, spec.test_share, seed) for k in range(classes)]
    train = _wanted(spec, [len(own) for own, _ in pools], mixture.classes)
    most = [len(own) for _, own in pools]
    least = min((count for count in most if count), default=0)
    test = [min(count, least) if spec.balanced else count for count in most]
    rng = np.random.default_rng([seed, 815])
    return Split(
        rng.permutation(np.concatenate([own[:n] for (own, _), n in zip(pools, train, strict=True)])),
        rng.permutation(np.concatenate([own[:n] for (_, own), n in zip(pools, test, strict=True)])),
    )


@lru_cache(maxsize=8)
def load_mixture(spec: MixtureSpec) -> Mixture:
    """The mixture of a spec, read once a process. Raises `UserError`."""
    root = Path(spec.root) if spec.root else None
    return mix([_cached_set(source, root, spec.image_size) for source in spec.sources], spec)


@lru_cache(maxsize=32)
def _cached_set(source: str, root: Path | None, size: int) -> ImageSet:
    return open_set(source, root, size)


def task_name(mixture: Mixture, by_label: bool) -> str:
    """The task in a few words, for tables and file names."""
    names = [images.name for images in mixture.sets]
    text = " + ".join(names[:4]) + (f" + {len(names) - 4} more" if len(names) > 4 else "")
    return f"{text}, by label" if by_label else text


def _one_each(sets: Sequence[ImageSet]) -> tuple[list[Rows], tuple[str, ...]]:
    labels = [np.full(len(images.files), number, np.int64) for number, images in enumerate(sets)]
    return labels, tuple(images.shows or images.name.replace("_", " ") for images in sets)


def _by_label(sets: Sequence[ImageSet]) -> tuple[list[Rows], tuple[str, ...]]:
    names: list[str] = []
    labels = []
    for images in sets:
        if images.labels is None:
            raise UserError(
                f"{images.name} has several labels an image; only one an image can be learnt.",
                "Use it as one class of a mixture, without --by-label.",
            )
        known = [
            name if len(sets) == 1 else f"{images.shows or images.name}, {name}" for name in images.classes
        ]
        labels.append(images.labels + len(names))
        names += known
    return labels, tuple(names)


def _parts(images: ImageSet) -> npt.NDArray[np.int8]:
    if images.test is None:
        return np.full(len(images.files), -1, np.int8)
    return images.test.astype(np.int8)


def _class_pools(mixture: Mixture, k: int, test_share: float, seed: int) -> tuple[Rows, Rows]:
    """The class's images for training and test, shuffled; those without a part are divided."""
    rng = np.random.default_rng([seed, 137, k])
    own = rng.permutation(np.flatnonzero(mixture.truth == k))
    part = mixture.part[own]
    free = own[part < 0]
    cut = round(test_share * len(free))
    train, test = np.concatenate([own[part == 0], free[cut:]]), np.concatenate([own[part == 1], free[:cut]])
    return rng.permutation(train), rng.permutation(test)


def _wanted(spec: MixtureSpec, there: list[int], classes: Sequence[str]) -> list[int]:
    """How many training images of each class."""
    if spec.counts:
        if len(spec.counts) != len(classes):
            raise UserError(f"--counts needs {len(classes)} numbers, one a class.", f"{', '.join(classes)}")
        wanted = list(spec.counts)
    else:
        least = min((count for count in there if count), default=0)
        wanted = [min(count, least) if spec.balanced else count for count in there]
        wanted = [min(count, spec.per_class or count) for count in wanted]
    for name, count, most in zip(classes, wanted, there, strict=True):
        if count > most:
            raise UserError(f"'{name}' has {most} images to learn from, {count} were asked for.")
    if sum(count > 0 for count in wanted) < 2:
        raise UserError("Fewer than two classes have images to learn from.")
    return wanted
