"""Refined models: saved from a project, and used on the images of another one."""

from pathlib import Path

import pytest
from PySide6.QtWidgets import QMessageBox

from core.jobs import JobContext
from core.project.records import ImageClass, Run, Source, described
from core.tasks.predict import PredictResult, PredictSpec
from medlabel_gui.relabel import earlier_run
from tests.gui.conftest import Driver, process_deletions
from tests.gui.fakes import endless, fake_predict, write_model


def names(driver: Driver) -> list[str]:
    return [c.name for c in driver.window.session.classes]


def answer(driver: Driver, text: str) -> None:
    """Press a button of the question that is open."""
    box = driver.window.findChild(QMessageBox)
    next(b for b in box.buttons() if b.text().replace("&", "") == text).click()
    process_deletions()
    driver.settle()


def test_that_only_a_refinement_with_a_model_can_be_saved(opened: Driver) -> None:
    save = opened.window.actions_table["save_model"]
    opened.label()
    assert not save.isEnabled()
    opened.trigger("refine")
    assert save.isEnabled()
    opened.label()  # the same classes again: other labels, without a refinement
    assert not save.isEnabled()


def test_that_a_model_is_not_saved_among_the_images(opened: Driver, images: Path) -> None:
    opened.label()
    opened.trigger("refine")
    opened.files.answer = images / "mine.medlabel-model"
    opened.trigger("save_model")
    assert "among the images" in opened.parts.messages.text
    assert not opened.files.answer.exists()


def test_that_a_project_without_classes_gets_those_of_the_model(opened: Driver, tmp_path: Path) -> None:
    opened.files.answer = write_model(tmp_path / "x.medlabel-model", ["hand", "head"])
    opened.trigger("label_saved")
    assert names(opened) == ["hand", "head"]
    assert opened.table.label.tolist() == [1] * 12
    assert set(opened.table.source.tolist()) == {Source.MODEL}
    opened.bot.waitUntil(lambda: "by a saved model" in opened.parts.sidebar.label.state)


def test_that_other_classes_are_asked_about_before_they_are_replaced(opened: Driver, tmp_path: Path) -> None:
    opened.label("first", "second")
    before = opened.table.label.tolist()
    opened.files.answer = write_model(tmp_path / "x.medlabel-model", ["second", "third"])
    opened.trigger("label_saved")
    assert "“second”, “third”" in opened.window.findChild(QMessageBox).text()
    costs = opened.window.findChild(QMessageBox).informativeText()
    assert costs.startswith("Labels of stage 1 now: 12. Decisions: 0. The model's classes take the place")
    answer(opened, "Cancel")
    assert names(opened) == ["first", "second"] and opened.table.label.tolist() == before
    kept = opened.window.session.classes[1].id
    opened.trigger("label_saved")
    answer(opened, "Use the model's classes")
    assert names(opened) == ["second", "third"] and opened.table.label.tolist() == [1] * 12
    assert opened.window.session.classes[0].id == kept
    opened.trigger("undo")
    assert names(opened) == ["first", "second"]


def test_that_an_undo_brings_back_the_run_of_the_earlier_classes_and_a_redo_the_models(
    opened: Driver, tmp_path: Path
) -> None:
    opened.label("first", "second")
    opened.trigger("refine")
    before, refinement = opened.table.label.tolist(), opened.window.session.snapshot.refinement
    opened.files.answer = write_model(tmp_path / "x.medlabel-model", ["second", "third"])
    opened.trigger("label_saved")
    answer(opened, "Use the model's classes")
    assert opened.window.session.snapshot.stage_one.kind == "predicted"

    def counting(kind: str) -> bool:
        return opened.window.session.snapshot.stage_one.kind == kind and not opened.window.runner.jobs

    runs = len(opened.window.session.snapshot.runs)
    assert "The saved model “x” labelled" in opened.parts.messages.text
    opened.trigger("undo")
    assert opened.parts.messages.text == "", "those labels are gone"
    opened.bot.waitUntil(lambda: counting("zero-shot"))
    assert opened.table.label.tolist() == before
    assert opened.window.session.snapshot.refinement == refinement
    opened.trigger("redo")
    opened.bot.waitUntil(lambda: counting("predicted"))
    assert opened.table.label.tolist() == [1] * 12 and names(opened) == ["second", "third"]
    assert len(opened.window.session.snapshot.runs) == runs, "nothing was labelled again"


def test_that_a_run_counts_again_only_for_its_own_classes() -> None:
    a, b, c = (ImageClass(number, name) for number, name in enumerate("abc", 1))
    clip = Run(1, "zero-shot", "", (1, 2), {"classes": described((a, b))}, finished=True)
    other = Run(2, "zero-shot", "", (1, 2), {"classes": []}, finished=True)
    model = Run(3, "predicted", "", (2, 3), finished=True)
    runs = (
        clip,
        other,
        model,
        Run(4, "refinement", "", (1, 2), finished=True),
        Run(5, "imported", "", (1, 2)),
    )
    assert earlier_run(runs, model, (b, a)) == other and earlier_run(runs, model, (a, b)) == clip
    assert earlier_run(runs, clip, (b, c)) == model and earlier_run(runs, model, (c, b)) is None
    assert earlier_run(runs, clip, (a, c)) is None
    wide = Run(6, "zero-shot", "", (1, 2, 3), finished=True)
    assert earlier_run((*runs, wide), wide, (a, b)) is None, "CLIP labels again by itself"


def test_that_labels_appear_while_a_saved_model_labels(
    opened: Driver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    streamed: list[int] = []

    def record(spec: PredictSpec, ctx: JobContext) -> PredictResult:
        return fake_predict(spec, ctx)

    monkeypatch.setattr("core.tasks.predict.predict", record)
    show = opened.window.session.show_labelled
    monkeypatch.setattr(
        opened.window.session, "show_labelled", lambda rows, *more: (streamed.extend(rows), show(rows, *more))
    )
    opened.set_classes("first", "second")
    opened.files.answer = write_model(tmp_path / "x.medlabel-model", ["first", "second"])
    opened.trigger("label_saved")
    assert streamed == list(range(12))


def test_that_labelling_with_a_saved_model_can_be_cancelled(
    opened: Driver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.tasks.predict.predict", endless)
    opened.set_classes("first", "second")
    opened.files.answer = write_model(tmp_path / "x.medlabel-model", ["first", "second"])
    opened.window.actions_table["label_saved"].trigger()
    opened.bot.waitUntil(lambda: "Reading images" in opened.parts.progress.text)
    opened.trigger("cancel")
    assert not opened.window.work.busy and "Stopped" in opened.parts.messages.text


def test_that_a_folder_that_is_no_model_is_explained(opened: Driver, tmp_path: Path) -> None:
    opened.files.answer = tmp_path
    opened.trigger("label_saved")
    assert "is no model" in opened.parts.messages.text and not opened.window.work.busy
