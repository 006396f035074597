"""What training makes small. Labels are (b,) int64."""

from typing import Protocol

import torch
from torch import nn

from core.refine.params import Loss

GCE_Q = 0.7
ELR_MOMENTUM = 0.7
ELR_STRENGTH = 3.0
_LEAST = 1e-4


class PerImageLoss(Protocol):
    """The loss of each image (b,); `places` (b,) int64 are the images' places in the training set."""

    def __call__(self, logits: torch.Tensor, labels: torch.Tensor, places: torch.Tensor) -> torch.Tensor: ...

    def state(self) -> dict[str, torch.Tensor]:
        """What a checkpoint must hold for the training to go on."""
        ...

    def load(self, state: dict[str, torch.Tensor]) -> None: ...


class CrossEntropy:
    """-log p of the label, in nats."""

    def __call__(self, logits: torch.Tensor, labels: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
        del places
        return nn.functional.cross_entropy(logits, labels, reduction="none")

    def state(self) -> dict[str, torch.Tensor]:
        return {}

    def load(self, state: dict[str, torch.Tensor]) -> None:
        del state


class GeneralisedCrossEntropy(CrossEntropy):
    """(1 - p^q) / q with p of the label: Zhang and Sabuncu 2018, equation 6; between cross-entropy and mean error."""

    def __call__(self, logits: torch.Tensor, labels: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
        del places
        return generalised_cross_entropy(logits, labels)


class EarlyLearning:
    """Cross-entropy and a pull to what the network said before: Liu et al. 2020, equations 5 and 6.

    A running mean t of each image's own probabilities is kept, (n, classes); the loss adds
    `ELR_STRENGTH` log(1 - <p, t>).
    """

    def __init__(self, n: int) -> None:
        self._n = n
        self._memory = torch.zeros(0)

    def __call__(self, logits: torch.Tensor, labels: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
        probabilities = logits.float().softmax(1).clamp(_LEAST, 1 - _LEAST)
        now = probabilities.detach()
        now = now / now.sum(1, keepdim=True)
        places = places.to(logits.device)
        if not len(self._memory):
            self._memory = now.new_zeros(self._n, now.shape[1])
        self._memory = self._memory.to(logits.device)
        kept = ELR_MOMENTUM * self._memory[places] + (1 - ELR_MOMENTUM) * now
        self._memory[places] = kept
        pull = torch.log(1 - (kept * probabilities).sum(1))
        return nn.functional.cross_entropy(logits, labels, reduction="none") + ELR_STRENGTH * pull

    def state(self) -> dict[str, torch.Tensor]:
        return {"memory": self._memory.cpu().clone()}

    def load(self, state: dict[str, torch.Tensor]) -> None:
        self._memory = state["memory"].clone()


def generalised_cross_entropy(logits: torch.Tensor, labels: torch.Tensor, q: float = GCE_Q) -> torch.Tensor:
    """(b,) (1 - p^q) / q of the labels."""
    powers = (nn.functional.log_softmax(logits.float(), 1) * q).exp()
    return ((1 - powers) / q).gather(1, labels[:, None])[:, 0]


def make_loss(name: Loss, n: int) -> PerImageLoss:
    """The loss `name` for a training set of n images."""
    if name == "elr":
        return EarlyLearning(n)
    return GeneralisedCrossEntropy() if name == "gce" else CrossEntropy()
