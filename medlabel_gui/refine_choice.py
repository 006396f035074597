"""How to refine, as a person chose it: plain data, kept in the settings."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, get_args

from core.refine.names import NETWORKS, STRATEGIES, TIMM_PREFIX
from core.refine.params import Optimiser, Schedule, TrainingChoices
from medlabel_gui.settings import Settings
from medlabel_gui.texts.refine import ChoiceTexts

OPTIMISERS: tuple[Optimiser, ...] = get_args(Optimiser)
SCHEDULES: tuple[Schedule, ...] = get_args(Schedule)
EPOCHS = (1, 1000)
BATCH_SIZES = (2, 4096)
LEARNING_RATES = (1e-6, 1.0)

_PURPOSE = "refine"


class Named(Protocol):
    """A strategy or a network as `core.refine.names` describes it."""

    @property
    def name(self) -> str: ...

    @property
    def title(self) -> str: ...

    @property
    def description(self) -> str: ...


@dataclass(frozen=True)
class RefineChoice:
    """A strategy, and what is chosen for its network; None there is the strategy's own."""

    strategy: str = "auto"
    training: TrainingChoices = field(default_factory=TrainingChoices)


DEFAULT_CHOICE = RefineChoice()


def strategies() -> tuple[Named, ...]:
    """All strategies, the recommended one first."""
    return tuple(sorted(STRATEGIES.values(), key=lambda row: row.name != DEFAULT_CHOICE.strategy))


def networks() -> tuple[Named, ...]:
    """All networks that are listed."""
    return tuple(NETWORKS.values())


def strategy_title(name: str) -> str:
    """What people call a strategy; its name where nobody does."""
    return STRATEGIES[name].title if name in STRATEGIES else name


def network_title(name: str) -> str:
    """What people call a network; its name where nobody does."""
    return NETWORKS[name].title if name in NETWORKS else name


def choice_words(choice: RefineChoice) -> list[str]:
    """What of a choice is not as it came, in a few words."""
    words = [] if choice.strategy == DEFAULT_CHOICE.strategy else [strategy_title(choice.strategy)]
    if choice.training.network is not None:
        words.append(network_title(choice.training.network))
    if replace(choice.training, network=None) != DEFAULT_CHOICE.training:
        words.append(ChoiceTexts.own_training)
    return words


def kept_choice(settings: Settings) -> RefineChoice:
    """The last choice. What makes no sense, as a strategy that is no more, counts as not chosen."""
    stored = settings.choices(_PURPOSE)
    training = TrainingChoices(
        network=_read(stored, "network", _network),
        optimiser=_read(stored, "optimiser", lambda v: v in OPTIMISERS),
        schedule=_read(stored, "schedule", lambda v: v in SCHEDULES),
        epochs=_read(stored, "epochs", lambda v: _whole(v, EPOCHS)),
        batch_size=_read(stored, "batch_size", lambda v: _whole(v, BATCH_SIZES)),
        learning_rate=_read(stored, "learning_rate", lambda v: _number(v, LEARNING_RATES)),
        class_weights=_read(stored, "class_weights", lambda v: isinstance(v, bool)),
        flip=_read(stored, "flip", lambda v: isinstance(v, bool)),
        pretrained=stored.get("pretrained") is not False,
    )
    strategy = stored.get("strategy")
    return RefineChoice(strategy if strategy in STRATEGIES else DEFAULT_CHOICE.strategy, training)


def keep_choice(settings: Settings, choice: RefineChoice) -> None:
    """Remember a choice, without what is the strategy's own."""
    values = {name: value for name, value in vars(choice.training).items() if value is not None}
    settings.set_choices(_PURPOSE, {"strategy": choice.strategy, **values})


def parse_rate(text: str) -> float | None:
    """A learning rate as people type it (`0.001`, `0,001`, `1e-3`); None where it is none that makes sense."""
    try:
        rate = float(text.strip().replace(",", "."))
    except ValueError:
        return None
    return rate if _number(rate, LEARNING_RATES) else None


def _read(stored: Mapping[str, Any], name: str, sensible: Callable[[Any], bool]) -> Any:
    value = stored.get(name)
    return value if sensible(value) else None


def _network(value: Any) -> bool:
    return isinstance(value, str) and (value in NETWORKS or value.startswith(TIMM_PREFIX))


def _whole(value: Any, limits: tuple[int, int]) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and limits[0] <= value <= limits[1]


def _number(value: Any, limits: tuple[float, float]) -> bool:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return is_number and limits[0] <= value <= limits[1]
