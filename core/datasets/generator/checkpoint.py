"""A trained generator as one object and one folder of two files, since its two networks train apart."""

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


def save_flow(flow: Flow, shift: Tensor, scale: Tensor, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    torch.save({"flow": flow.state_dict(), "shift": shift, "scale": scale}, folder / "flow.pt")


def save_upscaler(upscaler: Upscaler, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    torch.save({"upscaler": upscaler.state_dict()}, folder / "upscaler.pt")


def load_generator(folder: Path) -> Generator:
    """Read what `save_flow` and `save_upscaler` wrote."""
    flow, upscaler = Flow(len(KINDS)), Upscaler(len(KINDS))
    state = torch.load(folder / "flow.pt", map_location="cpu", weights_only=True)
    flow.load_state_dict(state["flow"])
    upscaler.load_state_dict(
        torch.load(folder / "upscaler.pt", map_location="cpu", weights_only=True)["upscaler"]
    )
    return Generator(flow.eval(), upscaler.eval(), state["shift"], state["scale"])
