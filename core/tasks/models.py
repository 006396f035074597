"""The models that can label, and fetching one."""

from dataclasses import dataclass
from pathlib import Path

from core.jobs import JobContext
from core.zeroshot.catalogue import find_model, is_present, models


@dataclass(frozen=True)
class ModelInfo:
    """A row of the catalogue; `present` says whether its weights are on this machine."""

    id: str
    title: str
    size_mb: int
    licence: str
    context_length: int
    good_for: str
    present: bool


def describe_models() -> list[ModelInfo]:
    """The whole catalogue. Touches no network and loads no torch."""
    return [
        ModelInfo(
            entry.id,
            entry.title,
            entry.size_mb,
            entry.licence,
            entry.context_length,
            entry.good_for,
            is_present(entry),
        )
        for entry in models()
    ]


def download_model(name: str, ctx: JobContext) -> Path:
    """Fetch the weights of a model of the catalogue, once; where they are. The one task that uses the network.

    Raises `UserError` when there is no such model or no network.
    """
    from core.zeroshot.weights import download

    return download(find_model(name), ctx).path
