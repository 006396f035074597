"""A window in words, as radiologists count: its level (the middle) and its width, in stored values."""

from core.images.details import Window
from medlabel_gui.texts.preview import FactTexts


def window_text(window: Window) -> str:
    """`level 40, width 400`: as the header says it, where it does."""
    if window.centre is not None and window.width is not None:
        level, width = window.centre, window.width
    else:
        level, width = (window.low + window.high) / 2, window.high - window.low
    return FactTexts.level_width.format(level=_number(level, width), width=_number(width, width))


def _number(value: float, width: float) -> str:
    """As many digits as tell a hundredth of the window apart."""
    if abs(value) >= 1e7 or 0 < width < 1e-3:
        return f"{value:.4g}"
    digits = 0 if width >= 100 else 1 if width >= 10 else 2 if width >= 1 else 5
    return f"{value:,.{digits}f}"
