"""About, and the page of keyboard shortcuts."""

import html
import platform

from PySide6.QtCore import Qt, qVersion
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QMessageBox,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from core import __version__
from medlabel_gui.actions import ACTIONS
from medlabel_gui.resources import APPLICATION, RESEARCH_ONLY, application_icon


def show_about(parent: QWidget) -> QDialog:
    """Open the About box."""
    box = QMessageBox(parent)
    box.setWindowTitle(f"About {APPLICATION}")
    box.setIconPixmap(application_icon().pixmap(64, 64))
    box.setTextFormat(Qt.TextFormat.RichText)
    box.setText(f"<h3>{APPLICATION} {__version__}</h3><p><b>{RESEARCH_ONLY}</b></p>")
    box.setInformativeText(
        "Labels folders of medical images: with CLIP at first, then better with a network that is trained on "
        "CLIP's own labels.<br><br>"
        f"Qt {qVersion()}, Python {platform.python_version()}, {platform.system()} {platform.machine()}<br>"
        "Apache-2.0. Qt for Python is used under the LGPL-3.0."
    )
    return _open(box)


def show_shortcuts(parent: QWidget) -> QDialog:
    """Open the list of all shortcuts, as the action table has them."""
    dialog = QDialog(parent)
    dialog.setWindowTitle("Keyboard shortcuts")
    label = QLabel(_shortcut_table())
    label.setTextFormat(Qt.TextFormat.RichText)
    label.setMargin(12)
    scroll = QScrollArea()
    scroll.setWidget(label)
    scroll.setWidgetResizable(True)
    buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
    buttons.rejected.connect(dialog.reject)
    layout = QVBoxLayout(dialog)
    layout.addWidget(scroll)
    layout.addWidget(buttons)
    dialog.resize(460, 560)
    return _open(dialog)


def _shortcut_table() -> str:
    lines, menu = [], ""
    for spec in ACTIONS:
        if not spec.keys:
            continue
        if spec.menu != menu:
            menu = spec.menu
            lines.append(f"<tr><td colspan=2><br><b>{menu.replace('&', '')}</b></td></tr>")
        keys = ", ".join(
            QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText) for key in spec.keys
        )
        name = html.escape(spec.text.replace("&", "").rstrip("…"))
        lines.append(f"<tr><td width=150>{html.escape(keys)}</td><td>{name}</td></tr>")
    lines.append(
        "<tr><td colspan=2><br><b>Images</b></td></tr>"
        "<tr><td>Arrows</td><td>Move</td></tr><tr><td>Shift+arrows</td><td>Extend the selection</td></tr>"
    )
    return f"<table>{''.join(lines)}</table>"


def _open(dialog: QDialog) -> QDialog:
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.open()
    return dialog
