"""Finds selection, current image and place again when the order of the images changes."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from PySide6.QtCore import QItemSelection, QItemSelectionModel

from medlabel_gui.grid.model import ImageModel
from medlabel_gui.live_table import Rows

_MOST_RANGES = 20_000  # a selection in more pieces than this is not kept: it would take seconds


@dataclass(frozen=True, eq=False)
class Kept:
    """What was selected, as row numbers. `following` (k,) are the rows from the current one on, in their old order,
    `preceding` those before it; both are empty without a current image.
    """

    selected: Rows
    following: Rows
    preceding: Rows
    current_selected: bool
    by_labels: bool


def keep(model: ImageModel, selected: Rows, current: int, by_labels: bool) -> Kept:
    """Remember positions by their rows; `current` is -1 for none."""
    rows = model.rows
    none = rows[:0]
    following, preceding = (rows[current:], rows[:current]) if current >= 0 else (none, none)
    position = np.searchsorted(selected, current)
    is_selected = current >= 0 and position < len(selected) and selected[position] == current
    return Kept(rows[selected], following, preceding, bool(is_selected), by_labels)


def current_position(model: ImageModel, kept: Kept) -> tuple[int, bool]:
    """Where the current image is now, and whether it is still the same.

    When other labels took it away, the next one that is still there follows it, or else the one before.
    """
    places = model.positions_of(kept.following)
    if len(places) and places[0] >= 0:
        return int(places[0]), True
    if not kept.by_labels:
        return -1, False
    left = places[places >= 0]
    if len(left):
        return int(left[0]), False
    left = model.positions_of(kept.preceding)
    left = left[left >= 0]
    return (int(left[-1]), False) if len(left) else (-1, False)


def restore(model: ImageModel, selection: QItemSelectionModel, kept: Kept) -> tuple[int, bool]:
    """Select what was selected; what went is dropped. Gives what `current_position` says.

    An image that follows a selected one is selected too when nothing else is, so that work goes on by keyboard.
    """
    flags = QItemSelectionModel.SelectionFlag
    places = model.positions_of(kept.selected)
    places = np.sort(places[places >= 0])
    position, same = current_position(model, kept)
    if position >= 0:
        goes_on = not same and kept.current_selected and not len(places)
        selection.setCurrentIndex(model.index(position), flags.Select if goes_on else flags.NoUpdate)
    ranges = as_selection(model, places)
    if ranges.count():
        selection.select(ranges, flags.Select)
    return position, same


def as_selection(model: ImageModel, places: Rows) -> QItemSelection:
    """Ascending positions as ranges; none when they are in too many pieces."""
    found = QItemSelection()
    ends = np.flatnonzero(np.diff(places) != 1) + 1
    if len(places) and len(ends) < _MOST_RANGES:
        for start, stop in pairwise([0, *ends.tolist(), len(places)]):
            found.select(model.index(int(places[start])), model.index(int(places[stop - 1])))
    return found
