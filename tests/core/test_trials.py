"""One trial, and many: in processes, resumed, stopped, failed."""

import os
from dataclasses import replace

import numpy as np
import pytest

from core.errors import JobCancelled, UserError
from core.experiments import trial as trial_module
from core.experiments.mixture import MixtureSpec
from core.experiments.plots import _boxes, confusions_figure, curves_figure, gains_figure
from core.experiments.report import notes_of
from core.experiments.runner import TrialEnd, append_log, read_log, run_trials
from core.experiments.summary import csv_table, markdown_table, spread, summarise
from core.experiments.trial import Scores, TrialSpec, run_trial, trial_key
from core.experiments.weak import parse_noise
from core.jobs import JobContext
from core.refine.params import TrainingChoices
from core.refine.strategies import STRATEGIES
from tests.core.experiment_parts import by_brightness


def test_that_a_trial_measures_weak_and_refined_labels_on_both_parts(spec, stub, ctx):
    result = run_trial(spec, ctx)
    assert (result.images, result.test_images, result.classes) == (80, 32, ("dark", "light"))
    assert 0.6 < result.clip_train.accuracy < 0.9 and result.refined_train.accuracy == 1
    assert result.refined_test.accuracy == 1 and result.refined_train.ece == pytest.approx(0.05, abs=1e-3)
    assert result.confusion_refined == [[40, 0], [0, 40]]
    wrong = 80 - round(80 * result.clip_train.accuracy)
    assert len(result.examples) == wrong and all(a == t != b for _, b, a, t in result.examples)


def test_that_the_same_trial_gives_the_same_and_another_seed_another(spec, stub, ctx):
    first, second = run_trial(spec, ctx), run_trial(spec, ctx)
    assert replace(first, seconds=0) == replace(second, seconds=0)
    other = run_trial(replace(spec, seed=1), ctx)
    assert other.key != first.key and other.confusion_clip != first.confusion_clip


def test_that_given_labels_are_decisions_and_are_not_measured(spec, monkeypatch, ctx):
    seen = []

    def look(request, ctx):
        seen.append(request.truth)
        return by_brightness(request, ctx)

    monkeypatch.setitem(STRATEGIES, "published", look)
    result = run_trial(replace(spec, shots=3), ctx)
    assert np.bincount(seen[0][seen[0] >= 0]).tolist() == [3, 3]
    assert sum(map(sum, result.confusion_refined)) == 74


def test_that_a_verdict_against_the_labels_delivers_the_weak_ones(spec, monkeypatch, ctx):
    from core.refine.evidence import Verdict

    against = Verdict(False, "No.", 1.0, 0.5)
    monkeypatch.setitem(
        STRATEGIES, "published", lambda request, ctx: replace(by_brightness(request, ctx), verdict=against)
    )
    result = run_trial(spec, ctx)
    assert not result.delivers and result.refined_train == result.clip_train
    assert result.refined_test == result.clip_test


def test_that_a_collapsed_network_is_measured_and_named(spec, monkeypatch, ctx):
    def one_class(request, ctx):
        outcome = by_brightness(request, ctx)
        found = np.tile(np.array([[0.9, 0.1]], np.float32), (len(outcome.probabilities), 1))
        return replace(outcome, probabilities=found) if request.seed else outcome

    monkeypatch.setitem(STRATEGIES, "published", one_class)
    results = [run_trial(replace(spec, seed=seed), ctx) for seed in range(3)]
    assert results[1].delivers and results[1].refined_train.accuracy == 0.5, "measured as it is"
    (row,) = summarise(results)
    assert (row.held_back, row.collapsed) == (2, 2)
    assert "| held back |" in markdown_table([row]) and "| 2 of 3, 2 collapsed |" in markdown_table([row])
    assert csv_table([row]).splitlines()[1].endswith(",2,2")
    told = "published: collapsed in 2 of 3 trials: refine would have delivered the weak labels."
    assert told in notes_of(results, [])


def test_that_labels_that_like_images_contradict_are_named_too(spec, monkeypatch, ctx):
    def shuffled(request, ctx):
        outcome = by_brightness(request, ctx)
        return replace(outcome, probabilities=np.random.default_rng(0).permutation(outcome.probabilities))

    monkeypatch.setitem(STRATEGIES, "published", shuffled)
    result = run_trial(spec, ctx)
    (row,) = summarise([result])
    assert (row.held_back, row.collapsed) == (1, 0) and "| 1 of 1 |" in markdown_table([row])
    assert any("published: in 1 of 1 trials images that look alike" in n for n in notes_of([result], []))


def points_of(ax):
    """The y values of the points of each group."""
    return [sorted(line.get_ydata()) for line in ax.lines if line.get_marker() == "o"]


def test_that_the_boxplots_show_the_gains_of_every_trial(spec, stub, ctx):
    results = [run_trial(replace(spec, seed=seed), ctx) for seed in range(5)]
    results += [
        replace(r, strategy="other", refined_train=Scores(0.5, 0.25, 0.1), refined_test=Scores(0.4, 0.3, 0.1))
        for r in results
    ]
    axes = np.array(gains_figure(results).axes).reshape(2, 2)
    assert [ax.get_title() for ax in axes[0]] == ["relabelled images", "new images"]
    assert "gain in F1" in axes[1, 0].get_ylabel() and "gain in accuracy" in axes[0, 0].get_ylabel()
    for row, what in enumerate(("accuracy", "f1")):
        for column, part in enumerate(("train", "test")):
            gains = [
                getattr(getattr(r, f"refined_{part}"), what) - getattr(getattr(r, f"clip_{part}"), what)
                for r in results
            ]
            ax = axes[row, column]
            for shown, own in zip(points_of(ax), (gains[:5], gains[5:]), strict=True):
                np.testing.assert_allclose(shown, sorted(100 * gain for gain in own))
            boxes = [patch.get_path().vertices[:, 1] for patch in ax.patches]
            assert len(boxes) == 2
            np.testing.assert_allclose(boxes[0].max(), 100 * np.quantile(gains[:5], 0.75))
            np.testing.assert_allclose(boxes[0].min(), 100 * np.quantile(gains[:5], 0.25))
    assert [text.get_text() for text in axes[1, 0].get_xticklabels()] == ["published", "other"]


def test_that_the_confusion_matrices_are_percent_of_each_known_class(spec, stub, ctx):
    result = replace(
        run_trial(spec, ctx), confusion_clip=[[30, 10], [4, 36]], confusion_refined=[[40, 0], [1, 39]]
    )
    other = replace(result, strategy="other", confusion_refined=[[20, 20], [0, 40]])
    again = replace(other, confusion_refined=[[40, 0], [0, 40]])
    figure = confusions_figure([result, other, again], "Two kinds")
    shown = {ax.get_title(): np.asarray(ax.images[0].get_array()) for ax in figure.axes}
    np.testing.assert_allclose(shown["weak labels"], [[75, 25], [10, 90]])
    np.testing.assert_allclose(shown["published"], [[100, 0], [2.5, 97.5]])
    np.testing.assert_allclose(shown["other"], [[75, 25], [0, 100]])
    assert [text.get_text() for text in figure.axes[0].texts] == ["75.0", "25.0", "10.0", "90.0"]
    assert [text.get_text() for text in figure.axes[0].get_yticklabels()] == ["dark", "light"]


def test_that_the_curves_show_mean_and_range_over_the_trials(spec, stub, ctx):
    result = run_trial(spec, ctx)
    higher = replace(result, curves=[{**epoch, "train_loss": 0.7} for epoch in result.curves])
    loss, accuracy = curves_figure([result, higher], "Two kinds").axes
    lines = {line.get_label(): line.get_ydata().tolist() for line in loss.lines}
    assert lines == {"train": [0.6, 0.6], "validation": [0.6, 0.6]}
    band = loss.collections[0].get_paths()[0].vertices[:, 1]
    assert (band.min(), band.max()) == (0.5, 0.7)
    assert accuracy.lines[0].get_ydata().tolist() == [0.8, 0.8]
    assert curves_figure([replace(result, curves=[])], "Nothing trained") is None


@pytest.mark.parametrize(("trials", "boxes"), [(4, 0), (5, 1)])
def test_that_few_trials_are_points_and_no_box(trials, boxes):
    from matplotlib.figure import Figure

    ax = Figure().subplots()
    _boxes(ax, [np.arange(trials, dtype=float), np.array([])])
    assert len(ax.patches) == boxes
    assert max(len(line.get_xdata()) for line in ax.lines if line.get_marker() == "o") == trials


def test_that_the_key_tells_data_and_parameters_but_not_places(spec, tmp_path):
    key = trial_key(spec)
    for other in (
        replace(spec, seed=1),
        replace(spec, shots=1),
        replace(spec, strategy="gce"),
        replace(spec, weak=parse_noise("noise:N1@0.3")),
        replace(spec, choices=TrainingChoices(epochs=3)),
        replace(spec, mixture=replace(spec.mixture, per_class=9)),
    ):
        assert trial_key(other) != key
    assert trial_key(replace(spec, threads=4)) == key
    (tmp_path / "moved").mkdir()
    moved = []
    for source in spec.mixture.sources:
        copy = tmp_path / "moved" / source.rsplit("/", 1)[-1]
        copy.write_bytes((tmp_path / copy.name).read_bytes())
        moved.append(str(copy))
    assert trial_key(replace(spec, mixture=replace(spec.mixture, sources=tuple(moved)))) == key


def test_that_finished_trials_are_not_run_again(spec, stub, tmp_path, monkeypatch, ctx):
    specs = [replace(spec, seed=seed) for seed in range(3)]
    first = run_trials(specs[:2], tmp_path, 1, ctx)
    assert (len(first.results), first.resumed, first.failed) == (2, 0, ())
    text = (tmp_path / "trials.jsonl").read_text()
    (tmp_path / "trials.jsonl").write_text(text + text[:100])  # a crash in the middle of a line
    events = []
    second = run_trials(specs, tmp_path, 1, JobContext(events.append))
    assert second.resumed == 2 and [result.seed for result in second.results] == [0, 1, 2]
    assert second.results[:2] == first.results
    assert [event.result.seed for event in events if isinstance(event, TrialEnd)] == [2]
    assert len(read_log(tmp_path / "trials.jsonl")) == 3


def test_that_a_stopped_experiment_keeps_what_was_finished(spec, stub, tmp_path):
    ctx = JobContext(lambda event: ctx.cancel() if isinstance(event, TrialEnd) else None)
    with pytest.raises(JobCancelled):
        run_trials([replace(spec, seed=seed) for seed in range(3)], tmp_path, 1, ctx)
    assert len(read_log(tmp_path / "trials.jsonl")) == 1


def test_that_a_failed_trial_is_told_and_the_others_count(spec, tmp_path, monkeypatch, ctx):
    def fails_once(request, ctx):
        if request.seed == 1:
            raise UserError("The training diverged.")
        return by_brightness(request, ctx)

    monkeypatch.setitem(STRATEGIES, "published", fails_once)
    specs = [replace(spec, seed=seed) for seed in range(2)]
    found = run_trials(specs, tmp_path, 1, ctx)
    assert len(found.results) == 1 and "seed 1: The training diverged." in found.failed[0]
    with pytest.raises(UserError, match="Every trial failed"):
        run_trials(specs[1:], tmp_path, 1, ctx)


def test_that_a_result_without_a_model_is_stored_and_read_back(spec, monkeypatch, tmp_path, ctx):
    monkeypatch.setitem(
        STRATEGIES, "published", lambda request, ctx: replace(by_brightness(request, ctx), model=None)
    )
    result = run_trial(spec, ctx)
    append_log(tmp_path / "log", result)
    (again,) = read_log(tmp_path / "log").values()
    assert np.isnan(again.refined_test.accuracy) and again.examples == result.examples
    (row,) = summarise([again])
    assert np.isnan(row.test.mean) and not np.isnan(row.train.mean)
    assert "| - |" in markdown_table([row])


def test_that_processes_run_the_trials_and_tell_what_failed(spec, stub, tmp_path, ctx):
    run_trials([spec], tmp_path, 1, ctx)
    (tmp_path / "result.json").write_text((tmp_path / "trials.jsonl").read_text())
    (tmp_path / "there").mkdir()
    specs = [replace(spec, strategy=str(tmp_path / "result.json"), seed=seed) for seed in range(2)]
    found = run_trials(specs, tmp_path / "there", 2, ctx, task="tests.core.trial_tasks:known_result")
    assert [result.seed for result in found.results] == [0] and "seed 1: Seed 1 fails." in found.failed[0]
    assert found.results[0].notes["process"] != os.getpid()


def test_that_the_published_network_runs_in_a_trial(sets, ctx):
    spec = TrialSpec(
        MixtureSpec(sets), parse_noise("noise:N1@0.2"), "published", choices=TrainingChoices(epochs=1)
    )
    result = run_trial(spec, ctx)
    assert len(result.curves) == 1 and np.isfinite(result.refined_test.accuracy)


def test_that_the_table_has_mean_spread_and_the_worst_repeat(spec, stub, ctx):
    results = [run_trial(replace(spec, seed=seed), ctx) for seed in range(3)]
    (row,) = summarise(results)
    weak = [result.clip_train.accuracy for result in results]
    assert row.repeats == 3 and row.train.mean == 1 and row.below_weak == 0
    assert row.gain_train.min == pytest.approx(1 - max(weak))
    assert row.clip_train.std == pytest.approx(np.std(weak, ddof=1))
    header, line = csv_table([row]).splitlines()
    assert line.split(",")[header.split(",").index("train_mean")] == "1.00000"
    assert spread([]).mean != spread([]).mean and spread([0.5]).std == 0


def test_that_threads_are_put_back():
    import torch

    before = torch.get_num_threads()
    with trial_module._threads(1):
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == before
