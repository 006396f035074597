"""Images to logits, batch by batch: images stay uint8 until their batch."""

import warnings
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from core.memory import in_smaller_batches

_PREDICT_BATCH = 1024
"""Images of 28 px at once; fewer of larger ones, so that memory stays the same."""
_LARGE_NETWORK = 1_000_000
"""Weights from which a network has wide layers too: an eighth of the batch."""
_AT_LEAST = 16


def to_input(images: torch.Tensor) -> torch.Tensor:
    """(n, h, w[, 3]) uint8 to (n, channels, h, w) float32 in -1..1."""
    scaled = images.float().div_(127.5).sub_(1)
    return scaled.unsqueeze(1) if scaled.ndim == 3 else scaled.permute(0, 3, 1, 2).contiguous()


def as_tensor(pixels: npt.NDArray[np.uint8]) -> torch.Tensor:
    """The same memory as a tensor, be it a memory map of a file; to be read only."""
    with warnings.catch_warnings():
        # torch warns of arrays that must not be written to; nothing here writes to images
        warnings.filterwarnings("ignore", "The given NumPy array is not writable")
        return torch.from_numpy(np.ascontiguousarray(pixels))


@torch.inference_mode()
def logits_of(
    network: nn.Module,
    images: torch.Tensor,
    device: str,
    rows: torch.Tensor | None = None,
    check: Callable[[], None] | None = None,
) -> torch.Tensor:
    """Logits (n, classes) float32 on the CPU, in evaluation mode; of the images `rows` (m,) int64 only, if given.

    `check` is called before each batch and may raise, to cancel. Where memory runs out batches are halved, which
    changes nothing in the result; raises `UserError` when one image alone is too much.
    """
    network.eval()

    def batch(rows: torch.Tensor) -> torch.Tensor:
        if check is not None:
            check()
        return network(to_input(images[rows].to(device))).float().cpu()  # type: ignore[no-any-return]

    wanted = torch.arange(len(images)) if rows is None else rows
    size = _batch_size(network, max(images.shape[1:3]))
    return torch.cat(list(in_smaller_batches(batch, wanted, size, where=device)))


def _batch_size(network: nn.Module, side: int) -> int:
    wanted = _PREDICT_BATCH * 28 * 28 // max(side * side, 28 * 28)
    if sum(p.numel() for p in network.parameters()) > _LARGE_NETWORK:
        wanted //= 8
    return max(wanted, min(_AT_LEAST, _PREDICT_BATCH))
