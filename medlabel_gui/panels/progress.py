"""The running job in the status bar: what it does, how fast, how long yet, and Cancel."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QSizePolicy, QWidget

from core.jobs import Progress
from medlabel_gui.durations import duration
from medlabel_gui.plain import plain_tip
from medlabel_gui.texts.jobs import ProgressTexts

_IN_BYTES = "Downloading "  # how the stages begin whose units are bytes


class ProgressPanel(QWidget):
    """Says `Ready` when nothing runs."""

    def __init__(self, cancel: QAction, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = QLabel()
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(260)
        self._bar.setAccessibleName(ProgressTexts.bar_name)
        self._cancel = QPushButton(ProgressTexts.cancel)
        self._cancel.setToolTip(cancel.toolTip())
        self._cancel.clicked.connect(cancel.trigger)
        cancel.triggered.connect(self.show_stopping)  # by its key and its menu too
        policy = self._cancel.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # the window's parts stay where they are when a job begins
        self._cancel.setSizePolicy(policy)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(10, 2, 10, 2)
        layout.setSpacing(12)
        layout.addWidget(self._text, 1)
        layout.addWidget(self._bar)
        layout.addWidget(self._cancel)
        self.set_busy(False)

    @property
    def text(self) -> str:
        """What is said of the job."""
        return self._text.text()

    def set_busy(self, busy: bool) -> None:
        """A job began or ended."""
        self._say(ProgressTexts.starting if busy else ProgressTexts.ready)
        self._bar.setRange(0, 0)
        for widget in (self._bar, self._cancel):
            widget.setVisible(busy)
        self._cancel.setEnabled(busy)

    def show_progress(self, progress: Progress) -> None:
        """A job got on."""
        if not self._cancel.isEnabled():
            return  # it is stopping
        self._say(describe(progress))
        # Thousandths: a number of images may be larger than the bar's range.
        self._bar.setRange(0, 1000 if progress.total else 0)
        if progress.total:
            self._bar.setValue(1000 * progress.done // progress.total)

    def show_stopping(self) -> None:
        """The job was asked to stop and has not yet."""
        self._say(ProgressTexts.stopping)
        self._cancel.setEnabled(False)

    def _say(self, text: str) -> None:
        self._text.setText(text)
        self._text.setToolTip(plain_tip(text))  # a narrow window cuts it off
        self._bar.setAccessibleDescription(text)


def describe(progress: Progress) -> str:
    """`Reading images: 1,200 of 58,954 · 95/s · 10 min 08 s left`, less what is not known."""
    parts = [_count(progress)]
    running = progress.done != progress.total
    if progress.rate > 0 and running:
        parts.append(ProgressTexts.rate.format(rate=_rate(progress)))
    left = progress.seconds_left
    if left is not None and running:
        parts.append(ProgressTexts.left.format(duration=duration(left)))
    return " · ".join(parts)


def _count(progress: Progress) -> str:
    done, total = _amount(progress, progress.done), _amount(progress, progress.total)
    if progress.total:
        return ProgressTexts.count_of.format(stage=progress.text, done=done, total=total)
    if progress.done:
        return ProgressTexts.count.format(stage=progress.text, done=done)
    return ProgressTexts.stage.format(stage=progress.text)


def _amount(progress: Progress, value: int) -> str:
    if progress.text.startswith(_IN_BYTES):
        return ProgressTexts.megabytes.format(count=f"{value / 1e6:,.0f}")
    return f"{value:,}"


def _rate(progress: Progress) -> str:
    if progress.text.startswith(_IN_BYTES):
        return ProgressTexts.megabytes.format(count=f"{progress.rate / 1e6:,.1f}")
    return f"{progress.rate:,.0f}" if progress.rate >= 10 else f"{progress.rate:.1f}"
