"""Which keys decide about images, in a line, as they are now."""

from collections.abc import Sequence

from medlabel_gui.action_table import ACTIONS
from medlabel_gui.keys import Keys, keys_of, native
from medlabel_gui.texts.summary import KeyHintTexts


def key_hint(keys: Keys, *action_ids: str) -> str:
    """The numbers of the classes, then the first key of each action; those without a key are left out.

    `keys` are those of the actions by id, where they are not those of the table. The actions have a text in
    `KeyHintTexts`.
    """
    first = {spec.id: native(keys_of(spec, keys)[:1]) for spec in ACTIONS}
    parts = [_numbers([first[spec.id] for spec in ACTIONS if spec.assigns])]
    parts += [getattr(KeyHintTexts, name).format(key=first[name]) for name in action_ids if first[name]]
    return " · ".join(filter(None, parts))


def _numbers(keys: Sequence[str]) -> str:
    return KeyHintTexts.assign.format(first=keys[0], last=keys[-1]) if keys[0] and keys[-1] else ""
