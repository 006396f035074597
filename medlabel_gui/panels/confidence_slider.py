"""A slider and a number for the least confidence, over a histogram of what there is."""

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QDoubleSpinBox, QHBoxLayout, QLabel, QSizePolicy, QSlider, QVBoxLayout, QWidget

from medlabel_gui.panels.confidence_scale import BINS, LAST, STOPS, TICKS, next_stop, place_of, stop_of
from medlabel_gui.texts.review import ReviewTexts
from medlabel_gui.theme import colours, quiet_colour

_HEIGHT, _TICKS_HEIGHT = 64, 16
_INSET = 8  # px from a slider's end to the middle of its handle there
# The part at or above the threshold is the one that counts.
_SLIDER_STYLE = """
QSlider::sub-page:horizontal { background: palette(mid); border-radius: 2px; }
QSlider::add-page:horizontal { background: palette(highlight); border-radius: 2px; }
"""


class ConfidenceHistogram(QWidget):
    """Bars on the slider's own scale; those at or above the threshold are filled."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._counts = np.zeros(BINS, np.int64)
        self._percent = 0.0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setToolTip(ReviewTexts.histogram_tip)
        self.setAccessibleName(ReviewTexts.histogram)

    @property
    def counts(self) -> np.ndarray:
        """(BINS,) images a bin."""
        return self._counts

    def show_counts(self, counts: np.ndarray) -> None:
        """Draw other images."""
        self._counts = counts
        self.update()

    def show_threshold(self, percent: float) -> None:
        """Fill from here on."""
        self._percent = percent
        self.update()

    def _bars(self) -> list[QRectF]:
        most = int(self._counts.max())
        if not most:
            return []
        room = self.width() - 2 * _INSET
        heights = np.sqrt(self._counts / most) * (_HEIGHT - 4)
        heights[self._counts > 0] = np.maximum(heights[self._counts > 0], 2)
        wide = room / BINS
        return [
            QRectF(_INSET + n * wide + 0.5, _HEIGHT - height, wide - 1, height)
            for n, height in enumerate(heights.tolist())
            if height
        ]

    def _draw_ticks(self, painter: QPainter) -> None:
        small = QFont(self.font())
        small.setPointSizeF(small.pointSizeF() * 0.82)
        painter.setFont(small)
        painter.setPen(quiet_colour())
        room = self.width() - 2 * _INSET
        for tick in TICKS:
            x = _INSET + place_of(tick) * room
            box = QRectF(x - 20, _HEIGHT + 1, 40, _TICKS_HEIGHT)
            side = Qt.AlignmentFlag.AlignHCenter
            if tick == TICKS[0]:
                box, side = QRectF(x, *_below(box)), Qt.AlignmentFlag.AlignLeft
            elif tick == TICKS[-1]:
                box, side = QRectF(x - 40 + _INSET, *_below(box)), Qt.AlignmentFlag.AlignRight
            painter.drawText(box, int(side), str(tick))

    # Qt

    def sizeHint(self) -> QSize:
        return QSize(220, _HEIGHT + _TICKS_HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        bars = self._bars()
        middle = _INSET + place_of(self._percent) * (self.width() - 2 * _INSET)
        whole, accepted = QRectF(0, 0, middle, _HEIGHT), QRectF(middle, 0, self.width() - middle, _HEIGHT)
        for area, colour in ((whole, colours().outline), (accepted, colours().accent)):
            painter.setClipRect(area)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colour))
            painter.drawRects(bars)
        painter.setClipping(False)
        painter.setPen(QPen(QColor(colours().outline), 1))
        painter.drawLine(QPointF(_INSET, _HEIGHT), QPointF(self.width() - _INSET, _HEIGHT))
        painter.setPen(QPen(QColor(colours().accent), 1, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(middle, 0), QPointF(middle, _HEIGHT))
        self._draw_ticks(painter)
        painter.end()


def _below(box: QRectF) -> tuple[float, float, float]:
    return box.y(), box.width(), box.height()


class PercentSpin(QDoubleSpinBox):
    """A percentage that steps as the slider does, with no more digits than it needs."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setRange(0, 100)
        self.setDecimals(2)
        self.setSuffix("%")
        self.setKeyboardTracking(False)

    def stepBy(self, steps: int) -> None:  # noqa: N802  Qt's name
        self.setValue(next_stop(self.value(), steps))

    def textFromValue(self, value: float) -> str:  # noqa: N802  Qt's name
        return self.locale().toString(value, "f", decimals_of(value))


class ConfidenceSlider(QWidget):
    """`changed` says the least confidence in percent, from the slider or from the number."""

    changed = Signal(float)

    def __init__(self, percent: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.histogram = ConfidenceHistogram()
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, LAST)
        self.slider.setPageStep(10)
        self.slider.setStyleSheet(_SLIDER_STYLE)
        self.slider.setToolTip(ReviewTexts.threshold_tip)
        self.slider.setAccessibleName(ReviewTexts.slider)
        self.spin = PercentSpin()
        self.spin.setToolTip(ReviewTexts.threshold_tip)
        self.spin.setAccessibleName(ReviewTexts.slider)
        label = QLabel(ReviewTexts.threshold)
        label.setBuddy(self.spin)
        line = QHBoxLayout()
        line.addWidget(label)
        line.addWidget(self.spin)
        line.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.histogram)
        layout.addWidget(self.slider)
        layout.addLayout(line)
        self.slider.valueChanged.connect(lambda stop: self.set_percent(float(STOPS[stop])))
        self.spin.valueChanged.connect(self.set_percent)
        self._percent = -1.0
        self.set_percent(percent)

    @property
    def percent(self) -> float:
        """The least confidence, 0 to 100."""
        return self._percent

    def set_percent(self, percent: float) -> None:
        """Choose the least confidence."""
        percent = min(max(round(percent, 2), 0.0), 100.0)
        if percent == self._percent:
            return
        self._percent = percent
        blockers = [QSignalBlocker(self.slider), QSignalBlocker(self.spin)]
        self.slider.setValue(stop_of(percent))
        self.spin.setValue(percent)
        del blockers
        self.histogram.show_threshold(percent)
        self.changed.emit(percent)


def decimals_of(percent: float) -> int:
    """One digit after the point, two where they tell more."""
    return 1 if abs(percent * 10 - round(percent * 10)) < 1e-6 else 2
