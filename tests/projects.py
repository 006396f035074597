"""Projects as earlier versions of the schema left them."""

import sqlite3
from contextlib import closing
from pathlib import Path

from core.project.database import FILE_NAME

SAMPLES = Path(__file__).parent / "data" / "projects"


def make_old(folder: Path, version: int) -> Path:
    """The sample of `version` as a project folder. Its labels are those of tests/core/test_old_log.py."""
    folder.mkdir(parents=True)
    with closing(sqlite3.connect(folder / FILE_NAME)) as database:
        database.executescript((SAMPLES / f"v{version}.sql").read_text(encoding="utf-8"))
        database.commit()
    return folder
