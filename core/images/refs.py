"""The identity of an image, and what a scan says of it."""

import os
import re
from dataclasses import dataclass

from core.images.formats.registry import is_plain
from core.images.slices import PLANE, plane_of

_MISLEADING = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def _escaped(found: "re.Match[str]") -> str:
    return found[0].encode("unicode_escape").decode("ascii")


@dataclass(frozen=True)
class ImageRef:
    """An image inside its source: path relative to the root with `/` between the parts, and frame.

    A name that is not UTF-8 is held as Python holds it (surrogateescape), so that it opens again.
    """

    path: str
    frame: int = 0

    @property
    def shown(self) -> str:
        """The path for text files: bytes that are not UTF-8 as `\\xff`."""
        return os.fsencode(self.path).decode("utf-8", "backslashreplace")

    @property
    def legible(self) -> str:
        """The path for people, on one line: line breaks, other control characters and marks that turn the direction of
        text are written out, as `\\n` or `\\u202e`; with them a name could look like another one.
        """
        return _MISLEADING.sub(_escaped, self.shown) + (f" · {self.part}" if self.frame and self.part else "")

    @property
    def part(self) -> str:
        """Which frame, page or slice of its file, counted from 1, with its plane where that is not the first one.

        Empty for an image of an NPZ, whose frame is its place among the images and stands in its path.
        """
        if is_plain(self.path) and self.path.rpartition("/")[2].partition(".")[0] == f"{self.frame:06d}":
            return ""
        plane, index = plane_of(self.frame)
        return str(index + 1) if self.frame < PLANE else f"{plane} {index + 1}"


@dataclass(frozen=True)
class ScannedImage:
    """A row found by a scan; `error` is set when it is already known that it cannot be read."""

    ref: ImageRef
    size: int = 0
    mtime_ns: int = 0
    error: str = ""
