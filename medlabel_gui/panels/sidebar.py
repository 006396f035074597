"""The way from images to labels, top to bottom: classes, model, Label, Refine."""

from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget

from core.project.queries import disagree
from core.project.records import Status
from medlabel_gui.first_stage import kind_of
from medlabel_gui.icons import Tint, set_icon
from medlabel_gui.refine_choice import RefineChoice, choice_words
from medlabel_gui.session import Session
from medlabel_gui.snapshot import Snapshot
from medlabel_gui.texts.summary import StepTexts

_REFRESH_MS = 150


class Sidebar(QWidget):
    """Puts the classes, the model and the two steps below each other; each step says in a line how it stands.

    The lines follow `session`, at most every 150 ms. The step that is next is the primary one; none
    is before there are classes.
    """

    def __init__(
        self,
        classes: QWidget,
        models: QWidget,
        label: QAction,
        refine: QAction,
        session: Session | None = None,
        parent: QWidget | None = None,
        options: QAction | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._how = ""
        self.label = _Step(label, StepTexts.label, "tag")
        self.refine = _Step(refine, StepTexts.refine, "brain-circuit", options)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 12)
        layout.setSpacing(10)
        layout.addWidget(classes, 1)
        layout.addWidget(models)
        layout.addWidget(self.label)
        layout.addWidget(self.refine)
        self.setMinimumWidth(230)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_REFRESH_MS)
        self._timer.timeout.connect(self.refresh)
        if session is not None:
            session.changed.connect(lambda _: self._timer.isActive() or self._timer.start())
        self.refresh()

    def show_choice(self, choice: RefineChoice) -> None:
        """Say how Refine would go about it, where somebody chose another way than the recommended one."""
        words = choice_words(choice)
        self._how = StepTexts.how.format(choice=" · ".join(words)) if words else ""
        self.refresh()

    def refresh(self) -> None:
        """Say how the steps stand."""
        snapshot = self._session.snapshot if self._session is not None else None
        self.label.show_state(label_state(snapshot))
        self.refine.show_state("\n".join(filter(None, (refine_state(snapshot), self._how))))
        labelled = snapshot is not None and snapshot.stage_one is not None
        has_classes = self._session is not None and bool(self._session.classes)
        self.label.set_primary(has_classes and not labelled)
        self.refine.set_primary(labelled and snapshot is not None and snapshot.refinement is None)


class _Step(QWidget):
    """A button of an action, and a line below it; `options` has a small button beside it."""

    def __init__(self, action: QAction, text: str, icon_name: str, options: QAction | None = None) -> None:
        super().__init__()
        self._action, self._icon = action, icon_name
        self.button = QPushButton(f" {text}")
        self.button.clicked.connect(action.trigger)
        self._state = QLabel()
        self._state.setTextFormat(Qt.TextFormat.PlainText)
        self._state.setProperty("role", "quiet")
        self._state.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self.button, 1)
        if options is not None:
            self.options = QToolButton()
            self.options.setDefaultAction(options)
            self.options.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
            self.options.setAccessibleName(options.text().replace("&", ""))
            row.addWidget(self.options)
        layout.addLayout(row)
        layout.addWidget(self._state)
        action.changed.connect(self._follow)
        self._primary: bool | None = None
        self._follow()

    @property
    def state(self) -> str:
        """The line below the button."""
        return self._state.text()

    def show_state(self, text: str) -> None:
        self._state.setText(text)
        self.button.setAccessibleDescription(text)

    def set_primary(self, primary: bool) -> None:
        """Whether this is what to do next."""
        if primary != self._primary:
            self._primary = primary
            self.button.setProperty("primary", primary)
            self.button.style().unpolish(self.button)
            self.button.style().polish(self.button)
            self._tint()

    def _follow(self) -> None:
        self.button.setEnabled(self._action.isEnabled())
        self.button.setToolTip(self._action.toolTip())

    def _tint(self) -> None:
        set_icon(self.button, self._icon, Tint.ON_ACCENT if self._primary else Tint.TEXT)


def label_state(snapshot: Snapshot | None) -> str:
    """How stage 1 stands, in a line."""
    if snapshot is None:
        return StepTexts.label_first
    run = snapshot.stage_one
    if run is None:
        return _waiting_text(snapshot)
    labelled = int((snapshot.table.zero_shot_label >= 0).sum())
    count = f"{labelled:,}"
    kind = kind_of(run)
    if kind == "imported":
        return StepTexts.imported_one if labelled == 1 else StepTexts.imported.format(count=count)
    if kind == "predicted":
        return StepTexts.predicted_one if labelled == 1 else StepTexts.predicted.format(count=count)
    model = str(run.params.get("model", {}).get("model", "CLIP"))
    name = Path(model).name if Path(model).is_absolute() else model
    return StepTexts.labelled.format(count=count, model=name)


def _waiting_text(snapshot: Snapshot) -> str:
    """How many images a first labelling would give a label: not those that a person decided, or that cannot be read."""
    table = snapshot.table
    waiting = int(np.count_nonzero(table.status == Status.UNLABELLED))
    if not len(table):
        return StepTexts.label_first
    if not waiting:
        return StepTexts.label_none
    return StepTexts.label_now_one if waiting == 1 else StepTexts.label_now.format(count=f"{waiting:,}")


def refine_state(snapshot: Snapshot | None) -> str:
    """How stage 2 stands, in a line."""
    if snapshot is None or snapshot.stage_one is None:
        return StepTexts.refine_first
    if snapshot.refinement is None:
        return StepTexts.refine_now
    if not snapshot.delivering:
        return StepTexts.kept
    changed = int(np.count_nonzero(disagree(snapshot.table)))
    return StepTexts.refined_one if changed == 1 else StepTexts.refined.format(count=f"{changed:,}")
