"""The grid: arithmetic geometry, extended selection, a million rows."""

from collections.abc import Iterator
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QAbstractListModel, QEvent, QItemSelection, QModelIndex, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core.project.queries import Query
from core.project.records import Source, Status
from core.project.sorting import Sort
from medlabel_gui.grid.chips import chip_pixmap
from medlabel_gui.grid.delegate import TileDelegate
from medlabel_gui.grid.geometry import Geometry
from medlabel_gui.grid.loader import ThumbnailLoader
from medlabel_gui.grid.model import ImageModel
from medlabel_gui.grid.nothing import nothing_text
from medlabel_gui.grid.ranges import Ranges
from medlabel_gui.grid.view import TileView
from medlabel_gui.jobs import JobRunner
from tests.gui.shown import ShownSession, snapshot_of


class Numbers(QAbstractListModel):
    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count

    def rowCount(self, parent=QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else self.count

    def data(self, index, role=Qt.ItemDataRole.DisplayRole):
        return str(index.row()) if role == Qt.ItemDataRole.DisplayRole else None


@pytest.fixture
def view(qtbot: QtBot) -> TileView:
    made = TileView()
    qtbot.addWidget(made)
    made.numbers = Numbers(1000)
    made.setModel(made.numbers)
    made.resize(700, 500)
    made.show()
    return made


def test_that_every_tile_is_found_again_at_its_own_place(view: TileView) -> None:
    for position in (0, 1, view.columns, 999):
        view.scrollTo(view.model().index(position, 0))
        rect = view.tile_rect(position)
        assert view.viewport().rect().contains(rect.center())
        assert view.indexAt(rect.center()).row() == position


def test_that_nothing_is_found_beside_the_tiles(view: TileView) -> None:
    assert not view.indexAt(QPoint(1, 30)).isValid()
    view.model().count = 1
    view.reset()
    assert not view.indexAt(view.tile_rect(1).center()).isValid()


@pytest.mark.parametrize(
    ("key", "step"), [("Right", 1), ("Down", None), ("End", 999), ("Left", 0), ("Up", 0), ("Home", 0)]
)
def test_that_arrows_move_the_current_tile(view: TileView, key: str, step: int | None) -> None:
    view.setCurrentIndex(view.model().index(0, 0))
    QTest.keyClick(view, getattr(Qt.Key, f"Key_{key}"))
    assert view.currentIndex().row() == (view.columns if step is None else step)


def test_that_down_from_the_last_but_one_line_reaches_the_last_tile(view: TileView) -> None:
    view.model().count = 3 * view.columns + 1
    view.reset()
    view.setCurrentIndex(view.model().index(3 * view.columns - 1, 0))
    QTest.keyClick(view, Qt.Key.Key_Down)
    assert view.currentIndex().row() == 3 * view.columns


def test_that_shift_extends_and_ctrl_toggles_the_selection(view: TileView) -> None:
    def click(position: int, modifier=Qt.KeyboardModifier.NoModifier) -> None:
        centre = view.tile_rect(position).center()
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, modifier, centre)

    click(1)
    click(5, Qt.KeyboardModifier.ShiftModifier)
    assert view.selected_positions().tolist() == [1, 2, 3, 4, 5]
    click(3, Qt.KeyboardModifier.ControlModifier)
    assert view.selected_positions().tolist() == [1, 2, 4, 5]
    assert view.selected_count() == 4


def send_drag(view: TileView, point: QPoint) -> None:
    """QTest.mouseMove presses no button."""
    event = QMouseEvent(
        QEvent.Type.MouseMove,
        QPointF(point),
        QPointF(view.viewport().mapToGlobal(point)),
        Qt.MouseButton.NoButton,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(view.viewport(), event)


def test_that_shift_and_arrows_extend_over_the_end_of_a_line(view: TileView) -> None:
    start = 2 * view.columns + 1
    view.setCurrentIndex(view.model().index(start, 0))
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Left, Qt.Key.Key_Up):
        QTest.keyClick(view, key, Qt.KeyboardModifier.ShiftModifier)
    assert view.selected_positions().tolist() == list(range(view.columns - 1, start + 1))


def test_that_a_rubber_band_takes_a_rectangle_of_tiles(view: TileView) -> None:
    start, stop = view.tile_rect(0).center(), view.tile_rect(view.columns + 1).center()
    QTest.mousePress(view.viewport(), Qt.MouseButton.LeftButton, pos=start)
    for point in ((start + stop) / 2, stop):
        send_drag(view, point)
    QTest.mouseRelease(view.viewport(), Qt.MouseButton.LeftButton, pos=stop)
    assert view.selected_positions().tolist() == [0, 1, view.columns, view.columns + 1]


def test_that_resizing_tiles_keeps_the_first_visible_one(view: TileView) -> None:
    view.scrollTo(view.model().index(500, 0), TileView.ScrollHint.PositionAtTop)
    before = view.indexAt(view.viewport().rect().center()).row()
    view.set_side(96)
    first, last = 500 - view.columns, 500 + 8 * view.columns
    assert first <= before <= last
    assert view.viewport().rect().intersects(view.tile_rect(500))


def test_that_a_million_rows_scroll_and_select(view: TileView) -> None:
    view.model().count = 1_000_000
    view.reset()
    for step in range(5):
        view.verticalScrollBar().setValue(view.verticalScrollBar().maximum() * step // 4)
        view.viewport().repaint()
    assert view.tile_rect(999_999).bottom() <= view.viewport().rect().bottom()
    view.selectAll()
    assert view.selected_count() == 1_000_000
    np.testing.assert_array_equal(view.selected_positions()[[0, -1]], [0, 999_999])


# Geometry in groups

GROUPS = st.lists(st.integers(1, 40), max_size=6)


@given(counts=GROUPS, side=st.integers(80, 256), width=st.integers(0, 1500), headed=st.booleans())
def test_that_tiles_and_headers_never_overlap_and_are_found_where_they_are(
    counts: list[int], side: int, width: int, headed: bool
) -> None:
    geometry = Geometry(counts, side, width, headed)
    places = [geometry.place(position) for position in range(geometry.count)]
    assert len(set(places)) == sum(counts)
    assert places == sorted(places, key=lambda place: (place[1], place[0]))
    for position, (x, y) in enumerate(places):
        assert geometry.at(x, y) == geometry.at(x + geometry.tile_width - 1, y + geometry.tile_height - 1)
        assert geometry.at(x, y) == position and geometry.header_at(y) == -1
        assert y + geometry.tile_height <= geometry.height
    everything = list(geometry.lines(0, 0, max(width, geometry.tile_width * 2), geometry.height))
    assert [position for line in everything for position in line] == list(range(geometry.count))
    headers = list(geometry.headers(0, geometry.height))
    assert [number for number, _ in headers] == (list(range(len(counts))) if headed else [])
    assert all(geometry.header_at(y) == number and geometry.at(0, y) == -1 for number, y in headers)


@given(counts=GROUPS.filter(bool), width=st.integers(100, 900), top=st.integers(-50, 4000))
def test_that_only_what_touches_the_visible_part_is_painted(counts: list[int], width: int, top: int) -> None:
    geometry = Geometry(counts, 80, width, headed=True)
    bottom = top + 300
    seen = [p for line in geometry.lines(0, top, width, bottom) for p in line]
    places = [geometry.place(position)[1] for position in range(geometry.count)]
    assert seen == [p for p, y in enumerate(places) if y <= bottom and y + geometry.tile_height > top]


@given(counts=GROUPS.filter(bool), width=st.integers(100, 900))
def test_that_up_and_down_lead_back_to_the_same_column(counts: list[int], width: int) -> None:
    geometry = Geometry(counts, 80, width, headed=True)
    for position in range(geometry.count):
        column = geometry.column_of(position)
        below = geometry.below(position, column)
        if below != position:
            assert geometry.above(below, column) == position
            assert geometry.place(below)[1] > geometry.place(position)[1]
        assert geometry.page(position, column, True, 400) >= below
        assert geometry.page(position, column, False, 400) <= geometry.above(position, column)


# Groups in the view


@pytest.fixture
def session(runner: JobRunner) -> ShownSession:
    return ShownSession(runner)


@pytest.fixture
def grid(qtbot: QtBot, runner: JobRunner, session: ShownSession) -> Iterator[TileView]:
    """Sixty images of three classes on a real delegate, without a source."""
    model = ImageModel(session)
    view = TileView()
    qtbot.addWidget(view)
    view.setModel(model)
    loader = ThumbnailLoader(session, runner, view)
    view.setItemDelegate(TileDelegate(loader, view))
    view.resize(700, 500)
    view.show()
    confidence = np.linspace(0.99, 0.4, 60, dtype=np.float32)
    session.put(snapshot_of([0] * 7 + [1] * 13 + [2] * 40, confidence))
    yield view
    model._timer.stop()


def select(view: TileView, *positions: int, current: int | None = None) -> None:
    flags = view.selectionModel().SelectionFlag
    view.clearSelection()
    for position in positions:
        view.selectionModel().select(view.model().index(position), flags.Select)
    if current is not None:
        view.selectionModel().setCurrentIndex(view.model().index(current), flags.Select)


def selected_rows(view: TileView) -> list[int]:
    return view.model().rows[view.selected_positions()].tolist()


def current_row(view: TileView) -> int:
    index = view.currentIndex()
    return int(view.model().rows[index.row()]) if index.isValid() else -1


def test_that_every_group_begins_a_line_below_its_header(grid: TileView) -> None:
    grid.model().set_query(Query(by_class=True))
    assert grid.columns == 4
    for group, first in ((0, 0), (1, 7), (2, 20)):
        assert grid.tile_rect(first).left() == grid.tile_rect(0).left()
        assert grid.header_rect(group).bottom() + 1 == grid.tile_rect(first).top()
        assert not grid.indexAt(grid.header_rect(group).center()).isValid()
        centre = grid.tile_rect(first).center()
        assert grid.indexAt(centre).row() == first
    assert grid.verticalScrollBar().maximum() == grid.geometry_of_tiles.height - grid.viewport().height()


def test_that_headers_are_painted_with_name_and_count(grid: TileView) -> None:
    painted = []
    grid.itemDelegate().paint_header = lambda painter, rect, header: painted.append(
        (header.name, header.count)
    )
    grid.model().set_query(Query(by_class=True))
    grid.grab()
    assert painted[:2] == [("first", 7), ("second", 13)]


def test_that_down_and_up_cross_groups_and_keep_the_column(grid: TileView) -> None:
    grid.model().set_query(Query(by_class=True))
    grid.setCurrentIndex(grid.model().index(3))
    expected = [6, 10, 14, 18, 19, 23]  # the last lines of the first two groups are short
    for position in expected:
        QTest.keyClick(grid, Qt.Key.Key_Down)
        assert grid.currentIndex().row() == position
    for position in [*expected[-2::-1], 3]:
        QTest.keyClick(grid, Qt.Key.Key_Up)
        assert grid.currentIndex().row() == position


def test_that_shift_selects_over_a_header(grid: TileView) -> None:
    grid.model().set_query(Query(by_class=True))
    grid.setCurrentIndex(grid.model().index(5))
    for _ in range(2):
        QTest.keyClick(grid, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert grid.selected_positions().tolist() == list(range(5, 13))


def test_that_a_rubber_band_takes_a_rectangle_over_a_header(grid: TileView) -> None:
    grid.model().set_query(Query(by_class=True))
    start, stop = grid.tile_rect(4).center(), grid.tile_rect(8).center()
    QTest.mousePress(grid.viewport(), Qt.MouseButton.LeftButton, pos=start)
    for point in ((start + stop) / 2, stop):
        send_drag(grid, point)
    QTest.mouseRelease(grid.viewport(), Qt.MouseButton.LeftButton, pos=stop)
    assert grid.selected_positions().tolist() == [4, 5, 7, 8]


def test_that_a_click_on_a_header_selects_its_group(grid: TileView) -> None:
    grid.model().set_query(Query(by_class=True))
    QTest.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=grid.header_rect(1).center())
    assert grid.selected_positions().tolist() == list(range(7, 20))
    control = Qt.KeyboardModifier.ControlModifier
    QTest.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, control, grid.header_rect(0).center())
    assert grid.selected_positions().tolist() == list(range(20))


def test_that_page_down_moves_about_a_page(grid: TileView) -> None:
    grid.setCurrentIndex(grid.model().index(1))
    QTest.keyClick(grid, Qt.Key.Key_PageDown)
    page = grid.viewport().height() // grid.tile_size.height() * grid.columns
    assert grid.currentIndex().row() in (1 + page - grid.columns, 1 + page)
    QTest.keyClick(grid, Qt.Key.Key_PageUp)
    assert grid.currentIndex().row() == 1


def test_that_the_grid_says_when_no_image_fits(grid: TileView) -> None:
    grid.model().set_query(Query(text="nothing has this name"))
    empty = grid.viewport().grab().toImage()
    background = empty.pixelColor(0, 0)
    row = [empty.pixelColor(x, y) for x in range(200, 500) for y in range(230, 270)]
    assert any(pixel != background for pixel in row)
    assert not grid.verticalScrollBar().isEnabled()


# Another order


def test_that_the_selection_stays_with_the_images_when_their_order_changes(grid: TileView) -> None:
    select(grid, 3, 8, 9, current=9)
    grid.model().set_query(Query(sort=Sort.CONFIDENCE))
    assert sorted(selected_rows(grid)) == [3, 8, 9] and current_row(grid) == 9
    assert grid.viewport().rect().contains(grid.tile_rect(grid.currentIndex().row()))
    grid.model().set_query(Query(classes=frozenset({1})))
    assert selected_rows(grid) == [8, 9]


def test_that_a_new_query_selects_nothing_that_nobody_selected(grid: TileView) -> None:
    select(grid, 3, current=3)
    grid.model().set_query(Query(classes=frozenset({2})))
    assert (selected_rows(grid), current_row(grid)) == ([], -1)
    assert grid.verticalScrollBar().value() == 0


def test_that_culling_goes_on_with_the_next_image(grid: TileView, session: ShownSession) -> None:
    grid.model().set_query(Query(statuses=frozenset({Status.PREDICTED})))
    select(grid, current=5)
    session.decide([5], Status.ACCEPTED)
    assert (selected_rows(grid), current_row(grid), grid.currentIndex().row()) == ([6], 6, 5)
    select(grid, 10, 11, 12, current=12)
    session.decide(selected_rows(grid), Status.EXCLUDED)
    assert (selected_rows(grid), current_row(grid)) == ([14], 14)
    grid.setCurrentIndex(grid.model().index(grid.model().rowCount() - 1))
    session.decide([59], Status.UNSURE)
    assert selected_rows(grid) == [58]


def test_that_what_is_left_of_a_selection_stays(grid: TileView, session: ShownSession) -> None:
    grid.model().set_query(Query(classes=frozenset({0, 1})))
    select(grid, 1, 2, current=3)
    session.decide([3], Status.CORRECTED, 2)
    assert (selected_rows(grid), current_row(grid)) == ([1, 2], 4)


def test_that_the_place_in_the_grid_is_kept_while_images_leave(grid: TileView, session: ShownSession) -> None:
    grid.model().set_query(Query(statuses=frozenset({Status.PREDICTED})))
    grid.verticalScrollBar().setValue(800)
    session.decide([30], Status.ACCEPTED)
    assert grid.verticalScrollBar().value() == 800


def test_that_another_project_has_no_selection(grid: TileView, session: ShownSession) -> None:
    told = []
    select(grid, 3, current=3)
    grid.selection_changed.connect(lambda: told.append(grid.selected_count()))
    session.put(snapshot_of([0] * 30))
    assert (selected_rows(grid), current_row(grid), told) == ([], -1, [0])


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 9)), max_size=8))
def test_that_ranges_count_list_and_find_the_selected_positions(parts: list[tuple[int, int]]) -> None:
    numbers = Numbers(100)
    selection = QItemSelection()
    for start, length in parts:
        selection.append(QItemSelection(numbers.index(start), numbers.index(start + length)))
    expected = sorted({p for start, length in parts for p in range(start, start + length + 1)})
    ranges = Ranges(selection)
    assert ranges.positions().tolist() == expected and ranges.count == len(expected)
    assert [p for p in range(100) if ranges.has(p)] == expected


# Chips


def test_that_chips_of_different_classes_differ_without_colour(qtbot: QtBot) -> None:
    def shape(position: int) -> bytes:
        image = chip_pixmap(position, "#808080", "", 32, 1.0).toImage()
        return bytes(image.convertToFormat(image.Format.Format_Grayscale8).constBits())

    assert len({shape(position) for position in range(10)}) == 10


def test_that_a_key_is_read_on_any_colour(qtbot: QtBot) -> None:
    def extremes(colour: str) -> set[str]:
        image = chip_pixmap(1, colour, "8", 32, 1.0).toImage()
        return {image.pixelColor(x, y).name() for x in range(6, 26) for y in range(6, 26)}

    assert "#000000" in extremes("#ffff66") and "#ffffff" in extremes("#202060")


def test_that_tiles_show_bar_marks_note_and_arrow(grid: TileView, session: ShownSession) -> None:
    plain = grid.grab(grid.tile_rect(0)).toImage()
    table = session.table
    table.note[0] = "blurred"
    with_note = grid.grab(grid.tile_rect(0)).toImage()
    table.note[0], table.source[0], table.zero_shot_label[0] = "", Source.REFINEMENT, 1
    with_arrow = grid.grab(grid.tile_rect(0)).toImage()
    table.source[0], table.confidence[0] = Source.ZERO_SHOT, 0.4
    less_sure = grid.grab(grid.tile_rect(0)).toImage()
    table.status[0] = Status.ACCEPTED
    accepted = grid.grab(grid.tile_rect(0)).toImage()
    seen = [plain, with_note, with_arrow, less_sure, accepted]
    assert all(one != other for one, other in combinations(seen, 2))


# Where nothing is found


def test_that_an_empty_grid_says_why_and_shows_all_images_again(qtbot: QtBot, grid: TileView) -> None:
    model, nothing = grid.model(), grid.nothing
    assert not nothing.isVisible()
    model.set_query(Query(text="no such name", sort=Sort.NAME))
    assert nothing.isVisible() and nothing.label.text() == "No image fits these filters."
    assert grid.viewport().rect().contains(nothing.geometry())
    grid.resize(300, 240)
    assert abs(nothing.geometry().center().x() - grid.viewport().rect().center().x()) <= 1
    qtbot.mouseClick(nothing.button, Qt.MouseButton.LeftButton)
    assert model.query == Query(sort=Sort.NAME) and not nothing.isVisible() and model.shown == model.total


@pytest.mark.parametrize(
    ("query", "text"),
    [
        (Query(classes=frozenset({1})), "No image has the label “hand” now."),
        (
            Query(classes=frozenset({0, 1}), by_class=True),
            "No image has one of these labels now: head, hand.",
        ),
        (Query(classes=frozenset({-1})), "Every image has a label."),
        (Query(classes=frozenset({1}), text="x"), "No image fits these filters."),
        (Query(sort=Sort.REVIEW, descending=True), "No image waits for a decision."),
        (Query(sort=Sort.REVIEW, classes=frozenset({1})), "No image fits these filters."),
    ],
)
def test_that_a_filter_in_which_nothing_is_left_says_so(query: Query, text: str) -> None:
    assert nothing_text(query, ["head", "hand"]) == text
