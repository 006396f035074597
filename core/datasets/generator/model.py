"""The three networks: autoencoder 64x64 <-> 8x8 latents, patch discriminator, and the flow on the latents."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

LATENT_CHANNELS = 16
LATENT_SIZE = 8


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

    def forward(self, x: Tensor) -> Tensor:
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


class Autoencoder(nn.Module):
    """Variational autoencoder with a faint prior; the decoder knows the kind.

    Images (n, 3, 64, 64) float in -1..1, latents (n, 16, 8, 8), labels (n,) int64.
    """

    def __init__(self, kinds: int, width: int = 32) -> None:
        super().__init__()
        w2, w4 = 2 * width, 4 * width
        self.encoder = nn.Sequential(
            nn.PixelUnshuffle(2),
            nn.Conv2d(12, w2, 3, padding=1),
            ResBlock(w2, w2),
            nn.Conv2d(w2, w4, 3, stride=2, padding=1),
            ResBlock(w4, w4),
            nn.Conv2d(w4, w4, 3, stride=2, padding=1),
            ResBlock(w4, w4),
            _norm(w4),
            nn.SiLU(),
            nn.Conv2d(w4, 2 * LATENT_CHANNELS, 1),
        )
        self.kind = nn.Embedding(kinds, w4)
        self.stem = nn.Conv2d(LATENT_CHANNELS, w4, 3, padding=1)
        self.decoder = nn.Sequential(
            ResBlock(w4, w4),
            ResBlock(w4, w4),
            Upsample(w4, w4),
            ResBlock(w4, w4),
            Upsample(w4, w2),
            ResBlock(w2, w2),
            Upsample(w2, width),
            ResBlock(width, width),
            _norm(width),
            nn.SiLU(),
            nn.Conv2d(width, 3, 3, padding=1),
        )

    def encode(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log variance of the latents."""
        mean, log_variance = self.encoder(images).float().chunk(2, dim=1)
        return mean, log_variance.clamp(-12.0, 4.0)

    def decode(self, latents: Tensor, labels: Tensor) -> Tensor:
        """Images, not clipped."""
        decoded: Tensor = self.decoder(self.stem(latents) + self.kind(labels)[:, :, None, None])
        return decoded.float()


class PatchDiscriminator(nn.Module):
    """Real or rebuilt, a logit for each of 8x8 overlapping patches (Isola et al., CVPR 2017).

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
    """Velocity of a rectified flow on normalised latents: a two-level U-Net with time and kind by FiLM.

    `forward(x, time, labels)`: x (n, 16, 8, 8), time (n,) in 0..1, labels (n,) int64, where the label `kinds`
    stands for "no kind" (classifier-free guidance, Ho and Salimans 2022). Returns (n, 16, 8, 8) float32.
    """

    def __init__(self, kinds: int, width: int = 128) -> None:
        super().__init__()
        w, w2, c = width, 2 * width, 2 * width
        self.frequencies = 64
        self.kind = nn.Embedding(kinds + 1, c)
        self.time = nn.Sequential(nn.Linear(2 * self.frequencies, c), nn.SiLU(), nn.Linear(c, c))
        self.stem = nn.Conv2d(LATENT_CHANNELS, w, 3, padding=1)
        self.down = nn.ModuleList([ResBlock(w, w, c), ResBlock(w, w, c)])
        self.down_attention = Attention(w)
        self.shrink = nn.Conv2d(w, w2, 3, stride=2, padding=1)
        self.middle = nn.ModuleList([ResBlock(w2, w2, c) for _ in range(3)])
        self.middle_attention = nn.ModuleList([Attention(w2) for _ in range(2)])
        self.grow = Upsample(w2, w)
        self.up = nn.ModuleList([ResBlock(2 * w, w, c) for _ in range(3)])
        self.up_attention = Attention(w)
        self.head = nn.Sequential(_norm(w), nn.SiLU(), nn.Conv2d(w, LATENT_CHANNELS, 3, padding=1))

    def forward(self, x: Tensor, time: Tensor, labels: Tensor) -> Tensor:
        condition = F.silu(self.time(sinusoids(time, self.frequencies)) + self.kind(labels))
        skips = [h := self.stem(x)]
        for block in self.down:
            skips.append(h := block(h, condition))
        h = self.shrink(self.down_attention(h))
        for block, attend in zip(self.middle, [*self.middle_attention, nn.Identity()], strict=True):
            h = attend(block(h, condition))
        h = self.grow(h)
        for block in self.up:
            h = block(torch.cat([h, skips.pop()], dim=1), condition)
        velocity: Tensor = self.head(self.up_attention(h))
        return velocity.float()


def sinusoids(time: Tensor, frequencies: int) -> Tensor:
    """Sine and cosine features (n, 2 * frequencies) of times (n,) in 0..1 (Vaswani et al., NeurIPS 2017)."""
    rates = torch.exp(torch.linspace(0.0, math.log(1000.0), frequencies))
    angles = time[:, None] * rates
    return torch.cat([angles.sin(), angles.cos()], dim=1)
