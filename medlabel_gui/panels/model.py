"""The choice of the CLIP model and of what computes. The details of all models are in a dialog."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from core.errors import NotDownloadedError, UserError
from core.jobs import JobEnded, Progress
from core.tasks.models import DeviceInfo
from medlabel_gui.dialogs.files import FileDialogs
from medlabel_gui.jobs import JobRunner
from medlabel_gui.models import Download, ModelChoice, check_folder, size_text
from medlabel_gui.panels.device import DeviceChoice, device_title
from medlabel_gui.panels.wide_combo import WideCombo
from medlabel_gui.plain import plain_tip
from medlabel_gui.settings import Settings
from medlabel_gui.texts.model import DeviceTexts, ModelDialogTexts, ModelTexts

if TYPE_CHECKING:
    from medlabel_gui.dialogs.model_dialog import ModelDialog

_CHOICE = Qt.ItemDataRole.UserRole
DEFAULT = "starter"


class ModelPanel(QWidget):
    """A list of models with what is said of the chosen one, the device, and the way to all details.

    It neither downloads nor lists models itself: it asks by its signals and is told by its methods.
    """

    chosen_changed = Signal(str)
    folders_changed = Signal()  # what there is may have changed: `set_choices` is wanted
    download_wanted = Signal(str)  # `download_ended` must follow, also when it cannot begin
    cancel_wanted = Signal()  # of the download
    failed = Signal(Exception)

    def __init__(
        self, settings: Settings, runner: JobRunner, files: FileDialogs, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._settings, self._runner, self._files = settings, runner, files
        self._choices: tuple[ModelChoice, ...] = ()
        self._told = DEFAULT
        self._brought = ""  # a download that ended; whoever brings a model wants to use it
        self._download: Download | None = None
        self._dialog: ModelDialog | None = None
        self._combo = WideCombo()
        self._combo.setAccessibleName(ModelTexts.heading)
        self._combo.setToolTip(ModelTexts.tip)
        self._combo.setMaxVisibleItems(20)
        self._items = QStandardItemModel(self)
        self._combo.setModel(self._items)
        self._detail = QLabel(ModelTexts.looking)
        self._detail.setTextFormat(Qt.TextFormat.PlainText)
        self._detail.setProperty("role", "quiet")
        self._detail.setWordWrap(True)
        self._details = QPushButton(ModelTexts.details)
        self._details.setToolTip(ModelTexts.details_tip)
        self._details.clicked.connect(self.open_details)
        self._devices = DeviceChoice(settings)
        self._arrange()
        self._combo.currentIndexChanged.connect(self._describe)
        self._combo.activated.connect(self._remember)

    # Models

    def set_choices(self, choices: Sequence[ModelChoice]) -> None:
        """Fill the list; the model chosen last stays chosen where it can be used."""
        self._choices = tuple(choices)
        self._fill()
        if self._dialog is not None:
            self._dialog.show_choices(self._choices, self.chosen())

    def chosen(self) -> str:
        """Id of the chosen model; the default while the list is not there yet."""
        choice = self._current()
        return choice.id if choice is not None else DEFAULT

    def open_details(self) -> None:
        """Show all models in a window that blocks nothing."""
        if self._dialog is not None:
            self._dialog.raise_()
            self._dialog.activateWindow()
            return
        from medlabel_gui.dialogs.model_dialog import ModelDialog

        dialog = self._dialog = ModelDialog(self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.download_wanted.connect(self._ask_download)
        dialog.cancel_wanted.connect(self._ask_cancel)
        dialog.use_wanted.connect(self._use)
        dialog.folder_wanted.connect(self.open_folder)
        dialog.remove_wanted.connect(self._remove_folder)
        dialog.refresh_wanted.connect(self.folders_changed)
        dialog.finished.connect(self._forget_dialog)
        dialog.show_choices(self._choices, self.chosen())
        dialog.show_download(self._download)
        dialog.show()

    def open_folder(self) -> None:
        """Ask for a folder with a model; what is in it is looked at in a worker thread."""
        self._files.choose_folder(ModelDialogTexts.choose_folder, "model", self._check_folder)

    # Devices

    def set_devices(self, devices: Sequence[DeviceInfo]) -> None:
        """Offer these devices; one that is not there says why."""
        self._devices.set_devices(devices)

    def device(self) -> str:
        """What to compute on, as tasks take it: `auto`, `cpu`, `cuda` or `mps`."""
        return self._devices.chosen()

    def device_text(self) -> str:
        """The name and memory of what computes; empty while that is not known."""
        device = self._devices.device()
        return "" if device is None else device_title(device)

    # A download

    def show_progress(self, progress: Progress) -> None:
        """A job got on; what is not about the running download is left alone."""
        if self._download is not None and self._download.title in progress.text:
            self._show_download(self._download.at(progress))

    def download_ended(self, error: Exception | None) -> Exception | None:
        """The download is over: done, stopped (both None), or failed. What is left to be told elsewhere: nothing
        while the dialog is open, which tells it."""
        asked, self._download = self._download, None
        if error is None and asked is not None and not asked.stopping:
            self._brought = asked.id
        if self._dialog is None:
            return _in_words_of_the_window(error)
        self._dialog.show_download(None)
        if error is not None:
            self._dialog.show_problem(_problem(error))
        return None

    # Inside

    def _current(self) -> ModelChoice | None:
        choice = self._combo.currentData(_CHOICE)
        return choice if isinstance(choice, ModelChoice) else None

    def _fill(self) -> None:
        self._items.clear()
        for choice in self._choices:
            missing = ModelTexts.not_here.format(title=choice.title)
            item = QStandardItem(missing if choice.missing else choice.title)
            item.setData(choice, _CHOICE)
            item.setEnabled(not choice.missing)
            item.setToolTip(plain_tip("\n".join(filter(None, (choice.detail, choice.missing)))))
            self._items.appendRow(item)
        if any(choice.id == self._brought and not choice.missing for choice in self._choices):
            self._settings.model = self._brought
        self._brought = ""
        wanted = self._settings.model or DEFAULT
        usable = [n for n, choice in enumerate(self._choices) if not choice.missing]
        named = [n for n in usable if self._choices[n].id == wanted]
        self._combo.setCurrentIndex((named or usable or [-1])[0])
        self._describe()
        self._tell()

    def _describe(self) -> None:
        choice = self._current()
        if choice is not None:
            self._detail.setText(_short(choice))
            self._detail.setToolTip(plain_tip(choice.detail))
            self._combo.setToolTip(plain_tip(choice.title))
        elif self._choices:
            self._detail.setText(ModelTexts.none_usable.format(why=self._choices[0].missing))

    def _remember(self) -> None:
        self._settings.model = self.chosen()
        self._tell()
        if self._dialog is not None:
            self._dialog.show_choices(self._choices, self.chosen())

    def _tell(self) -> None:
        if self.chosen() != self._told:
            self._told = self.chosen()
            self.chosen_changed.emit(self._told)

    def _use(self, model: str) -> None:
        self._settings.model = model
        self.set_choices(self._choices)

    def _check_folder(self, path: Path) -> None:
        if self._dialog is not None:
            self._dialog.show_note(ModelDialogTexts.checking.format(path=path))
        self._runner.start("check model", lambda _: check_folder(path), "io", on_ended=self._folder_checked)

    def _folder_checked(self, ended: JobEnded) -> None:
        if isinstance(ended.result, str):
            if self._dialog is not None:
                self._dialog.show_note("")
            self._settings.model = ended.result
            self._settings.model_folders = tuple(dict.fromkeys((*self._settings.model_folders, ended.result)))
            self.folders_changed.emit()
        elif isinstance(ended.error, UserError) and self._dialog is not None:
            self._dialog.show_problem(str(ended.error))
        elif isinstance(ended.error, Exception):
            self.failed.emit(ended.error)

    def _remove_folder(self, folder: str) -> None:
        self._settings.model_folders = tuple(own for own in self._settings.model_folders if own != folder)
        self.folders_changed.emit()

    def _ask_download(self, model: str) -> None:
        choice = next(choice for choice in self._choices if choice.id == model)
        self._show_download(Download(model, choice.title))
        self.download_wanted.emit(model)

    def _ask_cancel(self) -> None:
        if self._download is not None:
            self._show_download(self._download.stopped())
            self.cancel_wanted.emit()

    def _show_download(self, download: Download) -> None:
        self._download = download
        if self._dialog is not None:
            self._dialog.show_download(download)

    def _forget_dialog(self) -> None:
        self._dialog = None

    def _arrange(self) -> None:
        heading = QLabel(ModelTexts.heading)
        heading.setProperty("role", "heading")
        heading.setBuddy(self._combo)
        label = QLabel(DeviceTexts.label)
        label.setBuddy(self._devices)
        device = QHBoxLayout()
        device.addWidget(label)
        device.addWidget(self._devices, 1)
        model = QHBoxLayout()
        model.addWidget(self._combo, 1)
        model.addWidget(self._details)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(heading)
        layout.addLayout(model)
        layout.addWidget(self._detail)
        layout.addLayout(device)


def _problem(error: Exception) -> str:
    """A failed download for the dialog, which says above how to bring the files by hand."""
    texts = ModelDialogTexts
    what = str(error)
    if isinstance(error, NotDownloadedError):
        what = f"{error.message} {texts.download_failed_hint}"
    return texts.download_failed.format(error=what)


def _in_words_of_the_window(error: Exception | None) -> Exception | None:
    """The core's hint is for the command line."""
    if not isinstance(error, NotDownloadedError):
        return error
    told = UserError(error.message, ModelDialogTexts.download_failed_where)
    told.__cause__ = error
    return told


def _short(choice: ModelChoice) -> str:
    """What stands below the list; the dialog tells the rest."""
    if not choice.size_mb:
        return choice.detail
    return ModelTexts.short.format(good_for=choice.good_for, size=size_text(choice.size_mb))
