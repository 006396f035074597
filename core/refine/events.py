"""What a training tells while it runs. Free of torch, so that any front end can name it."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class EpochEnd:
    """Event: losses are mean cross-entropy in nats, accuracies are against the labels trained on, 0..1.

    `patience` is the number of epochs without a better one after which the training stops; 0 where it is not
    known, as in curves that were stored before it was told.
    """

    epoch: int
    epochs: int
    train_loss: float
    train_accuracy: float
    validation_loss: float
    validation_accuracy: float
    best_epoch: int
    seconds: float
    patience: int = 0
    network: str = ""

    @property
    def waited(self) -> int:
        """Epochs since the best one."""
        return self.epoch - self.best_epoch

    @property
    def stops_early(self) -> bool:
        """Whether the training ends with this epoch, though it might have had more."""
        return self.epoch < self.epochs and 0 < self.patience <= self.waited


@dataclass(frozen=True)
class BatchEnd:
    """Event, at most a few a second: `loss` is the mean of the batch, in nats; `accuracy` is against the labels
    trained on, 0..1, NaN where it is not known."""

    epoch: int
    batch: int
    batches: int
    loss: float
    network: str = ""
    accuracy: float = math.nan
