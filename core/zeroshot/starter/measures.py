"""Zero-shot measures of a built-in model: embeddings in, figures out."""

import math
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from torch import nn

from core.zeroshot.starter.augment import augment, fit
from core.zeroshot.starter.concepts import CONCEPTS, KEYS
from core.zeroshot.starter.data import Source
from core.zeroshot.starter.model import IMAGE_SIZE, tokenize

Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]


@torch.inference_mode()
def image_vectors(model: nn.Module, images: Sequence[Pixels], batch: int = 256) -> Floats:
    """Unit embeddings (n, dim) float32 of images of any size."""
    parts = []
    for start in range(0, len(images), batch):
        pixels = np.stack(
            [fit(Image.fromarray(image), IMAGE_SIZE) for image in images[start : start + batch]]
        )
        tensor = torch.from_numpy(pixels).permute(0, 3, 1, 2).float().div(127.5).sub(1.0)
        parts.append(model.encode_image(tensor, normalize=True).float().numpy())  # type: ignore[operator]
    return np.concatenate(parts)


@torch.inference_mode()
def text_vectors(model: nn.Module, names: Sequence[str], templates: Sequence[str] = ("{}",)) -> Floats:
    """Unit embeddings (n, dim) float32 of class names: the mean over the templates."""
    vectors = [
        model.encode_text(tokenize([template.format(name) for name in names]), normalize=True)  # type: ignore[operator]
        for template in templates
    ]
    return np.asarray(nn.functional.normalize(torch.stack(vectors).mean(0), dim=-1).float().numpy())


def balanced_accuracy(predicted: npt.NDArray[np.int64], truth: npt.NDArray[np.int64]) -> float:
    """Mean recall over the classes that occur."""
    return float(np.mean([(predicted[truth == label] == label).mean() for label in np.unique(truth)]))


def classify(images: Floats, texts: Floats) -> npt.NDArray[np.int64]:
    """Index of the nearest text for each image: (n,) int64."""
    return np.asarray((images @ texts.T).argmax(1), dtype=np.int64)


def expected_calibration_error(probabilities: Floats, truth: npt.NDArray[np.int64], bins: int = 15) -> float:
    """Mean gap between confidence and accuracy over equal-width bins (Guo et al. 2017)."""
    confidence, right = probabilities.max(1), probabilities.argmax(1) == truth
    which = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [
        abs(confidence[which == b].mean() - right[which == b].mean()) * (which == b).mean()
        for b in np.unique(which)
    ]
    return float(np.sum(gaps))


def fit_scale(similarity: Floats, truth: npt.NDArray[np.int64]) -> float:
    """The logit scale (1 / temperature) with the least log loss of softmax(scale * similarity)."""
    logits, labels = torch.from_numpy(similarity), torch.from_numpy(truth)
    scales = np.exp(np.linspace(math.log(4), math.log(100), 120))
    losses = [float(nn.functional.cross_entropy(logits * float(scale), labels)) for scale in scales]
    return float(scales[int(np.argmin(losses))])


def softmax(logits: npt.NDArray[np.floating[Any]]) -> Floats:
    """Along the last axis."""
    powers = np.exp(logits - logits.max(-1, keepdims=True))
    return np.asarray(powers / powers.sum(-1, keepdims=True), dtype=np.float32)


def concept_images(
    sources: Sequence[Source], each: int, seed: int = 1
) -> tuple[list[Pixels], npt.NDArray[np.int64]]:
    """Up to `each` images of every source, with the index of their concept."""
    rng = np.random.default_rng(seed)
    images: list[Pixels] = []
    truth: list[int] = []
    for source in sources:
        chosen = rng.permutation(len(source.images))[:each]
        images += [source.images[int(i)] for i in chosen]
        truth += [KEYS.index(source.concept)] * len(chosen)
    return images, np.array(truth, dtype=np.int64)


def augmented(images: Sequence[Pixels], truth: npt.NDArray[np.int64], seed: int = 2) -> list[Pixels]:
    """One hard-augmented view of each image."""
    rng = np.random.default_rng(seed)
    return [
        augment(image, KEYS[int(label)], rng, IMAGE_SIZE) for image, label in zip(images, truth, strict=True)
    ]


def unseen_phrases(model: nn.Module, vectors: Floats, truth: npt.NDArray[np.int64]) -> dict[str, float]:
    """How often phrases kept out of training rank their own concept first, by concept and on average.

    A phrase is compared with the mean embedding of each concept's images.
    """
    means = np.stack([vectors[truth == label].mean(0) for label in range(len(KEYS))])
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    rates = {}
    for label, concept in enumerate(CONCEPTS):
        ranked = classify(text_vectors(model, concept.unseen), means)
        rates[concept.key] = float((ranked == label).mean())
    rates["all"] = float(np.mean([rates[key] for key in KEYS]))
    return rates


def images_per_second(model: nn.Module, seconds: float = 3.0) -> float:
    """Forward passes of the image tower at batch 64 with the threads torch has now."""
    batch = torch.zeros(64, 3, IMAGE_SIZE, IMAGE_SIZE)
    done, start = 0, time.monotonic()
    with torch.inference_mode():
        while time.monotonic() - start < seconds:
            model.encode_image(batch)  # type: ignore[operator]
            done += len(batch)
    return done / (time.monotonic() - start)
