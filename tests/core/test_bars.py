"""The rows that a second stage is judged by: their images, and the table that judges."""

import csv
import io
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from core.errors import UserError
from core.experiments.bars import MED6, ROWS, SIDE, Bar, BarRow, choose_rows, make_med6, mixtures, plan
from core.experiments.bars_table import csv_text, markdown, reached, seconds_bar
from core.experiments.mixture import load_mixture, split
from core.experiments.runner import run_trials
from core.experiments.trial import Scores
from core.refine.request import RefineOutcome
from core.refine.strategies import STRATEGIES
from tests.benchmarks import refine as command
from tests.core.experiment_parts import by_brightness, images_of, save_set

PNEU = Bar(93.0, 92.0, 91.0)


@pytest.fixture
def data(tmp_path):
    """The files of both sets, a dark one and a light one."""
    folder = tmp_path / "data"
    folder.mkdir()
    save_set(folder / "breastmnist.npz", 0, 40, 16)
    save_set(folder / "pneumoniamnist.npz", 2, 40, 16)
    return folder


@pytest.fixture
def stub(monkeypatch):
    """A strategy that is right about every image, and one that leaves the weak labels as they are."""
    monkeypatch.setitem(STRATEGIES, "auto", by_brightness)
    monkeypatch.setitem(STRATEGIES, "gce", lambda request, ctx: RefineOutcome(request.weak, {}))


@pytest.fixture
def measured(data, stub, tmp_path, ctx):
    """(plan, results by key) of one row, two strategies, two seeds."""
    planned = plan(
        choose_rows(["cb-n1-20"])[:1], ["auto", "gce"], 2, mixtures(data, tmp_path / "kept", ["cb"])
    )
    ran = run_trials([trial.spec for trial in planned], tmp_path, 1, ctx)
    return planned, {result.key: result for result in ran.results}


def with_accuracy(result, relabelled, test=1.0, weak=0.8, **others):
    scores = {"clip_train": weak, "refined_train": relabelled, "refined_test": test}
    return replace(
        result, **{name: Scores(value, value, 0.02) for name, value in scores.items()}, seconds=3.0, **others
    )


def mednist(folder, each=5):
    for k, name in enumerate(MED6):
        (folder / name).mkdir(parents=True)
        for i in range(each):
            Image.new("L", (32, 32), 40 * k + i).save(folder / name / f"{i:03d}.png")
    return folder


def test_that_every_task_and_noise_has_a_row_of_its_own():
    assert len({row.name for row in ROWS}) == len(ROWS) == 18
    assert {row.name for row in choose_rows(["pneu"])} == {f"pneu-{k}-20" for k in ("n1", "n2", "n3b", "n3a")}
    assert [row.rate for row in choose_rows(["med6-n3a"])] == [0.2, 0.31]
    assert choose_rows([]) == ROWS and len(choose_rows(["cb"])) == 9
    with pytest.raises(UserError, match="no row 'cb-n9'"):
        choose_rows(["cb-n9"])


def test_that_the_tasks_are_the_sets_as_classes_and_one_by_its_labels_without_its_validation_part(
    data, tmp_path
):
    found = mixtures(data, tmp_path / "kept", ["cb", "pneu"])
    both = load_mixture(found["cb"])
    drawn = split(both, found["cb"], 0)
    assert (len(drawn.train), len(drawn.test)) == (80, 32)
    own = load_mixture(found["pneu"])
    with np.load(data / "pneumoniamnist.npz") as archive:
        expected = np.concatenate([archive["train_images"], archive["test_images"]])
    assert np.array_equal(own.pixels(np.arange(len(own.truth))), expected)
    assert own.part.tolist() == [0] * 40 + [1] * 12 and own.classes == ("normal", "pneumonia")
    with pytest.raises(UserError, match="There is no file"):
        mixtures(tmp_path / "nowhere", tmp_path / "other", ["pneu"])


@pytest.mark.parametrize("packed", [False, True])
def test_that_mednist_gives_the_first_images_of_each_class_from_folders_and_from_the_archive(
    tmp_path, packed
):
    folder = mednist(tmp_path / "mednist")
    if packed:
        source = tmp_path / "only"
        source.mkdir()
        with zipfile.ZipFile(source / "mednist.zip", "w") as archive:
            for path in sorted(folder.rglob("*.png")):
                archive.write(path, path.relative_to(folder).as_posix())
    else:
        source = tmp_path
    kept = tmp_path / "kept"
    make_med6(source, kept, kept / "med6.npz", train=3, test=1)
    spec = mixtures(source, kept, ["med6"])["med6"]
    mixture = load_mixture(spec)
    drawn = split(mixture, spec, 0)
    assert mixture.classes == MED6 and (len(drawn.train), len(drawn.test)) == (18, 6)
    pixels = mixture.pixels(np.arange(24))
    assert pixels.shape == (24, SIDE, SIDE)
    assert pixels[mixture.part == 0, 0, 0].tolist() == [40 * k + i for k in range(6) for i in range(3)]
    with pytest.raises(UserError, match="holds 5 images, 6 are needed"):
        make_med6(source, kept, kept / "again.npz", train=6)


def test_that_missing_mednist_is_told(tmp_path):
    with pytest.raises(UserError, match=r"Put mednist\.zip there"):
        mixtures(tmp_path, tmp_path / "kept", ["med6"])


def test_that_the_table_has_each_strategy_the_bar_and_what_is_reached(measured):
    found = reached(*measured)
    auto, gce = found
    assert auto.relabelled.mean == 100 and auto.verdict == "pass" and auto.loss < -10
    assert gce.verdict.startswith("fail: mean") and gce.loss == 0 and np.isnan(gce.test.mean)
    header, _, row, *rest = markdown(found).splitlines()
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert len(cells) == len(header.strip("|").split("|"))
    assert cells[:2] == ["cb", "N1 20%"] and cells[3:5] == ["100.0 / 100.0", "100.0"]
    assert cells[-2:] == ["99.5 / 99.0", "pass"] and cells[8] == "-"
    assert "Rows that auto passes: 1 of 1." in rest
    lines = list(csv.DictReader(io.StringIO(csv_text(found))))
    assert [line["verdict"].partition(":")[0] for line in lines] == ["pass", "fail"]
    assert lines[0]["relabelled_min"] == "100.000" and lines[0]["bar_every"] == "99.0"


def test_that_a_row_fails_by_its_mean_by_one_seed_or_on_new_images(measured):
    planned, results = measured
    first, second = [trial.key for trial in planned if trial.spec.strategy == "auto"]

    def verdict(one, other, test=1.0, bar=PNEU):
        row = replace(planned[0].row, bar=bar)
        own = [replace(trial, row=row) for trial in planned if trial.spec.strategy == "auto"]
        changed = {
            first: with_accuracy(results[first], one, test),
            second: with_accuracy(results[second], other, test),
        }
        return reached(own, changed)[0].verdict

    assert verdict(0.94, 0.92) == "pass" and verdict(0.94, 0.92, 0.91) == "pass"
    assert verdict(0.95, 0.9199) == "fail: min 91.99"
    assert verdict(0.93, 0.92) == "fail: mean 92.50"
    assert verdict(0.91, 0.91) == "fail: mean 91.00, min 91.00"
    assert verdict(0.95, 0.95, 0.9) == "fail: new images 90.00"
    assert verdict(0.95, 0.95, float("nan")) == "fail: new images nan"
    assert verdict(0.95, 0.95, 0.0, Bar(93.0, 92.0)) == "pass"


def test_that_a_row_is_not_passed_before_every_seed_has_ended(measured):
    planned, results = measured
    own = [trial for trial in planned if trial.spec.strategy == "auto"]
    (half,) = reached(own, {own[0].key: results[own[0].key]})
    assert half.verdict == "1 of 2 seeds so far" and "passes: 0 of 1" in markdown([half])
    (none,) = reached(own, {})
    assert none.verdict == "not run" and "No trial of auto has ended." in markdown([none])
    (bad,) = reached(own, {own[0].key: with_accuracy(results[own[0].key], 0.9)})
    assert bad.verdict.startswith("fail")


def test_that_the_last_line_is_the_largest_loss_of_any_seed_of_any_row(measured):
    planned, results = measured
    own = [trial for trial in planned if trial.spec.strategy == "auto"]
    other = BarRow("cb", "N4", 0.2, Bar(50.0, 50.0))
    plans = [*own, *(replace(trial, row=other, key=f"other {trial.key}") for trial in own)]

    def last(worst, seconds=3.0):
        changed = {trial.key: with_accuracy(results[own[0].key], 0.99) for trial in plans}
        changed[plans[3].key] = with_accuracy(results[own[0].key], worst, seed=1)
        changed |= {key: replace(result, seconds=seconds) for key, result in changed.items()}
        lines = markdown(reached(plans, changed)).splitlines()
        return lines[-1], lines[-3]

    loss, seconds = last(0.793, 1000.0)
    assert "row: 0.70 points (cb-n4-20, seed 1: -0.70; bar 0.5): fail." in loss and seconds.endswith("fail.")
    loss, seconds = last(0.795)
    assert "0.50 points" in loss and loss.endswith("pass.") and seconds.endswith("pass.")
    assert "0.00 points (cb-n4-20, seed 1: +1.00" in last(0.81)[0]


def test_that_more_images_may_take_longer():
    assert [seconds_bar(n) for n in (100, 1000, 3500, 6000)] == [15, 15, 37.5, 60]


def test_that_the_command_prints_and_keeps_the_table_and_goes_on_with_what_is_new(
    data, stub, tmp_path, capsys, monkeypatch
):
    for name in command._ONE_THREAD:
        monkeypatch.setenv(name, "1")
    images = images_of(0, 12)
    images[::2] += 140
    labels = (np.arange(12) % 2 == 0).astype(np.uint8)
    parts = {
        f"{part}_{what}": own
        for part in ("train", "val", "test")
        for what, own in (("images", images), ("labels", labels))
    }
    np.savez(data / "pneumoniamnist.npz", **parts)
    wanted = ["--data", str(data), "--out", str(tmp_path / "out"), "--rows", "pneu-n2", "pneu-n1,pneu-n1-20"]
    assert command.main([*wanted, "--strategies", "auto", "--seeds", "1"]) == 0
    printed = capsys.readouterr()
    assert printed.out == (tmp_path / "out" / "bars.md").read_text() and "2/2  pneu-n2-20" in printed.err
    assert "new images 91.0 | pass |" in printed.out and "passes: 2 of 2" in printed.out
    assert command.main([*wanted, "--strategies", "auto,gce", "--seeds", "1"]) == 0
    printed = capsys.readouterr()
    assert "auto" not in printed.err and "4/4" in printed.err
    assert (tmp_path / "out" / "bars.csv").read_text().count("\n") == 5
    assert command.main([*wanted[:-2], "nothing"]) == 1 and "no row 'nothing'" in capsys.readouterr().err
