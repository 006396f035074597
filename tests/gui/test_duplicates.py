"""Find duplicates, look at them, and leave all but the first of each group out."""

import shutil
from pathlib import Path

from core.project.queries import Query
from core.project.records import Status
from core.project.sorting import Sort
from tests.gui.conftest import Driver


def test_that_duplicates_are_found_shown_selected_and_excluded(driver: Driver, images: Path) -> None:
    shutil.copy(images / "image_001.png", images / "image_020.png")
    shutil.copy(images / "image_001.png", images / "image_021.png")
    shutil.copy(images / "image_004.png", images / "image_022.png")
    driver.open(images)
    assert not driver.window.actions_table["select_duplicates"].isEnabled()
    driver.trigger("find_duplicates")
    assert (
        "2 groups of images that are there more than once: 3 have the content" in driver.parts.messages.text
    )
    names = [ref.path for ref in driver.table.refs]
    driver.window.commands.reviewing.show_duplicates()
    assert driver.parts.model.query == Query(duplicates=True, sort=Sort.DUPLICATES)
    shown = [names[row][6:9] for row in driver.parts.model.rows.tolist()]
    assert shown == ["001", "020", "021", "004", "022"]
    driver.trigger("select_duplicates")
    assert driver.parts.view.selected_positions().tolist() == [1, 2, 4]
    driver.trigger("exclude")
    excluded = [
        name for name, status in zip(names, driver.table.status, strict=True) if status == Status.EXCLUDED
    ]
    assert excluded == ["image_020.png", "image_021.png", "image_022.png"]


def test_that_one_duplicate_is_told_as_one(driver: Driver, images: Path) -> None:
    shutil.copy(images / "image_001.png", images / "image_020.png")
    driver.open(images)
    driver.trigger("find_duplicates")
    told = "1 group of images that are there more than once: 1 has the content of an earlier image, 0 look the same"
    assert driver.parts.messages.text.startswith(told)


def test_that_a_folder_without_duplicates_says_so(opened: Driver) -> None:
    opened.trigger("find_duplicates")
    assert "No image is there twice: 12 were compared." in opened.parts.messages.text
    assert not opened.window.actions_table["select_duplicates"].isEnabled()
    opened.parts.filter_bar.refresh()
    texts = [action.text() for action in opened.parts.filter_bar.more.menu().actions()]
    assert "Duplicates\t0" in texts
