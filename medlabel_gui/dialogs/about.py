"""About: what this is, for research only, versions, device, licences."""

import html
import platform
from importlib.metadata import PackageNotFoundError, version

import PySide6
from PySide6.QtCore import Qt, qVersion
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from core import __version__
from medlabel_gui.icons import set_icon
from medlabel_gui.resources import APPLICATION, application_icon
from medlabel_gui.texts.about import AboutTexts
from medlabel_gui.texts.start import CommonTexts

_PACKAGES = {
    "PyTorch": "torch",
    "open_clip": "open_clip_torch",
    "scikit-learn": "scikit-learn",
    "NumPy": "numpy",
}


def show_about(parent: QWidget, device: str = "") -> QDialog:
    """Open the About page. `device` says what computes, as 'CPU' or 'CUDA, NVIDIA RTX 4090, 24 GB'."""
    dialog = AboutDialog(versions(device), parent)
    dialog.open()
    return dialog


def versions(device: str = "") -> dict[str, str]:
    """What is installed, by name. Nothing of it is imported for that."""
    found = {
        APPLICATION: __version__,
        "Qt": qVersion(),
        "PySide6": PySide6.__version__,
        "Python": platform.python_version(),
    }
    for name, package in _PACKAGES.items():
        try:
            found[name] = version(package)
        except PackageNotFoundError:
            found[name] = AboutTexts.missing
    found[AboutTexts.system] = f"{platform.system()} {platform.release()} {platform.machine()}"
    if device:
        found[AboutTexts.device] = device
    return found


class AboutDialog(QDialog):
    """Shows `facts` as a table that can be copied."""

    def __init__(self, facts: dict[str, str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(AboutTexts.title.format(name=APPLICATION))
        self._facts = facts
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        copy = buttons.addButton(f" {AboutTexts.copy}", QDialogButtonBox.ButtonRole.ActionRole)
        copy.setToolTip(AboutTexts.copy_tip)
        set_icon(copy, "copy")
        copy.clicked.connect(self.copy)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 14)
        layout.setSpacing(10)
        layout.addLayout(_top())
        layout.addWidget(_label(AboutTexts.versions, "heading"))
        layout.addWidget(self._table())
        layout.addWidget(_label(AboutTexts.licences, "heading"))
        licences = (
            AboutTexts.licence_own,
            AboutTexts.licence_qt,
            AboutTexts.licence_icons,
            AboutTexts.licence_samples,
        )
        layout.addWidget(_label("\n".join(licences)))
        layout.addWidget(buttons)

    @property
    def text(self) -> str:
        """What is copied: a line a fact."""
        return "".join(f"{name}: {value}\n" for name, value in self._facts.items())

    def copy(self) -> None:
        """Put the versions on the clipboard."""
        QGuiApplication.clipboard().setText(self.text)

    def _table(self) -> QLabel:
        rows = (
            f"<tr><td width=110>{html.escape(name)}</td><td>{html.escape(value)}</td></tr>"
            for name, value in self._facts.items()
        )
        table = QLabel(f"<table cellspacing=2>{''.join(rows)}</table>")
        table.setTextFormat(Qt.TextFormat.RichText)
        table.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        return table


def _top() -> QHBoxLayout:
    picture = QLabel()
    picture.setPixmap(application_icon().pixmap(64, 64))
    title = _label(f"{APPLICATION} {__version__}", "title")
    what = _label(AboutTexts.what)
    what.setMinimumWidth(360)
    note = _label(CommonTexts.research_only, "heading")
    words = QVBoxLayout()
    for label in (title, what, note):
        words.addWidget(label)
    top = QHBoxLayout()
    top.setSpacing(16)
    top.addWidget(picture, 0, Qt.AlignmentFlag.AlignTop)
    top.addLayout(words, 1)
    return top


def _label(text: str, role: str = "") -> QLabel:
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setProperty("role", role)
    return label
