"""The images of a project: what is known of each file."""

import os
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt

from core.images.decode import Decoded
from core.images.refs import ScannedImage
from core.project.columns import ImageRefs, ObjectColumn
from core.project.database import Database, transaction

MISSING = "the file is no longer there"

_SLICE = 5000  # rows in a transaction: another handle's edit waits for one, not for all
_PAUSE = 0.003  # seconds between two, in which others get their turn


@dataclass(frozen=True)
class ImageFacts:
    """What reading an image told: its content's hash and shape, or why it could not be read.

    `details` is JSON, see `core.images.details.ImageDetails`; `phash` is 8 bytes, or none where it was not computed.
    """

    row: int
    sha256: bytes = b""
    width: int = 0
    height: int = 0
    grey: bool = False
    error: str = ""
    details: str = "{}"
    phash: bytes = b""

    @classmethod
    def of(cls, item: Decoded[Any]) -> "ImageFacts":
        """What a decoding pass learnt of one image."""
        return cls(
            item.row, item.sha256, item.width, item.height, item.grey, item.error, item.details, item.phash
        )


@dataclass(frozen=True)
class ImageColumns:
    """All images, one row each. `error` is empty for images that can be read or were not read yet."""

    refs: ImageRefs
    sha256: ObjectColumn[bytes]
    width: npt.NDArray[np.int32]
    height: npt.NDArray[np.int32]
    grey: npt.NDArray[np.bool_]
    error: list[str]
    missing: npt.NDArray[np.bool_]
    flat: npt.NDArray[np.bool_]  # read, and one value everywhere


class ImageRows:
    """The table `images`. Row numbers are dense, never reused, and index every array of the project.

    What writes many rows does so in transactions of a few thousand; stopped in between, the first ones are kept.
    """

    def __init__(self, connection: Database) -> None:
        self._connection = connection

    def count(self) -> int:
        return int(self._connection.execute("SELECT coalesce(max(id) + 1, 0) FROM images").fetchone()[0])

    def check(self) -> None:
        """Raises `ValueError` where the row numbers are not 0, 1, 2 ...: arrays would be made as long as they say."""
        # Apart each of them is a look at the index; together the whole table would be read.
        query = (
            "SELECT (SELECT count(*) FROM images), (SELECT min(id) FROM images), (SELECT max(id) FROM images)"
        )
        count, first, last = self._connection.execute(query).fetchone()
        if count and (first, last) != (0, count - 1):
            raise ValueError(f"it has {count:,} images, numbered from {first} to {last}")

    def stamps(self) -> dict[tuple[str, int], tuple[int, int, int, str, bool]]:
        """(path, frame) -> (row, size, mtime_ns, error, missing), to compare a scan with."""
        query = "SELECT id, path, frame, size, mtime_ns, error, missing FROM images"
        return {
            (os.fsdecode(path), frame): (row, size, mtime_ns, error, bool(missing))
            for row, path, frame, size, mtime_ns, error, missing in self._connection.execute(query)
        }

    def add(self, scanned: Sequence[ScannedImage], first_row: int) -> None:
        """Append rows, numbered from `first_row`."""
        self._many(
            "INSERT INTO images (id, path, frame, size, mtime_ns, error) VALUES (?,?,?,?,?,?)",
            (
                (row, os.fsencode(item.ref.path), item.ref.frame, item.size, item.mtime_ns, item.error)
                for row, item in enumerate(scanned, first_row)
            ),
        )

    def restamp(self, changed: Sequence[tuple[int, ScannedImage]]) -> None:
        """These rows have other content now: forget what reading them told."""
        self._many(
            "UPDATE images SET size=?, mtime_ns=?, error=?, sha256=x'', width=0, height=0, missing=0, "
            "facts='{}', phash=x'' WHERE id=?",
            ((item.size, item.mtime_ns, item.error, row) for row, item in changed),
        )

    def set_missing(self, rows: Iterable[int], missing: bool) -> None:
        self._many("UPDATE images SET missing=? WHERE id=?", ((int(missing), row) for row in rows))

    def set_facts(self, facts: Sequence[ImageFacts]) -> None:
        """Store what reading told. A pass that computed no perceptual hash leaves the one that is there."""
        self._many(
            "UPDATE images SET sha256=?, width=?, height=?, grey=?, error=?, facts=?, "
            "phash=coalesce(nullif(?, x''), phash) WHERE id=?",
            ((f.sha256, f.width, f.height, int(f.grey), f.error, f.details, f.phash, f.row) for f in facts),
        )

    def details(self, row: int) -> str:
        """The JSON of what the header of one image told; `{}` when it was not read yet."""
        found = self._connection.execute("SELECT facts FROM images WHERE id=?", (row,)).fetchone()
        return str(found[0]) if found else "{}"

    def phashes(self) -> ObjectColumn[bytes]:
        """The perceptual hash of every image, 8 bytes; empty where it was not computed."""
        return ObjectColumn(
            [row[0] for row in self._connection.execute("SELECT phash FROM images ORDER BY id")]
        )

    def columns(self) -> ImageColumns:
        """Read the whole table."""
        query = "SELECT path, frame, sha256, width, height, grey, error, missing, phash = x'' FROM images ORDER BY id"
        cursor = self._connection.execute(query)
        paths: list[str] = []
        sha256: list[bytes] = []
        errors: list[str] = []
        numbers: list[tuple[int, ...]] = []
        blocks = [np.zeros((0, 6), np.int32)]
        while rows := cursor.fetchmany(_SLICE):  # a few at a time: a million tuples at once cost a collection
            for path, frame, digest, width, height, grey, error, missing, no_look in rows:
                paths.append(os.fsdecode(path))
                sha256.append(digest)
                errors.append(MISSING if missing else error)
                numbers.append((frame, width, height, grey, missing, no_look))
            blocks.append(np.array(numbers, np.int32))
            numbers.clear()
        frame, width, height, grey, missing, no_look = np.ascontiguousarray(np.concatenate(blocks).T)
        refs = ImageRefs(ObjectColumn(paths), frame)
        flat = no_look.astype(np.bool_) & (width > 0)
        return ImageColumns(
            refs,
            ObjectColumn(sha256),
            width,
            height,
            grey.astype(np.bool_),
            errors,
            missing.astype(np.bool_),
            flat
            if not no_look.all()
            else np.zeros_like(flat),  # nobody looked, in a project of an early version
        )

    def _many(self, statement: str, rows: Iterator[tuple[object, ...]]) -> None:
        while batch := list(islice(rows, _SLICE)):
            with transaction(self._connection):
                self._connection.executemany(statement, batch)
            if len(batch) == _SLICE:
                time.sleep(_PAUSE)
