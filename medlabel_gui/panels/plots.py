"""One small plot of two curves. The only file that knows pyqtgraph, imported when a plot is made."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette, QPen
from PySide6.QtWidgets import QVBoxLayout, QWidget

_TRAINING, _VALIDATION, _BEST = "#7F8A96", "#2F6FD0", "#2E8B57"


LEGEND = (
    f"<span style='color:{_TRAINING}'><b>- -</b> training</span> &nbsp; "
    f"<span style='color:{_VALIDATION}'><b>●</b> validation</span> &nbsp; "
    f"<span style='color:{_BEST}'><b>┊</b> best epoch</span>"
)


def _pen(colour: str | QColor, width: float, style: Qt.PenStyle = Qt.PenStyle.SolidLine) -> QPen:
    pen = QPen(QColor(colour), width, style)
    pen.setCosmetic(True)
    return pen


class CurvePlot(QWidget):
    """Training (dashed) and validation (solid with dots) over the epochs, and a line at the best one."""

    def __init__(self, title: str, top: float | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        import pyqtgraph

        self._title = title
        self._plot: Any = pyqtgraph.PlotWidget(enableMenu=False)
        item = self._plot.getPlotItem()
        item.ctrlMenu.setParent(self)  # made in any case; without a parent it would outlive this plot
        item.hideButtons()
        item.setMouseEnabled(False, False)
        item.showGrid(y=True, alpha=0.15)
        self._training = item.plot(pen=_pen(_TRAINING, 2, Qt.PenStyle.DashLine))
        self._validation = item.plot(pen=_pen(_VALIDATION, 2))
        self._validation.setSymbol("o")
        self._validation.setSymbolSize(5)
        self._validation.setSymbolBrush(_VALIDATION)
        self._validation.setSymbolPen(None)
        self._best = pyqtgraph.InfiniteLine(angle=90, pen=_pen(_BEST, 1.5, Qt.PenStyle.DotLine))
        self._best.setVisible(False)
        item.addItem(self._best)
        item.getAxis("bottom").setTickSpacing(levels=[(5, 0), (1, 0)])
        item.setLabel("bottom", "epoch")
        if top is not None:
            item.setLimits(yMax=top * 1.02, yMin=0)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._plot)
        self._plot.setMinimumHeight(120)
        self.setAccessibleName(f"{title} of training and validation an epoch")
        self.dress()

    def show_lines(
        self,
        epochs: Sequence[int],
        training: Sequence[float],
        validation: Sequence[float],
        best: int,
        last: int,
    ) -> None:
        """Draw both curves; `best` is an epoch, 0 for none; `last` the last one there may be."""
        self._training.setData(list(epochs), list(training))
        self._validation.setData(list(epochs), list(validation))
        self._plot.setXRange(1, max(last, 2), padding=0.03)
        self._best.setVisible(best > 0)
        self._best.setValue(best)

    def dress(self) -> None:
        """Take the colours of the window."""
        text = self.palette().color(QPalette.ColorRole.Text)
        self._plot.setBackground(self.palette().color(QPalette.ColorRole.Base))
        item = self._plot.getPlotItem()
        item.setTitle(self._title, color=text, size="9pt")
        for side in ("left", "bottom"):
            axis = item.getAxis(side)
            axis.setPen(text)
            axis.setTextPen(text)
