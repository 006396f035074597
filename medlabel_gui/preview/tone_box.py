"""How the image is looked at: whole or in its own pixels, brightness, contrast, inverted."""

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from core.images.levels import Levels
from medlabel_gui.preview.tone import LIMIT, Tone
from medlabel_gui.preview.window_text import window_text
from medlabel_gui.texts.preview import CanvasTexts, ToneTexts


class ToneBox(QWidget):
    """Says with `changed` which tone is wanted; `show_tone` brings the sliders to the one that is shown.

    A click leaves the focus with the image, so that its keys go on working; Tab reaches every part.
    """

    changed = Signal(Tone)
    zoom_wanted = Signal()  # from the whole image to its own pixels, and back

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.brightness, brightness_row = self._slider(ToneTexts.brightness, ToneTexts.brightness_tip)
        self.contrast, contrast_row = self._slider(ToneTexts.contrast, ToneTexts.contrast_tip)
        self.invert = QCheckBox(ToneTexts.invert)
        self.invert.setToolTip(ToneTexts.invert_tip)
        self.reset = QPushButton(ToneTexts.reset)
        self.reset.setToolTip(ToneTexts.reset_tip)
        self.invert.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.reset.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.zoom = QPushButton(ToneTexts.original)
        self.zoom.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.zoom.setToolTip(CanvasTexts.tip)
        self.zoom.clicked.connect(self.zoom_wanted)
        self.window_line = QLabel()
        self.window_line.setProperty("role", "quiet")
        self.window_line.setWordWrap(True)
        self.window_line.setToolTip(ToneTexts.window_tip)
        self._stored: Levels | None = None
        self._shown = Tone()
        grid = QGridLayout()
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(2)
        self._numbers = ((brightness_row[2], self.brightness), (contrast_row[2], self.contrast))
        for line, row in enumerate((brightness_row, contrast_row)):
            for column, part in enumerate(row):
                grid.addWidget(part, line, column)
        last = QHBoxLayout()
        last.addWidget(self.invert, 1)
        last.addWidget(self.reset)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.zoom, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addLayout(grid)
        layout.addWidget(self.window_line)
        layout.addLayout(last)
        self.invert.toggled.connect(self._tell)
        self.reset.clicked.connect(lambda: self.changed.emit(Tone()))
        self.show_tone(Tone())
        self.show_stored(None)

    @property
    def tone(self) -> Tone:
        """What the sliders say, with the parts of a step that they cannot show."""
        brightness = _exact(self._shown.brightness, self.brightness)
        return Tone(brightness, _exact(self._shown.contrast, self.contrast), self.invert.isChecked())

    def show_fits(self, fits: bool) -> None:
        """Say what the button does: the whole image is seen now, or not."""
        self.zoom.setText(ToneTexts.original if fits else ToneTexts.whole)

    def show_stored(self, stored: Levels | None) -> None:
        """Say the window of an image of more than 8 bits, which brightness and contrast then move."""
        self._stored = stored
        self.window_line.setVisible(stored is not None)
        self._say_window()

    def show_tone(self, tone: Tone) -> None:
        """Move the sliders without telling."""
        blockers = [QSignalBlocker(part) for part in (self.brightness, self.contrast, self.invert)]
        self._shown = tone
        self.brightness.setValue(round(tone.brightness))
        self.contrast.setValue(round(tone.contrast))
        self.invert.setChecked(tone.inverted)
        del blockers
        for number, slider in self._numbers:
            number.setText(f"{slider.value():+d}" if slider.value() else "0")
        self.reset.setEnabled(not tone.neutral)
        self._say_window()

    def _say_window(self) -> None:
        stored = self._stored
        if stored is not None:
            seen = self.tone.window(stored.window, stored.inverted)
            self.window_line.setText(ToneTexts.window.format(window=window_text(seen)))

    def _slider(self, text: str, tip: str) -> tuple[QSlider, tuple[QLabel, QSlider, QLabel]]:
        slider = QSlider(Qt.Orientation.Horizontal)
        slider.setRange(-LIMIT, LIMIT)
        slider.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        slider.setToolTip(tip)
        slider.setAccessibleName(text.replace("&", ""))
        slider.valueChanged.connect(self._tell)
        label = QLabel(text)
        label.setBuddy(slider)
        number = QLabel("0")
        number.setProperty("role", "quiet")
        number.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        number.setFixedWidth(number.fontMetrics().horizontalAdvance("+1000"))
        return slider, (label, slider, number)

    def _tell(self) -> None:
        self.changed.emit(self.tone)


def _exact(shown: float, slider: QSlider) -> float:
    """`shown` while the slider stands nearest to it."""
    return shown if round(shown) == slider.value() else slider.value()
