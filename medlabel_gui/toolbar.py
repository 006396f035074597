"""The toolbar: the actions that are at hand, and the size of the thumbnails."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QSizePolicy, QSlider, QToolBar, QWidget

from medlabel_gui.action_table import TOOLBAR
from medlabel_gui.actions import Actions
from medlabel_gui.grid.view import TileView
from medlabel_gui.settings import TILE_SIDES
from medlabel_gui.texts.window import WindowTexts


class MainToolBar(QToolBar):
    """Reads the action table; the slider follows the grid and the grid the slider."""

    def __init__(self, actions: Actions, view: TileView, parent: QWidget | None = None) -> None:
        super().__init__(WindowTexts.toolbar, parent)
        self.setObjectName("toolbar")
        self.setMovable(False)
        self.toggleViewAction().setEnabled(False)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        for group in TOOLBAR:
            if group is not TOOLBAR[0]:
                self.addSeparator()
            for action_id in group:
                self.addAction(actions[action_id])
        space = QWidget()
        space.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.addWidget(space)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(*TILE_SIDES)
        self.slider.setFixedWidth(110)
        self.slider.setToolTip(WindowTexts.size_tip)
        self.slider.setAccessibleName(WindowTexts.size_name)
        label = QLabel(WindowTexts.size)
        label.setBuddy(self.slider)
        self.addWidget(label)
        self.addWidget(self.slider)
        self.slider.valueChanged.connect(view.set_side)
        view.side_changed.connect(self.slider.setValue)
