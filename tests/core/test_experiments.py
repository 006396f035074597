"""Mixing and drawing images, weak labels and measures."""

from dataclasses import replace

import numpy as np
import pytest

from core.errors import UserError
from core.experiments import weak
from core.experiments.measures import accuracy_and_f1, calibration_error, confusion
from core.experiments.mixture import MixtureSpec, load_mixture, mix, split
from core.experiments.requests import request_for
from core.experiments.weak import WeakSpec, parse_noise, weak_labels
from tests.core.experiment_parts import array_set, images_of


def test_that_a_draw_is_balanced_from_each_sets_own_parts(sets):
    mixture = load_mixture(MixtureSpec(sets))
    drawn = split(mixture, MixtureSpec(sets), seed=3)
    assert np.bincount(mixture.truth[drawn.train]).tolist() == [40, 40]
    assert np.bincount(mixture.truth[drawn.test]).tolist() == [16, 16]
    assert not set(drawn.train) & set(drawn.test)
    assert (mixture.part[drawn.train] == 0).all() and (mixture.part[drawn.test] == 1).all()
    again, other = (split(mixture, MixtureSpec(sets), seed) for seed in (3, 4))
    assert np.array_equal(drawn.train, again.train) and set(drawn.train) != set(other.train)
    assert mixture.classes == ("dark", "light") and mixture.files[0] == "dark/train/000000.png"


def test_that_counts_limits_and_imbalance_are_kept(sets):
    mixture = load_mixture(MixtureSpec(sets))
    for own, expected in (
        (MixtureSpec(sets, counts=(30, 5)), [30, 5]),
        (MixtureSpec(sets, per_class=7), [7, 7]),
        (MixtureSpec(sets, balanced=False), [40, 60]),
    ):
        assert np.bincount(mixture.truth[split(mixture, own, 0).train]).tolist() == expected
    with pytest.raises(UserError, match="'dark' has 40 images to learn from, 50"):
        split(mixture, MixtureSpec(sets, counts=(50, 5)), 0)


def test_that_a_set_without_parts_is_divided_in_each_repeat():
    spec = MixtureSpec(("a", "b"), test_share=0.3)
    mixture = mix([array_set("a", 20), array_set("b", 20)], spec)
    first, second = split(mixture, spec, 0), split(mixture, spec, 1)
    assert (len(first.train), len(first.test)) == (28, 12) and set(first.test) != set(second.test)


def test_that_labels_of_one_set_or_several_are_the_classes_when_asked():
    labelled = array_set("a", 20, [0, 1] * 10)
    assert mix([labelled], MixtureSpec(("a",), by_label=True)).classes == ("one", "two")
    several = mix([labelled, array_set("b", 4)], MixtureSpec(("a", "b"), by_label=True))
    assert several.classes == ("a, one", "a, two", "b, one")
    assert np.bincount(several.truth).tolist() == [10, 10, 4]


def test_that_what_makes_no_task_is_a_clear_error():
    one, two = array_set("a", 20), array_set("a", 20)
    with pytest.raises(UserError, match="two classes or more"):
        mix([one], MixtureSpec(("a",)))
    with pytest.raises(UserError, match="one name"):
        mix([one, two], MixtureSpec(("a", "a")))
    with pytest.raises(UserError, match="3 classes were named"):
        mix([one, array_set("b", 3)], MixtureSpec(("a", "b"), ("x", "y", "z")))
    with pytest.raises(UserError, match="several labels an image"):
        mix([replace(one, labels=None)], MixtureSpec(("a",), by_label=True))


def test_that_emulated_errors_are_parsed_and_refused():
    found = parse_noise("noise:N3a@0.2")
    assert (found.name, found.noise, found.rate) == ("N3a 20%", "N3a", 0.2)
    for bad in ("noise:N9@0.2", "noise:N1", "noise:N1@2", "noise:N1@0.95"):
        with pytest.raises(UserError, match="no emulated error") as told:
            parse_noise(bad)
        assert "expected share of wrong labels" in told.value.hint


def test_that_a_test_part_of_one_class_has_no_emulated_labels(sets):
    mixture = load_mixture(MixtureSpec(sets))
    train = np.concatenate([np.flatnonzero(mixture.truth == k)[:20] for k in (0, 1)])
    found = weak_labels(
        parse_noise("noise:N3a@0.2"), mixture, train, np.flatnonzero(mixture.truth == 0)[20:], 0
    )
    assert np.isfinite(found.train).all() and np.isnan(found.test).all() and found.test.shape[1] == 2


def test_that_weak_labels_from_a_file_are_taken_by_place(tmp_path, sets):
    mixture = load_mixture(MixtureSpec(sets))
    rows = np.array([5, 1, 60])
    np.savez(tmp_path / "w.npz", rows=rows, probabilities=np.array([[1, 0], [0.2, 0.8], [0, 1]], np.float32))
    spec = WeakSpec("w", file=str(tmp_path / "w.npz"))
    found = weak_labels(spec, mixture, np.array([1, 5]), np.array([60, 7]), 0)
    assert found.train[:, 0].tolist() == pytest.approx([0.2, 1]) and found.embeddings is None
    assert found.test[0].tolist() == [0, 1] and np.isnan(found.test[1]).all()
    with pytest.raises(UserError, match="no weak label for some"):
        weak_labels(spec, mixture, np.array([2]), np.array([60]), 0)
    np.savez(tmp_path / "w.npz", probabilities=np.ones((3, 2)))
    with pytest.raises(UserError, match="3 x 2, the task has 140 images"):
        weak_labels(spec, mixture, np.array([2]), np.array([60]), 0)


def test_that_trials_share_one_reading_of_a_file_until_it_changes(tmp_path, sets, monkeypatch):
    mixture, read, load = load_mixture(MixtureSpec(sets)), [], np.load
    path, n = tmp_path / "w.npz", len(load_mixture(MixtureSpec(sets)).truth)
    monkeypatch.setattr(weak.np, "load", lambda *given, **more: read.append(given[0]) or load(*given, **more))

    def first(values, digest):
        np.savez(path, probabilities=values) if values is not None else None
        spec = WeakSpec("w", file=str(path), digest=digest)
        return weak_labels(spec, mixture, np.array([1, 5]), np.array([60]), 0).train[0].tolist()

    assert first(np.tile([[1.0, 0.0]], (n, 1)), "a") == [1, 0]
    assert first(None, "a") == [1, 0] and read == [path], "the second trial reads nothing"
    assert first(np.tile([[0.25, 0.75]], (n, 1)), "b") == [0.25, 0.75] and len(read) == 2


def test_that_the_calibration_error_is_the_mean_gap_of_confidence_and_accuracy():
    probabilities = np.array([[0.9, 0.1]] * 10, np.float32)
    truth = np.array([0] * 9 + [1])
    assert calibration_error(probabilities, truth) == pytest.approx(0, abs=1e-6)
    assert calibration_error(probabilities, 1 - truth) == pytest.approx(0.8, abs=1e-6)
    assert np.isnan(calibration_error(probabilities[:0], truth[:0]))
    assert accuracy_and_f1(np.array([0, 1, 1]), np.array([0, 1, 0]), ("a", "b")) == pytest.approx(
        (2 / 3, 2 / 3)
    )
    assert confusion(np.array([0, 1, 1]), np.array([0, 1, 0]), 2) == [[1, 1], [0, 1]]


def test_that_a_request_gives_pixels_at_any_size():
    request = request_for(images_of(0, 3), np.full((3, 2), 0.5, np.float32), seed=4)
    assert request.pixels(28, False).shape == (3, 28, 28, 3) and request.pixels(12, True).shape == (3, 12, 12)
    assert (request.image_side, request.colour, request.seed) == (12, False, 4)
    assert (request.truth == -1).all() and request.train_on.all()
