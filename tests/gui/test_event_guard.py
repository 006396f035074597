"""The wheel and the hover of buttons with menus, for every widget."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QCursor, QHideEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QMenu,
    QScrollArea,
    QSlider,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

from medlabel_gui.event_guard import guard_events


@pytest.fixture
def guarded(qtbot: QtBot, qapp: QApplication) -> Iterator[None]:
    guard = guard_events(qapp)
    yield
    qapp.removeEventFilter(guard)
    guard.deleteLater()


def make_box() -> QComboBox:
    box = QComboBox()
    box.addItems([str(n) for n in range(100)])
    box.setCurrentIndex(50)
    return box


def make_number() -> QSpinBox:
    number = QSpinBox()
    number.setValue(50)
    return number


def make_slider() -> QSlider:
    slider = QSlider(Qt.Orientation.Horizontal)
    slider.setRange(0, 100)
    slider.setValue(50)
    return slider


def value(widget: QWidget) -> int:
    return widget.currentIndex() if isinstance(widget, QComboBox) else widget.value()


def turn(widget: QWidget) -> None:
    """One notch down over the middle, as the system sends it."""
    window = widget.window()
    at = widget.mapTo(window, widget.rect().center())
    QTest.wheelEvent(window.windowHandle(), QPointF(at), QPoint(0, -120))


@pytest.mark.parametrize("make", [make_box, make_number, make_slider])
def test_that_the_wheel_scrolls_past_a_value_that_has_not_the_keyboard(
    guarded: None, qtbot: QtBot, make
) -> None:
    area, inside, widget = QScrollArea(), QWidget(), make()
    qtbot.addWidget(area)
    layout = QVBoxLayout(inside)
    layout.addWidget(widget)
    layout.addStretch(1)
    inside.setMinimumHeight(2000)
    area.setWidget(inside)
    area.setWidgetResizable(True)
    area.resize(200, 200)
    area.show()
    area.activateWindow()
    qtbot.waitUntil(area.isActiveWindow)
    widget.clearFocus()
    before = area.verticalScrollBar().value()
    turn(widget)
    assert (value(widget), area.verticalScrollBar().value() > before) == (50, True)
    assert not widget.hasFocus()
    area.verticalScrollBar().setValue(before)
    widget.setFocus()
    turn(widget)
    assert value(widget) != 50


def test_that_a_button_is_not_drawn_as_pointed_at_once_its_menu_is_gone(guarded: None, qtbot: QtBot) -> None:
    window, menu, button = QWidget(), QMenu(), QToolButton()
    qtbot.addWidget(window)
    button.setParent(window)
    menu.setParent(button, menu.windowFlags())
    menu.addAction("one")
    button.setMenu(menu)
    window.resize(200, 100)
    window.show()
    QCursor.setPos(window.mapToGlobal(QPoint(190, 90)))
    button.setAttribute(Qt.WidgetAttribute.WA_UnderMouse)  # the pointer left while the menu had the mouse
    QApplication.sendEvent(menu, QHideEvent())
    assert not button.underMouse()
    QCursor.setPos(button.mapToGlobal(button.rect().center()))
    button.setAttribute(Qt.WidgetAttribute.WA_UnderMouse)
    QApplication.sendEvent(menu, QHideEvent())
    assert button.underMouse()
