"""The lines over the images: labels a class, what the network changed; and what is selected."""

import html

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from medlabel_gui.counts import Summary, summarise
from medlabel_gui.key_hints import key_hint
from medlabel_gui.keys import Keys
from medlabel_gui.panels.chip_text import SEPARATOR, ChipText, chip_mark
from medlabel_gui.plain import plain_tip
from medlabel_gui.session import Session
from medlabel_gui.texts.summary import SummaryTexts

_MOST = 12  # classes that are told one by one


class SummaryPanel(QWidget):
    """Counts follow the session, at most every 150 ms."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._counts = ChipText()
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
        return self._counts.text

    def refresh(self) -> None:
        """Count again."""
        snapshot = self._session.snapshot
        if snapshot is None:
            self._counts.show_text("", ())
            self._counts.setToolTip("")
            return
        summary, classes = summarise(snapshot), snapshot.table.classes
        self._counts.show_text(summary_line(summary), classes)
        every = "\n".join(f"{name}: {count:,}" for name, count in summary.labels)
        self._counts.setToolTip(plain_tip(every) if len(classes) > _MOST else "")


class SelectionLabel(QLabel):
    """How many images are selected, and which keys decide about them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "quiet")
        self.setContentsMargins(0, 0, 12, 0)
        self._count = 0
        self._hint = review_hint({})

    def show_count(self, count: int) -> None:
        """Say that `count` images are selected."""
        self._count = count
        selected = SummaryTexts.selected.format(count=f"{count:,}")
        self.setText(f"<b>{selected}</b> &nbsp; {html.escape(self._hint)}" if count else "")

    def set_keys(self, keys: Keys) -> None:
        """Name other keys from now on: those of the actions by id, where they are not those of the table."""
        self._hint = review_hint(keys)
        self.show_count(self._count)


def review_hint(keys: Keys) -> str:
    """The keys that decide about what is selected."""
    return key_hint(keys, "accept", "unsure", "exclude", "shortcuts")


def summary_line(summary: Summary) -> str:
    """Rich text: images, images a class (the first dozen), decisions, and below it what the network did."""
    images = SummaryTexts.images.format(count=f"{summary.images:,}")
    parts = [f"<b>{_kept_together(SummaryTexts.one_image if summary.images == 1 else images)}</b>"]
    for position, (name, count) in enumerate(summary.labels[:_MOST]):
        parts.append(f"{chip_mark(position)}&nbsp;{_kept_together(name)}&nbsp;<b>{count:,}</b>")
    more = len(summary.labels) - _MOST
    if more > 0:
        text = SummaryTexts.one_more if more == 1 else SummaryTexts.more.format(count=more)
        parts.append(_kept_together(text))
    if summary.decided:
        parts.append(_kept_together(SummaryTexts.decided.format(count=f"{summary.decided:,}")))
    if summary.errors:
        parts.append(_kept_together(SummaryTexts.errors.format(count=f"{summary.errors:,}")))
    line = SEPARATOR.join(parts)
    stages = stage_line(summary)
    return f"{line}<br>{stages}" if stages else line


def stage_line(summary: Summary) -> str:
    """Rich text: whether the refined labels are the ones shown. What the refinement did stands in Changes."""
    if summary.changed is None:
        return ""
    if summary.delivers:
        text = str(SummaryTexts.delivers)
    else:
        first = summary.first[:1].upper() + summary.first[1:]
        text = SummaryTexts.not_delivered.format(first=first)
    if summary.warnings:
        text += " " + _warnings(summary.warnings)
    return html.escape(text, quote=False)


def _warnings(count: int) -> str:
    return SummaryTexts.warning if count == 1 else SummaryTexts.warnings.format(count=count)


def _kept_together(text: str) -> str:
    return html.escape(text).replace(" ", "&nbsp;")
