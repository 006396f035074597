"""Buttons beside each other, in as many lines as the width asks for."""

from PySide6.QtCore import QEvent, QPoint, QRect, QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

_GAP = 6  # px


class ButtonFlow(QWidget):
    """Takes the height that its width asks for; hidden buttons take no room. Never wider than its widest button
    must be."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._buttons: list[QWidget] = []
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    @property
    def line_width(self) -> int:
        """The width of all shown buttons beside each other, 0 for none."""
        widths = [button.sizeHint().width() for button in self._shown()]
        return sum(widths) + _GAP * (len(widths) - 1) if widths else 0

    def insert(self, at: int, button: QWidget) -> None:
        """Put a button at a place among the others; it is theirs from now on."""
        button.setParent(self)
        self._buttons.insert(at, button)

    def remove(self, button: QWidget) -> None:
        """Take a button out and delete it."""
        self._buttons.remove(button)
        button.hide()
        button.deleteLater()

    def _shown(self) -> list[QWidget]:
        return [button for button in self._buttons if not button.isHidden()]

    def _places(self, width: int) -> list[QRect]:
        places: list[QRect] = []
        at, line = QPoint(0, 0), 0
        for button in self._shown():
            size = button.sizeHint()
            if at.x() and at.x() + size.width() > width:
                at, line = QPoint(0, at.y() + line + _GAP), 0
            places.append(QRect(at, QSize(min(size.width(), width), size.height())))
            at.setX(at.x() + size.width() + _GAP)
            line = max(line, size.height())
        return places

    def _arrange(self) -> None:
        for button, place in zip(self._shown(), self._places(self.width()), strict=True):
            button.setGeometry(place)

    # Qt

    def sizeHint(self) -> QSize:
        return QSize(self.line_width, self.heightForWidth(max(self.width(), 1)))

    def minimumSizeHint(self) -> QSize:  # noqa: N802  Qt's name
        sizes = [button.sizeHint() for button in self._shown()]
        return QSize(max((s.width() for s in sizes), default=0), max((s.height() for s in sizes), default=0))

    def heightForWidth(self, width: int) -> int:  # noqa: N802  Qt's name
        return max((place.bottom() + 1 for place in self._places(width)), default=0)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
            self._arrange()
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._arrange()
        super().resizeEvent(event)
