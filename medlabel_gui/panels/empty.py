"""The start page: what is shown when there is nothing to show, and what to do."""

from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from medlabel_gui.icons import Tint, pixmap, set_icon
from medlabel_gui.jobs import JobRunner
from medlabel_gui.panels.recent import RecentList
from medlabel_gui.settings import Settings
from medlabel_gui.texts.start import CommonTexts, StartTexts

_WIDTH = 860  # px
_TOP = Qt.AlignmentFlag.AlignTop


class ActionTable(Protocol):
    """Gives the QAction of an id."""

    def __getitem__(self, action_id: str, /) -> QAction: ...


class EmptyPanel(QScrollArea):
    """The first thing a new user sees. Its buttons are actions of the table; `path_chosen` is a recent one."""

    path_chosen = Signal(Path)

    def __init__(
        self, actions: ActionTable, settings: Settings, runner: JobRunner, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._actions = actions
        self._title, self._body = QLabel(), QLabel()
        for label in (self._title, self._body):
            label.setTextFormat(Qt.TextFormat.PlainText)
        self._title.setProperty("role", "title")
        self._title.setWordWrap(True)
        self._body.setProperty("role", "quiet")
        self._body.setWordWrap(True)
        self._recent = RecentList(settings, runner)
        self._recent.path_chosen.connect(self.path_chosen)
        self._drop = self._drop_area()
        self._steps = _Steps()
        self._place()
        actions["open_folder"].changed.connect(self._follow_busy)
        self.welcome()

    def tell(self, title: str, body: str) -> None:
        """Say why nothing is shown and what to do."""
        self._title.setText(title)
        self._body.setText(body)

    def welcome(self) -> None:
        """Back to what is said where nothing is open."""
        self.tell(StartTexts.title, StartTexts.body)

    def refresh_recent(self) -> None:
        """List again what was opened last."""
        self._recent.refresh()

    def focus_first(self) -> None:
        """Give the keyboard to `Open folder…`, as long as it can be pressed."""
        self._first.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_drop(self, hovering: bool) -> None:
        """Mark the drop area while something that can be opened is dragged over the window."""
        self._drop.setProperty("hovering", hovering)
        self._drop.style().unpolish(self._drop)
        self._drop.style().polish(self._drop)

    def _place(self) -> None:
        page = QWidget()
        page.setMaximumWidth(_WIDTH)
        page.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        grid = QGridLayout(page)
        grid.setContentsMargins(24, 24, 24, 20)
        grid.setHorizontalSpacing(28)
        grid.setVerticalSpacing(4)
        grid.addWidget(self._title, 0, 0, 1, 2)
        grid.addWidget(self._body, 1, 0, 1, 2)
        grid.setRowMinimumHeight(2, 14)
        grid.addWidget(self._drop, 3, 0, _TOP)
        grid.addWidget(self._recent, 3, 1)
        grid.setRowMinimumHeight(4, 18)
        grid.addWidget(self._steps, 5, 0, 1, 2)
        grid.setRowMinimumHeight(6, 14)
        note = QLabel(f"{CommonTexts.research_only} {CommonTexts.local}")
        note.setProperty("role", "quiet")
        grid.addWidget(note, 7, 0, 1, 2)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        outside = QWidget()
        outer = QGridLayout(outside)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(page, 1, 1)
        for edge, stretch in ((0, 2), (2, 3)):
            outer.setRowStretch(edge, stretch)
            outer.setColumnStretch(edge, 1)
        outer.setColumnStretch(1, 100)
        self.setWidget(outside)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def _drop_area(self) -> QFrame:
        frame = QFrame()
        frame.setObjectName("drop_area")
        self._picture = QLabel()
        self._picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._first = self._button("open_folder", StartTexts.open_folder, "folder-open", primary=True)
        column = QVBoxLayout(frame)
        column.setContentsMargins(24, 18, 24, 18)
        column.setSpacing(10)
        column.addWidget(self._picture)
        column.addWidget(self._first)
        row = QHBoxLayout()
        row.addWidget(self._button("open_npz", StartTexts.open_npz, "file-archive"))
        row.addWidget(self._button("open_project", StartTexts.open_project, "box"))
        column.addLayout(row)
        column.addWidget(self._button("open_samples", StartTexts.samples, "flask-conical"))
        self._draw()
        return frame

    def _button(self, action_id: str, text: str, name: str, primary: bool = False) -> QPushButton:
        action = self._actions[action_id]
        button = QPushButton(f" {text}")
        button.setProperty("primary", primary)
        button.setToolTip(action.toolTip())
        set_icon(button, name, Tint.ON_ACCENT if primary else Tint.TEXT)
        button.setEnabled(action.isEnabled())
        button.clicked.connect(action.trigger)
        action.changed.connect(lambda: _follow(button, action))
        return button

    def _follow_busy(self) -> None:
        self._recent.setEnabled(self._actions["open_folder"].isEnabled())

    def _draw(self) -> None:
        self._picture.setPixmap(pixmap("images", 40, self.devicePixelRatioF(), Tint.QUIET))

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_picture"):
            self._draw()
        super().changeEvent(event)


class _Steps(QWidget):
    """The way from images to labels, next to each other."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        heading = QLabel(StartTexts.steps)
        heading.setProperty("role", "heading")
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(24)
        grid.addWidget(heading, 0, 0, 1, 3)
        texts = (StartTexts.step_label, StartTexts.step_refine, StartTexts.step_review)
        self._pictures = [QLabel() for _ in texts]
        for column, text in enumerate(texts):
            words = QLabel(f"{column + 1}.  {text}")
            words.setWordWrap(True)
            words.setTextFormat(Qt.TextFormat.PlainText)
            step = QHBoxLayout()
            step.setSpacing(8)
            step.addWidget(self._pictures[column], 0, _TOP)
            step.addWidget(words, 1, _TOP)
            grid.addLayout(step, 1, column)
            grid.setColumnStretch(column, 1)
        self._draw()

    def _draw(self) -> None:
        for label, name in zip(self._pictures, ("tag", "brain-circuit", "list-checks"), strict=True):
            label.setPixmap(pixmap(name, 20, self.devicePixelRatioF(), Tint.ACCENT))

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_pictures"):
            self._draw()
        super().changeEvent(event)


def _follow(button: QPushButton, action: QAction) -> None:
    button.setEnabled(action.isEnabled())
    button.setToolTip(action.toolTip())
