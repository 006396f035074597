"""Arrays on disk: `.npy` memory maps that grow with the images, with a bitmap of finished rows."""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt


def _header(shape: tuple[int, ...], dtype: np.dtype[Any]) -> bytes:
    """The `.npy` header; numpy pads it so that its length does not depend on the number of rows."""
    buffer = io.BytesIO()
    fields = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(buffer, fields)
    return buffer.getvalue()


def grown_memmap(path: Path, rows: int, columns: tuple[int, ...], dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    """Writable memory map of the `.npy` at `path`, made or lengthened in place to `rows`; new rows are zero.

    The file is lengthened before its header says so, hence a crash leaves a valid array.
    """
    dtype = np.dtype(dtype)
    have = len(np.load(path, mmap_mode="r")) if path.exists() else 0
    rows = max(rows, have)
    header = _header((rows, *columns), dtype)
    if not path.exists() or rows > have:
        size = len(header) + rows * int(np.prod(columns, dtype=np.int64)) * dtype.itemsize
        with path.open("r+b" if path.exists() else "wb") as file:
            file.truncate(size)
            file.seek(0)
            file.write(header)
    return (
        np.memmap(path, dtype, "r+", len(header), (rows, *columns))
        if rows
        else np.empty((0, *columns), dtype)
    )


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
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.values = grown_memmap(folder / "values.npy", rows, columns, dtype)
        self.done = grown_memmap(folder / "done.npy", rows, (), np.bool_)
        card = folder / "about.json"
        if about is not None and not card.exists():
            card.write_text(json.dumps(about, indent=1), encoding="utf-8")

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
    """Mark rows as not done in every row store below `folder`."""
    for bitmap in folder.glob("*/done.npy"):
        done = np.load(bitmap, mmap_mode="r+")
        done[rows[rows < len(done)]] = False
        done.flush()


def save_array(path: Path, array: npt.NDArray[Any]) -> None:
    """Write `array` as `.npy` at once or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    with temporary.open("wb") as file:
        np.save(file, array)
    temporary.replace(path)
