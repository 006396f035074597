"""The main window. It assembles the parts and connects them; what they do is in their own files."""

from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QDockWidget,
    QLabel,
    QMainWindow,
    QMenu,
    QMessageBox,
    QSizePolicy,
    QSlider,
    QStackedWidget,
    QToolBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from core.errors import UserError
from core.jobs import JobEnded
from core.refine.events import EpochEnd
from medlabel_gui.actions import TOOLBAR, Actions
from medlabel_gui.commands import Commands
from medlabel_gui.dialogs.about import show_about, show_shortcuts
from medlabel_gui.dialogs.files import FileDialogs
from medlabel_gui.grid.delegate import TileDelegate
from medlabel_gui.grid.loader import ThumbnailLoader
from medlabel_gui.grid.model import ImageModel
from medlabel_gui.grid.view import TileView
from medlabel_gui.jobs import JobRunner
from medlabel_gui.models import model_choices
from medlabel_gui.panels.classes import ClassesPanel
from medlabel_gui.panels.curves import CurvesPanel
from medlabel_gui.panels.empty import EmptyPanel
from medlabel_gui.panels.message_bar import MessageBar
from medlabel_gui.panels.model import ModelPanel
from medlabel_gui.panels.progress import ProgressPanel
from medlabel_gui.panels.sidebar import Sidebar
from medlabel_gui.panels.summary import SelectionLabel, SummaryPanel
from medlabel_gui.resources import APPLICATION
from medlabel_gui.session import Aspect, Change, Session
from medlabel_gui.settings import TILE_SIDES, Settings
from medlabel_gui.work import Work

_LAYOUT_VERSION = 1


class MainWindow(QMainWindow):
    """Everything the user sees. Closing it during a job asks once and waits for the job without blocking."""

    def __init__(self, runner: JobRunner, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAcceptDrops(True)
        self.settings, self.runner = settings, runner
        self.session = Session(runner, self)
        self.work = Work(self.session, runner, self)
        self._closing = False
        self._question: QMessageBox | None = None
        self._make_parts()
        self._place_parts()
        self._connect_parts()
        self._restore()
        self.refresh_actions()
        runner.start("models", lambda _: model_choices(), "io", on_ended=self._take_models)

    # Assembly

    def _make_parts(self) -> None:
        self.model = ImageModel(self.session, self)
        self.loader = ThumbnailLoader(self.session, self.runner, self)
        self.view = TileView()
        self.view.setModel(self.model)
        self.view.setItemDelegate(TileDelegate(self.loader, self))
        self.classes = ClassesPanel(self.session)
        self.models = ModelPanel(self.settings)
        files = FileDialogs(self, self.settings)
        self.commands = Commands(self.session, self.work, self.view, self.classes, self.models, files, self)
        self.actions_table = Actions(self.commands.handlers(), self)
        action = self.actions_table
        self.messages = MessageBar()
        self.summary = SummaryPanel(self.session)
        self.selection = SelectionLabel()
        self.empty = EmptyPanel(action["open_folder"], action["open_npz"])
        self.progress = ProgressPanel(action["cancel"])
        self.curves = CurvesPanel()
        self.sidebar = Sidebar(self.classes, self.models, action["label"], action["refine"])

    def _place_parts(self) -> None:
        images = QWidget()
        column = QVBoxLayout(images)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.summary)
        column.addWidget(self.view, 1)
        self.pages = QStackedWidget()
        self.pages.addWidget(self.empty)
        self.pages.addWidget(images)
        centre = QWidget()
        outer = QVBoxLayout(centre)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self.messages)
        outer.addWidget(self.pages, 1)
        self.setCentralWidget(centre)
        self.label_dock = self._dock("Labelling", self.sidebar, Qt.DockWidgetArea.LeftDockWidgetArea)
        self.curves_dock = self._dock("Training", self.curves, Qt.DockWidgetArea.RightDockWidgetArea)
        self.curves_dock.hide()
        self.statusBar().addWidget(self.progress, 1)
        self.statusBar().addPermanentWidget(self.selection)
        self.statusBar().setSizeGripEnabled(False)
        self._fill_menus()
        self._fill_toolbar()

    def _dock(self, title: str, content: QWidget, area: Qt.DockWidgetArea) -> QDockWidget:
        dock = QDockWidget(title, self)
        dock.setObjectName(title.lower())
        dock.setWidget(content)
        dock.setFeatures(
            QDockWidget.DockWidgetFeature.DockWidgetClosable | QDockWidget.DockWidgetFeature.DockWidgetMovable
        )
        self.addDockWidget(area, dock)
        return dock

    def _fill_menus(self) -> None:
        self.actions_table.fill(self.menuBar(), self.view)
        view_menu = next(a.menu() for a in self.menuBar().actions() if a.text() == "&View")
        assert isinstance(view_menu, QMenu)
        view_menu.addSeparator()
        view_menu.addAction(self.label_dock.toggleViewAction())
        view_menu.addAction(self.curves_dock.toggleViewAction())

    def _fill_toolbar(self) -> None:
        bar = QToolBar("Toolbar")
        bar.setObjectName("toolbar")
        bar.setMovable(False)
        bar.toggleViewAction().setEnabled(False)
        *groups, exports = TOOLBAR
        for group in groups:
            for action_id in group:
                bar.addAction(self.actions_table[action_id])
            bar.addSeparator()
        button = QToolButton()
        button.setText("Export ▾")
        button.setToolTip("Write the labels to files")
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.addActions([self.actions_table[action_id] for action_id in exports])
        bar.addWidget(button)
        space = QWidget()
        space.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        bar.addWidget(space)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(*TILE_SIDES)
        self.slider.setFixedWidth(130)
        self.slider.setToolTip("Size of the thumbnails (Ctrl+mouse wheel)")
        self.slider.setAccessibleName("Size of the thumbnails")
        bar.addWidget(QLabel("Size "))
        bar.addWidget(self.slider)
        self.addToolBar(bar)

    def _connect_parts(self) -> None:
        session, work, commands = self.session, self.work, self.commands
        for source in (session.failed, work.failed, commands.failed):
            source.connect(self.messages.show_error)
        work.noted.connect(self.messages.show_note)
        work.busy_changed.connect(self._busy_changed)
        work.progressed.connect(self.progress.show_progress)
        work.training_started.connect(self._training_started)
        work.epoch_ended.connect(self.curves.add)
        session.changed.connect(self._session_changed)
        self.classes.committed.connect(self._commit_classes)
        self.view.selection_changed.connect(self._selection_changed)
        self.view.side_changed.connect(self._side_changed)
        self.slider.valueChanged.connect(self.view.set_side)
        self.loader.loaded.connect(lambda _: self.view.viewport().update())
        commands.quit_wanted.connect(self.close)
        commands.about_wanted.connect(lambda: show_about(self))
        commands.shortcuts_wanted.connect(lambda: show_shortcuts(self))
        self.runner.idle.connect(self._close_when_idle)

    def _restore(self) -> None:
        self.resize(1280, 720)
        self.restoreGeometry(self.settings.geometry)
        self.restoreState(self.settings.layout, _LAYOUT_VERSION)
        self.curves_dock.hide()
        self.resizeDocks([self.label_dock], [270], Qt.Orientation.Horizontal)
        self.view.set_side(self.settings.tile_side)
        self._side_changed(self.view.side)
        self._session_changed(Change(Aspect.PROJECT))

    # What follows what

    def open_path(self, path: Path) -> None:
        """Open what was named on the command line or dropped."""
        self.commands.open_path(path)

    def report_bug(self, error: BaseException) -> None:
        """Show an exception that nobody expected; the window goes on."""
        self.messages.show_error(error)

    def stop_and_close(self) -> None:
        """Close without a question; the running job is stopped first."""
        self._closing = True
        if self.work.busy:
            self.progress.show_stopping()
        self.runner.cancel_all()
        self._close_when_idle()

    def refresh_actions(self) -> None:
        """Enable the actions that make sense now."""
        self.actions_table.refresh(self.commands.situation())

    def _session_changed(self, change: Change) -> None:
        snapshot = self.session.snapshot
        table = self.session.table
        if change.aspect in (Aspect.PROJECT, Aspect.TABLE):
            name = self.session.name
            self.setWindowTitle(f"{name} - {APPLICATION}" if name else APPLICATION)
            self.pages.setCurrentIndex(1 if table is not None and len(table) else 0)
            self._explain_emptiness()
            if snapshot is not None and not self.work.busy:
                self._show_stored_curves(also_none=change.aspect is Aspect.PROJECT)
        if change.aspect is Aspect.PROJECT:
            self.messages.hide()
            self.summary.refresh()
        self.refresh_actions()

    def _explain_emptiness(self) -> None:
        if self.session.project is None:
            return
        if self.work.busy:
            self.empty.tell("Looking for images…", f"in {self.session.source_path}")
        else:
            self.empty.tell(
                "No images found",
                f"There is no PNG, JPEG, BMP, GIF, WebP or TIFF in {self.session.source_path}.",
            )

    def _show_stored_curves(self, also_none: bool) -> None:
        snapshot = self.session.snapshot
        run = snapshot.refinement if snapshot is not None else None
        curves = run.metrics.get("curves", []) if run is not None else []
        epochs = [EpochEnd(**epoch) for epoch in curves]
        if epochs != self.curves.epochs and (epochs or also_none):
            self.curves.show_epochs(epochs)

    def _busy_changed(self, busy: bool) -> None:
        self.progress.set_busy(busy)
        if busy:
            self.messages.hide()  # it was about what is over now
        self._explain_emptiness()
        self.refresh_actions()

    def _training_started(self) -> None:
        self.curves.start()
        self.curves_dock.show()
        self.resizeDocks([self.curves_dock], [320], Qt.Orientation.Horizontal)

    def _selection_changed(self) -> None:
        self.selection.show_count(self.view.selected_count())
        self.refresh_actions()

    def _side_changed(self, side: int) -> None:
        self.slider.setValue(side)
        self.loader.set_side(round(side * self.devicePixelRatioF()))
        self.settings.tile_side = side

    def _commit_classes(self, entries: list[tuple[str, tuple[str, ...]]]) -> None:
        try:
            self.session.set_classes(entries)
        except UserError as error:
            self.messages.show_error(error)

    def _take_models(self, ended: JobEnded) -> None:
        if ended.error is not None:
            self.messages.show_error(ended.error)
        elif isinstance(ended.result, tuple):
            self.models.set_choices(ended.result)

    # Closing

    def _ask_before_closing(self) -> None:
        if self._question is not None:
            return
        box = QMessageBox(
            QMessageBox.Icon.Question, "A job is running", "Stop the running job and close?", parent=self
        )
        box.setInformativeText("What it has finished is kept. The next start goes on from there.")
        stop = box.addButton("Stop and close", QMessageBox.ButtonRole.AcceptRole)
        stay = box.addButton("Keep running", QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(stay)
        self._question = box
        box.finished.connect(lambda _: self._answered(box.clickedButton() is stop))
        box.open()

    def _answered(self, stop: bool) -> None:
        if self._question is not None:
            self._question.deleteLater()
            self._question = None
        if stop:
            self.stop_and_close()

    def _close_when_idle(self) -> None:
        if self._closing and not self.runner.jobs:
            QTimer.singleShot(0, self, self.close)

    # Qt

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.work.busy and not self._closing:
            event.ignore()
            self._ask_before_closing()
            return
        if self.runner.jobs:
            event.ignore()  # thumbnails or a snapshot: over in a moment
            self._closing = True
            self.runner.cancel_all()
            return
        self.settings.geometry = self.saveGeometry()
        self.settings.layout = self.saveState(_LAYOUT_VERSION)
        self.session.close()
        super().closeEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        urls = event.mimeData().urls()
        if len(urls) == 1 and urls[0].isLocalFile() and not self.work.busy:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self.open_path(Path(event.mimeData().urls()[0].toLocalFile()))
