"""Which slices of a volume are images of a project, and how a frame number names one."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.errors import UserError

# Planes of a volume whose axes run right, anterior, superior (RAS): the axis that is cut across.
AXES = {"axial": 2, "coronal": 1, "sagittal": 0}
# A slice's frame number: its index, plus this times the plane's place in `AXES`, so that 1000012 is coronal 12.
PLANE = 1_000_000


@dataclass(frozen=True)
class SliceChoice:
    """Slices across `axis` of every volume: every `every`-th, or only the `middle` one.

    As text: "axial", "coronal:every=5", "sagittal:middle".
    """

    axis: str = "axial"
    every: int = 1
    middle: bool = False

    def __str__(self) -> str:
        part = ":middle" if self.middle else f":every={self.every}" if self.every > 1 else ""
        return self.axis + part

    @classmethod
    def parse(cls, text: str) -> "SliceChoice":
        """Raises `UserError` when `text` is no choice."""
        axis, _, part = text.strip().lower().partition(":")
        name, _, number = part.partition("=")
        if axis in AXES and not part:
            return cls(axis)
        if axis in AXES and part == "middle":
            return cls(axis, middle=True)
        if axis in AXES and name == "every" and number.isdecimal() and int(number) > 0:
            return cls(axis, every=int(number))
        raise UserError(
            f"'{text}' is not a choice of slices.",
            "Write a plane (axial, coronal, sagittal), and :every=5 or :middle for some of its slices.",
        )

    def frames(self, depth: int) -> Sequence[int]:
        """The frame numbers of a volume with `depth` slices across this axis."""
        first = list(AXES).index(self.axis) * PLANE
        if self.middle:
            return [first + depth // 2] if depth else []
        return range(first, first + depth, self.every)


ALL_AXIAL = SliceChoice()


def plane_of(frame: int) -> tuple[str, int]:
    """The axis and the index of the slice that a frame number names."""
    return list(AXES)[min(frame // PLANE, len(AXES) - 1)], frame % PLANE
