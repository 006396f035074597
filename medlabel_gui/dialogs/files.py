"""The file dialogs. They open and return at once; the choice comes to a callback."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

from medlabel_gui.settings import Settings

Chosen = Callable[[Path], None]


class FileDialogs:
    """Remembers the last folder for each purpose. Tests put another one in its place."""

    def __init__(self, parent: QWidget, settings: Settings) -> None:
        self._parent = parent
        self._settings = settings

    def choose_folder(self, title: str, purpose: str, chosen: Chosen) -> None:
        dialog = self._dialog(title, purpose, chosen)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly, True)
        dialog.open()

    def choose_file(self, title: str, purpose: str, kinds: str, chosen: Chosen) -> None:
        dialog = self._dialog(title, purpose, chosen)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilter(kinds)
        dialog.open()

    def choose_target(self, title: str, purpose: str, name: str, kinds: str, chosen: Chosen) -> None:
        """A file to write; the dialog asks before an existing one is replaced."""
        dialog = self._dialog(title, purpose, chosen)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilter(kinds)
        dialog.setDefaultSuffix(Path(name).suffix.lstrip("."))
        dialog.selectFile(name)
        dialog.open()

    def _dialog(self, title: str, purpose: str, chosen: Chosen) -> QFileDialog:
        dialog = QFileDialog(self._parent, title, str(self._settings.folder(purpose)))

        def take(text: str) -> None:
            path = Path(text)
            self._settings.set_folder(purpose, path.parent)
            chosen(path)

        dialog.fileSelected.connect(take)
        dialog.finished.connect(dialog.deleteLater)
        return dialog
