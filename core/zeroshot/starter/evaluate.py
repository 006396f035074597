"""The tables of the model card.

`python -m core.zeroshot.starter.evaluate --data DIR --model DIR --part test`
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import nn

from core.zeroshot.starter.concepts import KEYS, OTHERS
from core.zeroshot.starter.data import ARRAYS, MEDNIST, Source, read_arrays, read_sources
from core.zeroshot.starter.measures import (
    Pixels,
    classify,
    concept_images,
    image_vectors,
    images_per_second,
    softmax,
    text_vectors,
)
from core.zeroshot.starter.model import DESCRIPTION
from core.zeroshot.starter.scenes import draw
from core.zeroshot.starter.shifts import SHIFTS

MEDNIST_WORDS: tuple[str, ...] = (
    "abdominal CT",
    "breast MRI",
    "chest x-ray",
    "chest CT",
    "hand x-ray",
    "head CT",
)


def accuracy_of(
    model: nn.Module, images: Sequence[Pixels], label: int, names: Sequence[str], templates: Sequence[str]
) -> float:
    """Share of images nearest to `names[label]`."""
    return float(
        (classify(image_vectors(model, images), text_vectors(model, names, templates)) == label).mean()
    )


def table_by_set(
    model: nn.Module, tests: Sequence[Source], templates: Sequence[str]
) -> list[tuple[str, str, int, float]]:
    """Zero-shot accuracy of every test part among all concepts."""
    return [
        (source.name, source.concept, len(source.images),
         accuracy_of(model, source.images, KEYS.index(source.concept), KEYS, templates))
        for source in tests
    ]  # fmt: skip


def table_mednist(model: nn.Module, tests: Sequence[Source], templates: Sequence[str]) -> dict[str, float]:
    """Accuracy over the six MedNIST classes alone, by folder names and by words."""
    six = [source for source in tests if source.name.startswith("mednist/")]
    truth = np.repeat(np.arange(len(six)), [len(source.images) for source in six])
    vectors = image_vectors(model, [image for source in six for image in source.images])
    names = {"folder names": list(MEDNIST), "words": list(MEDNIST_WORDS)}
    return {
        kind: float((classify(vectors, text_vectors(model, n, templates)) == truth).mean())
        for kind, n in names.items()
    }


def small_pair(model: nn.Module, data: Path, templates: Sequence[str]) -> dict[str, float]:
    """breastmnist against pneumoniamnist at 28 px by 'chest x-ray' and 'breast ultrasound'."""
    names = ("chest x-ray", "breast ultrasound")
    specs = {spec.name: spec for spec in ARRAYS}
    pairs = ((0, "pneumoniamnist"), (1, "breastmnist"))
    images = [(label, read_arrays(data, specs[name], "test").images) for label, name in pairs]
    hits = [accuracy_of(model, group, label, names, templates) for label, group in images]
    counts = [len(group) for _, group in images]
    return {"accuracy": float(np.average(hits, weights=counts)), "balanced": float(np.mean(hits))}


def table_shifts(
    model: nn.Module, tests: Sequence[Source], templates: Sequence[str], each: int
) -> dict[str, dict[str, float]]:
    """Accuracy by simulated shift and concept among all concepts, on at most `each` images a source."""
    images, truth = concept_images(tests, each)
    texts = text_vectors(model, KEYS, templates)
    table: dict[str, dict[str, float]] = {}
    for name, shift in SHIFTS.items():
        rng = np.random.default_rng(3)
        right = classify(image_vectors(model, [shift(image, rng) for image in images]), texts) == truth
        table[name] = {key: float(right[truth == label].mean()) for label, key in enumerate(KEYS)}
    return table


def other_confidence(model: nn.Module, templates: Sequence[str], each: int = 40) -> dict[str, float]:
    """Mean highest probability among the medical concepts for pictures that are not medical."""
    rng = np.random.default_rng(4)
    texts = text_vectors(model, KEYS, templates)
    scale = float(model.logit_scale.detach().exp())  # type: ignore[operator]
    means = {}
    for name in OTHERS:
        vectors = image_vectors(model, [draw(name, rng) for _ in range(each)])
        means[name] = float(softmax(scale * vectors @ texts.T).max(1).mean())
    return means


def load(folder: Path) -> nn.Module:
    """The shipped model in float32, loaded as the application does."""
    import open_clip

    model: nn.Module = open_clip.create_model_and_transforms(
        f"local-dir:{folder.resolve()}", precision="fp32"
    )[0]
    return model.eval()


def print_tables(model: nn.Module, data: Path, templates: Sequence[str], each: int, part: str) -> None:
    """All tables as Markdown."""
    tests = read_sources(data, "test" if part == "test" else "val", None if part == "test" else 300)
    print(f"Parts: {part}. Templates: {', '.join(templates)}\n")
    print("| set | concept | images | accuracy among 12 |\n|---|---|---|---|")
    for name, concept, count, accuracy in table_by_set(model, tests, templates):
        print(f"| {name} | {concept} | {count} | {100 * accuracy:.1f} % |")
    print(
        "\nMedNIST, six classes:",
        {k: f"{100 * v:.2f} %" for k, v in table_mednist(model, tests, templates).items()},
    )
    if part == "test":
        print(
            "breastmnist / pneumoniamnist:",
            {k: f"{100 * v:.2f} %" for k, v in small_pair(model, data, templates).items()},
        )
    shifts = table_shifts(model, tests, templates, each)
    print("\n| simulated shift | mean | " + " | ".join(KEYS) + " |\n|---|---|" + "---|" * len(KEYS))
    for name, row in shifts.items():
        cells = " | ".join(f"{100 * row[key]:.0f}" for key in KEYS)
        print(f"| {name} | {100 * np.mean(list(row.values())):.1f} | {cells} |")
    print(
        "\nHighest probability on other pictures:",
        {k: round(v, 2) for k, v in other_confidence(model, templates).items()},
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables of a model folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", type=Path, default=Path("resources/models/starter"))
    parser.add_argument("--part", choices=("val", "test"), default="val")
    parser.add_argument("--each", type=int, default=60, help="images a source in the table of shifts")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args(arguments)
    torch.set_num_threads(options.threads)
    model = load(options.model)
    described = json.loads((options.model / DESCRIPTION).read_text(encoding="utf-8"))
    print_tables(model, options.data, described["templates"], options.each, options.part)
    print(f"\nImages a second, {options.threads} thread(s): {images_per_second(model):.0f}")


if __name__ == "__main__":
    main()
