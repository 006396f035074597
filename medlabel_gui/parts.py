"""Every part of the window, made and given what it needs. Where they stand is the window's business."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow, QWidget

from medlabel_gui.actions import Actions
from medlabel_gui.centre import Centre
from medlabel_gui.dialogs.files import FileDialogs
from medlabel_gui.grid.delegate import TileDelegate
from medlabel_gui.grid.disk import DiskThumbnails
from medlabel_gui.grid.loader import ThumbnailLoader
from medlabel_gui.grid.model import ImageModel
from medlabel_gui.grid.view import TileView
from medlabel_gui.jobs import JobRunner
from medlabel_gui.panels.changes import ChangesPanel
from medlabel_gui.panels.classes import ClassesPanel
from medlabel_gui.panels.curves import CurvesPanel
from medlabel_gui.panels.empty import EmptyPanel
from medlabel_gui.panels.filter_bar import FilterBar
from medlabel_gui.panels.message_bar import MessageBar
from medlabel_gui.panels.model import ModelPanel
from medlabel_gui.panels.progress import ProgressPanel
from medlabel_gui.panels.review import ReviewPanel
from medlabel_gui.panels.sidebar import Sidebar
from medlabel_gui.panels.summary import SelectionLabel, SummaryPanel
from medlabel_gui.preview import PreviewPage
from medlabel_gui.refine_choice import kept_choice
from medlabel_gui.relabel import AutoRelabel
from medlabel_gui.session import Session
from medlabel_gui.settings import Settings
from medlabel_gui.texts.window import WindowTexts
from medlabel_gui.work import Work


class Parts:
    """The widgets by name, and what they share."""

    def __init__(
        self,
        window: QMainWindow,
        session: Session,
        work: Work,
        runner: JobRunner,
        settings: Settings,
        actions: Actions,
        files: FileDialogs,
    ) -> None:
        self.window, self.runner, self.settings = window, runner, settings
        self.actions, self.files = actions, files
        self.model = ImageModel(session, window)
        self.loader = ThumbnailLoader(session, runner, window, DiskThumbnails(settings))
        self.view = TileView()
        self.view.setModel(self.model)
        self.view.setItemDelegate(TileDelegate(self.loader, window))
        self.filter_bar = FilterBar(session, self.model)
        self.summary = SummaryPanel(session)
        self.preview = PreviewPage(session, runner)
        self.messages = MessageBar()
        self.empty = EmptyPanel(actions, settings, runner)
        above = (self.summary, self.filter_bar)
        self.centre = Centre(session, self.messages, self.empty, above, self.view, self.model, self.preview)
        self.classes = ClassesPanel(session, settings)
        self.models = ModelPanel(settings, runner, files)
        self.relabel = AutoRelabel(session, work, self.models.device, window)
        steps = (actions["label"], actions["refine"])
        self.sidebar = Sidebar(self.classes, self.models, *steps, session, options=actions["refine_options"])
        self.sidebar.show_choice(kept_choice(settings))
        self.curves = CurvesPanel(session, files, runner)
        work.batch_ended.connect(self.curves.add_batch)
        work.epoch_ended.connect(self.curves.add)
        work.training_ended.connect(self.curves.end)
        self.changes = ChangesPanel(session)
        self.review = ReviewPanel(session, self.model)
        self.progress = ProgressPanel(actions["cancel"])
        self.selection = SelectionLabel()
        left, right = Qt.DockWidgetArea.LeftDockWidgetArea, Qt.DockWidgetArea.RightDockWidgetArea
        self.label_dock = _dock("labelling", WindowTexts.labelling, self.sidebar, window, left)
        self.review_dock = _dock("review", WindowTexts.review, self.review, window, right)
        self.curves_dock = _dock("training", WindowTexts.training, self.curves, window, right)
        self.changes_dock = _dock("changes", WindowTexts.changes, self.changes, window, right)
        window.tabifyDockWidget(self.review_dock, self.curves_dock)
        window.tabifyDockWidget(self.curves_dock, self.changes_dock)

    @property
    def docks(self) -> tuple[QDockWidget, ...]:
        """All docks, in the order of the View menu."""
        return self.label_dock, self.review_dock, self.curves_dock, self.changes_dock

    def show_dock(self, dock: QDockWidget) -> None:
        """Bring a dock to the front."""
        dock.show()
        dock.raise_()

    def show_review(self) -> None:
        """Bring the review to the front of its column, unless somebody has closed it."""
        if not self.review_dock.isHidden():
            self.review_dock.raise_()


def _dock(
    name: str, title: str, content: QWidget, window: QMainWindow, area: Qt.DockWidgetArea
) -> QDockWidget:
    dock = QDockWidget(title, window)
    dock.setObjectName(name)
    dock.setWidget(content)
    feature = QDockWidget.DockWidgetFeature
    dock.setFeatures(feature.DockWidgetClosable | feature.DockWidgetMovable | feature.DockWidgetFloatable)
    window.addDockWidget(area, dock)
    return dock
