"""The review panel: counts before it acts, accepts what it counted, follows filter and decisions."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from core.jobs import JobContext
from core.project.edits import Edit
from core.project.project import Project
from core.project.queries import Query, RowSet
from core.project.records import ImageClass, Status
from core.tasks.scan import open_project, scan
from medlabel_gui.grid.model import ImageModel
from medlabel_gui.jobs import JobRunner
from medlabel_gui.panels.confidence_scale import (
    BINS,
    EDGES,
    LAST,
    STOPS,
    histogram,
    next_stop,
    place_of,
    stop_of,
)
from medlabel_gui.panels.confidence_slider import ConfidenceSlider
from medlabel_gui.panels.review import ReviewPanel
from medlabel_gui.panels.review_counts import Candidates, progress_of
from medlabel_gui.session import Session
from tests.gui.conftest import open_in

CONFIDENCES = np.float32([0.99, 0.95, 0.9499, 0.6, 0.999, 0.97, 0.55, 0.8])
PERCENTS = st.floats(0, 100)


def make_project(folder: Path) -> Path:
    """Eight images with the confidences above; the last one is unreadable, the last but one undecided."""
    folder.mkdir(parents=True)
    for number in range(len(CONFIDENCES)):
        Image.new("L", (8, 8), number).save(folder / f"{number}.png")
    made = open_project(folder)
    scan(made, JobContext())
    with Project.open(made) as project:
        classes = (ImageClass(1, "first"), ImageClass(2, "second"))
        project.execute(Edit("classes", classes=classes), "Ada")
        values = np.stack([CONFIDENCES, 1 - CONFIDENCES], axis=1)
        values[-1] = np.nan
        run = project.runs.begin("zero-shot", [1, 2], {})
        project.runs.finish(run, values)
    return made


@pytest.fixture
def session(qtbot: QtBot, runner: JobRunner, tmp_path: Path) -> Iterator[Session]:
    made = Session(runner)
    project = make_project(tmp_path / "images")
    open_in(made, project)
    yield made
    qtbot.waitUntil(lambda: not runner.jobs)
    made.close()
    made.deleteLater()


@pytest.fixture
def model(session: Session) -> ImageModel:
    return ImageModel(session, session)


@pytest.fixture
def panel(qtbot: QtBot, session: Session, model: ImageModel) -> ReviewPanel:
    made = ReviewPanel(session, model)
    qtbot.addWidget(made)
    made.resize(290, 640)
    with qtbot.waitExposed(made):
        made.show()
    return made


def decide(session: Session, row: int, status: Status, class_id: int) -> None:
    session.execute(Edit("decide", np.array([row]), status, np.array([class_id], np.int32)))


def accepted_by(qtbot: QtBot, panel: ReviewPanel) -> list[int]:
    with qtbot.waitSignal(panel.accept_wanted) as asked:
        qtbot.mouseClick(panel.accept, Qt.MouseButton.LeftButton)
    rows = asked.args[0]
    assert rows.dtype == np.int64
    return rows.tolist()


# The panel


def test_that_the_count_is_said_before_anything_is_accepted(qtbot: QtBot, panel: ReviewPanel) -> None:
    panel.set_threshold(95)
    assert panel.counted.text() == "4 of 7 shown images without a decision are at or above 95.0%."
    assert panel.accept.text() == "Accept 4 images"
    assert accepted_by(qtbot, panel) == [0, 1, 4, 5]


def test_that_the_count_follows_the_slider_at_once(panel: ReviewPanel) -> None:
    panel.chooser.slider.setValue(stop_of(99.5))
    assert panel.accept.text() == "Accept 1 image" and panel.chooser.spin.value() == 99.5
    panel.chooser.spin.setValue(50)
    assert panel.accept.text() == "Accept 7 images" and panel.chooser.slider.value() == stop_of(50)
    panel.set_threshold(100)
    assert not panel.accept.isEnabled() and panel.accept.text() == "Accept"


def test_that_a_confidence_of_exactly_the_threshold_is_taken_in(panel: ReviewPanel) -> None:
    """0.95 as float32 is a little less than 95% as a float."""
    panel.set_threshold(95.0)
    assert 1 in panel._candidates.at_or_above(95.0).tolist()
    assert panel._candidates.count(95.01) == 3


def test_that_only_shown_images_are_counted(qtbot: QtBot, panel: ReviewPanel, model: ImageModel) -> None:
    panel.set_threshold(90)
    model.set_query(Query(rows=RowSet(np.array([0, 3, 5], np.int64))))
    qtbot.waitUntil(lambda: panel.counted.text().startswith("2 of 3 shown images"))
    assert accepted_by(qtbot, panel) == [0, 5]


def test_that_decided_images_are_neither_counted_nor_accepted(
    qtbot: QtBot, panel: ReviewPanel, session: Session
) -> None:
    panel.set_threshold(95)
    decide(session, 0, Status.CORRECTED, 2)
    decide(session, 4, Status.EXCLUDED, -1)
    assert accepted_by(qtbot, panel) == [1, 5], "what was decided since the count is left alone"
    qtbot.waitUntil(lambda: panel.accept.text() == "Accept 2 images")
    session.undo()
    qtbot.waitUntil(lambda: panel.accept.text() == "Accept 3 images")


def test_that_the_progress_is_told_by_status(qtbot: QtBot, panel: ReviewPanel, session: Session) -> None:
    decide(session, 0, Status.ACCEPTED, 1)
    decide(session, 1, Status.UNSURE, -1)
    qtbot.waitUntil(lambda: panel.decided.text() == "2 of 8 images decided (25%)")
    assert panel.bar.value() == 250
    shown = {name.text(): count.text() for _, name, count in panel._lines.values() if not name.isHidden()}
    assert shown == {
        "Waiting": "5",
        "Accepted": "1",
        "Corrected": "0",
        "Unsure": "1",
        "Excluded": "0",
        "Not labelled": "1",
    }


def test_that_the_review_is_asked_for_while_something_waits(
    qtbot: QtBot, panel: ReviewPanel, session: Session
) -> None:
    with qtbot.waitSignal(panel.review_wanted):
        qtbot.mouseClick(panel.walk, Qt.MouseButton.LeftButton)
    rows = np.arange(7)
    session.execute(Edit("all", rows, Status.ACCEPTED, np.ones(7, np.int32)))
    qtbot.waitUntil(lambda: not panel.walk.isEnabled())
    assert panel.counted.text().startswith("None of the shown images waits")


def test_that_without_a_project_there_is_nothing_to_accept(
    qtbot: QtBot, runner: JobRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = Session(runner)
    panel = ReviewPanel(session, ImageModel(session, session))
    qtbot.addWidget(panel)
    assert not panel.accept.isEnabled() and not panel.walk.isEnabled()
    assert panel.decided.text() == "No images yet."


def test_that_a_hidden_panel_counts_only_when_it_is_seen(
    qtbot: QtBot, panel: ReviewPanel, session: Session
) -> None:
    panel.hide()
    decide(session, 0, Status.ACCEPTED, 1)
    assert not panel._timer.isActive()
    panel.show()
    assert panel.decided.text().startswith("1 of 8")


def test_that_many_changes_are_counted_once(
    qtbot: QtBot, panel: ReviewPanel, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = []
    count = Candidates.of.__func__
    monkeypatch.setattr(Candidates, "of", classmethod(lambda *a: counts.append(1) or count(*a)))
    for row in range(6):
        decide(session, row, Status.ACCEPTED, 1)
    qtbot.waitUntil(lambda: panel.decided.text().startswith("6 of 8"))
    assert len(counts) == 1


# The scale


def test_that_the_scale_is_finer_near_certainty() -> None:
    steps = np.round(np.diff(STOPS), 2)
    assert (STOPS[0], STOPS[-1]) == (0, 100) and (steps > 0).all()
    assert set(steps[STOPS[:-1] >= 99]) == {0.01} and set(steps[STOPS[:-1] < 90]) == {1.0}


@given(PERCENTS)
def test_that_a_step_leads_to_the_next_stop(percent: float) -> None:
    up, down = next_stop(percent, 1), next_stop(percent, -1)
    assert up in STOPS and down in STOPS
    assert down < percent or percent == 0
    assert up > percent or percent == 100
    assert not ((percent < STOPS) & (up > STOPS)).any() and not ((percent > STOPS) & (down < STOPS)).any()


@given(st.integers(0, LAST))
def test_that_a_stop_is_found_again_by_its_value(stop: int) -> None:
    assert stop_of(float(STOPS[stop])) == stop and place_of(float(STOPS[stop])) == pytest.approx(stop / LAST)


@given(st.lists(st.integers(0, 10_000), max_size=50))
def test_that_the_histogram_counts_every_image_in_its_bin(values: list[int]) -> None:
    """Values in the middle between two hundredths of a percent, where rounding cannot matter."""
    confidence = np.float32([min(value + 0.5, 10_000) / 10_000 for value in values])
    expected = np.bincount(np.searchsorted(EDGES, confidence * 100, "right") - 1, minlength=BINS)
    assert histogram(confidence).tolist() == expected.tolist()


def test_that_slider_and_number_tell_once(qtbot: QtBot) -> None:
    chooser, told = ConfidenceSlider(95.0), []
    qtbot.addWidget(chooser)
    chooser.changed.connect(told.append)
    chooser.spin.stepUp()
    chooser.spin.setValue(99.87)
    chooser.slider.setValue(LAST)
    assert told == [95.1, 99.87, 100.0] and chooser.spin.text() == "100.0%"


# Counting


def test_that_counts_are_those_of_the_table(session: Session) -> None:
    decide(session, 2, Status.CORRECTED, 2)
    progress = progress_of(session.table)
    assert (progress.images, progress.decided, progress.waiting) == (8, 1, 6)
    assert progress.statuses[Status.CORRECTED] == 1 and progress.statuses.sum() == 8


def test_that_rows_the_table_does_not_have_yet_are_passed_over(session: Session) -> None:
    assert Candidates.of(session.table, np.array([3, 99])).rows.tolist() == [3]
