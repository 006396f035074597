"""What the refinement changed: in words, as a matrix from class to class, and the way to the images."""

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from core.project.queries import disagree
from core.project.records import Run
from medlabel_gui.first_stage import whose
from medlabel_gui.outcome import Outcome, outcome_of, plain_reason
from medlabel_gui.panels.changes_matrix import Matrix, MatrixView, count_pairs
from medlabel_gui.panels.notice import Notice
from medlabel_gui.plain import plain_tip
from medlabel_gui.session import Aspect, Change, Session
from medlabel_gui.snapshot import Snapshot
from medlabel_gui.texts.training import ChangesTexts

_WAIT_MS = 150


@dataclass(frozen=True)
class Changes:
    """What a refinement changed, or would change if it delivered: images with a label of each stage count.

    `matrix` is None when there is no refinement of the current labels.
    """

    headline: str
    delivery: str = ""
    changed: int = 0
    matrix: Matrix | None = None
    delivers: bool = True
    taken: str = ""
    compared: str = ""
    scores: str = ""
    warnings: tuple[str, ...] = ()


class ChangesPanel(QWidget):
    """Follows the session when a new snapshot comes; decisions about single images change nothing here."""

    pair_chosen = Signal(int, int)  # positions of stage 1's label and of the network's
    changed_wanted = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._headline, self._delivery, self._axes = QLabel(), QLabel(), QLabel()
        self._taken, self._compared, self._notice = QLabel(), QLabel(), Notice()
        self._view = MatrixView()
        self._review = QPushButton()
        self._review.setToolTip(ChangesTexts.review_tip)
        self._review.setProperty("primary", True)
        self._review.clicked.connect(self.changed_wanted)
        self._view.cell_chosen.connect(self.pair_chosen)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 6, 10, 8)
        words = (self._headline, self._delivery, self._taken, self._compared)
        for label in (*words, self._axes):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
        self._headline.setProperty("role", "heading")
        for label in (self._axes, self._compared):
            label.setProperty("role", "quiet")
        for widget in (*words, self._notice, self._review, self._axes):
            layout.addWidget(widget)
        layout.addWidget(self._view, 100)
        layout.addStretch(1)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_WAIT_MS)
        self._timer.timeout.connect(self.refresh)
        session.changed.connect(self._follow)
        self.refresh()

    @property
    def text(self) -> str:
        """What is said of the refinement."""
        labels = (self._headline, self._delivery, self._taken, self._compared)
        return " ".join(label.text() for label in labels if label.text())

    @property
    def warning(self) -> str:
        """What there is to be careful about."""
        return self._notice.text

    def refresh(self) -> None:
        """Count again."""
        self._timer.stop()
        found = compare(self._session.snapshot)
        shown = found.matrix is not None
        self._headline.setText(found.headline)
        self._headline.setProperty("role", "heading" if shown else "quiet")
        self._headline.style().polish(self._headline)
        self._delivery.setText(found.delivery)
        self._review.setText(_review_text(found))
        self._review.setEnabled(found.changed > 0)
        for label, text in ((self._taken, found.taken), (self._compared, found.compared)):
            label.setText(text)
            label.setVisible(bool(text))
        self._compared.setToolTip(plain_tip(found.scores))
        self._notice.show_sentences(found.warnings)
        for widget in (self._delivery, self._review, self._axes, self._view):
            widget.setVisible(shown)
        if found.matrix is not None:
            self._axes.setText(ChangesTexts.axes.format(first=found.matrix.first))
            self._view.show_matrix(found.matrix)

    def _follow(self, change: Change) -> None:
        if change.aspect in (Aspect.PROJECT, Aspect.TABLE) and not self._timer.isActive():
            self._timer.start()


def compare(snapshot: Snapshot | None) -> Changes:
    """What the current refinement changed; milliseconds for a million images."""
    if snapshot is None or snapshot.refinement is None:
        return Changes(ChangesTexts.stale if _is_stale(snapshot) else ChangesTexts.none)
    table, run = snapshot.table, snapshot.refinement
    first, outcome = whose(snapshot.stage_one), outcome_of(run)
    counts = count_pairs(table.zero_shot_label, table.refined_label, len(table.classes))
    changed = int(np.count_nonzero(disagree(table)))
    return Changes(
        _headline(changed, int(counts.sum()), run.delivers),
        _delivery(run, first),
        changed,
        Matrix(table.classes, counts, first),
        run.delivers,
        _taken(outcome, run),
        _compared(outcome),
        _scores(outcome),
        outcome.warnings,
    )


def _headline(changed: int, images: int, delivers: bool) -> str:
    if not changed:
        text = ChangesTexts.unchanged if delivers else ChangesTexts.would_not_change
    else:
        text = ChangesTexts.changed if delivers else ChangesTexts.would_change
    return text.format(changed=f"{changed:,}", images=f"{images:,}", share=f"{changed / max(images, 1):.1%}")


def _delivery(run: Run, first: str) -> str:
    if run.delivers:
        return ChangesTexts.delivered
    return ChangesTexts.not_delivered.format(first=first, reason=plain_reason(run.note)).strip()


def _taken(outcome: Outcome, run: Run) -> str:
    """Whose labels were taken and why; nothing that `_delivery` says already."""
    why = "" if outcome.why == plain_reason(run.note) else outcome.why
    if not outcome.taken:
        return why
    text = ChangesTexts.taken if run.delivers else ChangesTexts.best
    return text.format(title=outcome.taken, why=why).strip()


def _compared(outcome: Outcome) -> str:
    others = [candidate.title for candidate in outcome.candidates if not candidate.chosen]
    return ChangesTexts.compared.format(titles=", ".join(others)) if others else ""


def _scores(outcome: Outcome) -> str:
    """A candidate a line, for a tool tip."""
    return "\n".join(
        ChangesTexts.score.format(title=c.title, score=f"{c.score:.3f}")
        for c in outcome.candidates
        if c.score is not None
    )


def _is_stale(snapshot: Snapshot | None) -> bool:
    """Whether there are only refinements of other labels than the current ones."""
    return snapshot is not None and any(run.kind == "refinement" and run.finished for run in snapshot.runs)


def _review_text(found: Changes) -> str:
    if not found.changed:
        return ChangesTexts.review_none
    one, several = ChangesTexts.review_one, ChangesTexts.review
    if not found.delivers:
        one, several = ChangesTexts.review_would_one, ChangesTexts.review_would
    return one if found.changed == 1 else several.format(count=f"{found.changed:,}")
