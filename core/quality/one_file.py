"""Duplicates among images of which several are in one file: the slices of a volume, pages, frames.

Neighbours of one file look alike by nature, and all images of a file are kept together anyway. So each is compared
with images of other files only, and no group has two images of one file.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from core.quality.duplicates import LEAST_CORRELATION, Candidates, Links, correlations
from core.quality.unions import Unions

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_MOST = 96  # images of one hash that are compared with each other


def file_numbers(paths: Sequence[str]) -> Ints:
    """(n,) a number for the file of each image, -1 where the file holds no other image."""
    known: dict[str, int] = {}
    numbers = np.array([known.setdefault(path, len(known)) for path in paths], np.int64)
    return np.where(np.bincount(numbers)[numbers] > 1, numbers, -1) if len(numbers) else numbers


def repeated_in_file(contents: Sequence[bytes], files: Ints) -> Bools:
    """(n,) bool: images whose content, where it is known, an earlier image of the same file has."""
    seen: set[tuple[int, bytes]] = set()
    repeated = np.zeros(len(files), np.bool_)
    for row in np.flatnonzero(files >= 0).tolist():
        key = (int(files[row]), contents[row])
        repeated[row] = bool(contents[row]) and key in seen
        seen.add(key)
    return repeated


def links_of_slices(candidates: Candidates, looks: npt.NDArray[np.uint8], files: Ints) -> Links:
    """Which slices look the same as an image of one hash in another file.

    `find_links` compares only some images of a hash, and several neighbours in a volume may have one: most of them
    would not meet the slice of a copy that is theirs. `looks` and `files` are by row.
    """
    order = np.argsort(candidates.code, kind="stable")
    ends = np.flatnonzero(np.diff(candidates.code[order])) + 1
    found = [np.empty((0, 2), np.int64)]
    values = [np.empty(0, np.float32)]
    for members in np.split(candidates.rows[order], ends) if (files >= 0).any() else ():
        rows = members[:_MOST]
        one, other = (rows[at] for at in np.triu_indices(len(rows), 1))
        apart = files[one] != files[other]  # two that are the only images of their files were compared
        if not apart.any():
            continue
        pairs = np.stack([one[apart], other[apart]], axis=1)
        correlation = correlations(looks[pairs[:, 0]], looks[pairs[:, 1]])
        found.append(pairs[correlation >= LEAST_CORRELATION])
        values.append(correlation[correlation >= LEAST_CORRELATION])
    return Links(np.concatenate(found), np.concatenate(values))


def between_files(links: Links, first: Ints, files: Ints) -> Links:
    """The links that a group may be made of: taken the strongest first, none brings two images of one file together.

    `first` (n,) is the first row of each image's content, `files` (n,) as `file_numbers` gives them.
    """
    if not (files >= 0).any():
        return links
    held: dict[int, set[int]] = {}
    for row in np.flatnonzero(files >= 0).tolist():
        held.setdefault(int(first[row]), set()).add(int(files[row]))
    unions = Unions()
    order = np.argsort(-links.correlation, kind="stable")
    kept = np.zeros(len(order), np.bool_)
    for at in order.tolist():
        a, b = (unions.find(int(row)) for row in links.pairs[at])
        of_a, of_b = held.get(a, set()), held.get(b, set())
        if a == b or of_a.isdisjoint(of_b):
            kept[at] = True
        if kept[at] and a != b:
            unions.unite(a, b)
            held[a] = of_a | of_b
    return Links(links.pairs[kept], links.correlation[kept])
