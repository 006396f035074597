"""A training on disk after each epoch, so that it can go on where it was interrupted."""

import logging
import pickle
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import nn

from core.refine.events import EpochEnd

log = logging.getLogger(__name__)

Weights = dict[str, torch.Tensor]
_DAMAGED = (OSError, EOFError, RuntimeError, ValueError, KeyError, TypeError, pickle.UnpicklingError)


@dataclass
class TrainingState:
    """How far a training is. `best_loss` is what the best epoch is chosen by, on the validation images."""

    best_weights: Weights
    epoch: int = 0
    best_epoch: int = 0
    best_loss: float = float("inf")
    curves: list[EpochEnd] = field(default_factory=list)


def weights_of(network: nn.Module) -> Weights:
    """A copy of the network's weights on the CPU."""
    return {name: tensor.detach().cpu().clone() for name, tensor in network.state_dict().items()}


def save_checkpoint(path: Path, key: str, state: TrainingState, parts: dict[str, Any]) -> None:
    """Write `state` and `parts` (what `state_dict` gives) so that the file is whole or is the one before.

    `key` names the training; only the same training reads it again.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    content = {
        "key": key,
        "epoch": state.epoch,
        "best_epoch": state.best_epoch,
        "best_loss": state.best_loss,
        "best_weights": state.best_weights,
        "curves": [asdict(epoch) for epoch in state.curves],
        "parts": parts,
    }
    torch.save(content, temporary)
    temporary.replace(path)


def load_checkpoint(path: Path | None, key: str) -> tuple[TrainingState, dict[str, Any]] | None:
    """What `save_checkpoint` wrote; None where there is nothing, or it is damaged or of another training."""
    if path is None or not path.exists():
        return None
    try:
        saved = torch.load(path, map_location="cpu", weights_only=True)
        if saved["key"] != key:
            return None
        curves = [EpochEnd(**values) for values in saved["curves"]]
        state = TrainingState(
            saved["best_weights"], saved["epoch"], saved["best_epoch"], saved["best_loss"], curves
        )
        return state, dict(saved["parts"])
    except _DAMAGED as error:
        log.warning("the checkpoint %s cannot be used, the training starts afresh: %s", path, error)
        return None
