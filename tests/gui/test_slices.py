"""The choice of slices of volumes, and archives in the window."""

import zipfile

import nibabel
import numpy as np
import pytest
import tifffile
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


def buttons_of(driver):
    return (
        dict(driver.parts.messages._messages.shown.buttons) if driver.parts.messages._messages.shown else {}
    )


def test_that_a_new_project_says_once_that_volumes_became_slices_and_offers_the_choice(driver, tmp_path):
    np.savez(tmp_path / "set.npz", train_images=np.zeros((2, 4, 5, 6), np.uint8))
    driver.open(tmp_path / "set.npz")
    assert driver.parts.messages.text == "2 volumes were opened as 8 axial slices."
    buttons_of(driver)["Choose slices…"]()
    dialog = driver.window.findChild(SlicesDialog)
    dialog.part.setCurrentIndex(2)
    dialog.accept()
    driver.settle()
    assert "were opened as" not in driver.parts.messages.text
    assert "6 are no longer there" in driver.parts.messages.text
    driver.trigger("rescan")
    driver.open(tmp_path / "set.npz")
    assert "were opened as" not in driver.parts.messages.text


def test_that_a_volume_among_pictures_is_told_with_what_cannot_be_read(driver, images):
    nibabel.save(nibabel.Nifti1Image(np.zeros((5, 6, 7), np.int16), np.eye(4)), images / "v.nii.gz")
    tifffile.imwrite(images / "pages.tif", np.zeros((3, 8, 8), np.uint8), photometric="minisblack")
    (images / "broken.nii").write_bytes(b"no volume")
    driver.open(images)
    told = "Found 23 images: 1 could not be opened. 1 volume was opened as 7 axial slices."
    assert driver.parts.messages.text == told
    assert set(buttons_of(driver)) == {"Show them", "Choose slices…"}


def test_that_pictures_are_opened_without_a_word_of_volumes(opened):
    assert opened.parts.messages.text == ""


def test_that_slices_are_said_to_be_kept_apart_when_duplicates_are_looked_for(driver, tmp_path):
    np.savez(tmp_path / "set.npz", train_images=np.zeros((2, 4, 5, 6), np.uint8))
    driver.open(tmp_path / "set.npz")
    driver.trigger("find_duplicates")
    told = "No image is there twice: 8 were compared. Slices of one volume are not compared with each other."
    assert driver.parts.messages.text == told


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
