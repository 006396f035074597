"""Paints one tile: the thumbnail, the mark of a decision, the label, the name, the confidence."""

import math

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPalette, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from core.project.records import Status
from medlabel_gui.grid.loader import ThumbnailLoader
from medlabel_gui.grid.marks import draw_mark
from medlabel_gui.grid.model import TILE_ROLE, Tile
from medlabel_gui.grid.view import CAPTION_HEIGHT, PADDING
from medlabel_gui.theme import class_colour, quiet_colour

_LINE = 18
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)


class TileDelegate(QStyledItemDelegate):
    """Stateless but for the loader; a million tiles need one."""

    def __init__(self, loader: ThumbnailLoader, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._loader = loader

    def _draw_frame(self, painter: QPainter, rect: QRect, palette: QPalette, state: QStyle.StateFlag) -> None:
        frame = rect.adjusted(2, 2, -2, -2)
        accent = palette.color(QPalette.ColorRole.Highlight)
        if state & QStyle.StateFlag.State_Selected:
            fill = QColor(accent)
            fill.setAlpha(56)
            painter.setBrush(fill)
            painter.setPen(QPen(accent, 1.5))
            painter.drawRoundedRect(frame, 6, 6)
        if state & QStyle.StateFlag.State_HasFocus:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(accent, 2.5))
            painter.drawRoundedRect(frame, 6, 6)

    def _draw_image(self, painter: QPainter, area: QRect, tile: Tile, palette: QPalette) -> None:
        pixmap = self._loader.pixmap(tile.row)
        if pixmap is None:
            painter.fillRect(area, palette.color(QPalette.ColorRole.AlternateBase))
            why = tile.error or self._loader.error(tile.row)
            if why:
                painter.setPen(quiet_colour())
                flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
                painter.drawText(area.adjusted(6, 6, -6, -6), int(flags), why)
            return
        size = pixmap.size().scaled(area.size(), Qt.AspectRatioMode.KeepAspectRatio)
        target = QRect(QPoint(0, 0), size)
        target.moveCenter(area.center())
        if tile.status is Status.EXCLUDED:
            painter.setOpacity(0.35)
        painter.drawPixmap(target, pixmap)
        painter.setOpacity(1.0)

    def _draw_caption(self, painter: QPainter, area: QRect, tile: Tile, ink: QColor, font: QFont) -> None:
        line = QRect(area.left(), area.top() + 2, area.width(), _LINE)
        if tile.label:
            left = self._draw_chip(painter, line, tile, font)
            painter.setFont(font)
            painter.setPen(ink)
            name = line.adjusted(left - line.left(), 0, 0, 0)
            shown = QFontMetrics(font).elidedText(tile.label, Qt.TextElideMode.ElideRight, name.width())
            painter.drawText(name, _LEFT, shown)
            line.translate(0, _LINE)
        small = QFont(font)
        small.setPointSizeF(font.pointSizeF() * 0.86)
        metrics = QFontMetrics(small)
        decided = tile.status in (Status.ACCEPTED, Status.CORRECTED)
        share = "" if decided or math.isnan(tile.confidence) else percent(tile.confidence)
        painter.setFont(small)
        painter.setPen(quiet_colour())
        painter.drawText(line, _RIGHT, share)
        room = line.width() - (metrics.horizontalAdvance(share) + 8 if share else 0)
        painter.drawText(line, _LEFT, metrics.elidedText(tile.name, Qt.TextElideMode.ElideMiddle, room))

    def _draw_chip(self, painter: QPainter, line: QRect, tile: Tile, font: QFont) -> int:
        """The class as a coloured chip with its number, which is also its key; the x after it."""
        chip = QRect(line.left(), line.top() + 2, 15, line.height() - 4)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(class_colour(tile.position, tile.colour))
        painter.drawRoundedRect(chip, 3, 3)
        if tile.position < 9:
            bold = QFont(font)
            bold.setPixelSize(11)
            bold.setBold(True)
            painter.setFont(bold)
            painter.setPen(QColor("white"))
            painter.drawText(chip, Qt.AlignmentFlag.AlignCenter, str(tile.position + 1))
        return chip.right() + 6

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return option.rect.size()

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        tile: Tile = index.data(TILE_ROLE)
        rect: QRect = option.rect
        palette: QPalette = option.palette
        painter.save()
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        self._draw_frame(painter, rect, palette, option.state)
        inner = rect.adjusted(PADDING, PADDING, -PADDING, -PADDING)
        picture = inner.adjusted(0, 0, 0, -CAPTION_HEIGHT)
        self._draw_image(painter, picture, tile, palette)
        draw_mark(painter, tile.status, picture.right() - 3, picture.top() + 4)
        caption = QRect(inner.left(), picture.bottom() + 1, inner.width(), CAPTION_HEIGHT)
        self._draw_caption(painter, caption, tile, palette.color(QPalette.ColorRole.Text), option.font)
        painter.restore()


def percent(confidence: float) -> str:
    """A confidence for people: never 100 % unless it is exactly that."""
    if confidence >= 1.0:
        return "100%"
    return f"{min(confidence * 100, 99.9):.1f}%" if confidence >= 0.995 else f"{confidence * 100:.0f}%"
