"""The settings: who sits here, colours, thumbnails, keys. They hold as soon as they are applied."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from core.tasks.provenance import who
from medlabel_gui.action_table import ActionSpec
from medlabel_gui.dialogs.shortcut_editor import ShortcutEditor
from medlabel_gui.dialogs.thumbnail_settings import ThumbnailSettings
from medlabel_gui.jobs import JobRunner
from medlabel_gui.keys import Keys, changed_keys
from medlabel_gui.settings import THEMES, Settings
from medlabel_gui.texts.settings import SettingsTexts, ShortcutTexts

_Button = QDialogButtonBox.StandardButton


class SettingsDialog(QDialog):
    """Writes to `settings` on Apply and OK, then `changed`; whoever listens applies them. Shown with `open()`.

    `class_keys` are the keys that give images a class of the open project, by the name of the class.
    Thumbnails are deleted by the `runner`, where there is one.
    """

    changed = Signal()

    def __init__(
        self,
        settings: Settings,
        specs: Sequence[ActionSpec],
        keys: Keys,
        parent: QWidget | None = None,
        class_keys: Mapping[str, str] | None = None,
        runner: JobRunner | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(SettingsTexts.title)
        self._settings, self._specs = settings, tuple(specs)
        self._name = QLineEdit(settings.author)
        self._name.setPlaceholderText(who())
        self._name.setToolTip(SettingsTexts.name_tip)
        self._theme = QComboBox()
        for theme in THEMES:
            self._theme.addItem(getattr(SettingsTexts, theme), theme)
        self._theme.setCurrentIndex(THEMES.index(settings.theme))
        self._theme.setToolTip(SettingsTexts.theme_tip)
        self.thumbnails = ThumbnailSettings(settings.keep_thumbnails, runner)
        self.shortcuts = ShortcutEditor(specs, keys, class_keys=class_keys)
        self._tabs = QTabWidget()
        self._tabs.addTab(self._general(), SettingsTexts.general)
        self._tabs.addTab(self.shortcuts, SettingsTexts.shortcuts)
        self._buttons = QDialogButtonBox(_Button.Ok | _Button.Apply | _Button.Cancel)
        self._waiting = QLabel(ShortcutTexts.waiting)
        self._waiting.setProperty("role", "quiet")
        layout = QVBoxLayout(self)
        layout.addWidget(self._tabs, 1)
        layout.addWidget(self._waiting)
        layout.addWidget(self._buttons)
        self.resize(640, 580)
        self._connect()
        self._follow()

    @property
    def name(self) -> QLineEdit:
        """The field for the name."""
        return self._name

    def apply(self) -> None:
        """Keep what is chosen."""
        self._settings.author = self._name.text()
        self._settings.theme = self._theme.currentData()
        self._settings.keep_thumbnails = self.thumbnails.keep
        self._settings.shortcuts = changed_keys(self._specs, self.shortcuts.keys)
        self._follow()
        self.changed.emit()

    def accept(self) -> None:
        """Keep what is chosen and close."""
        if self._different():
            self.apply()
        super().accept()

    def _general(self) -> QWidget:
        page = QWidget()
        form = QFormLayout(page)
        form.setContentsMargins(12, 16, 12, 12)
        form.setVerticalSpacing(8)
        hint = QLabel(SettingsTexts.name_hint)
        hint.setProperty("role", "quiet")
        hint.setWordWrap(True)
        form.addRow(SettingsTexts.name, self._name)
        form.addRow("", hint)
        form.addRow(SettingsTexts.theme, self._theme)
        form.addRow(SettingsTexts.thumbnails, self.thumbnails)
        return page

    def _connect(self) -> None:
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)
        self._buttons.button(_Button.Apply).clicked.connect(self.apply)
        self._name.textChanged.connect(self._follow)
        self._theme.currentIndexChanged.connect(self._follow)
        self.thumbnails.changed.connect(self._follow)
        self.shortcuts.changed.connect(self._follow)

    def _different(self) -> bool:
        return (
            self._name.text().strip() != self._settings.author
            or self._theme.currentData() != self._settings.theme
            or self.thumbnails.keep != self._settings.keep_thumbnails
            or changed_keys(self._specs, self.shortcuts.keys)
            != changed_keys(self._specs, self._settings.shortcuts)
        )

    def _follow(self) -> None:
        clean = not self.shortcuts.conflicts
        self._waiting.setVisible(not clean)
        self._buttons.button(_Button.Ok).setEnabled(clean)
        self._buttons.button(_Button.Apply).setEnabled(clean and self._different())
