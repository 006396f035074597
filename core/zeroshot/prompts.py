"""Class names and the captions that describe them to a model."""

import csv
import difflib
from collections.abc import Iterable, Sequence

from core.errors import UserError

# What fits none of the classes: captions any picture fits a little. Never "not X": CLIP ignores negation.
OTHER_PROMPTS = (
    "a photo",
    "a picture",
    "an image",
    "an image of something else",
    "a picture of an everyday object",
)


def prompts_for(
    name: str, own_prompts: Sequence[str], templates: Sequence[str], is_other: bool = False
) -> tuple[str, ...]:
    """The captions of one class, at least one, none twice.

    Its own prompts replace the model's `templates`; in both, `{}` stands for the class name. A class that
    takes what fits none and has no prompts of its own gets neutral captions: "other" says nothing to a model.
    """
    own = [prompt for prompt in (text.strip() for text in own_prompts) if prompt]
    if own:
        captions = [fill(prompt, name) for prompt in own]
    elif is_other:
        captions = list(OTHER_PROMPTS)
    else:
        captions = [fill(template, name) for template in templates] or [name]
    return tuple(dict.fromkeys(captions))


def fill(template: str, name: str) -> str:
    """`template` with the class name for `{}`. Other braces stay as they are (no `str.format`)."""
    return template.replace("{}", name)


def parse_class_names(text: str) -> tuple[str, ...]:
    """The names in `a, b, "c, with a comma"`, trimmed, in order. Lines count as commas.

    Raises `UserError` for an empty list or name, a name given twice (in whatever case), a missing quote.
    """
    try:
        line = text.strip().replace("\r", "").replace("\n", ",")
        (row,) = csv.reader([line], skipinitialspace=True, strict=True)
    except (csv.Error, ValueError) as error:
        raise UserError(f"The list of classes {text!r} cannot be read.", _QUOTING) from error
    names = tuple(" ".join(name.split()) for name in row)
    if not names or not all(names):
        raise UserError(
            f"The list of classes {text!r} has an empty name.", "Separate the names by single commas."
        )
    refuse_duplicates(names)
    return names


def refuse_duplicates(names: Iterable[str]) -> None:
    """Raise `UserError` when two names are the same but for case."""
    seen: set[str] = set()
    for name in names:
        if name.casefold() in seen:
            raise UserError(f"The class '{name}' is named twice.", "Give every class a name of its own.")
        seen.add(name.casefold())


def parse_prompt(option: str, names: Sequence[str] = ()) -> tuple[str, str]:
    """Class name and caption of `"name=caption"`. Raises `UserError` when either is missing.

    With `names`, the class must be one of them (in whatever case) and comes back as it is written there.
    """
    for name in sorted(names, key=len, reverse=True):  # a name may hold an equals sign
        head, rest = option.strip()[: len(name)], option.strip()[len(name) :].lstrip()
        if head.casefold() == name.casefold() and rest.startswith("=") and rest[1:].strip():
            return name, rest[1:].strip()
    name, equals, prompt = (part.strip() for part in option.partition("="))
    if not (name and equals and prompt):
        raise UserError(f"The prompt {option!r} cannot be read.", 'Write it as "CLASS=CAPTION".')
    if names:
        near = difflib.get_close_matches(name, names, n=1)
        hint = f"Did you mean '{near[0]}'?" if near else f"The classes are: {', '.join(names)}."
        raise UserError(f"The prompt {option!r} is for a class that is not in the list.", hint)
    return name, prompt


def group_prompts(options: Iterable[str], names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The captions of each class that has some, from `"name=caption"` options. Raises `UserError`."""
    found: dict[str, list[str]] = {}
    for option in options:
        name, prompt = parse_prompt(option, names)
        found.setdefault(name, []).append(prompt)
    return {name: tuple(prompts) for name, prompts in found.items()}


_QUOTING = 'Separate names by commas; put a name that has a comma in quotes: benign, "malignant, any grade".'
