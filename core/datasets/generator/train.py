"""Train the generator: first the autoencoder, then the flow on its latents.

`python -m core.datasets.generator.train --data DIR --out MODEL`
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

from core.datasets.generator.checkpoint import Generator, load_generator, save_generator
from core.datasets.generator.data import KINDS, load_kind, variants
from core.datasets.generator.model import Autoencoder, Flow, PatchDiscriminator


@dataclass(frozen=True)
class Settings:
    """Steps and sizes of both stages; the defaults made the shipped samples."""

    autoencoder_steps: int = 6000
    autoencoder_batch: int = 24
    adversarial_from: float = 0.25
    adversarial_weight: float = 0.5
    edge_weight: float = 1.0
    prior_weight: float = 3e-4
    latent_noise: float = 0.05
    flow_steps: int = 12000
    flow_batch: int = 96
    learning_rate: float = 5e-4
    ema: float = 0.999
    no_kind: float = 0.1
    per_kind: int = 8000
    seed: int = 0


class TrainingImages:
    """Images of all kinds (n, 3, 64, 64) uint8 with labels (n,); batches are balanced over the kinds."""

    def __init__(self, data: Path, per_kind: int, seed: int) -> None:
        chooser = np.random.default_rng(seed)
        parts = []
        for kind in KINDS:
            images = load_kind(data, kind)
            chosen = np.sort(chooser.permutation(len(images))[:per_kind])
            parts.append(torch.from_numpy(variants(images[chosen], kind)).permute(0, 3, 1, 2).contiguous())
        self.images = torch.cat(parts)
        self.sizes = torch.tensor([len(part) for part in parts])
        self.starts = self.sizes.cumsum(0) - self.sizes
        self.labels = torch.repeat_interleave(torch.arange(len(KINDS)), self.sizes)

    def draw(self, count: int) -> Tensor:
        """Indices (count,) of images, each kind equally likely."""
        kinds = torch.randint(len(KINDS), (count,))
        return self.starts[kinds] + (torch.rand(count) * self.sizes[kinds]).long()

    def batch(self, indices: Tensor) -> tuple[Tensor, Tensor]:
        """Images in -1..1 and labels."""
        return self.images[indices].float() / 127.5 - 1, self.labels[indices]


def warmed_up(rate: float, step: int, steps: int) -> float:
    """Learning rate: 200 steps up, half a cosine down to a twentieth (Loshchilov and Hutter, ICLR 2017)."""
    cosine = 0.5 * (1 + float(np.cos(np.pi * step / steps)))
    return rate * min(1.0, (step + 1) / 200) * (0.05 + 0.95 * cosine)


def set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = rate


def edge_loss(rebuilt: Tensor, images: Tensor) -> Tensor:
    """L1 between the horizontal and vertical pixel differences at full and half size."""
    loss = torch.zeros(())
    for _ in range(2):
        for axis in (2, 3):
            loss = loss + (rebuilt.diff(dim=axis) - images.diff(dim=axis)).abs().mean()
        rebuilt, images = F.avg_pool2d(rebuilt, 2), F.avg_pool2d(images, 2)
    return loss / 4


class AutoencoderTrainer:
    """L1, edges and a faint prior; later also a patch discriminator (VQGAN: Esser et al., CVPR 2021)."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.model = Autoencoder(len(KINDS))
        self.judge = PatchDiscriminator(len(KINDS))
        self.optimizer = torch.optim.AdamW(self.model.parameters(), betas=(0.5, 0.95), weight_decay=0.01)
        self.judge_optimizer = torch.optim.Adam(self.judge.parameters(), lr=2e-4, betas=(0.5, 0.95))

    def step(self, images: Tensor, labels: Tensor, number: int) -> float:
        """One update of the autoencoder, and of the discriminator once it takes part; returns the L1."""
        settings = self.settings
        set_rate(self.optimizer, warmed_up(settings.learning_rate, number, settings.autoencoder_steps))
        with torch.autocast("cpu", torch.bfloat16):
            mean, log_variance = self.model.encode(images)
            noise = torch.randn_like(mean) * (torch.exp(0.5 * log_variance) + settings.latent_noise)
            rebuilt = self.model.decode(mean + noise, labels)
        prior = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).mean()
        l1 = (rebuilt - images).abs().mean()
        loss = l1 + settings.edge_weight * edge_loss(rebuilt, images)
        adversarial = number >= settings.adversarial_from * settings.autoencoder_steps
        gradient = self._gradient(loss, rebuilt, labels, adversarial)
        self.optimizer.zero_grad()
        torch.autograd.backward([rebuilt, settings.prior_weight * prior], [gradient, torch.ones(())])
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        if adversarial:
            self._step_judge(images, rebuilt.detach(), labels)
        return l1.item()

    def _gradient(self, loss: Tensor, rebuilt: Tensor, labels: Tensor, adversarial: bool) -> Tensor:
        """Gradient at the rebuilt images; the adversarial part is scaled to a fixed share of the other."""
        (gradient,) = torch.autograd.grad(loss, rebuilt, retain_graph=True)
        if not adversarial:
            return gradient
        seen = rebuilt.detach().requires_grad_()
        with torch.autocast("cpu", torch.bfloat16):
            fooled = -self.judge(seen, labels).mean()
        (wanted,) = torch.autograd.grad(fooled, seen)
        share = self.settings.adversarial_weight * float(gradient.norm()) / (float(wanted.norm()) + 1e-8)
        return torch.add(gradient, wanted, alpha=share)

    def _step_judge(self, images: Tensor, rebuilt: Tensor, labels: Tensor) -> None:
        """Hinge loss (Lim and Ye 2017)."""
        with torch.autocast("cpu", torch.bfloat16):
            real, fake = self.judge(torch.cat([images, rebuilt]), torch.cat([labels, labels])).chunk(2)
        loss = F.relu(1 - real).mean() + F.relu(1 + fake).mean()
        self.judge_optimizer.zero_grad()
        loss.backward()
        self.judge_optimizer.step()


def train_autoencoder(data: TrainingImages, settings: Settings) -> Autoencoder:
    """The first stage."""
    trainer = AutoencoderTrainer(settings)
    started = time.monotonic()
    for number in range(settings.autoencoder_steps):
        images, labels = data.batch(data.draw(settings.autoencoder_batch))
        l1 = trainer.step(images, labels, number)
        if number % 100 == 0:
            report("autoencoder", number, settings.autoencoder_steps, l1, started)
    return trainer.model.eval()


@torch.no_grad()
def encode_all(model: Autoencoder, data: TrainingImages) -> tuple[Tensor, Tensor]:
    """Means and standard deviations of the latents of every training image, each (n, 16, 8, 8) float32."""
    means, deviations = [], []
    for indices in torch.arange(len(data.images)).split(128):
        with torch.autocast("cpu", torch.bfloat16):
            mean, log_variance = model.encode(data.batch(indices)[0])
        means.append(mean)
        deviations.append(torch.exp(0.5 * log_variance))
    return torch.cat(means), torch.cat(deviations)


def channel_statistics(latents: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and deviation of each latent channel and kind, each (kinds, 16, 1, 1)."""
    groups = [latents[labels == kind] for kind in range(len(KINDS))]
    shift = torch.stack([group.mean((0, 2, 3)) for group in groups])
    scale = torch.stack([group.std((0, 2, 3)) for group in groups])
    return shift[:, :, None, None], scale[:, :, None, None]


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
        set_rate(self.optimizer, warmed_up(self.settings.learning_rate, number, self.settings.flow_steps))
        loss = flow_loss(self.flow, clean, labels, self.settings.no_kind)
        self.optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.flow.parameters(), 1.0)
        self.optimizer.step()
        keep = min(self.settings.ema, (number + 1) / (number + 10))
        with torch.no_grad():
            for slow, fast in zip(self.average.parameters(), self.flow.parameters(), strict=True):
                slow.lerp_(fast, 1 - keep)
        return loss.item()


def train_flow(autoencoder: Autoencoder, data: TrainingImages, settings: Settings) -> Generator:
    """The second stage."""
    means, deviations = encode_all(autoencoder, data)
    shift, scale = channel_statistics(means, data.labels)
    trainer = FlowTrainer(settings)
    started = time.monotonic()
    smooth = 1.0
    for number in range(settings.flow_steps):
        indices = data.draw(settings.flow_batch)
        labels = data.labels[indices]
        latents = means[indices] + deviations[indices] * torch.randn_like(means[indices])
        loss = trainer.step((latents - shift[labels]) / scale[labels], labels, number)
        smooth = 0.99 * smooth + 0.01 * loss
        if number % 200 == 0:
            report("flow", number, settings.flow_steps, smooth, started)
    return Generator(autoencoder, trainer.average, shift, scale)


def report(stage: str, step: int, steps: int, loss: float, started: float) -> None:
    print(f"{stage} {step}/{steps} loss {loss:.4f} {time.monotonic() - started:.0f} s", flush=True)


def train(data_folder: Path, out: Path, settings: Settings, autoencoder_from: Path | None = None) -> None:
    """Both stages, or only the second on the autoencoder of an earlier run; writes the generator to `out`."""
    torch.manual_seed(settings.seed)
    data = TrainingImages(data_folder, settings.per_kind, settings.seed)
    print({k.name: int(n) for k, n in zip(KINDS, data.sizes, strict=True)}, flush=True)
    if autoencoder_from is None:
        autoencoder = train_autoencoder(data, settings)
        save_generator(Generator.untrained(autoencoder), out)
    else:
        autoencoder = load_generator(autoencoder_from).autoencoder
    save_generator(train_flow(autoencoder, data, settings), out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder with mednist.zip and the others")
    parser.add_argument("--out", type=Path, required=True, help="file to write the generator to")
    parser.add_argument("--autoencoder-from", type=Path, help="take the first stage from this generator")
    parser.add_argument("--autoencoder-steps", type=int, default=Settings.autoencoder_steps)
    parser.add_argument("--flow-steps", type=int, default=Settings.flow_steps)
    parser.add_argument("--seed", type=int, default=Settings.seed)
    options = parser.parse_args()
    torch.set_num_threads(1)
    settings = Settings(
        autoencoder_steps=options.autoencoder_steps, flow_steps=options.flow_steps, seed=options.seed
    )
    train(options.data, options.out, settings, options.autoencoder_from)


if __name__ == "__main__":
    main()
