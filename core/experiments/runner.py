"""Many trials: in parallel processes, each finished one kept at once, so that the same call goes on."""

import json
import math
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from core.errors import UserError
from core.experiments.trial import TrialResult, TrialSpec, from_json, trial_key
from core.jobs import JobContext
from core.processes import WorkerProcess, call
from core.refine.parts import QuietContext

Ended = Iterator[tuple[TrialSpec, TrialResult | UserError]]

STAGE = "Trials"
LOG = "trials.jsonl"
RUN_TRIAL = "core.experiments.trial:run_trial"
_TICK = 0.2  # seconds between two looks at whether the job was cancelled
_PATIENCE = 5.0  # seconds that a cancelled trial gets to stop


@dataclass(frozen=True)
class TrialEnd:
    """Event: one trial has ended, the `done`th of `total`."""

    result: TrialResult
    done: int
    total: int


@dataclass(frozen=True)
class TrialsResult:
    """Results in the order of the specs; `resumed` of them were on disk. `failed` says which trial failed and why."""

    results: tuple[TrialResult, ...]
    resumed: int
    failed: tuple[str, ...]


def run_trials(
    specs: Sequence[TrialSpec], folder: Path, jobs: int, ctx: JobContext, task: str = RUN_TRIAL
) -> TrialsResult:
    """Run what is not in `folder`/trials.jsonl yet, `jobs` at a time, and append each result there.

    `task` names the function. One job runs in this process, more in processes of their own. Ctrl+C or a crash
    loses the trials in work only. A trial that fails is told of and tried again by the next call. Raises
    `UserError` when all fail.
    """
    keys = [trial_key(spec) for spec in ctx.track(specs, len(specs), "Looking for finished trials")]
    known = read_log(folder / LOG)
    todo = [(key, spec) for key, spec in dict(zip(keys, specs, strict=True)).items() if key not in known]
    resumed, total = len(set(keys) & known.keys()), len(set(keys))
    failed: list[str] = []

    def keep(spec: TrialSpec, ended: TrialResult | UserError) -> None:
        if isinstance(ended, UserError):
            failed.append(f"{spec.strategy}, seed {spec.seed}: {ended}")
            return
        known[ended.key] = ended
        append_log(folder / LOG, ended)
        ctx.emit(TrialEnd(ended, len(known.keys() & set(keys)), total))

    ctx.progress(resumed, total, STAGE)
    pending = [spec for _, spec in todo]
    alone = jobs <= 1 or len(pending) < 2
    ended = _in_this_process(pending, task, ctx) if alone else _in_processes(pending, jobs, task, ctx)
    for done, (spec, result) in enumerate(ended, resumed + 1):
        keep(spec, result)
        ctx.progress(done, total, STAGE)
    found = tuple(known[key] for key in dict.fromkeys(keys) if key in known)
    if not found and failed:
        raise UserError("Every trial failed.", failed[0])
    return TrialsResult(found, resumed, tuple(failed))


def default_jobs(device: str) -> int:
    """Trials at a time: one a core; one alone where a GPU computes, whose memory they would share."""
    return (os.cpu_count() or 1) if device == "cpu" else 1


def read_log(path: Path) -> dict[str, TrialResult]:
    """The finished trials by key. A line that a crash cut off, or that another version wrote, is passed over."""
    found: dict[str, TrialResult] = {}
    if not path.exists():
        return found
    for line in path.read_text(encoding="utf-8").splitlines():
        with suppress(ValueError, TypeError, KeyError, AttributeError):
            result = from_json(json.loads(line))
            found[result.key] = result
    return found


def append_log(path: Path, result: TrialResult) -> None:
    """Add one trial as a line of JSON, on disk when this returns. Raises `UserError`."""
    line = json.dumps(_plain(asdict(result)), ensure_ascii=False)
    try:
        with path.open("a+b") as file:
            if file.tell():
                file.seek(-1, os.SEEK_END)
                cut_off = file.read(1) != b"\n"
                line = "\n" + line if cut_off else line
            file.write(f"{line}\n".encode())
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror or error}.") from error


def _plain(value: Any) -> Any:
    """NaN as null, which JSON knows."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _ended(task: Callable[[JobContext], object], ctx: JobContext) -> TrialResult | UserError:
    try:
        result = task(ctx)
    except UserError as error:
        return error
    assert isinstance(result, TrialResult)
    return result


def _in_this_process(specs: Sequence[TrialSpec], task: str, ctx: JobContext) -> Ended:
    inner = QuietContext(ctx)
    for spec in specs:
        yield spec, _ended(lambda c, spec=spec: call(task)(spec, c), inner)  # type: ignore[misc]


def _in_processes(specs: Sequence[TrialSpec], jobs: int, task: str, ctx: JobContext) -> Ended:
    """(spec, result) as they end. A process takes one trial after the other, so it imports and reads once."""
    inner = QuietContext(ctx)
    free: SimpleQueue[WorkerProcess] = SimpleQueue()
    with ExitStack() as stack:
        for _ in range(min(jobs, len(specs))):
            worker = WorkerProcess()
            stack.callback(worker.close)
            free.put(worker)
        pool = ThreadPoolExecutor(min(jobs, len(specs)), "trial")
        stack.callback(pool.shutdown, wait=True, cancel_futures=True)
        stack.callback(
            inner.cancel
        )  # first of all, whatever ended this: trials in work stop, the threads end

        def work(spec: TrialSpec) -> TrialResult | UserError:
            worker = free.get()
            try:
                return _ended(worker.task(task, spec, _PATIENCE), inner)
            finally:
                free.put(worker)

        waiting: dict[Future[TrialResult | UserError], TrialSpec] = {pool.submit(work, s): s for s in specs}
        while waiting:
            ctx.check()
            for future in wait(waiting, _TICK, FIRST_COMPLETED).done:
                spec = waiting.pop(future)
                yield spec, future.result()
