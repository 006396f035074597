"""A bar above the images: what was done, or what went wrong, to which file, and what to do."""

import traceback
from pathlib import Path

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QColor, QDesktopServices, QGuiApplication, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QWidget

from core.errors import UserError
from medlabel_gui.theme import is_dark

_FILLS = {"error": ("#FDECEA", "#4A2422"), "note": ("#E8F1FC", "#1F3147")}
_BUG = "Something went wrong inside MedLabel. Your labels are saved; you can go on, or start it again."


class MessageBar(QFrame):
    """One message at a time; the newest replaces the last. It never steals the focus and never blocks."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kind = "note"
        self._details = ""
        self._path: Path | None = None
        self._text = QLabel()
        self._text.setWordWrap(True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._copy = QPushButton("Copy details")
        self._copy.clicked.connect(self._copy_details)
        self._show = QPushButton("Show in folder")
        self._show.clicked.connect(self._show_in_folder)
        close = QToolButton()
        close.setText("✕")
        close.setToolTip("Close this message")
        close.setAccessibleName("Close this message")
        close.clicked.connect(self.hide)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 6, 6, 6)
        layout.addWidget(self._text, 1)
        for button in (self._copy, self._show, close):
            layout.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)
        self.hide()

    @property
    def text(self) -> str:
        """What stands in the bar."""
        return self._text.text()

    @property
    def details(self) -> str:
        """What `Copy details` copies; empty without."""
        return self._details

    def show_error(self, error: BaseException) -> None:
        """A `UserError` in its own words; anything else is a bug and comes with its traceback."""
        if isinstance(error, UserError):
            self._present("error", str(error))
            return
        details = "".join(traceback.format_exception(error))
        self._present("error", f"{_BUG} ({type(error).__name__}: {error})", details=details)

    def show_note(self, text: str, path: Path | None = None) -> None:
        """Something was done; `path` is offered to be shown."""
        self._present("note", text, path)

    def _present(self, kind: str, text: str, path: Path | None = None, details: str = "") -> None:
        self._kind, self._path, self._details = kind, path, details
        self._text.setText(text)
        self._copy.setVisible(bool(details))
        self._show.setVisible(path is not None)
        self.show()
        self.update()

    def _copy_details(self) -> None:
        QGuiApplication.clipboard().setText(self._details)

    def _show_in_folder(self) -> None:
        if self._path is not None:
            folder = self._path if self._path.is_dir() else self._path.parent
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(_FILLS[self._kind][is_dark()]))
        painter.end()
        super().paintEvent(event)
