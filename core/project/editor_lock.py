"""Who edits a project in a window: one at a time. Tasks and the command line do not ask, SQLite keeps them apart.

The operating system holds the lock, and lets it go when the process that took it ends in whatever way.
"""

import getpass
import json
import os
import platform
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import UserError
from core.project.arrays import writing
from core.project.history import utc_now

if TYPE_CHECKING:
    from filelock import BaseFileLock

LOCK_NAME, CARD_NAME = "editor.lock", "editor.json"


@dataclass(frozen=True)
class Editor:
    """Who has a project open: `since` is ISO 8601 in UTC."""

    user: str
    host: str
    pid: int
    since: str

    @classmethod
    def me(cls) -> "Editor":
        try:
            user = getpass.getuser()
        except (OSError, KeyError):  # the system does not tell
            user = "somebody"
        return cls(user, platform.node(), os.getpid(), utc_now())

    def __str__(self) -> str:
        return f"{self.user} on {self.host}, since {self.since}, process {self.pid}"


class EditorLock:
    """The lock of the project in `folder`. A process that takes it several times lets it go as often."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock: BaseFileLock | None = None

    def take(self) -> str:
        """Become the one who edits; empty, or who does already.

        Where no lock can be had, as on some network shares, there is none and everybody edits.
        """
        from filelock import FileLock, Timeout

        lock = FileLock(self._folder / LOCK_NAME, timeout=0, thread_local=False, is_singleton=True)
        try:
            lock.acquire()
        except Timeout:
            return self._holder()
        except (OSError, NotImplementedError):
            return ""
        self._lock = lock
        try:
            with writing(self._folder / CARD_NAME) as temporary:
                temporary.write_text(json.dumps(asdict(Editor.me())), encoding="utf-8")
        except UserError:  # the disk is full: who else comes is told less
            pass
        return ""

    def release(self) -> None:
        """Let others edit."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def _holder(self) -> str:
        try:
            return str(Editor(**json.loads((self._folder / CARD_NAME).read_text(encoding="utf-8"))))
        except (OSError, ValueError, TypeError):
            return "another window"
