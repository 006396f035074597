"""`project.sqlite`: opening it, its schema and its migrations."""

import os
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import UserError
from core.project.foreign import damaged, refuse_programs
from core.project.reading import as_it_is, has_no_room, why_no_room

FILE_NAME = "project.sqlite"

# One script a version; `user_version` counts those that ran. Never change one that was released.
MIGRATIONS = (
    """
    CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
    CREATE TABLE images (
        id INTEGER PRIMARY KEY,            -- row number, dense from 0, row of every array
        path BLOB NOT NULL,                -- os.fsencode: a name need not be UTF-8
        frame INTEGER NOT NULL,
        size INTEGER NOT NULL,             -- bytes
        mtime_ns INTEGER NOT NULL,
        sha256 BLOB NOT NULL DEFAULT x'',  -- empty until the image was read
        width INTEGER NOT NULL DEFAULT 0,
        height INTEGER NOT NULL DEFAULT 0,
        grey INTEGER NOT NULL DEFAULT 0,
        error TEXT NOT NULL DEFAULT '',
        missing INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE TABLE runs (
        id INTEGER PRIMARY KEY,
        kind TEXT NOT NULL,                -- zero-shot, imported, predicted, refinement
        created_at TEXT NOT NULL,
        class_ids TEXT NOT NULL,           -- JSON, columns of the probabilities
        params TEXT NOT NULL,
        metrics TEXT NOT NULL DEFAULT '{}',
        parent INTEGER REFERENCES runs(id),
        finished INTEGER NOT NULL DEFAULT 0,
        delivers INTEGER NOT NULL DEFAULT 1,
        note TEXT NOT NULL DEFAULT ''
    ) STRICT;
    CREATE TABLE edits (                   -- append-only: nothing is ever changed or deleted here
        id INTEGER PRIMARY KEY,
        at TEXT NOT NULL,
        author TEXT NOT NULL,
        kind TEXT NOT NULL,                -- edit, undo, redo
        text TEXT NOT NULL,
        target INTEGER,                    -- of an undo or redo: the edit it concerns
        changes BLOB,                      -- zlib of packed decision changes
        detail TEXT                        -- JSON: classes and notes, before and after
    ) STRICT;
    CREATE TABLE snapshots (edit_id INTEGER PRIMARY KEY, decisions BLOB NOT NULL, detail TEXT NOT NULL) STRICT;
    CREATE TABLE truth (image_id INTEGER PRIMARY KEY, class_id INTEGER NOT NULL) STRICT;
    CREATE TABLE groups (image_id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;
    """,
    # `edits` and `snapshots` hold packed columns from here on (`packing.py`); what is there stays as it is and
    # can still be read. The number keeps earlier versions of the program from opening what they cannot read.
    "",
    # What a file's header told beyond size and colour (JSON of `core.images.details.ImageDetails`), and the
    # perceptual hash of the picture (8 bytes), by which its likes are found.
    """
    ALTER TABLE images ADD COLUMN facts TEXT NOT NULL DEFAULT '{}';
    ALTER TABLE images ADD COLUMN phash BLOB NOT NULL DEFAULT x'';
    """,
)

_PATIENCE = 30.0  # seconds that a handle waits for another one to commit
_LOOK = 0.001  # seconds between two tries of a handle that waits

_HINTS = {
    sqlite3.SQLITE_FULL: "Free some space on its drive; what was there before is kept.",
    sqlite3.SQLITE_BUSY: "Another program writes to it; try again when that has ended.",
}

_NETWORK_FILE_SYSTEMS = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "9p", "afs"}


class Database(sqlite3.Connection):
    """A connection that may be for reading only: `read_only` says why, empty when it writes."""

    read_only = ""


def connect(folder: Path, read_only: str = "") -> Database:
    """Open the database of the project in `folder`, brought to the newest schema.

    With `read_only`, why nothing is to be written, or where nothing can be, it only reads: edits are refused.
    Raises `UserError` when it is not a project, is damaged, or was made by a newer version.
    """
    path = folder / FILE_NAME
    try:
        database = _opened(path, read_only)
    except sqlite3.DatabaseError as error:
        raise UserError(f"The project {folder} cannot be opened: {error}.") from error
    except OSError as error:
        raise UserError(
            f"The project {folder} cannot be read: {error.strerror or error}.",
            "It needs space for a copy in the folder of temporary files.",
        ) from error
    database.execute(f"PRAGMA query_only={int(bool(database.read_only))}")
    return database


def _opened(path: Path, read_only: str) -> Database:
    was_there = path.exists() and path.stat().st_size > 0
    if path.exists() and not (_may_write(path) and _may_write(path.parent)):
        return _copied(path, read_only or f"nothing can be written to {path.parent}")
    try:
        return _writing(path, read_only)
    except sqlite3.OperationalError as error:
        if not (was_there and has_no_room(error)):
            raise
        return _copied(path, read_only or why_no_room(error, path.parent))


def _writing(path: Path, read_only: str) -> Database:
    database = sqlite3.connect(
        path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False, factory=Database
    )
    with _closed_on_error(database):
        database.read_only = read_only
        database.execute(f"PRAGMA journal_mode={'DELETE' if is_on_network(path.parent) else 'WAL'}")
        database.execute("PRAGMA synchronous=FULL")
        database.execute("PRAGMA secure_delete=ON")  # nothing that was taken out stays in free pages
        _migrate(database, path)
    return database


@contextmanager
def _closed_on_error(database: Database) -> Iterator[None]:
    try:
        yield
    except BaseException:
        database.close()
        raise


def _may_write(path: Path) -> bool:
    """Whether the file system lets us, as the user whom we act for where the system tells that apart."""
    return os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids)


def _copied(path: Path, read_only: str) -> Database:
    """The database in memory, with what its log of changes (WAL) holds, which cannot be read without writing.

    A copy can be brought to the newest schema, too.
    """
    database = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False, factory=Database)
    with _closed_on_error(database):
        with as_it_is(path) as there:
            there.backup(database)
        _migrate(database, path)
        database.read_only = read_only
    return database


def refuse_to_write(database: Database) -> None:
    """Raises `UserError` when the project is for reading only."""
    if database.read_only:
        raise UserError(f"This project can only be read: {database.read_only}.")


@contextmanager
def transaction(database: Database) -> Iterator[None]:
    """What is written within is committed as a whole on leaving, or not at all.

    Raises `UserError` when the project is for reading only, the disk is full or fails, or another one keeps it.
    """
    refuse_to_write(database)
    try:
        with database:
            begin_writing(database)
            yield
    except sqlite3.OperationalError as error:
        hint = _HINTS.get(error.sqlite_errorcode & 0xFF, "Check that the drive is there and works.")
        raise UserError(f"Nothing could be written to the project: {error}.", hint) from error


def begin_writing(connection: sqlite3.Connection) -> None:
    """Begin a transaction that writes, as soon as whoever writes now has committed.

    SQLite waits longer from one try to the next, up to a tenth of a second: a handle that writes slice after
    slice would be back each time before the one that waits looks again. Raises `sqlite3.OperationalError`.
    """
    deadline = time.monotonic() + _PATIENCE
    connection.execute("PRAGMA busy_timeout=0")
    try:
        while True:
            try:
                connection.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                    raise
            time.sleep(_LOOK)
    finally:
        connection.execute(f"PRAGMA busy_timeout={int(1000 * _PATIENCE)}")


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    refuse_programs(connection, path)
    if _version(connection) == len(MIGRATIONS):
        return
    with connection:  # one transaction: a second opener waits, then finds nothing left to do
        connection.execute("BEGIN IMMEDIATE")
        version = _version(connection)
        if version < 0:
            raise damaged(path.parent, f"its version is {version}")
        if version > len(MIGRATIONS):
            raise UserError(
                f"The project {path.parent} was made by a newer version of MedLabel.",
                "Open it with that version.",
            )
        for number in range(version, len(MIGRATIONS)):
            for statement in MIGRATIONS[number].split(";\n"):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version={number + 1}")


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def is_on_network(folder: Path) -> bool:
    """Whether `folder` lies on a network share, where SQLite's WAL is not safe."""
    if sys.platform == "win32":
        return str(folder.resolve()).startswith("\\\\")
    try:
        mounts = Path("/proc/mounts").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    resolved = folder.resolve()
    best = ("", "")
    for line in mounts:
        point, kind = line.split()[1:3]
        if resolved.is_relative_to(point) and len(point) >= len(best[0]):
            best = (point, kind)
    return best[1] in _NETWORK_FILE_SYSTEMS
