"""Any network of timm, as `timm/NAME`. Without a network connection: weights only where they lie on this machine."""

import difflib
from pathlib import Path
from typing import Any

from torch import nn

from core.errors import UserError
from core.refine.names import TIMM_PREFIX
from core.refine.networks.local_weights import hub_file, torch_hub_file

_SMALLEST = 32


def timm_network(name: str, classes: int, channels: int, side: int) -> nn.Module:
    """The network `name` of timm with random weights. Raises `UserError` when timm cannot build it so."""
    return _create(name, classes, channels, side)


def timm_pretrained(name: str, classes: int, channels: int, side: int) -> nn.Module | None:
    """The same with its published weights, where they lie on this machine; timm adapts them to grey input."""
    path = _weights_of(_config(name))
    if path is None:
        return None
    return _create(name, classes, channels, side, pretrained=True, pretrained_cfg_overlay={"file": str(path)})


def timm_sides(name: str) -> tuple[int, int]:
    """The smallest and the largest side in px: one and the same where the architecture fixes it."""
    config = _config(name)
    side = int(config.input_size[-1])
    if config.fixed_input_size:
        return side, side
    least = int(config.min_input_size[-1]) if config.min_input_size else _SMALLEST
    return min(least, 224), 224


def check_timm_name(name: str) -> None:
    """Raise `UserError` with near names when timm knows no network `name`."""
    import timm

    if timm.is_model(name.split(".")[0]):
        return
    names = timm.list_models()
    near = difflib.get_close_matches(name, names, n=4, cutoff=0.5)
    hint = (
        f"Did you mean {', '.join(TIMM_PREFIX + n for n in near)}?"
        if near
        else "timm.list_models() has them all."
    )
    raise UserError(f"timm has no network '{name}'.", hint)


def _create(name: str, classes: int, channels: int, side: int, **more: Any) -> nn.Module:
    import timm

    try:
        network: nn.Module = timm.create_model(name, in_chans=channels, num_classes=classes, **more)
    except (TypeError, ValueError, RuntimeError) as error:
        raise UserError(
            f"timm cannot build '{name}' for {side} px and {channels} channels: {error}",
            "Choose another network.",
        ) from error
    return network


def _config(name: str) -> Any:
    import timm

    config = timm.get_pretrained_cfg(name, allow_unregistered=True)
    return config if config is not None else timm.models.PretrainedCfg()


def _weights_of(config: Any) -> Path | None:
    found = None
    if config.hf_hub_id:
        found = hub_file(config.hf_hub_id, ("model.safetensors", "pytorch_model.bin"))
    if found is None and config.url:
        found = torch_hub_file(config.url)
    return found
