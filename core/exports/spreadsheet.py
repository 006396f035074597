"""Text that is safe to open in a spreadsheet."""

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "'")  # noqa: RUF001


def harmless(text: str) -> str:
    """Text that a spreadsheet would run as a formula, with an apostrophe before it; other text as it is.

    A leading apostrophe is doubled, so that `plain_text` gives the original back.
    """
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def plain_text(text: str) -> str:
    """The inverse of `harmless`."""
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA_STARTS) else text
