"""The main job through the tasks, with the built-in model, on pictures that the tests make."""

import csv
import os
from dataclasses import replace

import numpy as np
import pytest

from core.errors import JobCancelled, UserError
from core.jobs import JobContext
from core.project.edits import Edit
from core.project.project import Project
from core.project.records import Source, Status
from core.resources import resource_path
from core.tasks import label as label_module
from core.tasks.events import Estimate, RowsLabelled
from core.tasks.export import ExportSpec, export, group_rule
from core.tasks.import_labels import ImportSpec, import_labels
from core.tasks.info import info
from core.tasks.label import ClassSpec, LabelSpec, label, parse_classes
from core.tasks.models import describe_models
from core.tasks.refine import RefineSpec, refine
from core.tasks.scan import open_project, scan
from tests.core.test_images import png_header_of

pytestmark = pytest.mark.skipif(
    not resource_path("models", "starter", "open_clip_config.json").exists(), reason="no built-in model"
)
CLASSES = (ClassSpec("chest x-ray"), ClassSpec("histology"))


def correction(rows, class_ids) -> Edit:
    """Decisions of a person: `class_ids` for `rows`."""
    return Edit("Correct", np.asarray(rows), Status.CORRECTED, np.asarray(class_ids, np.int32))


@pytest.fixture
def scanned(folder, ctx):
    project = open_project(folder)
    scan(project, ctx)
    return project


def test_that_a_folder_is_labelled_and_every_step_is_told(scanned):
    events = []
    result = label(LabelSpec(scanned, CLASSES, device="cpu"), JobContext(events.append, interval=0))
    assert (result.labelled, result.embedded, result.reused, result.failed) == (24, 24, 0, 0)
    rows = np.concatenate([event.rows for event in events if isinstance(event, RowsLabelled)])
    assert sorted(rows.tolist()) == list(range(24))
    with Project.open(scanned) as project:
        table = project.table()
        (run,) = project.runs.all()
        stored = np.asarray(project.runs.probabilities(run))
    assert set(table.status.tolist()) == {Status.PREDICTED} and set(table.source.tolist()) == {
        Source.ZERO_SHOT
    }
    assert np.allclose(stored.sum(1), 1, atol=1e-5) and (table.confidence == stored.max(1)).all()
    live = np.concatenate([event.class_ids for event in events if isinstance(event, RowsLabelled)])
    ids = np.array([c.id for c in table.classes])
    assert (live[np.argsort(rows)] == ids[table.label]).all()
    assert all(len(digest) == 32 for digest in table.sha256) and set(table.width.tolist()) == {40}


def test_that_the_run_says_what_made_it(scanned, ctx):
    label(LabelSpec(scanned, CLASSES, device="cpu", seed=7), ctx)
    with Project.open(scanned) as project:
        params = project.runs.all()[0].params
    assert params["model"]["model"] == "starter" and len(params["model"]["weights_sha256"]) == 64
    assert set(params["prompts"]) == {"chest x-ray", "histology"} and params["prompts"]["histology"]
    assert params["seed"] == 7 and {"medlabel", "torch", "numpy"} <= set(params["versions"])


def test_that_other_prompts_reuse_the_stored_embeddings(scanned, ctx):
    first = label(LabelSpec(scanned, CLASSES, device="cpu"), ctx)
    other = (replace(CLASSES[0], prompts=("a radiograph of the thorax",)), CLASSES[1])
    second = label(LabelSpec(scanned, other, device="cpu"), ctx)
    assert (second.embedded, second.reused) == (0, 24) and second.run != first.run
    with Project.open(scanned) as project:
        assert project.classes[0].id == 1 and project.classes[0].prompts == ("a radiograph of the thorax",)
        one, two = (np.asarray(project.runs.probabilities(run)) for run in project.runs.all())
    assert not np.allclose(one, two)


def test_that_the_same_labelling_again_is_the_same_run(scanned, ctx):
    spec = LabelSpec(scanned, CLASSES, device="cpu")
    assert label(spec, ctx).run == label(spec, ctx).run
    assert label(replace(spec, seed=1), ctx).run == 2


def test_that_bad_files_are_named_and_never_stop_the_run(folder, ctx):
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0broken")
    (folder / "empty.png").touch()
    (folder / "text.png").write_text("this is no picture")
    (folder / "huge.png").write_bytes(png_header_of(30_000, 30_000))
    odd = os.fsdecode(b"na\xefve.png")
    (folder / "discs" / "00.png").rename(folder / odd)
    project = open_project(folder)
    scan(project, ctx)
    result = label(LabelSpec(project, CLASSES, device="cpu"), ctx)
    facts = info(project)
    assert result.labelled == 24 and facts.images == 28 and facts.statuses["error"] == 4
    assert set(facts.errors) == {"broken.jpg", "empty.png", "text.png", "huge.png"}
    assert "30000 x 30000" in facts.errors["huge.png"] and "empty" in facts.errors["empty.png"]
    written = export(ExportSpec(project, "csv", folder.parent / "l.csv"), ctx)
    text = (folder.parent / "l.csv").read_text()
    assert written.rows == 28 and "na\\xefve.png" in text and "not a picture" in text


def test_that_an_image_that_is_mended_is_labelled_next_time(folder, ctx):
    good = (folder / "discs" / "01.png").read_bytes()
    (folder / "discs" / "00.png").write_bytes(good[:50])
    project = open_project(folder)
    scan(project, ctx)
    spec = LabelSpec(project, CLASSES, device="cpu")
    assert label(spec, ctx).failed == 1
    (folder / "discs" / "00.png").write_bytes(good)
    scan(project, ctx)
    again = label(spec, ctx)
    assert (again.embedded, again.failed, again.labelled) == (1, 0, 24) and not info(project).errors


def test_that_a_class_for_the_rest_takes_what_fits_none(scanned, ctx):
    classes = parse_classes("chest x-ray,histology", ["histology=a stained slide"], "something else")
    assert [c.is_other for c in classes] == [False, False, True] and classes[1].prompts == (
        "a stained slide",
    )
    label(LabelSpec(scanned, classes, device="cpu"), ctx)
    with Project.open(scanned) as project:
        prompts = project.runs.all()[0].params["prompts"]["something else"]
    assert not any(prompt == "something else" for prompt in prompts) and len(prompts) > 1


def test_that_a_long_run_is_estimated_first_and_refused_without_room(scanned, monkeypatch):
    monkeypatch.setattr(label_module, "_TRIAL", 4)
    events = []
    label(LabelSpec(scanned, CLASSES, device="cpu"), JobContext(events.append, interval=0))
    (estimate,) = [event for event in events if isinstance(event, Estimate)]
    assert estimate.images == 20 and estimate.seconds > 0 and estimate.disk_bytes < estimate.free_bytes


def test_that_a_full_disk_is_told_before_the_long_run(scanned, ctx, monkeypatch):
    monkeypatch.setattr(label_module, "_TRIAL", 4)
    monkeypatch.setattr(label_module.shutil, "disk_usage", lambda path: type("Usage", (), {"free": 1000}))
    with pytest.raises(UserError, match="MB are free"):
        label(LabelSpec(scanned, CLASSES, device="cpu"), ctx)


@pytest.mark.parametrize("classes", [(), (ClassSpec("one"),)])
def test_that_fewer_than_two_classes_is_a_clear_error(scanned, ctx, classes):
    with pytest.raises(UserError, match="two classes"):
        label(LabelSpec(scanned, classes, device="cpu"), ctx)


def test_that_the_second_stage_is_a_run_of_its_own_with_its_curves(scanned, ctx):
    first = label(LabelSpec(scanned, CLASSES, device="cpu"), ctx)
    result = refine(RefineSpec(scanned, device="cpu"), ctx)
    with Project.open(scanned) as project:
        run = project.runs.all()[-1]
        table = project.table()
    assert run.parent == first.run and run.id == result.run and result.images == 24
    assert len(run.metrics["curves"]) == result.epochs >= result.best_epoch > 0
    assert (table.refined_label >= 0).all()
    expected = Source.REFINEMENT if result.delivers else Source.ZERO_SHOT
    assert set(table.source.tolist()) == {expected} and (result.delivers or result.reason)
    assert refine(RefineSpec(scanned, device="cpu"), ctx).run == result.run, (
        "the same training again is not repeated"
    )


def test_that_refining_before_labelling_is_a_clear_error(scanned, ctx):
    with pytest.raises(UserError, match="no labels to learn from"):
        refine(RefineSpec(scanned), ctx)
    with pytest.raises(UserError, match="no strategy 'magic'"):
        refine(RefineSpec(scanned, strategy="magic"), ctx)


def test_that_anybodys_weak_labels_can_be_refined(scanned, tmp_path, ctx):
    lines = ["file_name,stripes,discs"]
    lines += [
        f"{kind}/{k:02d}.png,{int(kind == 'stripes')},{int(kind == 'discs')}"
        for kind in ("discs", "stripes")
        for k in range(11)
    ]
    (tmp_path / "weak.csv").write_text("\n".join(lines))
    result = refine(RefineSpec(scanned, weak_labels=tmp_path / "weak.csv", device="cpu"), ctx)
    assert result.images == 22 and result.notes[0] == "2 images are not named there."
    assert "2 images have no weak label" in result.notes[1] and len(result.notes) == 2
    with Project.open(scanned) as project:
        table = project.table()
        assert [run.kind for run in project.runs.all()] == ["imported", "refinement"]
    named = [table.classes[k].name if k >= 0 else "" for k in table.zero_shot_label]
    assert named == [ref.path.split("/")[0] if ref.path[-6:-4] != "11" else "" for ref in table.refs]


def test_that_known_labels_measure_the_stages_and_train_nothing(scanned, folder, ctx):
    label(LabelSpec(scanned, CLASSES, device="cpu"), ctx)
    spec = ImportSpec(scanned, folder, {"discs": "chest x-ray", "stripes": "histology"})
    assert import_labels(spec, ctx).matched == 24
    facts = info(scanned)
    with Project.open(scanned) as project:
        table = project.table()
        assert set(table.status.tolist()) == {Status.PREDICTED}, "known labels are no decisions"
        project.execute(
            Edit(
                "Correct",
                rows=np.arange(24),
                status=Status.CORRECTED,
                class_ids=np.repeat([1, 2], 12).astype(np.int32),
            ),
            "ann",
        )
    assert facts.stages["zero_shot"].accuracy == pytest.approx((table.label == np.repeat([0, 1], 12)).mean())
    assert "refined" not in facts.stages
    after = info(scanned)
    assert after.stages["delivered"].accuracy == 1 and after.stages["zero_shot"] == facts.stages["zero_shot"]
    with pytest.raises(UserError, match="not classes of the project: discs, stripes"):
        import_labels(ImportSpec(scanned, folder), ctx)


def test_that_decisions_survive_labelling_again(scanned, ctx):
    label(LabelSpec(scanned, CLASSES, device="cpu"), ctx)
    with Project.open(scanned) as project:
        project.execute(correction([3], [2]), "ann")
    label(LabelSpec(scanned, (*CLASSES, ClassSpec("fundus")), device="cpu"), ctx)
    with Project.open(scanned) as project:
        table = project.table()
    assert table.status[3] == Status.CORRECTED and table.classes[table.label[3]].name == "histology"


def test_that_every_export_works_on_a_labelled_project(scanned, tmp_path, ctx):
    label(LabelSpec(scanned, CLASSES, device="cpu"), ctx)
    for name, out in (("csv", "l.csv"), ("npz", "l.npz"), ("folders", "sorted")):
        assert export(ExportSpec(scanned, name, tmp_path / out), ctx).rows == 24
    with pytest.raises(UserError, match="no format 'xml'"):
        export(ExportSpec(scanned, "xml", tmp_path / "l.xml"), ctx)


def test_that_patients_stay_together_in_this_export_and_the_next(scanned, tmp_path, ctx):
    label(LabelSpec(scanned, CLASSES, device="cpu"), ctx)
    rule = group_rule(r"(\d)\d?\.png$")
    for name, groups in (("one.csv", rule), ("two.csv", None)):
        export(ExportSpec(scanned, "csv", tmp_path / name, groups=groups, seed=3), ctx)
        with (tmp_path / name).open(newline="") as file:
            splits = {(row["group"], row["split"]) for row in csv.DictReader(file)}
        assert {group for group, _ in splits} == {"0", "1"} and len(splits) == 2


def test_that_the_catalogue_says_what_is_here():
    rows = {row.id: row for row in describe_models()}
    assert rows["starter"].present and not rows["openai/RN50x64"].present
    assert all(
        row.size_mb > 0 and row.licence and row.good_for and row.context_length for row in rows.values()
    )


# Labelling from stored embeddings, and runs that count again

OTHER = (replace(CLASSES[0], prompts=("a radiograph of the thorax",)), CLASSES[1])


def counting(folder):
    """Ids of the stage 1 run and the refinement that count."""
    with Project.open(folder) as project:
        first, second = project.runs.stage_one(), project.runs.refinement()
        return first and first.id, second and second.id


def test_that_labelling_again_from_stored_embeddings_reads_no_image(scanned, folder, ctx):
    label(LabelSpec(scanned, CLASSES, device="cpu"), ctx)
    for path in (folder / "discs").iterdir():
        path.unlink()
    result = label(LabelSpec(scanned, OTHER, device="cpu", only_stored=True), ctx)
    assert (result.labelled, result.embedded, result.reused, result.failed) == (24, 0, 24, 0)
    with Project.open(scanned) as project:
        stored = np.asarray(project.runs.probabilities(project.runs.all()[-1]))
    full = label(LabelSpec(scanned, OTHER, device="cpu"), ctx)
    with Project.open(scanned) as project:
        assert full.run == result.run and np.allclose(stored.sum(1), 1, atol=1e-5)


def test_that_images_without_an_embedding_stay_without_a_label(folder, ctx):
    held = folder.parent / "held"
    (folder / "stripes").rename(held)
    project = open_project(folder)
    scan(project, ctx)
    label(LabelSpec(project, CLASSES, device="cpu"), ctx)
    held.rename(folder / "stripes")
    scan(project, ctx)
    result = label(LabelSpec(project, OTHER, device="cpu", only_stored=True), ctx)
    with Project.open(project) as opened:
        table = opened.table()
    assert result.labelled == 12 and len(table) == 24
    assert sorted(table.status.tolist()) == [Status.UNLABELLED] * 12 + [Status.PREDICTED] * 12


def test_that_labelling_from_nothing_stored_is_a_clear_error(scanned, ctx):
    spec = LabelSpec(scanned, CLASSES, device="cpu", only_stored=True)
    with pytest.raises(UserError, match="not looked at these images"):
        label(spec, ctx)
    with Project.open(scanned) as project:
        assert not list(project.arrays.glob("embeddings-*")), "nothing is made for a model that was not used"
        project.row_store("embeddings-0", (4,), np.float16)
    with pytest.raises(UserError, match="not looked at these images"):
        label(spec, ctx)


@pytest.mark.parametrize("only_stored", [False, True])
def test_that_taking_other_prompts_back_brings_the_refinement_back(scanned, ctx, only_stored):
    first = label(LabelSpec(scanned, CLASSES, device="cpu"), ctx)
    second = refine(RefineSpec(scanned, device="cpu"), ctx)
    other = label(LabelSpec(scanned, OTHER, device="cpu", only_stored=only_stored), ctx)
    assert counting(scanned) == (other.run, None)
    plain = (replace(OTHER[0], prompts=()), OTHER[1])
    again = label(LabelSpec(scanned, plain, device="cpu", only_stored=only_stored), ctx)
    assert again.run == first.run and counting(scanned) == (first.run, second.run)
    assert refine(RefineSpec(scanned, device="cpu"), ctx).run == second.run, "it need not be trained again"
    third = label(LabelSpec(scanned, (*CLASSES, ClassSpec("fundus")), device="cpu"), ctx)
    assert counting(scanned) == (third.run, None), "a new run counts, whatever counted again before"


def test_that_prompts_that_somebody_tries_do_not_pile_up_on_disk(scanned, ctx):
    first = label(LabelSpec(scanned, CLASSES, device="cpu"), ctx)
    refined = refine(RefineSpec(scanned, device="cpu"), ctx)
    tried = []
    for number in range(9):
        classes = (replace(CLASSES[0], prompts=(f"film number {number}",)), CLASSES[1])
        tried.append(label(LabelSpec(scanned, classes, device="cpu", only_stored=True), ctx).run)
    with Project.open(scanned) as project:
        assert [run.id for run in project.runs.all()] == [first.run, refined.run, *tried[-5:]]
        assert len(list(project.arrays.glob("run-*.npy"))) == 7
    assert counting(scanned) == (tried[-1], None)


def test_that_notes_on_earlier_captions_do_not_come_back(scanned, ctx):
    long = (replace(CLASSES[0], prompts=("a chest x-ray " * 30,)), CLASSES[1])
    assert any("was cut" in n for n in label(LabelSpec(scanned, long, device="cpu"), ctx).notes)
    assert not any("was cut" in n for n in label(LabelSpec(scanned, OTHER, device="cpu"), ctx).notes)


def stop_after(count: int):
    """A context that is cancelled once `count` images have a label."""
    seen = []

    def listen(event: object) -> None:
        if isinstance(event, RowsLabelled):
            seen.extend(event.rows.tolist())
            if len(seen) >= count:
                ctx.cancel()

    ctx = JobContext(listen, interval=0)
    return ctx, seen


def test_that_labels_found_before_a_stop_are_kept_and_told_again_when_it_goes_on(scanned, monkeypatch):
    monkeypatch.setattr("core.tasks.label._TRIAL", 8)
    stopped, seen = stop_after(8)
    with pytest.raises(JobCancelled):
        label(LabelSpec(scanned, CLASSES, device="cpu"), stopped)
    with Project.open(scanned) as project:
        assert sorted(np.flatnonzero(project.table().label >= 0).tolist()) == sorted(seen)
        assert 0 < len(seen) < 24
    events = []
    result = label(LabelSpec(scanned, None, device="cpu"), JobContext(events.append, interval=0))
    told = [event.rows.tolist() for event in events if isinstance(event, RowsLabelled)]
    assert sorted(told[0]) == sorted(seen) and result.labelled == 24
    with Project.open(scanned) as project:
        assert [run.id for run in project.runs.all() if run.finished][-1] == result.run
        assert (project.table().label >= 0).all()


def test_that_a_stop_leaves_complete_labels_of_before_as_they_are(scanned, folder, ctx, monkeypatch):
    first = label(LabelSpec(scanned, CLASSES, device="cpu"), ctx)
    with Project.open(scanned) as project:
        project.forget_content(np.arange(24))
    stopped, _ = stop_after(1)
    with pytest.raises(JobCancelled):
        label(LabelSpec(scanned, (ClassSpec("a"), ClassSpec("b")), device="cpu"), stopped)
    with Project.open(scanned) as project:
        assert project.runs.stage_one().id == first.run


def test_that_a_drive_that_is_unplugged_while_labelling_is_told_and_costs_nothing(scanned, folder, ctx):
    away = folder.parent / "away"
    unplugging = JobContext(interval=0)
    unplugging._listener = lambda event: folder.rename(away) if folder.exists() else None
    with pytest.raises(UserError, match="no longer at"):
        label(LabelSpec(scanned, CLASSES, device="cpu"), unplugging)
    away.rename(folder)
    with Project.open(scanned) as project:
        assert not any(project.images.columns().error), "no image has an error of its own"
    assert label(LabelSpec(scanned, CLASSES, device="cpu"), ctx).labelled == 24
