"""Small parts: the class text, progress in words, the garbage collector."""

import gc
from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from core.jobs import Progress
from medlabel_gui.dialogs.files import FileDialogs
from medlabel_gui.durations import duration
from medlabel_gui.garbage import MainThreadCollector
from medlabel_gui.grid.delegate import percent
from medlabel_gui.panels.progress import describe
from medlabel_gui.settings import Settings


@pytest.mark.parametrize(
    ("progress", "text"),
    [
        (
            Progress(1200, 58954, "Reading images", 95.0),
            "Reading images: 1,200 of 58,954 · 95/s · 10 min 08 s left",
        ),
        (Progress(0, 0, "Loading model"), "Loading model…"),
        (Progress(12, 0, "Finding images", 3.21), "Finding images: 12 · 3.2/s"),
        (Progress(5, 5, "Training", 2.0), "Training: 5 of 5"),
        (
            Progress(123_000_000, 784_000_000, "Downloading BiomedCLIP", 5.24e6),
            "Downloading BiomedCLIP: 123 MB of 784 MB · 5.2 MB/s · 2 min 06 s left",
        ),
    ],
)
def test_that_progress_is_told_with_rate_and_time_left(progress: Progress, text: str) -> None:
    assert describe(progress) == text


def test_that_durations_are_for_people() -> None:
    assert [duration(s) for s in (0.2, 59.4, 61, 7265)] == ["0 s", "59 s", "1 min 01 s", "2 h 01 min"]


def test_that_no_confidence_is_rounded_up_to_certainty() -> None:
    shown = [percent(c) for c in (0.5, 0.994, 0.9951, 0.99999, 1.0)]
    assert shown == ["50%", "99%", "99.5%", "99.9%", "100%"]


def test_that_garbage_is_collected_by_the_main_thread_only(qtbot: QtBot) -> None:
    collector = MainThreadCollector()
    try:
        assert not gc.isenabled()
        garbage = [[] for _ in range(5000)]
        for item in garbage:
            item.append(item)
        del garbage, item
        before = len(gc.get_objects())
        collector.collect()
        assert len(gc.get_objects()) < before
    finally:
        collector.stop()
    assert gc.isenabled()
    collector.deleteLater()


def test_that_the_chosen_file_comes_to_the_callback_and_its_folder_is_remembered(
    qtbot: QtBot, tmp_path: Path
) -> None:
    parent, settings, chosen = QWidget(), Settings(), []
    qtbot.addWidget(parent)
    files = FileDialogs(parent, settings)
    (tmp_path / "there").mkdir()
    for ask in (
        lambda: files.choose_folder("Open", "open", chosen.append),
        lambda: files.choose_file("Open", "open", "NPZ (*.npz)", chosen.append),
        lambda: files.choose_target("Export", "export", "labels.csv", "CSV (*.csv)", chosen.append),
    ):
        ask()
        dialog = parent.findChildren(QFileDialog)[-1]
        dialog.fileSelected.emit(str(tmp_path / "there" / "chosen"))
        dialog.reject()
    assert chosen == [tmp_path / "there" / "chosen"] * 3
    assert settings.folder("export") == settings.folder("open") == tmp_path / "there"
