"""Train the built-in CLIP from scratch: `python -m core.zeroshot.starter.train --data DIR [--out DIR]`.

Contrastive on image and caption pairs. Every batch holds all concepts about equally, several captions for
each and captions true of no image; a caption true of several images is a positive of all of them.
"""

import argparse
import copy
import math
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from core.zeroshot.starter.augment import augment
from core.zeroshot.starter.captions import FALSE, TRUE, Caption, draw_captions, truth_table
from core.zeroshot.starter.concepts import KEYS, OTHERS
from core.zeroshot.starter.data import Source, training_sources
from core.zeroshot.starter.model import IMAGE_SIZE, build_model, load_weights, tokenize
from core.zeroshot.starter.scenes import draw
from core.zeroshot.starter.simulate import simulated_sources

Label = tuple[str, str | None]


@dataclass(frozen=True)
class Settings:
    """One training run; the defaults made the shipped model."""

    steps: int | None = None  # None: decided by `minutes`
    minutes: float = 35.0
    batch: int = 144
    learning_rate: float = 2e-3
    text_learning_rate: float = 1e-3
    weight_decay: float = 0.05
    warmup: int = 60  # steps
    stable: float = 0.7  # share of the steps before the learning rate falls
    ema: float = 0.998
    highest_scale: float = 30.0
    others: float = 0.1  # share of the pictures that are not medical
    plain: float = 0.0  # share of the pictures left nearly as they are
    seed: int = 0
    bfloat16: bool = True


def finishing(steps: int, seed: int) -> Settings:
    """A short second stage on a trained model: low rate, many pictures as they are."""
    return Settings(
        steps=steps,
        learning_rate=5e-4,
        text_learning_rate=1e-4,
        warmup=20,
        stable=0.3,
        ema=0.98,
        plain=0.35,
        seed=seed,
    )


class ImageDrawer:
    """Draws labelled, augmented images; every concept equally often, its sources by their weight."""

    def __init__(self, sources: Sequence[Source], settings: Settings) -> None:
        self.rng = np.random.default_rng(settings.seed)
        self.others, self.plain = settings.others, settings.plain
        self.by_concept = {key: [s for s in sources if s.concept == key] for key in KEYS}
        self.by_concept = {key: group for key, group in self.by_concept.items() if group}

    def one(self, concept: str) -> tuple[npt.NDArray[np.uint8], Label]:
        """An augmented image of `concept`: (side, side, 3) uint8, with its label."""
        group = self.by_concept[concept]
        weights = np.array([source.weight for source in group])
        source = group[int(self.rng.choice(len(group), p=weights / weights.sum()))]
        index = int(self.rng.integers(len(source.images)))
        pixels = augment(source.images[index], concept, self.rng, IMAGE_SIZE, self.plain)
        return pixels, (concept, source.findings[index])

    def other(self) -> tuple[npt.NDArray[np.uint8], Label]:
        """A picture that is not medical."""
        name = str(self.rng.choice(list(OTHERS)))
        key = f"other: {name}"
        return augment(draw(name, self.rng), key, self.rng, IMAGE_SIZE), (key, None)

    def batch(self, size: int) -> tuple[Tensor, list[Label]]:
        """Images (size, 3, side, side) float32 in -1..1 and their labels."""
        count = round(size * self.others)
        concepts = list(self.by_concept)
        order = [concepts[i % len(concepts)] for i in range(size - count)]
        pairs = [self.one(concept) for concept in order] + [self.other() for _ in range(count)]
        return to_tensor(np.stack([pixels for pixels, _ in pairs])), [label for _, label in pairs]


def to_tensor(pixels: npt.NDArray[np.uint8]) -> Tensor:
    """(n, side, side, 3) uint8 to (n, 3, side, side) float32 in -1..1, channels last in memory."""
    images = torch.from_numpy(pixels).permute(0, 3, 1, 2)
    return images.to(torch.float32, memory_format=torch.channels_last).div_(127.5).sub_(1.0)


def contrastive_loss(logits: Tensor, truth: Tensor) -> Tensor:
    """Multi-positive InfoNCE over logits (n, m) with truth (n, m) int8, mean over rows that have a positive.

    Each positive competes with the row's negatives only, so that two true captions of an image (or two images
    of a caption) do not push each other away; pairs of unknown truth take no part. Khosla et al. 2020, with
    the other positives left out of the denominator.
    """
    positive, negative = truth == TRUE, truth == FALSE
    against = logits.masked_fill(~negative, -1e4).logsumexp(1, keepdim=True)
    losses = nn.functional.softplus(against - logits) * positive
    count = positive.sum(1)
    rows = losses.sum(1) / count.clamp(min=1)
    return rows.sum() / (count > 0).sum().clamp(min=1)


def step_loss(model: nn.Module, images: Tensor, tokens: Tensor, truth: Tensor, bfloat16: bool) -> Tensor:
    """Symmetric contrastive loss of one batch."""
    with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
        image_vectors = model.encode_image(images)  # type: ignore[operator]
        text_vectors = model.encode_text(tokens)  # type: ignore[operator]
    image_vectors = nn.functional.normalize(image_vectors.float(), dim=-1)
    text_vectors = nn.functional.normalize(text_vectors.float(), dim=-1)
    logits = model.logit_scale.exp() * image_vectors @ text_vectors.T  # type: ignore[operator]
    return (contrastive_loss(logits, truth) + contrastive_loss(logits.T, truth.T)) / 2


def make_optimizer(model: nn.Module, settings: Settings) -> torch.optim.Optimizer:
    """AdamW; no decay on vectors, scales and the token table, a lower rate for the text tower."""
    groups: dict[tuple[bool, bool], list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        visual = name.startswith("visual.")
        decays = parameter.ndim >= 2 and "embedding" not in name
        groups.setdefault((visual, decays), []).append(parameter)
    return torch.optim.AdamW(
        [
            {
                "params": parameters,
                "lr": settings.learning_rate if visual else settings.text_learning_rate,
                "full_lr": settings.learning_rate if visual else settings.text_learning_rate,
                "weight_decay": settings.weight_decay if decays else 0.0,
            }
            for (visual, decays), parameters in groups.items()
        ],
        betas=(0.9, 0.98),
    )


class Schedule:
    """Share of the full learning rate by step: linear warm-up, constant, half a cosine to zero at the end.

    With `steps` unknown the clock decides: what was done in the stable share of `minutes` fixes their number.
    As nothing before that point depends on the number, a run with those `steps` repeats it exactly.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.steps = settings.steps

    def look_at_clock(self, step: int, seconds: float) -> None:
        """Fix the number of steps when the stable share of the time is over."""
        if self.steps is None and seconds >= self.settings.stable * self.settings.minutes * 60:
            self.steps = math.ceil(step / self.settings.stable)

    def ended(self, step: int) -> bool:
        """Whether `step` steps are enough."""
        return self.steps is not None and step >= self.steps

    def rate(self, step: int) -> float:
        """Share of the learning rate at `step` (from 0)."""
        rising = min(1.0, (step + 1) / self.settings.warmup)
        if self.steps is None:
            return rising
        fall = int(self.settings.stable * self.steps + 1e-9)
        done = max(0, step - fall) / max(1, self.steps - fall)
        return rising * 0.5 * (1 + math.cos(math.pi * min(1.0, done)))


@torch.no_grad()
def update_average(average: nn.Module, model: nn.Module, decay: float) -> None:
    """Exponential moving average of weights and batch norm statistics."""
    for old, new in zip(average.state_dict().values(), model.state_dict().values(), strict=True):
        if old.is_floating_point():
            old.lerp_(new, 1 - decay)
        else:
            old.copy_(new)


def train(
    sources: Sequence[Source], settings: Settings, start_from: Path | None = None, report_every: int = 50
) -> tuple[nn.Module, int]:
    """The averaged model in evaluation mode, and the number of steps. `start_from` is the folder of a model."""
    torch.manual_seed(settings.seed)
    words = random.Random(settings.seed)
    drawer = ImageDrawer(sources, settings)
    model = build_model() if start_from is None else load_weights(start_from)
    model = model.to(memory_format=torch.channels_last).train()
    average = copy.deepcopy(model).eval()
    optimizer = make_optimizer(model, settings)
    schedule = Schedule(settings)
    start, losses, step = time.monotonic(), [], 0
    while not schedule.ended(step):
        schedule.look_at_clock(step, time.monotonic() - start)
        for group in optimizer.param_groups:
            group["lr"] = group["full_lr"] * schedule.rate(step)
        losses.append(train_step(model, optimizer, drawer, draw_captions(words), settings))
        step += 1
        update_average(average, model, min(settings.ema, step / (step + 10)))
        if step % report_every == 0:
            mean, seconds = float(np.mean(losses[-report_every:])), time.monotonic() - start
            print(f"step {step} of {schedule.steps or '?'}: loss {mean:.4f}, {seconds:.0f} s", flush=True)
    return average, step


def train_step(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    drawer: ImageDrawer,
    captions: list[Caption],
    settings: Settings,
) -> float:
    """One update; the loss."""
    images, labels = drawer.batch(settings.batch)
    truth = torch.from_numpy(truth_table(labels, captions))
    tokens = tokenize([caption.text for caption in captions])
    optimizer.zero_grad(set_to_none=True)
    loss = step_loss(model, images, tokens, truth, settings.bfloat16)
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    with torch.no_grad():
        model.logit_scale.clamp_(max=math.log(settings.highest_scale))  # type: ignore[operator]
    return float(loss.detach())


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the shared image sets")
    parser.add_argument("--out", type=Path, default=Path("resources/models/starter"))
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--steps", type=int, default=None, help="batches to train; repeats a run exactly")
    length.add_argument("--minutes", type=float, default=Settings.minutes, help="train for about this long")
    parser.add_argument("--finish", type=Path, default=None, help="folder of a trained model: second stage")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--limit", type=int, default=None, help="most images of a MedNIST class")
    return parser.parse_args(arguments)


def command_of(options: argparse.Namespace, steps: int) -> str:
    """The command that repeats a run, without this machine's paths."""
    parts = [f"python -m core.zeroshot.starter.train --data DIR --steps {steps} --seed {options.seed}"]
    if options.limit is not None:
        parts.append(f"--limit {options.limit}")
    if options.finish is not None:
        parts.append("--finish FIRST_STAGE")
    return " ".join(parts)


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, describe, save."""
    from core.zeroshot.starter.describe import describe
    from core.zeroshot.starter.model import save_model

    options = parse(arguments)
    torch.set_num_threads(options.threads)
    settings = Settings(steps=options.steps, minutes=options.minutes, seed=options.seed)
    if options.finish is not None:
        settings = finishing(options.steps or 250, options.seed)
    start = time.monotonic()
    sources = training_sources(options.data, "train", options.limit, print)
    sources += simulated_sources(sources, settings.seed)
    model, steps = train(sources, settings, options.finish)
    seconds = time.monotonic() - start
    save_model(model, options.out, {})  # nothing is lost should the rest fail
    validation = training_sources(options.data, "val", 250)
    validation += simulated_sources(validation, settings.seed + 1, share=0.08)
    description = describe(model, validation, command_of(options, steps), settings.seed, seconds)
    save_model(model, options.out, description)


if __name__ == "__main__":
    main()
