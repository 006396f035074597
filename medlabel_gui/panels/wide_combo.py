"""A combo box for a narrow place: its own text is shortened, its list is as wide as what stands in it."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QComboBox, QSizePolicy, QStyle, QStyleOptionComboBox, QStylePainter, QWidget

_MARGIN = 34  # of the list: frame, padding, scroll bar
_WIDEST = 640
_PADDING = 2


class WideCombo(QComboBox):
    """Takes the width it is given."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def widen_list(self) -> None:
        """Give the list the width of its texts."""
        texts = [self.itemText(row) for row in range(self.count())]
        widest = max((self.view().fontMetrics().horizontalAdvance(text) for text in texts), default=0)
        self.view().setMinimumWidth(min(widest + _MARGIN, _WIDEST))

    # Qt

    def showPopup(self) -> None:  # noqa: N802  Qt's name
        self.widen_list()
        super().showPopup()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QStylePainter(self)
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        style = QStyle.ComplexControl.CC_ComboBox
        field = self.style().subControlRect(style, option, QStyle.SubControl.SC_ComboBoxEditField, self)
        room = field.width() - _PADDING
        option.currentText = self.fontMetrics().elidedText(
            self.currentText(), Qt.TextElideMode.ElideRight, room
        )
        painter.drawComplexControl(style, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
