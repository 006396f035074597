"""Tasks in a process of their own: what they import and compute never holds up the process that asks.

Importing torch alone keeps Python's interpreter lock for a quarter of a second at a time, in whatever thread.
"""

import importlib
import logging
import multiprocessing
import os
import pickle
import signal
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from multiprocessing.reduction import ForkingPickler
from queue import SimpleQueue
from typing import Protocol

from core.errors import JobCancelled, UserError
from core.jobs import JobContext, JobEnded, run_job

log = logging.getLogger(__name__)

_TICK = 0.05  # seconds between two looks at whether the job was cancelled
_NICE = 5  # the window comes first
_GRACE = 10.0  # seconds that a job gets to stop when the process that asked for it is gone


@dataclass(frozen=True)
class Call:
    """A task `module:function(spec, ctx)`. A cancelled one gets `patience` seconds before its process is ended."""

    task: str
    spec: object
    patience: float = 10.0


@dataclass(frozen=True)
class _Cancel:
    """Asks the process to stop the task in work."""


class RemoteError(Exception):
    """A bug in a task that ran in another process; `details` is the traceback from there."""

    def __init__(self, message: str, details: str) -> None:
        super().__init__(message, details)
        self.message, self.details = message, details

    def __str__(self) -> str:
        return self.message


class Worker(Protocol):
    """Whatever runs tasks by name."""

    def task(self, name: str, spec: object, patience: float = 10.0) -> Callable[[JobContext], object]:
        """A task that calls `name`, given as `module:function`, with `spec` and its own context."""

    def close(self) -> None:
        """End the process, if there is one. What tasks had committed stays."""


class WorkerProcess:
    """One process that runs one task after the other; it starts with the first one and starts anew when it died.

    What it has imported and loaded stays for the next task. `run` blocks its thread until the task has ended.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: SpawnProcess | None = None
        self._connection: Connection | None = None

    def task(self, name: str, spec: object, patience: float = 10.0) -> Callable[[JobContext], object]:
        """See `Worker.task`."""
        call = Call(name, spec, patience)
        return lambda ctx: self.run(call, ctx)

    def run(self, call: Call, ctx: JobContext) -> object:
        """The task's result. Its events and progress go to `ctx`. Raises what the task raised.

        `UserError` when the process died; `RemoteError` for a bug in the task; `JobCancelled`.
        """
        with self._lock:
            ended = self._converse(call, ctx)
        if ended.outcome == "cancelled":
            raise JobCancelled
        if ended.error is not None:
            raise ended.error
        return ended.result

    def close(self) -> None:
        """End the process at once, from any thread."""
        process, self._process, self._connection = self._process, None, None
        if process is not None:
            process.kill()
            process.join(5)

    def _converse(self, call: Call, ctx: JobContext) -> JobEnded:
        ctx.check()
        asked = ForkingPickler.dumps(call)
        connection = self._started()
        process = self._process
        try:
            return self._until_ended(connection, asked, call.patience, ctx)
        except _Gone:
            code = _exit_code(process)
            self.close()
            return JobEnded("cancelled") if ctx.cancelled else JobEnded("failed", error=_died(code))
        except BaseException:
            self.close()  # the task goes on there: what it still says must not reach the next one
            raise

    def _until_ended(
        self, connection: Connection, asked: memoryview, patience: float, ctx: JobContext
    ) -> JobEnded:
        _send(connection, asked)
        patience_ends = float("inf")
        while True:
            if ctx.cancelled and patience_ends == float("inf"):
                patience_ends = time.monotonic() + patience
                _send(connection, ForkingPickler.dumps(_Cancel()))
            if time.monotonic() > patience_ends and not _waits(connection):
                self.close()
                return JobEnded("cancelled")
            if not _waits(connection, _TICK):
                continue
            message = pickle.loads(_received(connection))
            if isinstance(message, JobEnded):
                return message
            ctx.emit(message)

    def _started(self) -> Connection:
        if self._connection is not None and self._process is not None and self._process.is_alive():
            return self._connection
        self.close()
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=serve, args=(theirs,), name="medlabel worker", daemon=True)
        process.start()
        theirs.close()
        self._process, self._connection = process, ours
        return ours


def call(name: str) -> Callable[[object, JobContext], object]:
    """The function behind `module:function`."""
    module, _, function = name.partition(":")
    found: Callable[[object, JobContext], object] = getattr(importlib.import_module(module), function)
    return found


def serve(connection: Connection) -> None:
    """The other process: run what is asked for until whoever asks is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C goes to all processes of a terminal; ours is told
    if hasattr(os, "nice"):
        with suppress(OSError):
            os.nice(_NICE)
    _Server(connection).serve()


class _Server:
    """Reads in one thread, so that a cancel arrives while a task runs in the other."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._sending = threading.Lock()
        self._calls: SimpleQueue[tuple[Call, JobContext] | None] = SimpleQueue()
        self._ctx = JobContext(self._send)

    def serve(self) -> None:
        threading.Thread(target=self._listen, name="listen", daemon=True).start()
        with suppress(JobCancelled):  # nobody listens any more
            while (wanted := self._calls.get()) is not None:
                asked, ctx = wanted
                ended = run_job(lambda ctx, asked=asked: call(asked.task)(asked.spec, ctx), ctx)  # type: ignore[misc]
                self._send_end(ended)

    def _listen(self) -> None:
        with suppress(_Gone, JobCancelled):
            while True:
                self._take(_received(self._connection))
        self._ctx.cancel()
        self._calls.put(None)
        time.sleep(_GRACE)
        os._exit(1)

    def _take(self, received: bytes) -> None:
        try:
            message = pickle.loads(received)
        except Exception as error:  # whatever unpickling runs: a module that cannot be imported here, say
            log.exception("what was asked for could not be read")
            self._send_end(JobEnded("failed", error=error))
            return
        if isinstance(message, _Cancel):
            self._ctx.cancel()
        else:
            self._ctx = JobContext(self._send)
            self._calls.put((message, self._ctx))

    def _send(self, message: object) -> None:
        """What cannot be pickled is the sender's bug and raised to it; `JobCancelled` when nobody listens."""
        data = ForkingPickler.dumps(message)
        with self._sending:
            try:
                self._connection.send_bytes(data)
            except OSError as error:
                raise JobCancelled from error

    def _send_end(self, ended: JobEnded) -> None:
        """Tell the end of a task in any case, also when its result or its error cannot be pickled."""
        try:
            self._send(_portable(ended))
        except JobCancelled:
            raise
        except Exception as error:  # whatever pickling runs
            log.exception("the result could not be sent")
            self._send(JobEnded("failed", error=_remote(error)))


class _Gone(Exception):  # noqa: N818  not an error: how the other process is known to have ended
    """The other end of a connection is closed."""


def _send(connection: Connection, data: memoryview) -> None:
    try:
        connection.send_bytes(data)
    except OSError as error:
        raise _Gone from error


def _received(connection: Connection) -> bytes:
    """The next message, still pickled: an error of unpickling is not one of the connection."""
    try:
        return connection.recv_bytes()
    except (EOFError, OSError) as error:
        raise _Gone from error


def _waits(connection: Connection, seconds: float = 0.0) -> bool:
    """Whether there is a message, or comes one within `seconds`."""
    try:
        return connection.poll(seconds)
    except OSError as error:
        raise _Gone from error


def _exit_code(process: SpawnProcess | None) -> int | None:
    """Of a process that closed its end of the connection; None when it is not known."""
    if process is None:
        return None
    process.join(1)
    return process.exitcode


def _portable(ended: JobEnded) -> JobEnded:
    """An exception of any class need not survive pickling; a `UserError` does, of its own class where that can."""
    error = ended.error
    if isinstance(error, UserError):
        return JobEnded(ended.outcome, error=_survivor(error))
    return ended if error is None else JobEnded("failed", error=_remote(error))


def _survivor(error: UserError) -> UserError:
    try:
        again = pickle.loads(ForkingPickler.dumps(error))
    except Exception:  # whatever its class does
        log.exception("a %s cannot be sent", type(error).__name__)
    else:
        if isinstance(again, UserError) and str(again) == str(error):
            return error
    return UserError(error.message, error.hint)


def _remote(error: BaseException) -> RemoteError:
    details = "".join(traceback.format_exception(error))
    return RemoteError(f"{type(error).__name__}: {error}", details)


def _died(exit_code: int | None) -> UserError:
    how = "" if exit_code is None else f" (exit code {exit_code})"
    return UserError(
        f"The process that computes ended unexpectedly{how}; the machine may have run out of memory.",
        "What was finished is kept. Close other programs or choose a smaller model, and start again.",
    )
