"""Icons, colours, light and dark."""

import itertools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QColor, QFontMetrics, QGuiApplication, QIcon, QImage, QPalette
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QDockWidget,
    QLabel,
    QMainWindow,
    QPushButton,
    QStyle,
    QStyleOptionComboBox,
    QWidget,
)
from pytestqt.qtbot import QtBot

from core.resources import resource_path
from medlabel_gui import theme
from medlabel_gui.class_colours import CLASS_COLOURS
from medlabel_gui.icons import Tint, icon, icon_names, pixmap, set_icon
from medlabel_gui.palette import DARK, LIGHT, Colours, contrast, make_palette
from medlabel_gui.theme import apply_theme, class_colour, dress, is_dark, set_theme, text_on

ROOT = Path(theme.__file__).parent
ROLE = QPalette.ColorRole
ON = {
    ROLE.WindowText: (ROLE.Window,),
    ROLE.Text: (ROLE.Base, ROLE.AlternateBase),
    ROLE.ButtonText: (ROLE.Button,),
    ROLE.PlaceholderText: (ROLE.Base,),
    ROLE.HighlightedText: (ROLE.Highlight,),
    ROLE.ToolTipText: (ROLE.ToolTipBase,),
    ROLE.Link: (ROLE.Window, ROLE.Base),
}


@pytest.fixture
def app(qtbot: QtBot, qapp: QApplication) -> Iterator[QApplication]:
    """Undressed again after the test."""
    palette, sheet, style = qapp.palette(), qapp.styleSheet(), qapp.style().objectName()
    yield qapp
    QGuiApplication.styleHints().unsetColorScheme()
    qapp.setProperty("medlabel_theme", "system")
    qapp.setProperty("medlabel_dark", False)
    qapp.setStyleSheet(sheet)
    qapp.setPalette(palette)
    qapp.setStyle(style)


def ink(shown: QIcon, mode: QIcon.Mode = QIcon.Mode.Normal) -> QColor:
    """The colour of the most opaque pixel."""
    image = shown.pixmap(24, 24, mode).toImage()
    pixels = [image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height())]
    return max(pixels, key=lambda c: c.alpha())


# Colours


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_that_text_is_read_on_what_it_stands_on(colours: Colours) -> None:
    palette = make_palette(colours)
    for text, grounds in ON.items():
        for ground in grounds:
            assert contrast(palette.color(text), palette.color(ground)) >= 4.5, (text, ground)
    grounds = (colours.window, colours.base, colours.hover, colours.note_fill)
    for quiet, ground in itertools.product((colours.quiet,), grounds):
        assert contrast(QColor(quiet), QColor(ground)) >= 4.5, ground
    for name in ("note", "warning", "error"):
        fill = QColor(getattr(colours, f"{name}_fill"))
        assert contrast(QColor(colours.text), fill) >= 4.5
        assert contrast(QColor(colours.quiet), fill) >= 4.5
    for name in ("good", "warning", "error"):
        assert contrast(QColor(getattr(colours, name)), QColor(colours.window)) >= 4.5
    assert contrast(QColor(colours.on_accent), QColor(colours.accent_hover)) >= 4.5


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_that_the_ring_of_the_focus_is_seen(colours: Colours) -> None:
    for ground in (colours.window, colours.base, colours.button):
        assert contrast(QColor(colours.focus), QColor(ground)) >= 3


def test_that_the_text_on_a_class_colour_is_read() -> None:
    for position in range(100):
        colour = class_colour(position)
        assert contrast(text_on(colour), colour) >= 4.5, position


def test_that_a_hundred_classes_have_colours_of_their_own_that_stay_the_same() -> None:
    colours = [class_colour(position).name() for position in range(100)]
    assert len(set(colours)) == 100
    assert [c.upper() for c in colours[:9]] == [c.upper() for c in CLASS_COLOURS]
    assert colours == [class_colour(position).name() for position in range(100)]
    assert class_colour(100) == class_colour(0)
    for colour in colours:
        assert contrast(QColor(colour), QColor(DARK.base)) >= 1.5
        assert contrast(QColor(colour), QColor(LIGHT.base)) >= 1.3


def test_that_a_class_keeps_a_colour_of_its_own() -> None:
    assert class_colour(3, "#123456").name() == "#123456"


# Themes


def test_that_light_and_dark_dress_the_whole_application(app: QApplication) -> None:
    for dark in (True, False):
        dress(app, dark)
        assert is_dark() is dark
        assert (app.palette().window().color().lightness() < 128) is dark


def test_that_a_chosen_theme_holds_whatever_the_system_says(app: QApplication) -> None:
    apply_theme(app, "dark")
    assert is_dark()
    theme._follow_system(app)
    assert is_dark()
    set_theme(app, "light")
    assert not is_dark()


def test_that_the_window_follows_the_system_while_it_is_open(
    app: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply_theme(app, "light")
    set_theme(app, "system")
    for dark in (True, False):
        monkeypatch.setattr(theme, "_system_is_dark", lambda _, dark=dark: dark)
        QGuiApplication.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Unknown)
        assert is_dark() is dark


def test_that_the_style_sheet_names_only_files_that_are_shipped(app: QApplication) -> None:
    dress(app, True)
    named = {Path(found) for found in re.findall(r'url\("([^"]+)"\)', app.styleSheet())}
    dress(app, False)
    named |= {Path(found) for found in re.findall(r'url\("([^"]+)"\)', app.styleSheet())}
    assert len(named) > 5 and all(path.is_file() for path in named)
    assert {path.name for path in resource_path("style").glob("*.svg")} == {path.name for path in named}
    assert "$" not in app.styleSheet()


# Icons


def test_that_every_icon_has_its_strokes_in_the_text_colour(app: QApplication) -> None:
    dress(app, False)
    for name in icon_names():
        assert ink(icon(name)).name() == LIGHT.text.lower(), name
        assert ink(icon(name), QIcon.Mode.Disabled).name() == LIGHT.disabled.lower(), name
        assert ink(icon(name), QIcon.Mode.Selected).name() == LIGHT.on_accent.lower(), name


def test_that_an_unknown_icon_is_found_out_at_once(app: QApplication) -> None:
    with pytest.raises(KeyError, match="sparkels"):
        icon("sparkels")


def test_that_icons_are_drawn_once(app: QApplication) -> None:
    assert icon("check").cacheKey() == icon("check").cacheKey()


@pytest.mark.parametrize("ratio", [1.0, 2.0])
def test_that_icons_are_crisp_on_high_resolution_screens(app: QApplication, ratio: float) -> None:
    for side in (16, 20, 24, 40, 64):
        shown = pixmap("images", side, ratio)
        assert shown.width() == side * ratio and shown.devicePixelRatio() == ratio
    for side in (16, 20, 24):
        assert icon("check").pixmap(round(side * ratio), round(side * ratio)).width() == side * ratio


def test_that_icons_follow_a_change_of_the_theme(app: QApplication) -> None:
    dress(app, False)
    action, button = QAction(), QPushButton()
    set_icon(action, "check")
    set_icon(button, "tag", Tint.ACCENT)
    dress(app, True)
    assert ink(action.icon()).name() == DARK.text.lower()
    assert ink(button.icon()).name() == DARK.accent.lower()
    button.deleteLater()


def test_that_an_icon_of_something_deleted_does_not_stop_a_change_of_the_theme(app: QApplication) -> None:
    import shiboken6

    label = QPushButton()
    set_icon(label, "check")
    shiboken6.delete(label)
    dress(app, not is_dark())


def test_that_every_icon_that_is_named_is_shipped_and_every_one_shipped_is_named() -> None:
    sources = "\n".join(path.read_text(encoding="utf-8") for path in ROOT.rglob("*.py"))
    named = set(re.findall(r'"([a-z][a-z0-9-]*)"', sources))
    calls = set(
        re.findall(r'\b(?:icon|icon_name)=\s*"([a-z0-9-]+)"|\b(?:icon|pixmap)\(\s*"([a-z0-9-]+)"', sources)
    )
    asked = {name for pair in calls for name in pair if name}
    shipped = set(icon_names())
    assert asked <= shipped, asked - shipped
    assert shipped <= named, shipped - named


def test_that_the_icons_come_with_their_licence() -> None:
    for folder in ("icons", "style"):
        text = resource_path(folder, "LICENSE.md").read_text(encoding="utf-8")
        assert "ISC License" in text and "Lucide" in text and "1.62.0" in text


def test_that_the_title_of_a_page_is_larger_than_its_text(app: QApplication) -> None:
    dress(app, False)
    title, text = QLabel("Title"), QLabel("Title")
    title.setProperty("role", "title")
    for label in (title, text):
        label.ensurePolished()
    assert title.sizeHint().height() > text.sizeHint().height()
    title.deleteLater()
    text.deleteLater()


def test_that_a_list_of_choices_stands_below_its_box_and_needs_no_scrolling(
    app: QApplication, qtbot: QtBot
) -> None:
    apply_theme(app, "light")
    box = QComboBox()
    qtbot.addWidget(box)
    box.ensurePolished()
    option = QStyleOptionComboBox()
    box.initStyleOption(option)
    # the other kind, laid over the box, forgets the list's frame: it cuts the last row off and scrolls
    assert not box.style().styleHint(QStyle.StyleHint.SH_ComboBox_Popup, option, box)


def test_that_the_arrow_of_a_box_is_taken_off_its_text_once(app: QApplication, qtbot: QtBot) -> None:
    dress(app, False)
    box = QComboBox()
    qtbot.addWidget(box)
    box.resize(122, 27)
    box.ensurePolished()
    option = QStyleOptionComboBox()
    box.initStyleOption(option)
    parts = QStyle.SubControl
    kind = QStyle.ComplexControl.CC_ComboBox
    text = box.style().subControlRect(kind, option, parts.SC_ComboBoxEditField, box)
    arrow = box.style().subControlRect(kind, option, parts.SC_ComboBoxArrow, box)
    assert 0 <= arrow.left() - text.right() <= 4


@pytest.mark.parametrize("ratio", [1, 2])
def test_that_the_title_of_a_dock_keeps_its_descenders(app: QApplication, qtbot: QtBot, ratio: int) -> None:
    dress(app, False)

    def lowest(title: str) -> int:
        """The lowest dark row of the title, from its top."""
        window, dock = QMainWindow(), QDockWidget(title)
        qtbot.addWidget(window)
        window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, dock)
        dock.setFeatures(QDockWidget.DockWidgetFeature.NoDockWidgetFeatures)
        dock.setWidget(QWidget())
        window.resize(300, 200)
        window.show()
        image = QImage(dock.size() * ratio, QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(ratio)
        dock.render(image)
        top = dock.widget().y() * ratio - ratio - 1
        dark = [
            y
            for y in range(top)
            for x in range(8, image.width() - 8)
            if image.pixelColor(x, y).lightness() < 120
        ]
        return max(dark)

    descent = QFontMetrics(app.font()).tightBoundingRect("g").bottom()
    assert lowest("nnn g") - lowest("nnn n") >= (descent - 1) * ratio
