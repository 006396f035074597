"""Out-of-fold probabilities: what a network says of images whose labels it has not seen."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.jobs import JobContext
from core.refine.fitting import fit_network
from core.refine.params import TrainingParams
from core.refine.parts import PartContext
from core.refine.splits import FOLDS, stratified_folds

TEXT = "Cross-fitting, images seen"


def cross_fit(
    network: str,
    pixels: npt.NDArray[np.uint8],
    labels: npt.NDArray[np.int64],
    params: TrainingParams,
    seed: int,
    device: str,
    ctx: JobContext,
    *,
    classes: int,
    rows: npt.NDArray[np.int64] | None = None,
    folds: int = FOLDS,
    sample_weights: npt.NDArray[np.float32] | None = None,
    checkpoint: Path | None = None,
    prefix: str = "",
    pretrained: bool = False,
    text: str = TEXT,
) -> npt.NDArray[np.float32]:
    """(n, classes) float32: a network a fold is trained on the other folds and judges its own.

    Images and labels as in `fit_network`. Folds hold the classes evenly; there are fewer of them when an image in
    each would leave none to learn from. An image that is not among `rows` (m,) is learnt by no network and
    gets the mean of all. `checkpoint` is a folder, a file `{prefix}fold-K.pt` for each network: an interrupted
    cross-fitting repeats at most one epoch. `text` names the stage in the progress, which runs over all folds.
    """
    n = len(labels)
    rows = np.arange(n) if rows is None else rows
    folds = max(2, min(folds, len(rows)))
    fold_of = np.full(n, -1, np.int64)
    fold_of[rows] = stratified_folds(labels[rows], folds, seed=seed)
    unlearnt = np.flatnonzero(fold_of < 0)
    probabilities = np.zeros((n, classes), np.float32)
    for fold in range(folds):
        fitted = fit_network(
            network,
            pixels,
            labels,
            params,
            seed + fold + 1,
            device,
            PartContext(ctx, fold, folds, text),
            classes=classes,
            sample_weights=sample_weights,
            checkpoint=None if checkpoint is None else checkpoint / f"{prefix}fold-{fold + 1}.pt",
            pretrained=pretrained,
            rows=rows[fold_of[rows] != fold],
        )
        own = np.flatnonzero(fold_of == fold)
        judged = np.concatenate([own, unlearnt])
        said = fitted.trained.probabilities(pixels, device, judged, ctx.check)
        probabilities[own] = said[: len(own)]
        probabilities[unlearnt] += said[len(own) :] / folds
    return probabilities
