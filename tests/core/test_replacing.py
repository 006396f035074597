"""Labels from elsewhere with classes of their own: nothing that is there goes without being asked for."""

import numpy as np
import pytest

from core.cli.app import run
from core.errors import UserError
from core.project.project import Project
from core.project.records import Status
from core.refine import names
from core.refine.model_file import save_model
from core.tasks.info import info
from core.tasks.predict import PredictSpec, predict
from core.tasks.refine import RefineSpec, refine
from core.tasks.scan import open_project, scan
from tests.core.exported import labelled_project
from tests.core.saved_models import network, stand_in


@pytest.fixture(autouse=True)
def strategy(monkeypatch):
    monkeypatch.setitem(names.STRATEGIES, "stand-in", stand_in(model=network()))


@pytest.fixture
def place(folder):
    return labelled_project(folder, refined=False)


def model_of(path, classes):
    save_model(path, network(), classes, {}, "2026-01-02T03:04:05Z")
    return path


def weak_csv(path, folder, classes, leave_out=()):
    lines = [",".join(["file_name", *classes])]
    for file in sorted(folder.rglob("*.png")):
        name = file.relative_to(folder).as_posix()
        if name not in leave_out:
            sure = int(name.startswith("discs"))
            lines.append(f"{name},{sure},{1 - sure}")
    path.write_text("\n".join(lines))
    return path


def state(place):
    with Project.open(place) as project:
        table = project.table()
        return (
            [c.name for c in project.classes],
            table.label.tolist(),
            table.status.tolist(),
            len(project.log()),
        )


def test_that_a_saved_model_with_other_classes_replaces_nothing_unasked(place, tmp_path, ctx):
    model, before = model_of(tmp_path / "m.medlabel-model", ("cat", "dog")), state(place)
    with pytest.raises(UserError) as error:
        predict(PredictSpec(model, place, "cpu"), ctx)
    for words in ("'cat', 'dog'", "'disc', 'stripes'", "24 labels and 4 decisions", "--replace-classes"):
        assert words in str(error.value)
    assert state(place) == before and len(info(place).runs) == 1


def test_that_asked_for_the_classes_are_replaced_and_an_undo_brings_all_back(place, tmp_path, ctx):
    model, before = model_of(tmp_path / "m.medlabel-model", ("cat", "disc")), state(place)
    result = predict(PredictSpec(model, place, "cpu", replace_classes=True), ctx)
    assert result.labelled == 24 and any("run 1 is kept" in note for note in result.notes)
    with Project.open(place) as project:
        assert [c.name for c in project.classes] == ["cat", "disc"] and project.classes[1].id == 1
        project.undo("ann")
        project.runs.count_again(1)
    assert state(place)[:3] == before[:3]


def test_that_decisions_alone_are_worth_the_question(folder, tmp_path, ctx):
    place = labelled_project(folder, refined=False)
    with Project.open(place) as project:
        project.runs.discard(1)
    model = model_of(tmp_path / "m.medlabel-model", ("cat", "dog"))
    with pytest.raises(UserError, match="with 4 decisions of people"):
        predict(PredictSpec(model, place, "cpu"), ctx)


def test_that_a_decision_for_a_class_that_goes_is_withdrawn(place, tmp_path, ctx):
    model = model_of(tmp_path / "m.medlabel-model", ("stripes", "dog"))
    predict(PredictSpec(model, place, "cpu", replace_classes=True), ctx)
    with Project.open(place) as project:
        status = project.table().status.tolist()
    assert status[:4] == [Status.PREDICTED, Status.PREDICTED, Status.UNSURE, Status.EXCLUDED]


def test_that_the_same_classes_go_on_and_it_is_said_whose_labels_count_now(place, tmp_path, ctx):
    model = model_of(tmp_path / "m.medlabel-model", ("Stripes", "disc"))
    result = predict(PredictSpec(model, place, "cpu"), ctx)
    (note,) = result.notes
    assert (
        "The labels of run 1 (CLIP) have made way for those of run 2, which come from m.medlabel-model"
        in note
    )
    with Project.open(place) as project:
        table, last = project.table(), project.runs.all()[-1]
        assert [c.name for c in project.classes] == ["disc", "stripes"] and last.class_ids == (1, 2)
        said = np.asarray(project.runs.probabilities(last))
    assert (table.zero_shot_label == said.argmax(axis=1)).all()
    assert predict(PredictSpec(model, place, "cpu"), ctx).notes == ()


def test_that_weak_labels_with_other_classes_replace_nothing_unasked(place, folder, tmp_path, ctx):
    weak, before = weak_csv(tmp_path / "weak.csv", folder, ("cat", "dog")), state(place)
    with pytest.raises(UserError, match=r"24 labels and 4 decisions.*--replace-classes"):
        refine(RefineSpec(place, "stand-in", weak, "cpu"), ctx)
    assert state(place) == before and len(info(place).runs) == 1
    result = refine(RefineSpec(place, "stand-in", weak, "cpu", replace_classes=True), ctx)
    assert state(place)[0] == ["cat", "dog"] and "come from weak.csv" in result.notes[0]


def test_that_a_csv_of_other_images_changes_nothing(place, tmp_path, ctx):
    (tmp_path / "weak.csv").write_text("file_name,cat,dog\nnowhere.png,1,0\n")
    before = state(place)
    with pytest.raises(UserError, match="No file_name"):
        refine(RefineSpec(place, "stand-in", tmp_path / "weak.csv", "cpu", replace_classes=True), ctx)
    assert state(place) == before


def test_that_the_same_weak_labels_again_make_their_run_count_again(place, folder, tmp_path, ctx):
    one = weak_csv(tmp_path / "one.csv", folder, ("disc", "stripes"))
    two = weak_csv(tmp_path / "two.csv", folder, ("stripes", "disc"))
    first = refine(RefineSpec(place, "stand-in", one, "cpu"), ctx)
    refine(RefineSpec(place, "stand-in", two, "cpu"), ctx)
    again = refine(RefineSpec(place, "stand-in", one, "cpu"), ctx)
    assert again.run == first.run and again.reused and len(info(place).runs) == 5


def test_that_images_without_a_weak_label_are_labelled_by_the_network_and_told(folder, tmp_path, ctx):
    place = open_project(folder)
    scan(place, ctx)
    left = ("discs/03.png", "stripes/05.png", "stripes/06.png")
    (folder / "stripes" / "06.png").write_bytes(b"\x89PNG\r\n\x1a\n nothing")
    weak = weak_csv(tmp_path / "weak.csv", folder, ("disc", "stripes"), leave_out=left)
    result = refine(RefineSpec(place, "stand-in", weak, "cpu"), ctx)
    assert (
        "2 images have no weak label: the network that learnt from the others labelled 2" in result.notes[-1]
    )
    with Project.open(place) as project:
        table = project.table()
    rows = [[ref.path for ref in table.refs].index(name) for name in left]
    assert table.zero_shot_label[rows].tolist() == [-1, -1, -1]
    assert (table.label[rows[:2]] >= 0).all() and table.status[rows[2]] == Status.ERROR
    assert (np.delete(table.zero_shot_label, rows) >= 0).all()


def test_that_images_without_a_weak_label_have_none_where_there_is_no_network(
    folder, tmp_path, ctx, monkeypatch
):
    monkeypatch.setitem(names.STRATEGIES, "stand-in", stand_in())
    place = open_project(folder)
    scan(place, ctx)
    weak = weak_csv(tmp_path / "weak.csv", folder, ("disc", "stripes"), leave_out=("discs/03.png",))
    result = refine(RefineSpec(place, "stand-in", weak, "cpu"), ctx)
    assert "1 image has no weak label and nothing from the refinement either" in result.notes[-1]


def test_that_the_commands_have_the_option_and_say_what_happens(place, folder, tmp_path, capsys):
    model = model_of(tmp_path / "m.medlabel-model", ("cat", "dog"))
    weak = weak_csv(tmp_path / "weak.csv", folder, ("one", "two"))
    for arguments in (
        ["predict", str(model), str(place)],
        ["refine", str(place), "--strategy", "stand-in", "--weak-labels", str(weak)],
    ):
        assert run(arguments) == 1 and "--replace-classes" in capsys.readouterr().err
        assert run([*arguments, "--replace-classes"]) == 0
        assert "have made way" in capsys.readouterr().out
        assert run([arguments[0], "--help"]) == 0
        assert "nothing is done without --replace-classes" in " ".join(capsys.readouterr().out.split())


def test_that_labelling_an_empty_folder_leaves_no_project(tmp_path, user_data, capsys):
    (tmp_path / "empty").mkdir()
    assert run(["label", str(tmp_path / "empty"), "--classes", "a,b"]) == 1
    assert "no images" in capsys.readouterr().err and not user_data.exists()
