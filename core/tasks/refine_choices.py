"""What can be chosen for a refinement, and whether a choice makes sense."""

import math
from collections.abc import Mapping
from typing import get_args

from core.errors import UserError
from core.refine.names import NETWORKS, STRATEGIES, TIMM_PREFIX
from core.refine.params import Optimiser, Schedule, TrainingChoices

OPTIMISERS: tuple[str, ...] = get_args(Optimiser)
SCHEDULES: tuple[str, ...] = get_args(Schedule)
_LARGEST_BATCH = 65_536
_MOST_EPOCHS = 10_000


def check_choices(strategy: str, choices: TrainingChoices) -> None:
    """Raise `UserError` for what is unknown, with what there is instead."""
    _known(
        "strategy", strategy, {name: getattr(info, "description", "") for name, info in STRATEGIES.items()}
    )
    _known("optimiser", choices.optimiser, dict.fromkeys(OPTIMISERS, ""))
    _known("schedule", choices.schedule, dict.fromkeys(SCHEDULES, ""))
    _check_network(choices.network)
    _within("number of epochs", choices.epochs, 1, _MOST_EPOCHS)
    _within("batch size", choices.batch_size, 1, _LARGEST_BATCH)
    rate = choices.learning_rate
    if rate is not None and not (math.isfinite(rate) and 0 < rate <= 100):
        raise UserError(f"{rate:g} is no learning rate.", "Choose one above 0, 0.001 say.")


def _check_network(name: str | None) -> None:
    sentences = {network: info.description for network, info in NETWORKS.items()}
    if name is not None and name.startswith(TIMM_PREFIX):
        from core.refine.networks import find_network

        find_network(name)
    else:
        _known("network", name, {**sentences, f"{TIMM_PREFIX}NAME": "Any network of the timm library."})


def _known(what: str, name: str | None, names: Mapping[str, str]) -> None:
    """Raise `UserError` unless `name` is one of `names`, which have a sentence each or none."""
    if name is None or name in names:
        return
    told = [f"{known} ({sentence.rstrip('.')})" if sentence else known for known, sentence in names.items()]
    raise UserError(f"There is no {what} '{name}'.", f"Choose one of: {'; '.join(told)}.")


def _within(what: str, value: int | None, least: int, most: int) -> None:
    if value is not None and not least <= value <= most:
        raise UserError(f"{value:,} is no {what}.", f"Choose one from {least} to {most:,}.")
