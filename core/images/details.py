"""What is known of an image beyond its pixels: format, depth, frames, modality, the window that was used."""

import json
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Window:
    """Stored values from `low` (black) to `high` (white), and where the two come from: "header", "percentiles"
    or "range" (the smallest and the largest value).

    `centre` and `width` are the header's own words for a window that has them: the LINEAR function of DICOM maps
    one value less than the width, half a value below the centre (PS3.3 C.11.2.1.2).
    """

    low: float
    high: float
    origin: str
    centre: float | None = None
    width: float | None = None


@dataclass(frozen=True)
class ImageDetails:
    """Facts of one image, as its file tells them; all may be empty.

    `bits` are those of a sample in the file, `frames` how many images the file holds. `photometric` is the
    photometric interpretation as the format names it. `notes` are sentences for people: what was done to show
    the image (alpha over black, first frame of several), and what to be careful about.
    """

    format: str = ""
    bits: int = 8
    frames: int = 1
    modality: str = ""
    photometric: str = ""
    window: Window | None = None
    notes: tuple[str, ...] = field(default=())

    def to_json(self) -> str:
        """Only what differs from the default, as it is kept in a project."""
        default = vars(NOTHING_KNOWN)
        kept = {name: value for name, value in vars(self).items() if value != default[name]}
        if self.window is not None:
            kept["window"] = {name: value for name, value in vars(self.window).items() if value is not None}
        return json.dumps(kept, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "ImageDetails":
        """The reverse; a text of another version or a damaged one gives what can be understood of it."""
        try:
            found = json.loads(text)
        except ValueError:
            return cls()
        return _understood(found) if isinstance(found, dict) else cls()


NOTHING_KNOWN = ImageDetails()


def _understood(found: dict[str, Any]) -> ImageDetails:
    notes, window = found.get("notes"), found.get("window")
    return ImageDetails(
        format=str(found.get("format", "")),
        bits=_whole(found.get("bits"), NOTHING_KNOWN.bits),
        frames=_whole(found.get("frames"), NOTHING_KNOWN.frames),
        modality=str(found.get("modality", "")),
        photometric=str(found.get("photometric", "")),
        window=_window(window) if isinstance(window, dict) else None,
        notes=tuple(map(str, notes)) if isinstance(notes, list) else (),
    )


def _whole(value: object, default: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else default


def _window(found: dict[str, Any]) -> Window | None:
    low, high = found.get("low"), found.get("high")
    if not isinstance(low, int | float) or not isinstance(high, int | float):
        return None
    centre, width = _measure(found.get("centre")), _measure(found.get("width"))
    return Window(float(low), float(high), str(found.get("origin", "")), centre, width)


def _measure(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None
