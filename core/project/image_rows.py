"""The images of a project: what is known of each file."""

import os
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.images.refs import ImageRef, ScannedImage

MISSING = "the file is no longer there"


@dataclass(frozen=True)
class ImageFacts:
    """What reading an image told: its content's hash and shape, or why it could not be read."""

    row: int
    sha256: bytes = b""
    width: int = 0
    height: int = 0
    grey: bool = False
    error: str = ""


@dataclass(frozen=True)
class ImageColumns:
    """All images, one row each. `error` is empty for images that can be read or were not read yet."""

    refs: list[ImageRef]
    sha256: list[bytes]
    width: npt.NDArray[np.int32]
    height: npt.NDArray[np.int32]
    grey: npt.NDArray[np.bool_]
    error: list[str]
    missing: npt.NDArray[np.bool_]


class ImageRows:
    """The table `images`. Row numbers are dense, never reused, and index every array of the project."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def count(self) -> int:
        return int(self._connection.execute("SELECT COUNT(*) FROM images").fetchone()[0])

    def stamps(self) -> dict[tuple[str, int], tuple[int, int, int, str, bool]]:
        """(path, frame) -> (row, size, mtime_ns, error, missing), to compare a scan with."""
        query = "SELECT id, path, frame, size, mtime_ns, error, missing FROM images"
        return {
            (os.fsdecode(path), frame): (row, size, mtime_ns, error, bool(missing))
            for row, path, frame, size, mtime_ns, error, missing in self._connection.execute(query)
        }

    def add(self, scanned: Sequence[ScannedImage], first_row: int) -> None:
        """Append rows, numbered from `first_row`, in one transaction."""
        rows = [
            (
                first_row + offset,
                os.fsencode(item.ref.path),
                item.ref.frame,
                item.size,
                item.mtime_ns,
                item.error,
            )
            for offset, item in enumerate(scanned)
        ]
        self._many("INSERT INTO images (id, path, frame, size, mtime_ns, error) VALUES (?,?,?,?,?,?)", rows)

    def restamp(self, changed: Sequence[tuple[int, ScannedImage]]) -> None:
        """These rows have other content now: forget what reading them told."""
        rows = [(item.size, item.mtime_ns, item.error, row) for row, item in changed]
        self._many(
            "UPDATE images SET size=?, mtime_ns=?, error=?, sha256=x'', width=0, height=0, missing=0 WHERE id=?",
            rows,
        )

    def set_missing(self, rows: Iterable[int], missing: bool) -> None:
        self._many("UPDATE images SET missing=? WHERE id=?", [(int(missing), row) for row in rows])

    def set_facts(self, facts: Sequence[ImageFacts]) -> None:
        rows = [(f.sha256, f.width, f.height, int(f.grey), f.error, f.row) for f in facts]
        self._many("UPDATE images SET sha256=?, width=?, height=?, grey=?, error=? WHERE id=?", rows)

    def columns(self) -> ImageColumns:
        """Read the whole table."""
        query = "SELECT path, frame, sha256, width, height, grey, error, missing FROM images ORDER BY id"
        rows = self._connection.execute(query).fetchall()
        missing = np.array([row[7] for row in rows], np.bool_)
        return ImageColumns(
            [ImageRef(os.fsdecode(row[0]), row[1]) for row in rows],
            [row[2] for row in rows],
            np.array([row[3] for row in rows], np.int32),
            np.array([row[4] for row in rows], np.int32),
            np.array([row[5] for row in rows], np.bool_),
            [MISSING if gone else row[6] for row, gone in zip(rows, missing, strict=True)],
            missing,
        )

    def _many(self, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
        if rows:
            with self._connection:
                self._connection.execute("BEGIN IMMEDIATE")
                self._connection.executemany(statement, rows)
