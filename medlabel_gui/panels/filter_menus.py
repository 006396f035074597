"""Menus of the filter bar: ticks that keep the menu open, with counts, and a range of confidence."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QAction, QIcon, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QSpinBox, QToolButton, QWidget, QWidgetAction

from core.resources import resource_path
from medlabel_gui.plain import plain_tip
from medlabel_gui.texts.grid import FilterTexts

_KEYS = (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Select)
_ANY = (0, 100)
_STEP = 5
_ICON_SIDE = 18
_PADDING = 14  # of an entry, beyond the room that Qt leaves for the box
_ICON_LEFT = 32  # behind the box
_MOST_LETTERS = 15  # of a choice on its button


@dataclass(frozen=True)
class Choice:
    """One tick: what it stands for, its text, how many images it would find, an icon, what it means."""

    value: int
    text: str
    count: int
    icon: QIcon | None = None
    tip: str = ""


class TickMenu(QMenu):
    """A menu that stays open while entries are ticked, by mouse or keyboard; boxes to tick stand beside icons."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.icons: dict[QAction, QIcon] = {}  # QMenu would show them instead of the boxes
        self.setToolTipsVisible(True)
        self.show_icons(False)

    def show_icons(self, shown: bool) -> None:
        """Leave room for icons or not."""
        left = _PADDING + (_ICON_SIDE + 8 if shown else 0)
        box = resource_path("style", "check.svg").as_posix()
        self.setStyleSheet(
            "QMenu { menu-scrollable: 1; }"  # else a hundred classes would cover the screen
            f"QMenu::item {{ padding: 5px 18px 5px {left}px; }}"
            "QMenu::indicator { left: 8px; width: 14px; height: 14px; border-radius: 4px;"
            "  border: 1px solid palette(placeholder-text); background: palette(base); }"
            "QMenu::indicator:checked { background: palette(highlight); border-color: palette(highlight);"
            f'  image: url("{box}"); }}'
        )

    def _tick(self, action: QAction | None) -> bool:
        if action is None or not action.isCheckable() or not action.isEnabled():
            return False
        action.trigger()
        return True

    # Qt

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if not self._tick(self.actionAt(event.position().toPoint())):
            super().mouseReleaseEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() not in _KEYS or not self._tick(self.activeAction()):
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        for action, icon in self.icons.items():
            where = self.actionGeometry(action)
            box = QRect(
                where.left() + _ICON_LEFT, where.center().y() - _ICON_SIDE // 2 + 1, _ICON_SIDE, _ICON_SIDE
            )
            icon.paint(painter, box)
        painter.end()


class MenuButton(QToolButton):
    """A button with a menu; it looks pressed while its filter is on."""

    def __init__(self, name: str, tip: str, menu: QMenu, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setToolTip(tip)
        self.setMenu(menu)
        menu.setParent(self, menu.windowFlags())
        self.show_state("")

    def show_state(self, chosen: str) -> None:
        """Say what is chosen; empty for no filter."""
        self.setText(f"{chosen or self._name} ▾")
        self.setAccessibleName(f"{self._name}: {chosen}" if chosen else self._name)
        self.setProperty("filtering", bool(chosen))
        self.setCheckable(bool(chosen))
        self.setChecked(bool(chosen))


class TickButton(MenuButton):
    """A menu of choices; none ticked is no filter, nor are all when one `alone` lets all others out."""

    chosen = Signal(object)  # frozenset[int] or None

    def __init__(
        self, name: str, tip: str, every: str, parent: QWidget | None = None, alone: bool = True
    ) -> None:
        self._ticks, self._alone = TickMenu(), alone
        super().__init__(name, tip, self._ticks, parent)
        self._every = self._ticks.addAction(every)
        self._every.triggered.connect(lambda: self.chosen.emit(None))
        self._ticks.addSeparator()
        self._actions: dict[int, QAction] = {}

    def set_choices(self, choices: Sequence[Choice], ticked: frozenset[int] | None) -> None:
        """Offer these; entries that stay are changed in place, so that an open menu does not flicker."""
        if list(self._actions) != [choice.value for choice in choices]:
            self._make_actions([choice.value for choice in choices])
            self._ticks.show_icons(any(choice.icon is not None for choice in choices))
        on = ticked or frozenset()
        for choice in choices:
            action = self._actions[choice.value]
            action.setText(f"{choice.text.replace('&', '&&')}\t{choice.count:,}")
            action.setToolTip(plain_tip(choice.tip or choice.text))
            action.setChecked(choice.value in on)
            if choice.icon is not None:
                self._ticks.icons[action] = choice.icon
        self._every.setEnabled(bool(on))
        texts = [choice.text for choice in choices if choice.value in on]
        several = FilterTexts.some.format(name=self._name, count=len(texts))
        self.show_state(several if len(texts) > 1 else _short("".join(texts)))

    def _make_actions(self, values: Sequence[int]) -> None:
        self._ticks.icons.clear()
        for action in self._actions.values():
            self._ticks.removeAction(action)
            action.deleteLater()
        self._actions.clear()
        for value in values:
            action = self._ticks.addAction("")
            action.setCheckable(True)
            action.triggered.connect(self._tell)
            self._actions[value] = action

    def _tell(self) -> None:
        ticked = frozenset(value for value, action in self._actions.items() if action.isChecked())
        every = self._alone and len(ticked) == len(self._actions)
        self.chosen.emit(None if every or not ticked else ticked)


class RangeButton(MenuButton):
    """The lowest and the highest confidence, in per cent."""

    chosen = Signal(float, float)

    def __init__(self, parent: QWidget | None = None) -> None:
        menu = QMenu()
        super().__init__(FilterTexts.confidence, FilterTexts.confidence_tip, menu, parent)
        self._every = menu.addAction(FilterTexts.any_confidence)
        self._every.triggered.connect(lambda: self.chosen.emit(0.0, 1.0))
        for low, high in ((0, 60), (60, 90), (90, 100)):
            action = menu.addAction(_range_text(low, high))
            action.triggered.connect(
                lambda _=False, low=low, high=high: self.chosen.emit(low / 100, high / 100)
            )
        menu.addSeparator()
        self.low = _per_cent(FilterTexts.low_tip)
        self.high = _per_cent(FilterTexts.high_tip)
        own = QWidgetAction(menu)
        own.setDefaultWidget(_row((FilterTexts.low, self.low), (FilterTexts.high, self.high)))
        menu.addAction(own)
        self.low.valueChanged.connect(self._tell)
        self.high.valueChanged.connect(self._tell)

    def show_range(self, low: float, high: float) -> None:
        """Show the range that is filtered by."""
        whole = round(100 * low), round(100 * high)
        for box, value in zip((self.low, self.high), whole, strict=True):
            box.blockSignals(True)
            box.setValue(value)
            box.blockSignals(False)
        self._every.setEnabled(whole != _ANY)
        self.show_state(_range_text(*whole) if whole != _ANY else "")

    def _tell(self) -> None:
        low, high = self.low.value(), self.high.value()
        if low > high:  # the other end is pushed
            low, high = (low, low) if self.sender() is self.low else (high, high)
        self.chosen.emit(low / 100, high / 100)


def _range_text(low: int, high: int) -> str:
    if high == _ANY[1]:
        return FilterTexts.at_least.format(low=low)
    if low == _ANY[0]:
        return FilterTexts.at_most.format(high=high)
    return FilterTexts.between.format(low=low, high=high)


def _short(text: str, most: int = _MOST_LETTERS) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def _per_cent(tip: str) -> QSpinBox:
    box = QSpinBox()
    box.setRange(*_ANY)
    box.setSingleStep(_STEP)
    box.setSuffix(FilterTexts.percent)
    box.setKeyboardTracking(False)
    box.setToolTip(tip)
    box.setAccessibleName(tip)
    return box


def _row(*fields: tuple[str, QSpinBox]) -> QWidget:
    row = QWidget()
    layout = QHBoxLayout(row)
    layout.setContentsMargins(10, 4, 10, 4)
    for text, box in fields:
        label = QLabel(text)
        label.setBuddy(box)
        layout.addWidget(label)
        layout.addWidget(box)
    return row
