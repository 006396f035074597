"""The review panel: how far it is, accept by confidence, walk through the most doubtful."""

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from core.project.records import Status
from medlabel_gui.grid.model import ImageModel
from medlabel_gui.grid.tiles import percent
from medlabel_gui.icons import set_icon
from medlabel_gui.panels.confidence_scale import histogram
from medlabel_gui.panels.confidence_slider import ConfidenceSlider, decimals_of
from medlabel_gui.panels.review_counts import Candidates, Progress, progress_of
from medlabel_gui.preview.chips import Mark
from medlabel_gui.session import Aspect, Change, Session
from medlabel_gui.texts.grid import status_text, status_tip
from medlabel_gui.texts.review import ReviewTexts

_FIRST_THRESHOLD = 95.0
_DELAY_MS = 150
_STATUSES = (
    Status.PREDICTED,
    Status.ACCEPTED,
    Status.CORRECTED,
    Status.UNSURE,
    Status.EXCLUDED,
    Status.UNLABELLED,
    Status.ERROR,
)
_ALWAYS = _STATUSES[:5]  # the others have a line only where there are such images


class ReviewPanel(QScrollArea):
    """Counts again at most every 150 ms, and only while it is seen."""

    accept_wanted = Signal(object)  # rows (k,) int64
    review_wanted = Signal()

    def __init__(self, session: Session, model: ImageModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._model = session, model
        self._candidates = Candidates()
        self._make_parts()
        self._place_parts()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_DELAY_MS)
        self._timer.timeout.connect(self.refresh)
        session.changed.connect(self._follow)
        model.queried.connect(self._schedule)
        self.refresh()

    @property
    def threshold(self) -> float:
        """The least confidence, in percent."""
        return self.chooser.percent

    def set_threshold(self, value: float) -> None:
        """Choose the least confidence, in percent."""
        self.chooser.set_percent(value)

    def refresh(self) -> None:
        """Count again."""
        table = self._session.table
        self._candidates = Candidates() if table is None else Candidates.of(table, self._model.rows)
        self.chooser.histogram.show_counts(histogram(self._candidates.confidence))
        self._show_progress(None if table is None else progress_of(table))
        self._show_count()

    # Inside

    def _make_parts(self) -> None:
        self.decided, self.counted = QLabel(), QLabel()
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 1000)
        self.bar.setAccessibleName(ReviewTexts.bar)
        self.bar.setToolTip(ReviewTexts.bar)
        self._lines = {status: (Mark(status), QLabel(status_text(status)), QLabel()) for status in _STATUSES}
        self.chooser = ConfidenceSlider(_FIRST_THRESHOLD)
        self.chooser.changed.connect(lambda _: self._show_count())
        self.accept = QPushButton()
        self.accept.setProperty("primary", True)
        self.accept.setToolTip(ReviewTexts.accept_tip)
        self.accept.clicked.connect(self._accept)
        self.walk = QPushButton(ReviewTexts.walk)
        self.walk.setToolTip(ReviewTexts.walk_tip)
        set_icon(self.walk, "list-checks")
        self.walk.clicked.connect(self.review_wanted)

    def _place_parts(self) -> None:
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumWidth(240)
        content = QWidget()
        content.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        column = QVBoxLayout(content)
        column.setContentsMargins(12, 10, 12, 12)
        column.setSpacing(7)
        honest = QLabel(ReviewTexts.honest)
        honest.setProperty("role", "quiet")
        for label in (self.decided, self.counted, honest):
            label.setWordWrap(True)
        parts: tuple[QWidget, ...] = (
            _heading(ReviewTexts.progress),
            self.bar,
            self.decided,
            self._status_lines(),
            self.walk,
            _heading(ReviewTexts.accept_title),
            self.chooser,
            self.counted,
            honest,
            self.accept,
        )
        for part in parts:
            column.addWidget(part)
        column.addStretch(1)
        self.setWidget(content)

    def _status_lines(self) -> QWidget:
        box = QWidget()
        grid = QGridLayout(box)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(1)
        grid.setColumnStretch(1, 1)
        for number, (status, (mark, name, count)) in enumerate(self._lines.items()):
            count.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            for part in (mark, name, count):
                part.setToolTip(status_tip(status))
            grid.addWidget(mark, number, 0)
            grid.addWidget(name, number, 1)
            grid.addWidget(count, number, 2)
        return box

    def _show_progress(self, progress: Progress | None) -> None:
        images = progress.images if progress is not None else 0
        if progress is None or not images:
            self.decided.setText(ReviewTexts.nothing)
            self.bar.setValue(0)
        else:
            share = progress.decided / images
            self.bar.setValue(int(1000 * share))
            text = ReviewTexts.decided.format(
                decided=f"{progress.decided:,}", count=f"{images:,}", share=percent(share)
            )
            self.decided.setText(
                ReviewTexts.decided_one.format(decided=progress.decided) if images == 1 else text
            )
        for status, line in self._lines.items():
            number = int(progress.statuses[status]) if progress is not None else 0
            line[2].setText(f"{number:,}")
            for part in line:
                part.setVisible(bool(images) and (status in _ALWAYS or number > 0))
        self.walk.setEnabled(progress is not None and progress.waiting > 0)

    def _show_count(self) -> None:
        """What the threshold would accept; cheap, it follows the slider at once."""
        count, accepted = len(self._candidates.rows), self._candidates.count(self.threshold)
        self.counted.setText(_counted_text(count, accepted, self.threshold))
        self.accept.setText(_accept_text(accepted))
        self.accept.setEnabled(accepted > 0)

    def _accept(self) -> None:
        """Ask for what was counted, less what changed since."""
        table = self._session.table
        if table is None:
            return
        rows = Candidates.of(table, self._candidates.at_or_above(self.threshold)).at_or_above(self.threshold)
        if len(rows):
            self.accept_wanted.emit(rows)

    def _schedule(self) -> None:
        if self.isVisible() and not self._timer.isActive():
            self._timer.start()

    def _follow(self, change: Change) -> None:
        if change.aspect is Aspect.PROJECT:
            self.refresh()
        elif change.aspect is not Aspect.HISTORY:
            self._schedule()

    # Qt

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()


def _heading(text: str) -> QLabel:
    heading = QLabel(text)
    heading.setProperty("role", "heading")
    heading.setContentsMargins(0, 6, 0, 0)
    return heading


def _counted_text(count: int, accepted: int, threshold: float) -> str:
    if not count:
        return ReviewTexts.none_waiting
    text = ReviewTexts.counted_one if count == 1 else ReviewTexts.counted
    shown = f"{threshold:.{decimals_of(threshold)}f}"
    return text.format(accepted=f"{accepted:,}", count=f"{count:,}", threshold=shown)


def _accept_text(count: int) -> str:
    if count == 1:
        return ReviewTexts.accept_one
    return ReviewTexts.accept.format(count=f"{count:,}") if count else ReviewTexts.accept_none
