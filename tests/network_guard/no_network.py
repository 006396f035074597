"""Whatever in a process reaches for another machine is refused and written down.

An audit hook (PEP 578) sees each connect and each name lookup of the interpreter, also those of libraries that kept
an own reference to `socket`. Local sockets pass: Qt, multiprocessing and test servers use them. `install` is called
by `tests/conftest.py`, and by `sitecustomize.py` next to this file in every Python process that a test starts.
"""

import errno
import os
import socket
import sys
import traceback
from pathlib import Path

LOG = "MEDLABEL_NETWORK_LOG"
"""The environment variable that names the file of attempts, one line each."""

_LOCAL_HOSTS = frozenset({"localhost", "localhost.localdomain", "::1", "0.0.0.0", "::", ""})
_ADDRESS_EVENTS = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
_NAME_EVENTS = frozenset({"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"})
_installed = False


class NetworkRefusedError(OSError):
    """An error of the kind that a machine without a network raises, so that the code takes its way for that."""


def install() -> None:
    """From now on, for as long as the process lives: an audit hook cannot be taken away again."""
    global _installed
    if not _installed:
        _installed = True
        sys.addaudithook(_refuse)


def attempts() -> list[str]:
    """What this process and those it started have tried so far."""
    try:
        return Path(os.environ[LOG]).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []


def forget() -> None:
    """Begin anew with no attempts."""
    Path(os.environ[LOG]).unlink(missing_ok=True)


def _refuse(event: str, arguments: tuple) -> None:
    if event in _ADDRESS_EVENTS:
        where = _remote_address(*arguments[:2])
    elif event in _NAME_EVENTS:
        where = _remote_host(arguments[0])
    else:
        return
    if where:
        _write_down(event, where)
        raise NetworkRefusedError(errno.ENETUNREACH, f"Tests reach no network: {event} {where}")


def _remote_address(connection: socket.socket, address: object) -> str:
    """The address as text; empty when it lies on this machine or is not one of a network."""
    if connection.family not in (socket.AF_INET, socket.AF_INET6) or not isinstance(address, tuple):
        return ""
    return repr(address) if _remote_host(address[0]) else ""


def _remote_host(host: object) -> str:
    name = host.decode("ascii", "replace") if isinstance(host, bytes | bytearray) else str(host or "")
    local = name.lower() in _LOCAL_HOSTS or name.startswith("127.")
    return "" if local else name


def _write_down(event: str, where: str) -> None:
    callers = " < ".join(
        f"{Path(frame.filename).name}:{frame.lineno}"
        for frame in reversed(traceback.extract_stack(limit=9)[:-2])
    )
    log = os.environ.get(LOG)
    if log:
        with Path(log).open("a", encoding="utf-8") as file:
            file.write(f"{event} {where} in process {os.getpid()}: {callers}\n")
