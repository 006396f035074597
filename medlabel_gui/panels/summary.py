"""The lines over the images: labels a class, what the network changed; and what is selected."""

import html

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from medlabel_gui.live_table import Summary, summarise
from medlabel_gui.session import Session
from medlabel_gui.theme import class_colour

_REVIEW_HINT = "1 to 9 assign a class · Enter accept · U unsure · X exclude · ? all keys"


class SummaryPanel(QWidget):
    """Counts follow the session, at most every 150 ms."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._counts = QLabel()
        self._counts.setTextFormat(Qt.TextFormat.RichText)
        self._counts.setWordWrap(True)
        self._counts.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 6, 12, 6)
        layout.addWidget(self._counts, 1)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(150)
        self._timer.timeout.connect(self.refresh)
        session.changed.connect(lambda _: self._timer.isActive() or self._timer.start())

    @property
    def text(self) -> str:
        """The counts as shown."""
        return self._counts.text()

    def refresh(self) -> None:
        """Count again."""
        snapshot = self._session.snapshot
        self._counts.setText(self._line(summarise(snapshot)) if snapshot is not None else "")

    def _line(self, summary: Summary) -> str:
        parts = [f"<b>{summary.images:,} images</b>"]
        classes = self._session.table.classes if self._session.table else ()
        for position, (name, count) in enumerate(summary.labels):
            colour = class_colour(position, classes[position].colour).name()
            chip = f"<span style='background:{colour}; color:white'>&nbsp;{position + 1}&nbsp;</span>"
            parts.append(f"{chip}&nbsp;{html.escape(name).replace(' ', '&nbsp;')}&nbsp;<b>{count:,}</b>")
        if summary.decided:
            parts.append(f"{summary.decided:,}&nbsp;decided")
        if summary.errors:
            parts.append(f"{summary.errors:,}&nbsp;unreadable")
        line = " &nbsp;&nbsp; ".join(parts)
        stages = stage_line(summary)
        return f"{line}<br>{stages}" if stages else line


class SelectionLabel(QLabel):
    """How many images are selected, and which keys decide about them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "quiet")
        self.setContentsMargins(0, 0, 12, 0)
        self.show_count(0)

    def show_count(self, count: int) -> None:
        """Say that `count` images are selected."""
        self.setText(f"<b>{count:,} selected</b> &nbsp; {_REVIEW_HINT}" if count else "")


def stage_line(summary: Summary) -> str:
    """What the refinement did, and whether its labels are the delivered ones."""
    if summary.changed is None:
        return ""
    if summary.delivers:
        return f"The network changed {summary.changed:,} of CLIP's labels; its labels are shown."
    return f"CLIP's labels are shown, not the network's. {html.escape(summary.reason)}"
