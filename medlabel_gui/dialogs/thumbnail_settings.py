"""Thumbnails on disk: whether they are kept, how large they are, deleting them."""

import shiboken6
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from core.errors import UserError
from core.jobs import JobContext, JobEnded, run_job
from core.tasks.cache import cache_size, clear_cache
from medlabel_gui.jobs import JobRunner
from medlabel_gui.texts.settings import SettingsTexts


class ThumbnailSettings(QWidget):
    """The switch holds when the settings are applied, clearing at once: by `runner` where there is one."""

    changed = Signal()

    def __init__(self, keep: bool, runner: JobRunner | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._runner = runner
        self._keep = QCheckBox(SettingsTexts.keep_thumbnails)
        self._keep.setChecked(keep)
        self._keep.setToolTip(SettingsTexts.keep_tip)
        self._keep.toggled.connect(self.changed)
        self._clear = QPushButton()
        self._clear.setToolTip(SettingsTexts.clear_tip)
        self._clear.clicked.connect(self.clear)
        self._error = QLabel()
        self._error.setTextFormat(Qt.TextFormat.PlainText)
        self._error.setWordWrap(True)
        self._error.hide()
        line = QHBoxLayout()
        line.addWidget(self._clear)
        line.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._keep)
        layout.addLayout(line)
        layout.addWidget(self._error)
        self._show_size()

    @property
    def keep(self) -> bool:
        """Whether thumbnails are to be kept."""
        return self._keep.isChecked()

    @property
    def button(self) -> QPushButton:
        """Deletes what is there; its text says how much that is."""
        return self._clear

    def clear(self) -> None:
        """Delete all thumbnails on disk, or say why that did not go."""
        self._clear.setEnabled(False)
        if self._runner is None:
            self._cleared(run_job(_delete, JobContext()))
        else:
            self._runner.start("clear thumbnails", _delete, "io", on_ended=self._cleared)

    def _cleared(self, ended: JobEnded) -> None:
        if not shiboken6.isValid(self):
            return  # the dialog was closed meanwhile
        self._error.setText(str(ended.error or ""))
        self._error.setVisible(isinstance(ended.error, UserError))
        self._show_size()
        if ended.error is not None and not isinstance(ended.error, UserError):
            raise ended.error

    def _show_size(self) -> None:
        size = cache_size()
        number = f"{size / 1e6:,.1f}" if size < 100_000_000 else f"{size / 1e6:,.0f}"
        self._clear.setText(SettingsTexts.clear.format(size=SettingsTexts.megabytes.format(number=number)))
        self._clear.setEnabled(size > 0)


def _delete(_: JobContext) -> int:
    return clear_cache()
