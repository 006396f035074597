"""Draw the sample images: 200 of each kind, near copies of training images left out, in shuffled order.

`python -m core.datasets.generator.sample MODEL --data DIR --out DIR --seed N`

The label of an image is the kind it was generated for. No classifier looks at the images; the only reason to
draw one again is closeness to a training image.
"""

import argparse
import csv
import itertools
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from core.datasets.generator import latents
from core.datasets.generator.checkpoint import Generator, load_generator
from core.datasets.generator.data import KINDS, SIZE, Images, Kind, load_kind, variants
from core.datasets.generator.distances import Nearest, References

FLOW_STEPS = 24
BATCH = 100
NEAR_COPY = 0.5  # of the median distance between real training images and their nearest neighbours


@dataclass(frozen=True)
class KindSamples:
    """Images (n, 64, 64, 3) uint8 of one kind and how far they are from the training images."""

    kind: Kind
    images: Images
    nearest: Nearest
    real_distance: float
    real_correlation: float
    rejected: int

    def summary(self) -> dict[str, object]:
        """The row of this kind in samples.json."""
        return {
            "name": self.kind.name,
            "count": len(self.images),
            "rejected_near_copies": self.rejected,
            "nearest_training_distance": {
                "smallest": _rounded(self.nearest.distance.min()),
                "median": _rounded(np.median(self.nearest.distance)),
                "real_to_real_median": _rounded(self.real_distance),
            },
            "highest_training_correlation": {
                "largest": _rounded(self.nearest.correlation.max()),
                "median": _rounded(np.median(self.nearest.correlation)),
                "real_to_real_median": _rounded(self.real_correlation),
            },
        }


@torch.no_grad()
def draw(generator: Generator, kind: int, count: int, guidance: float) -> Images:
    """Euler's method from noise to latents with classifier-free guidance, then the upscaler."""
    labels = torch.full((count,), kind)
    both = torch.cat([labels, torch.full((count,), len(KINDS))])
    x = torch.randn(count, latents.CHANNELS, latents.SIDE, latents.SIDE)
    times = torch.linspace(1.0, 0.0, FLOW_STEPS + 1)
    with torch.autocast("cpu", torch.bfloat16):
        for now, then in itertools.pairwise(times):
            velocity, unguided = generator.flow(torch.cat([x, x]), now.expand(2 * count), both).chunk(2)
            x = x + (then - now) * torch.lerp(unguided, velocity, guidance)
        small = latents.decode(x * generator.scale[kind] + generator.shift[kind])
        upscaled = generator.upscaler(small.clamp(-1, 1), labels)
    return to_pixels(upscaled, KINDS[kind].grey)


def to_pixels(images: Tensor, grey: bool) -> Images:
    """(n, 3, 64, 64) float in about -1..1 to (n, 64, 64, 3) uint8; grey kinds get three equal channels."""
    if grey:
        images = images.mean(1, keepdim=True).expand(-1, 3, -1, -1)
    pixels: Images = ((images.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8).permute(0, 2, 3, 1).numpy()
    return pixels


def real_to_real(references: References, images: Images, kind: Kind, looks: int = 600) -> tuple[float, float]:
    """Median distance and correlation between training images and their nearest other training image."""
    rows = np.sort(np.random.default_rng(0).permutation(len(images))[:looks])
    own = np.stack([rows + i * len(images) for i in range(len(kind.copies))], axis=1)
    nearest = references.nearest(images[rows], skip_rows=own)
    return float(np.median(nearest.distance)), float(np.median(nearest.correlation))


def draw_kind(generator: Generator, kind: int, count: int, guidance: float, data: Path) -> KindSamples:
    """`count` images that are no near copies of any train-part image, in any of the variants trained on."""
    training = load_kind(data, KINDS[kind])
    references = References(variants(training, KINDS[kind]))
    real_distance, real_correlation = real_to_real(references, training, KINDS[kind])
    images, rejected = np.empty((0, SIZE, SIZE, 3), np.uint8), 0
    while len(images) < count:
        drawn = draw(generator, kind, BATCH, guidance)
        kept = references.nearest(drawn).distance >= NEAR_COPY * real_distance
        rejected += int((~kept).sum())
        images = np.concatenate([images, drawn[kept]])
    nearest = references.nearest(images[:count])
    return KindSamples(KINDS[kind], images[:count], nearest, real_distance, real_correlation, rejected)


def write_images(samples: list[KindSamples], out: Path, seed: int) -> list[tuple[str, str]]:
    """PNG files in shuffled order; returns (file name, label) of each."""
    (out / "images").mkdir(parents=True)
    every = [(image, each.kind) for each in samples for image in each.images]
    rows = []
    for number, index in enumerate(np.random.default_rng(seed).permutation(len(every)), start=1):
        pixels, kind = every[index]
        name = f"sample_{number:04d}.png"
        Image.fromarray(pixels[..., 0] if kind.grey else pixels).save(out / "images" / name, optimize=True)
        rows.append((name, kind.name))
    return rows


def write_labels(rows: list[tuple[str, str]], path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("file_name", "label"))
        writer.writerows(rows)


def description(samples: list[KindSamples], seed: int, guidance: float) -> dict[str, object]:
    """The content of samples.json."""
    return {
        "classes": [each.summary() for each in samples],
        "distance": "root mean square pixel difference, grey levels 0..1, to the nearest of all train-part "
        f"images of the kind; drawn again where below {NEAR_COPY} of the real_to_real_median",
        "generator": {
            "code": "core.datasets.generator",
            "commands": [
                "python -m core.datasets.generator.train --data DIR --out MODEL",
                f"python -m core.datasets.generator.sample MODEL --data DIR --out DIR --seed {seed}",
            ],
            "method": "rectified flow on wavelet bands, then an adversarially trained upscaler",
            "flow_steps": FLOW_STEPS,
            "guidance": guidance,
        },
        "seed": seed,
        "licence": "CC BY-SA 4.0",
        "made_by": "the MedLabel project; synthetic, no image of a real patient; for research only",
        "sources": {kind.name: kind.source for kind in KINDS},
    }


def write_samples(model: Path, data: Path, out: Path, seed: int, count: int, guidance: float) -> None:
    """Draw and write everything but the licence text; `out` must not exist."""
    torch.manual_seed(seed)
    generator = load_generator(model)
    samples = []
    for kind in range(len(KINDS)):
        samples.append(draw_kind(generator, kind, count, guidance, data))
        print(json.dumps(samples[-1].summary()), flush=True)
    write_labels(write_images(samples, out, seed), out / "labels.csv")
    text = json.dumps(description(samples, seed, guidance), indent=2)
    (out / "samples.json").write_text(text + "\n", encoding="utf-8")


def _rounded(value: float | np.floating) -> float:
    return round(float(value), 4)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", type=Path, help="folder that core.datasets.generator.train wrote")
    parser.add_argument("--data", type=Path, required=True, help="the folder with mednist.zip and the others")
    parser.add_argument(
        "--out", type=Path, required=True, help="new folder for images/, labels.csv, samples.json"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=200, help="images a kind")
    parser.add_argument("--guidance", type=float, default=2.5, help="1 is none")
    options = parser.parse_args()
    torch.set_num_threads(1)
    write_samples(options.model, options.data, options.out, options.seed, options.count, options.guidance)


if __name__ == "__main__":
    main()
