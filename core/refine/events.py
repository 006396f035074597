"""What a training tells while it runs. Free of torch, so that any front end can name it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class EpochEnd:
    """Event: losses are mean cross-entropy in nats, accuracies are against the labels trained on, 0..1."""

    epoch: int
    epochs: int
    train_loss: float
    train_accuracy: float
    validation_loss: float
    validation_accuracy: float
    best_epoch: int
    seconds: float
