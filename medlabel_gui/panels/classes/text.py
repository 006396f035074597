"""The classes as text: one a line, with prompts after an equals sign."""

from collections.abc import Iterable, Sequence

from core.project.class_edits import Entry, clean, clean_prompts
from core.project.records import ImageClass
from core.zeroshot.prompts import parse_class_names


def parse_classes(text: str) -> list[Entry]:
    """(name, prompts) of each line `name`, `name = prompt` or `name = prompt | prompt`; same names merge."""
    found: dict[str, Entry] = {}
    for line in text.splitlines():
        name, _, rest = line.partition("=")
        name = clean(name)
        if name:
            first, before = found.get(name.casefold(), (name, ()))
            found[name.casefold()] = (first, (*before, *clean_prompts(rest.split("|"))))
    return [(name, clean_prompts(prompts)) for name, prompts in found.values()]


def format_classes(classes: Sequence[ImageClass]) -> str:
    """The text that `parse_classes` reads back."""
    return format_entries((c.name, c.prompts) for c in classes)


def format_entries(entries: Iterable[Entry]) -> str:
    """The same for names with prompts."""
    return "\n".join(f"{name} = {' | '.join(prompts)}" if prompts else name for name, prompts in entries)


def parse_added(text: str) -> list[Entry]:
    """What somebody typed or pasted into one line: names with commas between them, or the lines of a list.

    A name that has a comma goes into quotes. Raises `UserError` where that cannot be read.
    """
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) != 1 or "=" in text:
        return parse_classes(text)
    if "," not in text and '"' not in text:
        return [(clean(text), ())]
    return [(name, ()) for name in parse_class_names(lines[0])]


def without(entries: Sequence[Entry], classes: Sequence[ImageClass]) -> list[Entry]:
    """The entries whose names no class has, in whatever case."""
    taken = {c.name.casefold() for c in classes}
    return [entry for entry in entries if entry[0].casefold() not in taken]
