"""The dialog that imports known labels: where they are, which class each name is, and what will happen."""

from collections.abc import Mapping
from pathlib import Path

import shiboken6
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from core.errors import UserError
from core.jobs import JobContext, JobEnded
from core.tasks.import_labels import FoundName, ImportPreview, ImportSpec, preview_import
from medlabel_gui.dialogs.files import FileDialogs
from medlabel_gui.dialogs.import_table import MappingTable
from medlabel_gui.icons import set_icon
from medlabel_gui.jobs import Job, JobRunner
from medlabel_gui.plain import plain_tip
from medlabel_gui.session import Aspect, Change, Session
from medlabel_gui.settings import Settings
from medlabel_gui.texts.imports import ImportTexts, MappingTexts, OutcomeTexts

PURPOSE = "labels"
_EXAMPLES = 3


class ImportLabelsDialog(QDialog):
    """Reads the source in a worker thread, and says `import_wanted` with what was chosen. It stores nothing itself.

    `files` takes the place of the file dialogs. Raises `UserError` when no project is open.
    """

    import_wanted = Signal(ImportSpec)

    def __init__(
        self,
        session: Session,
        settings: Settings,
        runner: JobRunner,
        files: FileDialogs | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        if session.project is None:
            raise UserError(ImportTexts.no_project, ImportTexts.no_project_hint)
        self.setWindowTitle(ImportTexts.title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._session, self._runner, self._project = session, runner, session.project
        self._files = files or FileDialogs(self, settings)
        self._source: Path | None = None
        self._preview: ImportPreview | None = None
        self._job: Job | None = None
        self._read_for: object = None
        self._make_parts()
        self._place_parts()
        self._connect_parts()
        self._say(OutcomeTexts.choose)
        self.resize(600, 460)
        self.file_button.setFocus(Qt.FocusReason.OtherFocusReason)

    @property
    def preview(self) -> ImportPreview | None:
        """What the source holds; None while it is read, or when it could not be."""
        return self._preview

    def read(self, source: Path) -> None:
        """Read known labels from `source` (CSV, NPZ or a folder of class folders) and show what they are."""
        if source != self._source:
            self.table.forget()
        self._source = source
        self.path.setText(str(source))
        self.path.setToolTip(plain_tip(str(source)))
        self._read()

    # Assembly

    def _make_parts(self) -> None:
        self.path = QLineEdit()
        self.path.setReadOnly(True)
        self.path.setPlaceholderText(ImportTexts.nothing_chosen)
        self.path.setAccessibleName(ImportTexts.source_name)
        self.path.setToolTip(ImportTexts.source_name)
        self.file_button = QPushButton(ImportTexts.file)
        self.file_button.setToolTip(ImportTexts.file_tip)
        set_icon(self.file_button, "table")
        self.folder_button = QPushButton(ImportTexts.folders)
        self.folder_button.setToolTip(ImportTexts.folders_tip)
        set_icon(self.folder_button, "folder-open")
        for button in (self.file_button, self.folder_button):
            button.setAutoDefault(False)
        self.table = MappingTable()
        self.outcome, self.details = QLabel(), QLabel()
        self.outcome.setProperty("role", "heading")
        self.details.setProperty("role", "quiet")
        for label in (self.outcome, self.details):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
        buttons = QDialogButtonBox()
        self.import_button = buttons.addButton(ImportTexts.ok, QDialogButtonBox.ButtonRole.AcceptRole)
        self.import_button.setProperty("primary", True)
        self.import_button.setDefault(True)
        self.cancel_button = buttons.addButton(ImportTexts.cancel, QDialogButtonBox.ButtonRole.RejectRole)
        self.cancel_button.setToolTip(ImportTexts.cancel)
        self.cancel_button.setAutoDefault(False)
        self.buttons = buttons

    def _place_parts(self) -> None:
        purpose, after, source = (
            QLabel(ImportTexts.purpose),
            QLabel(ImportTexts.after),
            QLabel(ImportTexts.source),
        )
        after.setProperty("role", "quiet")
        source.setBuddy(self.file_button)
        row = QHBoxLayout()
        for part in (source, self.path, self.file_button, self.folder_button):
            row.addWidget(part, int(part is self.path))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 14)
        layout.setSpacing(10)
        words = QVBoxLayout()
        words.setSpacing(2)
        for label in (purpose, after):
            label.setWordWrap(True)
            words.addWidget(label)
        layout.addLayout(words)
        layout.addLayout(row)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.outcome)
        layout.addWidget(self.details)
        layout.addWidget(self.buttons)

    def _connect_parts(self) -> None:
        self.file_button.clicked.connect(self._choose_file)
        self.folder_button.clicked.connect(self._choose_folder)
        self.table.changed.connect(self._show_outcome)
        self.buttons.accepted.connect(self._import)
        self.buttons.rejected.connect(self.reject)
        self._session.changed.connect(self._session_changed)
        self._session.closed.connect(self.reject)

    # Reading

    def _choose_file(self) -> None:
        self._files.choose_file(ImportTexts.choose_file, PURPOSE, ImportTexts.kinds, self.read)

    def _choose_folder(self) -> None:
        self._files.choose_folder(ImportTexts.choose_folder, PURPOSE, self.read)

    def _read(self) -> None:
        assert self._source is not None
        self._stop()
        self._preview, self._read_for = None, self._state()
        self._say(OutcomeTexts.reading)
        spec = ImportSpec(self._project, self._source)

        def task(ctx: JobContext) -> ImportPreview:
            return preview_import(spec, ctx)

        def take(ended: JobEnded) -> None:
            if shiboken6.isValid(self) and self._job is job:
                self._take(ended)

        job = self._runner.start("known labels", task, "io", on_ended=take)
        self._job = job

    def _stop(self) -> None:
        job, self._job = self._job, None
        if job is not None:
            job.cancel()

    def _take(self, ended: JobEnded) -> None:
        self._job = None
        if isinstance(ended.result, ImportPreview):
            self._preview = found = ended.result
            numbers = found.source.suffix.lower() == ".npz"
            self.table.show_names(found.found, self._session.classes, numbers)
            self._show_outcome()
        elif ended.error is not None:
            self.table.forget()
            self._say(str(ended.error), role="error")

    def _state(self) -> object:
        """What of the project a reading depends on."""
        table = self._session.table
        return [(c.id, c.name) for c in self._session.classes], 0 if table is None else len(table)

    def _session_changed(self, change: Change) -> None:
        if self._session.project != self._project:
            self.reject()
        elif change.aspect is Aspect.TABLE and self._source is not None and self._state() != self._read_for:
            self._read()

    # What will happen

    def _show_outcome(self) -> None:
        found = self._preview
        if found is None:
            return
        mapping = self.table.mapping()
        count = sum(name.images for name in found.found if name.name in mapping)
        more = "\n".join(_details(found, mapping, self.table))
        if not found.matched:
            self._say(OutcomeTexts.no_image.format(source=found.source.name), more, "error")
        elif not count:
            self._say(OutcomeTexts.all_left_out, more, "warning")
        else:
            labels = OutcomeTexts.labels.format(count=f"{count:,}", images=f"{found.images:,}")
            self._say(labels, more)
            self.import_button.setEnabled(True)
            self.import_button.setToolTip(ImportTexts.ok_tip)

    def _say(self, text: str, more: str = "", role: str = "heading") -> None:
        """Why nothing can be imported yet, or what will be."""
        self.outcome.setText(text)
        self.outcome.setProperty("role", role)
        self.outcome.style().polish(self.outcome)
        self.details.setText(more)
        self.details.setVisible(bool(more))
        self.import_button.setEnabled(False)
        self.import_button.setToolTip(plain_tip(text))

    def _import(self) -> None:
        if self._preview is None or not self.import_button.isEnabled():
            return
        mapping = dict(self.table.mapping())
        left_out = tuple(f.name for f in self._preview.found if f.name not in mapping)
        self.import_wanted.emit(ImportSpec(self._project, self._preview.source, mapping, left_out))
        self.accept()

    # Qt

    def done(self, result: int) -> None:
        self._stop()
        super().done(result)


def _details(found: ImportPreview, mapping: Mapping[str, str], table: MappingTable) -> list[str]:
    """What else there is to know before somebody imports."""
    said = []
    left = [name for name in found.found if name.images and name.name not in mapping]
    if table.unsure:
        said.append(_counted(table.unsure, OutcomeTexts.check_one, OutcomeTexts.check))
    if left and len(left) < len([name for name in found.found if name.images]):
        count = sum(name.images for name in left)
        said.append(_counted(count, OutcomeTexts.one_left_out, OutcomeTexts.left_out, names=_some(left)))
    if found.unmatched and found.matched:
        examples = ", ".join(found.examples[:_EXAMPLES]) + ("…" if found.unmatched > _EXAMPLES else "")
        texts = OutcomeTexts.one_unmatched, OutcomeTexts.unmatched
        said.append(_counted(found.unmatched, *texts, examples=examples))
    if found.known:
        said.append(_counted(found.known, OutcomeTexts.one_known, OutcomeTexts.known))
    if table.hidden_names:
        said.append(MappingTexts.more.format(count=table.rowCount()))
    return said


def _some(names: list[FoundName]) -> str:
    more = "…" if len(names) > _EXAMPLES else ""
    return ", ".join(f"“{name.shown}”" for name in names[:_EXAMPLES]) + more


def _counted(count: int, one: str, many: str, **values: str) -> str:
    return (one if count == 1 else many).format(count=f"{count:,}", **values)
