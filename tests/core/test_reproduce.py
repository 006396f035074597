"""The experiment as a task and as a command."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import typer

from core.cli.app import run
from core.cli.reproduce import add_to, lines, parse_counts
from core.datasets.samples import sample_images_folder, sample_labels
from core.errors import UserError
from core.experiments import plots
from core.experiments.noise import KINDS
from core.refine.params import TrainingChoices
from core.refine.strategies import STRATEGIES
from core.tasks import reproduce as reproduce_module
from core.tasks.reproduce import ReproduceSpec, reproduce
from tests.core.experiment_parts import by_brightness, save_set


def test_that_the_whole_experiment_writes_tables_and_plots_and_goes_on(sets, stub, tmp_path, ctx):
    spec = ReproduceSpec(
        tmp_path / "out", sets, "dark,light", weak=("noise:N1@0.25",), repeats=2, jobs=1, device="cpu"
    )
    result = reproduce(spec, ctx)
    assert (result.trials, result.resumed, result.failed) == (2, 0, 0)
    names = {path.name for path in result.files}
    tables = {"table.csv", "table.md", "experiment.json"}
    plots = {"gains.png", "curves.png", "confusion.png", "examples-published.png"}
    assert names == tables | plots and all(path.stat().st_size for path in result.files)
    old = spec.out / "curves-of-an-earlier-call.png"
    old.write_bytes(b"x")
    assert result.notes == ("published: Two kinds. (2 trials)",)
    facts = json.loads((spec.out / "experiment.json").read_text())
    assert facts["seeds"] == [0, 1] and facts["tasks"][0]["classes"] == ["dark", "light"]
    more = reproduce(replace(spec, repeats=3, out=spec.out, examples=False), ctx)
    assert (more.trials, more.resumed) == (3, 2)
    assert not any("examples" in path.name for path in more.files)
    left = {path.name for path in spec.out.glob("*.png")}
    assert left == {"gains.png", "curves.png", "confusion.png"}, "what was not drawn again is gone"


def test_that_plots_of_an_earlier_call_stay_until_all_are_drawn(sets, stub, tmp_path, monkeypatch, ctx):
    spec = ReproduceSpec(tmp_path / "out", sets, weak=("noise:N1@0.25",), repeats=1, jobs=1, device="cpu")
    reproduce(spec, ctx)
    before = {path.name for path in spec.out.glob("*.png")}

    def fail(results, title):
        raise UserError("There is no room.")

    monkeypatch.setattr(plots, "confusions_figure", fail)
    with pytest.raises(UserError, match="no room"):
        reproduce(replace(spec, examples=False), ctx)
    assert {path.name for path in spec.out.glob("*.png")} == before


def test_that_a_draw_of_too_few_images_is_refused_before_any_trial(tmp_path, stub, ctx):
    labels = np.zeros(30, np.uint8)
    labels[:1] = 1
    images = np.zeros((30, 12, 12), np.uint8)
    np.savez(tmp_path / "rare.npz", train_images=images, train_labels=labels)
    spec = ReproduceSpec(
        tmp_path / "out",
        (str(tmp_path / "rare.npz"),),
        weak=("noise:N1@0.1",),
        by_label=True,
        repeats=1,
        jobs=1,
        device="cpu",
        examples=False,
    )
    with pytest.raises(
        UserError, match=r"draws 2 images to learn from.*with 1 image to learn from: --no-balance"
    ):
        reproduce(spec, ctx)
    assert not (spec.out / "trials.jsonl").exists()
    assert reproduce(replace(spec, balanced=False), ctx).trials == 1
    with pytest.raises(UserError, match="Give larger sets"):
        reproduce(replace(spec, balanced=False, per_class=3), ctx)


def test_that_all_pairs_are_those_that_show_different_things(tmp_path, stub, ctx):
    for number, name in enumerate(("breastmnist", "pneumoniamnist", "chestmnist")):
        save_set(tmp_path / f"{name}.npz", number % 2)
    spec = ReproduceSpec(
        tmp_path / "out",
        root=tmp_path,
        all_pairs=True,
        weak=("noise:N2@0.2",),
        repeats=1,
        jobs=1,
        device="cpu",
        examples=False,
    )
    result = reproduce(spec, ctx)
    assert [row.task for row in result.rows] == ["breastmnist + chestmnist", "breastmnist + pneumoniamnist"]
    assert "curves-breastmnist-chestmnist-n2-20.png" in {path.name for path in result.files}


def test_that_weak_labels_come_from_a_csv_by_file_name(tmp_path, sets, stub, ctx):
    rows = [f"dark/train/{i:06d}.png,0.8,0.2" for i in range(40)]
    rows += [
        f"light/train/{i:06d}.png,{0.9 - 0.8 * (i > 5):.1f},{0.1 + 0.8 * (i > 5):.1f}" for i in range(60)
    ]
    table = tmp_path / "weak.csv"
    table.write_text("file_name,dark,light\n" + "\n".join(rows) + "\n")
    spec = ReproduceSpec(
        tmp_path / "out", sets, weak=(str(table),), repeats=1, jobs=1, device="cpu", examples=False
    )
    result = reproduce(spec, ctx)
    assert result.rows[0].weak == "weak.csv" and 0.85 < result.rows[0].clip_train.mean < 1
    assert np.isnan(result.rows[0].clip_test.mean)  # the file names no test image
    table.write_text("file_name,a,b\nx,0.5,0.5\n")
    with pytest.raises(UserError, match="has the classes a, b"):
        reproduce(spec, ctx)


def test_that_a_result_is_told_row_by_row(sets, stub, tmp_path, ctx):
    spec = ReproduceSpec(
        tmp_path / "out", sets, weak=("noise:N1@0.25",), repeats=1, jobs=1, device="cpu", examples=False
    )
    told = lines(reproduce(spec, ctx))
    assert told[0] == "dark + light, weak labels N1 25%, published, 1 repeats"
    assert "-> 100.0% ± 0.0 (100.0%)" in told[1] and "calibration error 0.050" in told[3]


def test_that_wrong_wishes_are_refused_before_any_work(tmp_path, sets, ctx):
    spec = ReproduceSpec(tmp_path / "out", sets, weak=("noise:N1@0.1",))
    for wrong, message in (
        ({"strategies": ("nonsense",)}, "no strategy 'nonsense'"),
        ({"sources": ()}, "No image set"),
        ({"all_pairs": True, "by_label": True}, "--all-pairs goes without"),
        ({"test_share": 1.0}, "test share"),
        ({"choices": TrainingChoices(optimiser="nonsense")}, "no optimiser"),
    ):
        with pytest.raises(UserError, match=message):
            reproduce(replace(spec, **wrong), ctx)
    assert not spec.out.exists()


def test_that_the_command_hands_its_options_on(monkeypatch, tmp_path, capsys):
    seen = []

    def task(spec, ctx):
        seen.append(spec)
        return reproduce_module.ReproduceResult((), "", (tmp_path / "table.md",), 30, 2, 0, 3.0)

    monkeypatch.setattr(reproduce_module, "reproduce", task)
    app = typer.Typer()
    app.callback()(lambda: None)
    add_to(app)
    words = "reproduce a.npz b.npz --counts 546,60 --strategy auto --strategy gce --network small --optimiser adamw"
    app([*words.split(), "--epochs", "4", "--weak-labels", "noise:N1@0.2"], standalone_mode=False)
    (spec,) = seen
    assert spec.sources == ("a.npz", "b.npz") and spec.counts == (546, 60) and spec.repeats == 30
    assert spec.strategies == ("auto", "gce") and spec.weak == ("noise:N1@0.2",)
    assert spec.choices == TrainingChoices(network="small", optimiser="adamw", epochs=4)
    assert "30 in 3 s, 2 of them were on disk" in capsys.readouterr().out
    app([*words.split(), "--class-weights", "--no-flip", "--no-pretrained"], standalone_mode=False)
    chosen = {"class_weights": True, "flip": False, "pretrained": False}
    assert seen[1].choices == TrainingChoices(network="small", optimiser="adamw", **chosen)
    with pytest.raises(UserError, match="no list of counts"):
        parse_counts("546;60")


@pytest.mark.parametrize(("option", "name"), [("--strategy", "gce"), ("--network", "resnet18")])
def test_that_the_command_lists_what_can_be_chosen(option, name, capsys):
    assert run(["reproduce", option, "help"]) == 0
    assert name in capsys.readouterr().out


def test_that_help_and_manual_name_every_kind_of_errors(capsys):
    assert run(["reproduce", "--help"]) == 0
    told = capsys.readouterr().out
    manual = (Path(__file__).parents[2] / "docs" / "experiments.md").read_text(encoding="utf-8")
    assert all(kind in told and f"{kind} " in manual for kind in KINDS)


def test_that_the_clip_model_labels_what_the_repeats_draw(stub, tmp_path, ctx, monkeypatch):
    from core.resources import resource_path

    if not resource_path("models", "starter", "open_clip_config.json").exists():
        pytest.skip("no built-in model")
    for name, label in sample_labels().items():
        folder = tmp_path / "samples" / label
        if label in ("chest x-ray", "hand x-ray") and len(list(folder.glob("*.png"))) < 12:
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy(sample_images_folder() / name, folder)
    spec = ReproduceSpec(
        tmp_path / "out",
        (str(tmp_path / "samples"),),
        by_label=True,
        repeats=1,
        jobs=1,
        device="cpu",
        per_class=6,
        examples=False,
    )
    seen = []
    monkeypatch.setitem(
        STRATEGIES, "published", lambda request, ctx: seen.append(request) or by_brightness(request, ctx)
    )
    result = reproduce(spec, ctx)
    assert result.rows[0].weak == "starter"
    assert result.rows[0].clip_train.mean > 0.8, "by chance it would be a half: each image got its own label"
    assert seen[0].embeddings.shape[0] == 12
    assert np.allclose(np.linalg.norm(seen[0].embeddings, axis=1), 1, atol=1e-2)
    facts = json.loads((spec.out / "experiment.json").read_text())
    assert set(facts["weak_labels"]["clip"]["prompts"]) == {"chest x-ray", "hand x-ray"}
