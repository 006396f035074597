"""The grid: arithmetic geometry, extended selection, a million rows."""

import time

import numpy as np
import pytest
from PySide6.QtCore import QAbstractListModel, QEvent, QModelIndex, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from medlabel_gui.grid.view import TileView


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


def test_that_a_million_rows_scroll_and_select_quickly(qtbot: QtBot, view: TileView) -> None:
    view.model().count = 1_000_000
    view.reset()
    start = time.perf_counter()
    for step in range(20):
        view.verticalScrollBar().setValue(view.verticalScrollBar().maximum() * step // 20)
        view.viewport().repaint()
    assert (time.perf_counter() - start) / 20 < 0.1
    view.selectAll()
    assert view.selected_count() == 1_000_000
    np.testing.assert_array_equal(view.selected_positions()[[0, -1]], [0, 999_999])
