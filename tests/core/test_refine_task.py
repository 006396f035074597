"""The refine task around a strategy: what it is given, what is kept, what is told."""

import json
import pickle
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from core.cli.app import run
from core.errors import UserError
from core.images.decode import decode_all
from core.jobs import JobContext
from core.project.project import Project
from core.refine import inputs, names
from core.refine.evidence import Verdict
from core.refine.inputs import ProjectPixels, look_of
from core.refine.model_file import load_model
from core.tasks.info import info
from core.tasks.refine import DEFAULT_STRATEGY, RefineSpec, TrainingChoices, refine
from core.tasks.scan import open_project, scan
from tests.core.exported import labelled_project
from tests.core.saved_models import network, stand_in


@pytest.fixture
def place(folder):
    return labelled_project(folder, refined=False)


@pytest.fixture
def use(monkeypatch):
    """Make `stand-in` a strategy that does as told."""

    def use(**told):
        monkeypatch.setitem(names.STRATEGIES, "stand-in", stand_in(**told))

    return use


def spec_of(place, **more):
    return RefineSpec(place, "stand-in", device="cpu", author="ann", **more)


def write_weak(path, folder, kinds=("discs", "stripes")):
    lines = ["file_name,discs,stripes"]
    for file in sorted(folder.rglob("*.png")):
        sure = int(file.parent.name == kinds[0])
        lines.append(f"{file.relative_to(folder).as_posix()},{sure},{1 - sure}")
    path.write_text("\n".join(lines))


def test_that_the_model_is_saved_with_its_run_and_goes_with_it(place, use, ctx):
    use(model=network(), metrics={"candidate": "Propagation", "reason": "Its cut is smaller."})
    result = refine(spec_of(place, seed=4, choices=TrainingChoices(network="small")), ctx)
    card, _ = load_model(result.model)
    assert card.classes == ("disc", "stripes") and card.provenance["seed"] == 4
    assert card.provenance["strategy"] == "stand-in" and card.provenance["images"] == 24
    assert card.provenance["stage_one"]["model"] == "starter" and card.provenance["project"] == place.stem
    assert card.provenance["choices"]["network"] == "small" and card.provenance["candidate"] == "Propagation"
    assert info(place).runs[-1].model_folder == result.model
    with Project.open(place) as project:
        project.runs.discard(result.run)
        assert not result.model.exists() and project.runs.refinement() is None


def test_that_what_the_strategy_tells_is_kept_and_given_back(place, use, ctx):
    metrics = {"candidate": "Weak labels", "reason": "Nothing was better.", "candidates": [{"name": "x"}]}
    use(metrics=metrics, warnings=("The errors look learnable.",), out_of_fold=True)
    result = refine(spec_of(place), ctx)
    assert (result.candidate, result.why) == ("Weak labels", "Nothing was better.")
    assert result.warnings == ("The errors look learnable.",) and result.model is None
    assert (result.epochs, result.best_epoch, result.strategy) == (0, 0, "stand-in")
    stored = info(place).runs[-1].metrics
    assert stored["candidates"] == [{"name": "x"}] and stored["warnings"] == ["The errors look learnable."]
    assert pickle.loads(pickle.dumps(result)) == result


def test_that_the_strategys_own_verdict_decides_where_it_has_one(place, use, ctx):
    use(verdict=Verdict(False, "I do not trust it.", 0.5, 0.4))
    result = refine(spec_of(place), ctx)
    assert (result.delivers, result.reason) == (False, "I do not trust it.")
    use()
    assert "look alike" in refine(spec_of(place, seed=1), ctx).reason


def test_that_the_request_says_what_the_images_are_like(place, use, ctx):
    seen = []
    use(seen=seen)
    chosen = TrainingChoices(epochs=3)
    refine(spec_of(place, choices=chosen), ctx)
    (request,) = seen
    assert (request.image_side, request.colour, request.choices) == (40, False, chosen)
    assert request.truth.tolist()[:4] == [0, 0, -1, -1] and request.train_on.sum() == 22
    assert request.checkpoint.parent == place / "arrays" and not request.checkpoint.suffix


def test_that_one_colour_image_makes_a_colour_set(place, folder, use, ctx):
    Image.fromarray(np.full((40, 40, 3), (200, 0, 0), np.uint8)).save(folder / "discs" / "00.png")
    scan(place, ctx)
    with Project.open(place) as project:
        assert look_of(project, np.arange(24), ctx) == inputs.ImagesLook(40, True)
        assert look_of(project, np.arange(1, 24), ctx) == inputs.ImagesLook(40, False)


def test_that_stage_ones_embeddings_are_given_when_all_are_there(place, use, ctx):
    seen = []
    use(seen=seen)
    vectors = np.random.default_rng(0).normal(size=(24, 5)).astype(np.float16)
    with Project.open(place) as project:
        about = {"model": "starter", "arch": "tiny", "device": "another"}
        store = project.row_store("embeddings-ab", (5,), np.float16, about)
        store.write(np.arange(23), vectors[:23])
        project.row_store("embeddings-cd", (3,), np.float16, {"model": "other"})
    refine(spec_of(place), ctx)
    assert seen[0].embeddings is None, "one is missing"
    store.write(np.array([23]), vectors[23:])
    refine(spec_of(place, seed=1), ctx)
    assert seen[1].embeddings.dtype == np.float32 and (seen[1].embeddings == vectors).all()


def test_that_choices_are_part_of_what_names_a_training(place, use, ctx):
    seen = []
    use(seen=seen)
    first = refine(spec_of(place), ctx)
    assert refine(spec_of(place), ctx) == replace(first, reused=True) and len(seen) == 1
    other = refine(spec_of(place, choices=TrainingChoices(epochs=2)), ctx)
    assert other.run != first.run and seen[1].checkpoint != seen[0].checkpoint


def test_that_the_folder_of_an_interrupted_training_is_gone_when_it_has_ended(place, ctx, monkeypatch):
    def strategy(request, ctx):
        request.checkpoint.mkdir()
        (request.checkpoint / "fold-1.pt").write_bytes(b"x")
        return stand_in()(request, ctx)

    strategy.inputs = stand_in().inputs
    monkeypatch.setitem(names.STRATEGIES, "stand-in", strategy)
    refine(spec_of(place), ctx)
    assert not list((place / "arrays").glob("training-*"))


def test_that_weak_labels_of_images_that_nobody_opened_are_refined(folder, tmp_path, use, ctx):
    seen = []
    use(seen=seen)
    (folder / "discs" / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\n nothing")
    write_weak(tmp_path / "weak.csv", folder)
    place = open_project(folder)
    scan(place, ctx)
    result = refine(spec_of(place, weak_labels=tmp_path / "weak.csv"), ctx)
    assert result.images == 24 and len(seen[0].weak) == 24, "what cannot be read is not learnt"
    assert (seen[0].image_side, seen[0].colour, seen[0].embeddings) == (40, False, None)
    assert list(info(place).errors) == ["discs/bad.png"]
    assert refine(spec_of(place), ctx).run == result.run and len(seen) == 1


def test_that_several_sizes_cost_one_pass(place, ctx, monkeypatch):
    read = []

    def counting(source, images, *rest, **named):
        read.extend(row for row, _ in images)
        return decode_all(source, images, *rest, **named)

    monkeypatch.setattr(inputs, "decode_all", counting)
    with Project.open(place) as project:
        pixels = ProjectPixels(project, np.arange(24), ctx)
        pixels.prefetch((28, True), (64, True), (40, False))
        assert pixels(64, True).shape == (24, 64, 64) and pixels(40, False).shape == (24, 40, 40, 3)
        assert read == list(range(24))


def test_that_very_many_pixels_are_mapped_and_the_file_is_safe(place, ctx, monkeypatch):
    with Project.open(place) as project:
        pixels = ProjectPixels(project, np.arange(24), ctx)
        whole = pixels(28, True)
        monkeypatch.setattr(inputs, "_IN_MEMORY", 0)
        mapped = pixels(28, True)
        assert (mapped == whole).all()
        mapped[:] = 0
        assert (pixels(28, True) == whole).all()


def test_that_a_disk_without_room_is_told_before_it_is_full(place, ctx, monkeypatch):
    monkeypatch.setattr(inputs, "_MARGIN_BYTES", 10**18)
    with Project.open(place) as project, pytest.raises(UserError, match="are free"):
        ProjectPixels(project, np.arange(24), ctx)(28, True)


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"network": "lenet"}, "resnet18 \\(28 to 224 px; slow without a GPU\\)"),
        ({"network": "timm/no_such_thing"}, "no network"),
        ({"optimiser": "lion"}, "sgd; adam; adamw"),
        ({"schedule": "none"}, "one-cycle"),
        ({"epochs": 0}, "0 is no number of epochs"),
        ({"batch_size": -1}, "batch size"),
        ({"learning_rate": float("nan")}, "learning rate"),
        ({"learning_rate": -0.1}, "learning rate"),
    ],
)
def test_that_a_choice_without_sense_is_a_clear_error_before_the_work(place, use, ctx, choices, message):
    use()
    with pytest.raises(UserError, match=message):
        refine(spec_of(place, choices=TrainingChoices(**choices)), ctx)
    assert len(info(place).runs) == 1


def test_that_auto_is_the_default():
    assert DEFAULT_STRATEGY == RefineSpec(None).strategy == "auto"


def test_that_many_classes_with_none_of_their_own_are_no_trouble(folder, tmp_path, use, ctx):
    use(model=network(classes=100))
    columns = [f"c{k}" for k in range(100)]
    lines = [",".join(["file_name", *columns])]
    for file in sorted(folder.rglob("*.png")):
        sure = int(file.parent.name == "discs")
        lines.append(",".join([file.relative_to(folder).as_posix(), str(sure), str(1 - sure), *["0"] * 98]))
    (tmp_path / "weak.csv").write_text("\n".join(lines))
    place = open_project(folder)
    scan(place, ctx)
    result = refine(spec_of(place, weak_labels=tmp_path / "weak.csv"), ctx)
    assert result.images == 24 and len(load_model(result.model)[0].classes) == 100


def test_that_the_published_network_trains_saves_and_predicts(place, folder, capsys, tmp_path):
    saved = tmp_path / "mine"
    arguments = ["refine", str(place), "--strategy", "published", "--epochs", "2", "--device", "cpu"]
    assert run([*arguments, "--save-model", str(saved), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["saved_model"] == f"{saved}.medlabel-model" and told["refine"]["epochs"] == 2
    assert run(["predict", told["saved_model"], str(folder), "--project", str(tmp_path / "n.medlabel")]) == 0
    assert "24 labelled" in capsys.readouterr().out


def test_that_the_summary_says_what_was_taken_why_and_what_to_be_careful_about(place, use, capsys):
    use(
        model=network(),
        metrics={"candidate": "Propagation", "reason": "Its cut is smaller."},
        warnings=("The errors look learnable.",),
    )
    for arguments in (["refine", str(place), "--strategy", "stand-in"], ["info", str(place)]):
        assert run(arguments) == 0
        text = capsys.readouterr().out
        assert "took Propagation: Its cut is smaller." in text and "The errors look learnable." in text
        assert ".medlabel-model" in text


def test_that_an_unknown_strategy_lists_those_there_are(place, capsys):
    assert run(["refine", str(place), "--strategy", "publishd"]) == 1
    (line,) = [text for text in capsys.readouterr().err.splitlines() if text.startswith("medlabel:")]
    assert "no strategy 'publishd'" in line and "published (The small CNN of the published work" in line
    assert "Did you mean published?" in line


@pytest.mark.parametrize("command", ["refine", "label"])
def test_that_help_lists_strategies_and_networks_and_is_no_error(command, capsys):
    assert run([command, "--strategy", "help"]) == 0
    text = capsys.readouterr().out
    assert text.count("\n") == len(names.STRATEGIES) and "gce" in text and "forgives labels" in text
    assert run([command, "--network", "help"]) == 0
    assert "timm/NAME" in capsys.readouterr().out


def test_that_a_near_name_of_timm_is_offered_with_its_prefix(place, ctx):
    with pytest.raises(UserError, match=r"Did you mean .*timm/resnet34"):
        refine(RefineSpec(place, choices=TrainingChoices(network="resnet34")), ctx)


def test_that_the_largest_learning_rate_is_told(place, use, ctx):
    use()
    with pytest.raises(UserError, match="above 0, 100 at most"):
        refine(spec_of(place, choices=TrainingChoices(learning_rate=200)), ctx)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nowhere/m", "cannot be written"),
        ("m.pt", "is the name of a file"),
        ("taken.medlabel-model", "holds something else"),
        ("m" * 250, "cannot be written"),
    ],
)
def test_that_a_model_that_cannot_be_written_is_told_before_the_work(place, tmp_path, capsys, name, message):
    (tmp_path / "taken.medlabel-model").mkdir()
    (tmp_path / "taken.medlabel-model" / "thesis.txt").write_text("dear")
    target = tmp_path / name
    assert run(["refine", str(place), "--strategy", "published", "--save-model", str(target)]) == 1
    assert message in capsys.readouterr().err and len(info(place).runs) == 1
    assert [path.name for path in tmp_path.glob("*.medlabel-model*")] == ["taken.medlabel-model"]


def test_that_an_older_model_may_be_replaced(place, use, tmp_path):
    use(model=network())
    target = tmp_path / "m.medlabel-model"
    arguments = ["refine", str(place), "--strategy", "stand-in", "--save-model", str(target)]
    assert run(arguments) == 0
    (target / "model.json").write_text("{}")
    assert run(arguments) == 0 and load_model(target)[0].classes == ("disc", "stripes")


def test_that_a_run_with_the_same_settings_is_not_passed_off_as_new(place, use, capsys):
    seen = []
    use(seen=seen)
    arguments = ["refine", str(place), "--strategy", "stand-in"]
    assert run(arguments) == 0 and "already has" not in capsys.readouterr().out
    assert run(arguments) == 0 and len(seen) == 1
    text = capsys.readouterr().out
    assert "Run 2 already has exactly these settings; its labels are shown." in text and "--again" in text
    assert "labels changed by" not in text
    assert run([*arguments, "--json"]) == 0 and json.loads(capsys.readouterr().out)["refine"]["reused"]
    assert run([*arguments, "--again"]) == 0 and len(seen) == 2
    assert "already has" not in capsys.readouterr().out and info(place).runs[-1].id == 3


def test_that_the_device_is_checked_although_there_is_a_run_already(place, use, ctx, monkeypatch):
    use()
    refine(spec_of(place), ctx)
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    for device, message in (("cuda", "no cuda device"), ("tpu", "no device 'tpu'")):
        with pytest.raises(UserError, match=message):
            refine(RefineSpec(place, "stand-in", device=device), ctx)


def test_that_of_runs_that_were_stopped_only_the_newest_is_listed(place, capsys):
    with Project.open(place) as project:
        stopped = [project.runs.begin("refinement", [1, 2], {"strategy": "auto"}, 1) for _ in range(3)]
    assert run(["info", str(place)]) == 0
    shown = [line for line in capsys.readouterr().out.splitlines() if line.startswith("Run ")]
    assert len(shown) == 2 and shown[1].startswith(f"Run {stopped[-1]}") and "not finished" in shown[1]


def test_that_a_task_runs_from_a_picklable_spec(place):
    spec = spec_of(place, choices=TrainingChoices(network="small", flip=True))
    assert pickle.loads(pickle.dumps(spec)) == spec and isinstance(JobContext(), JobContext)
