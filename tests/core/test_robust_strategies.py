"""The strategies with a cross-fitted CNN, and the calibration of what they say."""

import warnings
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from core.errors import UserError
from core.jobs import JobContext
from core.refine.calibration import calibrate, softmax
from core.refine.choosing import chosen_params, modern_params
from core.refine.confident import label_issues
from core.refine.events import EpochEnd
from core.refine.model_card import read_card
from core.refine.model_file import save_model
from core.refine.names import STRATEGIES
from core.refine.network_check import network_warning
from core.refine.networks import NETWORKS
from core.refine.params import TrainingChoices, TrainingParams
from core.refine.request import RefineRequest

CNN_STRATEGIES = ["gce", "elr", "confident-learning"]
QUICK = TrainingChoices(epochs=2)


def corners(n, classes=2, seed=0):
    """Pictures (n, 28, 28) uint8 with a bright patch, whose place says what they are (n,) int64."""
    rng = np.random.default_rng(seed)
    kinds = rng.integers(0, classes, n)
    pictures = rng.integers(0, 90, (n, 28, 28), np.uint8)
    for picture, kind in zip(pictures, kinds, strict=True):
        top, left = divmod(int(kind), 2)
        picture[2 + 13 * top : 13 + 13 * top, 2 + 13 * left : 13 + 13 * left] += 150
    return pictures, kinds


def request_for(pictures, labels, classes=2, **changes):
    n = len(pictures)
    weak = np.full((n, classes), 0.1 / max(classes - 1, 1), np.float32)
    weak[np.arange(n), labels] = 0.9

    def pixels(side, grey):
        repeats = 1 if side == 28 else -(-side // 28)
        resized = pictures.repeat(repeats, 1).repeat(repeats, 2)[:, :side, :side]
        return resized if grey else np.stack([resized] * 3, axis=3)

    values = {
        "weak": weak,
        "truth": np.full(n, -1, np.int32),
        "train_on": np.ones(n, np.bool_),
        "pixels": pixels,
        "seed": 0,
        "device": "cpu",
        "choices": QUICK,
    }
    return RefineRequest(**{**values, **changes})


@pytest.mark.parametrize("strategy", CNN_STRATEGIES)
def test_that_a_cross_fitted_cnn_finds_the_truth_under_random_label_errors(strategy, tmp_path):
    pictures, kinds = corners(120)
    rng = np.random.default_rng(1)
    labels = np.where(rng.random(120) < 0.2, 1 - kinds, kinds)
    train_on = np.arange(120) < 115
    told = []
    request = request_for(
        pictures,
        labels,
        train_on=train_on,
        checkpoint=tmp_path,
        choices=TrainingChoices(epochs=6, batch_size=20),
    )
    outcome = STRATEGIES[strategy](request, JobContext(told.append))
    accuracy = (outcome.probabilities.argmax(1) == kinds).mean()
    assert accuracy > 0.97 > (labels == kinds).mean()
    assert outcome.out_of_fold and STRATEGIES[strategy].out_of_fold
    assert outcome.probabilities.dtype == np.float32 and np.allclose(
        outcome.probabilities.sum(1), 1, atol=1e-5
    )
    assert (outcome.model.probabilities(pictures).argmax(1) == kinds).mean() > 0.97
    assert outcome.model.temperature == outcome.metrics["temperature"] > 0
    assert [e.epoch for e in told if isinstance(e, EpochEnd)] == [1, 2, 3, 4, 5, 6]
    kept = {path.name for path in tmp_path.iterdir()}
    assert {"final.pt", "fold-1.pt", "fold-5.pt"} <= kept
    wanted = {"network", "params", "curves", "best_epoch", "validation_accuracy", "validation_loss"}
    assert wanted | {"temperature", "pretrained", "side", "channels"} <= outcome.metrics.keys()


@pytest.mark.parametrize("strategy", ["published", *CNN_STRATEGIES])
def test_that_imbalance_single_images_and_empty_classes_give_a_sensible_result(strategy):
    pictures, kinds = corners(40, 4)
    labels = np.where(kinds == 3, 0, kinds)
    labels[0] = 5  # the only one of its class; classes 3 and 4 have none
    outcome = STRATEGIES[strategy](request_for(pictures, labels, classes=6), JobContext())
    assert outcome.probabilities.shape == (40, 6) and np.isfinite(outcome.probabilities).all()


@pytest.mark.parametrize("strategy", ["published", "gce", "confident-learning"])
def test_that_images_of_one_class_only_give_that_class(strategy):
    pictures, _ = corners(20)
    request = request_for(pictures, np.ones(20, np.int64), classes=3, choices=TrainingChoices(epochs=6))
    outcome = STRATEGIES[strategy](request, JobContext())
    assert np.isfinite(outcome.probabilities).all()
    if strategy != "published":  # whose few small steps do not reach it
        assert (outcome.probabilities.argmax(1) == 1).all()


@pytest.mark.parametrize("strategy", CNN_STRATEGIES)
def test_that_too_few_images_is_a_clear_error(strategy):
    pictures, kinds = corners(9)
    with pytest.raises(UserError, match="Only 9 images"):
        STRATEGIES[strategy](request_for(pictures, kinds), JobContext())


def test_that_choices_are_followed_and_images_come_as_the_network_takes_them():
    pictures, kinds = corners(30)
    choices = TrainingChoices("timm/resnet10t", "sgd", "cosine", 1, 16, 0.01, True, True, pretrained=False)
    asked = []
    plain = request_for(pictures, kinds, image_side=40, colour=True, choices=choices)

    def pixels(side, grey):
        asked.append((side, grey))
        return plain.pixels(side, grey)

    outcome = STRATEGIES["published"](replace(plain, pixels=pixels), JobContext())
    assert asked == [(40, False)]
    assert (outcome.model.network, outcome.model.side, outcome.model.channels) == ("timm/resnet10t", 40, 3)
    params = outcome.metrics["params"]
    assert (params["optimiser"], params["schedule"], params["epochs"]) == ("sgd", "cosine", 1)
    assert params["augmentation"]["flip_left_right"] and params["class_weights"]


def test_that_left_and_right_are_never_exchanged_unless_asked():
    own = modern_params(TrainingChoices(), NETWORKS["small"], 1000)
    assert own.augmentation.rotation > 0 and not own.augmentation.flip_left_right
    assert modern_params(TrainingChoices(flip=True), NETWORKS["small"], 1000).augmentation.flip_left_right
    assert chosen_params(TrainingChoices(), TrainingParams()) == TrainingParams()
    assert modern_params(
        TrainingChoices(optimiser="sgd"), NETWORKS["small"], 1000
    ).learning_rate == pytest.approx(0.03)


@pytest.mark.parametrize(
    "choices", [TrainingChoices(epochs=0), TrainingChoices(batch_size=0), TrainingChoices(learning_rate=-1.0)]
)
def test_that_impossible_choices_are_a_clear_error(choices):
    with pytest.raises(UserError):
        chosen_params(choices, TrainingParams())


def test_that_a_decision_counts_more_than_a_weak_label():
    pictures, kinds = corners(100)
    # nine in ten weak labels of what is a 1 say 0; a person decided every third of them
    labels = np.where((kinds == 1) & (np.arange(100) % 10 > 0), 0, kinds)
    truth = np.where(np.arange(100) % 3 == 0, kinds, -1).astype(np.int32)
    choices = TrainingChoices(epochs=5, batch_size=16)
    without, with_them = (
        STRATEGIES["gce"](request_for(pictures, labels, choices=choices, truth=t), JobContext())
        for t in (np.full(100, -1, np.int32), truth)
    )
    of_ones = kinds == 1
    assert (without.probabilities.argmax(1) == kinds)[of_ones].mean() < 0.3
    assert (with_them.probabilities.argmax(1) == kinds)[of_ones].mean() > 0.9


def test_that_confident_learning_finds_wrong_labels_and_keeps_every_class():
    rng = np.random.default_rng(0)
    kinds = rng.integers(0, 3, 300) * 2  # classes 1 and 3 have no label
    labels = kinds.copy()
    wrong = rng.random(300) < 0.1
    labels[wrong] = (labels[wrong] + 2) % 6
    probabilities = np.full((300, 6), 0.02, np.float32)
    probabilities[np.arange(300), kinds] = 0.9
    issues = label_issues(labels, probabilities)
    assert issues[wrong].mean() > 0.9 and issues[~wrong].mean() < 0.05
    assert not label_issues(np.zeros(5, np.int64), probabilities[:5]).any()
    labels = kinds.copy()
    labels[7] = 1  # one image of its class, which nothing supports
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert set(labels[~label_issues(labels, probabilities)]) == {0, 1, 2, 4}


def overconfident(n, noise, rng):
    """Probabilities (n, 2) three times too sharp, weak labels with `noise` wrong, and the truth."""
    logits = rng.normal(0, 1.5, (n, 2))
    honest = softmax(logits)
    truth = (rng.random(n) < honest[:, 1]).astype(np.int64)
    weak = np.where(rng.random(n) < noise, 1 - truth, truth)
    return softmax(3 * np.log(honest)).astype(np.float32), honest, weak, truth


def test_that_calibration_with_decisions_finds_the_right_sharpness():
    probabilities, honest, weak, truth = overconfident(4000, 0.2, np.random.default_rng(0))
    calibrated, temperature = calibrate(probabilities, weak, truth.astype(np.int32))
    assert temperature == pytest.approx(3, rel=0.15) and np.abs(calibrated - honest).mean() < 0.03
    assert calibrated.dtype == np.float32
    assert np.array_equal(calibrated.argmax(1), probabilities.argmax(1))


def test_that_calibration_by_weak_labels_does_not_take_on_the_teacher_s_doubts():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, 2000)
    weak = np.where(rng.random(2000) < 0.3, 1 - truth, truth)
    sure = np.full((2000, 2), 0.02, np.float32)
    sure[np.arange(2000), truth] = 0.98
    calibrated, _ = calibrate(sure, weak)
    assert calibrated.max(1).mean() > 0.95, "seven in ten weak labels agree, which is not the confidence"


def test_that_rows_are_what_calibration_judges_by_and_one_class_changes_nothing():
    probabilities, _, weak, _truth = overconfident(1000, 0.1, np.random.default_rng(0))
    rows = np.arange(500)
    spoilt = weak.copy()
    spoilt[500:] = 0
    assert calibrate(probabilities, weak, None, rows)[1] == calibrate(probabilities, spoilt, None, rows)[1]
    alone = np.tile(np.array([[0.3, 0.7]], np.float32), (9, 1))
    calibrated, temperature = calibrate(alone, np.ones(9, np.int64))
    assert temperature == 1 and np.allclose(calibrated, alone)


@pytest.mark.parametrize("strategy", ["published", "confident-learning"])
def test_that_a_network_that_learnt_nothing_is_told_and_its_file_says_so(strategy, tmp_path):
    pictures, kinds = corners(120)
    request = request_for(
        pictures, kinds, choices=TrainingChoices(epochs=1, learning_rate=1e-9, network="small")
    )
    outcome = STRATEGIES[strategy](request, JobContext())
    if strategy == "published":
        (warning,) = outcome.warnings
        assert "of the labels on images that it was not trained on: train longer" in warning
        card = save_model(tmp_path / "m", outcome.model, ["a", "b"], {"seed": 0}, "")
        assert card.provenance == {"seed": 0, "warning": warning}
        assert read_card(tmp_path / "m").provenance["warning"] == warning
    else:
        assert outcome.probabilities.max(1).mean() < 0.8, "its own labels do not claim to be better"


def fitted_with(said, classes=2):
    """A stand-in for a trained network that labels the held-out images with `said` (m,)."""
    trained = SimpleNamespace(
        classes=classes, probabilities=lambda pixels, device, rows: np.eye(classes, dtype=np.float32)[said]
    )
    return SimpleNamespace(held_out=np.arange(len(said)), trained=trained)


@pytest.mark.parametrize(
    ("right", "confidence", "warned"),
    [
        (58, 0.95, True),
        (84, 0.97, True),
        (90, 0.95, False),  # one network in a hard task
        (76, 0.8, False),  # labels that are worth no more themselves
        (58, 0.6, False),
        (57, None, True),  # by chance: 50
        (75, None, False),
        (100, None, False),
    ],
)
def test_that_a_network_is_warned_of_when_it_falls_short_of_its_labels(right, confidence, warned):
    labels = np.arange(100) % 2
    said = np.where(np.arange(100) < right, labels, 1 - labels)
    sure = None if confidence is None else np.full(100, confidence, np.float32)
    text = network_warning(fitted_with(said), np.empty(0, np.uint8), labels, sure, "cpu")
    assert bool(text) == warned and (f"agrees with {right}% of the labels" in text) == warned


def test_that_a_network_that_names_one_class_of_a_rare_other_is_warned_of():
    labels = (np.arange(100) < 10).astype(np.int64)
    text = network_warning(fitted_with(np.zeros(100, np.int64)), np.empty(0, np.uint8), labels, None, "cpu")
    assert "90%" in text


def test_that_a_network_that_knows_one_class_says_so_in_its_model_too():
    pictures, _ = corners(60)
    outcome = STRATEGIES["published"](
        request_for(pictures, np.zeros(60, np.int64), choices=QUICK), JobContext()
    )
    told = "The network tells no classes apart: every label here is of one class, and so will be those of new images."
    assert outcome.warnings == (told,) and outcome.model.warning == told


def test_that_few_images_held_back_tell_nothing_of_a_network():
    labels, sure = np.arange(9) % 2, np.ones(9, np.float32)
    assert not network_warning(fitted_with(np.ones(9, np.int64)), np.empty(0, np.uint8), labels, sure, "cpu")
