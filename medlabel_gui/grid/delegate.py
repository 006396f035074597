"""Paints one tile: the thumbnail, the marks of decision and note, the confidence, the label, the name."""

import math

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyle, QStyleOptionViewItem

from core.project.records import Status
from medlabel_gui.class_colours import class_colour
from medlabel_gui.grid.chips import CHIP_SIDE, chip_pixmap
from medlabel_gui.grid.geometry import BAR_HEIGHT, CAPTION_HEIGHT, PADDING
from medlabel_gui.grid.lettering import Look
from medlabel_gui.grid.loader import ThumbnailLoader
from medlabel_gui.grid.marks import (
    ARROW_SIZE,
    MARK_SIZE,
    NOTE_SIZE,
    arrow_pixmap,
    frame_pixmap,
    mark_pixmap,
    note_pixmap,
)
from medlabel_gui.grid.model import TILE_ROLE
from medlabel_gui.grid.painting import GridDelegate
from medlabel_gui.grid.tiles import GroupHeader, Tile, percent
from medlabel_gui.live_table import Rows
from medlabel_gui.texts.grid import GridTexts

__all__ = ["TileDelegate", "percent"]

_LINE = 18
_FADED = 0.35
_WRAPPED = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap)
_SELECTED, _CURRENT = QStyle.StateFlag.State_Selected, QStyle.StateFlag.State_HasFocus


class TileDelegate(GridDelegate):
    """Holds no image; a million tiles need one. `begin` comes before each round of `paint`."""

    def __init__(self, loader: ThumbnailLoader, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._loader = loader
        self._look = Look(QStyleOptionViewItem())
        self._ratio = 1.0

    # Parts of a tile

    def _draw_image(self, painter: QPainter, area: QRect, tile: Tile) -> None:
        pixmap = self._loader.cached(tile.row)
        if pixmap is None:
            painter.fillRect(area, self._look.empty)
            why = tile.error or self._loader.error(tile.row)
            if why:
                painter.setFont(self._look.small.font)
                painter.setPen(self._look.quiet)
                painter.drawText(area.adjusted(6, MARK_SIZE, -6, -6), _WRAPPED, why)
            return
        if pixmap.devicePixelRatio() != self._ratio:
            pixmap.setDevicePixelRatio(self._ratio)  # so that its pixels are those of the screen
        size = pixmap.deviceIndependentSize().toSize()
        if max(size.width(), size.height()) != area.width():  # made for another size of the tiles
            size = size.scaled(area.size(), Qt.AspectRatioMode.KeepAspectRatio)
        target = QRect(QPoint(0, 0), size)
        target.moveCenter(area.center())
        if tile.status is Status.EXCLUDED:
            painter.setOpacity(_FADED)
            painter.drawPixmap(target, pixmap)
            painter.setOpacity(1.0)
        else:
            painter.drawPixmap(target, pixmap)

    def _draw_marks(self, painter: QPainter, area: QRect, tile: Tile) -> None:
        mark = mark_pixmap(tile.status, self._ratio) if tile.status > Status.PREDICTED else None
        if mark is not None:
            painter.drawPixmap(area.right() - MARK_SIZE - 4, area.top() + 1, mark)
        if tile.noted:
            painter.drawPixmap(area.left() + 3, area.bottom() - NOTE_SIZE - 2, note_pixmap(self._ratio))

    def _draw_bar(self, painter: QPainter, picture: QRect, tile: Tile) -> None:
        """The confidence as a length, in the colour of the class."""
        if tile.position < 0 or math.isnan(tile.confidence):
            return
        bar = QRect(picture.left(), picture.bottom() + 2, picture.width(), BAR_HEIGHT - 2)
        painter.fillRect(bar, self._look.line)
        bar.setWidth(max(2, round(bar.width() * min(tile.confidence, 1.0))))
        painter.fillRect(bar, class_colour(tile.shape, tile.colour))

    def _draw_label(self, painter: QPainter, line: QRect, tile: Tile) -> None:
        look = self._look
        painter.setFont(look.normal.font)
        if tile.position < 0:
            painter.setPen(look.quiet)
            look.normal.draw(painter, line, GridTexts.no_label)
            return
        chip = chip_pixmap(tile.shape, tile.colour, tile.key, CHIP_SIDE, self._ratio)
        painter.drawPixmap(line.left(), line.top(), chip)
        room = line.adjusted(CHIP_SIDE + 4, 0, 0, 0)
        if tile.changed:
            arrow = arrow_pixmap(look.arrow, self._ratio)
            painter.drawPixmap(room.right() - ARROW_SIZE + 1, room.top() + 2, arrow)
            room.setRight(room.right() - ARROW_SIZE - 2)
        painter.setPen(look.text)
        look.normal.draw(painter, room, tile.label)

    def _draw_name(self, painter: QPainter, line: QRect, tile: Tile) -> None:
        letters = self._look.small
        painter.setFont(letters.font)
        painter.setPen(self._look.quiet)
        if tile.position >= 0 and not math.isnan(tile.confidence):
            width = letters.draw_right(painter, line, percent(tile.confidence))
            line = line.adjusted(0, 0, -width - 6, 0)
        letters.draw(painter, line, tile.name, middle=True)

    def _draw_frame(self, painter: QPainter, rect: QRect, state: QStyle.StateFlag) -> None:
        look = (bool(state & _SELECTED), bool(state & _CURRENT), self._ratio)
        frame = frame_pixmap(rect.width(), rect.height(), self._look.frame, look)
        painter.drawPixmap(rect.topLeft(), frame)

    # From the view

    def begin(self, painter: QPainter, option: QStyleOptionViewItem) -> None:
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        self._ratio = painter.device().devicePixelRatioF()
        if not self._look.suits(option):
            self._look = Look(option)

    def show_visible(self, visible: Rows, ahead: Rows) -> None:
        self._loader.show_only(visible, ahead)

    def paint_header(self, painter: QPainter, rect: QRect, header: GroupHeader) -> None:
        look, line = self._look, rect.adjusted(PADDING, 6, -PADDING, -6)
        if header.position >= 0:
            chip = chip_pixmap(header.shape, header.colour, header.key, CHIP_SIDE, self._ratio)
            painter.drawPixmap(line.left(), line.center().y() - CHIP_SIDE // 2, chip)
            line.setLeft(line.left() + CHIP_SIDE + 6)
        painter.setFont(look.bold.font)
        painter.setPen(look.text)
        name = line.adjusted(0, 0, -80, 0)  # room for the count
        line.setLeft(line.left() + look.bold.draw(painter, name, header.name) + 10)
        painter.setFont(look.normal.font)
        painter.setPen(look.quiet)
        line.setLeft(line.left() + look.normal.draw(painter, line, f"{header.count:,}") + 12)
        painter.setPen(look.line)
        painter.drawLine(line.left(), line.center().y(), line.right(), line.center().y())

    # Qt

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return option.rect.size()

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        tile: Tile = index.data(TILE_ROLE)
        rect, state = option.rect, option.state
        if state & (_SELECTED | _CURRENT):
            self._draw_frame(painter, rect, state)
        inner = rect.adjusted(PADDING, PADDING, -PADDING, -PADDING)
        picture = inner.adjusted(0, 0, 0, -CAPTION_HEIGHT - BAR_HEIGHT)
        self._draw_image(painter, picture, tile)
        self._draw_marks(painter, picture, tile)
        self._draw_bar(painter, picture, tile)
        caption = QRect(inner.left(), picture.bottom() + BAR_HEIGHT + 3, inner.width(), _LINE)
        self._draw_label(painter, caption, tile)
        self._draw_name(painter, caption.translated(0, _LINE), tile)
