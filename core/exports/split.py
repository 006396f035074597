"""Train, validation and test: balanced over the classes, groups never divided."""

from collections.abc import Hashable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int32]
Units = npt.NDArray[np.int64]


def assign_splits(
    labels: Ints,
    ratios: tuple[float, float, float],
    seed: int,
    groups: Sequence[str] = (),
    contents: Sequence[bytes] = (),
    likes: Sequence[int] = (),
    files: Sequence[str] = (),
) -> npt.NDArray[np.int8]:
    """(n,) 0 train, 1 validation, 2 test for images of `labels` (n,).

    Images of one group (n names, empty for none) stay in one split, and so do images of equal content (n hashes, empty
    for unknown), images that look the same (n numbers of groups, 0 for none) and images in one file: the slices of a
    volume (n paths). Units are handed out class by class, largest first, each to the split that lacks most of what
    they hold, so every class is divided as near to `ratios` as its units allow. The same seed gives the same splits.
    """
    if not len(labels):
        return np.zeros(0, np.int8)
    unit_of_row = _units(len(labels), {"group": groups, "content": contents, "like": likes, "file": files})
    sizes = np.bincount(unit_of_row)
    shared = np.flatnonzero(sizes > 1)
    counts = _counts(labels, unit_of_row, shared, int(labels.max()) + 1)
    main_class = np.empty(len(sizes), np.int64)
    main_class[unit_of_row] = labels
    main_class[shared] = counts.argmax(axis=1)
    order = np.random.default_rng(seed).permutation(len(sizes))
    order = order[np.lexsort((-sizes[order], main_class[order]))]
    allowed = np.flatnonzero(np.asarray(ratios) > 0).astype(np.int8)
    wanted = np.outer(
        np.asarray(ratios)[allowed], np.bincount(labels)
    )  # (allowed, classes) still to be given
    split = np.zeros(len(sizes), np.int8)
    held = dict(zip(shared.tolist(), counts, strict=True))
    for label in np.unique(main_class):
        units = order[main_class[order] == label]
        several = sizes[units] > 1
        for unit in units[several].tolist():
            chosen = int((wanted @ held[unit]).argmax())
            wanted[chosen] -= held[unit]
            split[unit] = chosen
        split[units[~several]] = _hand_out(wanted, int(label), int((~several).sum()))
    return allowed[split[unit_of_row]]


def _hand_out(wanted: npt.NDArray[np.float64], label: int, images: int) -> npt.NDArray[np.int8]:
    """The split of each of so many single images of a class: always the one that lacks most. Changes `wanted`."""
    lack = wanted[:, label].tolist()
    given = np.empty(images, np.int8)
    for number in range(images):
        chosen = lack.index(max(lack))
        lack[chosen] -= 1.0
        given[number] = chosen
    wanted[:, label] = lack
    return given


def _counts(labels: Ints, unit_of_row: Units, shared: Units, classes: int) -> npt.NDArray[np.int64]:
    """(units of several images, classes): how many images of each class they hold."""
    position = np.full(int(unit_of_row.max()) + 1, -1, np.int64)
    position[shared] = np.arange(len(shared))
    inside = position[unit_of_row] >= 0
    counts = np.zeros((len(shared), classes), np.int64)
    np.add.at(counts, (position[unit_of_row[inside]], labels[inside]), 1)
    return counts


def _units(n: int, kinds: Mapping[str, Sequence[Hashable]]) -> Units:
    """(n,) the unit of each row, numbered by their first rows: union-find over equal names of each kind."""
    parent = list(range(n))

    def root(row: int) -> int:
        while parent[row] != row:
            parent[row] = parent[parent[row]]
            row = parent[row]
        return row

    first: dict[Hashable, int] = {}
    for kind, names in kinds.items():
        for row, name in enumerate(names):
            if name:
                before = first.setdefault((kind, name), row)
                if before != row:
                    one, other = root(before), root(row)
                    parent[max(one, other)] = min(one, other)
    roots = np.array([root(row) for row in range(n)], np.int64)
    return np.unique(roots, return_inverse=True)[1].astype(np.int64)
