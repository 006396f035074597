"""The table of networks, and what each takes."""

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import nn

from core.errors import UserError
from core.refine.names import TIMM_PREFIX
from core.refine.networks import from_timm, from_torchvision, plain
from core.refine.networks.local_weights import torchvision_pretrained

Build = Callable[[int, int, int], nn.Module]
BuildPretrained = Callable[[int, int, int], nn.Module | None]


@dataclass(frozen=True)
class Network:
    """How to build a network, and what it takes: (b, channels, side, side) float32 in -1..1.

    `build(classes, channels, side)` gives random weights, `pretrained` with the same arguments published ones,
    or None where this machine has none. `sides` are the smallest and the largest in px. `learning_rate` suits
    Adam and AdamW from random weights.
    """

    name: str
    build: Build
    sides: tuple[int, int] = (28, 224)
    channels: tuple[int, ...] = (1, 3)
    learning_rate: float = 1e-3
    pretrained: BuildPretrained | None = None

    def side_for(self, image_side: int) -> int:
        """The side in px at which images of `image_side` are shown to the network."""
        return min(max(image_side, self.sides[0]), self.sides[1])

    def channels_for(self, colour: bool) -> int:
        """1 for grey images or where the network takes nothing else; 3 for colour."""
        return self.channels[-1] if colour else self.channels[0]


_WEIGHTS = "https://download.pytorch.org/models/"


def _torchvision(name: str, build: Build, file: str, learning_rate: float) -> Network:
    pretrained = partial(torchvision_pretrained, build, _WEIGHTS + file)
    return Network(name, build, learning_rate=learning_rate, pretrained=pretrained)


NETWORKS = {
    network.name: network
    for network in (
        Network("published", plain.published_cnn, sides=(28, 28), channels=(1,)),
        Network("small", plain.small_cnn, sides=(28, 64), learning_rate=3e-3),
        Network("deep", plain.deep_cnn, learning_rate=2e-3),
        _torchvision("alexnet", from_torchvision.alexnet, "alexnet-owt-7be5be79.pth", 3e-4),
        _torchvision("vgg", from_torchvision.vgg, "vgg11_bn-6002323d.pth", 5e-4),
        _torchvision("resnet18", from_torchvision.resnet18, "resnet18-f37072fd.pth", 1e-3),
        _torchvision("resnet50", from_torchvision.resnet50, "resnet50-11ad3fa6.pth", 1e-3),
    )
}


def find_network(name: str) -> Network:
    """The network `name`, one of `NETWORKS` or `timm/NAME`. Raises `UserError` with near names."""
    if name in NETWORKS:
        return NETWORKS[name]
    if name.startswith(TIMM_PREFIX):
        inner = name.removeprefix(TIMM_PREFIX)
        from_timm.check_timm_name(inner)
        return Network(
            name,
            partial(from_timm.timm_network, inner),
            sides=from_timm.timm_sides(inner),
            learning_rate=5e-4,
            pretrained=partial(from_timm.timm_pretrained, inner),
        )
    near = difflib.get_close_matches(name, NETWORKS, n=2)
    raise UserError(
        f"There is no network '{name}'.",
        f"Did you mean {' or '.join(near)}?"
        if near
        else f"Choose one of {', '.join(NETWORKS)}, or timm/NAME.",
    )


def initialised(
    name: str, classes: int, channels: int, side: int, seed: int, pretrained: bool = False
) -> tuple[nn.Module, bool]:
    """The network `name` with weights that follow from `seed`, or published ones where wanted and on this machine.

    Says whether they are published ones. Leaves torch's own random state as it was.
    """
    network = find_network(name)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        if pretrained and network.pretrained is not None:
            built = network.pretrained(classes, channels, side)
            if built is not None:
                return built, True
            torch.manual_seed(seed)
        return network.build(classes, channels, side), False
