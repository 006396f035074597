"""A snapshot of a project, one row an image: what exports, reports and views read."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from core.images.refs import ImageRef
from core.project.records import ImageClass, Status

Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class LabelTable:
    """Columns of n rows; row number = image id. Labels are positions in `classes`, -1 for none.

    `status` and `source` hold the values of `Status` and `Source`; confidences are NaN where there is
    no prediction; `width` and `height` are px, 0 while unknown; `grey` is True for images without colour;
    `group` is a patient's or group's name, empty where unknown; `truth` is an imported known label; `duplicate` is
    the first row of the group of images that look the same, -1 for none (also when nobody looked for them);
    `flat` is True for images that were read and show nothing: one value everywhere; `position` is where each image
    stands in the order of the scan, None where that is the order of the rows.
    """

    classes: tuple[ImageClass, ...]
    refs: Sequence[ImageRef]
    status: npt.NDArray[np.uint8]
    source: npt.NDArray[np.uint8]
    label: Ints
    confidence: Floats
    zero_shot_label: Ints
    zero_shot_confidence: Floats
    refined_label: Ints
    refined_confidence: Floats
    truth: Ints
    width: Ints
    height: Ints
    grey: npt.NDArray[np.bool_]
    sha256: Sequence[bytes]
    error: list[str]
    note: list[str]
    group: list[str]
    annotator: list[str]
    updated_at: list[str]  # ISO 8601 UTC, of the decision; empty where there is none
    duplicate: Ints
    flat: npt.NDArray[np.bool_]
    position: Ints | None = None

    def __len__(self) -> int:
        return len(self.refs)

    @cached_property
    def failed(self) -> npt.NDArray[np.bool_]:
        """(n,) the images with an `error`, which is not to be changed afterwards."""
        return np.fromiter(map(bool, self.error), np.bool_, len(self.error))

    def label_confidence(self, rows: npt.NDArray[np.int64]) -> Floats:
        """(m,) float32: how sure a model is of the labels of `rows` (m,); NaN where people gave another."""
        status, label, confidence = self.status[rows], self.label[rows], self.confidence[rows]
        accepted = status == Status.ACCEPTED  # the models may say something else by now
        said = np.zeros(len(rows), np.bool_)
        for models, theirs in (
            (self.zero_shot_label, self.zero_shot_confidence),
            (self.refined_label, self.refined_confidence),
        ):
            said |= (label == models[rows]) & (confidence == theirs[rows])
        foreign = (status == Status.CORRECTED) | (accepted & ~said)
        return np.where(foreign, np.float32(np.nan), confidence).astype(np.float32)


def positions_of(classes: Sequence[ImageClass], class_ids: npt.NDArray[np.integer[Any]]) -> Ints:
    """The positions in `classes` of class ids (k,), -1 for ids that are not there."""
    positions = np.full(
        max((c.id for c in classes), default=0) + 2, -1, np.int32
    )  # the last one: any other id
    positions[[c.id for c in classes]] = np.arange(len(classes), dtype=np.int32)
    inside = (class_ids >= 0) & (class_ids < len(positions))
    found: Ints = positions[np.where(inside, class_ids, len(positions) - 1)]
    return found
