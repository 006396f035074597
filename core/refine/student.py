"""The student: a network trained on the recipe's labels, so that new images can be labelled and curves drawn."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from core.jobs import JobContext
from core.refine.calibration import calibrate
from core.refine.choosing import DECIDED_WEIGHT, DEFAULT_NETWORK, checkpoint_file, input_of, modern_params
from core.refine.crossfit import cross_fit
from core.refine.fitting import FittedNetwork, fit_network
from core.refine.network_check import network_warning
from core.refine.networks import find_network
from core.refine.params import TrainingChoices
from core.refine.request import RefineRequest

GRAPH_SIDE = 28
MANY = 20_000
"""Images to learn from, from which on the student sees them small."""
CROSS_FITTED = 1_500
"""Images up to which two more students, each trained on one half, label the other half."""
_PUPILS, _EPOCHS_OF_MANY = 24_000, 5
"""Images that the student learns from at most: more of them teach it little, and take it long."""
_LEAST_WEIGHT = 0.05


@dataclass(frozen=True)
class Student:
    """`fitted` is trained on all images; `probabilities` (n, k) float32 are calibrated by `temperature`, and
    `out_of_fold` where each image was labelled by a network that had not seen it; `warning` is a sentence for
    people, where the network did not learn its labels well."""

    fitted: FittedNetwork
    probabilities: npt.NDArray[np.float32]
    temperature: float
    out_of_fold: bool
    warning: str = ""


def train_student(
    request: RefineRequest, labels: npt.NDArray[np.float32], rows: npt.NDArray[np.int64], ctx: JobContext
) -> Student:
    """Train on the likeliest of `labels` (n, k), each image weighing as much as its label can be relied on.

    Its confidence is calibrated against stage 1's labels. Raises `UserError` for an unknown network.
    """
    network = find_network(request.choices.network or DEFAULT_NETWORK)
    pixels = request.pixels(*student_input(len(rows), request.image_side, request.colour, request.choices))
    params = modern_params(request.choices, network, len(rows))
    if len(rows) > MANY and request.choices.epochs is None:
        params = replace(params, epochs=_EPOCHS_OF_MANY)
    targets = labels.argmax(axis=1).astype(np.int64)
    weights = _weights(labels, request.truth >= 0)
    classes, pretrained = request.weak.shape[1], request.choices.pretrained
    fitted = fit_network(
        network.name,
        pixels,
        targets,
        params,
        request.seed,
        request.device,
        ctx,
        classes=classes,
        sample_weights=weights,
        checkpoint=checkpoint_file(request, "student"),
        pretrained=pretrained,
        rows=_pupils(rows, request),
    )
    if len(rows) <= CROSS_FITTED:
        raw = cross_fit(
            network.name,
            pixels,
            targets,
            modern_params(request.choices, network, len(rows) // 2),
            request.seed,
            request.device,
            ctx,
            classes=classes,
            rows=rows,
            folds=2,
            sample_weights=weights,
            checkpoint=request.checkpoint,
            prefix="student-",
            pretrained=pretrained,
        )
    else:
        raw = fitted.trained.probabilities(
            pixels, request.device, check=lambda: ctx.progress(0, 0, "Labelling with the student")
        )
    known = rows[request.truth[rows] < 0]
    probabilities, temperature = calibrate(raw, request.weak.argmax(axis=1), request.truth, known)
    warning = network_warning(fitted, pixels, targets, labels.max(axis=1), request.device)
    return Student(fitted, probabilities, temperature, len(rows) <= CROSS_FITTED, warning)


def student_input(learnt: int, side: int, colour: bool, choices: TrainingChoices) -> tuple[int, bool]:
    """The (side, grey) at which the student sees images of that side, where so many of them are learnt from."""
    network = find_network(choices.network or DEFAULT_NETWORK)
    return input_of(network, GRAPH_SIDE if learnt > MANY else side, colour)


def _pupils(rows: npt.NDArray[np.int64], request: RefineRequest) -> npt.NDArray[np.int64]:
    """A random part of very many images, with all that people decided."""
    if len(rows) <= _PUPILS:
        return rows
    decided = request.truth[rows] >= 0
    others = np.random.default_rng(request.seed).permutation(rows[~decided])
    return np.sort(np.concatenate([rows[decided], others])[: max(_PUPILS, int(decided.sum()))])


def _weights(labels: npt.NDArray[np.float32], decided: npt.NDArray[np.bool_]) -> npt.NDArray[np.float32]:
    chance = 1 / labels.shape[1]
    sure = (labels.max(axis=1) - chance) / (1 - chance)
    return np.where(decided, DECIDED_WEIGHT, np.maximum(sure, _LEAST_WEIGHT)).astype(np.float32)
