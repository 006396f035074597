"""What both stages say of one image, class by class. Plain values, no Qt."""

from dataclasses import dataclass

import numpy as np

from core.project.class_edits import key_of
from core.project.records import ImageClass
from core.project.table import Floats
from medlabel_gui.first_stage import name_of
from medlabel_gui.snapshot import ClassProbabilities, Snapshot
from medlabel_gui.texts.preview import ProbabilityTexts

BEST = 10


@dataclass(frozen=True)
class ClassLine:
    """Probabilities of one class, one a stage, None where the stage did not know it.

    `key` assigns the class; `delivered`: it is the image's label now; `known`: it is the imported known label.
    """

    image_class: ImageClass
    key: str
    values: tuple[float | None, ...]
    delivered: bool
    known: bool


@dataclass(frozen=True)
class ImageProbabilities:
    """`stages` are the names of those that have labelled the image, `lines` the classes, most probable first."""

    stages: tuple[str, ...]
    lines: tuple[ClassLine, ...]

    def best(self, count: int = BEST) -> tuple[ClassLine, ...]:
        """The first `count` lines; the delivered and the known class are always among them."""
        kept = list(self.lines[:count])
        kept += [line for line in self.lines[count:] if line.delivered or line.known]
        return tuple(kept)


def probabilities_of(snapshot: Snapshot, row: int) -> ImageProbabilities:
    """The probabilities of a row, sorted by those of the stage whose labels are delivered; ties by class."""
    table = snapshot.table
    found = [(name, values) for name, values in _stages(snapshot, row) if values is not None]
    if not found:
        return ImageProbabilities((), ())
    deciding = found[-1][1] if snapshot.delivering else found[0][1]
    order = np.argsort(-np.nan_to_num(deciding, nan=-1.0), kind="stable").tolist()
    lines = tuple(
        ClassLine(
            table.classes[position],
            key_of(table.classes, position),
            tuple(_value(values[position]) for _, values in found),
            position == int(table.label[row]),
            position == int(table.truth[row]),
        )
        for position in order
    )
    return ImageProbabilities(tuple(name for name, _ in found), lines)


def stage_one_name(snapshot: Snapshot) -> str:
    """What people call the stage whose labels came first."""
    return name_of(snapshot.stage_one)


def _stages(snapshot: Snapshot, row: int) -> tuple[tuple[str, Floats | None], ...]:
    second = ProbabilityTexts.refined if snapshot.delivering else ProbabilityTexts.refined_unused
    return (
        (stage_one_name(snapshot), _row_of(snapshot.stage_one_probabilities, row)),
        (second, _row_of(snapshot.refined_probabilities, row)),
    )


def _row_of(probabilities: ClassProbabilities | None, row: int) -> Floats | None:
    return probabilities.of_row(row) if probabilities is not None else None


def _value(value: np.float32) -> float | None:
    return None if np.isnan(value) else float(value)
