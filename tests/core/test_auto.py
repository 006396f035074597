import numpy as np
import pytest

from core.errors import JobCancelled, UserError
from core.experiments.noise import emulate
from core.jobs import JobContext, Progress
from core.refine import student
from core.refine.auto import inputs, refine_auto
from core.refine.candidates import compare
from core.refine.events import EpochEnd
from core.refine.names import STRATEGIES
from core.refine.params import TrainingChoices
from core.refine.recipe.delivery import Delivery
from core.refine.recipe.recipe import RecipeResult, run_recipe
from core.refine.request import RefineRequest
from core.refine.student import Student

FEW = TrainingChoices(epochs=2)


def shapes(n: int, classes: int = 2, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Noisy pictures (n, 28, 28) uint8 of bars at as many angles as there are classes, and which it is (n,)."""
    rng = np.random.default_rng(seed)
    kinds = rng.permutation(np.arange(n) % classes)
    y, x = np.mgrid[:28, :28] - 13.5
    angles = np.pi * kinds / classes + rng.normal(0, 0.02, n)
    shifts = rng.uniform(-2, 2, n)
    distance = np.abs(
        x * np.sin(angles)[:, None, None] + y * np.cos(angles)[:, None, None] + shifts[:, None, None]
    )
    pictures = np.where(distance < 3, 200, 30) + rng.integers(0, 40, (n, 28, 28))
    return pictures.astype(np.uint8), kinds


def request_for(pictures, weak, **changes):
    n = len(pictures)
    values = {
        "weak": weak,
        "truth": np.full(n, -1, np.int32),
        "train_on": np.ones(n, np.bool_),
        "pixels": lambda side, grey: pictures,
        "seed": 0,
        "device": "cpu",
        "choices": FEW,
    }
    return RefineRequest(**{**values, **changes})


def chosen(outcome):
    return next(c["name"] for c in outcome.metrics["candidates"] if c["chosen"])


@pytest.mark.parametrize(("kind", "rate"), [("N1", 0.3), ("N2", 0.2), ("N3a", 0.2)])
def test_that_auto_finds_the_truth_whatever_the_errors_follow_from(kind, rate):
    pictures, kinds = shapes(160)
    weak = emulate(kind, kinds, pictures, rate, 0, 2)
    outcome = refine_auto(request_for(pictures, weak), JobContext())
    assert (outcome.probabilities.argmax(1) == kinds).mean() > 0.98 > (weak.argmax(1) == kinds).mean() + 0.1
    assert outcome.verdict.delivers and outcome.out_of_fold and chosen(outcome) in ("graph", "student")
    assert outcome.probabilities.dtype == np.float32
    assert np.allclose(outcome.probabilities.sum(1), 1, atol=1e-5)
    sure = outcome.probabilities.max(1)
    assert abs(sure.mean() - (outcome.probabilities.argmax(1) == kinds).mean()) < 0.06, "not calibrated"


def test_that_the_student_labels_new_images_and_tells_its_epochs():
    pictures, kinds = shapes(240, 3)
    events = []
    weak = emulate("N1", kinds, pictures, 0.2, 0, 3)
    request = request_for(pictures, weak, choices=TrainingChoices(epochs=8, batch_size=16))
    outcome = refine_auto(request, JobContext(events.append, interval=0))
    new, truth = shapes(90, 3, seed=9)
    assert (outcome.model.probabilities(new).argmax(1) == truth).mean() > 0.95
    epochs = [e for e in events if isinstance(e, EpochEnd)]
    assert [e.epoch for e in epochs] == list(range(1, len(epochs) + 1)) and epochs[0].network == "small"
    assert (
        outcome.metrics["curves"][0]["epoch"] == 1
        and outcome.metrics["temperature"] == outcome.model.temperature
    )


def test_that_stage_one_stays_where_nothing_separates_the_classes():
    rng = np.random.default_rng(0)
    pictures, kinds = rng.integers(0, 255, (200, 28, 28)).astype(np.uint8), rng.integers(0, 2, 200)
    weak = emulate("N1", kinds, pictures, 0.2, 0, 2)
    outcome = refine_auto(request_for(pictures, weak), JobContext())
    assert (outcome.probabilities.argmax(1) == weak.argmax(1)).all()
    assert not outcome.verdict.delivers and chosen(outcome) == "stage one"
    assert "do not separate" in outcome.verdict.reason
    assert any("do not separate" in warning for warning in outcome.warnings)

    assert not outcome.metrics["reason"], "the verdict has the reason; here it would be told twice"


def test_that_a_dozen_images_are_plainly_too_few_to_judge():
    pictures, kinds = shapes(12)
    outcome = refine_auto(request_for(pictures, emulate("N1", kinds, pictures, 0.2, 0, 2)), JobContext())
    assert not outcome.verdict.delivers and outcome.warnings == ()
    assert outcome.verdict.reason.startswith("12 images are too few for the second stage to judge:")


def test_that_a_network_that_learnt_little_is_told_and_says_so_itself():
    pictures, kinds = shapes(160)
    weak = emulate("N1", kinds, pictures, 0.2, 0, 2)

    def outcome(rate):
        choices = TrainingChoices(epochs=8, batch_size=16, learning_rate=rate)
        return refine_auto(request_for(pictures, weak, choices=choices), JobContext())

    poor, good = outcome(1e-9), outcome(None)
    (warning,) = poor.warnings
    assert "of the labels on images that it was not trained on: train longer" in warning
    assert poor.model.warning == warning
    assert good.warnings == () and good.model.warning == ""


def test_that_identical_images_keep_their_labels_without_a_warning_from_below():
    pictures = np.full((60, 28, 28), 77, np.uint8)
    weak = np.eye(2, dtype=np.float32)[np.arange(60) % 2]
    outcome = refine_auto(request_for(pictures, weak), JobContext())
    assert not outcome.verdict.delivers and np.isfinite(outcome.probabilities).all()
    assert (outcome.probabilities.argmax(1) == np.arange(60) % 2).all()


def test_that_right_labels_are_left_alone():
    pictures, kinds = shapes(200, 4)
    outcome = refine_auto(request_for(pictures, emulate("N1", kinds, pictures, 0.0, 0, 4)), JobContext())
    assert (outcome.probabilities.argmax(1) == kinds).all()


def test_that_decisions_are_truth_and_excluded_images_are_labelled_but_not_learnt():
    pictures, kinds = shapes(200)
    weak = emulate("N1", kinds, pictures, 0.2, 0, 2)
    truth = np.where(np.arange(200) < 20, 1 - kinds, -1).astype(np.int32)  # against all evidence
    train_on = np.arange(200) >= 50
    outcome = refine_auto(request_for(pictures, weak, truth=truth, train_on=train_on), JobContext())
    found = outcome.probabilities.argmax(1)
    assert (found[:20] == truth[:20]).all() and (outcome.probabilities[:20].max(1) == 1).all()
    assert (found[20:] == kinds[20:]).mean() > 0.95


def test_that_embeddings_of_stage_one_are_one_more_view():
    rng = np.random.default_rng(1)
    pictures, kinds = rng.integers(0, 255, (200, 28, 28)).astype(np.uint8), rng.integers(0, 2, 200)
    embeddings = (rng.normal(size=(200, 32)) * 0.3 + kinds[:, None] * 3).astype(np.float32)
    weak = emulate("N1", kinds, pictures, 0.25, 0, 2)
    outcome = refine_auto(request_for(pictures, weak, embeddings=embeddings), JobContext())
    assert (outcome.probabilities.argmax(1) == kinds).mean() > 0.97


def test_that_the_same_seed_gives_the_same_result():
    pictures, kinds = shapes(120)
    weak = emulate("N1", kinds, pictures, 0.2, 0, 2)
    first, second = (refine_auto(request_for(pictures, weak), JobContext()) for _ in range(2))
    assert (first.probabilities == second.probabilities).all()
    assert all(
        (first.model.weights[name] == second.model.weights[name]).all() for name in first.model.weights
    )


def test_that_many_classes_some_without_images_work():
    pictures, kinds = shapes(200, 20)
    weak = emulate("N1", kinds, pictures, 0.2, 0, 20)
    wide = np.concatenate([weak, np.zeros((200, 80), np.float32)], axis=1)
    wide[0] = 0
    wide[0, 99] = 1  # a class with one image
    outcome = refine_auto(request_for(pictures, wide), JobContext())
    assert outcome.probabilities.shape == (200, 100) and np.isfinite(outcome.probabilities).all()
    assert outcome.probabilities[0].argmax() == 99, "the only image of its class keeps its label"
    told = "1 image is of a class with fewer than 4 images: it keeps stage 1's label."
    assert told in outcome.warnings


def test_that_all_images_of_one_class_is_said_plainly():
    pictures, _ = shapes(60)
    weak = np.tile(np.array([[0.9, 0.1]], np.float32), (60, 1))
    outcome = refine_auto(request_for(pictures, weak), JobContext())
    assert not outcome.verdict.delivers and "same class" in outcome.verdict.reason
    assert (outcome.probabilities.argmax(1) == 0).all()


def test_that_a_single_class_or_too_few_images_are_clear_errors():
    pictures, kinds = shapes(60)
    with pytest.raises(UserError, match="only one class"):
        refine_auto(request_for(pictures, np.ones((60, 1), np.float32)), JobContext())
    with pytest.raises(UserError, match="Only 5 images"):
        refine_auto(request_for(pictures[:5], emulate("N1", kinds[:5], pictures[:5], 0, 0, 2)), JobContext())


@pytest.mark.parametrize(
    "text", ["Describing images", "Comparing images with each other", "Training, images seen"]
)
def test_that_it_can_be_cancelled_anywhere(text):
    pictures, kinds = shapes(120)
    ctx = JobContext(interval=0)
    ctx._listener = lambda event: ctx.cancel() if isinstance(event, Progress) and event.text == text else None
    with pytest.raises(JobCancelled):
        refine_auto(request_for(pictures, emulate("N1", kinds, pictures, 0.2, 0, 2)), ctx)


def test_that_the_student_sees_a_part_of_very_many_images(monkeypatch):
    monkeypatch.setattr(student, "MANY", 100)
    monkeypatch.setattr(student, "_PUPILS", 60)
    monkeypatch.setattr(student, "CROSS_FITTED", 50)
    pictures, kinds = shapes(150)
    weak = emulate("N1", kinds, pictures, 0.1, 0, 2)
    outcome = refine_auto(request_for(pictures, weak), JobContext())
    assert (outcome.probabilities.argmax(1) == kinds).mean() > 0.98
    assert chosen(outcome) != "student", "labels that are not out of fold were delivered"


def test_that_inputs_name_the_sizes_that_are_read():
    assert inputs(1_000, 50, False, TrainingChoices()) == [(28, True), (50, True)]
    assert inputs(50_000, 50, True, TrainingChoices()) == [(28, False), (28, False)]


def result_with(weak, labels, pictures, candidate="graph"):
    views = [pictures.reshape(len(pictures), -1).astype(np.float32)[:, ::20]]
    made = run_recipe(
        views, weak, np.full(len(weak), -1), np.ones(len(weak), np.bool_), 2, 0, lambda done, total: None
    )
    probabilities = np.eye(2, dtype=np.float32)[labels]
    return RecipeResult(Delivery(probabilities, candidate, "why", (), 0, 0), made.partition, made.graphs)


def test_that_a_student_takes_over_only_with_fewer_ties_cut_and_as_much_agreement():
    pictures, kinds = shapes(120)
    rng = np.random.default_rng(3)
    worse = np.where(rng.random(120) < 0.1, 1 - kinds, kinds)
    weak = np.where(rng.random(120) < 0.2, 1 - kinds, kinds)

    def taken(recipe, pupil, out_of_fold=True, candidate="graph"):
        probabilities = np.eye(2, dtype=np.float32)[pupil]
        found = compare(
            weak,
            result_with(weak, recipe, pictures, candidate),
            Student(None, probabilities, 1.0, out_of_fold),
        )
        return next(c.name for c in found if c.chosen)

    assert taken(worse, kinds) == "student"
    assert taken(worse, kinds, out_of_fold=False) == "graph"
    assert taken(kinds, worse) == "graph"
    assert taken(worse, np.zeros(120, np.int64)) == "graph", "one class cuts nothing, but agrees less"
    assert taken(weak, kinds, candidate="stage one") == "stage one"


def test_that_auto_is_the_first_of_the_strategies():
    assert next(iter(STRATEGIES)) == "auto" and STRATEGIES["auto"].out_of_fold
