"""Arrays on disk: `.npy` memory maps that grow with the images, with a bitmap of finished rows."""

import io
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from core.errors import UserError


def _header(shape: tuple[int, ...], dtype: np.dtype[Any]) -> bytes:
    """The `.npy` header; numpy pads it so that its length does not depend on the number of rows."""
    buffer = io.BytesIO()
    fields = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(buffer, fields)
    return buffer.getvalue()


def grown_memmap(path: Path, rows: int, columns: tuple[int, ...], dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    """Writable memory map of the `.npy` at `path`, made or lengthened in place to `rows`; new rows are zero.

    The file is lengthened before its header says so, hence a crash leaves a valid array.
    Raises `UserError` when the disk is full or cannot be written.
    """
    dtype = np.dtype(dtype)
    have = len(np.load(path, mmap_mode="r")) if path.exists() else 0
    rows = max(rows, have)
    header = _header((rows, *columns), dtype)
    if not path.exists():
        with writing(path) as temporary, temporary.open("wb") as file:
            file.write(_header((0, *columns), dtype))
    if rows > have:
        with _readable_errors(path), path.open("r+b") as file:
            _lengthen(file, len(header) + rows * int(np.prod(columns, dtype=np.int64)) * dtype.itemsize)
            file.write(header)
    return (
        np.memmap(path, dtype, "r+", len(header), (rows, *columns))
        if rows
        else np.empty((0, *columns), dtype)
    )


def _lengthen(file: BinaryIO, size: int) -> None:
    """Give a file its size, with room on the disk where the system can promise it.

    A hole in a file costs nothing until it is written to through a memory map: a full disk ends the process then.
    """
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file.fileno(), 0, size)
    else:
        file.truncate(size)


@contextmanager
def writing(path: Path) -> Iterator[Path]:
    """A temporary path whose file takes the place of `path` on leaving, at once or not at all.

    Raises `UserError` when the disk is full or cannot be written.
    """
    temporary = path.with_suffix(".tmp")
    with _readable_errors(path):
        try:
            yield temporary
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


@contextmanager
def _readable_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UserError(
            f"{path} cannot be written: {error.strerror or error}.",
            "Free some space on its drive; what was finished is kept.",
        ) from error


class RowStore:
    """One row an image, computed once: `values.npy` and `done.npy` in a folder of their own.

    A row is marked done after its values are flushed, so an interrupted pass resumes with the rows
    that are not done. `about` says what the rows are (model, preprocessing ...) and is kept beside.
    """

    def __init__(
        self,
        folder: Path,
        rows: int,
        columns: tuple[int, ...],
        dtype: npt.DTypeLike,
        about: dict[str, Any] | None = None,
    ) -> None:
        with _readable_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.values = grown_memmap(folder / "values.npy", rows, columns, dtype)
        self.done = grown_memmap(folder / "done.npy", rows, (), np.bool_)
        card = folder / "about.json"
        if about is not None and not card.exists():
            with writing(card) as temporary:
                temporary.write_text(json.dumps(about, indent=1), encoding="utf-8")

    def write(self, rows: npt.NDArray[np.int64], values: npt.NDArray[Any]) -> None:
        """Store `values` (len(rows), *columns) and then mark the rows as done."""
        self.values[rows] = values
        self._flush(self.values)
        self.done[rows] = True
        self._flush(self.done)

    @staticmethod
    def _flush(array: npt.NDArray[Any]) -> None:
        if isinstance(array, np.memmap):
            array.flush()


def forget_rows(folder: Path, rows: npt.NDArray[np.int64]) -> None:
    """Mark rows as not done in every row store below `folder`. Raises `UserError` where it cannot be written."""
    if not len(rows):
        return
    for bitmap in folder.glob("*/done.npy"):
        with _readable_errors(bitmap):
            done = np.load(bitmap, mmap_mode="r+")
            done[rows[rows < len(done)]] = False
            done.flush()


def save_array(path: Path, array: npt.NDArray[Any]) -> None:
    """Write `array` as `.npy` at once or not at all. Raises `UserError`."""
    with _readable_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    with writing(path) as temporary, temporary.open("wb") as file:
        np.save(file, array)
        file.flush()
        os.fsync(file.fileno())  # what the database is told next must not be there without it
