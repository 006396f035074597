"""How a network is trained. Free of torch, so that any front end can name it."""

from dataclasses import dataclass, field
from typing import Literal

Optimiser = Literal["sgd", "adam", "adamw"]
Schedule = Literal["constant", "cosine", "one-cycle", "step"]
Loss = Literal["cross-entropy", "gce", "elr"]


@dataclass(frozen=True)
class Augmentation:
    """Random changes of training images; nothing is changed by default.

    `rotation` degrees either way, `shift` and `scale` shares of the side. Mirroring is off unless asked for:
    a mirrored chest has its heart on the wrong side.
    """

    rotation: float = 0.0
    shift: float = 0.0
    scale: float = 0.0
    flip_left_right: bool = False


@dataclass(frozen=True)
class TrainingParams:
    """How to train; the defaults are the published ones."""

    epochs: int = 20
    batch_size: int = 16
    learning_rate: float = 1e-3
    momentum: float = 0.9
    patience: int = 10
    validation_share: float = 0.2
    optimiser: Optimiser = "sgd"
    weight_decay: float = 0.0
    schedule: Schedule = "constant"
    loss: Loss = "cross-entropy"
    class_weights: bool = False
    augmentation: Augmentation = field(default_factory=Augmentation)
    mixed_precision: bool = True
    """On CUDA only."""
    stratified: bool = False
    """Whether the images held out for validation have the classes' shares; the published ones are any."""


@dataclass(frozen=True)
class TrainingChoices:
    """What a person chose for the network of a strategy; None keeps the strategy's own."""

    network: str | None = None
    optimiser: Optimiser | None = None
    schedule: Schedule | None = None
    epochs: int | None = None
    batch_size: int | None = None
    learning_rate: float | None = None
    class_weights: bool | None = None
    flip: bool | None = None
    pretrained: bool = True
    """Start from pretrained weights where the network has some on this machine."""
