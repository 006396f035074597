"""Keys of the actions: which of them clash, how they are written, which a person has changed. No widget."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from PySide6.QtGui import QKeySequence

from medlabel_gui.action_table import ActionSpec

Keys = Mapping[str, Sequence[str]]

# What moves among the images, and what the large preview listens to: an action on one of them would take it away.
MOVING = ("Left", "Right", "Up", "Down", "Home", "End", "PgUp", "PgDown", "Tab", "Shift+Tab")
PREVIEW = ("Z", "+", "=", "-", "Esc")
RESERVED = (*MOVING, *PREVIEW)


@dataclass(frozen=True)
class Conflict:
    """`key` (portable text) is that of the action `first` and of the action `second` or of a class.

    `second` and `class_name` are empty for a reserved key.
    """

    key: str
    first: str
    second: str = ""
    class_name: str = ""


def portable(key: str) -> str:
    """One way to write a key, however it was written."""
    return QKeySequence(key).toString(QKeySequence.SequenceFormat.PortableText)


def native(keys: Sequence[str]) -> str:
    """Keys as the keyboard of this system names them."""
    form = QKeySequence.SequenceFormat.NativeText
    return ", ".join(filter(None, (QKeySequence(key).toString(form) for key in keys)))


def keys_of(spec: ActionSpec, keys: Keys) -> tuple[str, ...]:
    """The keys of an action: those of `keys`, else those of the table."""
    written = (portable(key) for key in keys.get(spec.id, spec.keys))
    return tuple(dict.fromkeys(filter(None, written)))


def conflicts(
    specs: Sequence[ActionSpec], keys: Keys, class_keys: Mapping[str, str] | None = None
) -> list[Conflict]:
    """Actions of `specs` that answer to the same key, in the order of the table; then to the key of a class, by
    its name in `class_keys`; then to a key that is reserved.

    Actions for the images are there together with all others while the images have the focus. Qt calls none of
    those that share a key then, so any shared key is a clash. Key 3 of the action that gives key 3's class is none.
    """
    users: dict[str, list[ActionSpec]] = {}
    for spec in specs:
        for key in keys_of(spec, keys):
            users.setdefault(key, []).append(spec)
    shared = [
        Conflict(key, one.id, other.id)
        for key, answering in users.items()
        for one, other in combinations(answering, 2)
    ]
    of_classes = [
        Conflict(portable(key), spec.id, class_name=name)
        for key, name in (class_keys or {}).items()
        for spec in users.get(portable(key), ())
        if spec.assigns != key
    ]
    reserved = [Conflict(key, spec.id) for key in RESERVED for spec in users.get(key, ())]
    return shared + of_classes + reserved


def taken_keys(specs: Sequence[ActionSpec], keys: Keys) -> frozenset[str]:
    """The single keys that no class can have: those of the actions as they are now, and the reserved ones.

    Key 3 of the action that gives key 3's class is free for a class.
    """
    used = {key for spec in specs for key in keys_of(spec, keys) if key != spec.assigns}
    return frozenset(key for key in (*used, *RESERVED) if len(key) == 1)


def changed_keys(specs: Sequence[ActionSpec], keys: Keys) -> dict[str, tuple[str, ...]]:
    """Only what differs from the table, by id: what the settings keep."""
    return {spec.id: keys_of(spec, keys) for spec in specs if keys_of(spec, keys) != keys_of(spec, {})}
