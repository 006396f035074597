"""The published second stage: a small CNN trained on CLIP's labels as if they were true."""

from dataclasses import asdict

import numpy as np
import torch

from core.errors import UserError
from core.jobs import JobContext
from core.refine.networks import NETWORKS
from core.refine.request import RefineOutcome, RefineRequest
from core.refine.training import LabelledPixels, TrainingParams, predict, split_rows, train

NETWORK = NETWORKS["published"]
MIN_IMAGES = 10


def refine_published(request: RefineRequest, ctx: JobContext) -> RefineOutcome:
    """Train the published CNN with the published parameters and predict every image with it.

    Grey 28 px images, SGD 1e-3 with momentum 0.9, batches of 16, cross-entropy, at most 20 epochs, early
    stopping with patience 10 on a random fifth of the images, best weights kept. Predictions are not
    out-of-fold: the network has seen four fifths of the images with the labels that it judges.
    """
    params = TrainingParams()
    rows = np.flatnonzero(request.train_on)
    if len(rows) < MIN_IMAGES:
        raise UserError(
            f"Only {len(rows)} images have a label to learn from; at least {MIN_IMAGES} are needed.",
            "Label first, or open a folder with more images.",
        )
    images = to_tensor(request.pixels(NETWORK.side, NETWORK.channels == 1))
    labels = torch.from_numpy(request.labels)
    fit, held_out = split_rows(len(rows), params.validation_share, request.seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(request.seed)
        network = NETWORK.build(request.weak.shape[1])
    training, validation = (
        LabelledPixels(images[part], labels[part])
        for part in (torch.from_numpy(rows[fit]), torch.from_numpy(rows[held_out]))
    )
    curves = train(
        network, training, validation, params, request.seed, request.device, ctx, request.checkpoint
    )
    best = curves[curves[-1].best_epoch - 1]
    metrics = {
        "network": NETWORK.name,
        "params": asdict(params),
        "curves": [asdict(epoch) for epoch in curves],
        "best_epoch": best.epoch,
        "validation_accuracy": best.validation_accuracy,
        "validation_loss": best.validation_loss,
    }
    return RefineOutcome(predict(network, images, request.device), metrics)


def to_tensor(pixels: np.ndarray) -> torch.Tensor:
    """(n, h, w[, 3]) uint8 to (n, channels, h, w) float32 in -1..1."""
    scaled = torch.from_numpy(np.ascontiguousarray(pixels)).float().div_(127.5).sub_(1)
    return scaled.unsqueeze(1) if scaled.ndim == 3 else scaled.permute(0, 3, 1, 2)
