"""One small plot of curves over the epochs. The only file that knows pyqtgraph, imported when a plot is made."""

import importlib
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QColor, QPalette, QPen
from PySide6.QtWidgets import QVBoxLayout, QWidget

from medlabel_gui.texts.training import CurveTexts

# Told apart with every common colour vision, on white and on dark; shapes tell them apart without any colour.
_ON_LIGHT = ("#0072B2", "#C24E00", "#00805C", "#A3478A", "#7A6A00", "#5A5FC7")
_ON_DARK = ("#5AB4EE", "#F0A63C", "#3CC9A0", "#E39CC8", "#E5D84A", "#A3A8FF")
_SYMBOLS = ("o", "s", "t", "d", "t1", "p")
_MOST_LINES = 6  # of values at the pointer: more would cover the plot


@dataclass(frozen=True)
class Curve:
    """Training and validation values of one run at `epochs`; `style` chooses its colour and shape.

    `best` is an epoch, 0 for none; `stopped` is the epoch after which it stopped early, 0 if it did not.
    """

    name: str
    style: int
    epochs: tuple[int, ...]
    training: tuple[float, ...]
    validation: tuple[float, ...]
    best: int = 0
    stopped: int = 0

    def at(self, epoch: int) -> tuple[float, float] | None:
        """(training, validation) at an epoch; None where there is none."""
        if epoch not in self.epochs:
            return None
        row = self.epochs.index(epoch)
        return self.training[row], self.validation[row]


def is_loaded() -> bool:
    """Whether a plot can be made at once."""
    return "pyqtgraph" in sys.modules


def load() -> None:
    """Import what plots need. It takes half a second; in a worker thread the window hardly notices (25 ms)."""
    importlib.import_module("pyqtgraph")


def run_colour(style: int, dark: bool) -> QColor:
    """The colour of a run's curves."""
    colours = _ON_DARK if dark else _ON_LIGHT
    return QColor(colours[style % len(colours)])


def run_symbol(style: int) -> str:
    """The shape of a run's points, in pyqtgraph's names."""
    return _SYMBOLS[style % len(_SYMBOLS)]


@dataclass
class _Lines:
    """What is drawn of one run."""

    training: Any
    validation: Any
    best: Any
    stopped: Any

    def items(self) -> tuple[Any, ...]:
        return self.training, self.validation, self.best, self.stopped


@dataclass
class _Pointer:
    """The line and the values at the pointer."""

    line: Any
    text: Any
    epoch: int = 0


@dataclass
class _Shown:
    curves: tuple[Curve, ...] = ()
    last: int = 1
    lines: list[_Lines] = field(default_factory=list)


class CurvePlot(QWidget):
    """Of each run: training (dashed), validation (solid with points), its best epoch (star), its early stop (bar).

    `as_text` writes a value for people, `scale` is what the axis shows of a value of 1, `epoch_label` says whether
    the lower axis is named. `pixels` is the number of device pixels for one of the window's; None asks the screen.
    """

    hovered = Signal(int)  # the epoch under the pointer, 0 for none

    def __init__(
        self,
        title: str,
        as_text: Callable[[float], str],
        top: float | None = None,
        scale: float = 1.0,
        epoch_label: bool = True,
        pixels: float | None = None,
        parent: QWidget | None = None,
    ) -> None:
        self._ready = False  # Qt may tell a change of the palette before all parts are there
        super().__init__(parent)
        import pyqtgraph

        self._pyqtgraph: Any = pyqtgraph
        self._title, self._as_text, self._pixels = title, as_text, pixels
        self._shown = _Shown()
        self._plot: Any = pyqtgraph.PlotWidget(enableMenu=False)
        self._item = self._plot.getPlotItem()
        self._prepare(top, scale, CurveTexts.epoch if epoch_label else "")
        self._best_line = self._vertical()
        self._stop_line = self._vertical()
        self._pointer = self._make_pointer()
        self._plot.scene().sigMouseMoved.connect(self._moved)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._plot)
        self._plot.setMinimumHeight(110)
        self._plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName(CurveTexts.accessible_plot.format(title=title))
        self._ready = True
        self.dress()

    @property
    def curves(self) -> tuple[Curve, ...]:
        """What is drawn."""
        return self._shown.curves

    def show_curves(self, curves: Sequence[Curve], last: int) -> None:
        """Draw these runs; `last` is the last epoch there may be."""
        self._shown.curves, self._shown.last = tuple(curves), last
        while len(self._shown.lines) < len(curves):
            self._shown.lines.append(self._make_lines())
        while len(self._shown.lines) > len(curves):
            for item in self._shown.lines.pop().items():
                self._item.removeItem(item)
        for lines, curve in zip(self._shown.lines, curves, strict=True):
            self._draw(lines, curve)
        best, stopped = (curves[0].best, curves[0].stopped) if len(curves) == 1 else (0, 0)
        for line, epoch in ((self._best_line, best), (self._stop_line, stopped)):
            line.setVisible(epoch > 0)
            line.setValue(epoch)
        self._plot.setXRange(1, max(last, 2), padding=0.04)
        for side in ("left", "bottom"):  # without curves its numbers would be those of the last ones
            self._item.getAxis(side).setStyle(showValues=bool(curves))
        self.point_at(self._pointer.epoch)

    def point_at(self, epoch: int) -> None:
        """Show the values at an epoch, nothing for 0."""
        lines = self._values(epoch) if epoch else []
        self._pointer.epoch = epoch
        for item in (self._pointer.line, self._pointer.text):
            item.setVisible(bool(lines))
        if not lines:
            return
        self._pointer.line.setValue(epoch)
        heading = CurveTexts.at_epoch.format(epoch=epoch)
        text = self.palette().color(QPalette.ColorRole.Text).name()
        self._pointer.text.setHtml(
            f"<div style='color:{text}; font-size:8pt'><b>{heading}</b><br>{'<br>'.join(lines)}</div>"
        )
        (low, high), (_, top) = self._item.viewRange()
        width = self._pointer.text.boundingRect().width() * self._item.vb.viewPixelSize()[0]
        left = epoch if epoch < (low + high) / 2 else epoch - width
        self._pointer.text.setPos(max(low, min(left, high - width)), top)

    def values(self) -> str:
        """The values at the pointer as plain text, empty when it points at nothing."""
        return str(self._pointer.text.toPlainText()) if self._pointer.text.isVisible() else ""

    def dress(self) -> None:
        """Take the colours of the window."""
        palette = self.palette()
        text, base = palette.color(QPalette.ColorRole.Text), palette.color(QPalette.ColorRole.Base)
        quiet = palette.color(QPalette.ColorRole.PlaceholderText)
        self._plot.setBackground(base)
        self._item.setTitle(self._title, color=text, size="9pt")
        for side in ("left", "bottom"):
            axis = self._item.getAxis(side)
            axis.setPen(quiet)
            axis.setTextPen(quiet)
        self._best_line.setPen(self._pen(quiet, 1, Qt.PenStyle.DotLine))
        self._stop_line.setPen(self._pen(quiet, 1.5))
        self._pointer.line.setPen(self._pen(text, 1))
        self._pointer.text.fill = self._pyqtgraph.mkBrush(base.red(), base.green(), base.blue(), 245)
        self._pointer.text.border = self._pyqtgraph.mkPen(palette.color(QPalette.ColorRole.Mid))
        self.show_curves(self._shown.curves, self._shown.last)

    def _prepare(self, top: float | None, scale: float, epoch: str) -> None:
        item = self._item
        item.ctrlMenu.setParent(self)  # made in any case; without a parent it would outlive this plot
        item.hideButtons()
        item.setMouseEnabled(False, False)
        item.showGrid(y=True, alpha=0.15)
        axis = item.getAxis("bottom")
        axis.setTickSpacing(levels=[(5, 0), (1, 0)])
        if epoch:
            item.setLabel("bottom", epoch)
        item.getAxis("left").setScale(scale)
        item.getAxis("left").setWidth(36)  # the same for both plots: their epochs stand below each other
        if top is not None:
            item.setLimits(yMax=top * 1.02, yMin=0)

    def _vertical(self) -> Any:
        line = self._pyqtgraph.InfiniteLine(angle=90)
        line.setVisible(False)
        self._item.addItem(line, ignoreBounds=True)
        return line

    def _make_pointer(self) -> _Pointer:
        text = self._pyqtgraph.TextItem(anchor=(0, 0))
        text.setZValue(100)
        text.setVisible(False)
        self._item.addItem(text, ignoreBounds=True)
        return _Pointer(self._vertical(), text)

    def _make_lines(self) -> _Lines:
        item = self._item
        # useCache: a picture is drawn at another scale than the screen's ready-made points
        return _Lines(*(item.plot(antialias=True, useCache=self._pixels is None) for _ in range(4)))

    def _draw(self, lines: _Lines, curve: Curve) -> None:
        colour = run_colour(curve.style, self._is_dark())
        edge = self._pen(self.palette().color(QPalette.ColorRole.Base), 1)
        lines.training.setData(curve.epochs, curve.training, pen=self._pen(colour, 1.3, Qt.PenStyle.DashLine))
        lines.validation.setData(
            curve.epochs,
            curve.validation,
            pen=self._pen(colour, 2),
            symbol=run_symbol(curve.style),
            symbolSize=6,
            symbolBrush=colour,
            symbolPen=None,
        )
        for item, epoch, symbol, size in (
            (lines.best, curve.best, "star", 15),
            (lines.stopped, curve.stopped, "|", 20),
        ):
            point = curve.at(epoch)
            item.setData(
                [] if point is None else [epoch],
                [] if point is None else [point[1]],
                pen=None,
                symbol=symbol,
                symbolSize=size,
                symbolBrush=colour,
                symbolPen=edge if symbol == "star" else self._pen(colour, 1),
            )

    def _pen(self, colour: QColor, width: float, style: Qt.PenStyle = Qt.PenStyle.SolidLine) -> QPen:
        """A pen that the plot's scale leaves alone; Qt measures such pens in the device's own pixels."""
        pen = QPen(colour, width * (self._pixels or self.devicePixelRatioF()), style)
        pen.setCosmetic(True)
        return pen

    def _is_dark(self) -> bool:
        return self.palette().color(QPalette.ColorRole.Base).lightness() < 128

    def _values(self, epoch: int) -> list[str]:
        lines = []
        for curve in self._shown.curves:
            point = curve.at(epoch)
            if point is None:
                continue
            values = CurveTexts.values.format(
                training=self._as_text(point[0]), validation=self._as_text(point[1])
            )
            if len(self._shown.curves) > 1:
                colour = run_colour(curve.style, self._is_dark()).name()
                named = CurveTexts.values_of.format(run=curve.name, values=values)
                values = f"<span style='color:{colour}'>●</span> {named}"
            lines.append(values)
        if len(lines) > _MOST_LINES:
            lines[_MOST_LINES:] = [CurveTexts.more.format(count=len(lines) - _MOST_LINES)]
        return lines

    def _moved(self, where: QPointF) -> None:
        view = self._item.vb
        inside = bool(view.sceneBoundingRect().contains(where))
        epoch = round(view.mapSceneToView(where).x()) if inside else 0
        self.hovered.emit(epoch if 1 <= epoch <= self._shown.last else 0)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self._ready:
            self.dress()

    def leaveEvent(self, event: QEvent) -> None:
        self.hovered.emit(0)
        super().leaveEvent(event)
