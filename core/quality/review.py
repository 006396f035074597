"""Which undecided image is most worth a look, and why. One function and one row of `SCORES` a reason."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

import numpy as np
import numpy.typing as npt

from core.project.records import Status
from core.project.table import Floats, LabelTable

Rows = npt.NDArray[np.int64]
Score = Callable[[LabelTable, Floats, Rows], Floats]


class ReasonKind(Enum):
    """Why an image stands where it stands in the review."""

    DECIDED = "nobody needs to look: a person has decided, or there is no label"
    STAGES_DISAGREE = "the stages give different labels"
    CLOSE_CALL = "the two best classes are nearly as probable"
    NOT_SURE = "the best class leads, but not by all"
    SURE = "nothing speaks against the label"


@dataclass(frozen=True)
class Reason:
    """`first` and `second` are the labels of stage 1 and of the refinement, -1 for none, with their confidences.

    `label`, `confidence` and `margin` are the delivered label, its probability and its lead over the second
    best class; NaN where they are not known.
    """

    kind: ReasonKind
    label: int
    confidence: float
    margin: float
    first: int
    first_confidence: float
    second: int
    second_confidence: float


def disagreement(table: LabelTable, margin: Floats, rows: Rows) -> Floats:
    """(k,) float32, 0..1: how sure the less sure of two stages is that give different labels; else 0."""
    del margin
    first, second = table.zero_shot_label[rows], table.refined_label[rows]
    differ = np.flatnonzero((first >= 0) & (second >= 0) & (first != second))
    score = np.zeros(len(rows), np.float32)
    where = rows[differ]
    less_sure = np.minimum(table.zero_shot_confidence[where], table.refined_confidence[where])
    score[differ] = np.nan_to_num(less_sure, nan=0.0)
    return score


def doubt(table: LabelTable, margin: Floats, rows: Rows) -> Floats:
    """(k,) float32, 0..1: one less the lead of the best class over the second (margin sampling).

    T. Scheffer, C. Decomain, S. Wrobel, Active hidden Markov models for information extraction, IDA 2001.
    An image whose margin is not known yet counts with the smallest that its confidence allows.
    """
    lead = lead_of(table, margin, rows)
    return np.asarray(np.clip(np.float32(1) - lead, 0, 1))


def lead_of(table: LabelTable, margin: Floats, rows: Rows) -> Floats:
    """(k,) float32: margin, or 2 p - 1 (at least 0) where only the best probability p is known, or 0."""
    inside = rows < len(margin)
    lead = np.full(len(rows), np.nan, np.float32)
    lead[inside] = margin[rows[inside]]
    unknown = np.flatnonzero(np.isnan(lead))
    confidence = table.confidence[rows[unknown]]
    lead[unknown] = np.nan_to_num(np.maximum(2 * confidence - 1, 0), nan=0.0)
    return lead


# What each score weighs in the sum. Two stages that are sure of different labels (each above one half) stand
# before every close call.
SCORES: tuple[tuple[ReasonKind, float, Score], ...] = (
    (ReasonKind.STAGES_DISAGREE, 2.0, disagreement),
    (ReasonKind.CLOSE_CALL, 1.0, doubt),
)
_WORTH_SAYING = 0.1  # a weighted score below this is no reason to look
CLOSE_LEAD = 0.2  # of the best class; what leads by more is no close call, however near the front it stands


def waiting(table: LabelTable) -> npt.NDArray[np.bool_]:
    """(n,) bool: images with a label that nobody has decided about and that can be read."""
    return np.asarray((table.status <= Status.PREDICTED) & (table.label >= 0))


def review_order(table: LabelTable, margin: Floats) -> Rows:
    """Rows (m,) int64 of the images that wait for a decision, those most worth a look first; ties by row.

    `margin` (n,) float32 is that of the delivered labels, NaN where it is not known; it may be shorter than
    the table while images are still being found.
    """
    rows = np.flatnonzero(waiting(table))
    worth = np.zeros(len(rows), np.float32)
    for _, weight, score in SCORES:
        worth += np.float32(weight) * score(table, margin, rows)
    return rows[_descending(worth)]


def _descending(worth: Floats) -> Rows:
    """Positions (k,) of non-negative float32, the largest first, ties as they stand.

    The bits of non-negative floats sort as the floats do, and numpy sorts 16 bits by radix: two passes take a
    third of the time of one over the floats.
    """
    bits = ~np.ascontiguousarray(worth).view(np.uint32)
    order = np.argsort((bits & 0xFFFF).astype(np.uint16), kind="stable")
    return order[np.argsort((bits >> 16).astype(np.uint16)[order], kind="stable")]


def reason(table: LabelTable, margin: Floats, row: int) -> Reason:
    """Why an image comes where it comes: the score that weighs most, with the numbers to say so."""
    rows = np.array([row], np.int64)
    known = row < len(margin)
    return Reason(
        kind=_kind(table, margin, rows),
        label=int(table.label[row]),
        confidence=float(table.confidence[row]),
        margin=float(margin[row]) if known else float("nan"),
        first=int(table.zero_shot_label[row]),
        first_confidence=float(table.zero_shot_confidence[row]),
        second=int(table.refined_label[row]),
        second_confidence=float(table.refined_confidence[row]),
    )


def _kind(table: LabelTable, margin: Floats, rows: Rows) -> ReasonKind:
    row = int(rows[0])
    if table.status[row] > Status.PREDICTED or table.label[row] < 0:
        return ReasonKind.DECIDED
    weighed = [(weight * float(score(table, margin, rows)[0]), kind) for kind, weight, score in SCORES]
    best, kind = max(weighed, key=lambda pair: pair[0])
    if best < _WORTH_SAYING:
        return ReasonKind.SURE
    return kind if kind is not ReasonKind.CLOSE_CALL or _is_close(margin, row) else ReasonKind.NOT_SURE


def _is_close(margin: Floats, row: int) -> bool:
    """Whether the lead is known and small; a confidence alone does not tell how near the second class is."""
    return bool(row < len(margin) and margin[row] < CLOSE_LEAD)
