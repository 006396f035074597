"""What the notes say: plain functions from a check of the prompts and the images a class to words."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.project.class_edits import Classes
from core.project.table import LabelTable
from medlabel_gui.keys import Conflict, native
from medlabel_gui.panels.classes.counts import greedy_class
from medlabel_gui.panels.classes.notes import Note
from medlabel_gui.texts.actions import plain_text
from medlabel_gui.texts.classes import NoteTexts

if TYPE_CHECKING:
    from core.tasks.label import ClassSpec
    from core.tasks.prompts import PromptCheck

_PAIRS = 3  # that are told one by one
_LONG = 32  # letters of a name


def specs(classes: Classes) -> "tuple[ClassSpec, ...]":
    """The classes as a check of their prompts takes them."""
    from core.tasks.label import ClassSpec

    return tuple(ClassSpec(c.name, c.prompts, c.is_other) for c in classes)


def short(name: str) -> str:
    """A name as it stands in a note."""
    return name if len(name) <= _LONG else f"{name[: _LONG - 1].rstrip()}…"


def prompt_notes(check: "PromptCheck", classes: Classes) -> list[Note]:
    """Pairs that are nearly the same, the most alike ones in words, and captions that were cut."""
    names, ids = [short(c.name) for c in classes], [c.id for c in classes]
    shared = {(i, j): caption for i, j, caption in reversed(check.shared)}
    pairs = [(i, j, cosine) for i, j, cosine in check.pairs]
    pairs = [*((i, j, 1.0) for i, j in shared if (i, j) not in {p[:2] for p in pairs}), *pairs]
    found = []
    for i, j, cosine in pairs[:_PAIRS]:
        key = ("pair", ids[i], ids[j])
        if (i, j) in shared:
            text = NoteTexts.shared.format(one=names[i], other=names[j], caption=shared[i, j])
        else:
            text = NoteTexts.same.format(one=names[i], other=names[j], cosine=f"{min(cosine, 1):.2f}")
        found.append(Note(key, text))
    if len(pairs) > _PAIRS:
        more = len(pairs) - _PAIRS
        text = NoteTexts.more_pairs.format(count=more) if more > 1 else NoteTexts.one_more_pair
        found.append(Note("more pairs", text))
    return [*found, *(Note(("model", note), note) for note in check.notes)]


def takes_note(table: LabelTable | None, classes: Classes) -> list[Note]:
    """The class that takes nearly all images, if there is one."""
    found = greedy_class(table, classes) if table is not None and len(table) else None
    if found is None:
        return []
    class_id, share = found
    name = short(next(c.name for c in classes if c.id == class_id))
    return [Note(("takes", class_id), NoteTexts.takes.format(name=name, percent=f"{int(100 * share)} %"))]


def key_notes(clashes: Sequence[Conflict]) -> list[Note]:
    """Keys of classes that do something else on this machine."""
    found = []
    for clash in clashes:
        words = {"key": native([clash.key]), "name": short(clash.class_name)}
        text = NoteTexts.key.format(action=plain_text(clash.first), **words)
        found.append(Note(("key", clash.key, clash.first), text))
    return found
