"""The projects in the user's data folder, and which of them belongs to a set of images."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from core.project.database import FILE_NAME
from core.project.locations import SUFFIX, data_folder
from core.project.reading import as_it_is, has_no_room

_Answer = TypeVar("_Answer")
_SAMPLE = 50  # files that are looked for to tell whether a folder holds a project's images
_ENOUGH = 0.9  # share of them that must be there, with their size


@dataclass(frozen=True)
class KnownProject:
    """A project folder, and where its images were when it was last used."""

    folder: Path
    source: Path


def known_projects() -> Iterator[KnownProject]:
    """Every project below the user's data folder that can be read. Nothing is written, nothing is migrated."""
    for folder in sorted((data_folder() / "projects").glob(f"*{SUFFIX}")):
        source = source_of(folder)
        if source is not None:
            yield KnownProject(folder, source)


def source_of(folder: Path) -> Path | None:
    """Where the images of the project in `folder` are; None when it says nothing (its making was interrupted)."""
    row = _ask(folder, lambda there: there.execute("SELECT value FROM meta WHERE key = 'source'").fetchone())
    return Path(row[0]) if row and row[0] else None


def project_of(source: Path) -> Path | None:
    """The project whose images are at `source` now, wherever they were when it was made."""
    resolved = source.resolve()
    return next((known.folder for known in known_projects() if known.source == resolved), None)


def moved_project(source: Path) -> KnownProject | None:
    """A project whose own folder is gone and whose images seem to be at `source` now: same names, same sizes."""
    for known in known_projects():
        if not known.source.exists() and holds(source, known.folder):
            return known
    return None


def holds(source: Path, folder: Path) -> bool:
    """Whether a sample of the project's files, spread over all of them, is found below `source`."""
    sample = _ask(folder, _sample) or []
    found = sum(_size(source / os.fsdecode(path)) == size for path, size in sample)
    return bool(sample) and found >= _ENOUGH * len(sample)


def _sample(connection: sqlite3.Connection) -> list[tuple[bytes, int]]:
    (count,) = connection.execute("SELECT COUNT(*) FROM images").fetchone()
    step = max(1, count // _SAMPLE)
    query = "SELECT path, size FROM images WHERE frame = 0 AND id % ? = 0 LIMIT ?"
    return connection.execute(query, (step, _SAMPLE)).fetchall()


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1


def _ask(folder: Path, question: Callable[[sqlite3.Connection], _Answer]) -> _Answer | None:
    """What the database in `folder` says; None where it is no project, being made, or of an unknown version."""
    path = folder / FILE_NAME
    if not path.is_file():  # a pipe would be waited for
        return None
    try:
        return _asked(path, question)
    except (sqlite3.Error, OSError):
        return None


def _asked(path: Path, question: Callable[[sqlite3.Connection], _Answer]) -> _Answer:
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=1)) as there:
            return question(there)
    except sqlite3.Error as error:
        if not has_no_room(error):
            raise
    with as_it_is(path) as there:  # on a full disk, and where nothing can be written
        return question(there)
