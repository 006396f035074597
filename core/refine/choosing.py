"""From a request to what a network is trained with: its images, its input, its parameters."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.errors import UserError
from core.refine.evidence import EVIDENCE_SIDE
from core.refine.networks import Network, find_network
from core.refine.params import Augmentation, TrainingChoices, TrainingParams
from core.refine.request import RefineRequest

DEFAULT_NETWORK = "small"
DECIDED_WEIGHT = 5.0
"""What an image counts in training of which a person decided the class, next to at most 1 for the others."""
MIN_IMAGES = 10
_SGD_FACTOR = 10.0
"""SGD with momentum takes larger steps than Adam for the same progress."""
_BATCHES = 12
"""Batches in an epoch that are worth the largest batch size."""
_STEPS = 120
"""Steps that a training should have: batch normalisation learns its means with them, too."""

GENTLE = Augmentation(rotation=5.0, shift=0.03, scale=0.05)
"""What any medical image may undergo: it was never placed more exactly than this."""


def rows_to_learn(request: RefineRequest) -> npt.NDArray[np.int64]:
    """The images to learn from (m,) int64. Raises `UserError` when they are too few."""
    rows = np.flatnonzero(request.train_on)
    if len(rows) < MIN_IMAGES:
        raise UserError(
            f"Only {len(rows)} images have a label to learn from; at least {MIN_IMAGES} are needed.",
            "Label first, or open a folder with more images.",
        )
    return rows


def chosen_input(
    request: RefineRequest, default: str = DEFAULT_NETWORK
) -> tuple[Network, npt.NDArray[np.uint8]]:
    """The network that was chosen, else `default`, and all images at the size and in the colours that suit it."""
    network = find_network(request.choices.network or default)
    side, grey = input_of(network, request.image_side, request.colour)
    return network, request.pixels(side, grey)


def input_of(network: Network, side: int, colour: bool) -> tuple[int, bool]:
    """The (side, grey) at which `network` sees images of that side and colour."""
    return network.side_for(side), network.channels_for(colour) == 1


def inputs(
    learnt: int, side: int, colour: bool, choices: TrainingChoices, default: str = DEFAULT_NETWORK
) -> list[tuple[int, bool]]:
    """The (side, grey) at which pixels are asked for: by the judge of the outcome, and by the network.

    It does not matter how many images are `learnt`.
    """
    del learnt
    return [(EVIDENCE_SIDE, True), input_of(find_network(choices.network or default), side, colour)]


def chosen_params(choices: TrainingChoices, own: TrainingParams) -> TrainingParams:
    """The strategy's `own` parameters where nothing else was chosen."""
    wanted = {
        name: getattr(choices, name)
        for name in ("optimiser", "schedule", "epochs", "batch_size", "learning_rate", "class_weights")
        if getattr(choices, name) is not None
    }
    if choices.flip is not None:
        wanted["augmentation"] = replace(own.augmentation, flip_left_right=choices.flip)
    params = replace(own, **wanted)
    _check(params)
    return params


def modern_params(choices: TrainingChoices, network: Network, images: int, **own: object) -> TrainingParams:
    """AdamW with one cycle over 8 epochs of batches of 64, small changes of the images: the recipe of the student.

    Few `images` to learn from get smaller batches and more epochs, so that there are enough steps. The learning
    rate is the network's own, ten times as much for SGD, unless one was chosen. `own` are other fields of
    `TrainingParams` that the strategy sets.
    """
    rate = network.learning_rate * (_SGD_FACTOR if choices.optimiser == "sgd" else 1.0)
    batch = next((size for size in (64, 32, 16) if images >= _BATCHES * size), 8)
    epochs = min(max(8, -(-_STEPS * batch // max(images, 1))), 40)
    base = TrainingParams(
        epochs=epochs,
        batch_size=batch,
        learning_rate=rate,
        optimiser="adamw",
        weight_decay=1e-2,
        schedule="one-cycle",
        augmentation=GENTLE,
        stratified=True,
    )
    params = chosen_params(choices, replace(base, **own))  # type: ignore[arg-type]
    return replace(params, patience=max(params.patience, params.epochs // 2))


def checkpoint_file(request: RefineRequest, name: str) -> Path | None:
    """Where the training `name` of this refinement is kept while it is interrupted."""
    return None if request.checkpoint is None else request.checkpoint / f"{name}.pt"


def _check(params: TrainingParams) -> None:
    if params.epochs < 1 or params.batch_size < 1:
        raise UserError("Epochs and batch size must be 1 or more.", "Choose other values.")
    if not params.learning_rate > 0:
        raise UserError("The learning rate must be more than 0.", "Choose another value, 0.001 say.")
