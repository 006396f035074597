"""What a person can change, as values: one `Edit` is one undoable step, for one image or a million."""

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from core.project.records import ImageClass, Status

# A decision: what was said (`Status`, 0 for nothing), to which class (-1 none), in which edit (0 none).
DECISION = np.dtype([("status", "u1"), ("class_id", "<i4"), ("edit", "<i4")])
CHANGE = np.dtype([("row", "<i4"), ("before", DECISION), ("after", DECISION)])


@dataclass(frozen=True)
class Edit:
    """A wish: new decisions for `rows`, a new list of classes, new notes; any of them may be absent.

    `rows` (k,) image ids; `class_ids` (k,) the class decided for each, -1 for unsure and excluded.
    `status` is one for all or (k,) one each; None withdraws the decisions.
    """

    text: str
    rows: npt.NDArray[np.int64] | None = None
    status: Status | npt.NDArray[np.uint8] | None = None
    class_ids: npt.NDArray[np.int32] | None = None
    classes: tuple[ImageClass, ...] | None = None
    notes: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """An edit with what stood there before: enough to do it, undo it and write it to the log."""

    changes: npt.NDArray[np.void]  # (k,) CHANGE
    classes: tuple[tuple[ImageClass, ...], tuple[ImageClass, ...]] | None
    notes: Mapping[int, tuple[str, str]]

    @property
    def inverse(self) -> "Step":
        changes = self.changes.copy()
        changes["before"], changes["after"] = self.changes["after"], self.changes["before"]
        classes = (self.classes[1], self.classes[0]) if self.classes else None
        return Step(changes, classes, {row: (after, before) for row, (before, after) in self.notes.items()})

    def packed(self) -> tuple[bytes | None, str | None]:
        """The columns `changes` and `detail` of the log."""
        changes = zlib.compress(self.changes.tobytes(), 1) if len(self.changes) else None
        detail: dict[str, Any] = {}
        if self.classes:
            detail["classes"] = [classes_to_json(side) for side in self.classes]
        if self.notes:
            detail["notes"] = {str(row): list(texts) for row, texts in self.notes.items()}
        return changes, json.dumps(detail) if detail else None

    @classmethod
    def unpacked(cls, changes: bytes | None, detail: str | None) -> "Step":
        read = json.loads(detail) if detail else {}
        sides = [classes_from_json(side) for side in read.get("classes", ())]
        return cls(
            np.frombuffer(zlib.decompress(changes), CHANGE) if changes else np.empty(0, CHANGE),
            (sides[0], sides[1]) if sides else None,
            {int(row): (before, after) for row, (before, after) in read.get("notes", {}).items()},
        )


def classes_to_json(classes: Sequence[ImageClass]) -> list[dict[str, Any]]:
    return [asdict(image_class) for image_class in classes]


def classes_from_json(rows: Sequence[Mapping[str, Any]]) -> tuple[ImageClass, ...]:
    return tuple(ImageClass(**{**row, "prompts": tuple(row["prompts"])}) for row in rows)
