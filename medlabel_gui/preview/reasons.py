"""Why an image is looked at in the review, in one line."""

import math
from collections.abc import Callable, Mapping, Sequence

from core.project.records import ImageClass
from core.quality.review import Reason, ReasonKind, reason
from medlabel_gui.grid.tiles import percent
from medlabel_gui.preview.probabilities import stage_one_name
from medlabel_gui.snapshot import Snapshot
from medlabel_gui.texts.preview import ReasonTexts

_Names = Mapping[int, str]
_Words = Callable[[Reason, _Names, str], str]


def why(snapshot: Snapshot, row: int) -> str:
    """The line for a row of the table as it is now; empty where there is nothing to say."""
    if not 0 <= row < len(snapshot.table):
        return ""
    found = reason(snapshot.table, snapshot.margin, row)
    return reason_text(found, snapshot.table.classes, stage_one_name(snapshot))


def reason_text(found: Reason, classes: Sequence[ImageClass], stage: str = "CLIP") -> str:
    """A reason in words; `stage` is what people call the first stage."""
    names = {position: image_class.name for position, image_class in enumerate(classes)}
    return _WORDS[found.kind](found, names, stage)


def _disagree(found: Reason, names: _Names, stage: str) -> str:
    return ReasonTexts.disagree.format(
        stage=stage,
        first=_label(names, found.first, found.first_confidence),
        second=_label(names, found.second, found.second_confidence),
    )


def _close(found: Reason, names: _Names, stage: str) -> str:
    label = _label(names, found.label, found.confidence)
    points = _points(found.margin)
    if points == "0.0":
        return ReasonTexts.tie.format(label=label)
    text = ReasonTexts.close_one if points == "1" else ReasonTexts.close
    return text.format(label=label, points=points)


def _not_sure(found: Reason, names: _Names, stage: str) -> str:
    if math.isnan(found.confidence):
        return ReasonTexts.unknown.format(name=names.get(found.label, ""))
    return ReasonTexts.not_sure.format(label=_label(names, found.label, found.confidence))


def _sure(found: Reason, names: _Names, stage: str) -> str:
    return ReasonTexts.sure.format(label=_label(names, found.label, found.confidence))


def _label(names: _Names, position: int, confidence: float) -> str:
    """A class with its probability where that is known."""
    name = names.get(position, "")
    known = not math.isnan(confidence)
    return ReasonTexts.label.format(name=name, share=percent(confidence)) if known else name


def _points(margin: float) -> str:
    """A lead in percentage points: whole ones, tenths below one."""
    points = 100 * margin
    return f"{points:.0f}" if points >= 0.95 else f"{points:.1f}"


_WORDS: dict[ReasonKind, _Words] = {
    ReasonKind.DECIDED: lambda *_: "",
    ReasonKind.STAGES_DISAGREE: _disagree,
    ReasonKind.CLOSE_CALL: _close,
    ReasonKind.NOT_SURE: _not_sure,
    ReasonKind.SURE: _sure,
}
