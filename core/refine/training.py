"""The training loop: one epoch after the other, best weights kept, resumable after each epoch."""

import time
from pathlib import Path

import torch
from torch import nn

from core.errors import UserError
from core.jobs import JobContext
from core.memory import attempt, too_little
from core.refine.checkpoint import TrainingState, load_checkpoint, save_checkpoint, weights_of
from core.refine.epochs import Diverged, LabelledPixels, Trainer, sensible_threads, validate
from core.refine.events import EpochEnd
from core.refine.losses import make_loss
from core.refine.optimisers import make_optimiser
from core.refine.params import TrainingParams


def train(
    network: nn.Module,
    training: LabelledPixels,
    validation: LabelledPixels,
    params: TrainingParams,
    seed: int,
    device: str,
    ctx: JobContext,
    checkpoint: Path | None = None,
    *,
    name: str = "",
    key: str = "",
) -> list[EpochEnd]:
    """Train `network` in place and leave it with the weights of its best epoch; its curves come back.

    The best epoch has the smallest validation loss (see `validate`); training ends early after `params.patience`
    epochs without a better one. With a `checkpoint` path each epoch is saved there, and an interrupted training
    of the same `key` goes on from it to the same result. The same seed gives the same weights on a CPU. A
    training whose loss is not a number any more ends there; raises `UserError` when no epoch was good before.
    """
    if attempt(lambda: network.to(device)) is None:
        raise too_little(device)
    loss = make_loss(params.loss, len(training.labels))
    trainer = Trainer(network, name, training, params, device, ctx, make_optimiser(network, params), loss)
    state = _resume(trainer, checkpoint, key) or TrainingState(weights_of(network))
    for curve in state.curves:
        ctx.emit(curve)
    while state.epoch < params.epochs and state.epoch - state.best_epoch < params.patience:
        started = time.monotonic()
        try:
            with torch.random.fork_rng(devices=[]), sensible_threads(training, params):
                torch.manual_seed(seed * 1000 + state.epoch)
                fitted = trainer.epoch(state.epoch)
        except Diverged:
            break
        end = _end_epoch(trainer, state, fitted, validate(network, validation, params, device, ctx), started)
        if checkpoint is not None:
            save_checkpoint(checkpoint, key, state, _parts(trainer))
        ctx.emit(end)
    if not state.best_epoch:
        raise UserError(
            "The training diverged: the loss is not a number any more.",
            "Choose a smaller learning rate or another optimiser.",
        )
    network.load_state_dict(state.best_weights)
    return state.curves


def _end_epoch(
    trainer: Trainer,
    state: TrainingState,
    fitted: tuple[float, float],
    validated: tuple[float, float, float],
    started: float,
) -> EpochEnd:
    """Enter an epoch into `state`, with its weights if it is the best."""
    loss, accuracy, criterion = validated
    state.epoch += 1
    if criterion < state.best_loss:
        state.best_epoch, state.best_loss = state.epoch, criterion
        state.best_weights = weights_of(trainer.network)
    params, seconds = trainer.params, time.monotonic() - started
    end = EpochEnd(
        state.epoch,
        params.epochs,
        *fitted,
        loss,
        accuracy,
        state.best_epoch,
        seconds,
        params.patience,
        trainer.name,
    )
    state.curves.append(end)
    return end


def _parts(trainer: Trainer) -> dict[str, object]:
    return {
        "weights": weights_of(trainer.network),
        "optimiser": trainer.optimiser.state_dict(),
        "loss": trainer.loss.state(),
        "scaler": trainer.scaler.state_dict(),
    }


def _resume(trainer: Trainer, checkpoint: Path | None, key: str) -> TrainingState | None:
    found = load_checkpoint(checkpoint, key)
    if found is None:
        return None
    state, parts = found
    trainer.network.load_state_dict(parts["weights"])
    trainer.optimiser.load_state_dict(parts["optimiser"])
    trainer.loss.load(parts["loss"])
    trainer.scaler.load_state_dict(parts["scaler"])
    return state
