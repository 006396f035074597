"""Tasks for the tests of `core.processes`: they must be importable by another process."""

import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from core.errors import UserError
from core.jobs import JobContext


@dataclass(frozen=True)
class Seen:
    number: int


def count(spec: int, ctx: JobContext) -> tuple[int, int]:
    for number in range(spec):
        ctx.emit(Seen(number))
        ctx.progress(number + 1, spec, "Counting")
    return os.getpid(), spec


def endless(spec: None, ctx: JobContext) -> None:
    ctx.emit(Seen(-1))
    while True:
        ctx.check()
        time.sleep(0.01)


def deaf(spec: None, ctx: JobContext) -> None:
    ctx.emit(Seen(-1))
    time.sleep(60)


def refuse(spec: None, ctx: JobContext) -> None:
    raise UserError("No.", "Ask again.")


class KindOfUserError(UserError):
    """One that other code tells apart by its class."""


class StubbornError(UserError):
    """One that cannot be made again from what pickling keeps."""

    def __init__(self, what: str, more: str) -> None:
        super().__init__(f"No {what}.", more)


def refuse_kindly(spec: None, ctx: JobContext) -> None:
    raise KindOfUserError("No.", "Ask again.")


def refuse_stubbornly(spec: None, ctx: JobContext) -> None:
    raise StubbornError("way", "Ask again.")


def crash(spec: None, ctx: JobContext) -> None:
    raise ZeroDivisionError("boom")


def die(spec: None, ctx: JobContext) -> None:
    os._exit(9)


class Unreadable:
    """Can be pickled, and cannot be read in any process but the one with the number `home`."""

    def __init__(self, home: int) -> None:
        self.home = home

    def __reduce__(self) -> tuple[object, ...]:
        return read_at_home, (self.home,)


def read_at_home(home: int) -> Unreadable:
    if os.getpid() != home:
        raise OSError("cannot be read here")
    return Unreadable(home)


def secret_result(spec: None, ctx: JobContext) -> object:
    return threading.Lock()


def secret_event(spec: None, ctx: JobContext) -> None:
    ctx.emit(lambda: None)


def unreadable_event(spec: None, ctx: JobContext) -> None:
    ctx.emit(Unreadable(os.getpid()))
    for number in range(100):
        ctx.emit(Seen(-number))


def unreadable_result(spec: None, ctx: JobContext) -> object:
    return Unreadable(os.getpid())


def tell_pid(spec: str, ctx: JobContext) -> None:
    """Write the number of this process to the file `spec`, then run until cancelled."""
    Path(spec + ".tmp").write_text(str(os.getpid()), encoding="ascii")
    Path(spec + ".tmp").replace(spec)
    endless(None, ctx)
