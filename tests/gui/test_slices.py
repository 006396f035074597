"""The choice of slices of volumes, and archives in the window."""

import zipfile

import numpy as np
import pytest
from PySide6.QtWidgets import QWidget

from core.images.slices import SliceChoice
from medlabel_gui.dialogs.slices import SlicesDialog, ask_slices


@pytest.mark.parametrize("text", ["axial", "coronal:every=7", "sagittal:middle", "axial:every=2000"])
def test_that_the_dialog_shows_the_choice_and_says_nothing_when_it_stays(qtbot, text):
    parent, chosen = QWidget(), []
    qtbot.addWidget(parent)
    dialog = ask_slices(parent, SliceChoice.parse(text), chosen.append)
    assert str(dialog.choice) == text and dialog.every.isEnabled() == (":every" in text)
    dialog.accept()
    assert chosen == []


def test_that_another_choice_is_told_as_text(qtbot):
    parent, chosen = QWidget(), []
    qtbot.addWidget(parent)
    dialog = ask_slices(parent, SliceChoice(), chosen.append)
    dialog.plane.setCurrentIndex(dialog.plane.findData("coronal"))
    dialog.part.setCurrentIndex(1)
    dialog.every.setValue(5)
    dialog.accept()
    assert chosen == ["coronal:every=5"]


def test_that_the_chosen_slices_of_the_open_volumes_are_shown(driver, tmp_path):
    volumes = np.arange(2 * 4 * 5 * 6).reshape(2, 4, 5, 6).astype(np.uint8)
    np.savez(tmp_path / "set.npz", train_images=volumes)
    driver.open(tmp_path / "set.npz")
    assert len(driver.table.refs) == 8
    driver.trigger("choose_slices")
    dialog = driver.window.findChild(SlicesDialog)
    dialog.part.setCurrentIndex(2)
    dialog.accept()
    driver.settle()
    assert str(driver.window.session.slices) == "axial:middle"
    assert [bool(error) for error in driver.table.error] == [True, True, False, True] * 2


def test_that_an_archive_is_opened_and_looked_for_as_a_file(driver, images, tmp_path):
    for name in ("set.zip", "moved.zip"):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            for path in images.iterdir():
                archive.write(path, path.name)
    driver.files.answer = tmp_path / "set.zip"
    driver.trigger("open_npz")
    assert len(driver.table.refs) == 12 and driver.window.session.kind == "zip"
    driver.files.answer = tmp_path / "moved.zip"
    driver.trigger("relink")
    assert driver.window.session.source_path == (tmp_path / "moved.zip").resolve()
