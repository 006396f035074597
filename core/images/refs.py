"""The identity of an image, and what a scan says of it."""

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class ImageRef:
    """An image inside its source: path relative to the root with `/` between the parts, and frame.

    A name that is not UTF-8 is held as Python holds it (surrogateescape), so that it opens again.
    """

    path: str
    frame: int = 0

    @property
    def shown(self) -> str:
        """The path for people and for text files: bytes that are not UTF-8 as `\\xff`."""
        return os.fsencode(self.path).decode("utf-8", "backslashreplace")


@dataclass(frozen=True)
class ScannedImage:
    """A row found by a scan; `error` is set when it is already known that it cannot be read."""

    ref: ImageRef
    size: int = 0
    mtime_ns: int = 0
    error: str = ""
