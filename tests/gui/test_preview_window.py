"""Images of more than 8 bits in the preview: their window is moved there only, and what is known is told."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage, QPainter
from pytestqt.qtbot import QtBot

from core.images.details import ImageDetails, Window
from core.images.folder import FolderSource
from core.images.levels import Levels, apply_window
from core.images.refs import ImageRef
from core.jobs import JobContext
from core.tasks.scan import open_project, scan
from medlabel_gui.jobs import JobRunner
from medlabel_gui.preview.facts_box import _hashes_frame, details_of
from medlabel_gui.preview.page import PreviewPage
from medlabel_gui.preview.pyramid import build_pyramid, halve_samples
from medlabel_gui.preview.reading import Picture, read_picture
from medlabel_gui.preview.render import paint_picture
from medlabel_gui.preview.tone import LIMIT, Tone
from medlabel_gui.preview.viewport import Viewport
from medlabel_gui.preview.window_text import window_text
from medlabel_gui.session import Session
from tests.gui.conftest import open_in

DEEP = np.linspace(0, 4000, 64 * 48, dtype=np.uint16).reshape(48, 64)
PLAIN, GLASS, FIRST_PAGE, SECOND_PAGE = range(4)  # rows: files of several images come last
STEPS = st.integers(-LIMIT, LIMIT)


def painted(levels: Levels, viewport: Viewport, tone: Tone) -> np.ndarray:
    """(h, w, 3) uint8: what is seen in the pane."""
    image = QImage(*viewport.pane, QImage.Format.Format_RGB32)
    image.fill(0xFF808080)
    painter = QPainter(image)
    paint_picture(painter, build_pyramid(levels.render(), levels), viewport, tone)
    painter.end()
    return np.frombuffer(image.constBits(), np.uint8).reshape(*viewport.pane[::-1], 4)[..., 2::-1].copy()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "images"
    folder.mkdir()
    tifffile.imwrite(folder / "a_deep.tif", np.stack([DEEP, DEEP // 2]), photometric="minisblack")
    Image.fromarray((DEEP >> 4).astype(np.uint8)).save(folder / "b_plain.png")
    glass = np.dstack([np.full((48, 64, 3), 90, np.uint8), np.zeros((48, 64, 1), np.uint8)])
    Image.fromarray(glass).save(folder / "c_glass.png")
    return folder


@pytest.fixture
def page(qtbot: QtBot, runner: JobRunner, folder: Path) -> Iterator[PreviewPage]:
    session = Session(runner)
    project = open_project(folder)
    scan(project, JobContext())
    open_in(session, project)
    made = PreviewPage(session, runner)
    qtbot.addWidget(made)
    made.resize(1066, 640)
    with qtbot.waitExposed(made):
        made.show()
    yield made
    qtbot.waitUntil(lambda: not runner.jobs)
    session.close()
    session.deleteLater()


def show(qtbot: QtBot, page: PreviewPage, row: int) -> None:
    page.show_row(row, row, 4)
    qtbot.waitUntil(lambda: page.loader.picture(row) is not None)


def drag(qtbot: QtBot, page: PreviewPage, across: int, down: int) -> None:
    """With the right button, from the middle of the image."""
    start = QPoint(page.canvas.width() // 2, page.canvas.height() // 2)
    end = start + QPoint(across, down)
    qtbot.mousePress(page.canvas, Qt.MouseButton.RightButton, pos=start)
    qtbot.mouseMove(page.canvas, end)
    qtbot.mouseRelease(page.canvas, Qt.MouseButton.RightButton, pos=end)


def seen(page: PreviewPage) -> Window:
    stored = page.canvas.pyramid.stored
    return page.canvas.tone.window(stored.window, stored.inverted)


def width(window: Window) -> float:
    return window.high - window.low


def level(window: Window) -> float:
    return (window.high + window.low) / 2


# The window


@given(STEPS, STEPS, st.booleans())
def test_that_brightness_moves_the_level_and_contrast_the_width(
    brightness: int, contrast: int, inverted: bool
) -> None:
    own = Window(-100, 300, "header")
    moved = Tone(brightness, contrast).window(own, inverted)
    assert width(moved) == pytest.approx(400 * 2 ** (-6 * contrast / 100))
    assert level(moved) == pytest.approx(100 + (4 if inverted else -4) * brightness)
    assert Tone(inverted=True).window(own) is own


@pytest.mark.parametrize("scale", [0.4, 1.0, 3.0])
@pytest.mark.parametrize("inverted", [False, True])
def test_that_stored_values_come_back_that_the_own_window_cut_off(qapp, scale: float, inverted: bool) -> None:
    """1500 is white beyond the window of 0 to 1000; a wider one shows that it is not 3000."""
    values = np.full((600, 600), 1500, np.uint16)
    levels = Levels(values, Window(0, 1000, "header"), inverted)
    view = Viewport.fit((600, 600), (120, 120)).scaled_to(scale, (60, 60))
    assert (painted(levels, view, Tone()) == (0 if inverted else 255)).all()
    tone = Tone(contrast=-50)
    window = tone.window(levels.window, inverted)
    expected = apply_window(values[:1, :1], window.low, window.high, inverted)[0, 0]
    assert 0 < expected < 255
    assert (painted(levels, view, tone) == expected).all()
    assert (painted(levels, view, Tone(0, -50, True)) == 255 - expected).all()


def test_that_more_light_is_lighter_whichever_end_is_black(qapp) -> None:
    view = Viewport.fit((64, 48), (64, 48))
    for inverted in (False, True):
        levels = Levels(DEEP, Window(0, 4000, "header"), inverted)
        own, lighter = (painted(levels, view, tone).astype(int) for tone in (Tone(), Tone(brightness=20)))
        assert (lighter >= own).all() and lighter.mean() > own.mean() + 20


def test_that_colours_go_through_a_window_too(qapp) -> None:
    values = np.stack([DEEP, DEEP // 2, DEEP // 4], axis=2)
    levels = Levels(values, Window(0, 500, "percentiles"))
    view = Viewport.fit((64, 48), (64, 48))
    tone = Tone(contrast=-50)
    window = tone.window(levels.window)
    assert (painted(levels, view, tone) == apply_window(values, window.low, window.high)).all()


def test_that_half_the_samples_are_their_means() -> None:
    values = np.arange(15, dtype=np.uint16).reshape(3, 5)
    assert halve_samples(values).tolist() == [[3, 5, 6.5], [10.5, 12.5, 14]]
    assert (
        halve_samples(np.full((5, 4, 3), 70_000, np.int32)).tolist() == np.full((3, 2, 3), 70_000.0).tolist()
    )
    far = 1e9 + np.array([[0, 1], [2, 3.0]])
    assert halve_samples(far).tolist() == [[1e9 + 1.5]]
    assert halve_samples(np.uint16([[1, 2]])).dtype == np.float32


# In the page


def test_that_dragging_to_the_right_is_wider_and_upwards_lighter(qtbot: QtBot, page: PreviewPage) -> None:
    show(qtbot, page, FIRST_PAGE)
    own = page.canvas.pyramid.stored.window
    drag(qtbot, page, 40, 0)
    assert width(seen(page)) > width(own) and level(seen(page)) == pytest.approx(level(own))
    drag(qtbot, page, -40, -40)
    assert width(seen(page)) == pytest.approx(width(own)) and level(seen(page)) < level(own)


def test_that_dragging_changes_the_width_by_little_and_without_jumps(qtbot: QtBot, page: PreviewPage) -> None:
    show(qtbot, page, FIRST_PAGE)
    own, box = page.canvas.pyramid.stored.window, page.side.tone
    widths = [width(own)]
    for _ in range(4):
        drag(qtbot, page, 1, 0)
        widths.append(width(seen(page)))
        assert window_text(seen(page)) in box.window_line.text(), (
            "of what is seen, not of the slider's whole steps"
        )
    ratios = np.array(widths[1:]) / widths[:-1]
    assert ((ratios > 1.003) & (ratios < 1.01)).all()
    before = page.canvas.tone.contrast
    assert before != round(before)
    box.brightness.setValue(7)
    assert page.canvas.tone == Tone(7, before), "moving one slider leaves the other value as it is"
    box.contrast.setValue(round(before) - 1)
    assert page.canvas.tone == Tone(7, round(before) - 1)


def test_that_a_moved_window_is_told_and_reset_brings_the_own_one_back(
    qtbot: QtBot, page: PreviewPage
) -> None:
    show(qtbot, page, FIRST_PAGE)
    box = page.side.tone
    own = page.canvas.pyramid.stored.window
    assert window_text(own) in box.window_line.text() and not box.reset.isEnabled()
    drag(qtbot, page, 30, 20)
    assert (
        window_text(seen(page)) in box.window_line.text() and window_text(own) not in box.window_line.text()
    )
    box.reset.click()
    assert seen(page) == own and window_text(own) in box.window_line.text()


def test_that_the_window_is_moved_by_keys_alone(qtbot: QtBot, page: PreviewPage) -> None:
    show(qtbot, page, FIRST_PAGE)
    own = page.canvas.pyramid.stored.window
    page.side.tone.contrast.setFocus()
    qtbot.keyClick(page.side.tone.contrast, Qt.Key.Key_Right)
    assert width(seen(page)) < width(own)
    page.side.tone.reset.setFocus()
    qtbot.keyClick(page.side.tone.reset, Qt.Key.Key_Space)
    assert seen(page) == own


def test_that_moving_the_window_touches_neither_file_nor_what_a_model_sees(
    qtbot: QtBot, page: PreviewPage, folder: Path
) -> None:
    before = {
        path: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir() if path.is_file()
    }
    source, ref = FolderSource(folder), ImageRef("a_deep.tif")
    read = source.read(ref).array
    show(qtbot, page, FIRST_PAGE)
    drag(qtbot, page, 60, 60)
    assert (source.read(ref).array == read).all()
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in before} == before
    assert "preview only" in page.side.tone.window_line.toolTip()


def test_that_an_image_of_eight_bits_has_no_window(qtbot: QtBot, page: PreviewPage) -> None:
    show(qtbot, page, PLAIN)
    assert page.canvas.pyramid.stored is None and page.side.tone.window_line.isHidden()
    drag(qtbot, page, 40, -50)
    assert page.canvas.tone == Tone(brightness=25, contrast=20)


# What is told


def test_that_the_facts_tell_format_frames_and_window(qtbot: QtBot, page: PreviewPage) -> None:
    show(qtbot, page, SECOND_PAGE)
    facts = page.side.facts.shown
    assert facts["format"] == "TIFF, 16 bits a sample" and facts["frame"] == "2 (2 in the file)"
    assert facts["photometric"] == "MINISBLACK"
    own = page.canvas.pyramid.stored.window
    assert facts["window"] == f"{window_text(own)} (from the percentiles)"
    assert "modality" not in facts and "notes" not in facts
    show(qtbot, page, GLASS)
    assert page.side.facts.shown["notes"] == "transparent parts are shown over black"


def test_that_details_are_told_in_words() -> None:
    details = ImageDetails(
        "DICOM", 12, 30, "CT", "MONOCHROME2", Window(-160, 240, "header"), ("burned in", "first of 3")
    )
    assert details_of(details) == {
        "format": "DICOM, 12 bits a sample",
        "modality": "CT",
        "photometric": "MONOCHROME2",
        "window": "level 40, width 400 (from the header)",
        "notes": "burned in; first of 3",
    }
    assert details_of(ImageDetails()) == {}


@pytest.mark.parametrize(
    ("window", "text"),
    [
        (Window(-160, 240, ""), "level 40, width 400"),
        (Window(0, 65_535, ""), "level 32,768, width 65,535"),
        (Window(0, 1, ""), "level 0.50, width 1.00"),
        (Window(0, 2e-5, ""), "level 1e-05, width 2e-05"),
        (Window(3, 3, ""), "level 3.00000, width 0.00000"),
        (Window(-160.5, 238.5, "header", 40, 400), "level 40, width 400"),
    ],
)
def test_that_a_window_is_told_by_level_and_width(window: Window, text: str) -> None:
    assert window_text(window) == text


def test_that_an_image_of_very_many_pixels_is_shown_without_its_samples(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, ref = FolderSource(folder), ImageRef("a_deep.tif")
    assert read_picture(source, 0, ref, JobContext()).pyramid.stored is not None
    monkeypatch.setattr("medlabel_gui.preview.reading.MAX_SAMPLES", 100)
    picture = read_picture(source, 0, ref, JobContext())
    assert picture.pyramid.stored is None and picture.details.window is not None


def test_that_the_numbers_of_a_window_are_never_shortened(qtbot: QtBot, page: PreviewPage) -> None:
    show(qtbot, page, FIRST_PAGE)
    value = page.side.facts._values["window"][1]
    value.setFixedWidth(120)
    assert value.fontMetrics().horizontalAdvance(value.text()) > 120
    assert value.heightForWidth(120) >= 2 * value.fontMetrics().height()


def test_that_the_checksum_of_one_of_several_frames_says_so(
    qtbot: QtBot, page: PreviewPage, folder: Path
) -> None:
    facts = page.side.facts
    label = facts._values["checksum"][0]
    show(qtbot, page, PLAIN)
    assert label.text() == "SHA-256" and facts.copy.toolTip() == "Copy the SHA-256 checksum of the file"
    for row in (FIRST_PAGE, SECOND_PAGE):
        show(qtbot, page, row)
        assert label.text().split() == ["SHA-256", "of", "this", "frame"]
        assert "this frame" in facts.copy.toolTip() and facts.copy.accessibleName() == facts.copy.toolTip()
    facts.copy.click()
    assert facts.copy.toolTip() == "Copied"
    show(qtbot, page, GLASS)
    assert label.text() == "SHA-256" and "of the file" in facts.copy.toolTip()


def test_that_the_checksum_of_a_moving_picture_is_that_of_its_file() -> None:
    moving = Picture(0, None, None, details=ImageDetails("GIF", frames=9))
    assert not _hashes_frame(ImageRef("a.gif"), moving)
    volume = Picture(0, None, None, details=ImageDetails("NPZ", frames=9))
    assert _hashes_frame(ImageRef("train/000000.png", 3), volume)
