"""A project that somebody else made is data: nothing in it runs, and nothing in it leads out of its folder."""

import json
import sqlite3
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
_FOLDERS = ("arrays", "models")
_HINT = "Projects that MedLabel makes have none; it may have been made to do harm."


def refuse_programs(connection: sqlite3.Connection, path: Path) -> None:
    """Raises `UserError` when the database holds triggers or views: they would run as we read and write."""
    connection.execute("PRAGMA trusted_schema=OFF")
    query = (
        "SELECT count(*) FROM sqlite_master WHERE type IN ('trigger', 'view') OR sql LIKE 'CREATE VIRTUAL%'"
    )
    if connection.execute(query).fetchone()[0]:
        raise UserError(f"The project {path.parent} was not opened: its database holds programs.", _HINT)


def refuse_links(folder: Path) -> None:
    """Raises `UserError` when arrays or models are links: what is written there would be written elsewhere."""
    for name in _FOLDERS:
        for path in (folder / name, *(folder / name).rglob("*")):
            if path.is_symlink():
                raise UserError(f"The project {folder} was not opened: {path} leads elsewhere.", _HINT)


@contextmanager
def plain_errors(folder: Path) -> Iterator[None]:
    """Turns what comes of damaged content into words for people."""
    try:
        yield
    except (sqlite3.DatabaseError, json.JSONDecodeError, *_DAMAGE) as error:
        raise UserError(
            f"The project {folder} is damaged and cannot be opened: {error}.",
            "Take a copy of it, if you have one.",
        ) from error
