"""The export dialog: what is written, which images, how they are divided, and where it goes."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFrame,
    QGroupBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from core.errors import UserError
from core.tasks.export import FORMATS, ExportSpec, Status
from medlabel_gui.dialogs.export_choices import NOTHING, ExportChoices
from medlabel_gui.dialogs.export_images import ImageBox
from medlabel_gui.dialogs.export_look import LookAhead, Looked
from medlabel_gui.dialogs.export_options import SplitBox, TogetherBox, WhichBox
from medlabel_gui.dialogs.export_preview import PreviewPane
from medlabel_gui.dialogs.export_target import PURPOSE, TargetRow
from medlabel_gui.dialogs.files import FileDialogs
from medlabel_gui.icons import Tint, set_icon
from medlabel_gui.jobs import JobRunner
from medlabel_gui.session import Aspect, Change, Session
from medlabel_gui.settings import Settings
from medlabel_gui.texts.export import CsvTexts, ExportTexts, FormatTexts, PlanTexts, TargetTexts

_ICONS = {"csv": "table", "npz": "box", "folders": "folder-open", "report": "clipboard-list"}
_FOLLOW_MS = 1000  # labels that a job changes all the time are followed no faster
_OPTIONS_WIDTH = 380


class ExportDialog(QDialog):
    """Looks ahead after every change, and says `export_wanted` with what was chosen. It writes nothing itself.

    `files` takes the place of the file dialogs. Raises `UserError` when no project is open.
    """

    export_wanted = Signal(ExportSpec)

    def __init__(
        self,
        session: Session,
        settings: Settings,
        runner: JobRunner,
        parent: QWidget | None = None,
        files: FileDialogs | None = None,
    ) -> None:
        super().__init__(parent)
        if session.project is None or session.table is None:
            raise UserError(ExportTexts.no_project, ExportTexts.no_project_hint)
        self.setWindowTitle(ExportTexts.title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._session, self._settings, self._project = session, settings, session.project
        self._has_groups = any(session.table.group)
        self._choices = ExportChoices.from_json(settings.choices("export"))
        self._ready: ExportSpec | None = None
        self._hurried = False  # Export was pressed before the look ahead had come back
        self.look_ahead = LookAhead(runner, self)
        self._follow_timer = QTimer(self)
        self._follow_timer.setSingleShot(True)
        self._follow_timer.setInterval(_FOLLOW_MS)
        self._follow_timer.timeout.connect(self._follow_project)
        self._make_parts(files or FileDialogs(self, settings))
        self._place_parts()
        self._show_choices()
        self._connect_parts()
        self._show_counts()
        self._show_format()
        self.export_button.setDefault(True)
        self.resize(1000, 670)

    @property
    def choices(self) -> ExportChoices:
        """What is chosen now."""
        return self._choices

    def choose_format(self, name: str) -> None:
        """Show this format: csv, npz, folders or report."""
        self.formats[name].setChecked(True)
        self._choices = replace(self._choices, format=name)
        self._show_format()

    # Assembly

    def _make_parts(self, files: FileDialogs) -> None:
        self.formats: dict[str, QPushButton] = {}
        self._format_group = QButtonGroup(self)
        for form in FORMATS:
            button = QPushButton(str(getattr(FormatTexts, form)))
            button.setCheckable(True)
            button.setAutoDefault(False)
            button.setToolTip(str(getattr(FormatTexts, f"{form}_purpose")))
            self._format_group.addButton(button)
            self.formats[form] = button
        self.purpose, self.reason = QLabel(), QLabel()
        for label in (self.purpose, self.reason):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setProperty("role", "quiet")
            label.setWordWrap(True)
        self.which, self.split, self.images = WhichBox(), SplitBox(), ImageBox()
        self.together = TogetherBox(files, self._has_groups)
        self.csv = QGroupBox(CsvTexts.title)
        self.excel = QCheckBox(CsvTexts.excel)
        self.excel.setToolTip(CsvTexts.excel_tip)
        self.preview = PreviewPane()
        images = Path(self._session.name)
        name = images.stem if images.suffix.lower() == ".npz" else images.name
        self.target = TargetRow(name, self._settings, files)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        # Enter exports or does nothing: Export may be disabled while it has the focus, which then goes to Cancel.
        self.buttons.button(QDialogButtonBox.StandardButton.Cancel).setAutoDefault(False)
        self.export_button = QPushButton(ExportTexts.export)
        self.export_button.setProperty("primary", True)
        self.export_button.setToolTip(ExportTexts.export_tip)
        self.buttons.addButton(self.export_button, QDialogButtonBox.ButtonRole.AcceptRole)

    def _place_parts(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(4)
        for button in self.formats.values():
            top.addWidget(button)
        top.addStretch(1)
        csv = QVBoxLayout(self.csv)
        csv.addWidget(self.excel)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 6, 0)
        for box in (self.which, self.images, self.split, self.together, self.csv):
            column.addWidget(box)
        column.addStretch(1)
        options = QScrollArea()
        options.setWidget(inside)
        options.setWidgetResizable(True)
        options.setFrameShape(QFrame.Shape.NoFrame)
        options.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        options.setFixedWidth(_OPTIONS_WIDTH)
        options.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        middle = QHBoxLayout()
        middle.setSpacing(14)
        middle.addWidget(options)
        middle.addWidget(self.preview, 1)
        bottom = QHBoxLayout()
        bottom.addWidget(self.reason, 1)
        bottom.addWidget(self.buttons)
        outer = QVBoxLayout(self)
        outer.addLayout(top)
        outer.addWidget(self.purpose)
        outer.addLayout(middle, 1)
        outer.addWidget(self.target)
        outer.addLayout(bottom)

    def _connect_parts(self) -> None:
        for name, button in self.formats.items():
            button.clicked.connect(partial(self._format_clicked, name))
        for box in (self.which, self.split, self.together, self.images, self.target):
            box.changed.connect(self._follow_choices)
        self.excel.toggled.connect(self._follow_choices)
        self.look_ahead.looked.connect(self._show_look)
        self.look_ahead.failed.connect(self._show_failure)
        self.buttons.rejected.connect(self.reject)
        self.export_button.clicked.connect(self._export)
        self._session.changed.connect(self._session_changed)

    # What is chosen

    def _show_choices(self) -> None:
        """Bring the remembered choices into the parts; those of a format come with the format."""
        chosen = self._choices
        self.together.show_choice(chosen.groups)
        self.images.show_choice(chosen.size, chosen.fit, chosen.grey)
        self.excel.setChecked(chosen.excel)
        self.formats[chosen.format].setChecked(True)
        self._choices = replace(chosen, groups=self.together.choice)

    def _format_clicked(self, name: str) -> None:
        if name != self._choices.format:
            self.choose_format(name)

    def _show_format(self) -> None:
        chosen, name = self._choices, self._choices.format
        for form, button in self.formats.items():
            font = button.font()
            font.setBold(form == name)
            button.setFont(font)
            set_icon(button, _ICONS[form], Tint.ACCENT if form == name else Tint.TEXT)
        self.purpose.setText(str(getattr(FormatTexts, f"{name}_purpose")))
        self.which.show_choice(chosen.statuses[name], FORMATS[name].reads_images)
        self.split.show_choice(chosen.split[name], chosen.ratios, chosen.seed)
        self.split.setVisible(name != "report")
        self.together.setVisible(name != "report")
        self.images.setVisible(name == "npz")
        self.csv.setVisible(name == "csv")
        self.target.show_format(name)
        self._ask()

    def _follow_choices(self) -> None:
        old, name = self._choices, self._choices.format
        self._choices = ExportChoices(
            format=name,
            statuses={**old.statuses, name: self.which.chosen},
            split={**old.split, name: self.split.divide.isChecked()},
            ratios=self.split.ratios,
            seed=self.split.seed.value(),
            groups=self.together.choice,
            size=self.images.chosen_size,
            fit=self.images.fit,
            grey=self.images.grey,
            excel=self.excel.isChecked(),
        )
        self._ask()

    # Looking ahead

    def _ask(self) -> None:
        """Look ahead at what is chosen now, unless it makes no sense."""
        self._ready, self._hurried = None, False
        out, problem = self.target.out, self._choices.problem
        if problem:
            self.look_ahead.stop()
            self._show_failure(problem)
            return
        spec = self._choices.spec(self._project, out or self._settings.folder(PURPOSE), self._has_groups)
        self.preview.show_looking()
        self._allow("")
        self.reason.setText(PlanTexts.looking)
        self.look_ahead.ask(spec, self.target.suggested)

    def _show_look(self, looked: Looked) -> None:
        plan = looked.look.plan
        self.together.allow_patients(looked.has_dicom)
        self.preview.show_look(looked.look)
        self.together.show_examples(plan.group_examples if self._choices.groups.by != NOTHING else ())
        if self.target.out is None:
            self.target.say(TargetTexts.empty, "error")
            self._allow(TargetTexts.empty)
            return
        self.target.show_plan(looked.spec.out, plan)
        self._ready = looked.spec
        self._allow(plan.problem or ("" if plan.images else PlanTexts.nothing))
        if plan.problem:
            self.reason.clear()  # it stands below the path
        if self._hurried and self.export_button.isEnabled() and not plan.overwrites:
            self._export()

    def _show_failure(self, why: str) -> None:
        self.preview.show_error(why)
        self.together.show_examples(())
        self._allow(why)

    def _allow(self, reason: str) -> None:
        """Make Export possible, or say why it is not."""
        self.export_button.setEnabled(not reason)
        self.export_button.setToolTip(reason or ExportTexts.export_tip)
        self.reason.setText(reason)

    # The project

    def _session_changed(self, change: Change) -> None:
        if self._session.project != self._project:
            self.reject()
        elif change.aspect is not Aspect.HISTORY and not self._follow_timer.isActive():
            self._follow_timer.start()

    def _follow_project(self) -> None:
        self._show_counts()
        self.look_ahead.forget()
        self._ask()

    def _show_counts(self) -> None:
        table = self._session.table
        if table is not None:
            counts = np.bincount(table.status, minlength=len(Status))
            self.which.show_counts({status: int(counts[status]) for status in Status})

    def _export(self) -> None:
        if self._ready is None:
            self._hurried = True
            return
        self._settings.set_choices("export", self._choices.to_json())
        self._settings.set_folder(PURPOSE, self._ready.out.parent)
        self.export_wanted.emit(self._ready)
        self.accept()

    # Qt

    def done(self, result: int) -> None:
        self._follow_timer.stop()
        self.look_ahead.stop()
        super().done(result)
