"""Changes of notes as columns: one text on a million images is one text."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain, repeat
from typing import Any

import numpy as np
import numpy.typing as npt

from core.project.packing import pack_text, unpack_text

Codes = npt.NDArray[np.int32]


@dataclass(frozen=True)
class NoteChanges:
    """The notes of `rows` (k,) before and after, as places in `texts` (k,); an empty text is no note."""

    rows: npt.NDArray[np.int64]
    texts: tuple[str, ...]
    before: Codes
    after: Codes

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def inverse(self) -> "NoteChanges":
        return NoteChanges(self.rows, self.texts, self.after, self.before)

    @classmethod
    def between(cls, standing: Mapping[int, str], wanted: Mapping[int, str]) -> "NoteChanges":
        """What turns the notes that stand into the wanted ones; rows whose note stays are left out."""
        before = list(map(standing.get, wanted, repeat("")))
        texts, codes = _coded(list(chain(before, wanted.values())))
        old, new = codes[: len(before)], codes[len(before) :]
        differs = old != new
        rows = np.fromiter(wanted, np.int64, len(wanted))
        return cls(rows[differs], texts, old[differs], new[differs])

    @classmethod
    def of_pairs(cls, pairs: Mapping[int, tuple[str, str]]) -> "NoteChanges":
        """From row -> (before, after)."""
        return cls.between(
            {row: before for row, (before, _) in pairs.items()},
            {row: after for row, (_, after) in pairs.items()},
        )

    def new_texts(self, chosen: npt.NDArray[np.bool_]) -> list[str]:
        """The notes after the change of those that are `chosen` (k,)."""
        return list(map(self.texts.__getitem__, self.after[chosen].tolist()))

    def write_to(self, notes: dict[int, str]) -> None:
        """Make the change in row -> note."""
        gone = np.array([not text for text in self.texts], np.bool_)[self.after]
        notes.update(zip(self.rows[~gone].tolist(), self.new_texts(~gone), strict=True))
        deque(map(notes.pop, self.rows[gone].tolist(), repeat(None)), maxlen=0)

    def to_json(self) -> dict[str, Any]:
        return {"texts": self.texts, "rows": pack_text([self.rows, self.before, self.after])}

    @classmethod
    def from_json(cls, read: Mapping[str, Any]) -> "NoteChanges":
        rows, before, after = unpack_text(read["rows"])
        return cls(
            rows.astype(np.int64), tuple(read["texts"]), before.astype(np.int32), after.astype(np.int32)
        )


def notes_to_json(notes: Mapping[int, str]) -> dict[str, Any]:
    """All notes that stand, row -> text."""
    return NoteChanges.between({}, notes).to_json()


def notes_from_json(read: Mapping[str, Any]) -> dict[int, str]:
    notes: dict[int, str] = {}
    NoteChanges.from_json(read).write_to(notes)
    return notes


def _coded(texts: list[str]) -> tuple[tuple[str, ...], Codes]:
    different = dict.fromkeys(texts)
    codes = dict(zip(different, range(len(different)), strict=True))
    return tuple(different), np.fromiter(map(codes.__getitem__, texts), np.int32, len(texts))


NO_NOTES = NoteChanges.between({}, {})
