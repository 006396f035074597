"""A project that somebody else made is data: nothing in it runs, and nothing in it leads out of its folder."""

import json
import os
import sqlite3
import stat
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import UserError

# What reading damaged content raises, from JSON to packed columns.
_DAMAGE = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    EOFError,
    struct.error,
    zlib.error,
)
_HINT = "Projects that MedLabel makes have none; it may have been made to do harm."


def refuse_programs(connection: sqlite3.Connection, path: Path) -> None:
    """Raises `UserError` when the database holds triggers or views: they would run as we read and write."""
    connection.execute("PRAGMA trusted_schema=OFF")
    query = (
        "SELECT count(*) FROM sqlite_master WHERE type IN ('trigger', 'view') OR sql LIKE 'CREATE VIRTUAL%'"
    )
    if connection.execute(query).fetchone()[0]:
        raise UserError(f"The project {path.parent} was not opened: its database holds programs.", _HINT)


def refuse_irregular(folder: Path) -> None:
    """Raises `UserError` when something below `folder` is neither a file nor a folder.

    What is written to a link would be written elsewhere; a pipe would be waited for without end, a device read so.
    The folder itself may be reached through a link: its owner has put it there.
    """
    for path in _below(folder):
        kind = _kind(path)
        if stat.S_ISLNK(kind):
            raise UserError(f"The project {folder} was not opened: {path} leads elsewhere.", _HINT)
        if not (stat.S_ISREG(kind) or stat.S_ISDIR(kind)):
            raise UserError(f"The project {folder} was not opened: {path} is not a regular file.", _HINT)


def _below(folder: Path) -> Iterator[Path]:
    for root, folders, files in os.walk(folder):
        yield from (Path(root, name) for name in (*folders, *files))


def _kind(path: Path) -> int:
    try:
        return path.lstat().st_mode
    except OSError:  # gone since it was listed, as temporary files are
        return stat.S_IFREG


@contextmanager
def plain_errors(folder: Path) -> Iterator[None]:
    """Turns what comes of damaged content into words for people."""
    try:
        yield
    except (sqlite3.DatabaseError, json.JSONDecodeError, *_DAMAGE) as error:
        raise damaged(folder, error) from error


def damaged(folder: Path, why: object) -> UserError:
    """What is said of a project whose content cannot be."""
    return UserError(
        f"The project {folder} is damaged and cannot be opened: {why}.", "Take a copy of it, if you have one."
    )
