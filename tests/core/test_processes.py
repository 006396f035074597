"""Tasks in another process: results, events, errors, cancelling, and a process that dies."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.errors import JobCancelled, UserError
from core.jobs import JobContext, Progress
from core.processes import RemoteError, WorkerProcess
from tests.core.process_tasks import KindOfUserError, Seen, Unreadable

TASKS = "tests.core.process_tasks"


@pytest.fixture
def worker() -> Iterator[WorkerProcess]:
    made = WorkerProcess()
    yield made
    made.close()


def test_that_a_task_runs_elsewhere_and_its_events_come_back_in_order(worker: WorkerProcess) -> None:
    events: list[object] = []
    pid, result = worker.task(f"{TASKS}:count", 50)(JobContext(events.append))
    assert result == 50 and pid != os.getpid()
    assert [event.number for event in events if isinstance(event, Seen)] == list(range(50))
    assert any(isinstance(event, Progress) and event.done == 50 for event in events)


def test_that_the_same_process_serves_the_next_task(worker: WorkerProcess) -> None:
    first, _ = worker.task(f"{TASKS}:count", 1)(JobContext())
    with pytest.raises(UserError):
        worker.task(f"{TASKS}:refuse", None)(JobContext())
    second, _ = worker.task(f"{TASKS}:count", 1)(JobContext())
    assert first == second


def test_that_a_user_error_keeps_its_hint(worker: WorkerProcess) -> None:
    with pytest.raises(UserError) as caught:
        worker.task(f"{TASKS}:refuse", None)(JobContext())
    assert (caught.value.message, caught.value.hint) == ("No.", "Ask again.")


@pytest.mark.parametrize(
    ("task", "kind", "message"),
    [("refuse_kindly", KindOfUserError, "No."), ("refuse_stubbornly", UserError, "No way.")],
)
def test_that_a_user_error_keeps_its_class_where_it_can_and_its_words_in_any_case(
    worker: WorkerProcess, task: str, kind: type[UserError], message: str
) -> None:
    with pytest.raises(UserError) as caught:
        worker.task(f"{TASKS}:{task}", None)(JobContext())
    assert type(caught.value) is kind
    assert (caught.value.message, caught.value.hint) == (message, "Ask again.")


def test_that_a_bug_brings_its_traceback(worker: WorkerProcess) -> None:
    with pytest.raises(RemoteError) as caught:
        worker.task(f"{TASKS}:crash", None)(JobContext())
    assert str(caught.value) == "ZeroDivisionError: boom"
    assert "process_tasks.py" in caught.value.details


def test_that_a_process_that_dies_is_told_and_the_next_task_gets_a_new_one(worker: WorkerProcess) -> None:
    with pytest.raises(UserError, match="ended unexpectedly"):
        worker.task(f"{TASKS}:die", None)(JobContext())
    assert worker.task(f"{TASKS}:count", 1)(JobContext())[1] == 1


@pytest.mark.parametrize("task", ["endless", "deaf"], ids=["listens", "does not listen"])
def test_that_a_cancelled_task_ends_and_the_worker_goes_on(worker: WorkerProcess, task: str) -> None:
    begun = threading.Event()
    ctx = JobContext(lambda _: begun.set())
    ended: list[BaseException] = []

    def run() -> None:
        try:
            worker.task(f"{TASKS}:{task}", None, patience=0.2)(ctx)
        except JobCancelled as error:
            ended.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    assert begun.wait(30)
    ctx.cancel()
    thread.join(30)
    assert len(ended) == 1
    assert worker.task(f"{TASKS}:count", 1)(JobContext())[1] == 1


@pytest.mark.parametrize("task", ["secret_result", "secret_event"])
def test_that_what_cannot_be_sent_is_told_as_a_bug_and_the_process_stays(
    worker: WorkerProcess, task: str
) -> None:
    before, _ = worker.task(f"{TASKS}:count", 1)(JobContext())
    with pytest.raises(RemoteError, match="pickle"):
        worker.task(f"{TASKS}:{task}", None)(JobContext())
    after, _ = worker.task(f"{TASKS}:count", 1)(JobContext())
    assert before == after


@pytest.mark.parametrize("task", ["unreadable_event", "unreadable_result"])
def test_that_a_message_that_cannot_be_read_is_a_bug_and_the_next_task_hears_nothing_of_it(
    worker: WorkerProcess, task: str
) -> None:
    with pytest.raises(OSError, match="cannot be read here"):
        worker.task(f"{TASKS}:{task}", None)(JobContext())
    events: list[object] = []
    assert worker.task(f"{TASKS}:count", 3)(JobContext(events.append))[1] == 3
    assert [event.number for event in events if isinstance(event, Seen)] == [0, 1, 2]


def test_that_a_listener_that_fails_ends_the_task(worker: WorkerProcess) -> None:
    def listener(_: object) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        worker.task(f"{TASKS}:endless", None)(JobContext(listener))
    events: list[object] = []
    assert worker.task(f"{TASKS}:count", 3)(JobContext(events.append))[1] == 3
    assert [event.number for event in events if isinstance(event, Seen)] == [0, 1, 2]


def test_that_a_call_that_cannot_be_read_there_is_told_and_the_process_stays(worker: WorkerProcess) -> None:
    before, _ = worker.task(f"{TASKS}:count", 1)(JobContext())
    with pytest.raises(RemoteError, match="cannot be read here"):
        worker.task(f"{TASKS}:count", Unreadable(os.getpid()))(JobContext())
    with pytest.raises(TypeError, match="pickle"):
        worker.task(f"{TASKS}:count", threading.Lock())(JobContext())
    after, _ = worker.task(f"{TASKS}:count", 1)(JobContext())
    assert before == after


def test_that_a_process_whose_parent_was_killed_stops_its_task_and_ends_silently(tmp_path: Path) -> None:
    told, said = tmp_path / "pid", tmp_path / "stderr"
    script = (
        "from core.processes import WorkerProcess; from core.jobs import JobContext\n"
        f"WorkerProcess().task('{TASKS}:tell_pid', {str(told)!r})(JobContext())"
    )
    with said.open("wb") as errors:
        parent = subprocess.Popen([sys.executable, "-c", script], stderr=errors)
    wait_until(told.exists)
    parent.kill()
    parent.wait()
    pid = int(told.read_text(encoding="ascii"))
    wait_until(lambda: not is_running(pid))
    assert "Traceback" not in said.read_text(encoding="utf-8")


def wait_until(holds: Callable[[], bool], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.01)


def is_running(pid: int) -> bool:
    """Whether there is such a process, and not only its entry that nobody has read."""
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat")
        return not state.exists() or state.read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


def test_that_closing_ends_the_process(worker: WorkerProcess) -> None:
    pid, _ = worker.task(f"{TASKS}:count", 1)(JobContext())
    worker.close()
    wait_until(lambda: not is_running(pid), 10)
