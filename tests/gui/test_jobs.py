"""JobRunner: every job ends exactly once, and everything arrives on the main thread."""

import threading
import time

import pytest
from pytestqt.qtbot import QtBot

from core.errors import UserError
from core.jobs import JobContext, JobEnded
from core.processes import WorkerProcess
from medlabel_gui.jobs import JobRunner
from tests.core.process_tasks import Seen

TASKS = "tests.core.process_tasks"


def until_cancelled(ctx: JobContext) -> None:
    while True:
        ctx.check()
        time.sleep(0.001)


def fail(_: JobContext) -> None:
    raise UserError("The file is broken.", "Choose another.")


def crash(_: JobContext) -> None:
    raise ZeroDivisionError


@pytest.mark.parametrize(
    ("task", "outcome"),
    [(lambda _: 7, "done"), (until_cancelled, "cancelled"), (fail, "failed"), (crash, "failed")],
)
def test_that_a_job_ends_exactly_once(qtbot: QtBot, runner: JobRunner, task, outcome: str) -> None:
    ends: list[JobEnded] = []
    job = runner.start("job", task, on_ended=ends.append)
    if outcome == "cancelled":
        job.cancel()
    qtbot.waitUntil(lambda: not runner.jobs)
    qtbot.wait(60)
    assert [end.outcome for end in ends] == [outcome]


def test_that_callbacks_run_on_the_main_thread_and_events_come_before_the_end(
    qtbot: QtBot, runner: JobRunner
) -> None:
    seen: list[object] = []

    def record(event: object) -> None:
        assert threading.current_thread() is threading.main_thread()
        seen.append(event)

    def task(ctx: JobContext) -> None:
        assert threading.current_thread() is not threading.main_thread()
        for number in range(2000):
            ctx.emit(number)

    runner.start("job", task, on_event=record, on_ended=record)
    qtbot.waitUntil(lambda: not runner.jobs)
    assert seen[:-1] == list(range(2000))
    assert isinstance(seen[-1], JobEnded)


def test_that_compute_jobs_run_one_after_the_other(qtbot: QtBot, runner: JobRunner) -> None:
    running, most = [0], [0]

    def task(_: JobContext) -> None:
        running[0] += 1
        most[0] = max(most[0], running[0])
        time.sleep(0.02)
        running[0] -= 1

    for _ in range(4):
        runner.start("job", task)
    qtbot.waitUntil(lambda: not runner.jobs)
    assert most == [1]


def test_that_idle_is_told_once_after_the_last_job(qtbot: QtBot, runner: JobRunner) -> None:
    with qtbot.waitSignal(runner.idle):
        runner.start("a", lambda _: 1, "io")
        runner.start("b", lambda _: 2)
    assert not runner.jobs


def test_that_a_flood_of_events_leaves_the_event_loop_free(qtbot: QtBot, runner: JobRunner) -> None:
    gaps: list[float] = []
    last = [time.perf_counter()]

    def slow_listener(_: object) -> None:
        time.sleep(0.001)

    def measure() -> None:
        now = time.perf_counter()
        gaps.append(now - last[0])
        last[0] = now

    from PySide6.QtCore import QTimer

    timer = QTimer()
    timer.timeout.connect(measure)
    timer.start(5)
    runner.start("flood", lambda ctx: [ctx.emit(n) for n in range(500)], on_event=slow_listener)
    qtbot.waitUntil(lambda: not runner.jobs, timeout=20_000)
    timer.stop()
    assert sorted(gaps)[int(0.9 * len(gaps))] < 0.05


def test_that_a_job_whose_process_is_killed_fails_once_and_the_next_one_works(
    qtbot: QtBot, runner: JobRunner
) -> None:
    worker = WorkerProcess()
    ends: list[JobEnded] = []

    def kill(event: object) -> None:
        if isinstance(event, Seen):
            worker._process.kill()

    try:
        runner.start("endless", worker.task(f"{TASKS}:endless", None), on_event=kill, on_ended=ends.append)
        qtbot.waitUntil(lambda: not runner.jobs, timeout=30_000)
        runner.start("count", worker.task(f"{TASKS}:count", 3), on_ended=ends.append)
        qtbot.waitUntil(lambda: not runner.jobs, timeout=30_000)
    finally:
        worker.close()
    failed, done = ends
    assert failed.outcome == "failed" and isinstance(failed.error, UserError)
    assert "ended unexpectedly" in failed.error.message
    assert done.outcome == "done" and done.result[1] == 3
