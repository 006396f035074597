"""What a person can do to the classes, each as one undoable `Edit`. Pure functions of immutable state.

Names are unique ignoring case. A class keeps its id for life; what refers to a class that goes, changes in the
same edit. Classes stay immutable: an edit carries the whole new list.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from core.errors import UserError
from core.project.edits import Edit
from core.project.records import ImageClass

Classes = tuple[ImageClass, ...]
Entry = tuple[str, tuple[str, ...]]  # a name with its prompts
Decisions = npt.NDArray[np.void]  # (n,) DECISION

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_BARE = ("an image of {}", "{}")  # what a class without prompts brings into a merge


def clean(text: str) -> str:
    """A name or prompt on one line, without blanks around it or in a row."""
    return " ".join(text.split())


def clean_prompts(prompts: Sequence[str]) -> tuple[str, ...]:
    """The prompts that say something, none twice, in order."""
    return tuple(dict.fromkeys(filter(None, map(clean, prompts))))


def key_of(classes: Classes, position: int) -> str:
    """The key that assigns the class at `position`: its own, else its number up to 9, else none ('').

    A number that another class has as its own key is not given twice.
    """
    own = classes[position].key
    number = str(position + 1) if position < 9 else ""
    return own or (number if all(number != c.key for c in classes) else "")


def check_name(classes: Classes, name: str, class_id: int | None = None) -> str:
    """`name` as it would be stored for the class `class_id` (None: a new one). Raises `UserError`."""
    name = clean(name)
    if not name:
        raise UserError("A class needs a name.", "Type what its images show.")
    for other in classes:
        if other.id != class_id and other.name.casefold() == name.casefold():
            raise UserError(
                f"There is a class '{other.name}' already.", "Give every class a name of its own."
            )
    return name


def check_key(classes: Classes, key: str, class_id: int, reserved: Collection[str] = ()) -> str:
    """`key` as it would be stored for the class `class_id`; '' is the automatic one. Raises `UserError`.

    `reserved` are the single keys that do something else, in whatever case.
    """
    key = key.strip().casefold()
    if not key:
        return ""
    if len(key) != 1 or key == "0" or not (key in "123456789" or key.isalpha()):
        raise UserError(
            f"'{key.upper()}' cannot be the key of a class.", "Take a digit from 1 to 9 or a letter."
        )
    if key in {taken.casefold() for taken in reserved}:
        raise UserError(f"The key {key.upper()} does something else.", "Take another one.")
    for other in classes:
        if other.id != class_id and other.key == key:
            raise UserError(f"The key {key.upper()} belongs to '{other.name}'.", "Take another one.")
    return key


def add(classes: Classes, entries: Sequence[Entry], next_id: int) -> Edit:
    """New classes at the end, with ids from `next_id` on. Raises `UserError` when a name is taken."""
    after = classes
    for number, (name, prompts) in enumerate(entries):
        name = check_name(after, name)
        after = (*after, ImageClass(next_id + number, name, clean_prompts(prompts)))
    new = after[len(classes) :]
    text = f"Add '{new[0].name}'" if len(new) == 1 else f"Add {len(new)} classes"
    return Edit(text, classes=after)


def rename(classes: Classes, class_id: int, name: str) -> Edit:
    """Another name for the same class. Raises `UserError` when it is taken or empty."""
    old = _find(classes, class_id)
    name = check_name(classes, name, class_id)
    return Edit(f"Rename '{old.name}' to '{name}'", classes=_with(classes, replace(old, name=name)))


def set_prompts(classes: Classes, class_id: int, prompts: Sequence[str]) -> Edit:
    """Other prompts for a class; none means the model's own templates. Empty and repeated ones are dropped."""
    old = _find(classes, class_id)
    after = _with(classes, replace(old, prompts=clean_prompts(prompts)))
    return Edit(f"Change the prompts of '{old.name}'", classes=after)


def set_look(classes: Classes, class_id: int, colour: str, key: str, reserved: Collection[str] = ()) -> Edit:
    """Colour (`#rrggbb`) and key of a class; '' gives back the automatic ones. Raises `UserError`."""
    old = _find(classes, class_id)
    if colour and not _COLOUR.fullmatch(colour):
        raise UserError(f"'{colour}' is not a colour.", "Write it as #rrggbb.")
    key = old.key if key == old.key else check_key(classes, key, class_id, reserved)
    what = "colour" if key == old.key else "key" if colour == old.colour else "colour and key"
    after = _with(classes, replace(old, colour=colour, key=key))
    return Edit(f"Change the {what} of '{old.name}'", classes=after)


def reorder(classes: Classes, order: Sequence[int]) -> Edit:
    """The classes in the order of these ids. Raises `UserError` when they are not the ids of all classes."""
    by_id = {c.id: c for c in classes}
    if sorted(order) != sorted(by_id):
        raise _gone()
    text = "Reorder the classes"
    for moved in classes:  # one class that was moved has a name in the text
        rest = [class_id for class_id in order if class_id != moved.id]
        if list(order) != list(by_id) and rest == [class_id for class_id in by_id if class_id != moved.id]:
            text = f"Move '{moved.name}'"
            break
    return Edit(text, classes=tuple(by_id[class_id] for class_id in order))


def move(classes: Classes, class_id: int, position: int) -> Edit:
    """One class to another place in the list; a position beyond the ends is the end."""
    _find(classes, class_id)
    order = [c.id for c in classes if c.id != class_id]
    order.insert(max(0, position), class_id)
    return reorder(classes, order)


def merge(classes: Classes, into_id: int, from_ids: Collection[int], decisions: Decisions) -> Edit:
    """One class from several: what was decided for those of `from_ids` is decided for `into_id`, same status.

    Prompts are joined. A class without any brings plain captions with its name, so that the model still looks
    for it; but nothing is added to a class that takes what fits none and has no prompts.
    Raises `UserError` for a class that is not there or merged into itself.
    """
    into, merged = _find(classes, into_id), [_find(classes, class_id) for class_id in from_ids]
    if not merged or into_id in from_ids:
        raise UserError("A class cannot be merged into itself.", "Choose another class.")
    after = tuple(c for c in classes if c.id not in from_ids)
    after = _with(after, replace(into, prompts=_joined(into, merged)))
    rows = _decided_for(decisions, from_ids)
    names = f"'{merged[0].name}'" if len(merged) == 1 else f"{len(merged)} classes"
    return Edit(
        f"Merge {names} into '{into.name}'",
        rows=rows,
        status=decisions["status"][rows].astype(np.uint8),
        class_ids=np.full(len(rows), into_id, np.int32),
        classes=after,
    )


def remove(classes: Classes, class_id: int, decisions: Decisions) -> Edit:
    """The list without a class; what people decided for it is withdrawn."""
    old = _find(classes, class_id)
    after = tuple(c for c in classes if c.id != class_id)
    return Edit(f"Remove '{old.name}'", rows=_decided_for(decisions, [class_id]), classes=after)


def mark_other(classes: Classes, class_id: int, is_other: bool) -> Edit:
    """Whether a class takes what fits none. One class at most does: the mark leaves the others."""
    old = _find(classes, class_id)
    after = tuple(
        replace(c, is_other=is_other if c.id == class_id else c.is_other and not is_other) for c in classes
    )
    text = f"Let '{old.name}' take what fits none" if is_other else f"'{old.name}' is a class as the others"
    return Edit(text, classes=after)


def replace_all(classes: Classes, entries: Sequence[Entry], next_id: int, decisions: Decisions) -> Edit:
    """Exactly the classes of `entries`, in their order: one of the same name (in whatever case) keeps its id,
    look and mark; what was decided for those that go is withdrawn. Raises `UserError` for a name given twice.
    """
    known = {c.name.casefold(): c for c in classes}
    after: Classes = ()
    for name, prompts in entries:
        name = check_name(after, name)
        old = known.get(name.casefold(), ImageClass(next_id + len(after), name))
        after = (*after, replace(old, name=name, prompts=clean_prompts(prompts)))
    gone = {c.id for c in classes} - {c.id for c in after}
    return Edit("Replace the list of classes", rows=_decided_for(decisions, gone), classes=after)


def _find(classes: Classes, class_id: int) -> ImageClass:
    for image_class in classes:
        if image_class.id == class_id:
            return image_class
    raise _gone()


def _gone() -> UserError:
    return UserError("The classes have changed meanwhile.", "Look at the list and try again.")


def _with(classes: Classes, changed: ImageClass) -> Classes:
    return tuple(changed if c.id == changed.id else c for c in classes)


def _decided_for(decisions: Decisions, class_ids: Collection[int]) -> npt.NDArray[np.int64]:
    decided = (decisions["status"] > 0) & np.isin(decisions["class_id"], list(class_ids))
    return np.flatnonzero(decided)


def _joined(into: ImageClass, merged: Sequence[ImageClass]) -> tuple[str, ...]:
    if into.is_other and not into.prompts:
        return ()
    found = list(into.prompts or _BARE)
    for old in merged:
        own = old.prompts or (() if old.is_other else _BARE)
        found += [prompt.replace("{}", old.name) for prompt in own]
    return clean_prompts(found)
