"""What an epoch tells about early stopping, and that the training tells it."""

import numpy as np
import pytest
import torch
from torch import nn

from core.jobs import JobContext
from core.refine.events import EpochEnd
from core.refine.params import TrainingParams
from core.refine.training import LabelledPixels, train


@pytest.mark.parametrize(
    ("epoch", "best", "patience", "stops"),
    [
        (14, 4, 10, True),
        (13, 4, 10, False),
        (20, 4, 10, False),  # it ends anyway
        (14, 4, 0, False),  # stored before patience was told
    ],
)
def test_that_an_epoch_tells_whether_training_stops_early(epoch, best, patience, stops):
    end = EpochEnd(epoch, 20, 0.5, 0.5, 0.5, 0.5, best, 1.0, patience)
    assert end.stops_early is stops
    assert end.waited == epoch - best


def test_that_curves_stored_before_patience_was_told_still_load():
    stored = {
        "epoch": 3,
        "epochs": 20,
        "train_loss": 0.5,
        "train_accuracy": 0.9,
        "validation_loss": 0.6,
        "validation_accuracy": 0.8,
        "best_epoch": 2,
        "seconds": 1.5,
    }
    assert EpochEnd(**stored).patience == 0


def test_that_the_epoch_at_which_training_stops_early_says_so():
    rng = np.random.default_rng(0)
    images = torch.from_numpy(rng.integers(0, 256, (40, 4, 4), np.uint8))
    labels = torch.from_numpy(rng.integers(0, 2, 40))
    network = nn.Sequential(nn.Flatten(), nn.Linear(16, 2))
    # no step changes anything: no epoch is better than the first
    params = TrainingParams(epochs=9, patience=3, learning_rate=0.0)
    data = LabelledPixels(images, labels)
    curves = train(network, data, data, params, 0, "cpu", JobContext())
    assert [e.stops_early for e in curves] == [False, False, False, True]
    assert {e.patience for e in curves} == {3}
