"""Text that is safe to open in a spreadsheet."""

import csv
import re
from collections.abc import Iterable, Sequence
from typing import TextIO

_FORMULA = r"=+\-@\t\r\n＝＋－＠"  # noqa: RUF001
# Where a cell may begin: a spreadsheet may take ; (as it does in half of Europe), a tab or | for what separates cells.
_BEGIN = r"(\A|[;|\t\r\n])"
_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "'")  # noqa: RUF001
_HARMFUL = re.compile(f"{_BEGIN}(?='*[{_FORMULA}])|\\A(?=')")
_HARMLESS = re.compile(f"{_BEGIN}'(?='*[{_FORMULA}])|\\A'(?=')")


def harmless(text: str) -> str:
    """Text that a spreadsheet would run as a formula, with an apostrophe before it; other text as it is.

    So it is within the text too, where a cell would begin if ; | a tab or a line break ended one. An apostrophe that is
    there already is doubled, so that `plain_text` gives the original back.
    """
    if text.startswith(_STARTS) or _comes_apart(text):  # one text in a thousand: the rest is slow
        return _HARMFUL.sub(r"\g<0>'", text)
    return text


def plain_text(text: str) -> str:
    """The inverse of `harmless`."""
    return _HARMLESS.sub(lambda found: found[0][:-1], text)


def write_rows(file: TextIO, rows: Iterable[Sequence[str]]) -> None:
    """Write CSV, comma and CRLF. Where a cell has ; | or a control character, every cell of its row is in quotes.

    All rows in quotes would be a third longer, and longer to read.
    """
    plain, quoted = csv.writer(file), csv.writer(file, quoting=csv.QUOTE_ALL)
    for row in rows:
        (quoted if _comes_apart("".join(row)) else plain).writerow(row)


def _comes_apart(text: str) -> bool:
    """Whether what does not read commas may see more than one cell in it, or a terminal more than text."""
    return ";" in text or "|" in text or not text.isprintable()
