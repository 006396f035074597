"""The name and the picture of the application."""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPen, QPixmap

APPLICATION = "MedLabel"


def application_icon() -> QIcon:
    """A picture with a label on it, drawn so that no file is needed before the first paint."""
    side = 128
    pixmap = QPixmap(side, side)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor("#1F3A5F"))
    painter.drawRoundedRect(QRectF(8, 8, 112, 112), 20, 20)
    painter.setPen(QPen(QColor("#9CC3F5"), 8))
    painter.drawArc(QRectF(34, 22, 60, 60), 0, 360 * 16)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor("#E69F00"))
    painter.drawRoundedRect(QRectF(26, 84, 76, 24), 6, 6)
    painter.setBrush(QColor("white"))
    painter.drawEllipse(QPointF(38, 96), 4, 4)
    painter.end()
    return QIcon(pixmap)
