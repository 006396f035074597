"""Runs batches of damaged files in processes of their own and puts together what became of them."""

import multiprocessing
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.fuzz.worker import Batch, work

_BATCH = 2000
MEMORY = 3_000_000_000


@dataclass
class Result:
    """Of one reader: inputs tried, those whose header was understood, those of which an image was read, and what must
    not happen: an exception that is no refusal, a crash, a hang. `kept` are files with what was raised.
    """

    reader: str
    tried: int = 0
    passed: int = 0
    read: int = 0
    failed: int = 0
    kept: list[Path] = field(default_factory=list)


def batches_of(reader: str, inputs: int, seed: int) -> list[Batch]:
    """The same batches for the same numbers."""
    sizes = [_BATCH] * (inputs // _BATCH) + ([inputs % _BATCH] if inputs % _BATCH else [])
    return [Batch(reader, seed * 1_000_000 + number, size) for number, size in enumerate(sizes)]


def run(batches: Sequence[Batch], out: Path, processes: int, seconds: int = 20) -> list[Result]:
    """Try all batches in `processes` processes. Failing inputs are kept in `out`."""
    out.mkdir(parents=True, exist_ok=True)
    lanes = [lane for lane in ([*batches[n::processes]] for n in range(processes)) if lane]
    running = running_still = [_Lane(lane, out, seconds) for lane in lanes]
    while running_still := [lane for lane in running_still if lane.go_on()]:
        time.sleep(0.05)
    results: dict[str, Result] = {}
    for lane in running:
        for number, batch in enumerate(lane.batches):
            found = results.setdefault(batch.reader, Result(batch.reader))
            tried, passed, read, failed = lane.counters[1 + 4 * number : 5 + 4 * number]
            found.tried += tried
            found.passed += passed
            found.read += read
            found.failed += failed
        for reader, path in lane.deaths:
            results[reader].failed += 1
            results[reader].kept.append(path)
    for found in results.values():
        found.kept += sorted(out.glob(f"{found.reader}-*.txt"))
    return list(results.values())


class _Lane:
    """One process after the other: where one died, the next goes on with the batch after."""

    def __init__(self, batches: list[Batch], out: Path, seconds: int) -> None:
        self.batches, self.deaths = batches, list[tuple[str, Path]]()
        self._out, self._seconds = out, seconds
        self._context = multiprocessing.get_context("spawn")
        self.counters = self._context.RawArray("q", 1 + 4 * len(batches))
        self._process = self._start(0)

    def go_on(self) -> bool:
        """Look after the process; False when all is done."""
        if self._process.is_alive():
            return True
        self._process.join()
        number = self.counters[0]
        if number >= len(self.batches):
            return False
        self.deaths.append((self.batches[number].reader, self._input_of_the_dead(number)))
        if number + 1 >= len(self.batches):
            return False
        self._process = self._start(number + 1)
        return True

    def _start(self, first: int) -> "multiprocessing.process.BaseProcess":
        arguments = (self.batches, first, self.counters, self._out, self._seconds, MEMORY)
        process = self._context.Process(target=work, args=arguments)
        process.start()
        return process

    def _input_of_the_dead(self, number: int) -> Path:
        batch, code = self.batches[number], self._process.exitcode
        what = "hang" if code == -14 else f"crash{code}"
        current = self._out / f"current-{self._process.pid}"
        if not current.exists():
            return self._out / f"nothing-{what}-{batch.reader}"
        name, _, data = current.read_bytes().partition(b"\n")
        path = self._out / f"{what}-{batch.reader}-{batch.seed}-{name.decode(errors='replace')}"
        path.write_bytes(data)
        current.unlink()
        return path


def signature(kept: Path) -> str:
    """What failures have in common: the last place in this project or in a library, and the kind of exception."""
    if kept.suffix != ".txt":
        return kept.name.split("-")[0]
    lines = kept.read_text(encoding="utf-8").strip().splitlines()
    places = [line.strip() for line in lines if re.match(r"\s+File ", line)]
    own = [place for place in places if "/core/" in place]
    return f"{lines[-1][:120]} | {(own or places or [''])[-1]} | {(places or [''])[-1]}"
