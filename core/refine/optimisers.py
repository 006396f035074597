"""Optimisers and learning rate schedules by name."""

import math

import torch
from torch import nn

from core.refine.params import Schedule, TrainingParams

_WARM_UP = 0.3
_FIRST = 1 / 25
_LAST = 1e-4
_STEPS = ((0.5, 1.0), (0.75, 0.1), (1.0, 0.01))


def make_optimiser(network: nn.Module, params: TrainingParams) -> torch.optim.Optimizer:
    """SGD with momentum, Adam or AdamW over all weights."""
    weights = [weight for weight in network.parameters() if weight.requires_grad]
    if params.optimiser == "sgd":
        return torch.optim.SGD(
            weights, lr=params.learning_rate, momentum=params.momentum, weight_decay=params.weight_decay
        )
    kind = torch.optim.Adam if params.optimiser == "adam" else torch.optim.AdamW
    return kind(weights, lr=params.learning_rate, weight_decay=params.weight_decay)


def rate_factor(schedule: Schedule, share: float) -> float:
    """What the learning rate is multiplied by when `share` (0..1) of all steps is done.

    `step` follows He et al. 2016 (a tenth at half the training, a hundredth at three quarters), `one-cycle` Smith
    and Topin 2018 in its two-phase cosine form, `cosine` Loshchilov and Hutter 2017 without restarts. A pure
    function of the step, so that a resumed training needs no state for it.
    """
    if schedule == "cosine":
        return _LAST + (1 - _LAST) * (1 + math.cos(math.pi * share)) / 2
    if schedule == "one-cycle":
        if share < _WARM_UP:
            return _between(_FIRST, 1.0, share / _WARM_UP)
        return _between(1.0, _LAST, (share - _WARM_UP) / (1 - _WARM_UP))
    if schedule == "step":
        return next(factor for until, factor in _STEPS if share < until or until == 1)
    return 1.0


def set_rate(optimiser: torch.optim.Optimizer, rate: float) -> None:
    """Use `rate` from the next step on."""
    for group in optimiser.param_groups:
        group["lr"] = rate


def _between(first: float, last: float, share: float) -> float:
    return last + (first - last) * (1 + math.cos(math.pi * share)) / 2
