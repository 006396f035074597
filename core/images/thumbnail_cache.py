"""Thumbnails of images that are slow to read, kept in one SQLite file of the user's cache folder.

Only the user can read the folder (0700) and the file (0600). Nothing in it names an image: keys are hashes. It may be
deleted at any time; a damaged one is thrown away. What it cannot do it leaves: a cache raises nothing.
"""

import hashlib
import io
import logging
import os
import sqlite3
import struct
import threading
import time
import weakref
import zlib
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import numpy as np
import platformdirs

from core.images.formats.registry import is_plain
from core.images.pixels import UInt8
from core.images.refs import ImageRef
from core.images.source import ImageSource

log = logging.getLogger(__name__)

LIMIT = 2_000_000_000
"""Bytes of thumbnails that are kept; beyond, those that were made first go."""
SLOW = 0.02
"""Seconds: what is made faster is not kept. Finding and decoding a kept one takes about a millisecond."""
_NAME = "thumbnails.sqlite"
_VERSION = 2
_KEPT_SHARE = 0.9  # of the limit, after some had to go
_SMALL_FILE = 256 * 1024  # a picture file below is decoded in a few ms: it is not even looked for


def cache_folder() -> Path:
    """The user's cache folder of MedLabel; with MEDLABEL_HOME the folder `cache` in there."""
    moved = os.environ.get("MEDLABEL_HOME")
    return Path(moved) / "cache" if moved else Path(platformdirs.user_cache_dir("MedLabel", appauthor=False))


class ThumbnailCache:
    """A bounded map from keys to (h, w) or (h, w, 3) uint8 thumbnails, lossless. From any thread."""

    def __init__(self, folder: Path | None = None, limit: int = LIMIT) -> None:
        self.folder = folder or cache_folder()
        self._limit = limit
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._inode = self._bytes = 0
        self._closer: weakref.finalize[[], ThumbnailCache] | None = None

    @property
    def path(self) -> Path:
        return self.folder / _NAME

    def get(self, key: bytes) -> UInt8 | None:
        """The thumbnail kept under `key`, if there is one."""
        found = self._tried(lambda database: self._get(database, key))
        return None if found is None else _decoded(found)

    def put(self, key: bytes, thumbnail: UInt8) -> None:
        """Keep a thumbnail, instead of the oldest ones where there is no room."""
        data = _encoded(thumbnail)
        self._tried(lambda database: self._put(database, key, data))

    def size(self) -> int:
        """Bytes on the disk."""
        found = 0
        for path in self._files():
            with suppress(OSError):
                found += path.stat().st_size
        return found

    def clear(self) -> int:
        """Delete everything; the bytes that were freed. Whoever has the file open notices. Raises OSError."""
        freed = self.size()
        with self._lock:
            self._close()
            for path in self._files():
                path.unlink(missing_ok=True)
        return freed

    def close(self) -> None:
        """Let go of the file; the next use opens it again."""
        with self._lock:
            self._close()

    def _files(self) -> tuple[Path, ...]:
        return (self.path, *(self.path.with_name(_NAME + end) for end in ("-wal", "-shm", "-journal")))

    def _tried(self, use: "Callable[[sqlite3.Connection], bytes | None]") -> bytes | None:
        """What `use` gives; None where the file is busy, full or damaged. A damaged one is thrown away."""
        with self._lock:
            try:
                return use(self._opened())
            except (sqlite3.OperationalError, OSError) as error:  # locked, no space, not to be written to
                log.info("no thumbnail cache: %s", error)
                self._close()
            except sqlite3.DatabaseError as error:
                log.warning("the thumbnail cache is damaged and is begun anew: %s", error)
                self._throw_away()
        return None

    def _opened(self) -> sqlite3.Connection:
        if self._connection is not None:
            with suppress(FileNotFoundError):
                if self.path.stat().st_ino == self._inode:
                    return self._connection
            self._close()  # somebody deleted the file, or put another one in its place
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        os.close(os.open(self.path, os.O_CREAT | os.O_RDWR | getattr(os, "O_NOFOLLOW", 0), 0o600))
        self.path.chmod(0o600)  # SQLite gives its neighbours (-wal, -shm) the same
        self._inode = self.path.stat().st_ino
        database = sqlite3.connect(self.path, timeout=1, isolation_level=None, check_same_thread=False)
        self._connection, self._closer = database, weakref.finalize(self, database.close)
        self._bytes = _prepared(database)
        return database

    def _close(self) -> None:
        closer, self._connection, self._closer = self._closer, None, None
        if closer is not None:
            with suppress(sqlite3.Error):
                closer()

    def _throw_away(self) -> None:
        self._close()
        for path in self._files():
            with suppress(OSError):
                path.unlink(missing_ok=True)

    def _get(self, database: sqlite3.Connection, key: bytes) -> bytes | None:
        row = database.execute("SELECT png FROM thumbnails WHERE key = ?", (key,)).fetchone()
        return row[0] if row and isinstance(row[0], bytes) else None

    def _put(self, database: sqlite3.Connection, key: bytes, data: bytes) -> None:
        if len(data) > self._limit:
            return
        database.execute("INSERT OR REPLACE INTO thumbnails (key, png) VALUES (?, ?)", (key, data))
        self._bytes += len(data)
        if self._bytes > self._limit:
            self._make_room(database)

    def _make_room(self, database: sqlite3.Connection) -> None:
        """Delete the oldest; the file does not shrink, its free pages are used again."""
        self._bytes = total = _total(database)
        last = None
        for number, size in database.execute("SELECT number, length(png) FROM thumbnails ORDER BY number"):
            if total <= self._limit * _KEPT_SHARE:
                break
            last, total = number, total - size
        if last is not None:
            database.execute("DELETE FROM thumbnails WHERE number <= ?", (last,))
        self._bytes = total


def thumbnail_key(source: ImageSource, ref: ImageRef, side: int) -> bytes | None:
    """SHA-256 of where the image is, of its file's size and time of change, and of how the thumbnail is made.

    None where a thumbnail is not worth keeping (NPZ files are in memory, small pictures are decoded at once) and
    where the file is not there.
    """
    try:
        root_is_file = source.root.is_file()
        facts = (source.root if root_is_file else source.root / ref.path).stat()
    except (OSError, ValueError):
        return None
    small = facts.st_size < _SMALL_FILE and is_plain(ref.path)
    if source.kind == "npz" or (small and not root_is_file):
        return None
    made = (_VERSION, ref.frame, facts.st_size, facts.st_mtime_ns, side)
    where = os.fsencode(source.root.absolute()) + b"\0" + os.fsencode(ref.path)
    return hashlib.sha256(where + b"\0" + repr(made).encode()).digest()


def kept_or_made(
    cache: ThumbnailCache | None, source: ImageSource, ref: ImageRef, side: int, make: Callable[[], UInt8]
) -> UInt8:
    """The thumbnail from the cache, else what `make` gives, which is kept if it took long."""
    key = None if cache is None else thumbnail_key(source, ref, side)
    if cache is None or key is None:
        return make()
    kept = cache.get(key)
    if kept is not None:
        return kept
    started = time.perf_counter()
    made = make()
    if time.perf_counter() - started >= SLOW:
        cache.put(key, made)
    return made


def _prepared(database: sqlite3.Connection) -> int:
    """Make the table where there is none of this version; the bytes of all thumbnails."""
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = OFF")  # it may be lost, and is thrown away when it is damaged
    if database.execute("PRAGMA user_version").fetchone()[0] != _VERSION:
        database.execute("DROP TABLE IF EXISTS thumbnails")
        database.execute(
            "CREATE TABLE thumbnails (number INTEGER PRIMARY KEY AUTOINCREMENT, key BLOB UNIQUE, png BLOB)"
        )
        database.execute(f"PRAGMA user_version = {_VERSION}")
    return _total(database)


def _total(database: sqlite3.Connection) -> int:
    return int(database.execute("SELECT coalesce(sum(length(png)), 0) FROM thumbnails").fetchone()[0])


def _encoded(thumbnail: UInt8) -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(thumbnail).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def _decoded(data: bytes) -> UInt8 | None:
    from PIL import Image

    try:
        with closing(Image.open(io.BytesIO(data), formats=("PNG",))) as image:
            array = np.asarray(image)
    except (
        OSError,
        SyntaxError,
        ValueError,
        struct.error,
        zlib.error,
    ) as error:  # how Pillow's decoder fails
        log.warning("a thumbnail in the cache is damaged: %s", error)
        return None
    good = array.dtype == np.uint8 and (array.ndim == 2 or (array.ndim == 3 and array.shape[2] == 3))
    return array if good else None
