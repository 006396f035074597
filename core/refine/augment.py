"""Random changes of training images, on whole batches; drawn from torch's random state on the CPU."""

import math

import torch
from torch import nn

from core.refine.params import Augmentation


def augmented(images: torch.Tensor, how: Augmentation) -> torch.Tensor:
    """Each image (b, channels, side, side) float32 turned, shifted, scaled and mirrored by its own amounts.

    Bilinear, borders carried on outwards. The amounts are uniform within `how`'s limits, the same for the same
    random state on any device. Nothing is drawn where nothing is to be changed.
    """
    if how == Augmentation():
        return images
    matrices = random_affine(len(images), how).to(images.device)
    grid = nn.functional.affine_grid(matrices, list(images.shape), align_corners=False)
    return nn.functional.grid_sample(images, grid, padding_mode="border", align_corners=False)


def random_affine(n: int, how: Augmentation) -> torch.Tensor:
    """Matrices (n, 2, 3) float32 from places in the changed image to places in the given one, sides -1..1."""
    angle = math.radians(how.rotation) * _within_one(n)
    zoom = 1 + how.scale * _within_one(n)
    right, down = 2 * how.shift * _within_one(n), 2 * how.shift * _within_one(n)
    mirror = _signs(n, how.flip_left_right)
    cosine, sine = torch.cos(angle) / zoom, torch.sin(angle) / zoom
    rows = (
        torch.stack([mirror * cosine, -sine, right], 1),
        torch.stack([mirror * sine, cosine, down], 1),
    )
    return torch.stack(rows, 1)


def _within_one(n: int) -> torch.Tensor:
    return torch.rand(n) * 2 - 1


def _signs(n: int, wanted: bool) -> torch.Tensor:
    return torch.randint(0, 2, (n,)).float() * 2 - 1 if wanted else torch.ones(n)
