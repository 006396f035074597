"""The paths of a table as people write them when they search, and the order of its file names.

Both take a second or two for a million images, so they are kept for as long as the table that they were made
for: `prepare` in a worker thread leaves nothing to wait for.
"""

import re
import weakref
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import repeat
from operator import contains, eq, ne

import numpy as np
import numpy.typing as npt

from core.images.refs import ImageRef
from core.project.columns import paths_of
from core.project.table import LabelTable

_SLICE = 20_000  # rows at a time: string methods hold Python's lock for a whole call
_DIGITS = re.compile(r"(\d+)")
_WIDTH = 12  # digits that numbers in names are filled up to


class PathTexts:
    """What is derived from the paths of one table; each part is made when it is first asked for."""

    def __init__(self, refs: Sequence[ImageRef]) -> None:
        self._paths = paths_of(refs)

    @cached_property
    def folded(self) -> list[str]:
        """The shown paths without differences of case."""
        found: list[str] = []
        for start in range(0, len(self._paths), _SLICE):
            found += _shown(self._paths[start : start + _SLICE]).casefold().split("\0")
        return found

    @cached_property
    def rank(self) -> npt.NDArray[np.int32]:
        """(n,) the place of each file name among all, from 0; numbers in names count as numbers."""
        keys: list[str] = []
        for start in range(0, len(self.folded), _SLICE):
            keys += _name_keys(self.folded[start : start + _SLICE])
        order = sorted(range(len(keys)), key=keys.__getitem__)
        in_order = [keys[row] for row in order]
        differs = np.fromiter(map(ne, in_order[1:], in_order), np.bool_, max(len(keys) - 1, 0))
        rank = np.zeros(len(keys), np.int32)
        rank[order[1:]] = np.cumsum(differs)
        return rank

    def having(self, folded: str) -> npt.NDArray[np.bool_]:
        """(n,) whose path holds a text without differences of case."""
        return np.fromiter(map(contains, self.folded, repeat(folded)), np.bool_, len(self.folded))

    def adopt(self, other: "PathTexts") -> bool:
        """Take over what another one has made, if it is for the same paths; comparing is far cheaper than making."""
        mine, others = self._paths, other._paths
        if len(mine) != len(others) or not all(map(eq, _slices(mine), _slices(others))):
            return False
        for name in ("folded", "rank"):
            if name in other.__dict__:
                self.__dict__[name] = other.__dict__[name]
        return True


_kept: dict[int, tuple["weakref.ref[LabelTable]", PathTexts]] = {}  # by the identity of the table


def path_texts(table: LabelTable) -> PathTexts:
    """What is derived from the paths of `table`, for as long as there is the table. Any thread."""
    found = _kept.get(id(table))
    if found is not None and found[0]() is table:
        return found[1]
    made = PathTexts(table.refs)
    any(made.adopt(other) for _, other in list(_kept.values()))
    _keep(table, made)
    return made


def prepare(table: LabelTable) -> None:
    """Make everything for `table` now; in a worker thread, before the table is shown."""
    assert len(path_texts(table).rank) == len(table)


def _keep(table: LabelTable, made: PathTexts) -> None:
    number = id(table)
    _kept[number] = (weakref.ref(table, lambda _: _kept.pop(number, None)), made)


def _slices(paths: Sequence[str]) -> Iterator[str]:
    return ("\0".join(paths[start : start + _SLICE]) for start in range(0, len(paths), _SLICE))


def _shown(paths: Sequence[str]) -> str:
    """The paths for people, with NUL between them, which no path holds."""
    text = "\0".join(paths)
    return text if _is_plain(text) else "\0".join([ImageRef(path).shown for path in paths])


def _is_plain(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # bytes that are not UTF-8
        return False
    return True


def _name_keys(folded: list[str]) -> list[str]:
    """Sort keys of the file names: `scan 7.png` comes before `scan 12.png`."""
    names = "\0".join([path.rpartition("/")[2] for path in folded])
    parts = _DIGITS.split(names)
    parts[1::2] = map(str.zfill, parts[1::2], repeat(_WIDTH))
    return "".join(parts).split("\0")
