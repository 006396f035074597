"""The order in which a scan finds the images, where it is not that of the rows: a slice that came later stands among
its series. Rows keep their numbers. It is kept with the arrays.
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.project.arrays import save_array

_FILE = Path("order", "position.npy")

Ints = npt.NDArray[np.int32]
Rows = npt.NDArray[np.int64]


def read_positions(arrays: Path, n: int) -> Ints | None:
    """(n,) int32: where each image stands in the order of the scan, rows that came since at the end; None where
    that is the order of the rows.
    """
    try:
        kept = np.load(arrays / _FILE, mmap_mode="r")  # no array is made as long as a damaged header says
    except (OSError, ValueError, EOFError):
        return None  # never out of order, or damaged
    if kept.ndim != 1 or kept.dtype.kind != "i":
        return None
    order = np.argsort(kept[:n], kind="stable")
    m = len(order)
    return _ranks(np.concatenate((order, np.arange(m, n))))


def save_positions(arrays: Path, position: Ints) -> None:
    """Keep (n,) int32, unless it is what is kept. Raises `UserError`."""
    before = read_positions(arrays, len(position))
    in_rows = np.arange(len(position), dtype=np.int32)
    if not np.array_equal(position, in_rows if before is None else before):
        save_array(arrays / _FILE, position)


def placed(found: Rows, before: Ints | None, n: int) -> Ints:
    """(n,) int32 positions of n rows, of which a scan found those of `found` (m,), in this order.

    One that it did not find keeps its place: after whatever stood before it, by the positions of `before` (k,), k <= n,
    or by the rows.
    """
    order = np.arange(n)
    if before is not None:
        order[: len(before)] = np.argsort(before, kind="stable")
    rank = np.full(n, -1, np.int64)
    rank[found] = np.arange(len(found))
    last = np.maximum.accumulate(np.where(rank[order] >= 0, np.arange(n), -1))  # who stood before it
    after = np.where(last >= 0, rank[order[last]], -1)
    missing = rank[order] < 0
    return _ranks(order[np.lexsort((np.arange(n), missing, after))])


def _ranks(order: Rows) -> Ints:
    ranks = np.empty(len(order), np.int32)
    ranks[order] = np.arange(len(order), dtype=np.int32)
    return ranks
