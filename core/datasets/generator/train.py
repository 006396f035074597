"""Train the generator: the flow on the latents, and the upscaler from latents to images.

`python -m core.datasets.generator.train --data DIR --out MODEL`

The two parts do not need each other: `--part flow` and `--part upscaler` can run side by side and give the
same networks as `--part both`.
"""

import argparse
import copy
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.datasets.generator import latents
from core.datasets.generator.checkpoint import save_flow, save_upscaler
from core.datasets.generator.data import KINDS, load_kind, variants
from core.datasets.generator.model import Flow, PatchDiscriminator, Upscaler

SAVE_EVERY = 250


@dataclass(frozen=True)
class Settings:
    """Steps and weights of both parts; the defaults made the shipped samples.

    `..._schedule` is the length of the learning rate's half cosine, of which only `..._steps` are trained.
    """

    flow_steps: int = 500
    flow_schedule: int = 1000
    flow_batch: int = 64
    flow_rate: float = 1e-3
    flow_average: float = 0.995
    no_kind: float = 0.1
    upscaler_steps: int = 1000
    upscaler_schedule: int = 3000
    upscaler_batch: int = 24
    upscaler_rate: float = 5e-4
    adversarial_from: int = 400
    adversarial_weight: float = 0.7
    edge_weight: float = 1.0
    input_noise: float = 0.03
    seed: int = 0


class TrainingImages:
    """Images of all kinds (n, 3, 64, 64) uint8 with labels (n,); batches are balanced over the kinds."""

    def __init__(self, data: Path) -> None:
        parts = [variants(load_kind(data, kind), kind) for kind in KINDS]
        self.images = torch.from_numpy(np.concatenate(parts)).permute(0, 3, 1, 2).contiguous()
        self.sizes = torch.tensor([len(part) for part in parts])
        self.starts = self.sizes.cumsum(0) - self.sizes
        self.labels = torch.repeat_interleave(torch.arange(len(KINDS)), self.sizes)

    def draw(self, count: int) -> tuple[Tensor, Tensor]:
        """Images (count, 3, 64, 64) in -1..1 and labels (count,), each kind equally likely."""
        kinds = torch.randint(len(KINDS), (count,))
        rows = self.starts[kinds] + (torch.rand(count) * self.sizes[kinds]).long()
        return self.images[rows].float() / 127.5 - 1, kinds


def scheduled(rate: float, step: int, steps: int) -> float:
    """Learning rate: 200 steps up, half a cosine down to a twentieth (Loshchilov and Hutter, ICLR 2017)."""
    cosine = 0.5 * (1 + float(np.cos(np.pi * step / steps)))
    return rate * min(1.0, (step + 1) / 200) * (0.05 + 0.95 * cosine)


def set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = rate


def latent_statistics(data: TrainingImages) -> tuple[Tensor, Tensor]:
    """Shift and scale of each latent channel and kind, each (kinds, 6, 1, 1).

    The scale is the square root of the channel's deviation: coarse bands keep more weight than fine ones, but
    less than their variance would give them.
    """
    shift, scale = [], []
    for start, size in zip(data.starts.tolist(), data.sizes.tolist(), strict=True):
        encoded = latents.encode(data.images[start : start + size].float() / 127.5 - 1)
        deviation = encoded.std((0, 2, 3)).clamp_min(0.01)
        shift.append(encoded.mean((0, 2, 3)))
        scale.append(deviation.sqrt() * deviation[:4].mean().sqrt())
    return torch.stack(shift)[:, :, None, None], torch.stack(scale)[:, :, None, None]


def flow_loss(flow: nn.Module, clean: Tensor, labels: Tensor, no_kind: float) -> Tensor:
    """Rectified flow (Liu et al., ICLR 2023) with logit-normal times (Esser et al., ICML 2024)."""
    times = torch.sigmoid(torch.randn(len(clean)))
    noise = torch.randn_like(clean)
    mixed = torch.lerp(clean, noise, times[:, None, None, None])
    shown = torch.where(torch.rand(len(labels)) < no_kind, len(KINDS), labels)
    with torch.autocast("cpu", torch.bfloat16):
        velocity = flow(mixed, times, shown)
    return F.mse_loss(velocity, noise - clean)


class FlowTrainer:
    """The flow and the running average of its weights, which is what samples are drawn from."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.flow = Flow(len(KINDS))
        self.average = copy.deepcopy(self.flow).eval().requires_grad_(False)
        self.optimizer = torch.optim.AdamW(self.flow.parameters(), betas=(0.9, 0.99), weight_decay=0.01)

    def step(self, clean: Tensor, labels: Tensor, number: int) -> float:
        """One update; returns the loss."""
        set_rate(self.optimizer, scheduled(self.settings.flow_rate, number, self.settings.flow_schedule))
        loss = flow_loss(self.flow, clean, labels, self.settings.no_kind)
        self.optimizer.zero_grad()
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(self.flow.parameters(), 1.0)
        self.optimizer.step()
        keep = min(self.settings.flow_average, (number + 1) / (number + 10))
        with torch.no_grad():
            for slow, fast in zip(self.average.parameters(), self.flow.parameters(), strict=True):
                slow.lerp_(fast, 1 - keep)
        return float(loss.detach())


def train_flow(data: TrainingImages, settings: Settings, out: Path) -> None:
    """The flow; writes flow.pt now and then, and at the end."""
    torch.manual_seed(settings.seed)
    shift, scale = latent_statistics(data)
    trainer = FlowTrainer(settings)
    progress = Progress("flow", settings.flow_steps)
    for number in range(settings.flow_steps):
        images, labels = data.draw(settings.flow_batch)
        clean = (latents.encode(images) - shift[labels]) / scale[labels]
        progress.add(number, trainer.step(clean, labels, number))
        if (number + 1) % SAVE_EVERY == 0:
            save_flow(trainer.average, shift, scale, out)
    save_flow(trainer.average, shift, scale, out)


def edge_loss(upscaled: Tensor, images: Tensor) -> Tensor:
    """L1 between the horizontal and vertical differences of neighbouring pixels."""
    across = (upscaled.diff(dim=3) - images.diff(dim=3)).abs().mean()
    return 0.5 * (across + (upscaled.diff(dim=2) - images.diff(dim=2)).abs().mean())


class UpscalerTrainer:
    """L1 and edges, soon joined by a patch discriminator (SRGAN: Ledig et al., CVPR 2017)."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.upscaler = Upscaler(len(KINDS))
        self.judge = PatchDiscriminator(len(KINDS))
        self.optimizer = torch.optim.AdamW(self.upscaler.parameters(), betas=(0.5, 0.95), weight_decay=0.01)
        self.judge_optimizer = torch.optim.Adam(self.judge.parameters(), lr=2e-4, betas=(0.5, 0.95))

    def step(self, images: Tensor, labels: Tensor, number: int) -> float:
        """One update of the upscaler, and of the discriminator once it takes part; returns the L1."""
        settings = self.settings
        set_rate(self.optimizer, scheduled(settings.upscaler_rate, number, settings.upscaler_schedule))
        small = latents.decode(latents.encode(images))
        # Noise on the input, so that small faults of the flow do no harm (Ho et al., JMLR 2022, section 4).
        spoilt = small + settings.input_noise * torch.rand(len(small), 1, 1, 1) * torch.randn_like(small)
        with torch.autocast("cpu", torch.bfloat16):
            upscaled = self.upscaler(spoilt, labels)
        l1 = (upscaled - images).abs().mean()
        loss = l1 + settings.edge_weight * edge_loss(upscaled, images)
        (gradient,) = torch.autograd.grad(loss, upscaled, retain_graph=True)
        if number >= settings.adversarial_from:
            gradient = self._with_adversarial(gradient, upscaled.detach(), labels)
            self._step_judge(images, upscaled.detach(), labels)
        self.optimizer.zero_grad()
        torch.autograd.backward(upscaled, gradient)
        nn.utils.clip_grad_norm_(self.upscaler.parameters(), 1.0)
        self.optimizer.step()
        return float(l1.detach())

    def _with_adversarial(self, gradient: Tensor, upscaled: Tensor, labels: Tensor) -> Tensor:
        """The gradient at the upscaled images plus the discriminator's, scaled to a fixed share of it.

        The balance of gradients is that of VQGAN (Esser et al., CVPR 2021, equation 7).
        """
        seen = upscaled.requires_grad_()
        with torch.autocast("cpu", torch.bfloat16):
            fooled = -self.judge(seen, labels).mean()
        (wanted,) = torch.autograd.grad(fooled, seen)
        share = self.settings.adversarial_weight * float(gradient.norm()) / (float(wanted.norm()) + 1e-8)
        return torch.add(gradient, wanted, alpha=share)

    def _step_judge(self, images: Tensor, upscaled: Tensor, labels: Tensor) -> None:
        """Hinge loss (Lim and Ye, Geometric GAN, 2017)."""
        with torch.autocast("cpu", torch.bfloat16):
            real, fake = self.judge(torch.cat([images, upscaled]), torch.cat([labels, labels])).chunk(2)
        loss = F.relu(1 - real).mean() + F.relu(1 + fake).mean()
        self.judge_optimizer.zero_grad()
        torch.autograd.backward(loss)
        self.judge_optimizer.step()


def train_upscaler(data: TrainingImages, settings: Settings, out: Path) -> None:
    """The upscaler; writes upscaler.pt now and then, and at the end."""
    torch.manual_seed(settings.seed)
    trainer = UpscalerTrainer(settings)
    progress = Progress("upscaler", settings.upscaler_steps)
    for number in range(settings.upscaler_steps):
        images, labels = data.draw(settings.upscaler_batch)
        progress.add(number, trainer.step(images, labels, number))
        if (number + 1) % SAVE_EVERY == 0:
            save_upscaler(trainer.upscaler, out)
    save_upscaler(trainer.upscaler, out)


class Progress:
    """Prints the running mean of the loss every 100 steps."""

    def __init__(self, part: str, steps: int) -> None:
        self.part, self.steps = part, steps
        self.started = time.monotonic()
        self.losses: list[float] = []

    def add(self, step: int, loss: float) -> None:
        self.losses.append(loss)
        if step % 100 == 0:
            seconds = time.monotonic() - self.started
            print(f"{self.part} {step}/{self.steps} {np.mean(self.losses):.4f} {seconds:.0f} s", flush=True)
            self.losses.clear()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="the folder with mednist.zip and the others")
    parser.add_argument("--out", type=Path, required=True, help="folder to write the generator to")
    parser.add_argument("--part", choices=("flow", "upscaler", "both"), default="both")
    parser.add_argument("--flow-steps", type=int, default=Settings.flow_steps)
    parser.add_argument("--upscaler-steps", type=int, default=Settings.upscaler_steps)
    parser.add_argument("--seed", type=int, default=Settings.seed)
    options = parser.parse_args()
    torch.set_num_threads(1)
    settings = Settings(
        flow_steps=options.flow_steps, upscaler_steps=options.upscaler_steps, seed=options.seed
    )
    data = TrainingImages(options.data)
    if options.part in ("flow", "both"):
        train_flow(data, settings, options.out)
    if options.part in ("upscaler", "both"):
        train_upscaler(data, settings, options.out)


if __name__ == "__main__":
    main()
