"""The scale of the confidence slider: wide steps below, fine ones near 100 %, where the decisions are."""

import numpy as np

from core.project.table import Floats

# Percent. 0 to 90 by 1, to 99 by 0.1, to 100 by 0.01.
STOPS = np.round(np.concatenate([np.arange(90.0), np.arange(900, 990) / 10, np.arange(9900, 10001) / 100]), 2)
LAST = len(STOPS) - 1
TICKS = (0, 50, 90, 99, 100)
_FINE = 10_000  # parts of a confidence that are told apart when counting
_STOPS_A_BIN = 5
EDGES = STOPS[::_STOPS_A_BIN]  # the last bin holds 100 % alone with the last stops before it
BINS = len(EDGES)


def stop_of(percent: float) -> int:
    """The stop nearest to a percentage."""
    return int(np.abs(STOPS - percent).argmin())


def next_stop(percent: float, steps: int) -> float:
    """The percentage so many stops above, or below, one that may lie between stops."""
    if steps >= 0:
        here = int(np.searchsorted(STOPS, percent, side="right")) - 1
    else:
        here = int(np.searchsorted(STOPS, percent, side="left"))
    return float(STOPS[min(max(here + steps, 0), LAST)])


def place_of(percent: float) -> float:
    """Where a percentage lies on the slider, 0..1."""
    return float(np.interp(percent, STOPS, np.arange(len(STOPS)))) / LAST


def histogram(confidence: Floats) -> np.ndarray:
    """Count (k,) confidences 0..1 in `BINS` bins of the slider's stops; milliseconds for a million."""
    if not len(confidence):
        return np.zeros(BINS, np.int64)
    fine = np.clip((confidence * _FINE).astype(np.int32), 0, _FINE)
    counts = np.bincount(fine, minlength=_FINE + 1)
    return np.asarray(np.add.reduceat(counts, np.rint(EDGES * _FINE / 100).astype(np.int64)))


def least(percent: float) -> np.float32:
    """A percentage as a confidence that can be compared with float32 ones: 95 % takes a stored 0.95 in."""
    return np.float32(percent / 100)
