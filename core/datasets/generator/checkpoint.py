"""A trained generator as one object and one file."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from core.datasets.generator.data import KINDS
from core.datasets.generator.model import LATENT_CHANNELS, Autoencoder, Flow


@dataclass(frozen=True)
class Generator:
    """Both networks, and shift and scale (kinds, 16, 1, 1) from the flow's latents to the decoder's."""

    autoencoder: Autoencoder
    flow: Flow
    shift: Tensor
    scale: Tensor

    @classmethod
    def untrained(cls, autoencoder: Autoencoder) -> "Generator":
        """The first stage alone, with a fresh flow."""
        shape = (len(KINDS), LATENT_CHANNELS, 1, 1)
        return cls(autoencoder, Flow(len(KINDS)), torch.zeros(shape), torch.ones(shape))


def save_generator(generator: Generator, path: Path) -> None:
    """Write all weights to `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(
        {
            "autoencoder": generator.autoencoder.state_dict(),
            "flow": generator.flow.state_dict(),
            "shift": generator.shift,
            "scale": generator.scale,
        },
        path,
    )


def load_generator(path: Path) -> Generator:
    """Read what `save_generator` wrote."""
    state = torch.load(path, map_location="cpu", weights_only=True)
    autoencoder, flow = Autoencoder(len(KINDS)), Flow(len(KINDS))
    autoencoder.load_state_dict(state["autoencoder"])
    flow.load_state_dict(state["flow"])
    return Generator(autoencoder.eval(), flow.eval(), state["shift"], state["scale"])
