"""Show a file in the file manager of the desktop."""

import sys
from pathlib import Path

from PySide6.QtCore import QDir, QProcess, QUrl
from PySide6.QtGui import QDesktopServices


def reveal(path: Path) -> None:
    """Open the folder of `path` with the file selected where the desktop can; returns at once."""
    if sys.platform == "win32":
        started, _ = QProcess.startDetached("explorer.exe", ["/select,", QDir.toNativeSeparators(str(path))])
    elif sys.platform == "darwin":
        started, _ = QProcess.startDetached("/usr/bin/open", ["-R", str(path)])
    else:
        started = _ask_file_manager(path)
    if not started:
        folder = path if path.is_dir() else path.parent
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))


def _ask_file_manager(path: Path) -> bool:
    """By the freedesktop interface that the file managers of Linux desktops offer; False where none does."""
    from PySide6.QtDBus import QDBusConnection, QDBusMessage

    bus = QDBusConnection.sessionBus()
    service = "org.freedesktop.FileManager1"
    names = bus.interface()
    if not bus.isConnected() or names is None:
        return False
    activatable = names.activatableServiceNames().value()
    if service not in activatable:
        return False
    call = QDBusMessage.createMethodCall(service, "/org/freedesktop/FileManager1", service, "ShowItems")
    call.setArguments([[QUrl.fromLocalFile(str(path)).toString()], ""])
    return bool(bus.send(call))
