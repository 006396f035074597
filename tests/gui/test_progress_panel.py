"""The running job in the status bar."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction

from core.jobs import Progress
from medlabel_gui.panels.progress import ProgressPanel


@pytest.fixture
def cancel(qtbot):
    made = QAction("Cancel")
    yield made
    made.deleteLater()


@pytest.fixture
def panel(qtbot, cancel):
    made = ProgressPanel(cancel)
    qtbot.addWidget(made)
    made.show()
    return made


def test_that_nothing_is_to_be_cancelled_while_nothing_runs(panel):
    assert panel.text == "Ready" and not panel._cancel.isVisible() and not panel._bar.isVisible()


def test_that_a_job_is_told_with_its_share_and_can_be_cancelled(panel, cancel, qtbot):
    cancelled = []
    cancel.triggered.connect(lambda: cancelled.append(True))
    panel.set_busy(True)
    assert panel.text == "Starting…" and panel._bar.maximum() == 0
    panel.show_progress(Progress(250_000_000, 1_000_000_000, "Reading images", 5.0))
    assert panel._bar.value() == 250 and panel._bar.maximum() == 1000
    assert panel._text.toolTip() == panel.text == panel._bar.accessibleDescription()
    qtbot.mouseClick(panel._cancel, Qt.MouseButton.LeftButton)
    assert cancelled and panel.text == "Stopping…" and not panel._cancel.isEnabled()
    panel.show_progress(Progress(300_000_000, 1_000_000_000, "Reading images", 5.0))
    assert panel.text == "Stopping…"
    panel.set_busy(False)
    assert panel.text == "Ready"


def test_that_a_stage_of_unknown_length_moves_the_bar_without_a_share(panel):
    panel.set_busy(True)
    panel.show_progress(Progress(12, 0, "Finding images", 3.2))
    assert panel._bar.maximum() == 0 and panel.text == "Finding images: 12 · 3.2/s"


def test_that_a_cancel_by_key_or_menu_says_at_once_that_the_job_is_stopping(panel, cancel):
    panel.set_busy(True)
    cancel.trigger()
    assert panel.text == "Stopping…" and not panel._cancel.isEnabled()
