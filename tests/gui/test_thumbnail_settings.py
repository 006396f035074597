"""Thumbnails on disk, as the window uses them: the switch, the button, and that a changed file is read again."""

import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtWidgets import QDialogButtonBox
from pytestqt.qtbot import QtBot

from core.errors import UserError
from core.images import thumbnail_cache
from core.images.folder import FolderSource
from core.images.refs import ImageRef
from core.images.thumbnail_cache import ThumbnailCache
from core.tasks.cache import cache_size
from medlabel_gui.action_table import ACTIONS
from medlabel_gui.dialogs.settings import SettingsDialog
from medlabel_gui.dialogs.thumbnail_settings import ThumbnailSettings
from medlabel_gui.grid.disk import DiskThumbnails
from medlabel_gui.grid.thumbnails import make_thumbnail
from medlabel_gui.jobs import JobRunner
from medlabel_gui.settings import Settings
from tests.gui.conftest import Driver, process_deletions


@pytest.fixture
def everything_is_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thumbnail_cache, "SLOW", 0.0)
    monkeypatch.setattr(thumbnail_cache, "_SMALL_FILE", 0)


def test_that_the_window_keeps_thumbnails_only_while_it_is_wanted(
    driver: Driver, images: Path, everything_is_slow: None
) -> None:
    driver.parts.settings.keep_thumbnails = False
    driver.open(images)
    driver.bot.waitUntil(lambda: driver.parts.loader.cached(0) is not None)
    assert cache_size() == 0
    driver.parts.settings.keep_thumbnails = True
    driver.parts.loader.set_side(100)
    driver.parts.loader.pixmap(0)
    driver.bot.waitUntil(lambda: cache_size() > 0)
    driver.settle()


def test_that_the_cache_follows_the_setting() -> None:
    settings = Settings()
    disk = DiskThumbnails(settings)
    first = disk()
    assert first is not None and disk() is first
    settings.keep_thumbnails = False
    assert disk() is None
    settings.keep_thumbnails = True
    assert disk() is not None


def test_that_a_kept_thumbnail_is_taken_and_a_changed_file_is_read_again(
    images: Path, everything_is_slow: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, cache, ref = FolderSource(images), ThumbnailCache(), ImageRef("image_000.png")
    first = make_thumbnail(source, 0, ref, 100, cache).array
    with monkeypatch.context() as patch:
        patch.setattr(
            "medlabel_gui.grid.thumbnails.thumbnail_pixels", None
        )  # would be an error if it were called
        np.testing.assert_array_equal(make_thumbnail(source, 0, ref, 100, cache).array, first)
    Image.fromarray(np.zeros((32, 44), np.uint8)).save(images / "image_000.png")
    assert not make_thumbnail(source, 0, ref, 100, cache).array.any()
    (images / "image_000.png").write_bytes(b"broken")
    assert make_thumbnail(source, 0, ref, 100, cache).error
    cache.close()


def test_that_the_dialog_keeps_the_switch_and_clears_at_once(qtbot: QtBot) -> None:
    cache = ThumbnailCache()
    cache.put(bytes(32), np.random.default_rng(0).integers(0, 256, (500, 500), dtype=np.uint8))
    settings = Settings()
    assert settings.keep_thumbnails
    dialog = SettingsDialog(settings, ACTIONS[:3], {})
    qtbot.addWidget(dialog)
    apply = dialog.findChild(QDialogButtonBox).button(QDialogButtonBox.StandardButton.Apply)
    assert not apply.isEnabled()
    dialog.thumbnails._keep.click()
    assert apply.isEnabled() and settings.keep_thumbnails
    apply.click()
    assert not settings.keep_thumbnails and not Settings().keep_thumbnails
    assert "0.3 MB" in dialog.thumbnails.button.text() or "0.5 MB" in dialog.thumbnails.button.text()
    dialog.thumbnails.button.click()
    assert cache_size() == 0
    assert "0.0 MB" in dialog.thumbnails.button.text() and not dialog.thumbnails.button.isEnabled()
    cache.close()


def test_that_thumbnails_are_deleted_beside_the_window_and_a_failure_is_told(
    qtbot: QtBot, runner: JobRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[str] = []

    def refuse() -> int:
        threads.append(threading.current_thread().name)
        raise UserError("They could not be deleted.")

    monkeypatch.setattr("medlabel_gui.dialogs.thumbnail_settings.clear_cache", refuse)
    box = ThumbnailSettings(True, runner)  # not of `qtbot`, which would close it: it is deleted below
    box.clear()
    assert not box.button.isEnabled() and box._error.isHidden()
    qtbot.waitUntil(lambda: not box._error.isHidden())
    assert box._error.text() == "They could not be deleted." and threads[0].startswith("io")
    box.clear()
    box.deleteLater()
    process_deletions()
    qtbot.waitUntil(lambda: not runner.jobs)  # the end comes to nobody
    assert len(threads) == 2
