"""The colours of the window, light and dark. Plain values; `theme.py` puts them on the application."""

from dataclasses import dataclass, fields

from PySide6.QtGui import QColor, QPalette

_LINEAR_BELOW = 0.04045  # of a channel, WCAG 2.2's definition of relative luminance
_ENOUGH = 4.5


@dataclass(frozen=True)
class Colours:
    """One theme. Text keeps a contrast of 4.5:1 on what it stands on, outlines and icons 3:1."""

    window: str
    base: str  # behind lists, editors, images
    alternate: str
    button: str
    text: str
    quiet: str  # to be read second
    disabled: str
    line: str  # between parts
    outline: str  # around what can be clicked or typed into
    hover: str
    pressed: str
    accent: str
    accent_hover: str
    focus: str  # the ring around what has the keyboard
    on_accent: str
    link: str
    tooltip: str
    good: str
    warning: str
    error: str
    note_fill: str
    warning_fill: str
    error_fill: str

    def named(self) -> dict[str, str]:
        """The colours by name, for the style sheet."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


LIGHT = Colours(
    window="#F3F4F6",
    base="#FFFFFF",
    alternate="#F7F8FA",
    button="#FBFBFC",
    text="#1F2328",
    quiet="#5D656F",
    disabled="#A3A9B1",
    line="#D9DDE2",
    outline="#C3C9D0",
    hover="#E6E9ED",
    pressed="#DADFE5",
    accent="#2A67C5",
    accent_hover="#22559F",
    focus="#2A67C5",
    on_accent="#FFFFFF",
    link="#2A67C5",
    tooltip="#FFFFFF",
    good="#22713F",
    warning="#8A5A00",
    error="#B3261E",
    note_fill="#E8F1FC",
    warning_fill="#FFF4DC",
    error_fill="#FDECEA",
)
DARK = Colours(
    window="#26282C",
    base="#1D1F22",
    alternate="#232529",
    button="#33363B",
    text="#E6E8EB",
    quiet="#A6ADB6",
    disabled="#6F767E",
    line="#3B3F45",
    outline="#52575F",
    hover="#3C4046",
    pressed="#464A51",
    accent="#3873D2",
    accent_hover="#2F66BF",
    focus="#6FA5F5",
    on_accent="#FFFFFF",
    link="#8AB8FF",
    tooltip="#33363B",
    good="#6FCF97",
    warning="#F2C063",
    error="#FF8A80",
    note_fill="#1F3147",
    warning_fill="#40341A",
    error_fill="#4A2422",
)


def make_palette(colours: Colours) -> QPalette:
    """The palette of a theme."""
    role = QPalette.ColorRole
    palette = QPalette()
    for one, colour in {
        role.Window: colours.window,
        role.Base: colours.base,
        role.AlternateBase: colours.alternate,
        role.Button: colours.button,
        role.Text: colours.text,
        role.WindowText: colours.text,
        role.ButtonText: colours.text,
        role.PlaceholderText: colours.quiet,
        role.Highlight: colours.accent,
        role.HighlightedText: colours.on_accent,
        role.Accent: colours.accent,
        role.ToolTipBase: colours.tooltip,
        role.ToolTipText: colours.text,
        role.Mid: colours.line,
        role.Link: colours.link,
        role.LinkVisited: colours.link,
        role.BrightText: colours.on_accent,
    }.items():
        palette.setColor(one, QColor(colour))
    for one in (role.Text, role.WindowText, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, one, QColor(colours.disabled))
    palette.setColor(QPalette.ColorGroup.Disabled, role.Highlight, QColor(colours.outline))
    return palette


def luminance(colour: QColor) -> float:
    """Relative luminance, 0 black to 1 white (WCAG 2.2)."""
    channels = (colour.redF(), colour.greenF(), colour.blueF())
    linear = [c / 12.92 if c <= _LINEAR_BELOW else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: QColor, other: QColor) -> float:
    """Contrast ratio of two colours, 1 to 21 (WCAG 2.2)."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def text_on(colour: QColor) -> QColor:
    """Black or white, whichever is read better on `colour`; white where both are read well enough."""
    white, black = QColor("#FFFFFF"), QColor("#000000")
    if contrast(white, colour) >= _ENOUGH:
        return white
    return black if contrast(black, colour) > contrast(white, colour) else white
