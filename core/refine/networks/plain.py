"""The networks written here: the published CNN, the small one and the deeper one. All take -1..1 float32."""

from torch import nn

_LARGE = 96
"""From this side on (px) the deeper CNN halves its input at once."""


def published_cnn(classes: int, channels: int = 1, side: int = 28) -> nn.Module:
    """The CNN of the published work: two convolutions and three linear layers for 28 px grey images."""
    del side  # always 28
    return nn.Sequential(
        nn.Conv2d(channels, 10, 3),  # 28 -> 26
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


def small_cnn(classes: int, channels: int, side: int) -> nn.Module:
    """Four convolutions (16, 32, 64, 128) with batch normalisation, and the mean over the image."""
    del side  # the mean over the image takes any
    return nn.Sequential(
        *_convolution(channels, 16),
        nn.MaxPool2d(2),
        *_convolution(16, 32),
        nn.MaxPool2d(2),
        *_convolution(32, 64),
        nn.MaxPool2d(2),
        *_convolution(64, 128),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(128, classes),
    )


def deep_cnn(classes: int, channels: int, side: int) -> nn.Module:
    """Eight convolutions in pairs (32, 64, 128, 256) with batch normalisation, and the mean over the image."""
    layers: list[nn.Module] = []
    for number, width in enumerate((32, 64, 128, 256)):
        stride = 2 if side >= _LARGE and number == 0 else 1
        layers += [nn.MaxPool2d(2)] if number else []
        layers += [*_convolution(channels, width, stride), *_convolution(width, width)]
        channels = width
    return nn.Sequential(
        *layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.2), nn.Linear(channels, classes)
    )


def _convolution(before: int, after: int, stride: int = 1) -> tuple[nn.Module, ...]:
    return (
        nn.Conv2d(before, after, 3, stride, padding=1, bias=False),
        nn.BatchNorm2d(after),
        nn.ReLU(),
    )
