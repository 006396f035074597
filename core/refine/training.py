"""The training loop: one epoch after the other, best weights kept, resumable after each epoch."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from core.jobs import JobContext
from core.refine.events import EpochEnd

_PREDICT_BATCH = 1024


@dataclass(frozen=True)
class TrainingParams:
    """How to train; the defaults are the published ones."""

    epochs: int = 20
    batch_size: int = 16
    learning_rate: float = 1e-3
    momentum: float = 0.9
    patience: int = 10
    validation_share: float = 0.2


@dataclass(frozen=True)
class LabelledPixels:
    """Images (n, channels, side, side) float32 in -1..1 and their labels (n,) int64."""

    images: torch.Tensor
    labels: torch.Tensor


@dataclass
class _State:
    epoch: int
    best_epoch: int
    best_loss: float
    best_weights: dict[str, torch.Tensor]
    curves: list[dict[str, Any]]


def split_rows(
    n: int, validation_share: float, seed: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Random row numbers for training and validation; both hold at least one row when n is 2 or more."""
    order = np.random.default_rng(seed).permutation(n)
    size = min(max(1, round(n * validation_share)), n - 1)
    return order[size:], order[:size]


def train(
    network: nn.Module,
    training: LabelledPixels,
    validation: LabelledPixels,
    params: TrainingParams,
    seed: int,
    device: str,
    ctx: JobContext,
    checkpoint: Path | None = None,
) -> list[EpochEnd]:
    """Train `network` in place by SGD and leave it with the weights of its best epoch; its curves come back.

    The best epoch has the smallest validation loss; training ends early after `params.patience` epochs
    without a better one. With a `checkpoint` path each epoch is saved there, and an interrupted training
    goes on from it to the same result. The same seed gives the same weights on a CPU.
    """
    network.to(device)
    optimiser = torch.optim.SGD(network.parameters(), lr=params.learning_rate, momentum=params.momentum)
    state = _resume(checkpoint, network, optimiser) or _State(0, 0, float("inf"), _weights(network), [])
    for curve in state.curves:
        ctx.emit(EpochEnd(**curve))
    while state.epoch < params.epochs and state.epoch - state.best_epoch < params.patience:
        started = time.monotonic()
        with torch.random.fork_rng(devices=[]), _one_thread():
            torch.manual_seed(seed * 1000 + state.epoch)
            loss, accuracy = _train_epoch(network, optimiser, training, params, device, ctx, state.epoch)
        validation_loss, validation_accuracy = evaluate(network, validation, device)
        state.epoch += 1
        if validation_loss < state.best_loss:
            state.best_epoch, state.best_loss, state.best_weights = (
                state.epoch,
                validation_loss,
                _weights(network),
            )
        end = EpochEnd(
            state.epoch,
            params.epochs,
            loss,
            accuracy,
            validation_loss,
            validation_accuracy,
            state.best_epoch,
            time.monotonic() - started,
            params.patience,
        )
        state.curves.append(asdict(end))
        if checkpoint is not None:
            _save(checkpoint, state, network, optimiser)
        ctx.emit(end)
    network.load_state_dict(state.best_weights)
    return [EpochEnd(**curve) for curve in state.curves]


@torch.inference_mode()
def evaluate(network: nn.Module, data: LabelledPixels, device: str) -> tuple[float, float]:
    """Mean cross-entropy and accuracy, in evaluation mode."""
    logits = _logits(network, data.images, device)
    loss = nn.functional.cross_entropy(logits, data.labels)
    return float(loss), float((logits.argmax(1) == data.labels).float().mean())


@torch.inference_mode()
def predict(network: nn.Module, images: torch.Tensor, device: str) -> npt.NDArray[np.float32]:
    """Softmax probabilities (n, classes) float32, in evaluation mode."""
    return np.asarray(_logits(network, images, device).softmax(1).numpy(), np.float32)


def _logits(network: nn.Module, images: torch.Tensor, device: str) -> torch.Tensor:
    network.eval()
    parts = [network(batch.to(device)).float().cpu() for batch in images.split(_PREDICT_BATCH)]
    return torch.cat(parts)


def _train_epoch(
    network: nn.Module,
    optimiser: torch.optim.Optimizer,
    data: LabelledPixels,
    params: TrainingParams,
    device: str,
    ctx: JobContext,
    epoch: int,
) -> tuple[float, float]:
    network.train()
    order = torch.randperm(len(data.labels))
    batches = order.split(params.batch_size)
    loss_sum = correct = 0.0
    for number, batch in enumerate(batches):
        seen = epoch * len(order) + number * params.batch_size
        ctx.progress(seen, params.epochs * len(order), "Training, images seen")
        images, labels = data.images[batch].to(device), data.labels[batch].to(device)
        logits = network(images)
        loss = nn.functional.cross_entropy(logits, labels)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        loss_sum += float(loss.detach()) * len(batch)
        correct += float((logits.detach().argmax(1) == labels).sum())
    return loss_sum / len(order), correct / len(order)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Compute on one CPU thread: steps of a few images cost more to share out than to do.

    On two busy cores a step of 16 images of 28 px took 206 ms on two threads and 5 ms on one.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _weights(network: nn.Module) -> dict[str, torch.Tensor]:
    return {name: tensor.detach().cpu().clone() for name, tensor in network.state_dict().items()}


def _save(path: Path, state: _State, network: nn.Module, optimiser: torch.optim.Optimizer) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    torch.save(
        {**asdict(state), "weights": _weights(network), "optimiser": optimiser.state_dict()}, temporary
    )
    temporary.replace(path)


def _resume(checkpoint: Path | None, network: nn.Module, optimiser: torch.optim.Optimizer) -> _State | None:
    if checkpoint is None or not checkpoint.exists():
        return None
    saved = torch.load(checkpoint, map_location="cpu", weights_only=True)
    network.load_state_dict(saved.pop("weights"))
    optimiser.load_state_dict(saved.pop("optimiser"))
    return _State(**saved)
