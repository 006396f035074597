"""What training does besides the published defaults: losses, weights, schedules, checkpoints."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from core.errors import JobCancelled, UserError
from core.jobs import JobContext
from core.refine import crossfit, losses
from core.refine.crossfit import cross_fit
from core.refine.epochs import LabelledPixels
from core.refine.events import BatchEnd, EpochEnd
from core.refine.fitting import fit_network
from core.refine.optimisers import make_optimiser, rate_factor
from core.refine.params import Augmentation, TrainingParams
from core.refine.parts import PartContext
from core.refine.splits import split_stratified, stratified_folds
from core.refine.training import train

FAST = TrainingParams(
    epochs=3,
    batch_size=32,
    learning_rate=3e-3,
    optimiser="adamw",
    schedule="one-cycle",
    augmentation=Augmentation(rotation=10, shift=0.05, scale=0.1),
    stratified=True,
)


def bright_or_dark(n, seed=0):
    """Pictures (n, 28, 28) uint8 that are darker or lighter, and which they are (n,) int64."""
    rng = np.random.default_rng(seed)
    kinds = rng.integers(0, 2, n)
    pictures = rng.integers(40, 120, (n, 28, 28), np.uint8)
    pictures[kinds == 1] += 60
    return pictures, kinds


def fitted(pictures, targets, params=FAST, ctx=None, seed=0, classes=2, **more):
    return fit_network(
        "small", pictures, targets, params, seed, "cpu", ctx or JobContext(), classes=classes, **more
    )


@pytest.mark.parametrize("loss", ["cross-entropy", "gce", "elr"])
def test_that_the_same_seed_gives_the_same_weights_bit_for_bit(loss):
    pictures, kinds = bright_or_dark(80)
    params = replace(FAST, loss=loss, epochs=2)
    first, second, other = (fitted(pictures, kinds, params, seed=s).trained.weights for s in (1, 1, 2))
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not torch.equal(first["0.weight"], other["0.weight"])


@pytest.mark.parametrize("optimiser", ["sgd", "adam", "adamw"])
@pytest.mark.parametrize("schedule", ["constant", "cosine", "one-cycle", "step"])
def test_that_every_optimiser_learns_with_every_schedule(optimiser, schedule):
    pictures, kinds = bright_or_dark(100)
    rate = 0.03 if optimiser == "sgd" else 3e-3
    params = replace(
        FAST, optimiser=optimiser, schedule=schedule, learning_rate=rate, epochs=10, batch_size=16
    )
    said = fitted(pictures, kinds, params).trained.probabilities(pictures)
    assert (said.argmax(1) == kinds).mean() > 0.9


def test_that_schedules_have_their_shapes():
    assert [rate_factor("constant", s) for s in (0, 0.5, 1)] == [1, 1, 1]
    assert [rate_factor("step", s) for s in (0, 0.49, 0.5, 0.8, 1.0)] == [1, 1, 0.1, 0.01, 0.01]
    assert rate_factor("cosine", 0) == pytest.approx(1) and rate_factor("cosine", 1) < 0.001
    cycle = [rate_factor("one-cycle", s / 100) for s in range(101)]
    assert cycle[0] == pytest.approx(1 / 25) and cycle[-1] < 0.001 and np.argmax(cycle) == 30


def test_that_the_optimisers_are_torch_s_own_with_the_given_values():
    network = torch.nn.Linear(2, 2)
    made = make_optimiser(network, TrainingParams(optimiser="adamw", weight_decay=0.5, learning_rate=0.1))
    assert type(made) is torch.optim.AdamW and made.defaults["weight_decay"] == 0.5
    sgd = make_optimiser(network, TrainingParams())
    assert type(sgd) is torch.optim.SGD and (sgd.defaults["lr"], sgd.defaults["momentum"]) == (1e-3, 0.9)


def test_that_generalised_cross_entropy_lies_between_its_limits():
    logits = torch.tensor([[2.0, -1.0], [0.5, 0.0]], dtype=torch.float32)
    labels = torch.tensor([1, 0])
    p = logits.softmax(1)[[0, 1], labels]
    assert torch.allclose(losses.generalised_cross_entropy(logits, labels), (1 - p**0.7) / 0.7)
    near_zero = losses.generalised_cross_entropy(logits, labels, 1e-3)
    assert torch.allclose(
        near_zero, torch.nn.functional.cross_entropy(logits, labels, reduction="none"), atol=1e-2
    )


def test_that_early_learning_remembers_each_image_and_follows_the_paper():
    loss = losses.make_loss("elr", 4)
    logits, labels = torch.tensor([[2.0, 0.0], [0.0, 1.0]]), torch.tensor([0, 0])
    value = loss(logits, labels, torch.tensor([3, 1]))
    p = logits.softmax(1)
    memory = 0.3 * p  # 0.7 * 0 + 0.3 * p
    expected = -torch.log(p[:, 0]) + 3 * torch.log(1 - (memory * p).sum(1))
    assert torch.allclose(value, expected, atol=1e-6)
    assert torch.allclose(loss.state()["memory"][[3, 1]], memory) and not loss.state()["memory"][[0, 2]].any()
    again = losses.make_loss("elr", 4)
    again.load(loss.state())
    assert torch.equal(
        again(logits, labels, torch.tensor([1, 3])), loss(logits, labels, torch.tensor([1, 3]))
    )


def test_that_class_weights_give_a_rare_class_its_say():
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 256, (300, 28, 28), np.uint8)  # nothing to learn but how frequent classes are
    labels = (np.arange(300) % 10 == 0).astype(np.int64)
    plain, weighted = (
        fitted(pictures, labels, replace(FAST, class_weights=wanted))
        .trained.probabilities(pictures)[:, 1]
        .mean()
        for wanted in (False, True)
    )
    assert plain < 0.3 < 0.35 < weighted < 0.65


def test_that_sample_weights_decide_between_contradicting_labels():
    pictures, kinds = bright_or_dark(100)
    labels = np.concatenate([kinds, 1 - kinds])
    weights = np.repeat(np.array([5, 1], np.float32), 100)
    both = np.concatenate([pictures, pictures])
    said = fitted(both, labels, replace(FAST, epochs=6), sample_weights=weights).trained.probabilities(
        pictures
    )
    assert (said.argmax(1) == kinds).mean() > 0.9


def test_that_only_the_given_rows_are_learnt():
    pictures, kinds = bright_or_dark(120)
    rows = np.arange(0, 120, 2)
    wrong = kinds.copy()
    wrong[1::2] = 1 - wrong[1::2]
    part = fitted(pictures, wrong, rows=rows)
    alone = fitted(pictures[rows], kinds[rows])
    assert all(torch.equal(part.trained.weights[k], alone.trained.weights[k]) for k in alone.trained.weights)


def test_that_batches_are_told_and_a_part_of_something_larger_tells_progress_only():
    pictures, kinds = bright_or_dark(80)
    loud, quiet = [], []
    fitted(pictures, kinds, ctx=JobContext(loud.append, interval=0))
    fitted(pictures, kinds, ctx=PartContext(JobContext(quiet.append, interval=0), 0, 1, "Fold"))
    batches = [e for e in loud if isinstance(e, BatchEnd)]
    assert batches and batches[0].network == "small" and 1 <= batches[0].batch <= batches[0].batches == 2
    assert 0 < batches[0].accuracy < 1 and (batches[0].accuracy * 32).is_integer()
    assert [e.network for e in loud if isinstance(e, EpochEnd)] == ["small"] * 3
    assert quiet and not [e for e in quiet if isinstance(e, EpochEnd | BatchEnd)]


def stopping_after(epochs):
    ctx = JobContext()
    ctx._listener = lambda e: ctx.cancel() if isinstance(e, EpochEnd) and e.epoch == epochs else None
    return ctx


@pytest.mark.parametrize("loss", ["cross-entropy", "elr"])
def test_that_an_interrupted_training_ends_with_the_same_weights(tmp_path, loss):
    pictures, kinds = bright_or_dark(80)
    params = replace(FAST, loss=loss)
    whole = fitted(pictures, kinds, params).trained.weights
    with pytest.raises(JobCancelled):
        fitted(pictures, kinds, params, stopping_after(2), checkpoint=tmp_path / "a.pt")
    told = []
    ctx = JobContext(lambda e: told.append(e.epoch) if isinstance(e, EpochEnd) else None)
    resumed = fitted(pictures, kinds, params, ctx, checkpoint=tmp_path / "a.pt").trained.weights
    assert told == [1, 2, 3] and all(torch.equal(whole[name], resumed[name]) for name in whole)


@pytest.mark.parametrize("damage", ["cut", "text", "empty", "foreign"])
def test_that_a_damaged_or_foreign_checkpoint_is_ignored(tmp_path, damage):
    pictures, kinds = bright_or_dark(60)
    params = replace(FAST, epochs=2)
    whole = fitted(pictures, kinds, params).trained.weights
    path = tmp_path / "a.pt"
    other = fitted(pictures, 1 - kinds, params, checkpoint=path).trained.weights
    content = {
        "cut": path.read_bytes()[:2000],
        "text": b"not a checkpoint",
        "empty": b"",
        "foreign": path.read_bytes(),
    }
    path.write_bytes(content[damage])
    again = fitted(pictures, kinds, params, checkpoint=path).trained.weights
    assert all(torch.equal(whole[name], again[name]) for name in whole)
    assert not torch.equal(other["0.weight"], again["0.weight"])


class Falling(torch.nn.Module):
    """Learns nothing; its logits are not numbers from the given step of the training on."""

    def __init__(self, until):
        super().__init__()
        self.weight, self.left = torch.nn.Parameter(torch.zeros(2)), until

    def forward(self, images):
        self.left -= self.training
        nothing = float("nan") if self.training and self.left < 0 else 0.0
        return self.weight.expand(len(images), 2) + nothing


def test_that_a_training_that_diverges_keeps_its_best_epoch():
    pictures, kinds = bright_or_dark(20)
    data = LabelledPixels(torch.from_numpy(pictures), torch.from_numpy(kinds))
    params = TrainingParams(epochs=9, batch_size=10)
    curves = train(Falling(5), data, data, params, 0, "cpu", JobContext())
    assert [e.epoch for e in curves] == [1, 2]
    with pytest.raises(UserError, match="diverged"):
        train(Falling(1), data, data, params, 0, "cpu", JobContext())


@pytest.mark.parametrize("labels", [[0] * 12, [0, 1] + [2] * 10, list(range(12)), [3]])
def test_that_one_class_and_classes_of_one_image_can_be_trained_on(labels):
    pictures, _ = bright_or_dark(len(labels))
    result = fitted(
        pictures, np.array(labels, np.int64), replace(FAST, epochs=1, class_weights=True), classes=12
    )
    assert np.isfinite(result.trained.probabilities(pictures)).all()


def test_that_a_last_batch_of_one_image_does_not_stop_batch_normalisation():
    pictures, kinds = bright_or_dark(34)
    data = LabelledPixels(torch.from_numpy(pictures), torch.from_numpy(kinds))
    network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(784, 2), torch.nn.BatchNorm1d(2))
    params = TrainingParams(batch_size=11, epochs=1)  # 11, 11, 11 and 1
    assert len(train(network, data, data, params, 0, "cpu", JobContext())) == 1


def test_that_a_stratified_split_holds_out_of_every_class_but_never_its_only_image():
    labels = np.array([0] * 50 + [1] * 10 + [2] * 2 + [3])
    fit, held_out = split_stratified(labels, 0.2, 0)
    assert np.bincount(labels[held_out], minlength=4).tolist() == [10, 2, 1, 0]
    assert sorted([*fit, *held_out]) == list(range(63))
    fit, held_out = split_stratified(np.arange(8), 0.2, 0)
    assert len(held_out) == 2 and len(fit) == 6


def test_that_folds_hold_the_classes_evenly():
    labels = np.array([0] * 52 + [1] * 11 + [2] * 2)
    folds = stratified_folds(labels, 5, seed=0)
    counts = np.array([[((folds == f) & (labels == c)).sum() for c in range(3)] for f in range(5)])
    assert (counts.max(axis=0) - counts.min(axis=0) <= 1).all() and (counts.sum(1) == 13).all()


def test_that_cross_fitting_judges_images_by_networks_that_did_not_see_them(tmp_path, monkeypatch):
    pictures, kinds = bright_or_dark(100)
    labels = kinds.copy()
    labels[:10] = 1 - labels[:10]
    rows = np.arange(90)
    labels[90:] = 1 - kinds[90:]
    told, learnt = [], []
    ctx = JobContext(told.append, interval=0)
    params = replace(FAST, epochs=12, batch_size=8)

    def spy(*given, rows, **more):
        learnt.append(rows)
        return fit_network(*given, rows=rows, **more)

    monkeypatch.setattr(crossfit, "fit_network", spy)
    found = cross_fit(
        "small", pictures, labels, params, 0, "cpu", ctx, classes=2, rows=rows, folds=3, checkpoint=tmp_path
    )
    assert (found.argmax(1) == kinds).mean() > 0.9
    left_out = np.concatenate([np.setdiff1d(rows, own) for own in learnt])
    assert len(learnt) == 3 and sorted(left_out) == list(range(90)), "each image is judged by one network"
    assert max(map(max, learnt)) < 90, "an image that is not to be learnt was"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["fold-1.pt", "fold-2.pt", "fold-3.pt"]
    assert not [e for e in told if isinstance(e, EpochEnd | BatchEnd)]
    shares = [e.done / e.total for e in told]
    assert shares == sorted(shares) and shares[0] == 0 and 0.9 < shares[-1] <= 1
    again = cross_fit(
        "small", pictures, labels, params, 0, "cpu", ctx, classes=2, rows=rows, folds=3, checkpoint=tmp_path
    )
    assert np.array_equal(again, found)


@pytest.mark.gpu
def test_that_mixed_precision_on_cuda_keeps_float32_weights():
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    pictures, kinds = bright_or_dark(200)
    result = fit_network(
        "small", pictures, kinds, replace(FAST, epochs=6), 0, "cuda", JobContext(), classes=2
    )
    assert {w.dtype for w in result.trained.weights.values()} <= {torch.float32, torch.int64}
    assert (result.trained.probabilities(pictures, "cuda").argmax(1) == kinds).mean() > 0.9
