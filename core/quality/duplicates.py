"""Images that are there more than once: equal contents, and pictures that differ by coding, size or brightness.

Near duplicates are found in two steps. Perceptual hashes find candidates (Hamming distance); alone they cannot tell
them from images of the same kind: in every thousand hand or chest X-rays there are pairs of different people with
nearly the same hash. So candidates are compared by the correlation of small pictures. Both bounds are measured,
see `HASH_DISTANCE` and `LEAST_CORRELATION`.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.quality.unions import Unions

Rows = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]
Looks = npt.NDArray[np.uint8]

# Bits. 98 in 100 copies by JPEG (quality 40 and 75), scaling (0.5 to 1.5), brightness, contrast and gamma of
# radiographs, CT, MRI and ultrasound are within; 94 in 100 where brightening by 1.2 clips.
HASH_DISTANCE = 6
# Of pictures of 24x24 px. 98 in 100 of those copies correlate by more than 0.99 (0.983 where brightening clips); of
# 18 million pairs of chest X-rays of different files 4 by more than this, of as many hand X-rays 3.
LEAST_CORRELATION = 0.985
MOST_CONTENTS = 50  # that likeness joins: neighbouring slices would else chain a whole folder
_BITS, _TABLES, _FLIPS = 21, 3, 2  # finds every distance up to 3 * (2 + 1) - 1
_QUERIES = 4096  # hashes looked up at a time
_PAIRS = 16_384  # compared at a time
_LEADERS = 32  # unlike images of one hash that are compared with others


def _no_tick(done: int, total: int) -> None:
    """Nobody listens."""


Tick = Callable[[int, int], None]


def first_of_content(contents: Sequence[bytes]) -> Rows:
    """(n,) the first row whose content hash is equal; a row's own number where it is unknown (empty)."""
    first: dict[bytes, int] = {}
    return np.array(
        [first.setdefault(content, row) if content else row for row, content in enumerate(contents)], np.int64
    )


@dataclass(frozen=True, eq=False)
class Candidates:
    """Rows whose hash is another one's or close to it.

    `rows` (c,) ascending, `code` (c,) the number of each one's hash, `close` (p, 2) int32 numbers of hashes that
    are close, the smaller first.
    """

    rows: Rows
    code: Rows
    close: npt.NDArray[np.int32]


def find_candidates(hashes: Sequence[bytes], among: Rows, tick: Tick = _no_tick) -> Candidates:
    """Candidates for near duplicates: those of the rows `among` whose 8-byte hashes are equal or close.

    An empty hash has no likes. `tick(done, total)` may raise to stop. A million hashes take a minute or two.
    """
    known = np.array([row for row in among.tolist() if hashes[row]], np.int64)
    codes = np.frombuffer(b"".join(hashes[row] for row in known.tolist()), np.uint64)
    distinct, code, counts = np.unique(codes, return_inverse=True, return_counts=True)
    close = close_codes(distinct, tick)
    has_like = counts > 1
    has_like[close.ravel()] = True
    mask = has_like[code]
    return Candidates(known[mask], code[mask].astype(np.int64), close)


def close_codes(codes: npt.NDArray[np.uint64], tick: Tick = _no_tick) -> npt.NDArray[np.int32]:
    """(p, 2) positions of different 64-bit codes (u,) within `HASH_DISTANCE` bits, the smaller first.

    Multi-index hashing (M. Norouzi, A. Punjani, D. Fleet, CVPR 2012): exact for this distance.
    """
    if len(codes) < 2:
        return np.empty((0, 2), np.int32)
    import faiss

    vectors = codes.view(np.uint8).reshape(-1, 8)
    index = faiss.IndexBinaryMultiHash(64, _TABLES, _BITS)
    index.nflip = _FLIPS
    index.add(vectors)
    found = [np.empty((0, 2), np.int32)]
    for start in range(0, len(codes), _QUERIES):
        tick(start, len(codes))
        limits, _, others = index.range_search(vectors[start : start + _QUERIES], HASH_DISTANCE + 1)
        counts = (limits[1:] - limits[:-1]).astype(np.int64)
        mine = np.repeat(np.arange(start, start + len(counts)), counts)
        later = others > mine
        found.append(np.stack([mine[later], others[later]], axis=1).astype(np.int32))
    return np.concatenate(found)


@dataclass(frozen=True, eq=False)
class Links:
    """`pairs` (k, 2) rows that look the same, the smaller first, and their `correlation` (k,)."""

    pairs: Rows
    correlation: Floats


def find_links(candidates: Candidates, looks: Looks, tick: Tick = _no_tick) -> Links:
    """Which candidates correlate by at least `LEAST_CORRELATION`. `looks` (n, side, side) uint8, by row.

    Of images with one hash each is compared with the first ones that are not alike, so that thousands of equal ones
    cost no more than few.
    """
    pairs, values = [np.empty((0, 2), np.int64)], [np.empty(0, np.float32)]
    leaders: list[Rows] = []
    for members in _by_code(candidates):
        chosen, joined, correlation = _lead(members, looks)
        leaders.append(chosen)
        pairs.append(joined)
        values.append(correlation)
    numbers = np.unique(candidates.code)
    for done, two in enumerate(_across(candidates.close, numbers, leaders)):
        tick(done * _PAIRS, 0)
        correlation = correlations(looks[two[:, 0]], looks[two[:, 1]])
        alike = correlation >= LEAST_CORRELATION
        pairs.append(np.sort(two[alike], axis=1))
        values.append(correlation[alike])
    return Links(np.concatenate(pairs), np.concatenate(values))


def correlations(one: Looks, other: Looks) -> Floats:
    """(k,) float32 normalised correlation of (k, side, side) uint8 with as many, or with one; 0 where one is flat."""
    a, b = _centred(one), _centred(other)
    norms = np.sqrt((a * a).sum(axis=1) * (b * b).sum(axis=1))
    product = (a * b).sum(axis=1)
    return np.where(norms > 0, product / np.maximum(norms, 1e-6), 0).astype(np.float32)


def join(first: Rows, links: Links | None = None) -> npt.NDArray[np.int32]:
    """(n,) int32: the smallest row of the group that a row belongs to, -1 where it is alone.

    Equal contents (`first`, of `first_of_content`) are always together. Links join them, the strongest first, as
    long as no group gets more than `MOST_CONTENTS` different contents.
    """
    root = first.copy()
    if links is not None:
        _join_links(root, links)
        root = root[root[first]]
    counts = np.bincount(root, minlength=len(root))
    return np.where(counts[root] > 1, root, -1).astype(np.int32)


def _join_links(root: Rows, links: Links) -> None:
    """Unite the roots of linked rows, in place; each row's own root afterwards."""
    sizes: dict[int, int] = {}
    unions = Unions()
    order = np.argsort(-links.correlation, kind="stable")
    for one, other in links.pairs[order].tolist():
        a, b = sorted((unions.find(one), unions.find(other)))
        size = sizes.get(a, 1) + sizes.get(b, 1)
        if a != b and size <= MOST_CONTENTS:
            unions.unite(a, b)
            sizes[a] = size
    for row, first in unions.roots().items():
        root[row] = first


def _centred(looks: Looks) -> Floats:
    flat = looks.reshape(len(looks), -1).astype(np.float32)
    return np.asarray(flat - flat.mean(axis=1, keepdims=True), np.float32)


def _by_code(candidates: Candidates) -> Iterator[Rows]:
    """The rows of each code, in the order of the codes."""
    order = np.argsort(candidates.code, kind="stable")
    ends = np.flatnonzero(np.diff(candidates.code[order])) + 1
    yield from np.split(candidates.rows[order], ends) if len(order) else ()


def _lead(members: Rows, looks: Looks) -> tuple[Rows, Rows, Floats]:
    """Rows of one hash: those that stand for the others, (leader, other) pairs (k, 2), their correlations (k,)."""
    leaders: list[np.int64] = []
    pairs, values = [np.empty((0, 2), np.int64)], [np.empty(0, np.float32)]
    left = members
    while len(left) and len(leaders) < _LEADERS:
        leader, others = left[0], left[1:]
        leaders.append(leader)
        if not len(others):
            break
        correlation = correlations(looks[leader][None], looks[others])
        alike = correlation >= LEAST_CORRELATION
        pairs.append(np.stack([np.full(int(alike.sum()), leader), others[alike]], axis=1))
        values.append(correlation[alike])
        left = others[~alike]
    return np.array(leaders, np.int64), np.concatenate(pairs), np.concatenate(values)


def _across(close: npt.NDArray[np.int32], numbers: Rows, leaders: list[Rows]) -> Iterator[Rows]:
    """Pairs (k, 2) of rows, a leader of one hash and one of a close hash, so many at a time."""
    counts = np.array([len(rows) for rows in leaders], np.int64)
    starts = np.cumsum(counts) - counts
    flat = np.concatenate(leaders) if leaders else np.empty(0, np.int64)
    for begin in range(0, len(close), _PAIRS):
        places = np.searchsorted(numbers, close[begin : begin + _PAIRS])
        of_one, of_other = counts[places[:, 0]], counts[places[:, 1]]
        each = of_one * of_other
        nth = np.arange(int(each.sum())) - np.repeat(np.cumsum(each) - each, each)
        per = np.repeat(of_other, each)
        one = flat[np.repeat(starts[places[:, 0]], each) + nth // per]
        other = flat[np.repeat(starts[places[:, 1]], each) + nth % per]
        for part in range(0, len(one), _PAIRS):
            yield np.stack([one[part : part + _PAIRS], other[part : part + _PAIRS]], axis=1)
