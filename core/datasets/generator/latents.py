"""A fixed, linear encoding 64x64 RGB -> (6, 16, 16): what the flow models, and what the upscaler starts from.

Brightness is halved to 32x32 and split by one level of the Haar wavelet into four 16x16 bands, colour is
quartered to two channels of 16x16. Nothing is learned here: flow and upscaler can train side by side.
Wavelet bands as the space of a diffusion model: Phung et al., Wavelet diffusion models, CVPR 2023.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

CHANNELS = 6
SIDE = 16
_RED, _GREEN, _BLUE = 0.299, 0.587, 0.114  # of brightness: ITU-R BT.601


def encode(images: Tensor) -> Tensor:
    """Latents (n, 6, 16, 16) of images (n, 3, 64, 64) in -1..1."""
    red, green, blue = images.split(1, dim=1)
    brightness = _RED * red + _GREEN * green + _BLUE * blue
    colour = torch.cat([red - brightness, blue - brightness], dim=1)
    return torch.cat([haar(F.avg_pool2d(brightness, 2)), F.avg_pool2d(colour, 4)], dim=1)


def decode(latents: Tensor) -> Tensor:
    """Small images (n, 3, 32, 32): the half-size original, its colour at quarter size."""
    brightness = inverse_haar(latents[:, :4])
    colour = F.interpolate(latents[:, 4:], scale_factor=2.0, mode="bilinear", align_corners=False)
    red, blue = brightness + colour[:, :1], brightness + colour[:, 1:]
    green = (brightness - _RED * red - _BLUE * blue) / _GREEN
    return torch.cat([red, green, blue], dim=1)


def haar(plane: Tensor) -> Tensor:
    """(n, 1, 2h, 2w) to the mean and the three differences of each 2x2 block, (n, 4, h, w); orthonormal."""
    return torch.einsum("ij,njhw->nihw", _hadamard(), F.pixel_unshuffle(plane, 2))


def inverse_haar(bands: Tensor) -> Tensor:
    """The inverse of `haar`."""
    return F.pixel_shuffle(torch.einsum("ij,nihw->njhw", _hadamard(), bands.float()), 2)


def _hadamard() -> Tensor:
    return 0.5 * torch.tensor([[1.0, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]])
