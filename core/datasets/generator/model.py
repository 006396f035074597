"""The three networks: the flow on the latents, the upscaler to 64x64, and its patch discriminator."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from core.datasets.generator.latents import CHANNELS


def _norm(channels: int) -> nn.GroupNorm:
    return nn.GroupNorm(8, channels)


class ResBlock(nn.Module):
    """Two 3x3 convolutions around a skip; a condition vector scales and shifts the second norm (FiLM)."""

    def __init__(self, inner: int, outer: int, condition: int = 0) -> None:
        super().__init__()
        self.norm1, self.conv1 = _norm(inner), nn.Conv2d(inner, outer, 3, padding=1)
        self.norm2, self.conv2 = _norm(outer), nn.Conv2d(outer, outer, 3, padding=1)
        self.skip = nn.Identity() if inner == outer else nn.Conv2d(inner, outer, 1)
        self.film = nn.Linear(condition, 2 * outer) if condition else None
        nn.init.zeros_(self.conv2.weight)

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        h = self.norm2(self.conv1(F.silu(self.norm1(x))))
        if self.film is not None and condition is not None:
            scale, shift = self.film(condition)[:, :, None, None].chunk(2, dim=1)
            h = h * (1 + scale) + shift
        out: Tensor = self.skip(x) + self.conv2(F.silu(h))
        return out


class Attention(nn.Module):
    """Self-attention over the positions of a small feature map, added to it."""

    def __init__(self, channels: int, heads: int = 4) -> None:
        super().__init__()
        self.heads, self.norm = heads, _norm(channels)
        self.qkv, self.out = nn.Conv2d(channels, 3 * channels, 1), nn.Conv2d(channels, channels, 1)
        nn.init.zeros_(self.out.weight)

    def forward(self, x: Tensor, _condition: Tensor | None = None) -> Tensor:
        n, c, height, width = x.shape
        qkv = self.qkv(self.norm(x)).reshape(n, 3, self.heads, c // self.heads, height * width)
        q, k, v = qkv.transpose(-1, -2).unbind(1)
        mixed = F.scaled_dot_product_attention(q, k, v).transpose(-1, -2)
        out: Tensor = x + self.out(mixed.reshape(n, c, height, width))
        return out


class Upsample(nn.Module):
    """Nearest neighbour, then a convolution: no checkerboard (Odena et al., Distill 2016)."""

    def __init__(self, inner: int, outer: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inner, outer, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.conv(F.interpolate(x, scale_factor=2.0, mode="nearest"))
        return out


class Upscaler(nn.Module):
    """Small images (n, 3, 32, 32) and labels (n,) to images (n, 3, 64, 64), not clipped, float32.

    A residual network (Lim et al., EDSR, CVPRW 2017) on top of bicubic interpolation. It knows the kind, and
    gets noise to make texture from, so that speckle need not be an average.
    """

    def __init__(self, kinds: int, width: int = 64, blocks: int = 4) -> None:
        super().__init__()
        self.noises = 4
        self.kind = nn.Embedding(kinds, width)
        self.stem = nn.Conv2d(3 + self.noises, width, 3, padding=1)
        self.blocks = nn.ModuleList([ResBlock(width, width, width) for _ in range(blocks)])
        self.head = nn.Sequential(_norm(width), nn.SiLU(), nn.Conv2d(width, 12, 3, padding=1))
        self.smooth = nn.Conv2d(3, 3, 3, padding=1)
        nn.init.zeros_(self.smooth.weight)

    def forward(self, small: Tensor, labels: Tensor) -> Tensor:
        noise = torch.randn(len(small), self.noises, *small.shape[2:])
        kind = F.silu(self.kind(labels))
        h = self.stem(torch.cat([small, noise], dim=1))
        for block in self.blocks:
            h = block(h, kind)
        detail: Tensor = self.smooth(F.pixel_shuffle(self.head(h), 2))
        return detail.float() + F.interpolate(small.float(), scale_factor=2.0, mode="bicubic")


class PatchDiscriminator(nn.Module):
    """Real or upscaled, a logit for each of 8x8 overlapping patches (Isola et al., CVPR 2017).

    The kind enters as a projection (Miyato and Koyama, ICLR 2018); every layer has spectral norm 1.
    """

    def __init__(self, kinds: int, width: int = 32) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for inner, outer in ((3, width), (width, 2 * width), (2 * width, 4 * width)):
            layers += [spectral_norm(nn.Conv2d(inner, outer, 4, stride=2, padding=1)), nn.LeakyReLU(0.2)]
        self.features = nn.Sequential(*layers)
        self.logit = spectral_norm(nn.Conv2d(4 * width, 1, 1))
        self.kind = spectral_norm(nn.Embedding(kinds, 4 * width))

    def forward(self, images: Tensor, labels: Tensor) -> Tensor:
        h = self.features(images)
        projected = (h * self.kind(labels)[:, :, None, None]).sum(1, keepdim=True)
        logits: Tensor = self.logit(h) + projected
        return logits.float()


class Flow(nn.Module):
    """Velocity of a rectified flow on normalised latents: a three-level U-Net with time and kind by FiLM.

    `forward(x, time, labels)`: x (n, 6, 16, 16), time (n,) in 0..1, labels (n,) int64, where the label
    `kinds` stands for "no kind" (classifier-free guidance, Ho and Salimans 2022). Returns (n, 6, 16, 16)
    float32.
    """

    def __init__(self, kinds: int, width: int = 64) -> None:
        super().__init__()
        w, w2, w4, c = width, 2 * width, 4 * width, 4 * width
        self.frequencies = 64
        self.kind = nn.Embedding(kinds + 1, c)
        self.time = nn.Sequential(nn.Linear(2 * self.frequencies, c), nn.SiLU(), nn.Linear(c, c))
        self.stem = nn.Conv2d(CHANNELS, w, 3, padding=1)
        self.down1 = ResBlock(w, w, c)
        self.shrink1 = nn.Conv2d(w, w2, 3, stride=2, padding=1)
        self.down2 = nn.ModuleList([ResBlock(w2, w2, c), ResBlock(w2, w2, c)])
        self.shrink2 = nn.Conv2d(w2, w4, 3, stride=2, padding=1)
        self.middle = nn.ModuleList([ResBlock(w4, w4, c), Attention(w4), ResBlock(w4, w4, c)])
        self.grow2 = Upsample(w4, w2)
        self.up2 = nn.ModuleList([ResBlock(2 * w2, w2, c) for _ in range(3)])
        self.attention = Attention(w2)
        self.grow1 = Upsample(w2, w)
        self.up1 = nn.ModuleList([ResBlock(2 * w, w, c) for _ in range(2)])
        self.head = nn.Sequential(_norm(w), nn.SiLU(), nn.Conv2d(w, CHANNELS, 3, padding=1))

    def forward(self, x: Tensor, time: Tensor, labels: Tensor) -> Tensor:
        condition = F.silu(self.time(sinusoids(time, self.frequencies)) + self.kind(labels))
        fine = [h := self.stem(x)]
        fine.append(h := self.down1(h, condition))
        coarse = [h := self.shrink1(h)]
        for block in self.down2:
            coarse.append(h := block(h, condition))
        h = self.shrink2(h)
        for block in self.middle:
            h = block(h, condition)
        h = self.grow2(h)
        for block in self.up2:
            h = block(torch.cat([h, coarse.pop()], dim=1), condition)
        h = self.grow1(self.attention(h))
        for block in self.up1:
            h = block(torch.cat([h, fine.pop()], dim=1), condition)
        velocity: Tensor = self.head(h)
        return velocity.float()


def sinusoids(time: Tensor, frequencies: int) -> Tensor:
    """Sine and cosine features (n, 2 * frequencies) of times (n,) in 0..1 (Vaswani et al., NeurIPS 2017)."""
    rates = torch.exp(torch.linspace(0.0, math.log(1000.0), frequencies))
    angles = time[:, None] * rates
    return torch.cat([angles.sin(), angles.cos()], dim=1)
