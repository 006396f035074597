"""The start page and the first start."""

import getpass
import os
import threading
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from medlabel_gui.dialogs.first_start import FirstStart
from medlabel_gui.jobs import JobRunner
from medlabel_gui.panels.empty import EmptyPanel
from medlabel_gui.panels.recent import RecentEntry
from medlabel_gui.settings import Settings

OPENERS = ("open_folder", "open_npz", "open_project", "open_samples")


@pytest.fixture
def actions(qtbot: QtBot) -> dict[str, QAction]:
    owner = QObject()
    made = {name: QAction(name, owner) for name in OPENERS}
    made["owner"] = owner  # type: ignore[assignment]  kept alive with them
    return made


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "there").mkdir()
    made = Settings()
    made.add_recent(tmp_path / "gone")
    made.add_recent(tmp_path / "there")
    return made


def make_page(actions: dict[str, QAction], settings: Settings, runner: JobRunner, qtbot: QtBot) -> EmptyPanel:
    page = EmptyPanel(actions, settings, runner)
    qtbot.addWidget(page)
    page.resize(900, 600)
    page.show()
    qtbot.waitUntil(lambda: not runner._jobs)
    return page


@pytest.fixture
def page(actions, settings: Settings, runner: JobRunner, qtbot: QtBot) -> EmptyPanel:
    return make_page(actions, settings, runner, qtbot)


def entries(page: EmptyPanel) -> dict[str, RecentEntry]:
    return {entry.text(): entry for entry in page.findChildren(RecentEntry) if not entry.isHidden()}


def test_that_each_button_is_an_action_of_the_table(page: EmptyPanel, actions: dict[str, QAction]) -> None:
    triggered: list[str] = []
    for name in OPENERS:
        actions[name].triggered.connect(lambda _=False, name=name: triggered.append(name))
    for text in ("Open folder…", "Open zip or NPZ…", "Open project…", "Try it with the built-in samples"):
        next(b for b in page.findChildren(QPushButton) if b.text().strip() == text).click()
    assert triggered == list(OPENERS)


def test_that_nothing_can_be_opened_while_the_action_is_off(page: EmptyPanel, actions) -> None:
    actions["open_folder"].setEnabled(False)
    folder = next(b for b in page.findChildren(QPushButton) if b.text().strip() == "Open folder…")
    assert not folder.isEnabled() and not entries(page)["there"].isEnabled()
    actions["open_folder"].setEnabled(True)
    assert folder.isEnabled() and entries(page)["there"].isEnabled()


def test_that_a_recent_folder_is_opened_by_mouse_and_by_keyboard(page: EmptyPanel, tmp_path: Path) -> None:
    chosen: list[Path] = []
    page.path_chosen.connect(chosen.append)
    entry = entries(page)["there"]
    QTest.mouseClick(entry, Qt.MouseButton.LeftButton)
    entry.setFocus()
    QTest.keyClick(entry, Qt.Key.Key_Space)
    assert chosen == [tmp_path / "there"] * 2


def test_that_what_is_gone_is_greyed_and_says_so(page: EmptyPanel) -> None:
    shown = entries(page)
    assert list(shown) == ["there", "gone"]
    assert shown["there"].there and not shown["gone"].there
    assert "not there any more" in shown["gone"].accessibleName()
    assert "not there any more" not in shown["there"].accessibleName()


def test_that_a_share_that_hangs_does_not_keep_the_page_from_being_shown(
    actions, settings: Settings, runner: JobRunner, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    back = threading.Event()
    there = os.path.exists

    def slow(path: object) -> bool:
        assert threading.current_thread() is not threading.main_thread()
        return back.wait(10) and there(path)

    with monkeypatch.context() as patch:
        patch.setattr("medlabel_gui.panels.recent.os.path.exists", slow)
        page = EmptyPanel(actions, settings, runner)
        qtbot.addWidget(page)
        page.show()
        assert list(entries(page)) == ["there", "gone"] and entries(page)["gone"].there
        page.refresh_recent()
        assert len(runner._jobs) == 1, "one thread waits for it, not one more with each look"
        back.set()
        qtbot.waitUntil(lambda: not entries(page)["gone"].there)
        qtbot.waitUntil(lambda: not runner._jobs)


def test_that_the_list_follows_what_is_opened_and_can_be_cleared(
    page: EmptyPanel, settings: Settings, runner: JobRunner, qtbot: QtBot, tmp_path: Path
) -> None:
    settings.add_recent(tmp_path / "third.npz")
    page.refresh_recent()
    qtbot.waitUntil(lambda: not runner._jobs)
    assert list(entries(page)) == ["third.npz", "there", "gone"]
    next(b for b in page.findChildren(QPushButton) if b.text() == "Clear list").click()
    assert not entries(page) and settings.recent == ()
    assert any(label.text() == "What you open is listed here." for label in page.findChildren(QLabel))


def test_that_the_page_says_why_nothing_is_shown_and_welcomes_again(page: EmptyPanel) -> None:
    page.tell("No images found", "in /x")
    shown = [label.text() for label in page.findChildren(QLabel)]
    assert "No images found" in shown and "in /x" in shown
    page.welcome()
    shown = [label.text() for label in page.findChildren(QLabel)]
    assert "Open a folder of images" in shown and "No images found" not in shown
    assert any("not for diagnosis" in text for text in shown)


def test_that_the_page_fits_a_small_window(page: EmptyPanel, qtbot: QtBot) -> None:
    page.resize(760, 560)
    qtbot.waitUntil(lambda: page.width() == 760)
    assert page.horizontalScrollBar().maximum() == 0 and page.verticalScrollBar().maximum() == 0
    assert page.minimumSizeHint().height() < 300


# First start


@pytest.fixture
def parent(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    return made


def test_that_the_first_start_asks_who_sits_here_and_does_not_come_again(parent: QWidget) -> None:
    settings = Settings()
    dialog = FirstStart(settings, parent)
    dialog.open()
    assert dialog.name.text() == getpass.getuser()
    shown = " ".join(label.text() for label in dialog.findChildren(QLabel))
    assert "not for diagnosis" in shown and "Images stay on this machine" in shown
    dialog.name.setText(" Ada ")
    dialog.understood.click()
    assert settings.author == "Ada" and settings.terms_seen


@pytest.mark.parametrize("way", ["quit", "close"])
def test_that_whoever_does_not_agree_leaves(parent: QWidget, way: str, qtbot: QtBot) -> None:
    settings = Settings()
    dialog = FirstStart(settings, parent)
    dialog.open()
    with qtbot.waitSignal(dialog.quit_wanted, timeout=1000):
        dialog.quit.click() if way == "quit" else dialog.close()
    assert not settings.terms_seen and settings.author == ""


def test_that_escape_neither_agrees_nor_leaves(parent: QWidget) -> None:
    settings, left = Settings(), []
    dialog = FirstStart(settings, parent)
    dialog.quit_wanted.connect(lambda: left.append(1))
    dialog.open()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert dialog.isVisible() and not left and not settings.terms_seen
    dialog.understood.click()


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter])
def test_that_enter_opens_a_recent_folder(page: EmptyPanel, tmp_path: Path, key: Qt.Key) -> None:
    chosen: list[Path] = []
    page.path_chosen.connect(chosen.append)
    QTest.keyClick(entries(page)["there"], key)
    assert chosen == [tmp_path / "there"]


def test_that_the_keyboard_begins_at_open_folder_and_goes_on_from_top_to_bottom(
    page: EmptyPanel, settings: Settings, runner: JobRunner, qtbot: QtBot, tmp_path: Path
) -> None:
    settings.add_recent(tmp_path / "third.npz")
    page.refresh_recent()  # entries that are made later belong to their place too
    qtbot.waitUntil(lambda: not runner._jobs)
    page.activateWindow()
    qtbot.waitUntil(page.isActiveWindow)
    page.focus_first()
    visited = []
    for _ in range(8):
        focused = page.focusWidget()
        visited.append(focused.text().strip())
        QTest.keyClick(focused, Qt.Key.Key_Tab)
    assert visited == [
        "Open folder…",
        "Open zip or NPZ…",
        "Open project…",
        "Try it with the built-in samples",
        "Clear list",
        "third.npz",
        "there",
        "gone",
    ]
