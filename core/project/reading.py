"""Reading a database where nothing can be written beside it: SQLite's log of changes (WAL) asks for that."""

import errno
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

# What SQLite says where it can make or lengthen no file.
NO_ROOM = frozenset(
    {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY}
)
_LOGS = ("-wal", "-journal")  # what was committed and is not in the database yet, or must be taken back
_NO_SPACE = (errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC))
_FULL = 1_000_000  # bytes that are free on a disk that is full: file systems keep some


@contextmanager
def as_it_is(path: Path) -> Iterator[sqlite3.Connection]:
    """The database at `path` as its files are now, for reading; nothing is written beside it.

    With a log of changes it is a copy in the folder of temporary files; where there is no room for one either, the
    database itself, locked for everybody else, whose log is then looked up in memory. Raises `sqlite3.Error`, and
    `OSError` where a file cannot be read.
    """
    logs = [log for end in _LOGS if _size(log := path.with_name(path.name + end))]
    with ExitStack() as stack:
        yield stack.enter_context(closing(_connection(path, logs, stack)))


def _connection(path: Path, logs: list[Path], stack: ExitStack) -> sqlite3.Connection:
    uri = path.resolve().as_uri()
    if not logs:
        return sqlite3.connect(f"{uri}?immutable=1", uri=True)
    folder = tempfile.TemporaryDirectory(prefix="medlabel-", ignore_cleanup_errors=True)
    copy = Path(stack.enter_context(folder), path.name)
    try:
        for file in (path, *logs):
            _copy(file, copy.with_name(file.name))
    except OSError as error:
        if error.errno not in _NO_SPACE:
            raise
        connection = sqlite3.connect(f"{uri}?mode=rw", uri=True)
        connection.execute("PRAGMA locking_mode=EXCLUSIVE")
        return connection
    return sqlite3.connect(copy)


def has_no_room(error: sqlite3.Error) -> bool:
    """Whether an error says that a file could not be made or lengthened, not that the database is damaged."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in NO_ROOM


def why_no_room(error: sqlite3.Error, folder: Path) -> str:
    """Why nothing could be written to `folder`, for people."""
    code = getattr(error, "sqlite_errorcode", 0)
    if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE) or shutil.disk_usage(folder).free < _FULL:
        return "the disk is full"
    return f"nothing can be written to {folder}"


def _copy(file: Path, target: Path) -> None:
    """As many bytes as the file has now: it may grow meanwhile."""
    with file.open("rb") as source, target.open("wb") as copy:
        left = _size(file)
        while part := source.read(min(left, 1 << 20)):
            copy.write(part)
            left -= len(part)


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0
