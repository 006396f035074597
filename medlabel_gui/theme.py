"""How the window looks: light, dark, or as the system has it; colours for classes and decisions."""

from collections.abc import Callable
from string import Template

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication
from PySide6.QtWidgets import QApplication

from core.project.records import Status
from core.resources import resource_path
from medlabel_gui.class_colours import CLASS_COLOURS, class_colour
from medlabel_gui.palette import DARK, LIGHT, Colours, make_palette, text_on

__all__ = [
    "CLASS_COLOURS",
    "MARK_COLOURS",
    "apply_theme",
    "class_colour",
    "colours",
    "dress",
    "is_dark",
    "on_theme_change",
    "quiet_colour",
    "set_theme",
    "text_on",
]

MARK_COLOURS = {
    Status.ACCEPTED: "#2E8B57",
    Status.CORRECTED: "#2F6FD0",
    Status.UNSURE: "#B7791F",
    Status.EXCLUDED: "#7A7A7A",
    Status.ERROR: "#C0392B",
}

_SCHEMES = {"light": Qt.ColorScheme.Light, "dark": Qt.ColorScheme.Dark}
_DARK_PROPERTY = "medlabel_dark"
_THEME_PROPERTY = "medlabel_theme"
_SYSTEM_PROPERTY = "medlabel_system_dark"

_followers: list[Callable[[], None]] = []


def is_dark() -> bool:
    """Whether the window is light text on dark."""
    app = QGuiApplication.instance()
    return app is not None and bool(app.property(_DARK_PROPERTY))


def colours() -> Colours:
    """The colours of the window now. A widget that paints itself asks at each paint."""
    return DARK if is_dark() else LIGHT


def quiet_colour() -> QColor:
    """For what is there to be read second."""
    return QColor(colours().quiet)


def on_theme_change(follow: Callable[[], None]) -> None:
    """Call `follow` after each change of the theme, for ever; widgets use `changeEvent` instead."""
    _followers.append(follow)


def apply_theme(app: QApplication, theme: str = "system") -> None:
    """Dress the application at its start: 'light', 'dark', or 'system', which follows the desktop from now on."""
    app.setStyle("Fusion")
    system = app.palette()
    light_text = system.windowText().color().lightness() > system.window().color().lightness()
    app.setProperty(_SYSTEM_PROPERTY, light_text)
    set_theme(app, theme)
    QGuiApplication.styleHints().colorSchemeChanged.connect(lambda _: _follow_system(app))


def set_theme(app: QApplication, theme: str) -> None:
    """Change to 'system', 'light' or 'dark' while the window is open; title bars follow where the platform can."""
    app.setProperty(_THEME_PROPERTY, theme)
    QGuiApplication.styleHints().setColorScheme(_SCHEMES.get(theme, Qt.ColorScheme.Unknown))
    dress(app, theme == "dark" if theme in _SCHEMES else _system_is_dark(app))


def dress(app: QApplication, dark: bool) -> None:
    """Give the application its palette and style sheet."""
    app.setProperty(_DARK_PROPERTY, dark)
    app.setPalette(make_palette(colours()))
    app.setStyleSheet(_style_sheet(colours(), "dark" if dark else "light"))
    for follow in _followers:
        follow()


def _follow_system(app: QApplication) -> None:
    dark = _system_is_dark(app)
    if app.property(_THEME_PROPERTY) not in _SCHEMES and dark != is_dark():
        dress(app, dark)


def _system_is_dark(app: QApplication) -> bool:
    """As the desktop says; where it says nothing, as its own palette was at the start."""
    scheme = QGuiApplication.styleHints().colorScheme()
    if scheme == Qt.ColorScheme.Unknown:
        return bool(app.property(_SYSTEM_PROPERTY))
    return scheme == Qt.ColorScheme.Dark


def _style_sheet(colours: Colours, variant: str) -> str:
    folder = resource_path("style")
    template = Template((folder / "window.qss").read_text(encoding="utf-8"))
    return template.substitute(colours.named(), folder=folder.as_posix(), variant=variant)
