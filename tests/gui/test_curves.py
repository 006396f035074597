"""The training curves: live, stored, compared, pointed at, and as files."""

import csv
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication

from core.errors import UserError
from core.project.records import Run
from core.refine.events import BatchEnd, EpochEnd
from medlabel_gui.panels.curve_files import COLUMNS, draw_picture
from medlabel_gui.panels.curve_list import run_when
from medlabel_gui.panels.curve_runs import LIVE, RunCurves, stored_trainings
from medlabel_gui.panels.curve_words import describe
from medlabel_gui.panels.curves import CurvesPanel
from medlabel_gui.panels.plots import run_colour, run_symbol
from medlabel_gui.session import Session
from medlabel_gui.theme import dress
from tests.gui.conftest import RecordingFileDialogs
from tests.gui.refined import labelled_project, refine, show


def epoch(number: int, best: int = 1, epochs: int = 20, patience: int = 10) -> EpochEnd:
    return EpochEnd(number, epochs, 0.8 / number, 0.6, 0.9 / number, 0.5, best, 0.5, patience)


@pytest.fixture
def session(qtbot, runner):
    made = Session(runner)
    yield made
    qtbot.waitUntil(lambda: not runner.jobs)
    made.close()
    made.deleteLater()


@pytest.fixture
def files():
    return RecordingFileDialogs()


@pytest.fixture
def panel(qtbot, session, files):
    made = CurvesPanel(session, files)
    made.resize(320, 620)
    qtbot.addWidget(made)
    return made


def drawn(panel):
    return [training.number for training in panel.drawn()]


def check(panel, row: int, checked: bool) -> None:
    state = Qt.CheckState.Checked if checked else Qt.CheckState.Unchecked
    panel._runs.topLevelItem(row).setCheckState(0, state)


# Live


def test_that_a_live_training_is_drawn_with_its_best_epoch_marked(panel, qtbot):
    panel.start()
    assert "begins" in panel.text
    panel.add(epoch(1))
    panel.show()
    panel.add(epoch(2))
    qtbot.waitUntil(lambda: "Epoch 2" in panel.text)
    loss = panel._plots.loss
    lines = loss._shown.lines[0]
    assert lines.training.getData()[1].tolist() == [0.8, 0.4]
    assert lines.validation.getData()[0].tolist() == [1, 2]
    assert lines.best.getData()[0].tolist() == [1]
    assert loss._best_line.isVisible() and loss._best_line.value() == 1
    assert not loss._stop_line.isVisible()
    assert "1 of 10 epochs without a better one" in panel.text


def test_that_epochs_that_fly_are_drawn_together(panel, qtbot, monkeypatch):
    panel.show()
    panel.start()
    draws = []
    monkeypatch.setattr(panel._plots.loss, "show_curves", lambda curves, last: draws.append(curves))
    for number in range(1, 201):
        panel.add(epoch(number, epochs=200))
    assert not draws and len(panel.epochs) == 200
    qtbot.waitUntil(lambda: bool(draws))
    assert len(draws) == 1 and draws[0][0].epochs[-1] == 200


def test_that_an_early_stop_is_told_at_once_in_words_and_in_the_plot(panel):
    panel.show()
    panel.start()
    for number in range(1, 12):
        panel.add(epoch(number))
    panel.end()
    assert "stopped early after epoch 11: no better for 10 epochs" in panel.text
    for plot in (panel._plots.loss, panel._plots.accuracy):
        assert plot._stop_line.isVisible() and plot._stop_line.value() == 11
        assert plot._shown.lines[0].stopped.getData()[0].tolist() == [11]
    assert "stopped&nbsp;early" in panel._legend.text()


def test_that_a_training_somebody_stopped_is_not_called_an_early_stop(panel):
    panel.start()
    panel.add(epoch(1))
    panel.add(epoch(2))
    panel.end()
    assert "was stopped after epoch 2" in panel.text and "early" not in panel.text


def test_that_a_training_through_all_its_epochs_has_ended(panel):
    panel.start()
    panel.add(epoch(1, epochs=2))
    panel.add(epoch(2, epochs=2))
    panel.end()
    assert "ended after 2 epochs" in panel.text


def test_that_batches_are_told_while_an_epoch_is_in_work(panel):
    panel.start()
    panel.add_batch(BatchEnd(1, 3, 40, 0.6931, "small"))
    assert panel.text == "Small CNN. Epoch 1: batch 3 of 40, loss 0.693."
    panel.add(replace(epoch(1), network="small"))
    panel.refresh()
    assert panel.text.startswith("Small CNN. Epoch 1 of at most 20. Best so far: epoch 1")
    panel.add_batch(BatchEnd(2, 40, 40, 0.5, "small"))
    assert "Epoch 2 of at most 20: batch 40 of 40, loss 0.500." in panel.text
    panel.add_batch(BatchEnd(1, 2, 40, 0.4, "small"))  # of another training beside the one that is drawn
    assert "Epoch 1 of at most 20." in panel.text
    panel.end()
    assert "batch" not in panel.text


def test_that_the_live_curves_carry_the_name_of_their_network(panel):
    panel.start()
    panel.add(replace(epoch(1), network="resnet18"))
    panel.refresh()
    assert [t.network for t in panel.drawn()] == ["resnet18"]
    assert "resnet18" in panel._runs.topLevelItem(0).text(2)


def test_that_a_training_that_begins_again_within_a_job_is_drawn_by_itself(panel):
    panel.start()
    panel.add(epoch(1))
    panel.add(epoch(2))
    panel.add(epoch(1, epochs=5))
    assert [(e.epoch, e.epochs) for e in panel.epochs] == [(1, 5)]


# Stored


def test_that_the_newest_stored_training_is_shown_and_the_live_one_gives_way_to_it(
    panel, session, qtbot, images
):
    project = labelled_project(images)
    refine(project)
    show(session, project)
    assert [e.epoch for e in panel.epochs] == [1, 2, 3] and drawn(panel) == [1]
    panel.start()
    assert panel.epochs == []
    panel.add(epoch(1))
    panel.refresh()
    assert drawn(panel) == [2] and panel._runs.topLevelItemCount() == 2
    session.reload()  # a class was edited meanwhile: the training goes on
    qtbot.waitUntil(lambda: not session._loading)
    assert [e.epoch for e in panel.epochs] == [1]
    refine(project)
    panel.end()
    session.reload()
    qtbot.waitUntil(lambda: len(panel.epochs) == 3)
    assert drawn(panel) == [2] and [t.key for t in panel._trainings()] == [t.key for t in panel._stored]


def test_that_several_trainings_can_be_compared(panel, session, images):
    project = labelled_project(images)
    for _ in range(3):
        refine(project)
    panel.show()
    show(session, project)
    assert drawn(panel) == [3]
    check(panel, 2, True)  # the oldest stands last
    assert drawn(panel) == [1, 3] and len(panel._plots.loss.curves) == 2
    assert not panel._plots.loss._best_line.isVisible()  # stars tell whose best epoch it is
    check(panel, 0, False)
    assert drawn(panel) == [1]
    check(panel, 2, False)
    assert drawn(panel) == [] and not panel._picture.isEnabled() and not panel._numbers.isEnabled()


def test_that_what_was_checked_to_compare_stays_when_a_new_training_begins(panel, session, images):
    project = labelled_project(images)
    refine(project)
    refine(project)
    show(session, project)
    check(panel, 1, True)
    panel.start()
    panel.add(epoch(1))
    assert drawn(panel) == [1, 3]


def test_that_another_project_has_its_own_curves(panel, session, images, tmp_path):
    project = labelled_project(images)
    refine(project)
    show(session, project)
    panel.start()
    panel.add(epoch(1))
    other = labelled_project(_copied(images, tmp_path / "other"))
    show(session, other)
    assert panel.epochs == [] and "not been trained yet" in panel.text and panel._runs.isHidden()


def _copied(images: Path, folder: Path) -> Path:
    folder.mkdir()
    for path in images.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    return folder


def run(curves, **changes):
    values = {"finished": True, "metrics": {"curves": curves}, **changes}
    return Run(7, "refinement", "2026-01-02T03:04:05Z", (1, 2), **values)


OLD = {
    "epoch": 4,
    "epochs": 20,
    "train_loss": 0.5,
    "train_accuracy": 0.9,
    "validation_loss": 0.6,
    "validation_accuracy": 0.8,
    "best_epoch": 1,
    "seconds": 1.5,
}


def test_that_curves_of_an_older_version_load_and_tell_their_early_stop():
    training = stored_trainings([run([OLD])])[0]
    assert training.stopped_early
    assert "stopped early after epoch 4: no better for 3 epochs" in describe(training)


def test_that_curves_of_a_newer_version_load_without_what_is_not_known_here():
    assert stored_trainings([run([{**OLD, "learning_rate": 0.1}])])[0].epochs == (EpochEnd(**OLD),)


@pytest.mark.parametrize("curves", [None, [], "none", [{"epoch": 1}], [3]])
def test_that_curves_without_sense_are_left_out(curves):
    assert stored_trainings([run(curves)]) == []


def test_that_runs_of_another_kind_and_unfinished_ones_have_no_curves():
    assert stored_trainings([run([OLD], finished=False)]) == []
    assert stored_trainings([Run(1, "zero-shot", "", (1,), finished=True, metrics={"curves": [OLD]})]) == []


def test_that_trainings_are_told_with_day_and_network():
    training = stored_trainings([run([OLD], params={"strategy": "published"})])[0]
    assert training.strategy == "published" and "2" in run_when(training)
    assert run_when(RunCurves(LIVE, 1, ())) == "now"
    assert run_when(RunCurves(3, 1, (), created_at="gibberish")) == ""


def test_that_runs_differ_by_colour_and_by_shape():
    for dark in (False, True):
        looks = {(run_colour(style, dark).name(), run_symbol(style)) for style in range(6)}
        assert len({colour for colour, _ in looks}) == len({shape for _, shape in looks}) == 6


# Pointing


def test_that_pointing_at_an_epoch_shows_the_values_of_both_plots(panel, session, images):
    project = labelled_project(images)
    refine(project)
    show(session, project)
    panel.show()
    loss, accuracy = panel._plots.loss, panel._plots.accuracy
    view = loss._item.vb
    loss._moved(QPointF(view.mapViewToScene(QPointF(2.1, sum(view.viewRange()[1]) / 2))))
    assert "Epoch 2" in loss.values() and "0.550 (training 0.500)" in loss.values()
    assert "50.0% (training 60.0%)" in accuracy.values()
    assert loss._pointer.line.value() == 2 and loss._pointer.line.isVisible()
    QApplication.sendEvent(loss, QEvent(QEvent.Type.Leave))
    assert loss.values() == accuracy.values() == ""


def test_that_values_of_several_runs_are_told_apart_and_many_are_cut(panel, session, images):
    project = labelled_project(images)
    for _ in range(8):
        refine(project)
    show(session, project)
    panel.show()
    for row in range(8):
        check(panel, row, True)
    panel._plots.loss.hovered.emit(1)
    values = panel._plots.loss.values()
    assert "Run 1: 1.100" in values and "Run 6" in values and "Run 7" not in values
    assert "and 2 more" in values


def test_that_an_epoch_without_values_shows_nothing(panel):
    panel.start()
    panel.add(epoch(1))
    panel.show()
    panel._plots.loss.hovered.emit(15)
    assert panel._plots.loss.values() == ""


# Files


def test_that_the_numbers_of_what_is_shown_are_saved(panel, session, files, qtbot, images, tmp_path):
    project = labelled_project(images)
    refine(project)
    refine(project)
    show(session, project)
    check(panel, 1, True)
    files.answer = tmp_path / "curves.csv"
    with qtbot.waitSignal(panel.noted) as noted:
        panel._numbers.click()
    assert noted.args[1] == tmp_path / "curves.csv" and str(tmp_path) in noted.args[0]
    rows = list(csv.DictReader((tmp_path / "curves.csv").read_text().splitlines()))
    assert list(rows[0]) == list(COLUMNS) and [row["run"] for row in rows] == ["1"] * 3 + ["2"] * 3
    assert [float(row["train_loss"]) for row in rows[:2]] == [1.0, 0.5]
    assert rows[0]["best_epoch"] == "1" and rows[0]["strategy"] == "auto"
    assert rows[2]["stopped_early"] == "0"


def test_that_the_picture_is_a_light_png_of_twice_the_pixels(panel, session, files, images, tmp_path):
    project = labelled_project(images)
    refine(project)
    show(session, project)
    panel.show()
    files.answer = tmp_path / "curves.png"
    panel._picture.click()
    image = QImage(str(tmp_path / "curves.png"))
    assert (image.width(), image.height()) == (1800, 1440)
    assert image.pixelColor(3, 3) == QColor("white")
    wanted = run_colour(0, False).rgb()
    pixels = {image.pixel(x, y) for y in range(0, 1300) for x in range(300, 310)}
    assert wanted in pixels


def test_that_the_picture_is_the_same_in_the_dark(panel, session, images, qapp: QApplication):
    project = labelled_project(images)
    refine(project)
    show(session, project)
    palette, sheet = qapp.palette(), qapp.styleSheet()
    try:
        dress(qapp, True)
        image = draw_picture(panel.drawn(), panel)
        assert image.pixelColor(3, 3) == QColor("white")
        lightness = [image.pixelColor(x, 1400).lightness() for x in range(600, 1200)]
        assert min(lightness) < 100  # the legend is dark on white
    finally:
        dress(qapp, False)
        qapp.setPalette(palette)
        qapp.setStyleSheet(sheet)


def test_that_a_place_that_cannot_be_written_is_told(panel, session, qtbot, images, tmp_path):
    project = labelled_project(images)
    refine(project)
    show(session, project)
    for save in (panel.save_numbers, panel.save_picture):
        with qtbot.waitSignal(panel.failed) as failed:
            save(tmp_path / "nowhere" / "curves")
        assert isinstance(failed.args[0], UserError) and "nowhere" in str(failed.args[0])


def test_that_the_plots_follow_the_theme(panel, qapp: QApplication):
    panel.start()
    panel.add(epoch(1))
    panel.show()
    palette, sheet = qapp.palette(), qapp.styleSheet()
    try:
        dress(qapp, True)
        brush = panel._plots.loss._shown.lines[0].validation.opts["symbolBrush"]
        assert QColor(brush) == run_colour(0, True)
    finally:
        dress(qapp, False)
        qapp.setPalette(palette)
        qapp.setStyleSheet(sheet)


def test_that_pyqtgraph_is_loaded_by_a_worker_while_the_window_goes_on(
    qtbot, session, files, runner, monkeypatch
):
    loaded = []
    monkeypatch.setattr("medlabel_gui.panels.plots.is_loaded", lambda: bool(loaded))
    monkeypatch.setattr(
        "medlabel_gui.panels.plots.load", lambda: loaded.append(threading.current_thread().name)
    )
    panel = CurvesPanel(session, files, runner)
    qtbot.addWidget(panel)
    panel.show()
    panel.hide()
    panel.show()
    panel.start()
    panel.add(epoch(1))
    panel.refresh()
    assert panel._plots is None and "Epoch 1" in panel.text
    qtbot.waitUntil(lambda: panel._plots is not None)
    assert [name.startswith("io-") for name in loaded] == [True]
    assert len(panel._plots.loss.curves) == 1


def test_that_plots_that_cannot_be_loaded_are_told(qtbot, session, files, runner, monkeypatch):
    def fail():
        raise UserError("pyqtgraph is broken.")

    monkeypatch.setattr("medlabel_gui.panels.plots.is_loaded", lambda: False)
    monkeypatch.setattr("medlabel_gui.panels.plots.load", fail)
    panel = CurvesPanel(session, files, runner)
    qtbot.addWidget(panel)
    with qtbot.waitSignal(panel.failed):
        panel.show()
    assert panel._plots is None


def test_that_pyqtgraph_is_loaded_when_the_panel_is_first_shown(panel):
    assert panel._plots is None
    panel.start()
    panel.add(epoch(1))
    panel.refresh()
    assert panel._plots is None
    panel.show()
    assert len(panel._plots.loss.curves) == 1


def test_that_without_curves_no_numbers_of_earlier_ones_stand_at_the_axes(panel):
    panel.show()
    panel.start()
    panel.add(epoch(1))
    panel.refresh()

    def numbers() -> set[bool]:
        plots = (panel._plots.loss, panel._plots.accuracy)
        return {plot._item.getAxis(side).style["showValues"] for plot in plots for side in ("left", "bottom")}

    assert numbers() == {True}
    panel._live.forget()  # another project, without trainings
    panel.refresh()
    assert numbers() == {False}


def test_that_the_piece_of_curve_is_seen_in_a_selected_row(qtbot):
    from PySide6.QtGui import QIcon

    from medlabel_gui.panels.curve_list import _SWATCH, _swatch
    from medlabel_gui.theme import colours

    icon = _swatch(0)
    selected = icon.pixmap(_SWATCH, QIcon.Mode.Selected).toImage()
    plain = icon.pixmap(_SWATCH).toImage()
    assert selected.pixelColor(4, 1) == QColor(colours().base) and plain.pixelColor(4, 1).alpha() == 0


def test_that_nothing_is_saved_among_the_images(qtbot, panel, monkeypatch, tmp_path):
    monkeypatch.setattr(type(panel._session), "source_path", property(lambda _: tmp_path.resolve()))
    with qtbot.waitSignal(panel.failed) as failed:
        panel.save_numbers(tmp_path / "curves.csv")
    assert "among the images" in str(failed.args[0]) and not list(tmp_path.glob("*.csv"))


def test_that_after_the_last_epoch_nothing_is_said_of_stopping_early(panel, qtbot):
    panel.start()
    for number in (1, 2, 3):
        panel.add(epoch(number, epochs=3))
    qtbot.waitUntil(lambda: "Epoch 3 of at most 3" in panel.text)
    assert "then it stops" not in panel.text and "Best so far: epoch 1" in panel.text


def test_that_no_word_of_the_lists_header_is_cut_off(panel, qtbot):
    panel.start()
    panel.add(epoch(1))
    qtbot.waitUntil(lambda: "Epoch 1" in panel.text)
    panel.show()
    panel.resize(panel.minimumSizeHint())
    qtbot.waitUntil(lambda: panel._runs.isVisible())
    header = panel._runs.header()
    for column in range(4):
        assert header.sectionSize(column) >= header.sectionSizeHint(column), column
    assert header.length() <= panel._runs.viewport().width()
