"""What can be chosen for a refinement, and whether a choice makes sense."""

import difflib
import math
from collections.abc import Callable, Mapping
from typing import get_args

from core.errors import UserError
from core.refine.names import NETWORKS, STRATEGIES, TIMM_PREFIX
from core.refine.params import Optimiser, Schedule, TrainingChoices

OPTIMISERS: tuple[str, ...] = get_args(Optimiser)
SCHEDULES: tuple[str, ...] = get_args(Schedule)
_LARGEST_BATCH = 65_536
_MOST_EPOCHS = 10_000
_LARGEST_RATE = 100


def check_choices(strategy: str, choices: TrainingChoices) -> None:
    """Raise `UserError` for what is unknown, with what there is instead."""
    _known("strategy", strategy, strategy_sentences())
    _known("optimiser", choices.optimiser, dict.fromkeys(OPTIMISERS, ""))
    _known("schedule", choices.schedule, dict.fromkeys(SCHEDULES, ""))
    _check_network(choices.network)
    _within("number of epochs", choices.epochs, 1, _MOST_EPOCHS)
    _within("batch size", choices.batch_size, 1, _LARGEST_BATCH)
    rate = choices.learning_rate
    if rate is not None and not (math.isfinite(rate) and 0 < rate <= _LARGEST_RATE):
        raise UserError(
            f"{rate:g} is no learning rate.", f"Choose one above 0, {_LARGEST_RATE} at most, as 0.001."
        )


def _check_network(name: str | None) -> None:
    if name is not None and name.startswith(TIMM_PREFIX):
        from core.refine.networks import find_network

        find_network(name)
    else:
        _known("network", name, network_sentences(), _near_networks)


def listing(names: Mapping[str, str]) -> list[str]:
    """Lines for people: each name with its sentence."""
    width = max(map(len, names))
    return [f"{name:<{width}}  {sentence}".rstrip() for name, sentence in names.items()]


def strategy_sentences() -> dict[str, str]:
    """What people read about each strategy, by name."""
    return {name: getattr(info, "description", "") for name, info in STRATEGIES.items()}


def network_sentences() -> dict[str, str]:
    """What people read about each network, by name."""
    own = {network: info.description for network, info in NETWORKS.items()}
    return {**own, f"{TIMM_PREFIX}NAME": "Any network of the timm library."}


def _near_networks(name: str) -> list[str]:
    """Names that were perhaps meant: one of ours, or a network of timm, which goes by its prefix."""
    near = difflib.get_close_matches(name.casefold(), NETWORKS, n=1)
    from timm import list_models  # only where a name is unknown: importing it takes a moment

    timm = difflib.get_close_matches(name.casefold(), list_models(), n=2, cutoff=0.8)
    return [*near, *(TIMM_PREFIX + found for found in timm)]


def _known(
    what: str, name: str | None, names: Mapping[str, str], near: Callable[[str], list[str]] | None = None
) -> None:
    """Raise `UserError` unless `name` is one of `names`, which have a sentence each or none."""
    if name is None or name in names:
        return
    meant = near(name) if near is not None else difflib.get_close_matches(name.casefold(), names, n=1)
    ask = f"Did you mean {' or '.join(meant)}? " if meant else ""
    told = [f"{known} ({sentence.rstrip('.')})" if sentence else known for known, sentence in names.items()]
    raise UserError(f"There is no {what} '{name}'.", f"{ask}Choose one of: {'; '.join(told)}.")


def _within(what: str, value: int | None, least: int, most: int) -> None:
    if value is not None and not least <= value <= most:
        raise UserError(f"{value:,} is no {what}.", f"Choose one from {least} to {most:,}.")
