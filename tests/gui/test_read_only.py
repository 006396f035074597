"""A second window, and a project that cannot be written: it is shown, and says that nothing can be changed."""

import json
from pathlib import Path

import pytest
from filelock import FileLock

from core.project.editor_lock import CARD_NAME, LOCK_NAME
from core.project.project import Project
from tests.gui.conftest import Driver


@pytest.fixture
def taken(opened: Driver):
    """The project of the window, which another one on another machine has now."""
    opened.label()
    project = opened.window.session.project
    opened.window.session.close()
    card = {"user": "ann", "host": "ward-3", "pid": 7, "since": "2026-01-02T03:04:05Z"}
    with FileLock(project / LOCK_NAME):
        (project / CARD_NAME).write_text(json.dumps(card), encoding="utf-8")
        yield project


def test_that_a_second_window_says_who_has_the_project_and_changes_nothing(
    opened: Driver, taken: Path
) -> None:
    opened.open(taken)
    messages = opened.parts.messages
    assert "can only be read" in messages.text and "ann on ward-3" in messages.text
    assert len(opened.table) == 12 and opened.window.session.read_only
    with Project.open(taken) as project:
        before = len(project.log())
    opened.select(0, 1)
    for action in ("accept", "rescan", "label"):
        opened.trigger(action)
        assert "can only be read" in messages.text
    with Project.open(taken) as project:
        assert len(project.log()) == before


def test_that_a_window_that_has_its_project_lets_its_tasks_write(opened: Driver) -> None:
    session = opened.window.session
    with pytest.raises(TimeoutError):
        FileLock(session.project / LOCK_NAME, timeout=0).acquire()
    opened.label()
    opened.open(session.project)
    assert not session.read_only
    folder = session.project
    session.close()
    with FileLock(folder / LOCK_NAME, timeout=0):
        pass
