"""Train, validation and test: balanced over the classes, groups never divided."""

from collections import defaultdict
from collections.abc import Hashable, Sequence

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int32]


def assign_splits(
    labels: Ints,
    ratios: tuple[float, float, float],
    seed: int,
    groups: Sequence[str] = (),
    contents: Sequence[bytes] = (),
) -> npt.NDArray[np.int8]:
    """(n,) 0 train, 1 validation, 2 test for images of `labels` (n,).

    Images of one group (n names, empty for none) stay in one split, and so do images of equal content
    (n hashes, empty for unknown). Units are handed out class by class, largest first, each to the split that
    lacks most of what they hold, so every class is divided as near to `ratios` as its units allow. The same seed
    gives the same splits.
    """
    if not len(labels):
        return np.zeros(0, np.int8)
    units = _units(len(labels), groups, contents)
    order = np.random.default_rng(seed).permutation(len(units))
    classes = int(labels.max(initial=0)) + 1
    counts = np.array([np.bincount(labels[unit], minlength=classes) for unit in units])
    main_class = counts.argmax(axis=1)
    sizes = counts.sum(axis=1)
    wanted = np.outer(ratios, counts.sum(axis=0)).astype(np.float64)  # (3, classes) still to be given
    allowed = np.flatnonzero(np.asarray(ratios) > 0)
    result = np.zeros(len(labels), np.int8)
    for index in sorted(order, key=lambda unit: (main_class[unit], -sizes[unit])):
        lack = wanted[allowed] @ counts[index]
        split = allowed[int(lack.argmax())]
        wanted[split] -= counts[index]
        result[units[index]] = split
    return result


def _units(n: int, groups: Sequence[str], contents: Sequence[bytes]) -> list[list[int]]:
    """Rows that must stay together, by union-find over equal groups and equal contents."""
    parent = list(range(n))

    def root(row: int) -> int:
        while parent[row] != row:
            parent[row] = parent[parent[row]]
            row = parent[row]
        return row

    first: dict[Hashable, int] = {}
    for kind, names in (("group", groups), ("content", contents)):
        for row, name in enumerate(names):
            if name:
                parent[root(row)] = root(first.setdefault((kind, name), row))
    units: defaultdict[int, list[int]] = defaultdict(list)
    for row in range(n):
        units[root(row)].append(row)
    return list(units.values())
