"""What is seen and how, the dialogs, and leaving."""

from dataclasses import replace

from PySide6.QtCore import Signal

from core.project.class_edits import key_of
from medlabel_gui.action_table import ACTIONS
from medlabel_gui.commands.base import CommandGroup
from medlabel_gui.settings import TILE_SIDES

_STEP = 16


class ViewingCommands(CommandGroup):
    """Nothing here changes the project. Dialogs are imported when they are opened: the window is up sooner."""

    quit_wanted = Signal()
    settings_changed = Signal()

    def find(self) -> None:
        self.parts.centre.show_grid()
        self.parts.filter_bar.focus_text()

    def clear_filter(self) -> None:
        self.parts.filter_bar.clear()

    def group(self) -> None:
        bar, model = self.parts.filter_bar, self.parts.model
        bar.set_query(replace(model.query, by_class=not model.query.by_class))

    def larger(self) -> None:
        self.parts.view.set_side(min(self.parts.view.side + _STEP, TILE_SIDES[1]))

    def smaller(self) -> None:
        self.parts.view.set_side(max(self.parts.view.side - _STEP, TILE_SIDES[0]))

    def export(self) -> None:
        from medlabel_gui.dialogs.export import ExportDialog

        parts = self.parts
        dialog = ExportDialog(self.session, parts.settings, parts.runner, parts.window, parts.files)
        dialog.export_wanted.connect(self.guarded(self.work.export))
        dialog.open()

    def settings(self) -> None:
        from medlabel_gui.dialogs.settings import SettingsDialog

        parts = self.parts
        classes = self.session.classes
        class_keys = {key_of(classes, position): c.name for position, c in enumerate(classes)}
        keys = parts.actions.keys()
        dialog = SettingsDialog(parts.settings, ACTIONS, keys, parts.window, class_keys, parts.runner)
        dialog.changed.connect(self.settings_changed)
        dialog.open()

    def shortcuts(self) -> None:
        from medlabel_gui.dialogs.shortcuts import show_shortcuts

        show_shortcuts(self.parts.window, ACTIONS, self.parts.actions.keys())

    def about(self) -> None:
        from medlabel_gui.dialogs.about import show_about

        show_about(self.parts.window, self.parts.models.device_text())

    def quit(self) -> None:
        self.quit_wanted.emit()
