"""How the window looks: follows the system's light or dark, and gives classes and decisions their colours."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from core.project.records import Status

# Okabe and Ito's set, told apart with every common colour vision; the order keeps neighbours far apart.
CLASS_COLOURS = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#CC79A7",
    "#56B4E9",
    "#D55E00",
    "#B8A900",
    "#7A6FB0",
    "#8C8C8C",
)

MARK_COLOURS = {
    Status.ACCEPTED: "#2E8B57",
    Status.CORRECTED: "#2F6FD0",
    Status.UNSURE: "#B7791F",
    Status.EXCLUDED: "#7A7A7A",
    Status.ERROR: "#C0392B",
}

_LIGHT = {
    QPalette.ColorRole.Window: "#F3F4F6",
    QPalette.ColorRole.Base: "#FFFFFF",
    QPalette.ColorRole.AlternateBase: "#F7F8FA",
    QPalette.ColorRole.Button: "#FBFBFC",
    QPalette.ColorRole.Text: "#1F2328",
    QPalette.ColorRole.WindowText: "#1F2328",
    QPalette.ColorRole.ButtonText: "#1F2328",
    QPalette.ColorRole.PlaceholderText: "#7C848D",
    QPalette.ColorRole.Highlight: "#2F6FD0",
    QPalette.ColorRole.HighlightedText: "#FFFFFF",
    QPalette.ColorRole.ToolTipBase: "#FFFFFF",
    QPalette.ColorRole.ToolTipText: "#1F2328",
    QPalette.ColorRole.Mid: "#D4D8DD",
    QPalette.ColorRole.Link: "#2F6FD0",
}
_DARK = {
    QPalette.ColorRole.Window: "#26282C",
    QPalette.ColorRole.Base: "#1D1F22",
    QPalette.ColorRole.AlternateBase: "#232529",
    QPalette.ColorRole.Button: "#33363B",
    QPalette.ColorRole.Text: "#E6E8EB",
    QPalette.ColorRole.WindowText: "#E6E8EB",
    QPalette.ColorRole.ButtonText: "#E6E8EB",
    QPalette.ColorRole.PlaceholderText: "#8B929B",
    QPalette.ColorRole.Highlight: "#3F7FE0",
    QPalette.ColorRole.HighlightedText: "#FFFFFF",
    QPalette.ColorRole.ToolTipBase: "#33363B",
    QPalette.ColorRole.ToolTipText: "#E6E8EB",
    QPalette.ColorRole.Mid: "#44484F",
    QPalette.ColorRole.Link: "#7FB0FF",
}
_DARK_PROPERTY = "medlabel_dark"
_DISABLED = (QPalette.ColorRole.Text, QPalette.ColorRole.WindowText, QPalette.ColorRole.ButtonText)

_STYLE = """
QToolBar {{ border: none; border-bottom: 1px solid {line}; padding: 4px 6px; spacing: 4px; }}
QToolButton {{ padding: 5px 10px; border: 1px solid transparent; border-radius: 5px; }}
QToolButton:hover:enabled {{ background: {hover}; }}
QStatusBar {{ border-top: 1px solid {line}; }}
QStatusBar::item {{ border: none; }}
QMainWindow::separator {{ background: {line}; width: 1px; height: 1px; }}
QDockWidget::title {{ padding: 6px 10px; }}
QPushButton {{ padding: 6px 14px; border: 1px solid {line}; border-radius: 5px; }}
QPushButton {{ background: palette(button); }}
QPushButton:hover:enabled {{ background: {hover}; }}
QPushButton:focus {{ border-color: {accent}; }}
QPushButton[primary="true"] {{ font-weight: 600; }}
QPushButton[primary="true"]:enabled {{ background: {accent}; border-color: {accent}; color: white; }}
QPushButton[primary="true"]:hover:enabled {{ background: {accent_hover}; }}
QPlainTextEdit {{ border: 1px solid {line}; border-radius: 5px; padding: 3px; background: palette(base); }}
QDialogButtonBox {{ dialogbuttonbox-buttons-have-icons: 0; }}
QToolButton::menu-indicator {{ image: none; }}
QPlainTextEdit:focus {{ border-color: {accent}; }}
QLabel[role="heading"] {{ font-weight: 600; }}
QLabel[role="quiet"] {{ color: {quiet}; }}
QProgressBar {{ border: none; border-radius: 4px; background: {line}; max-height: 8px; min-height: 8px; }}
QProgressBar::chunk {{ border-radius: 4px; background: {accent}; }}
MessageBar {{ border-bottom: 1px solid {line}; }}
"""


def is_dark() -> bool:
    """Whether the window is light text on dark, as the system asks."""
    app = QGuiApplication.instance()
    return app is not None and bool(app.property(_DARK_PROPERTY))


def quiet_colour() -> QColor:
    """For what is there to be read second."""
    return QColor("#9AA1AA" if is_dark() else "#68707A")


def class_colour(position: int, own: str = "") -> QColor:
    """The colour of a class: its own, or the one of its position in the list."""
    return QColor(own or CLASS_COLOURS[position % len(CLASS_COLOURS)])


def apply_theme(app: QApplication) -> None:
    """Dress the application, now and whenever the system changes between light and dark."""
    app.setStyle("Fusion")
    hints = QGuiApplication.styleHints()
    system = app.palette()
    light_text = system.windowText().color().lightness() > system.window().color().lightness()
    unknown = hints.colorScheme() == Qt.ColorScheme.Unknown
    dress(app, light_text if unknown else hints.colorScheme() == Qt.ColorScheme.Dark)
    hints.colorSchemeChanged.connect(lambda scheme: dress(app, scheme == Qt.ColorScheme.Dark))


def dress(app: QApplication, dark: bool) -> None:
    """Give the application its palette and style sheet."""
    app.setProperty(_DARK_PROPERTY, dark)
    palette = QPalette()
    for role, colour in (_DARK if dark else _LIGHT).items():
        palette.setColor(role, QColor(colour))
    for role in _DISABLED:
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor("#6B7178" if dark else "#A3A9B1"))
    app.setPalette(palette)
    app.setStyleSheet(
        _STYLE.format(
            line=palette.color(QPalette.ColorRole.Mid).name(),
            hover="#3C4046" if dark else "#E6E9ED",
            accent=palette.color(QPalette.ColorRole.Highlight).name(),
            accent_hover="#5B92E8" if dark else "#285FB4",
            quiet=quiet_colour().name(),
        )
    )
