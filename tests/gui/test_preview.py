"""The large preview: pixels as they are, keys, facts, probabilities, the note; and that nobody waits for a file."""

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QAction, QImage, QKeySequence, QPainter, QWheelEvent
from PySide6.QtWidgets import QApplication, QDialogButtonBox, QLabel, QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot

from core.images.folder import FolderSource
from core.images.refs import ImageRef
from core.images.source import open_source
from core.jobs import JobContext
from core.project.edits import Edit
from core.project.project import Project
from core.project.records import ImageClass, Status
from core.quality.review import Reason, ReasonKind
from core.tasks.scan import open_project, scan
from medlabel_gui.class_colours import class_colour
from medlabel_gui.dialogs.note import edit_note
from medlabel_gui.jobs import JobRunner
from medlabel_gui.preview import loader as loader_module
from medlabel_gui.preview.bars import ProbabilityBars
from medlabel_gui.preview.canvas import ImageCanvas, scale_text
from medlabel_gui.preview.chips import Chip
from medlabel_gui.preview.facts_box import size_text
from medlabel_gui.preview.page import PreviewPage
from medlabel_gui.preview.probabilities import ClassLine, probabilities_of
from medlabel_gui.preview.pyramid import build_pyramid, halve
from medlabel_gui.preview.reading import read_picture
from medlabel_gui.preview.reasons import reason_text, why
from medlabel_gui.preview.render import paint_picture
from medlabel_gui.preview.tone import LIMIT, Tone
from medlabel_gui.preview.viewport import Viewport
from medlabel_gui.session import Session
from tests.gui.conftest import open_in

CLASSES = (ImageClass(1, "first"), ImageClass(2, "second"))
NEUTRAL = Tone()
SIZES = st.tuples(st.integers(1, 4000), st.integers(1, 4000))


# Pixels


def painted(array: np.ndarray, viewport: Viewport, tone: Tone = NEUTRAL) -> np.ndarray:
    """(h, w, 3) uint8: what is seen of a picture in the viewport's pane, on mid grey."""
    width, height = viewport.pane
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(0xFF808080)
    painter = QPainter(image)
    paint_picture(painter, build_pyramid(array), viewport, tone)
    painter.end()
    return np.frombuffer(image.constBits(), np.uint8).reshape(height, width, 4)[..., 2::-1].copy()


@pytest.fixture
def noise() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 255, (48, 64), dtype=np.uint8)


def test_that_original_pixels_are_shown_one_to_one(qapp, noise: np.ndarray) -> None:
    view = Viewport.fit((64, 48), (100, 90)).scaled_to(1, (0, 0))
    seen = painted(noise, view)
    left, top = round(view.to_pane((0, 0))[0]), round(view.to_pane((0, 0))[1])
    assert (seen[top : top + 48, left : left + 64] == noise[..., None]).all()
    assert (seen[:top] == 128).all() and (seen[:, :left] == 128).all()


def test_that_enlarged_pixels_stay_sharp_squares(qapp, noise: np.ndarray) -> None:
    view = Viewport.fit((64, 48), (64 * 7, 48 * 7))
    assert (painted(noise, view) == np.kron(noise, np.ones((7, 7), np.uint8))[..., None]).all()


@pytest.mark.parametrize("shape", [(8, 8), (1, 300), (300, 1), (701, 1033), (701, 1033, 3)])
def test_that_a_picture_of_any_shape_fits(qapp, shape: tuple[int, ...]) -> None:
    seen = painted(np.full(shape, 200, np.uint8), Viewport.fit((shape[1], shape[0]), (240, 200)))
    rows, columns = np.nonzero((seen == 200).all(axis=2))
    assert rows.max() - rows.min() >= 198 or columns.max() - columns.min() >= 238


def test_that_a_reduced_picture_is_averaged(qapp) -> None:
    """A fine chess board becomes an even grey, not a moiré."""
    board = (np.indices((1024, 1024)).sum(axis=0) % 2 * 255).astype(np.uint8)
    seen = painted(board, Viewport.fit((1024, 1024), (200, 200)))[5:-5, 5:-5]
    assert seen.min() >= 120 and seen.max() <= 136


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("scale", [0.3, 1.0, 3.0])
def test_that_tone_changes_what_is_seen_by_its_table(qapp, channels: int, scale: float) -> None:
    shape = (600, 600) if channels == 1 else (600, 600, 3)
    picture = np.full(shape, 90, np.uint8)
    tone = Tone(brightness=15, contrast=20, inverted=True)
    view = Viewport.fit((600, 600), (120, 120)).scaled_to(scale, (60, 60))
    assert (painted(picture, view, tone) == tone.table()[90]).all()
    assert (painted(picture, view) == 90).all()


def test_that_colours_keep_their_channels(qapp) -> None:
    picture = np.zeros((40, 40, 3), np.uint8)
    picture[...] = (10, 120, 240)
    for side in (20, 40, 120):
        seen = painted(picture, Viewport.fit((40, 40), (side, side)))
        assert (seen == (10, 120, 240)).all()


@given(SIZES)
def test_that_half_a_picture_has_half_its_pixels_and_the_same_mean(size: tuple[int, int]) -> None:
    array = np.full((size[1] % 97 + 1, size[0] % 97 + 1), 77, np.uint8)
    small = halve(array)
    assert small.shape == (-(-array.shape[0] // 2), -(-array.shape[1] // 2)) and (small == 77).all()


def test_that_halving_band_by_band_is_halving_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    array = np.random.default_rng(1).integers(0, 255, (301, 200, 3), dtype=np.uint8)
    whole = halve(array)
    monkeypatch.setattr("medlabel_gui.preview.pyramid._BAND_PIXELS", 3000)
    assert (halve(array) == whole).all()


# Tone and geometry


def test_that_a_neutral_tone_shows_every_value_as_it_is() -> None:
    assert Tone().neutral and (Tone().table() == np.arange(256)).all()
    assert (Tone(inverted=True).table() == 255 - np.arange(256)).all()


def test_that_brightness_lightens_and_contrast_spreads() -> None:
    assert (Tone(brightness=30).table().astype(int) >= np.arange(256)).all()
    strong = Tone(contrast=50).table().astype(int)
    assert strong[140] - strong[110] > 2 * 30 and (strong[0], strong[255]) == (0, 255)


@given(st.integers(-LIMIT, LIMIT), st.integers(-LIMIT, LIMIT), st.integers(-500, 500), st.integers(-500, 500))
def test_that_a_tone_never_leaves_its_limits(brightness: int, contrast: int, more: int, wider: int) -> None:
    tone = Tone(brightness, contrast).moved(more, wider)
    assert abs(tone.brightness) <= LIMIT and abs(tone.contrast) <= LIMIT
    assert (np.diff(tone.table().astype(int)) >= 0).all()


@given(
    SIZES,
    st.tuples(st.integers(1, 2000), st.integers(1, 1200)),
    st.floats(0, 1),
    st.floats(0, 1),
    st.sampled_from([-5.0, -1.0, 1.0, 4.0]),
)
def test_that_zooming_keeps_what_is_under_the_pointer(size, pane, x, y, notches) -> None:
    """Unless the picture would leave empty room beside it, or is smaller than the pane."""
    before = Viewport.fit(size, pane).zoomed(6, (pane[0] / 2, pane[1] / 2))
    at = (x * pane[0], y * pane[1])
    after = before.zoomed(notches, at)
    for axis in (0, 1):
        room = pane[axis] / after.scale / 2
        moved_freely = room < after.centre[axis] < size[axis] - room
        held_before = abs(before.to_pane((size[0], size[1]))[axis] - pane[axis]) > 1e-6
        if moved_freely and held_before:
            assert after.to_image(at)[axis] == pytest.approx(
                before.to_image(at)[axis], abs=1e-6 + room * 1e-6
            )


def test_that_zooming_stops_at_original_pixels_and_at_fit() -> None:
    view = Viewport.fit((1000, 1000), (430, 430))
    scales = []
    for _ in range(12):
        view = view.zoomed(1, (10, 10))
        scales.append(view.scale)
    assert 1.0 in scales
    for _ in range(40):
        view = view.zoomed(-1, (10, 10))
    assert view.fits and view.centre == (500, 500)


def test_that_a_picture_cannot_be_dragged_out_of_sight() -> None:
    view = Viewport.fit((400, 400), (200, 200)).scaled_to(2, (0, 0)).moved(-10_000, 10_000)
    assert view.visible() == (300, 0, 400, 100)
    assert Viewport.fit((400, 300), (200, 200)).moved(50, 50).centre == (200, 150)


def test_that_the_zoom_is_told_in_words() -> None:
    view = Viewport.fit((64, 64), (640, 640))
    assert scale_text(view) == "Fit · 1000%"
    assert scale_text(view.scaled_to(1, (0, 0))) == "100% · original pixels"
    assert scale_text(view.scaled_to(0.5, (0, 0))) == "50%"


# A project


def make_project(folder: Path, count: int = 5) -> Path:
    """Grey PNGs of 64 x 48 px; CLIP says first for the even ones, refined it is second for all."""
    folder.mkdir(parents=True)
    noise = np.random.default_rng(0).integers(0, 255, (count, 48, 64), dtype=np.uint8)
    for number, pixels in enumerate(noise):
        Image.fromarray(pixels).save(folder / f"image_{number}.png")
    made = open_project(folder)
    scan(made, JobContext())
    with Project.open(made) as project:
        project.execute(Edit("classes", classes=CLASSES), "Ada")
        first = np.tile(np.float32([[0.9, 0.1], [0.3, 0.7]]), (count, 1))[:count]
        run = project.runs.begin("zero-shot", [1, 2], {})
        project.runs.finish(run, first)
        run = project.runs.begin("refinement", [1, 2], {}, run)
        project.runs.finish(run, np.tile(np.float32([[0.05, 0.95]]), (count, 1)))
        project.set_truth({1: 2})
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
def page(qtbot: QtBot, session: Session, runner: JobRunner) -> PreviewPage:
    made = PreviewPage(session, runner)
    qtbot.addWidget(made)
    made.resize(1066, 640)
    with qtbot.waitExposed(made):
        made.show()
    made.activateWindow()
    made.setFocus()
    return made


def show(qtbot: QtBot, page: PreviewPage, row: int) -> None:
    page.show_row(row, row, 5)
    qtbot.waitUntil(lambda: page.loader.picture(row) is not None)


def test_that_the_shown_image_is_the_file_pixel_by_pixel(qtbot: QtBot, page: PreviewPage, tmp_path) -> None:
    show(qtbot, page, 3)
    assert page.row == 3 and page.canvas.pyramid is not None
    stored = np.asarray(Image.open(tmp_path / "images" / "image_3.png"))
    assert (page.canvas.pyramid.levels[0] == stored).all()


def test_that_the_caption_tells_place_label_and_confidence(qtbot: QtBot, page: PreviewPage) -> None:
    page.show_row(2, 11, 58954)
    assert page.caption.text == "12 of 58,954 · second · 95% · image_2.png"


def test_that_the_window_does_not_wait_for_the_file(
    qtbot: QtBot, page: PreviewPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is read in a worker; meanwhile its name is shown, and another image can be asked for."""
    go_on, threads, read = threading.Event(), set(), FolderSource.read

    def slow(self, ref):
        threads.add(threading.current_thread())
        assert go_on.wait(5)
        return read(self, ref)

    monkeypatch.setattr(FolderSource, "read", slow)
    page.show_row(0, 0, 5)
    assert page.canvas.message == "Reading image_0.png…" and page.canvas.pyramid is None
    page.show_row(1, 1, 5)
    assert page.canvas.message == "Reading image_1.png…"
    go_on.set()
    qtbot.waitUntil(lambda: page.canvas.pyramid is not None)
    assert threading.main_thread() not in threads
    assert page.loader.picture(0) is None, "the result for an image that nobody looks at any more was kept"


def test_that_walking_fast_leaves_only_few_readings(
    qtbot: QtBot, page: PreviewPage, runner: JobRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on, read = threading.Event(), FolderSource.read
    monkeypatch.setattr(FolderSource, "read", lambda self, ref: go_on.wait(5) and read(self, ref))
    for row in (0, 1, 2, 3, 4):
        page.show_row(row, row, 5)
    assert len([job for job in runner.jobs if job.name == "preview"]) <= 2
    go_on.set()
    qtbot.waitUntil(lambda: page.canvas.pyramid is not None)
    assert page.row == 4 and page.loader.picture(4).pyramid is page.canvas.pyramid


def test_that_neighbours_are_read_ahead(qtbot: QtBot, page: PreviewPage) -> None:
    page.show_row(2, 2, 5)
    page.set_neighbours([3, 1])
    qtbot.waitUntil(lambda: set(page.loader.cached_rows) == {1, 2, 3})
    page.show_row(3, 3, 5)
    assert page.canvas.pyramid is page.loader.picture(3).pyramid, "it was there already"


def test_that_what_was_read_stays_within_its_bound(
    qtbot: QtBot, page: PreviewPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loader_module, "CACHE_BYTES", 3 * 48 * 64)
    for row in range(5):
        show(qtbot, page, row)
    assert page.loader.cached_rows == (2, 3, 4) and page.loader.cached_bytes == 3 * 48 * 64


def test_that_a_huge_neighbour_is_not_read_ahead(qtbot: QtBot, page: PreviewPage, session: Session) -> None:
    session.table.width[1] = session.table.height[1] = 12_000
    show(qtbot, page, 0)
    page.set_neighbours([1, 2])
    qtbot.waitUntil(lambda: page.loader.picture(2) is not None)
    assert page.loader.picture(1) is None


def test_that_an_unreadable_image_says_why(qtbot: QtBot, page: PreviewPage, tmp_path: Path) -> None:
    (tmp_path / "images" / "image_1.png").write_bytes(b"no picture")
    show(qtbot, page, 1)
    assert page.canvas.message.startswith("This image cannot be read: this is not a picture")


def test_that_an_image_that_cannot_be_read_cannot_be_made_brighter(
    qtbot: QtBot, page: PreviewPage, tmp_path: Path
) -> None:
    (tmp_path / "images" / "image_1.png").write_bytes(b"no picture")
    show(qtbot, page, 1)
    assert not page.side.tone.brightness.isEnabled() and not page.side.tone.zoom.isEnabled()
    told = [label.text() for label in page.findChildren(QLabel) if "not a picture" in label.text()]
    assert not told, "the canvas alone says why"
    show(qtbot, page, 2)
    assert page.side.tone.brightness.isEnabled()


def test_that_another_project_takes_the_image_away(qtbot: QtBot, page: PreviewPage, session: Session) -> None:
    show(qtbot, page, 1)
    open_in(session, session.project)
    assert page.row == -1 and page.canvas.pyramid is None and not page.loader.cached_rows


def test_that_a_changed_file_is_read_again_after_a_scan(
    qtbot: QtBot, page: PreviewPage, session: Session, tmp_path: Path
) -> None:
    """The old picture stays until the new one is there."""
    show(qtbot, page, 1)
    before = page.canvas.pyramid
    Image.new("RGB", (30, 20), "red").save(tmp_path / "images" / "image_1.png")
    session.reload()
    qtbot.waitUntil(lambda: page.canvas.pyramid is not before and page.loader.picture(1) is not None)
    assert page.canvas.pyramid.levels[0].shape == (20, 30, 3)
    assert page.side.facts.shown["pixels"] == "30 x 20, colour"


def test_that_nothing_is_read_for_a_page_that_nobody_sees(
    qtbot: QtBot, page: PreviewPage, runner: JobRunner
) -> None:
    page.hide()
    page.show_row(1, 1, 5)
    page.set_neighbours([2])
    assert not runner.jobs and page.row == 1
    page.show()
    qtbot.waitUntil(lambda: page.canvas.pyramid is not None)
    assert page.loader.picture(1) is not None


def test_that_images_which_are_gone_are_not_waited_for(
    qtbot: QtBot, page: PreviewPage, session: Session, tmp_path: Path
) -> None:
    project = session.project
    (tmp_path / "images").rename(tmp_path / "elsewhere")
    open_in(session, project)
    page.show_row(0, 0, 5)
    assert "not there now" in page.canvas.message and page.caption.text.startswith("1 of 5")


def test_that_a_row_that_is_not_there_is_not_shown(qtbot: QtBot, page: PreviewPage) -> None:
    show(qtbot, page, 1)
    page.show_row(99, 0, 1)
    assert page.row == -1 and page.canvas.pyramid is None


def test_that_an_image_inside_a_file_has_no_size_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "set.npz"
    np.savez(path, train_images=np.zeros((3, 28, 28), np.uint8), train_labels=np.zeros(3, np.uint8))
    ref = ImageRef("train/000002.png", 2)
    found = read_picture(open_source(path), 2, ref, JobContext())
    assert found.pyramid.width == 28 and found.facts.size is None
    assert found.facts.modified.timestamp() == pytest.approx(path.stat().st_mtime)


# Keys and mouse


@pytest.mark.parametrize(
    ("key", "steps"),
    [
        (Qt.Key.Key_Right, 1),
        (Qt.Key.Key_Down, 1),
        (Qt.Key.Key_Left, -1),
        (Qt.Key.Key_Up, -1),
        (Qt.Key.Key_PageDown, 10),
        (Qt.Key.Key_PageUp, -10),
        (Qt.Key.Key_Home, -20),
        (Qt.Key.Key_End, 79),
    ],
)
def test_that_keys_ask_to_move(qtbot: QtBot, page: PreviewPage, key: Qt.Key, steps: int) -> None:
    page.show_row(2, 20, 100)
    with qtbot.waitSignal(page.move_wanted) as asked:
        qtbot.keyClick(page.canvas, key)
    assert asked.args == [steps]


@pytest.mark.parametrize("key", [Qt.Key.Key_Space, Qt.Key.Key_Escape])
def test_that_space_and_escape_go_back(qtbot: QtBot, page: PreviewPage, key: Qt.Key) -> None:
    with qtbot.waitSignal(page.back_wanted):
        qtbot.keyClick(page.canvas, key)


def decisions_of(page: PreviewPage) -> list[str]:
    """Actions with keys as the action table adds them; the list fills with what was triggered."""
    heard: list[str] = []
    for key in ("1", "9", "Return", "U", "X", "N"):
        action = QAction(key, page)
        action.setShortcut(QKeySequence(key))
        action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        action.triggered.connect(lambda _=False, key=key: heard.append(key))
        page.addAction(action)
    return heard


def press_all(qtbot: QtBot, widget: QWidget) -> None:
    for key in (Qt.Key.Key_1, Qt.Key.Key_9, Qt.Key.Key_Return, Qt.Key.Key_U, Qt.Key.Key_X, Qt.Key.Key_N):
        qtbot.keyClick(widget, key)


@pytest.mark.parametrize("where", ["canvas", "brightness", "invert", "reset", "zoom"])
def test_that_decision_keys_work_wherever_the_focus_is(qtbot: QtBot, page: PreviewPage, where: str) -> None:
    show(qtbot, page, 0)
    page.canvas.set_tone(Tone(5))  # so that reset can have the focus
    heard = decisions_of(page)
    widget = page.canvas if where == "canvas" else getattr(page.side.tone, where)
    widget.setFocus()
    assert widget.hasFocus()
    press_all(qtbot, widget)
    assert heard == ["1", "9", "Return", "U", "X", "N"]


def test_that_a_click_on_the_side_leaves_the_keys_with_the_image(qtbot: QtBot, page: PreviewPage) -> None:
    show(qtbot, page, 0)
    page.canvas.setFocus()
    for part in (page.side.tone.invert, page.side.tone.brightness, page.side.tone.zoom):
        qtbot.mouseClick(part, Qt.MouseButton.LeftButton)
        assert page.canvas.hasFocus()
    with qtbot.waitSignal(page.move_wanted):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Down)


def test_that_typed_letters_go_into_the_note_only(qtbot: QtBot, page: PreviewPage) -> None:
    show(qtbot, page, 0)
    heard = decisions_of(page)
    page.edit_note()
    editor = page.side.note.editor
    with qtbot.assertNotEmitted(page.move_wanted), qtbot.assertNotEmitted(page.back_wanted):
        qtbot.keyClicks(editor, "1 ux")
        for key in (Qt.Key.Key_Return, Qt.Key.Key_N, Qt.Key.Key_Left, Qt.Key.Key_Down, Qt.Key.Key_Home):
            qtbot.keyClick(editor, key)
    assert heard == [] and editor.toPlainText() == "1 ux\nn"


def test_that_z_and_a_double_click_toggle_original_pixels(qtbot: QtBot, page: PreviewPage) -> None:
    show(qtbot, page, 0)
    assert page.canvas.viewport.fits and page.canvas.viewport.scale > 1
    qtbot.keyClick(page.canvas, Qt.Key.Key_Z)
    assert page.canvas.viewport.scale == 1 and page.side.tone.zoom.text() == "Whole image (Z)"
    qtbot.mouseDClick(page.canvas, Qt.MouseButton.LeftButton)
    assert page.canvas.viewport.fits and page.side.tone.zoom.text() == "Original pixels (Z)"


def test_that_plus_and_minus_zoom_and_keys_with_ctrl_are_left_to_others(
    qtbot: QtBot, page: PreviewPage
) -> None:
    show(qtbot, page, 0)
    scale = page.canvas.viewport.scale
    qtbot.keyClick(page.canvas, Qt.Key.Key_Plus)
    assert page.canvas.viewport.scale == pytest.approx(1.25 * scale)
    qtbot.keyClick(page.canvas, Qt.Key.Key_Minus)
    assert page.canvas.viewport.scale == pytest.approx(scale) and page.canvas.viewport.fits
    with qtbot.assertNotEmitted(page.move_wanted):
        qtbot.keyClick(page.canvas, Qt.Key.Key_Right, Qt.KeyboardModifier.ControlModifier)


@pytest.fixture
def canvas(qtbot: QtBot) -> ImageCanvas:
    made = ImageCanvas()
    qtbot.addWidget(made)
    made.resize(400, 300)
    made.show_picture(build_pyramid(np.zeros((800, 800), np.uint8)), "a.png")
    return made


def wheel(canvas: ImageCanvas, at: QPoint, delta: int) -> None:
    place = QPointF(at)
    nothing, no_keys = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
    event = QWheelEvent(
        place, place, QPoint(), QPoint(0, delta), nothing, no_keys, Qt.ScrollPhase.NoScrollPhase, False
    )
    QApplication.sendEvent(canvas, event)


def test_that_the_wheel_zooms_at_the_pointer(canvas: ImageCanvas) -> None:
    wheel(canvas, QPoint(200, 150), 240)
    before = canvas.viewport.to_image((250, 100))
    wheel(canvas, QPoint(250, 100), 240)
    assert canvas.viewport.scale == pytest.approx(300 / 800 * 1.25**4, rel=1e-3)
    assert canvas.viewport.to_image((250, 100)) == pytest.approx(before)


def test_that_the_left_button_moves_and_the_right_one_changes_the_tone(
    qtbot: QtBot, canvas: ImageCanvas
) -> None:
    canvas.toggle_zoom()
    centre = canvas.viewport.centre
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=QPoint(200, 150))
    qtbot.mouseMove(canvas, QPoint(170, 190))
    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=QPoint(170, 190))
    assert canvas.viewport.centre == (centre[0] + 30, centre[1] - 40) and canvas.tone.neutral
    qtbot.mousePress(canvas, Qt.MouseButton.RightButton, pos=QPoint(200, 150))
    qtbot.mouseMove(canvas, QPoint(240, 100))
    qtbot.mouseRelease(canvas, Qt.MouseButton.RightButton, pos=QPoint(240, 100))
    assert canvas.tone == Tone(brightness=25, contrast=20)


def test_that_a_resized_window_still_shows_the_whole_image(canvas: ImageCanvas, qtbot: QtBot) -> None:
    canvas.show()
    canvas.resize(500, 500)
    qtbot.waitUntil(lambda: canvas.viewport.pane == (500, 500))
    assert canvas.viewport.scale == pytest.approx(500 / 800)


def test_that_the_next_image_of_the_same_size_is_seen_in_the_same_place(canvas: ImageCanvas) -> None:
    canvas.zoom(6, (10, 10))
    seen = canvas.viewport
    canvas.show_waiting("b.png")
    canvas.show_picture(build_pyramid(np.ones((800, 800), np.uint8)), "b.png")
    assert canvas.viewport == seen
    canvas.show_picture(build_pyramid(np.ones((10, 20), np.uint8)), "c.png")
    assert canvas.viewport.fits


def test_that_sliders_and_drag_show_the_same_tone(qtbot: QtBot, page: PreviewPage) -> None:
    show(qtbot, page, 0)
    box = page.side.tone
    box.contrast.setValue(40)
    box.invert.setChecked(True)
    assert page.canvas.tone == Tone(0, 40, True)
    page.canvas.set_tone(Tone(10, -20))
    assert box.tone == Tone(10, -20) and box.reset.isEnabled()
    box.reset.click()
    assert page.canvas.tone.neutral and box.tone.neutral and not box.reset.isEnabled()


# The side


def test_that_the_side_tells_facts_of_file_and_pixels(qtbot: QtBot, page: PreviewPage, tmp_path) -> None:
    show(qtbot, page, 2)
    facts = page.side.facts.shown
    size = (tmp_path / "images" / "image_2.png").stat().st_size
    assert facts["name"] == "image_2.png" and facts["size"] == size_text(size)
    assert facts["pixels"] == "64 x 48, grey" and facts["modified"].count(":") == 1
    page.side.facts.copy.click()
    digest = page.loader.picture(2).sha256.hex()
    assert QApplication.clipboard().text() == digest and facts["checksum"] == f"{digest[:12]}…"


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 bytes"), (999, "999 bytes"), (8421, "8.42 KB"), (999_700, "1 MB"), (123_456_789, "123 MB")],
)
def test_that_sizes_are_for_people(size: int, text: str) -> None:
    assert size_text(size) == text


def test_that_both_stages_are_shown_with_the_delivered_and_the_known_class(
    qtbot: QtBot, page: PreviewPage
) -> None:
    show(qtbot, page, 1)
    lines = page.side.probabilities.bars.lines
    assert [(line.image_class.name, line.values) for line in lines] == [
        ("second", pytest.approx((0.7, 0.95))),
        ("first", pytest.approx((0.3, 0.05))),
    ]
    assert lines[0].delivered and lines[0].known and not lines[1].delivered
    said = page.side.probabilities.bars.accessibleDescription()
    assert said.splitlines()[0] == "second (label) (known): CLIP 70%, Refined 95%"


def test_that_of_many_classes_the_best_ten_and_the_label_are_shown(
    qtbot: QtBot, page: PreviewPage, session: Session
) -> None:
    with Project.open(session.project) as project:
        classes = tuple(ImageClass(n + 1, f"class {n}") for n in range(30))
        project.execute(Edit("classes", classes=classes), "Ada")
        values = np.tile(np.linspace(1, 30, 30, dtype=np.float32) / 465, (5, 1))
        run = project.runs.begin("zero-shot", [c.id for c in classes], {})
        project.runs.finish(run, values)
        project.execute(Edit("label", np.array([0]), Status.CORRECTED, np.array([3], np.int32)), "Ada")
    open_in(session, session.project)
    show(qtbot, page, 0)
    box = page.side.probabilities
    found = probabilities_of(session.snapshot, 0)
    assert len(found.lines) == 30 and len(box.bars.lines) == 11
    assert box.bars.lines[-1].delivered and box.bars.lines[0].image_class.name == "class 29"
    box.more.click()
    assert len(box.bars.lines) == 30
    box.more.click()
    assert len(box.bars.lines) == 11


def test_that_the_page_follows_decisions(qtbot: QtBot, page: PreviewPage, session: Session) -> None:
    show(qtbot, page, 1)
    assert page.side.decision.lines[0] == "second"
    session.author = "Dr. Lovelace"
    session.execute(Edit("first", np.array([1]), Status.CORRECTED, np.array([1], np.int32)))
    name, line, known = page.side.decision.lines
    assert (
        name == "first" and line.startswith("Corrected by Dr. Lovelace, ") and known == "Known label: second"
    )
    assert "first · Corrected" in page.caption.text
    session.undo()
    assert page.side.decision.lines[0] == "second"


def test_that_a_decision_about_another_image_changes_nothing(
    qtbot: QtBot, page: PreviewPage, session: Session
) -> None:
    show(qtbot, page, 1)
    before = page.caption.text
    session.execute(Edit("other", np.array([0]), Status.EXCLUDED, np.array([-1], np.int32)))
    assert page.caption.text == before


# The note


def type_note(qtbot: QtBot, page: PreviewPage, text: str) -> QPlainTextEdit:
    page.edit_note()
    qtbot.keyClicks(page.side.note.editor, text)
    return page.side.note.editor


def test_that_a_note_is_saved_by_ctrl_enter_and_the_keys_go_back(qtbot: QtBot, page: PreviewPage) -> None:
    show(qtbot, page, 2)
    editor = type_note(qtbot, page, "marker left")
    with qtbot.waitSignal(page.note_edited) as told:
        qtbot.keyClick(editor, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert told.args == [2, "marker left"] and page.canvas.hasFocus()


def test_that_escape_gives_a_note_up_and_only_that(qtbot: QtBot, page: PreviewPage) -> None:
    show(qtbot, page, 2)
    editor = type_note(qtbot, page, "never mind")
    with qtbot.assertNotEmitted(page.note_edited), qtbot.assertNotEmitted(page.back_wanted):
        qtbot.keyClick(editor, Qt.Key.Key_Escape)
    assert not page.side.note.editing


@pytest.mark.parametrize("leave", ["click", "next image", "hide", "close"])
def test_that_a_typed_note_is_never_lost(qtbot: QtBot, page: PreviewPage, leave: str) -> None:
    show(qtbot, page, 2)
    type_note(qtbot, page, "kept")
    with qtbot.waitSignal(page.note_edited) as told:
        if leave == "click":
            qtbot.mouseClick(page.canvas, Qt.MouseButton.LeftButton)
        elif leave == "next image":
            page.show_row(3, 3, 5)
        elif leave == "hide":
            page.hide()
        else:
            page.commit_note()
    assert told.args == [2, "kept"]


def test_that_a_note_in_work_outlives_a_change_of_the_table(
    qtbot: QtBot, page: PreviewPage, session: Session
) -> None:
    show(qtbot, page, 2)
    editor = type_note(qtbot, page, "half a sent")
    session.execute(Edit("accept", np.array([2]), Status.ACCEPTED, np.array([2], np.int32)))
    assert page.side.note.editing and editor.toPlainText() == "half a sent"


def test_that_a_saved_note_is_shown(qtbot: QtBot, page: PreviewPage, session: Session) -> None:
    show(qtbot, page, 0)
    assert page.side.note.change.text() == "Add a note"
    session.execute(Edit("note", notes={0: "ask again"}))
    assert page.side.note.change.text() == "Change the note"
    page.edit_note()
    assert page.side.note.editor.toPlainText() == "ask again"
    page.side.note.give_up()


@pytest.mark.parametrize("way", ["keys", "button", "escape"])
def test_that_the_note_dialog_hands_over_what_was_saved(qtbot: QtBot, way: str) -> None:
    parent, saved = QWidget(), []
    qtbot.addWidget(parent)
    parent.show()
    edit_note(parent, "3 images", "old", saved.append)
    dialog = parent.findChild(QWidget, "note")
    editor = dialog.findChild(QPlainTextEdit)
    assert editor.toPlainText() == "old"
    qtbot.keyClicks(editor, "new")
    if way == "keys":
        qtbot.keyClick(editor, Qt.Key.Key_Enter, Qt.KeyboardModifier.ControlModifier)
    elif way == "button":
        save = dialog.findChild(QDialogButtonBox).button(QDialogButtonBox.StandardButton.Save)
        qtbot.mouseClick(save, Qt.MouseButton.LeftButton)
    else:
        qtbot.keyClick(editor, Qt.Key.Key_Escape)
    assert saved == ([] if way == "escape" else ["new"])
    qtbot.waitUntil(lambda: parent.findChild(QWidget, "note") is None)


def test_that_a_note_on_an_image_of_a_closed_project_is_not_told(
    qtbot: QtBot, page: PreviewPage, session: Session
) -> None:
    show(qtbot, page, 2)
    type_note(qtbot, page, "too late")
    with qtbot.assertNotEmitted(page.note_edited):
        open_in(session, session.project)
    assert not page.side.note.editing


# Reasons

NAN = float("nan")


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        (
            Reason(ReasonKind.STAGES_DISAGREE, 1, 0.8, 0.6, 0, 0.9, 1, 0.8),
            "The stages disagree: CLIP says first (90%), refined it is second (80%).",
        ),
        (
            Reason(ReasonKind.CLOSE_CALL, 1, 0.51, 0.02, 1, 0.51, -1, NAN),
            "A close call: second (51%) leads by only 2 percentage points.",
        ),
        (
            Reason(ReasonKind.CLOSE_CALL, 1, 0.505, 0.0099, 1, 0.505, -1, NAN),
            "A close call: second (50%) leads by only 1 percentage point.",
        ),
        (
            Reason(ReasonKind.CLOSE_CALL, 1, 0.502, 0.004, 1, 0.502, -1, NAN),
            "A close call: second (50%) leads by only 0.4 percentage points.",
        ),
        (
            Reason(ReasonKind.CLOSE_CALL, 1, 0.5, 0.0, 1, 0.5, -1, NAN),
            "A close call: another class is as probable as second (50%).",
        ),
        (
            Reason(ReasonKind.NOT_SURE, 0, 0.9, 0.83, 0, 0.9, -1, NAN),
            "Not quite sure: first (90%).",
        ),
        (
            Reason(ReasonKind.NOT_SURE, 0, NAN, NAN, 0, NAN, -1, NAN),
            "Nothing says how sure the label first is.",
        ),
        (
            Reason(ReasonKind.STAGES_DISAGREE, 1, 0.8, 0.6, 0, NAN, 1, 0.8),
            "The stages disagree: CLIP says first, refined it is second (80%).",
        ),
        (
            Reason(ReasonKind.SURE, 0, 0.9999, 0.999, 0, 0.9999, -1, NAN),
            "Nothing speaks against first (99.9%).",
        ),
        (Reason(ReasonKind.DECIDED, 0, 0.9, 0.8, 0, 0.9, -1, NAN), ""),
    ],
)
def test_that_a_reason_is_one_line(reason: Reason, text: str) -> None:
    assert reason_text(reason, CLASSES) == text


def test_that_a_reason_holds_for_one_image_only(qtbot: QtBot, page: PreviewPage, session: Session) -> None:
    page.show_row(0, 0, 5)
    page.set_reason(why(session.snapshot, 0))
    assert (
        page.side.reason.text() == "The stages disagree: CLIP says first (90%), refined it is second (95%)."
    )
    page.show_row(1, 1, 5)
    assert page.side.reason.text() == ""


def test_that_bars_and_chips_have_the_look_of_the_class_wherever_it_stands(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[tuple[int, str]] = []
    for place in ("bars", "chips"):
        monkeypatch.setattr(
            f"medlabel_gui.preview.{place}.draw_chip",
            lambda painter, box, shape, colour, key: drawn.append((shape, colour.name())),
        )
    third = ImageClass(3, "third")
    chip, bars = Chip(), ProbabilityBars()
    for widget in (chip, bars):
        qtbot.addWidget(widget)
    chip.show_class(third, "1")
    bars.show_lines(("CLIP",), (ClassLine(third, "1", (0.5,), True, False),))
    chip.grab()
    bars.resize(240, bars.height())
    bars.grab()
    assert len(drawn) >= 2 and set(drawn) == {(2, class_colour(2).name())}
