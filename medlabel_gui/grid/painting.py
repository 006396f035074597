"""What a view of tiles asks of its delegate beyond what Qt does."""

from PySide6.QtCore import QRect
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from medlabel_gui.grid.tiles import GroupHeader
from medlabel_gui.live_table import Rows


class GridDelegate(QStyledItemDelegate):
    """Base of delegates for `TileView`; does nothing by itself."""

    def begin(self, painter: QPainter, option: QStyleOptionViewItem) -> None:
        """Get ready to paint headers and tiles with these fonts and colours."""

    def paint_header(self, painter: QPainter, rect: QRect, header: GroupHeader) -> None:
        """Draw what stands above a group."""

    def show_visible(self, visible: Rows, ahead: Rows) -> None:
        """These rows are in sight now, and those will be next."""
