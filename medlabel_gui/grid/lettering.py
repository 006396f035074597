"""Fonts, colours and shortened texts of the tiles: the same at every paint, so they are made once."""

from functools import lru_cache

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPalette
from PySide6.QtWidgets import QStyleOptionViewItem

from medlabel_gui.theme import colours

_SMALL = 0.86
_KEPT = 8192  # texts


class Letters:
    """One font with what has been measured in it. Drawing at a baseline is twice as fast as into a rectangle."""

    def __init__(self, font: QFont) -> None:
        self.font = QFont(font)
        metrics = QFontMetrics(self.font)
        self._rise = (metrics.ascent() - metrics.descent()) // 2

        # Around a method of Qt itself the cache would copy its signature, which takes PySide 0.1 s to work out.
        @lru_cache(_KEPT)
        def width(text: str) -> int:
            return int(metrics.horizontalAdvance(text))

        @lru_cache(_KEPT)
        def elided(text: str, mode: Qt.TextElideMode, room: int) -> str:
            return str(metrics.elidedText(text, mode, room))

        self.width, self._elided = width, elided

    def draw(self, painter: QPainter, line: QRect, text: str, middle: bool = False) -> int:
        """Write a text into a line from its left, shortened at its end or in its middle; its width."""
        mode = Qt.TextElideMode.ElideMiddle if middle else Qt.TextElideMode.ElideRight
        shown = self._elided(text, mode, line.width())
        painter.drawText(QPoint(line.left(), line.center().y() + self._rise + 1), shown)
        return self.width(shown)

    def draw_right(self, painter: QPainter, line: QRect, text: str) -> int:
        """Write a text up to the right end of a line; its width."""
        width = self.width(text)
        painter.drawText(QPoint(line.right() + 1 - width, line.center().y() + self._rise + 1), text)
        return width


class Look:
    """The fonts and colours of a view."""

    def __init__(self, option: QStyleOptionViewItem) -> None:
        self._key = _key(option)
        font = option.font
        small, bold = QFont(font), QFont(font)
        if font.pixelSize() > 0:
            small.setPixelSize(max(1, round(font.pixelSize() * _SMALL)))
        else:
            small.setPointSizeF(font.pointSizeF() * _SMALL)
        bold.setBold(True)
        self.normal, self.small, self.bold = Letters(font), Letters(small), Letters(bold)
        role, palette, theme = QPalette.ColorRole, option.palette, colours()
        self.text, self.frame = (
            palette.color(role.Text),
            (palette.color(role.Base).name(), palette.color(role.Highlight).name()),
        )
        self.empty, self.line = palette.color(role.AlternateBase), QColor(theme.line)
        self.quiet, self.arrow = QColor(theme.quiet), theme.link

    def suits(self, option: QStyleOptionViewItem) -> bool:
        """Whether nothing has changed since it was made."""
        return self._key == _key(option)


def _key(option: QStyleOptionViewItem) -> tuple[str, int, str]:
    return option.font.toString(), option.palette.cacheKey(), colours().base
