"""One network of the registry fitted to labels: what every strategy with a network calls."""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from core.jobs import JobContext
from core.refine.checkpoint import weights_of
from core.refine.epochs import LabelledPixels
from core.refine.events import EpochEnd
from core.refine.inference import as_tensor
from core.refine.networks import initialised
from core.refine.params import TrainingParams
from core.refine.splits import split_rows, split_stratified
from core.refine.trained import TrainedNetwork
from core.refine.training import train

Labels = npt.NDArray[np.int64]


@dataclass(frozen=True)
class FittedNetwork:
    """The network with its best weights, and its curves; whether it began with published weights.

    `held_out` (m,) are the rows of the images that validated it.
    """

    trained: TrainedNetwork
    curves: tuple[EpochEnd, ...]
    params: TrainingParams
    pretrained: bool = False
    held_out: npt.NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))

    @property
    def best(self) -> EpochEnd:
        """The epoch whose weights were kept."""
        return self.curves[self.curves[-1].best_epoch - 1]

    def metrics(self) -> dict[str, Any]:
        """What a run keeps of the training; JSON-able."""
        return {
            "network": self.trained.network,
            "params": asdict(self.params),
            "curves": [asdict(epoch) for epoch in self.curves],
            "best_epoch": self.best.epoch,
            "validation_accuracy": self.best.validation_accuracy,
            "validation_loss": self.best.validation_loss,
            "temperature": self.trained.temperature,
            "pretrained": self.pretrained,
            "side": self.trained.side,
            "channels": self.trained.channels,
        }


def fit_network(
    network: str,
    pixels: npt.NDArray[np.uint8],
    labels: Labels,
    params: TrainingParams,
    seed: int,
    device: str,
    ctx: JobContext,
    *,
    classes: int,
    sample_weights: npt.NDArray[np.float32] | None = None,
    checkpoint: Path | None = None,
    pretrained: bool = False,
    rows: npt.NDArray[np.int64] | None = None,
) -> FittedNetwork:
    """Train on images (n, side, side[, 3]) uint8 and labels (n,) int64.

    `sample_weights` (n,) float32; only their proportions count. `rows` (m,) int64 are the images to learn from,
    all without it. `checkpoint` is the file that an interrupted training goes on from. Raises `UserError` for
    an unknown network and for a training that diverged.
    """
    rows = np.arange(len(labels)) if rows is None else rows
    side, channels = pixels.shape[1], 1 if pixels.ndim == 3 else pixels.shape[3]
    module, from_published = initialised(network, classes, channels, side, seed, pretrained)
    weights = _weights(labels, sample_weights, rows, params.class_weights)
    fit, held_out = _split(labels[rows], params, seed)
    images = as_tensor(pixels)
    training, validation = (_part(images, labels, weights, rows, part) for part in (fit, held_out))
    key = _key(network, pixels, labels, weights, rows, params, seed, from_published)
    curves = train(module, training, validation, params, seed, device, ctx, checkpoint, name=network, key=key)
    trained = TrainedNetwork(network, classes, side, channels, weights_of(module))
    return FittedNetwork(trained, tuple(curves), params, from_published, rows[held_out])


def _split(
    labels: Labels, params: TrainingParams, seed: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Training and validation places; a single image is for both."""
    if len(labels) < 2:
        return np.arange(len(labels)), np.arange(len(labels))
    if params.stratified:
        return split_stratified(labels, params.validation_share, seed)
    return split_rows(len(labels), params.validation_share, seed)


def _weights(
    labels: Labels,
    sample_weights: npt.NDArray[np.float32] | None,
    rows: npt.NDArray[np.int64],
    by_class: bool,
) -> npt.NDArray[np.float32] | None:
    """(n,) with mean 1 over `rows`: given ones times, if asked for, the inverse frequency of the class."""
    if sample_weights is None and not by_class:
        return None
    weights = np.ones(len(labels)) if sample_weights is None else np.asarray(sample_weights, np.float64)
    if by_class:
        weights = weights * _inverse_frequency(labels, rows)
    return np.asarray(weights / max(weights[rows].mean(), 1e-12), np.float32)


def _inverse_frequency(labels: Labels, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """(n,) how rare each image's class is among `rows`."""
    counts = np.bincount(labels[rows], minlength=int(labels.max()) + 1).astype(np.float64)
    return np.asarray((1 / np.maximum(counts, 1))[labels])


def _part(
    images: torch.Tensor,
    labels: Labels,
    weights: npt.NDArray[np.float32] | None,
    rows: npt.NDArray[np.int64],
    part: npt.NDArray[np.int64],
) -> LabelledPixels:
    chosen = rows[part]
    return LabelledPixels(
        images,
        torch.from_numpy(labels[chosen]),
        None if weights is None else torch.from_numpy(weights[chosen]),
        torch.from_numpy(chosen),
    )


def _key(
    network: str,
    pixels: npt.NDArray[np.uint8],
    labels: Labels,
    weights: npt.NDArray[np.float32] | None,
    rows: npt.NDArray[np.int64],
    params: TrainingParams,
    seed: int,
    pretrained: bool,
) -> str:
    """Names a training by all that decides its result; of the images by their shape and a few of them."""
    described = [network, asdict(params), seed, pretrained, list(pixels.shape)]
    digest = hashlib.sha256(json.dumps(described, sort_keys=True).encode())
    few = pixels[:: max(1, len(pixels) // 64)]
    for array in (labels, rows, few, np.empty(0) if weights is None else weights):
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
