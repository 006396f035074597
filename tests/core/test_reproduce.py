"""The experiment as a task and as a command."""

import json
from dataclasses import replace

import numpy as np
import pytest
import typer

from core.cli.reproduce import add_to, lines, parse_counts
from core.errors import UserError
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
    assert result.notes == ("published: Two kinds. (2 trials)",)
    facts = json.loads((spec.out / "experiment.json").read_text())
    assert facts["seeds"] == [0, 1] and facts["tasks"][0]["classes"] == ["dark", "light"]
    more = reproduce(replace(spec, repeats=3, out=spec.out, examples=False), ctx)
    assert (more.trials, more.resumed) == (3, 2)
    assert not any("examples" in path.name for path in more.files)


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
    with pytest.raises(UserError, match="no list of counts"):
        parse_counts("546;60")


def test_that_the_clip_model_labels_what_the_repeats_draw(sets, stub, tmp_path, ctx, monkeypatch):
    from core.resources import resource_path

    if not resource_path("models", "starter", "open_clip_config.json").exists():
        pytest.skip("no built-in model")
    spec = ReproduceSpec(
        tmp_path / "out",
        sets,
        "chest x-ray,histology",
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
    assert result.rows[0].weak == "starter" and result.rows[0].clip_train.mean >= 0
    assert seen[0].embeddings.shape[0] == 12
    assert np.allclose(np.linalg.norm(seen[0].embeddings, axis=1), 1, atol=1e-2)
    facts = json.loads((spec.out / "experiment.json").read_text())
    assert set(facts["weak_labels"]["clip"]["prompts"]) == {"chest x-ray", "histology"}
