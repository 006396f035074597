"""Labels from elsewhere bring their own classes: when they may take the place of the project's, and what then goes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.errors import UserError
from core.project.class_edits import clean, replace_all
from core.project.project import Project
from core.project.records import ImageClass, Run

_MOST = 6  # classes that are named in a message
_KINDS = {"zero-shot": "CLIP", "imported": "weak labels", "predicted": "a saved model"}


@dataclass(frozen=True)
class Adopted:
    """`classes` (k) are the project's now; `order` (k) the position of each among the names that came."""

    classes: tuple[ImageClass, ...]
    order: tuple[int, ...]


def adopt_classes(project: Project, names: Sequence[str], author: str, source: str, replace: bool) -> Adopted:
    """Make the classes of `source` the project's, unless they are those already, in whatever order and case.

    Other ones take the place of the project's in one edit that an undo takes back: equal names keep what they had,
    decisions for a class that goes are withdrawn. Where this would cost labels it must be wanted (`replace`).
    Raises `UserError`.
    """
    wanted = [_key(name) for name in names]
    if len(set(wanted)) < len(wanted):
        raise UserError(
            f"Two classes of {source} have the same name but for case or blanks: {listed(names)}.",
            "Give every class a name of its own.",
        )
    known = {_key(c.name): c for c in project.classes}
    if set(known) == set(wanted):
        return Adopted(project.classes, tuple(wanted.index(_key(c.name)) for c in project.classes))
    if not replace:
        _refuse_losses(project, names, source)
    entries = [
        (name, known[key].prompts if key in known else ()) for name, key in zip(names, wanted, strict=True)
    ]
    edit = replace_all(project.classes, entries, project.next_class_id(), project.history.decisions)
    project.execute(edit, author)
    return Adopted(project.classes, tuple(range(len(names))))


def succession(before: Run | None, now: int, source: str) -> tuple[str, ...]:
    """A sentence where labels of one stage 1 run take the place of another's; the other run is kept."""
    if before is None or before.id == now:
        return ()
    return (
        f"The labels of run {before.id} ({_KINDS.get(before.kind, before.kind)}) have made way for those of run {now}, "
        f"which come from {source}; run {before.id} is kept.",
    )


def counted(number: int, one: str, more: str = "") -> str:
    """`1 image`, `2 images`."""
    return f"{number:,} {one if number == 1 else more or one + 's'}"


def listed(names: Sequence[str]) -> str:
    """The first few names in quotation marks."""
    text = ", ".join(f"'{name}'" for name in names[:_MOST])
    return f"{text} and {len(names) - _MOST} more" if len(names) > _MOST else text


def _refuse_losses(project: Project, names: Sequence[str], source: str) -> None:
    run = project.runs.stage_one()
    labels = 0 if run is None else int((~np.isnan(project.runs.probabilities(run)).any(axis=1)).sum())
    decisions = int((project.history.decisions["status"] > 0).sum())
    if not labels and not decisions:
        return
    held = [counted(labels, "label")] if labels else []
    held += [counted(decisions, "decision") + " of people"] if decisions else []
    raise UserError(
        f"{source} has the classes {listed(names)}; this project has {listed([c.name for c in project.classes])}, "
        f"with {' and '.join(held)}. Its classes and labels would take the place of "
        "the project's; decisions for a class that goes would be withdrawn.",
        "If that is meant, give --replace-classes; Undo in the window brings the classes and decisions back. "
        "Else choose another project with --project.",
    )


def _key(name: str) -> str:
    return clean(name).casefold()
