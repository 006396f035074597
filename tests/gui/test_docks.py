"""Which of the docks on the right stands in front."""

from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QDockWidget

from medlabel_gui.main_window import _LAYOUT_VERSION
from tests.gui.conftest import Driver, make_images


def in_front(dock: QDockWidget) -> bool:
    QCoreApplication.processEvents()
    return not dock.visibleRegion().isEmpty()


@pytest.fixture
def refined(opened: Driver) -> Driver:
    """A project whose changes are looked at."""
    opened.label()
    opened.trigger("refine")
    assert in_front(opened.parts.changes_dock) and not in_front(opened.parts.review_dock)
    return opened


def test_that_a_new_folder_shows_the_review_instead_of_empty_changes(refined: Driver, tmp_path: Path) -> None:
    refined.open(make_images(tmp_path / "others"))
    assert in_front(refined.parts.review_dock) and not in_front(refined.parts.changes_dock)


def test_that_a_refined_project_leaves_the_changes_in_front(refined: Driver) -> None:
    refined.open(refined.window.session.project)
    assert in_front(refined.parts.changes_dock)


def test_that_a_start_with_a_kept_layout_shows_the_review(driver: Driver) -> None:
    driver.parts.show_dock(driver.parts.changes_dock)
    driver.window.settings.layout = driver.window.saveState(_LAYOUT_VERSION)
    assert in_front(driver.parts.changes_dock)
    driver.window._restore()
    assert in_front(driver.parts.review_dock) and not in_front(driver.parts.changes_dock)


def test_that_a_review_begins_with_its_dock_in_front(refined: Driver) -> None:
    refined.trigger("review")
    assert in_front(refined.parts.review_dock) and not in_front(refined.parts.changes_dock)


def test_that_a_review_dock_that_was_closed_stays_closed(refined: Driver, tmp_path: Path) -> None:
    refined.parts.review_dock.close()
    refined.trigger("review")
    refined.open(make_images(tmp_path / "others"))
    assert refined.parts.review_dock.isHidden() and in_front(refined.parts.changes_dock)
