"""The CLIP models that can be chosen, as the catalogue of the core tells them."""

from dataclasses import dataclass

from core.errors import UserError


@dataclass(frozen=True)
class ModelChoice:
    """`missing` says why the model cannot be used on this machine yet; empty when it can."""

    id: str
    title: str
    detail: str
    missing: str = ""


def model_choices() -> tuple[ModelChoice, ...]:
    """All models in the catalogue's order. Looks for weights on the disk: not for the main thread."""
    from core.zeroshot.catalogue import models
    from core.zeroshot.entry import ModelEntry
    from core.zeroshot.weights import locate

    def choice(entry: ModelEntry) -> ModelChoice:
        try:
            locate(entry)
            missing = ""
        except UserError as error:
            missing = str(error)
        detail = f"{entry.good_for} {entry.size_mb:,} MB, licence {entry.licence}."
        return ModelChoice(entry.id, entry.title, detail, missing)

    return tuple(choice(entry) for entry in models())
