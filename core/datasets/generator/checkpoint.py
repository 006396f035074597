"""A trained generator as one object and one file."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from core.datasets.generator.data import KINDS
from core.datasets.generator.model import Flow, Upscaler


@dataclass(frozen=True)
class Generator:
    """Both networks, and shift and scale (kinds, 6, 1, 1) from what the flow makes to latents."""

    flow: Flow
    upscaler: Upscaler
    shift: Tensor
    scale: Tensor


def save_generator(generator: Generator, path: Path) -> None:
    """Write all weights to `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(
        {
            "flow": generator.flow.state_dict(),
            "upscaler": generator.upscaler.state_dict(),
            "shift": generator.shift,
            "scale": generator.scale,
        },
        path,
    )


def load_generator(path: Path) -> Generator:
    """Read what `save_generator` wrote."""
    state = torch.load(path, map_location="cpu", weights_only=True)
    flow, upscaler = Flow(len(KINDS)), Upscaler(len(KINDS))
    flow.load_state_dict(state["flow"])
    upscaler.load_state_dict(state["upscaler"])
    return Generator(flow.eval(), upscaler.eval(), state["shift"], state["scale"])
