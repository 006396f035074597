"""A trained network with everything that it needs to label new images."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from core.errors import UserError
from core.refine.inference import as_tensor, logits_of


@dataclass(frozen=True)
class TrainedNetwork:
    """`network` names it in `NETWORKS`; it takes images padded to squares of `side` px with 1 or 3 `channels`.

    Grey levels are scaled to -1..1. `weights` lie on the CPU. Logits are divided by `temperature` before the
    softmax, which calibrates the confidence. `warning` is a sentence for people who label with it.
    """

    network: str
    classes: int
    side: int
    channels: int
    weights: dict[str, torch.Tensor]
    temperature: float = 1.0
    warning: str = ""

    def build(self) -> nn.Module:
        """The network with its weights, in evaluation mode. Raises `UserError` when they do not fit it."""
        from core.refine.networks import initialised

        network, _ = initialised(self.network, self.classes, self.channels, self.side, seed=0)
        try:
            network.load_state_dict(self.weights)
        except RuntimeError as error:
            raise UserError(
                f"The weights of this model do not fit the network '{self.network}'.",
                "The file is damaged, or was made by another version.",
            ) from error
        return network.eval()

    def probabilities(
        self,
        pixels: npt.NDArray[np.uint8],
        device: str = "cpu",
        rows: npt.NDArray[np.int64] | None = None,
        check: Callable[[], None] | None = None,
    ) -> npt.NDArray[np.float32]:
        """(n, classes) float32 for images (n, side, side[, 3]) uint8; for those of `rows` (m,) only, if given.

        `check` is called before each batch and may raise, to cancel.
        """
        expected = (self.side, self.side) if self.channels == 1 else (self.side, self.side, self.channels)
        if pixels.shape[1:] != expected:
            raise ValueError(f"images of {pixels.shape[1:]} for a network that takes {expected}")
        if not (len(pixels) if rows is None else len(rows)):
            return np.empty((0, self.classes), np.float32)
        images = as_tensor(pixels)
        chosen = None if rows is None else torch.from_numpy(rows)
        logits = logits_of(self.build().to(device), images, device, chosen, check)
        return np.asarray((logits / self.temperature).softmax(1).numpy(), np.float32)
