"""Pretrained weights that already lie on this machine. Nothing here opens a connection."""

from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from torch import nn


def torch_hub_file(url: str) -> Path | None:
    """Where torch keeps what it once downloaded from `url`; None when it did not."""
    path = Path(torch.hub.get_dir()) / "checkpoints" / url.rsplit("/", 1)[-1]
    return path if path.is_file() else None


def hub_file(repository: str, names: Sequence[str]) -> Path | None:
    """The first of `names` in the Hugging Face cache; None when none of them is there."""
    from huggingface_hub import try_to_load_from_cache

    for name in names:
        found = try_to_load_from_cache(repository, name)
        if isinstance(found, str):
            return Path(found)
    return None


def torchvision_pretrained(
    build: Callable[[int, int, int], nn.Module], url: str, classes: int, channels: int, side: int
) -> nn.Module | None:
    """`build`'s network with torchvision's weights wherever their shapes agree; None when they are not here.

    A first convolution of three colours is summed over them for grey input, as a grey image in three equal
    channels would be. What does not fit (the last layer; first layers made for small images) stays random.
    """
    path = torch_hub_file(url)
    if path is None:
        return None
    saved = torch.load(path, map_location="cpu", weights_only=True)
    network = build(classes, channels, side)
    wanted = network.state_dict()
    fitting = {}
    for name, weight in saved.items():
        if name in wanted and weight.ndim == 4 and weight.shape[1] == 3 and channels == 1:
            weight = weight.sum(1, keepdim=True)
        if name in wanted and weight.shape == wanted[name].shape:
            fitting[name] = weight
    network.load_state_dict(fitting, strict=False)
    return network
