"""Which class of the project a class name from elsewhere seems to mean. A guess is shown, never acted on unseen."""

import re
from collections.abc import Sequence

_LEAST = 5  # letters of a word that may have a slip: in shorter ones another letter is another word


def suggest(name: str, classes: Sequence[str]) -> tuple[str, bool]:
    """The class that `name` means, empty for none or when several could be; True when they are only alike.

    Alike is: the same words in another order or spelling of spaces, hyphens and plurals, or one letter of a long
    word more, less, other or swapped. What differs in a digit or holds the other is never alike: "abnormal" is not
    "normal".
    """
    for spelt in (str, str.casefold):
        same = [c for c in classes if spelt(c) == spelt(name)]
        if len(same) == 1:
            return same[0], False
    for is_alike in (_same_words, _one_slip):
        near = [c for c in classes if is_alike(_words(name), _words(c))]
        if near:
            return (near[0], True) if len(near) == 1 else ("", False)
    return "", False


def _words(name: str) -> list[str]:
    return re.findall(r"[^\W_]+", name.casefold())


def _same_words(one: list[str], other: list[str]) -> bool:
    """The same but for order, joints and plural."""
    plain = [sorted(word.removesuffix("s") for word in words) for words in (one, other)]
    joined = ["".join(words).removesuffix("s") for words in (one, other)]
    return bool(joined[0]) and (plain[0] == plain[1] or joined[0] == joined[1])


def _one_slip(one: list[str], other: list[str]) -> bool:
    """The same but for a slip in one long word."""
    differing = [pair for pair in zip(one, other, strict=False) if pair[0] != pair[1]]
    return len(one) == len(other) and len(differing) == 1 and _is_slip(*differing[0])


def _is_slip(a: str, b: str) -> bool:
    if min(len(a), len(b)) < _LEAST or a in b or b in a or a[0] != b[0]:
        return False
    start = _common(a, b)
    end = min(_common(a[::-1], b[::-1]), min(len(a), len(b)) - start)
    rest = a[start : len(a) - end], b[start : len(b) - end]
    if any(letter.isdigit() for letter in "".join(rest)):
        return False
    swapped = len(rest[0]) == 2 and rest[0] == rest[1][::-1]
    return swapped or max(map(len, rest)) <= 1


def _common(a: str, b: str) -> int:
    """How many letters both begin with."""
    same = (x == y for x, y in zip(a, b, strict=False))
    return next((at for at, equal in enumerate(same) if not equal), min(len(a), len(b)))
