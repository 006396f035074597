"""What a model makes of the prompts, told before anybody labels with them; and which class takes too much."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.jobs import JobContext
from core.tasks.encoders import shared_encoder, text_classifier
from core.tasks.label import ClassSpec
from core.zeroshot.catalogue import DEFAULT_MODEL, find_model
from core.zeroshot.classify import nearly_same
from core.zeroshot.prompts import prompts_for

SWALLOWS = 0.8  # share of the images from which on a class seems to take those of others
ENOUGH = 20  # images, below which a share says little


@dataclass(frozen=True)
class PromptCheckSpec:
    """The classes as they would be labelled with, and by what."""

    classes: tuple[ClassSpec, ...]
    model: str = DEFAULT_MODEL
    device: str = "auto"


@dataclass(frozen=True)
class PromptCheck:
    """What was found about `classes`, which are those of the spec; i and j are positions there, i < j.

    `pairs` (i, j, cosine) are nearly the same for this model, most alike first. `shared` (i, j, caption) stand
    in two classes word for word. `captions` are what the model reads for each class, with the names filled in;
    `own_captions` what it would read if the class had no prompts. `notes` are remarks on captions, as one that was cut.
    """

    classes: tuple[ClassSpec, ...]
    pairs: tuple[tuple[int, int, float], ...]
    shared: tuple[tuple[int, int, str], ...]
    captions: tuple[tuple[str, ...], ...]
    own_captions: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()


def check_prompts(spec: PromptCheckSpec, ctx: JobContext) -> PromptCheck:
    """Encode the prompts and compare the classes. Loads the model unless it was used last. Raises `UserError`."""
    entry = find_model(spec.model)
    captions = tuple(prompts_for(c.name, c.prompts, entry.templates, c.is_other) for c in spec.classes)
    own = tuple(prompts_for(c.name, (), entry.templates, c.is_other) for c in spec.classes)
    pairs: list[tuple[int, int, float]] = []
    notes: tuple[str, ...] = ()
    if captions:
        ctx.progress(0, 0, f"Loading {entry.title}")
        encoder = shared_encoder(entry, spec.device)
        ctx.check()
        classifier, notes = text_classifier(encoder, captions)
        notes = tuple(note for note in notes if note not in entry.notes)
        pairs = nearly_same(classifier)
    return PromptCheck(spec.classes, tuple(pairs), shared_captions(captions), captions, own, notes)


def shared_captions(captions: Sequence[Sequence[str]]) -> tuple[tuple[int, int, str], ...]:
    """(i, j, caption), i < j, for captions that stand in the classes i and j, ignoring case."""
    first: dict[str, int] = {}
    found = []
    for position, own in enumerate(captions):
        for caption in own:
            other = first.setdefault(caption.casefold(), position)
            if other != position:
                found.append((other, position, caption))
    return tuple(found)


def swallowing(counts: Sequence[int] | npt.NDArray[np.integer]) -> int | None:
    """The position of the class that takes most of the images, None when there is none.

    `counts` (k,) are the images a class, those without a label left out. It takes at least 80 % of at least 20
    images, among at least two classes. Zero-shot classes compete by the cosine to their captions: one whose
    captions fit any picture a little better than the others' wins nearly everywhere, whatever is shown. That is
    seldom what a folder holds and mostly mended by other prompts, so it is worth a look; it is no proof, for a
    folder may well be of one kind.
    """
    images = np.asarray(counts)
    total = int(images.sum())
    if len(images) < 2 or total < ENOUGH:
        return None
    largest = int(images.argmax())
    return largest if images[largest] >= SWALLOWS * total else None
