"""Out-of-fold probabilities: what a network says of images whose labels it has not seen."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.jobs import JobContext
from core.refine.fitting import Targets, fit_network
from core.refine.params import TrainingParams
from core.refine.parts import PartContext
from core.refine.splits import stratified_folds

FOLDS = 5
TEXT = "Cross-fitting, images seen"


@dataclass(frozen=True)
class CrossFit:
    """`probabilities` (n, classes) float32; `folds` (n,) int64, -1 for images that no network learnt."""

    probabilities: npt.NDArray[np.float32]
    folds: npt.NDArray[np.int64]


def cross_fit(
    network: str,
    pixels: npt.NDArray[np.uint8],
    targets: Targets,
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
) -> CrossFit:
    """Train a network a fold on the other folds, and let it judge its own fold.

    Images and targets as in `fit_network`. Folds hold the classes evenly; there are fewer of them when an image in
    each would leave none to learn from. An image that is not among `rows` (m,) is learnt by no network and
    gets the mean of all. `checkpoint` is a folder, a file `{prefix}fold-K.pt` for each network: an interrupted
    cross-fitting repeats at most one epoch. `text` names the stage in the progress, which runs over all folds.
    """
    n = len(targets)
    rows = np.arange(n) if rows is None else rows
    hard = np.asarray(targets if targets.ndim == 1 else targets.argmax(axis=1), np.int64)
    folds = max(2, min(folds, len(rows)))
    fold_of = np.full(n, -1, np.int64)
    fold_of[rows] = stratified_folds(hard[rows], folds, seed)
    unlearnt = np.flatnonzero(fold_of < 0)
    probabilities = np.zeros((n, classes), np.float32)
    for fold in range(folds):
        fitted = fit_network(
            network,
            pixels,
            targets,
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
    return CrossFit(probabilities, fold_of)
