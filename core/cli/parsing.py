"""From what was typed to what the tasks take."""

import os
from pathlib import Path

from core.errors import UserError
from core.tasks.export import Status


def parse_statuses(text: str) -> frozenset[Status] | None:
    """`accepted,corrected` to statuses; None for nothing. Raises `UserError`."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    known = {status.name.lower(): status for status in Status}
    for name in names:
        if name not in known:
            raise UserError(f"There is no status '{name}'.", f"Choose among: {', '.join(known)}.")
    return frozenset(known[name] for name in names) or None


def parse_split(text: str) -> tuple[float, float, float] | None:
    """Shares as `parse_ratios` reads them; None for `none`. Raises `UserError`."""
    return None if text.strip().casefold() == "none" else parse_ratios(text)


def parse_ratios(text: str) -> tuple[float, float, float]:
    """`70/10/20` to shares that sum to 1. Raises `UserError`."""
    try:
        parts = [float(part) for part in text.replace(",", "/").split("/")]
    except ValueError:
        parts = []
    if len(parts) != 3 or min(parts) < 0 or not sum(parts) > 0:
        raise UserError(f"'{text}' is not a split.", "Write three shares, for instance 70/10/20.")
    total = sum(parts)
    return parts[0] / total, parts[1] / total, parts[2] / total


def check_outputs(*paths: Path | None) -> None:
    """Find out before hours of work that a file cannot be written. Raises `UserError`."""
    for path in paths:
        if path is None:
            continue
        if path.is_dir():
            raise UserError(f"{path} is a folder, not a file name.")
        parent = path.resolve().parent
        if not parent.is_dir() or not os.access(parent, os.W_OK):
            raise UserError(f"{path} cannot be written: the folder {parent} does not exist or is read-only.")


def parse_pair(text: str) -> tuple[str, str]:
    """`THEIRS=OURS` to both names, without blanks around them. Raises `UserError`."""
    theirs, equals, ours = text.partition("=")
    if not equals:
        raise UserError(f"'{text}' is not THEIRS=OURS.")
    return theirs.strip(), ours.strip()
