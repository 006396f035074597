"""A process that tries damaged files. It may crash or hang: whoever started it knows what it was doing."""

import contextlib
import os
import signal
import sys
import tempfile
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings

from core.images.slices import SliceChoice
from tests.fuzz.mutants import mutants
from tests.fuzz.seeds import Seed, seeds
from tests.fuzz.targets import HEADER, READ, try_file

CHOICES = tuple(map(SliceChoice.parse, ("axial", "coronal:every=2", "sagittal:middle")))


@dataclass(frozen=True)
class Batch:
    """`inputs` damaged files for one reader, always the same ones for the same `seed`."""

    reader: str
    seed: int
    inputs: int


def work(batches: list[Batch], first: int, counters: Any, out: Path, seconds: int, memory: int) -> None:
    """Try the batches from number `first` on.

    `counters` has `DONE + 2` numbers a batch after the number of the batch in work. The input in work is always in
    `out/current-<pid>`; one that fails is kept in `out` with what was raised. An input may take `seconds`, the process
    `memory` bytes: what takes more ends the process.
    """
    _limit(memory)
    _be_quiet()
    with tempfile.TemporaryDirectory() as folder:
        for number in range(first, len(batches)):
            counters[0] = number
            counts = _Counts(counters, 1 + 4 * number)
            _run(batches[number], counts, Path(folder), out, seconds)
    counters[0] = len(batches)
    (out / f"current-{os.getpid()}").unlink(missing_ok=True)


@dataclass
class _Counts:
    shared: Any
    start: int

    def add(self, place: int) -> None:
        self.shared[self.start + place] += 1


def _run(batch: Batch, counts: _Counts, folder: Path, out: Path, seconds: int) -> None:
    whole = seeds(batch.reader)
    current = out / f"current-{os.getpid()}"

    @seed(batch.seed)
    @settings(
        max_examples=batch.inputs,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck),
    )
    @given(mutants(whole))
    def one(mutant: Seed) -> None:
        name, data = mutant
        current.write_bytes(name.encode() + b"\n" + data)
        counts.add(0)
        with _alarm(seconds):
            try:
                came = _tried(name, data, folder, CHOICES[counts.shared[counts.start] % len(CHOICES)])
            except Exception:
                counts.add(3)
                _keep(out, batch, counts.shared[counts.start], name, data)
                return
        if came >= HEADER:
            counts.add(1)
        if came >= READ:
            counts.add(2)

    one()


def _tried(name: str, data: bytes, folder: Path, choice: SliceChoice) -> int:
    leaks: list[str] = []
    sys.unraisablehook = lambda found: leaks.append(str(found.exc_value))
    came = try_file(name, data, folder, choice)
    if leaks:
        raise ResourceWarning(leaks[0])
    return came


def _keep(out: Path, batch: Batch, number: int, name: str, data: bytes) -> None:
    stem = f"{batch.reader}-{batch.seed}-{number}"
    (out / f"{stem}-{name}").write_bytes(data)
    (out / f"{stem}.txt").write_text(traceback.format_exc(), encoding="utf-8")


def _limit(memory: int) -> None:
    with contextlib.suppress(ImportError):  # not on Windows
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _be_quiet() -> None:
    """Decoders write to the standard error as they like; leaked files count as failures."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    warnings.simplefilter("ignore")
    warnings.filterwarnings("error", category=ResourceWarning)


def _alarm(seconds: int) -> contextlib.AbstractContextManager[None]:
    """The process ends by a signal when an input takes longer: also where a library written in C hangs."""
    if not hasattr(signal, "SIGALRM"):
        return contextlib.nullcontext()
    set_alarm: Callable[[int], int] = signal.alarm

    @contextlib.contextmanager
    def watched():
        set_alarm(seconds)
        try:
            yield
        finally:
            set_alarm(0)

    return watched()
