"""What a person can change, as values: one `Edit` is one undoable step, for one image or a million."""

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from core.project.notes import NO_NOTES, NoteChanges
from core.project.packing import Whole, is_packed, pack, unpack
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
    classes: tuple[tuple[ImageClass, ...], tuple[ImageClass, ...]] | None = None
    notes: NoteChanges = NO_NOTES

    @property
    def inverse(self) -> "Step":
        changes = np.empty_like(self.changes)
        changes["row"] = self.changes["row"]
        for name in DECISION.fields or ():  # field by field: numpy copies records one at a time
            changes["before"][name] = self.changes["after"][name]
            changes["after"][name] = self.changes["before"][name]
        classes = (self.classes[1], self.classes[0]) if self.classes else None
        return Step(changes, classes, self.notes.inverse)

    def packed(self) -> tuple[bytes | None, str | None]:
        """The columns `changes` and `detail` of the log."""
        detail: dict[str, Any] = {}
        if self.classes:
            detail["classes"] = [classes_to_json(side) for side in self.classes]
        if self.notes:
            detail["noted"] = self.notes.to_json()
        changes = pack(_fields(self.changes)) if len(self.changes) else None
        return changes, json.dumps(detail) if detail else None

    @classmethod
    def unpacked(cls, changes: bytes | None, detail: str | None) -> "Step":
        """Read what `packed` has written, now or in any earlier version."""
        read = json.loads(detail) if detail else {}
        sides = [classes_from_json(side) for side in read.get("classes", ())]
        return cls(
            _records(changes, CHANGE) if changes else np.empty(0, CHANGE),
            (sides[0], sides[1]) if sides else None,
            _notes(read),
        )


def pack_decisions(decisions: npt.NDArray[np.void]) -> bytes:
    """(n,) DECISION as bytes."""
    return pack(_fields(decisions))


def unpack_decisions(packed: bytes) -> npt.NDArray[np.void]:
    """Read what `pack_decisions` has written, now or in any earlier version."""
    return _records(packed, DECISION)


def _fields(records: npt.NDArray[np.void]) -> list[Whole]:
    """The columns of records, those of records within them one after the other."""
    found: list[Whole] = []
    for name in records.dtype.names or ():
        found += _fields(records[name]) if records.dtype[name].names else [records[name]]
    return found


def _records(packed: bytes, dtype: np.dtype[np.void]) -> npt.NDArray[np.void]:
    if not is_packed(packed):
        return np.frombuffer(zlib.decompress(packed), dtype)
    columns = unpack(packed)
    records = np.empty(len(columns[0]), dtype)
    for field_of_records, column in zip(_fields(records), columns, strict=True):
        field_of_records[:] = column
    return records


def _notes(read: Mapping[str, Any]) -> NoteChanges:
    if "noted" in read:
        return NoteChanges.from_json(read["noted"])
    if "notes" in read:  # texts before and after for each row, as earlier versions wrote them
        return NoteChanges.of_pairs(
            {int(row): (before, after) for row, (before, after) in read["notes"].items()}
        )
    return NO_NOTES


def classes_to_json(classes: Sequence[ImageClass]) -> list[dict[str, Any]]:
    return [asdict(image_class) for image_class in classes]


def classes_from_json(rows: Sequence[Mapping[str, Any]]) -> tuple[ImageClass, ...]:
    return tuple(ImageClass(**{**row, "prompts": tuple(row["prompts"])}) for row in rows)
