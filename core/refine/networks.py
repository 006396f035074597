"""Networks by name. A new network is a function and a row in `NETWORKS`."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import nn


@dataclass(frozen=True)
class Network:
    """How to build a network for k classes, and what it takes: (b, channels, side, side) float32 in -1..1."""

    name: str
    build: Callable[[int], nn.Module]
    side: int
    channels: int


def published_cnn(classes: int) -> nn.Module:
    """The CNN of the published work: two convolutions and three linear layers for 28 px grey images."""
    return nn.Sequential(
        nn.Conv2d(1, 10, 3),  # 28 -> 26
        nn.ReLU(),
        nn.MaxPool2d(2),  # -> 13
        nn.Conv2d(10, 20, 4),  # -> 10
        nn.ReLU(),
        nn.MaxPool2d(2),  # -> 5
        nn.Dropout(0.5),
        nn.Flatten(),  # -> 500
        nn.Linear(500, 250),
        nn.ReLU(),
        nn.Linear(250, 50),
        nn.ReLU(),
        nn.Linear(50, classes),
    )


NETWORKS = {network.name: network for network in (Network("published", published_cnn, side=28, channels=1),)}
