"""A secret of the user, kept apart from all projects: who has a project has not what its patients' names rest on."""

import hashlib
import hmac
import os
import secrets
from contextlib import suppress
from pathlib import Path

import platformdirs

from core.errors import UserError

BYTES = 32
_NAME = "secret.key"
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_RAW = getattr(os, "O_BINARY", 0)


def config_folder() -> Path:
    """The user's configuration folder of MedLabel; with MEDLABEL_HOME the folder `config` in there."""
    moved = os.environ.get("MEDLABEL_HOME")
    return (
        Path(moved) / "config" if moved else Path(platformdirs.user_config_dir("MedLabel", appauthor=False))
    )


def project_secret(project_id: str) -> bytes:
    """32 bytes that this user's key gives for a project: HMAC-SHA256 (RFC 2104) of its id.

    The same on this machine for a copy of the project, another for another project, user or machine. Never to be
    stored. Raises `UserError` where there is no key and none can be made.
    """
    return hmac.digest(user_key(), project_id.encode(), hashlib.sha256)


def user_key() -> bytes:
    """The user's 32 random bytes, made when they are first asked for; only the user can read the file (0600).

    Raises `UserError`.
    """
    path = config_folder() / _NAME
    try:
        if not path.exists():
            _make(path)
        key = _read(path)
    except OSError as error:
        raise UserError(f"The secret key in {path} cannot be used: {error.strerror}.") from error
    if len(key) != BYTES:
        raise UserError(
            f"The secret key in {path} is damaged.",
            "Bring it back from a backup, or delete it: patients' groups then get other names.",
        )
    return key


def _make(path: Path) -> None:
    """Write a key, whole or not at all; of two that are made at once, the first one stays."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = path.with_name(f"{_NAME}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(
            os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY | _NO_LINK | _RAW, 0o600), "wb"
        ) as file:
            file.write(secrets.token_bytes(BYTES))
            file.flush()
            os.fsync(file.fileno())
        _give_name(new, path)
    finally:
        new.unlink(missing_ok=True)


def _give_name(new: Path, path: Path) -> None:
    """Name the new file, unless there is one of that name by now."""
    with suppress(FileExistsError):
        try:
            os.link(new, path)
        except FileExistsError:
            raise
        except OSError:  # a file system without links
            new.rename(path)


def _read(path: Path) -> bytes:
    with os.fdopen(os.open(path, os.O_RDONLY | _NO_LINK | _RAW), "rb") as file:
        if hasattr(os, "fchmod"):
            os.fchmod(file.fileno(), 0o600)  # a copy or a backup may have opened it to others
        return file.read(BYTES + 1)
