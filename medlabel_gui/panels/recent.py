"""What was opened last, as a list to click on."""

import os
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QColor, QEnterEvent, QFont, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QAbstractButton,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from core.jobs import JobContext
from core.project.locations import SUFFIX
from medlabel_gui.icons import Tint, pixmap
from medlabel_gui.jobs import Job, JobRunner
from medlabel_gui.plain import plain_tip
from medlabel_gui.settings import Settings
from medlabel_gui.texts.start import StartTexts
from medlabel_gui.theme import colours

_HEIGHT = 46
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)


class RecentList(QWidget):
    """Name and place of each; what is gone is greyed. Whether it is there is looked up in an io thread, one path
    after the other, as a network share that is away can take minutes to say so."""

    path_chosen = Signal(Path)

    def __init__(self, settings: Settings, runner: JobRunner, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings, self._runner = settings, runner
        self._job: Job | None = None
        self._there: dict[Path, bool] = {}
        self._entries: list[RecentEntry] = []
        heading = QLabel(StartTexts.recent)
        heading.setProperty("role", "heading")
        self._clear = QPushButton(StartTexts.clear)
        self._clear.setFlat(True)
        self._clear.setToolTip(StartTexts.clear_tip)
        self._clear.clicked.connect(self._forget)
        self._nothing = QLabel(StartTexts.no_recent)
        self._nothing.setProperty("role", "quiet")
        top = QHBoxLayout()
        top.addWidget(heading)
        top.addStretch(1)
        top.addWidget(self._clear)
        inside = QWidget()
        inside.setObjectName("recent")
        self._column = QVBoxLayout(inside)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(2)
        self._column.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(top)
        layout.addWidget(self._nothing)
        layout.addWidget(_scrolling(inside), 1)
        self.refresh()

    @property
    def paths(self) -> tuple[Path, ...]:
        """What is listed."""
        return tuple(entry.path for entry in self._entries)

    def refresh(self) -> None:
        """List again what the settings remember, and look again what of it is there."""
        paths = self._settings.recent
        if paths != self.paths:
            self._fill(paths)
        self._nothing.setVisible(not paths)
        self._clear.setVisible(bool(paths))
        if self._job is None and paths:
            self._job = self._runner.start(
                "recent",
                lambda ctx: _look(paths, ctx),
                "io",
                on_event=self._take,
                on_ended=lambda _: self._looked(paths),
                awaited=False,
            )

    def _fill(self, paths: Sequence[Path]) -> None:
        for entry in self._entries:
            self._column.removeWidget(entry)
            entry.hide()
            entry.deleteLater()
        self._entries = [RecentEntry(path) for path in paths]
        for place, entry in enumerate(self._entries):
            entry.set_there(self._there.get(entry.path, True))
            entry.clicked.connect(lambda _=False, path=entry.path: self.path_chosen.emit(path))
            self._column.insertWidget(place, entry)
        for before, after in pairwise((self._clear, *self._entries)):
            QWidget.setTabOrder(before, after)  # made later, they would come after everything else

    def _take(self, event: object) -> None:
        if isinstance(event, tuple):
            path, there = event
            self._there[path] = there
            for entry in self._entries:
                if entry.path == path:
                    entry.set_there(there)

    def _looked(self, paths: Sequence[Path]) -> None:
        self._job = None
        if self._settings.recent != tuple(paths):
            self.refresh()

    def _forget(self) -> None:
        self._settings.forget_recent()
        self.refresh()


class RecentEntry(QAbstractButton):
    """One line of two rows: the name, and the folder it is in."""

    def __init__(self, path: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.path = path
        self.there = True
        self.setText(path.name or str(path))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self._describe()

    def set_there(self, there: bool) -> None:
        """Grey it where it is gone; it can be clicked still, as a share may be back by then."""
        self.there = there
        self._describe()
        self.update()

    def _describe(self) -> None:
        tip = StartTexts.open_recent if self.there else StartTexts.gone_recent
        self.setToolTip(plain_tip(tip.format(path=self.path)))
        name = StartTexts.recent_name.format(name=self.text(), folder=self.path.parent)
        self.setAccessibleName(name if self.there else f"{name}, {StartTexts.gone}")

    def _icon(self) -> str:
        kind = self.path.suffix.lower()
        return "box" if kind == SUFFIX else "file-archive" if kind in (".npz", ".zip") else "folder-open"

    def sizeHint(self) -> QSize:
        return QSize(280, _HEIGHT)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.isAutoRepeat():
            self.click()
        else:
            super().keyPressEvent(event)

    def enterEvent(self, event: QEnterEvent) -> None:
        self.update()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self.update()
        super().leaveEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        ink = colours()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = self.rect().adjusted(1, 1, -1, -1)
        painter.setPen(QPen(QColor(ink.focus), 2) if self.hasFocus() else Qt.PenStyle.NoPen)
        painter.setBrush(QColor(ink.hover) if self.underMouse() else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(frame, 5, 5)
        tint = Tint.TEXT if self.there else Tint.QUIET
        painter.drawPixmap(
            10, (self.height() - 20) // 2, pixmap(self._icon(), 20, self.devicePixelRatioF(), tint)
        )
        area = frame.adjusted(40, 4, -8, -4)
        half = area.height() // 2
        upper, lower = area.adjusted(0, 0, 0, -half), area.adjusted(0, half, 0, 0)
        bold = QFont(self.font())
        bold.setWeight(QFont.Weight.DemiBold)
        painter.setFont(bold)
        painter.setPen(QColor(ink.text if self.there else ink.quiet))
        name = painter.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideMiddle, upper.width())
        painter.drawText(upper, _LEFT, name)
        painter.setFont(self.font())
        painter.setPen(QColor(ink.quiet))
        place = str(self.path.parent)
        if not self.there:
            place = StartTexts.gone_from.format(folder=place)
        painter.drawText(
            lower,
            _LEFT,
            painter.fontMetrics().elidedText(place, Qt.TextElideMode.ElideMiddle, lower.width()),
        )


def _scrolling(inside: QWidget) -> QScrollArea:
    area = QScrollArea()
    area.setWidget(inside)
    area.setWidgetResizable(True)
    area.setFrameShape(QScrollArea.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.viewport().setAutoFillBackground(False)
    inside.setAutoFillBackground(False)
    return area


def _look(paths: Sequence[Path], ctx: JobContext) -> None:
    """Tell of each path whether it is there, as (path, bool)."""
    for path in paths:
        ctx.check()
        ctx.emit((path, os.path.exists(path)))  # noqa: PTH110  False where Path.exists raises
