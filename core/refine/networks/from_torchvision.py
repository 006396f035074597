"""torchvision's networks; up to 64 px their first layers keep the image's size, as is usual for small images."""

from typing import Any

import torchvision
from torch import nn

SMALL = 64
"""Up to this side, in px, the first layers are those for small images."""


def alexnet(classes: int, channels: int, side: int) -> nn.Module:
    """AlexNet (Krizhevsky 2014). Small images get a 5x5 first convolution with stride 1 and a narrow head."""
    network: Any = torchvision.models.alexnet(weights=None)
    if side <= SMALL:
        network.features[0] = nn.Conv2d(channels, 64, 5, padding=2)
        return _narrow_head(network, 256, classes)
    _grey_input(network.features, "0", channels)
    network.classifier[-1] = nn.Linear(4096, classes)
    return _module(network)


def vgg(classes: int, channels: int, side: int) -> nn.Module:
    """VGG-11 with batch normalisation (Simonyan 2015). Small images skip the first pooling, with a narrow head."""
    network: Any = torchvision.models.vgg11_bn(weights=None)
    _grey_input(network.features, "0", channels)
    if side <= SMALL:
        network.features[3] = nn.Identity()
        return _narrow_head(network, 512, classes)
    network.classifier[-1] = nn.Linear(4096, classes)
    return _module(network)


def resnet18(classes: int, channels: int, side: int) -> nn.Module:
    """ResNet-18 (He 2016). Small images get a 3x3 first convolution with stride 1 and no pooling after it."""
    return _resnet(torchvision.models.resnet18(weights=None, num_classes=classes), channels, side)


def resnet50(classes: int, channels: int, side: int) -> nn.Module:
    """ResNet-50 (He 2016), adapted like ResNet-18."""
    return _resnet(torchvision.models.resnet50(weights=None, num_classes=classes), channels, side)


def _resnet(network: Any, channels: int, side: int) -> nn.Module:
    if side <= SMALL:
        network.conv1 = nn.Conv2d(channels, 64, 3, padding=1, bias=False)
        network.maxpool = nn.Identity()
    else:
        _grey_input(network, "conv1", channels)
    return _module(network)


def _narrow_head(network: Any, width: int, classes: int) -> nn.Module:
    """The published head has tens of millions of weights for the 7 x 7 cells that a small image does not have."""
    network.avgpool = nn.AdaptiveAvgPool2d(1)
    network.classifier = nn.Sequential(
        nn.Dropout(), nn.Linear(width, width), nn.ReLU(), nn.Dropout(), nn.Linear(width, classes)
    )
    return _module(network)


def _grey_input(parent: nn.Module, name: str, channels: int) -> None:
    before = getattr(parent, name)
    if before.in_channels == channels:
        return
    after = nn.Conv2d(
        channels,
        before.out_channels,
        before.kernel_size,
        before.stride,
        before.padding,
        bias=before.bias is not None,
    )
    setattr(parent, name, after)


def _module(network: Any) -> nn.Module:
    """torchvision has no types."""
    assert isinstance(network, nn.Module)
    return network
