"""Small parts: the class text, progress in words, the model list, the curves, the garbage collector."""

import gc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from core.errors import UserError
from core.jobs import Progress
from core.project.records import ImageClass
from core.refine.events import EpochEnd
from medlabel_gui.dialogs.files import FileDialogs
from medlabel_gui.garbage import MainThreadCollector
from medlabel_gui.grid.delegate import percent
from medlabel_gui.live_table import Summary
from medlabel_gui.models import ModelChoice, model_choices
from medlabel_gui.panels.classes import format_classes, parse_classes
from medlabel_gui.panels.curves import CurvesPanel
from medlabel_gui.panels.message_bar import MessageBar
from medlabel_gui.panels.model import ModelPanel
from medlabel_gui.panels.progress import describe
from medlabel_gui.panels.summary import stage_line
from medlabel_gui.settings import Settings
from medlabel_gui.theme import dress, is_dark
from medlabel_gui.work import duration

WORDS = st.text("abc xyz-", min_size=1).map(lambda t: " ".join(t.split())).filter(bool)


def test_that_classes_are_read_one_a_line_with_prompts() -> None:
    text = "chest x-ray\n\n breast  ultrasound = an ultrasound | a sonogram\nchest x-ray = a radiograph"
    assert parse_classes(text) == [
        ("chest x-ray", ("a radiograph",)),
        ("breast ultrasound", ("an ultrasound", "a sonogram")),
    ]


@given(st.dictionaries(WORDS, st.lists(WORDS, max_size=3).map(tuple), max_size=4))
def test_that_class_text_is_read_back_as_written(classes: dict[str, tuple[str, ...]]) -> None:
    shown = format_classes([ImageClass(1, name, prompts) for name, prompts in classes.items()])
    assert parse_classes(shown) == list(classes.items())


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
    ],
)
def test_that_progress_is_told_with_rate_and_time_left(progress: Progress, text: str) -> None:
    assert describe(progress) == text


def test_that_durations_are_for_people() -> None:
    assert [duration(s) for s in (0.2, 59.4, 61, 7265)] == ["0 s", "59 s", "1 min 01 s", "2 h 01 min"]


def test_that_no_confidence_is_rounded_up_to_certainty() -> None:
    shown = [percent(c) for c in (0.5, 0.994, 0.9951, 0.99999, 1.0)]
    assert shown == ["50%", "99%", "99.5%", "99.9%", "100%"]


def test_that_a_missing_model_is_greyed_and_says_why(qtbot: QtBot) -> None:
    panel = ModelPanel(Settings())
    qtbot.addWidget(panel)
    panel.set_choices(
        (
            ModelChoice("large", "Large", "The best.", "Its weights (1,710 MB) are not on this machine."),
            ModelChoice("starter", "Starter", "Small."),
        )
    )
    assert panel.chosen() == "starter"
    item = panel._items.item(0)
    assert not item.isEnabled() and "1,710 MB" in item.toolTip()
    assert panel._detail.text() == "Small."


def test_that_the_model_chosen_last_stays_chosen(qtbot: QtBot) -> None:
    settings = Settings()
    settings.model = "b"
    panel = ModelPanel(settings)
    qtbot.addWidget(panel)
    assert panel.chosen() == "starter"
    panel.set_choices((ModelChoice("a", "A", ""), ModelChoice("b", "B", "")))
    assert panel.chosen() == "b"


def test_that_curves_are_drawn_with_the_best_epoch_marked(qtbot: QtBot) -> None:
    panel = CurvesPanel()
    qtbot.addWidget(panel)
    panel.resize(320, 500)
    panel.add(EpochEnd(1, 20, 0.7, 0.5, 0.8, 0.4, 1, 0.1))
    panel.show()
    panel.add(EpochEnd(2, 20, 0.5, 0.7, 0.9, 0.6, 1, 0.1))
    loss = panel._plots.loss
    assert loss._training.getData()[1].tolist() == [0.7, 0.5]
    assert loss._validation.getData()[0].tolist() == [1, 2]
    assert loss._best.value() == 1 and loss._best.isVisible()
    assert "Best so far: epoch 1" in panel._text.text()


def test_that_the_summary_says_why_a_refinement_does_not_deliver() -> None:
    summary = Summary(10, (), 0, 0, 4, False, "It gave up a class.")
    assert stage_line(summary) == "CLIP's labels are shown, not the network's. It gave up a class."


def test_that_the_message_bar_tells_user_errors_in_their_own_words(qtbot: QtBot) -> None:
    bar = MessageBar()
    qtbot.addWidget(bar)
    bar.show_error(UserError("a.png is broken.", "Export it again."))
    assert bar.text == "a.png is broken. Export it again." and not bar.details
    bar.show_error(ValueError("no"))
    assert "ValueError: no" in bar.text and "ValueError" in bar.details


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
        collector.settle()
    finally:
        collector.stop()
    assert gc.isenabled()
    collector.deleteLater()


def test_that_light_and_dark_dress_the_whole_application(qtbot: QtBot, qapp: QApplication) -> None:
    palette, sheet = qapp.palette(), qapp.styleSheet()
    try:
        for dark in (True, False):
            dress(qapp, dark)
            assert is_dark() is dark
            assert (qapp.palette().window().color().lightness() < 128) is dark
    finally:
        qapp.setPalette(palette)
        qapp.setStyleSheet(sheet)


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


def test_that_the_catalogue_tells_which_models_are_missing_and_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    choices = {choice.id: choice for choice in model_choices()}
    large = choices["openai/ViT-L-14"]
    assert large.missing and "MB" in large.detail
