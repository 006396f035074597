"""Columns of whole numbers as few bytes: a change of a million images is written while a key is pressed.

Each column becomes a constant, a range, or differences or values in the narrowest type that holds them, and
zlib's fastest level goes over it all. For a million decisions that is a third of the time and an eighth of
the bytes of compressing the records as they lie in memory.
"""

import base64
import struct
import zlib
from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

Whole = npt.NDArray[np.integer[Any]]
Rows = TypeVar("Rows", bound=Whole)

_MARK = b"\x01"  # the first byte; what zlib makes begins with 0x78
_HEAD = struct.Struct("<QB")  # rows, columns
_COLUMN = struct.Struct("<BBq")  # kind, bytes a value, first value
_CONSTANT, _RANGE, _VALUES, _DIFFERENCES = range(4)


def pack(columns: Sequence[Whole]) -> bytes:
    """Columns (k,) of whole numbers within int64, all of one length."""
    rows = len(columns[0])
    parts = [_HEAD.pack(rows, len(columns))]
    for column in columns:
        parts += _packed(column) if rows else []
    return _MARK + zlib.compress(b"".join(parts), 1)


def unpack(packed: bytes) -> list[Whole]:
    """The columns that `pack` was given, in types of their own. Raises `ValueError` for anything else."""
    if not is_packed(packed):
        raise ValueError("these are not packed columns")
    raw = zlib.decompress(packed[len(_MARK) :])
    rows, count = _HEAD.unpack_from(raw)
    columns: list[Whole] = []
    at = _HEAD.size
    for _ in range(count if rows else 0):
        kind, width, first = _COLUMN.unpack_from(raw, at)
        at += _COLUMN.size
        stored = np.frombuffer(raw, f"<i{width}", _stored(kind, rows), at)
        at += stored.nbytes
        columns.append(_unpacked(kind, stored, first, rows))
    return columns or [np.zeros(0, np.int64)] * count


def is_packed(packed: bytes) -> bool:
    """Whether this was made by `pack`, and not by the versions that compressed records as they were."""
    return packed.startswith(_MARK)


def pack_text(columns: Sequence[Whole]) -> str:
    """`pack` for places that hold text."""
    return base64.b64encode(pack(columns)).decode("ascii")


def unpack_text(packed: str) -> list[Whole]:
    return unpack(base64.b64decode(packed))


def as_index(rows: Rows) -> slice | Rows:
    """`rows` (k,) as an index for arrays: a slice where they follow each other, which numpy walks far faster."""
    if len(rows) > 1 and rows[-1] - rows[0] == len(rows) - 1 and bool((np.diff(rows) == 1).all()):
        return slice(int(rows[0]), int(rows[-1]) + 1)
    return rows


def _packed(column: Whole) -> list[bytes]:
    first, lowest, highest = int(column[0]), int(column.min()), int(column.max())
    if lowest == highest:
        return [_COLUMN.pack(_CONSTANT, 1, first)]
    kind, stored = _VALUES, column
    if _width(lowest, highest) > 1:  # row numbers, mostly
        values = column.astype(np.int64)
        differences = values[1:] - values[:-1]
        least, most = int(differences.min()), int(differences.max())
        if least == most == 1:
            return [_COLUMN.pack(_RANGE, 1, first)]
        if _width(least, most) < _width(lowest, highest):
            kind, stored, lowest, highest = _DIFFERENCES, differences, least, most
    width = _width(lowest, highest)
    return [_COLUMN.pack(kind, width, first), stored.astype(f"<i{width}").tobytes()]


def _stored(kind: int, rows: int) -> int:
    return {_VALUES: rows, _DIFFERENCES: rows - 1}.get(kind, 0)


def _unpacked(kind: int, stored: Whole, first: int, rows: int) -> Whole:
    if kind == _CONSTANT:
        return np.full(rows, first, np.int64)
    if kind == _RANGE:
        return np.arange(first, first + rows, dtype=np.int64)
    if kind == _VALUES:
        return stored
    column = np.full(rows, first, np.int64)
    np.cumsum(stored, out=column[1:], dtype=np.int64)
    column[1:] += first
    return column


def _width(lowest: int, highest: int) -> int:
    return next(
        width
        for width in (1, 2, 4, 8)
        if -(1 << (8 * width - 1)) <= lowest and highest < 1 << (8 * width - 1)
    )
