"""What every widget of its kind is spared, by one event filter on the application.

A wheel that passes over a list of choices, a number or a slider changes nothing unless that has the keyboard: it
scrolls what is around it. A button whose menu closes somewhere else does not stay drawn as if it were pointed at.
"""

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QMenu,
    QSlider,
    QWidget,
)

_VALUES = (QComboBox, QAbstractSpinBox, QSlider)
_WHEEL, _POLISH, _HIDE = QEvent.Type.Wheel, QEvent.Type.Polish, QEvent.Type.Hide


class EventGuard(QObject):
    """Installed by `guard_events`. Looks at three kinds of events and lets all others through at once."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802  Qt's name
        kind = event.type()
        if kind == _WHEEL:
            if isinstance(watched, _VALUES) and not watched.hasFocus():
                event.ignore()  # goes on to the parent
                return True
        elif kind == _POLISH:
            if isinstance(watched, _VALUES) and watched.focusPolicy() == Qt.FocusPolicy.WheelFocus:
                watched.setFocusPolicy(
                    Qt.FocusPolicy.StrongFocus
                )  # else the wheel would bring the focus along
        elif kind == _HIDE and isinstance(watched, QMenu):
            release_buttons(watched)
        return False


def guard_events(app: QApplication) -> EventGuard:
    """Guard every widget of the application from now on."""
    guard = EventGuard(app)
    app.installEventFilter(guard)
    return guard


def release_buttons(menu: QMenu) -> None:
    """Let go of the hover of the buttons that opened `menu`: the pointer's leaving went to the menu instead."""
    for button in menu.menuAction().associatedObjects():
        if isinstance(button, QAbstractButton) and not _pointed_at(button):
            button.setAttribute(Qt.WidgetAttribute.WA_UnderMouse, False)
            button.update()


def _pointed_at(widget: QWidget) -> bool:
    return widget.rect().contains(widget.mapFromGlobal(QCursor.pos()))
