"""The words of a project: classes, statuses, sources, runs."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any


class Status(IntEnum):
    """What is known of an image; the value is stored."""

    UNLABELLED = 0
    PREDICTED = 1
    ACCEPTED = 2
    CORRECTED = 3
    UNSURE = 4
    EXCLUDED = 5
    ERROR = 6


class Source(IntEnum):
    """Who gave the delivered label."""

    NONE = 0
    HUMAN = 1
    ZERO_SHOT = 2
    REFINEMENT = 3
    IMPORTED = 4
    MODEL = 5
    """A refined model that was saved, from other images."""

    @property
    def text(self) -> str:
        """The name in files: `zero-shot` ..., empty for NONE."""
        return "" if self is Source.NONE else self.name.lower().replace("_", "-")


@dataclass(frozen=True)
class ImageClass:
    """A label name. `id` never changes; `prompts` are captions, none means the model's own templates.

    `is_other` marks the class that takes what fits none.
    """

    id: int
    name: str
    prompts: tuple[str, ...] = ()
    is_other: bool = False
    colour: str = ""
    key: str = ""


def described(classes: Sequence[ImageClass]) -> list[dict[str, Any]]:
    """What of the classes the labels depend on, as a zero-shot run keeps it in `params['classes']`."""
    return [{"id": c.id, "name": c.name, "prompts": list(c.prompts), "is_other": c.is_other} for c in classes]


@dataclass(frozen=True)
class Run:
    """One labelling by one model, with its full provenance.

    `class_ids` names the columns of its probabilities; `parent` is the stage 1 run that a refinement
    was trained on; `delivers` is false for a refinement that collapsed. `params` holds model, weights
    hash, prompts, parameters, seed and versions; `metrics` what was measured, with the epochs' curves.
    """

    id: int
    kind: str  # 'zero-shot', 'imported', 'predicted' (by a saved model) or 'refinement'
    created_at: str
    class_ids: tuple[int, ...]
    params: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)
    parent: int | None = None
    finished: bool = False
    delivers: bool = True
    note: str = ""
