"""The main window. It assembles the parts and connects them; what they do is in their own files."""

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QCloseEvent, QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QMainWindow, QMenu, QWidget

from core.jobs import JobEnded
from core.processes import Worker
from medlabel_gui.actions import Actions
from medlabel_gui.centre import Page
from medlabel_gui.class_keys import ClassKeys
from medlabel_gui.closing import Closing
from medlabel_gui.commands import Commands
from medlabel_gui.dialogs.files import FileDialogs
from medlabel_gui.jobs import JobRunner
from medlabel_gui.models import model_choices
from medlabel_gui.parts import Parts
from medlabel_gui.reports import Reporter
from medlabel_gui.resources import APPLICATION
from medlabel_gui.session import Aspect, Change, Session
from medlabel_gui.settings import Settings
from medlabel_gui.texts.reports import OpenTexts
from medlabel_gui.texts.window import WindowTexts
from medlabel_gui.theme import set_theme
from medlabel_gui.toolbar import MainToolBar
from medlabel_gui.work import Work

_LAYOUT_VERSION = 2


class MainWindow(QMainWindow):
    """Everything the user sees. Closing it during a job asks once and waits for the job without blocking."""

    def __init__(
        self, runner: JobRunner, settings: Settings, worker: Worker, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAcceptDrops(True)
        self.settings, self.runner = settings, runner
        self.session = Session(runner, self)
        self.work = Work(self.session, runner, worker, self)
        self.actions_table = Actions(settings.shortcuts, self)
        files = FileDialogs(self, settings)
        self.parts = Parts(self, self.session, self.work, runner, settings, self.actions_table, files)
        self.commands = Commands(self.session, self.work, self.parts, self)
        self.actions_table.bind(self.commands.handlers())
        self.reporter = Reporter(self.work, self.commands, self.parts, self)
        self.closing = Closing(self, self.work, runner, worker)
        self._place_parts()
        self._connect_session()
        self._connect_work()
        self._connect_parts()
        self._restore()
        self.refresh_actions()
        self._list_models()

    # Assembly

    def _place_parts(self) -> None:
        parts = self.parts
        self.setCentralWidget(parts.centre)
        self.statusBar().addWidget(parts.progress, 1)
        self.statusBar().addPermanentWidget(parts.selection)
        self.statusBar().setSizeGripEnabled(False)
        self.actions_table.fill(self.menuBar())
        self.actions_table.listen_in(parts.view, parts.preview)
        self.class_keys = ClassKeys(self.session, self.commands, (parts.view, parts.preview), self)
        self._add_docks_to_menu()
        self._add_recent_menu()
        self.toolbar = MainToolBar(self.actions_table, parts.view)
        self.addToolBar(self.toolbar)

    def _add_docks_to_menu(self) -> None:
        menu = self._menu("view")
        menu.addSeparator()
        for dock in self.parts.docks:
            menu.addAction(dock.toggleViewAction())

    def _add_recent_menu(self) -> None:
        self.recent = QMenu(WindowTexts.recent, self)
        self.recent.aboutToShow.connect(self._fill_recent)
        self._menu("file").insertMenu(self.actions_table["open_samples"], self.recent)

    def _menu(self, name: str) -> QMenu:
        menu = self.menuBar().findChild(QMenu, name, Qt.FindChildOption.FindDirectChildrenOnly)
        assert isinstance(menu, QMenu)
        return menu

    def _connect_session(self) -> None:
        self.session.failed.connect(self.parts.messages.show_error)
        self.session.changed.connect(self._session_changed)

    def _connect_work(self) -> None:
        work, parts = self.work, self.parts
        work.busy_changed.connect(self._busy_changed)
        work.progressed.connect(parts.progress.show_progress)
        work.progressed.connect(parts.models.show_progress)
        work.download_ended.connect(self._download_ended)
        work.training_started.connect(self._training_started)
        work.finished.connect(self._finished)
        work.prompts_checked.connect(parts.classes.show_check)
        work.devices_found.connect(parts.models.set_devices)

    def _connect_parts(self) -> None:
        parts, commands = self.parts, self.commands
        commands.failed.connect(parts.messages.show_error)
        commands.viewing.quit_wanted.connect(self.close)
        commands.viewing.settings_changed.connect(self._apply_settings)
        parts.classes.edit_wanted.connect(commands.labelling.edit_classes)
        self.actions_table.keys_changed.connect(parts.classes.follow_keys)
        parts.classes.check_wanted.connect(commands.labelling.check_prompts)
        parts.models.download_wanted.connect(commands.labelling.download)
        parts.models.cancel_wanted.connect(self.work.cancel)
        parts.models.chosen_changed.connect(lambda _: commands.labelling.check_prompts())
        parts.models.failed.connect(parts.messages.show_error)
        parts.models.folders_changed.connect(self._list_models)
        parts.curves.failed.connect(parts.messages.show_error)
        parts.curves.noted.connect(parts.messages.show_note)
        parts.changes.pair_chosen.connect(commands.reviewing.review_pair)
        parts.changes.changed_wanted.connect(commands.reviewing.review_changed)
        parts.review.accept_wanted.connect(commands.reviewing.accept_confident)
        parts.review.review_wanted.connect(commands.reviewing.guarded(commands.reviewing.review))
        parts.preview.note_edited.connect(commands.reviewing.write_note_of)
        parts.empty.path_chosen.connect(commands.opening.open_path)
        parts.view.selection_changed.connect(self._selection_changed)
        parts.view.side_changed.connect(self._side_changed)
        parts.model.queried.connect(self.refresh_actions)
        parts.loader.loaded.connect(parts.view.repaint_row)
        self.closing.stopping.connect(parts.progress.show_stopping)

    def _restore(self) -> None:
        self.resize(1366, 740)
        self.restoreGeometry(self.settings.geometry)
        if not self.restoreState(self.settings.layout, _LAYOUT_VERSION):
            for dock in (self.parts.curves_dock, self.parts.changes_dock):
                dock.hide()
            docks, widths = [self.parts.label_dock, self.parts.review_dock], [280, 300]
            self.resizeDocks(docks, widths, Qt.Orientation.Horizontal)
        self.session.author = self.settings.author or self.session.author
        self._show_keys()
        self.parts.view.set_side(self.settings.tile_side)
        self._side_changed(self.parts.view.side)
        self._session_changed(Change(Aspect.PROJECT))
        self.parts.empty.focus_first()

    # What follows what

    def open_path(self, path: Path) -> None:
        """Open what was named on the command line or dropped."""
        self.commands.opening.open_path(path)

    def greet(self) -> None:
        """On the first start: what this is for, and who sits here."""
        if self.settings.terms_seen:
            return
        from medlabel_gui.dialogs.first_start import FirstStart

        greeting = FirstStart(self.settings, self)
        greeting.quit_wanted.connect(self.close)
        greeting.accepted.connect(self._apply_settings)
        greeting.open()

    def report_bug(self, error: BaseException) -> None:
        """Show an exception that nobody expected; the window goes on."""
        self.parts.messages.show_error(error)

    def refresh_actions(self) -> None:
        """Enable the actions that make sense now."""
        now = self.commands.situation()
        self.actions_table.refresh(now)
        self.actions_table["group"].setChecked(self.parts.model.query.by_class)
        self.actions_table.name("undo", self.session.undo_text)
        self.actions_table.name("redo", self.session.redo_text)

    def _session_changed(self, change: Change) -> None:
        if change.aspect in (Aspect.PROJECT, Aspect.TABLE):
            self._show_pages()
        if change.aspect is Aspect.PROJECT:
            self._project_changed()
        self.refresh_actions()

    def _project_changed(self) -> None:
        name, source = self.session.name, self.session.source_path
        self.setWindowTitle(WindowTexts.title.format(name=name) if name else APPLICATION)
        self.parts.messages.clear()
        self.parts.messages.set_context(str(self.session.project or ""))
        self.parts.summary.refresh()
        if self.session.snapshot is None or self.session.snapshot.refinement is None:
            self.parts.show_review()  # there are no changes to look at
        if source is not None:
            self.settings.add_recent(source)
            self.parts.empty.refresh_recent()

    def _show_pages(self) -> None:
        table, centre = self.session.table, self.parts.centre
        if table is None or not len(table):
            self._explain_emptiness()
            centre.show_start()
        elif centre.page is Page.START:
            centre.show_grid()

    def _explain_emptiness(self) -> None:
        source = self.session.source_path
        if source is None:
            self.parts.empty.welcome()
        elif self.work.busy:
            self.parts.empty.tell(OpenTexts.looking, OpenTexts.looking_in.format(path=source))
        else:
            self.parts.empty.tell(OpenTexts.nothing, OpenTexts.nothing_in.format(path=source))

    def _busy_changed(self, busy: bool) -> None:
        self.parts.progress.set_busy(busy)
        if busy:
            self.parts.messages.clear()  # they were about what is over now
        self._explain_emptiness()
        self.refresh_actions()

    def _training_started(self) -> None:
        self.parts.curves.start()
        self.parts.show_dock(self.parts.curves_dock)

    def _finished(self, result: object) -> None:
        if type(result).__name__ == "RefineResult" and self.parts.curves_dock.isVisible():  # imported late
            self.parts.show_dock(self.parts.changes_dock)

    def _download_ended(self, error: Exception | None) -> None:
        left = self.parts.models.download_ended(error)  # the list of models has told it, if it is open
        if left is not None:
            self.parts.messages.show_error(left)
        self._list_models()

    def _selection_changed(self) -> None:
        self.parts.selection.show_count(self.parts.view.selected_count())
        self.refresh_actions()

    def _side_changed(self, side: int) -> None:
        self.toolbar.slider.setValue(side)
        self.parts.loader.set_side(round(side * self.devicePixelRatioF()))
        self.settings.tile_side = side

    def _apply_settings(self) -> None:
        self.session.author = self.settings.author or self.session.author
        self.actions_table.set_keys(self.settings.shortcuts)
        self._show_keys()
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        set_theme(app, self.settings.theme)

    def _show_keys(self) -> None:
        keys = self.actions_table.keys()
        self.parts.selection.set_keys(keys)
        self.parts.preview.set_keys(keys)

    def _list_models(self) -> None:
        folders = self.settings.model_folders
        self.runner.start("models", lambda _: model_choices(folders), "io", on_ended=self._take_models)

    def _take_models(self, ended: JobEnded) -> None:
        if ended.error is not None:
            self.parts.messages.show_error(ended.error)
        elif isinstance(ended.result, tuple):
            self.parts.models.set_choices(ended.result)

    def _fill_recent(self) -> None:
        self.recent.clear()
        for path in self.settings.recent:
            action = QAction(str(path), self.recent)
            action.triggered.connect(lambda _=False, path=path: self.open_path(path))
            self.recent.addAction(action)
        self.recent.setEnabled(True)

    # Qt

    def closeEvent(self, event: QCloseEvent) -> None:
        self.parts.preview.commit_note()
        if not self.closing.may_close():
            event.ignore()
            return
        self.settings.geometry = self.saveGeometry()
        self.settings.layout = self.saveState(_LAYOUT_VERSION)
        self.session.close()
        super().closeEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        urls = event.mimeData().urls()
        if len(urls) == 1 and urls[0].isLocalFile() and not self.work.busy:
            event.acceptProposedAction()
            self.parts.empty.show_drop(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.parts.empty.show_drop(False)
        super().dragLeaveEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self.parts.empty.show_drop(False)
        self.open_path(Path(event.mimeData().urls()[0].toLocalFile()))
