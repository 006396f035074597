from dataclasses import replace

import numpy as np
import pytest
import torch

from core.errors import JobCancelled, UserError
from core.jobs import JobContext, Progress
from core.refine.events import EpochEnd
from core.refine.evidence import judge
from core.refine.fitting import fit_network
from core.refine.inference import as_tensor, logits_of, to_input
from core.refine.networks import NETWORKS, published_cnn
from core.refine.params import TrainingParams
from core.refine.published import refine_published
from core.refine.request import RefineRequest
from core.refine.splits import split_rows
from core.refine.training import LabelledPixels, train


def discs_and_stripes(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Pictures (n, 28, 28) uint8 of two kinds and what they are (n,)."""
    rng = np.random.default_rng(seed)
    kinds = rng.integers(0, 2, n)
    y, x = np.mgrid[:28, :28]
    pictures = np.empty((n, 28, 28), np.uint8)
    for i, kind in enumerate(kinds):
        shift = rng.integers(-4, 5, 2)
        disc = ((x - 14 - shift[0]) ** 2 + (y - 14 - shift[1]) ** 2 < rng.integers(40, 80)) * 200
        stripes = ((x + shift[0]) // 4 % 2) * 200
        pictures[i] = np.clip((stripes if kind else disc) + rng.integers(0, 50, (28, 28)), 0, 255)
    return pictures, kinds


def said(network, pictures):
    """Probabilities (n, classes) of a network for pictures (n, 28, 28) uint8."""
    return logits_of(network, as_tensor(pictures), "cpu").softmax(1).numpy()


def request_for(pictures, labels, classes=2, seed=0, **changes):
    n = len(pictures)
    weak = np.full((n, classes), 0.1 / (classes - 1), np.float32)
    weak[np.arange(n), labels] = 0.9
    values = {
        "weak": weak,
        "truth": np.full(n, -1, np.int32),
        "train_on": np.ones(n, np.bool_),
        "pixels": lambda side, grey: pictures,
        "seed": seed,
        "device": "cpu",
    }
    return RefineRequest(**{**values, **changes})


def test_that_the_published_network_is_the_published_one():
    layers = published_cnn(7)
    shapes = [tuple(p.shape) for p in layers.parameters()]
    assert shapes == [
        (10, 1, 3, 3),
        (10,),
        (20, 10, 4, 4),
        (20,),
        (250, 500),
        (250,),
        (50, 250),
        (50,),
        (7, 50),
        (7,),
    ]
    assert [m.p for m in layers if isinstance(m, torch.nn.Dropout)] == [0.5]
    assert layers(torch.zeros(2, 1, 28, 28)).shape == (2, 7)
    network = NETWORKS["published"]
    assert (network.side_for(512), network.side_for(20), network.channels_for(True)) == (28, 28, 1)


def test_that_the_published_parameters_are_the_published_ones():
    params = TrainingParams()
    assert params == TrainingParams(20, 16, 1e-3, 0.9, 10, 0.2, "sgd", 0.0, "constant", "cross-entropy")
    assert not params.class_weights and not params.stratified


def test_that_the_published_cnn_finds_the_truth_under_random_label_errors():
    pictures, kinds = discs_and_stripes(800)
    rng = np.random.default_rng(1)
    weak = np.where(rng.random(800) < 0.15, 1 - kinds, kinds)
    outcome = refine_published(request_for(pictures, weak), JobContext())
    accuracy = (outcome.probabilities.argmax(1) == kinds).mean()
    assert accuracy > 0.95 > (weak == kinds).mean()
    assert outcome.probabilities.dtype == np.float32
    assert np.allclose(outcome.probabilities.sum(1), 1, atol=1e-5)


def test_that_every_epoch_is_told_with_both_losses_and_accuracies():
    pictures, kinds = discs_and_stripes(200)
    events = []
    outcome = refine_published(request_for(pictures, kinds), JobContext(events.append, interval=0))
    epochs = [e for e in events if isinstance(e, EpochEnd)]
    assert [e.epoch for e in epochs] == list(range(1, len(epochs) + 1)) and len(epochs) <= 20
    assert outcome.metrics["curves"][0]["validation_loss"] == epochs[0].validation_loss
    best = min(epochs, key=lambda e: e.validation_loss)
    assert outcome.metrics["best_epoch"] == best.epoch
    assert any(isinstance(e, Progress) and e.text == "Training, images seen" for e in events)


def test_that_training_stops_early_and_keeps_the_best_weights():
    pictures, kinds = discs_and_stripes(120)
    images, labels = as_tensor(pictures), torch.from_numpy(kinds)
    data = LabelledPixels(images, labels)
    flipped = LabelledPixels(images, 1 - labels)  # the better it learns, the worse it validates
    torch.manual_seed(0)
    network = published_cnn(2)
    params = TrainingParams(epochs=60, patience=3, learning_rate=0.02)
    curves = train(network, data, flipped, params, 0, "cpu", JobContext())
    assert len(curves) == curves[-1].best_epoch + 3 < 60
    with torch.inference_mode():
        logits = network(to_input(images))
    best = curves[curves[-1].best_epoch - 1]
    assert float(torch.nn.functional.cross_entropy(logits, 1 - labels)) == pytest.approx(
        best.validation_loss, abs=1e-4
    )


def test_that_the_same_seed_gives_the_same_probabilities():
    pictures, kinds = discs_and_stripes(150)
    first, second, other = (
        refine_published(request_for(pictures, kinds, seed=seed), JobContext()).probabilities
        for seed in (3, 3, 4)
    )
    assert (first == second).all() and not (first == other).all()


def test_that_an_interrupted_training_goes_on_to_the_same_result(tmp_path):
    pictures, kinds = discs_and_stripes(150)
    whole = refine_published(request_for(pictures, kinds), JobContext()).probabilities
    checkpoint = tmp_path / "training"
    ctx = JobContext()
    seen = []

    def stop_after_five(event):
        if isinstance(event, EpochEnd):
            seen.append(event.epoch)
            if event.epoch == 5:
                ctx.cancel()

    ctx._listener = stop_after_five
    with pytest.raises(JobCancelled):
        refine_published(request_for(pictures, kinds, checkpoint=checkpoint), ctx)
    assert seen == [1, 2, 3, 4, 5] and (checkpoint / "published.pt").exists()
    trained = []
    again = JobContext(lambda e: trained.append(e.epoch) if isinstance(e, EpochEnd) else None)
    resumed = refine_published(request_for(pictures, kinds, checkpoint=checkpoint), again).probabilities
    assert (resumed == whole).all()
    assert trained[:6] == [1, 2, 3, 4, 5, 6], "epochs that were done are shown again, not trained again"


def test_that_decisions_of_a_person_are_learnt_and_excluded_images_are_not(monkeypatch):
    pictures, kinds = discs_and_stripes(400)
    wrong = 1 - kinds
    request = request_for(pictures, wrong, truth=kinds.astype(np.int32))
    assert (request.labels == kinds).all()
    half = np.arange(400) < 200
    seen = []

    def spy(network, pixels, targets, params, *rest, rows, **more):
        seen.append((targets, rows))
        return fit_network(network, pixels, targets, replace(params, epochs=1), *rest, rows=rows, **more)

    monkeypatch.setattr("core.refine.published.fit_network", spy)
    refine_published(request_for(pictures, np.where(half, 3, 0), classes=4, train_on=half), JobContext())
    targets, rows = seen[0]
    assert len(rows) == 200 and (targets[rows] == 3).all(), "an excluded image was learnt"


def test_that_the_published_cnn_gives_what_it_gave_when_it_was_a_loop_of_its_own():
    """The loop written out: a change of the shared training must not reach the published numbers."""
    pictures, kinds = discs_and_stripes(60)
    images, labels = to_input(as_tensor(pictures)), torch.from_numpy(kinds)
    order = np.random.default_rng(5).permutation(60)
    fit, held_out = torch.from_numpy(order[12:]), torch.from_numpy(order[:12])
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        network = published_cnn(2)
        optimiser = torch.optim.SGD(network.parameters(), lr=1e-3, momentum=0.9)
        best, kept, threads = float("inf"), {}, torch.get_num_threads()
        torch.set_num_threads(1)
        for epoch in range(20):
            torch.manual_seed(5000 + epoch)
            network.train()
            for batch in torch.randperm(48).split(16):
                loss = torch.nn.functional.cross_entropy(network(images[fit][batch]), labels[fit][batch])
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
            network.eval()
            with torch.inference_mode():
                judged = float(torch.nn.functional.cross_entropy(network(images[held_out]), labels[held_out]))
            if judged < best:
                best, kept = judged, {k: v.clone() for k, v in network.state_dict().items()}
        torch.set_num_threads(threads)
    network.load_state_dict(kept)
    outcome = refine_published(request_for(pictures, kinds, seed=5), JobContext())
    assert np.allclose(outcome.probabilities, said(network, pictures), atol=1e-6)
    assert outcome.metrics["validation_loss"] == pytest.approx(best, abs=1e-6)
    assert np.array_equal(outcome.model.probabilities(pictures), outcome.probabilities)
    assert not outcome.out_of_fold


def test_that_too_few_images_is_a_clear_error():
    pictures, kinds = discs_and_stripes(5)
    with pytest.raises(UserError, match="Only 5 images"):
        refine_published(request_for(pictures, kinds), JobContext())


@pytest.mark.parametrize("n", [2, 3, 10, 1000])
def test_that_both_parts_of_a_split_hold_images(n):
    fit, held_out = split_rows(n, 0.2, 0)
    assert len(fit) and len(held_out) and sorted([*fit, *held_out]) == list(range(n))
    if n >= 10:
        assert len(held_out) == n // 5


def test_that_a_refinement_that_lost_a_class_does_not_deliver():
    pictures, kinds = discs_and_stripes(200)
    verdict = judge(pictures, kinds, np.zeros(200, np.int64), 2, 0)
    assert not verdict.delivers and "gave up a class" in verdict.reason


def test_that_labels_under_which_neighbours_disagree_more_do_not_deliver():
    pictures, kinds = discs_and_stripes(400)
    rng = np.random.default_rng(0)
    noisy = np.where(rng.random(400) < 0.2, 1 - kinds, kinds)
    assert judge(pictures, noisy, kinds, 2, 0).delivers
    verdict = judge(pictures, kinds, noisy, 2, 0)
    assert not verdict.delivers and verdict.refined_agreement < verdict.stage_one_agreement


def test_that_prediction_does_not_depend_on_batches(monkeypatch):
    pictures, _ = discs_and_stripes(50)
    network = published_cnn(2)
    whole = said(network, pictures)
    monkeypatch.setattr("core.refine.inference._PREDICT_BATCH", 7)
    assert np.allclose(said(network, pictures), whole, atol=1e-6)


@pytest.mark.gpu
def test_that_training_on_cuda_is_as_good_as_on_the_cpu():
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    pictures, kinds = discs_and_stripes(400)
    outcome = refine_published(request_for(pictures, kinds, device="cuda"), JobContext())
    assert (outcome.probabilities.argmax(1) == kinds).mean() > 0.95
