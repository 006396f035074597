import logging

import pytest

from core.errors import JobCancelled, UserError
from core.jobs import JobContext, Progress, run_job


def test_that_a_job_ends_once_with_its_result():
    ended = run_job(lambda ctx: 42, JobContext())
    assert (ended.outcome, ended.result, ended.error) == ("done", 42, None)


def test_that_cancelling_is_no_error():
    ctx = JobContext()

    def task(ctx):
        ctx.cancel()
        ctx.progress(1, 2, "work")

    assert run_job(task, ctx).outcome == "cancelled"


def test_that_a_users_error_is_told_and_a_bug_is_logged(caplog):
    def mistaken(ctx):
        raise UserError("No images.", "Open another folder.")

    def broken(ctx):
        raise ZeroDivisionError

    ended = run_job(mistaken, JobContext())
    assert (
        ended.outcome == "failed"
        and str(ended.error) == "No images. Open another folder."
        and not caplog.records
    )
    with caplog.at_level(logging.ERROR):
        ended = run_job(broken, JobContext())
    assert (
        ended.outcome == "failed"
        and isinstance(ended.error, ZeroDivisionError)
        and caplog.records[0].exc_info
    )


def test_that_progress_is_throttled_but_first_and_last_are_always_told():
    events = []
    ctx = JobContext(events.append, interval=60)
    for done in range(101):
        ctx.progress(done, 100, "reading")
    ctx.progress(0, 5, "training")
    assert [(e.done, e.text) for e in events] == [(0, "reading"), (100, "reading"), (0, "training")]


def test_that_the_time_left_follows_from_the_rate():
    assert Progress(20, 100, "x", rate=4.0).seconds_left == 20
    assert Progress(20, 0, "x", rate=4.0).seconds_left is None
    assert Progress(0, 100, "x").seconds_left is None


def test_that_tracking_stops_where_it_was_asked_to():
    ctx, seen = JobContext(), []
    with pytest.raises(JobCancelled):
        for item in ctx.track(range(10), 10, "reading"):
            seen.append(item)
            if item == 3:
                ctx.cancel()
    assert seen == [0, 1, 2, 3]
