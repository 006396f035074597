"""How long something takes, for people."""

from medlabel_gui.texts.jobs import DurationTexts


def duration(seconds: float) -> str:
    """Seconds for people: `8 s`, `2 min 05 s`, `1 h 20 min`."""
    whole = max(0, round(seconds))
    if whole < 60:
        return DurationTexts.seconds.format(seconds=whole)
    if whole < 3600:
        return DurationTexts.minutes.format(minutes=whole // 60, seconds=f"{whole % 60:02d}")
    return DurationTexts.hours.format(hours=whole // 3600, minutes=f"{whole % 3600 // 60:02d}")
