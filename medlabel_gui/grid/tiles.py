"""What is drawn of an image and of a group besides pixels: plain values, taken from the table."""

import math
from dataclasses import dataclass

import numpy as np

from core.project.class_edits import key_of
from core.project.records import Source, Status
from core.project.table import LabelTable
from medlabel_gui.class_colours import shape_of
from medlabel_gui.plain import plain_tip
from medlabel_gui.texts.grid import GridTexts, source_text, status_text


@dataclass(frozen=True)
class Tile:
    """An image. `position` of the class is -1 without a label, `shape` is that of its chip, `key` assigns it;
    `confidence` is a model's in this label, NaN where no model says it; `changed`: the network gave another label
    than CLIP, and it is the delivered one.
    """

    row: int
    name: str
    label: str
    position: int
    colour: str
    confidence: float
    status: Status
    error: str
    key: str = ""
    noted: bool = False
    changed: bool = False
    shape: int = 0


@dataclass(frozen=True)
class GroupHeader:
    """The images of one class; `position` is -1 for those without a label, `shape` is that of the chip."""

    name: str
    position: int
    colour: str
    key: str
    count: int
    shape: int = 0


def make_tile(table: LabelTable, row: int) -> Tile:
    """What is drawn of a row."""
    ref, label = table.refs[row], int(table.label[row])
    known = 0 <= label < len(table.classes)
    first = int(table.zero_shot_label[row])
    return Tile(
        row=row,
        name=_name(ref.legible),
        label=table.classes[label].name if known else "",
        position=label if known else -1,
        colour=table.classes[label].colour if known else "",
        confidence=confidence_of(table, row),
        status=Status(int(table.status[row])),
        error=table.error[row],
        key=key_of(table.classes, label) if known else "",
        noted=bool(table.note[row]),
        changed=first >= 0 and label != first and table.source[row] == Source.REFINEMENT,
        shape=shape_of(table.classes[label]) if known else 0,
    )


def confidence_of(table: LabelTable, row: int) -> float:
    """How sure a model is of the label that holds: NaN for a label that a person gave against it."""
    return float(table.label_confidence(np.array([row]))[0])


def _name(path: str) -> str:
    """The file's name, after that of its folder where it is in one: names come again in folders."""
    return "/".join(path.rstrip("/").rsplit("/", 2)[-2:])


def make_header(table: LabelTable, position: int, count: int) -> GroupHeader:
    """What stands above the images of a class."""
    if not 0 <= position < len(table.classes):
        return GroupHeader(GridTexts.no_label, -1, "", "", count)
    found = table.classes[position]
    key = key_of(table.classes, position)
    return GroupHeader(found.name, position, found.colour, key, count, shape_of(found))


def percent(confidence: float) -> str:
    """A confidence for people: never 100 % unless it is exactly that."""
    if confidence >= 1.0:
        return "100%"
    return f"{min(confidence * 100, 99.9):.1f}%" if confidence >= 0.995 else f"{confidence * 100:.0f}%"


def describe(tile: Tile) -> str:
    """A tile for a screen reader."""
    words = {"name": tile.name, "label": tile.label or GridTexts.no_label, "status": status_text(tile.status)}
    if math.isnan(tile.confidence):
        text = GridTexts.described.format(**words)
    else:
        text = GridTexts.described_percent.format(**words, percent=percent(tile.confidence))
    text = GridTexts.described_changed.format(text=text) if tile.changed else text
    return GridTexts.described_note.format(text=text) if tile.noted else text


def tool_tip(table: LabelTable, row: int, first: str = "CLIP") -> str:
    """Everything that is known of a row, a fact a line; `first` is who gave the labels of stage 1."""
    lines = [table.refs[row].legible]
    if table.error[row]:
        lines.append(GridTexts.unreadable.format(why=table.error[row]))
    for text, labels, confidences in (
        (GridTexts.first, table.zero_shot_label, table.zero_shot_confidence),
        (GridTexts.refined, table.refined_label, table.refined_confidence),
    ):
        if 0 <= labels[row] < len(table.classes):
            share = percent(float(confidences[row]))
            lines.append(text.format(name=first, label=table.classes[labels[row]].name, percent=share))
    lines.append(_state(table, row))
    if make_tile(table, row).changed:
        lines.append(GridTexts.changed)
    if table.note[row]:
        lines.append(GridTexts.note.format(text=table.note[row]))
    return plain_tip("\n".join(lines))


def _state(table: LabelTable, row: int) -> str:
    status, source = Status(int(table.status[row])), Source(int(table.source[row]))
    if status is Status.PREDICTED and source is not Source.NONE:
        return GridTexts.status_source.format(status=status_text(status), source=source_text(source))
    return status_text(status)
