"""Large arrays a strip of rows at a time: what is computed on the way takes no more memory, however many rows."""

from collections.abc import Iterator

STRIP_PIXELS = 2_000_000
"""Of a strip. The steps between are float64, or a picture's copies."""


def strips(height: int, width: int) -> Iterator[slice]:
    """Rows 0..`height` in order, in parts of at most `STRIP_PIXELS` of `width` to a row, and of at least one row."""
    rows = max(1, STRIP_PIXELS // max(1, width))
    for top in range(0, height, rows):
        yield slice(top, min(top + rows, height))
