"""Icons by name, from the Lucide set in `resources/icons`, in the colours of the theme."""

from enum import Enum
from functools import cache
from typing import Protocol
from weakref import WeakKeyDictionary

import shiboken6
from PySide6.QtCore import QByteArray, QObject, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from core.resources import resource_path
from medlabel_gui.palette import DARK, LIGHT
from medlabel_gui.theme import is_dark, on_theme_change

_SIDES = (16, 20, 24, 32, 40, 48)  # px: 16 to 24 at a device pixel ratio of 1 and 2
_LARGE = (64,)  # never disabled or selected


class Tint(Enum):
    """What an icon is drawn in: the name of one of the theme's colours."""

    TEXT = "text"
    QUIET = "quiet"
    ACCENT = "accent"
    ON_ACCENT = "on_accent"  # on a primary button
    GOOD = "good"
    WARNING = "warning"
    ERROR = "error"


class HasIcon(Protocol):
    """A QAction, a button, a dialog ..."""

    def setIcon(self, icon: QIcon) -> None: ...  # noqa: N802  Qt's name


_shown: "WeakKeyDictionary[HasIcon, tuple[str, Tint]]" = WeakKeyDictionary()


def icon(name: str, tint: Tint = Tint.TEXT) -> QIcon:
    """The icon `name` in the colours of the theme now; kept. Raises `KeyError` where none has that name.

    An icon that is shown for longer than a menu is set with `set_icon`, which follows the theme.
    """
    return _make(name, tint, is_dark())


def set_icon(target: HasIcon, name: str, tint: Tint = Tint.TEXT) -> None:
    """Give `target` an icon, now and again after each change of the theme, for as long as it lives."""
    target.setIcon(icon(name, tint))
    _shown[target] = (name, tint)


def pixmap(name: str, side: int, ratio: float = 1.0, tint: Tint = Tint.TEXT) -> QPixmap:
    """The icon `name`, `side` device-independent pixels large, for a label or a painter; kept. Any size is crisp."""
    return _draw(name, round(side * ratio), ratio, tint, is_dark())


def icon_names() -> tuple[str, ...]:
    """The names there are."""
    return tuple(sorted(path.stem for path in resource_path("icons").glob("*.svg")))


@cache
def _renderer(name: str) -> QSvgRenderer:
    try:
        return QSvgRenderer(QByteArray(resource_path("icons", f"{name}.svg").read_bytes()))
    except OSError as error:
        raise KeyError(f"no icon is called {name!r}") from error


@cache
def _make(name: str, tint: Tint, dark: bool) -> QIcon:
    colours = DARK if dark else LIGHT
    inks = {
        QIcon.Mode.Normal: QColor(getattr(colours, tint.value)),
        QIcon.Mode.Selected: QColor(colours.on_accent),
        QIcon.Mode.Disabled: QColor(colours.disabled),
    }
    renderer, made = _renderer(name), QIcon()
    for side in (*_SIDES, *_LARGE):
        shape = _render(renderer, side)
        for mode in inks if side in _SIDES else (QIcon.Mode.Normal,):
            made.addPixmap(_tinted(shape, inks[mode]), mode)
    return made


@cache
def _draw(name: str, side: int, ratio: float, tint: Tint, dark: bool) -> QPixmap:
    ink = QColor(getattr(DARK if dark else LIGHT, tint.value))
    drawn = _tinted(_render(_renderer(name), side), ink)
    drawn.setDevicePixelRatio(ratio)
    return drawn


def _render(renderer: QSvgRenderer, side: int) -> QPixmap:
    """The strokes, in the file's black on nothing."""
    shape = QPixmap(side, side)
    shape.fill(Qt.GlobalColor.transparent)
    painter = QPainter(shape)
    renderer.render(painter, QRectF(0, 0, side, side))
    painter.end()
    return shape


def _tinted(shape: QPixmap, ink: QColor) -> QPixmap:
    tinted = QPixmap(shape)
    painter = QPainter(tinted)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceIn)
    painter.fillRect(tinted.rect(), ink)
    painter.end()
    return tinted


def _follow_theme() -> None:
    for target, (name, tint) in list(_shown.items()):
        if not isinstance(target, QObject) or shiboken6.isValid(target):
            target.setIcon(icon(name, tint))


on_theme_change(_follow_theme)
