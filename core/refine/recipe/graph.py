"""The graph of like images: nearest neighbours, exact for some thousand images and approximate beyond."""

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from scipy.sparse import csr_array

NEIGHBOURS = 20
EXACT_UP_TO = 20_000
_SHARE_PROBED = 0.06
_ROWS_A_CELL = 200


def nearest(features: npt.NDArray[np.float32], k: int, seed: int) -> npt.NDArray[np.int64]:
    """The k nearest others of each row by Euclidean distance, (n, k) int64, nearest first; -1 where none was found.

    Beyond 20,000 rows faiss searches the most promising cells only; the same seed finds the same.
    """
    import faiss

    n, d = features.shape
    rows = np.ascontiguousarray(features, np.float32)
    index: Any
    if n <= EXACT_UP_TO:
        index = faiss.IndexFlatL2(d)
    else:
        cells = n // _ROWS_A_CELL
        index = faiss.IndexIVFFlat(faiss.IndexFlatL2(d), d, cells)
        index.cp.seed = seed + 1
        index.cp.niter = 8
        index.train(rows)
        index.nprobe = max(8, round(_SHARE_PROBED * cells))
    index.add(rows)
    _, found = index.search(rows, k + 1)
    return _without_self(found, k)


def _without_self(found: npt.NDArray[np.int64], k: int) -> npt.NDArray[np.int64]:
    own = found == np.arange(len(found))[:, None]  # none in a row of many copies: then the last one goes
    order = np.argsort(own, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(found, order, axis=1)


def affinity(neighbours: npt.NDArray[np.int64]) -> "csr_array":
    """W (n, n) float32, symmetric: 1 where either of two images is among the other's neighbours (n, k)."""
    from scipy.sparse import csr_array

    n, k = neighbours.shape
    rows = np.repeat(np.arange(n), k)
    columns = neighbours.ravel()
    there = columns >= 0
    one_way = csr_array((np.ones(there.sum(), np.float32), (rows[there], columns[there])), shape=(n, n))
    return one_way.maximum(one_way.T).tocsr()


def normalised(w: "csr_array") -> "csr_array":
    """S = D^-1/2 W D^-1/2."""
    from scipy.sparse import diags_array

    scale = diags_array(1 / np.sqrt(np.maximum(w.sum(axis=1), 1e-12)).astype(np.float32))
    return (scale @ w @ scale).tocsr().astype(np.float32)


def normalised_cuts(w: "csr_array", labels: npt.NDArray[np.int64], classes: int) -> npt.NDArray[np.float64]:
    """(k,) share of each class's edges that leave it (Shi, Malik 2000); an empty class counts 1."""
    degree = np.asarray(w.sum(axis=1)).ravel()
    member = np.zeros((len(labels), classes), np.float32)
    member[np.arange(len(labels)), labels] = 1
    inside = (member * (w @ member)).sum(axis=0)
    volume = degree @ member
    return np.asarray(np.where(volume > 0, 1 - inside / np.maximum(volume, 1e-12), 1.0), np.float64)


def mean_cut(w: "csr_array", labels: npt.NDArray[np.int64], classes: int) -> float:
    """The mean of `normalised_cuts`, 0..1, classes weighing as they are large: the share of ties that is cut."""
    sizes = np.bincount(labels, minlength=classes) + 1e-9
    return float(np.average(normalised_cuts(w, labels, classes), weights=sizes))
