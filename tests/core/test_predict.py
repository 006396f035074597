"""A saved model labels new folders: as a stage 1 run that is exported, refined and told like any other."""

import csv
import json

import numpy as np
import pytest
from PIL import Image

from core.cli.app import run
from core.errors import JobCancelled, UserError
from core.jobs import JobContext
from core.project.edits import Edit
from core.project.project import Project
from core.project.records import ImageClass, Source, Status
from core.refine import names
from core.refine.model_file import save_model
from core.tasks import predict as predict_module
from core.tasks.events import RowsLabelled
from core.tasks.info import info
from core.tasks.predict import PredictSpec, predict
from core.tasks.refine import RefineSpec, refine
from core.tasks.saved_models import find_model, model_info, save_model_as
from core.tasks.scan import open_project, scan
from tests.core.exported import labelled_project
from tests.core.saved_models import brightness_network, network, stand_in

CLASSES = ("dark", "bright")
AT = "2026-01-02T03:04:05Z"


@pytest.fixture
def model(tmp_path):
    folder = tmp_path / "brightness.medlabel-model"
    save_model(folder, brightness_network(), CLASSES, {"strategy": "auto", "run": 2}, AT)
    return folder


@pytest.fixture
def pictures(tmp_path):
    """Sixteen dark and sixteen bright pictures of 40 x 30 px, and a file that is none."""
    root = tmp_path / "pictures"
    root.mkdir()
    rng = np.random.default_rng(0)
    for number in range(16):
        for name, level in zip(CLASSES, (30, 220), strict=True):
            noise = rng.integers(-20, 20, (30, 40))
            Image.fromarray((level + noise).astype(np.uint8)).save(root / f"{name}-{number:02d}.png")
    (root / "damaged.png").write_bytes(b"\x89PNG\r\n\x1a\n nothing")
    return root


def spec_of(model, images, **more):
    return PredictSpec(model, images, "cpu", "ann", **more)


def test_that_a_new_folder_is_labelled_and_every_step_is_told(model, pictures):
    events = []
    result = predict(spec_of(model, pictures), JobContext(events.append, interval=0))
    assert (result.images, result.labelled, result.predicted, result.failed) == (33, 32, 32, 1)
    assert result.classes == CLASSES and result.model == model
    with Project.open(result.project) as project:
        table = project.table()
        (entered,) = project.runs.all()
    named = [table.classes[k].name if k >= 0 else "" for k in table.label]
    assert named == [ref.path.split("-")[0] if "-" in ref.path else "" for ref in table.refs]
    bad = [ref.path for ref in table.refs].index("damaged.png")
    assert table.error[bad] and table.status[bad] == Status.ERROR
    assert set(table.source[table.label >= 0].tolist()) == {Source.MODEL}
    assert set(table.width[table.label >= 0].tolist()) == {40}
    assert entered.kind == "predicted" and entered.params["card"]["provenance"] == {
        "strategy": "auto",
        "run": 2,
    }
    assert entered.params["model"]["weights_sha256"] == model_info(model).sha256
    rows = np.concatenate([event.rows for event in events if isinstance(event, RowsLabelled)])
    assert sorted([*rows.tolist(), bad]) == list(range(33))


def test_that_the_same_call_again_reads_no_image_and_enters_no_run(model, pictures, ctx):
    first = predict(spec_of(model, pictures), ctx)
    events = []
    again = predict(spec_of(model, pictures), JobContext(events.append, interval=0))
    assert (again.run, again.predicted, again.reused, again.failed) == (first.run, 0, 32, 1)
    assert sum(len(event.rows) for event in events if isinstance(event, RowsLabelled)) == 32
    Image.fromarray(np.full((20, 20), 240, np.uint8)).save(pictures / "bright-99.png")
    more = predict(spec_of(model, pictures), ctx)
    assert (more.predicted, more.labelled) == (1, 33) and more.run != first.run


def test_that_a_stopped_labelling_goes_on(model, pictures, monkeypatch):
    monkeypatch.setattr(predict_module, "_BATCH", 16)
    ctx = JobContext()
    ctx._listener = lambda event: ctx.cancel() if isinstance(event, RowsLabelled) else None
    with pytest.raises(JobCancelled):
        predict(spec_of(model, pictures), ctx)
    result = predict(spec_of(model, pictures), JobContext())
    assert result.reused == 16 and result.labelled == 32


def test_that_classes_of_the_same_name_keep_their_identity(model, pictures, ctx):
    place = open_project(pictures)
    with Project.open(place) as project:
        project.execute(
            Edit("Set", classes=(ImageClass(1, "other"), ImageClass(2, "bright", ("much light",)))), "ann"
        )
    predict(spec_of(model, pictures), ctx)
    with Project.open(place) as project:
        assert [(c.id, c.name, c.prompts) for c in project.classes] == [
            (3, "dark", ()),
            (2, "bright", ("much light",)),
        ]


def test_that_the_projects_order_of_the_same_classes_stays(model, pictures, ctx):
    place = open_project(pictures)
    with Project.open(place) as project:
        project.execute(Edit("Set", classes=(ImageClass(7, "bright"), ImageClass(2, "dark"))), "ann")
    events = []
    result = predict(spec_of(model, place), JobContext(events.append))
    with Project.open(place) as project:
        table = project.table()
        assert project.runs.all()[-1].class_ids == (7, 2) and len(project.log()) == 1
    at = {ref.path: row for row, ref in enumerate(table.refs)}
    assert table.classes[table.label[at["bright-00.png"]]].name == "bright"
    told = {
        int(r): int(c)
        for e in events
        if isinstance(e, RowsLabelled)
        for r, c in zip(e.rows, e.class_ids, strict=True)
    }
    assert told[at["bright-00.png"]] == 7 and result.labelled == 32


def test_that_an_npz_is_labelled_too(model, tmp_path, ctx):
    images = np.stack([np.full((28, 28), level, np.uint8) for level in (10, 250, 20)])
    np.savez(tmp_path / "set.npz", train_images=images, train_labels=np.zeros((3, 1), np.uint8))
    result = predict(spec_of(model, tmp_path / "set.npz", project=tmp_path / "p.medlabel"), ctx)
    with Project.open(result.project) as project:
        assert project.table().label.tolist() == [0, 1, 0]


def test_that_a_network_for_colour_sees_colour_and_one_for_grey_says_what_it_misses(tmp_path, pictures, ctx):
    Image.fromarray(np.full((20, 20, 3), (250, 10, 10), np.uint8)).save(pictures / "red.png")
    save_model(tmp_path / "c", network(channels=3), CLASSES, {"delivered": False}, AT)
    result = predict(spec_of(tmp_path / "c", pictures), ctx)
    assert result.labelled == 33 and any("not delivered" in note for note in result.notes)
    save_model(tmp_path / "g", network(), CLASSES, {}, AT)
    assert "1 of 33 have colour" in predict(spec_of(tmp_path / "g", pictures), ctx).notes[0]


def test_that_nothing_is_made_for_a_model_that_cannot_be_loaded(tmp_path, pictures, user_data, ctx):
    for path in (tmp_path / "no.medlabel-model", pictures):
        with pytest.raises(UserError, match="no model"):
            predict(spec_of(path, pictures), ctx)
    assert not user_data.exists()


def test_that_an_empty_folder_is_a_clear_error_and_leaves_no_project(model, tmp_path, user_data, ctx):
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="no images"):
        predict(spec_of(model, tmp_path / "empty"), ctx)
    place = tmp_path / "mine.medlabel"
    with pytest.raises(UserError, match="no images"):
        predict(spec_of(model, tmp_path / "empty", project=place), ctx)
    assert not user_data.exists() and not place.exists()


def test_that_a_project_whose_images_all_went_stays(model, pictures, tmp_path, ctx):
    (tmp_path / "empty").mkdir()
    place = open_project(tmp_path / "empty")
    with pytest.raises(UserError, match="no images"):
        predict(spec_of(model, tmp_path / "empty"), ctx)
    assert place.exists()


def test_that_a_model_without_its_weights_says_so(model, pictures, ctx):
    (model / "model.safetensors").unlink()
    for look in (lambda: predict(spec_of(model, pictures), ctx), lambda: model_info(model)):
        with pytest.raises(UserError, match=r"its weights, model[.]safetensors, are missing"):
            look()


@pytest.mark.parametrize(
    ("classes", "message"),
    [
        (["dark", "dark"], "two classes have the same name"),
        (["dark", "Dark "], "but for case or blanks"),
        (["dark", ""], "a class has no name"),
        (["dark", "bright", "grey"], "does not fit .* 3 classes"),
        (["dark"], "1 class"),
        ([], "0 classes"),
    ],
)
def test_that_edited_class_names_of_a_model_are_explained(model, pictures, ctx, classes, message):
    card = json.loads((model / "model.json").read_text())
    (model / "model.json").write_text(json.dumps({**card, "classes": classes}))
    with pytest.raises(UserError, match=message):
        predict(spec_of(model, pictures), ctx)


def test_that_a_refinement_learns_from_predicted_labels(model, pictures, ctx, monkeypatch):
    seen = []
    monkeypatch.setitem(names.STRATEGIES, "stand-in", stand_in(network(), seen=seen))
    place = predict(spec_of(model, pictures), ctx).project
    result = refine(RefineSpec(place, "stand-in", device="cpu"), ctx)
    assert result.images == 32 and seen[0].embeddings is None and seen[0].image_side == 40
    assert [run.kind for run in info(place).runs] == ["predicted", "refinement"]


def test_that_a_project_stands_for_its_newest_model(pictures, folder, tmp_path, ctx):
    place = labelled_project(folder)
    with pytest.raises(UserError, match="no refined model"):
        find_model(place)
    with Project.open(place) as project:
        second = project.runs.all()[-1]
        assert second.kind == "refinement"
        save_model(project.runs.model_folder(second.id), brightness_network(), CLASSES, {}, AT)
    assert predict(spec_of(place, pictures), ctx).labelled == 32
    target = save_model_as(place, tmp_path / "mine")
    assert target.name == "mine.medlabel-model" and model_info(target).classes == CLASSES


def test_that_the_command_labels_exports_and_tells(model, pictures, tmp_path, capsys):
    out, npz, place = tmp_path / "l.csv", tmp_path / "l.npz", tmp_path / "new.medlabel"
    arguments = ["predict", str(model), str(pictures), "--project", str(place), "--device", "cpu"]
    assert run([*arguments, "--out", str(out), "--npz", str(npz), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["predict"]["labelled"] == 32 and told["info"]["labels"] == {"dark": 16, "bright": 16}
    with out.open(encoding="utf-8") as file:
        rows = {row["file_name"]: row for row in csv.DictReader(file)}
    assert rows["bright-03.png"]["label"] == "bright" and rows["bright-03.png"]["source"] == "model"
    assert npz.exists() and run(arguments) == 0
    text = capsys.readouterr().out
    assert "predicted brightness" in text and "32 labelled" in text and "1 image could not be read" in text
    assert run(["export", str(place), "--format", "report", "--out", str(tmp_path / "r.html")]) == 0
    assert "stage 1, by a saved model" in (tmp_path / "r.html").read_text(encoding="utf-8")


def volumes_of(tmp_path):
    """A dark and a bright volume of four slices."""
    levels = np.array([30, 220], np.uint8).reshape(2, 1, 1, 1)
    np.savez(tmp_path / "set.npz", train_images=np.broadcast_to(levels, (2, 4, 12, 10)))
    return tmp_path / "set.npz"


def test_that_the_chosen_slices_of_volumes_are_labelled(model, tmp_path, ctx):
    path = volumes_of(tmp_path)
    with pytest.raises(UserError, match="'diagonal' is not a choice of slices"):
        predict(spec_of(model, path, slices="diagonal"), ctx)
    result = predict(spec_of(model, path, slices="coronal:middle"), ctx)
    assert (result.images, result.labelled) == (2, 2)
    with Project.open(result.project) as project:
        table = project.table()
        assert str(project.slices) == "coronal:middle"
    assert [table.classes[k].name for k in table.label] == list(CLASSES)
    assert predict(spec_of(model, path), ctx).images == 2, "the choice is kept"
    assert predict(spec_of(model, path, slices="axial"), ctx).images == 10, "those of before are missing now"


def test_that_the_command_takes_slices_as_label_does(model, tmp_path, capsys):
    arguments = ["predict", str(model), str(volumes_of(tmp_path)), "--device", "cpu", "--json"]
    assert run([*arguments, "--slices", "diagonal"]) == 1
    assert "'diagonal' is not a choice of slices" in capsys.readouterr().err
    assert run([*arguments, "--slices", "axial:every=2"]) == 0
    assert json.loads(capsys.readouterr().out)["predict"]["labelled"] == 4


def test_that_a_pickle_given_to_the_command_is_one_line(tmp_path, pictures, capsys):
    (tmp_path / "m.pt").write_bytes(b"x")
    assert run(["predict", str(tmp_path / "m.pt"), str(pictures)]) == 1
    assert "pickles are refused" in capsys.readouterr().err


def test_that_the_scan_is_not_needed_before(model, pictures, ctx):
    place = open_project(pictures)
    scan(place, ctx)
    assert predict(spec_of(model, place), ctx).project == place
