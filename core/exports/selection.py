"""Which images an export writes, and to which split each goes."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.errors import UserError
from core.exports.options import SPLITS, ExportRequest
from core.exports.split import assign_splits
from core.project.columns import paths_of
from core.project.records import Status
from core.project.sorting import as_found
from core.project.table import LabelTable

_KEPT_OUT = (Status.EXCLUDED, Status.UNSURE)
Sizes = npt.NDArray[np.int64]  # (n,) bytes of each image's file


@dataclass(frozen=True)
class Selection:
    """`rows` (m,) row numbers in the order of the scan, `split` (m,) position in `SPLITS` or -1 for none."""

    rows: npt.NDArray[np.int64]
    split: npt.NDArray[np.int8]

    def counts(self) -> dict[str, int]:
        """Images a split; empty when nothing is divided."""
        if not (self.split >= 0).any():
            return {}
        return {name: int((self.split == number).sum()) for number, name in enumerate(SPLITS)}


def select(request: ExportRequest, default: frozenset[Status], divided: bool) -> Selection:
    """All images of the chosen statuses; those with a label get a split when `divided`.

    Unless their statuses were asked for, images that people excluded or are unsure of are in no split.
    """
    table = request.table
    statuses = default if request.statuses is None else request.statuses
    rows = as_found(table, np.flatnonzero(np.isin(table.status, [int(status) for status in statuses])))
    split = np.full(len(rows), -1, np.int8)
    if divided:
        labelled = table.label[rows] >= 0
        if request.statuses is None:  # nobody asked for those that people keep out
            labelled &= ~np.isin(table.status[rows], _KEPT_OUT)
        named = rows[labelled]
        files = _files(table, named)
        split[labelled] = assign_splits(
            table.label[named],
            request.ratios,
            request.seed,
            [table.group[row] for row in named.tolist()],
            _contents(table, named, files),
            (table.duplicate[named] + 1).tolist(),
            files,
        )
    return Selection(rows, split)


def _files(table: LabelTable, rows: npt.NDArray[np.int64]) -> list[str]:
    """The file of each image, where one holds several; else nothing: then there is nothing to unite."""
    paths = paths_of(table.refs)
    named = [paths[row] for row in rows.tolist()]
    return named if len(set(named)) < len(named) else []


def _contents(table: LabelTable, rows: npt.NDArray[np.int64], files: list[str]) -> list[bytes]:
    """The hash of each image. Flat slices have none: the black one that every volume begins with would unite all."""
    if not files:
        return [table.sha256[row] for row in rows.tolist()]
    held = Counter(files)
    empty = table.flat[rows].tolist()
    return [
        b"" if blank and held[file] > 1 else table.sha256[row]
        for row, file, blank in zip(rows.tolist(), files, empty, strict=True)
    ]


def select_labelled(request: ExportRequest, default: frozenset[Status], divided: bool) -> Selection:
    """Only images with a label. Raises `UserError` when there is none."""
    found = select(request, default, divided)
    labelled = request.table.label[found.rows] >= 0
    if not labelled.any():
        raise UserError("There is no image with a label to export.", "Label first, or choose other statuses.")
    return Selection(found.rows[labelled], found.split[labelled])
