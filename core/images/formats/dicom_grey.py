"""Grey DICOM images: from stored values through modality LUT and VOI LUT or window to 8 bits (PS3.3 C.11).

The result is that of pydicom's `apply_modality_lut` and `apply_voi_lut`, with the range of their output brought to
0..255.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core.images.details import Window
from core.images.formats.dicom_file import DicomFile
from core.images.formats.dicom_luts import Lut, first_lut
from core.images.formats.dicom_pixels import bits_of
from core.images.levels import EXACT_FLOAT32, Levels, percentile_window, rescaled_needs_float64
from core.images.pixels import UInt8
from core.images.strips import strips

Numbers = npt.NDArray[Any]
Curve = Callable[[Numbers], Numbers]


@dataclass(frozen=True, eq=False)
class Grey:
    """One grey frame. `curve` maps the values of `levels` to 0..1 where its window alone would not do (a lookup
    table or a sigmoid; the window is then the linear one that comes near it). `plain`: 8 bits, shown as they are.
    """

    levels: Levels
    curve: Curve | None = None
    plain: bool = False
    note: str = ""

    def render(self) -> UInt8:
        """(h, w) uint8."""
        if self.curve is None:
            return self.levels.render()
        values = self.levels.values
        result = np.empty(values.shape, np.uint8)
        for rows in strips(*values.shape):
            result[rows] = (self.curve(values[rows]) * 255).round()
        return 255 - result if self.levels.inverted else result


def grey_of(dicom: DicomFile, frame: int, stored: Numbers, photometric: str) -> Grey:
    """How one frame of `stored` (h, w) values is shown, by the groups of the frame or by the header."""
    header, little = dicom.header, bool(dicom.header.original_encoding[1])
    inverted = photometric == "MONOCHROME1"
    values = _modality(dicom, frame, stored, little)
    table = first_lut(header.get("VOILUTSequence"), little)
    if table is not None:
        levels = Levels(values, Window(table.first, table.last, "header"), inverted)
        return Grey(levels, _by(table), note="Shown through the lookup table in the header.")
    center = _number(_value(dicom, frame, "FrameVOILUTSequence", "WindowCenter"))
    width = _number(_value(dicom, frame, "FrameVOILUTSequence", "WindowWidth"))
    if center is not None and width is not None and width > 0:
        function = str(_value(dicom, frame, "FrameVOILUTSequence", "VOILUTFunction") or "LINEAR").upper()
        return _windowed(values, center, width, function, inverted)
    bits = bits_of(dicom)
    if values is stored and stored.dtype.kind == "u" and bits <= 8:
        return Grey(Levels(values, Window(0, 2**bits - 1, "range"), inverted), plain=True)
    kept = _without_padding(header, stored, values)
    return Grey(Levels(values, percentile_window(kept), inverted))


def _windowed(values: Numbers, center: float, width: float, function: str, inverted: bool) -> Grey:
    """A window of the header (PS3.3 C.11.2.1.2 and C.11.2.1.3). LINEAR is narrower by one value and half a value
    lower than LINEAR_EXACT; one narrower than 1, which LINEAR must not be, is taken as exact.
    """
    told = (center, width)
    if function == "SIGMOID":
        window = Window(center - width / 2, center + width / 2, "header", *told)  # the tangent in the middle
        note = "Shown through the sigmoid in the header."
        return Grey(Levels(values, window, inverted), _sigmoid(center, width), note=note)
    if function != "LINEAR_EXACT" and width >= 1:
        center, width = center - 0.5, width - 1
    return Grey(Levels(values, Window(center - width / 2, center + width / 2, "header", *told), inverted))


def _modality(dicom: DicomFile, frame: int, stored: Numbers, little: bool) -> Numbers:
    """Stored values to those of the modality (Hounsfield units, say); `stored` itself where nothing changes."""
    table = first_lut(dicom.header.get("ModalityLUTSequence"), little)
    if table is not None:
        return table.apply(stored)
    slope = _number(_value(dicom, frame, "PixelValueTransformationSequence", "RescaleSlope"))
    intercept = _number(_value(dicom, frame, "PixelValueTransformationSequence", "RescaleIntercept"))
    if slope is None or intercept is None or (slope, intercept) == (1, 0):
        return stored
    whole = stored.dtype.kind in "ui" and slope.is_integer() and intercept.is_integer()
    if whole and _largest(stored) * abs(slope) + abs(intercept) < EXACT_FLOAT32:
        return stored.astype(np.int32) * int(slope) + int(intercept)
    return _rescaled(stored, slope, intercept)


def _rescaled(stored: Numbers, slope: float, intercept: float) -> Numbers:
    """(h, w) float32 where that tells stored values apart, else float64; computed in float64 a strip at a time."""
    largest = _largest(stored) if stored.dtype.kind in "ui" else None
    wide = rescaled_needs_float64(stored.dtype, slope, intercept, largest)
    result = np.empty(stored.shape, np.float64 if wide else np.float32)
    with np.errstate(over="ignore", invalid="ignore"):
        for rows in strips(*stored.shape):
            result[rows] = stored[rows].astype(np.float64) * slope + intercept
    return result


def _largest(stored: Numbers) -> int:
    return max(abs(int(stored.min())), abs(int(stored.max())))


def _without_padding(header: Any, stored: Numbers, values: Numbers) -> Numbers:
    """The values that count for a window: not those of padding (PS3.3 C.7.5.1.1.2), as long as others are left."""
    first = _number(header.get("PixelPaddingValue"))
    if first is None:
        return values
    last = _number(header.get("PixelPaddingRangeLimit"))
    bits = int(header.get("BitsAllocated") or 0)
    low, high = sorted(_as_stored(one, stored, bits) for one in (first, first if last is None else last))
    real = (stored < low) | (stored > high)
    return values[real] if real.any() else values


def _as_stored(padding: float, stored: Numbers, bits: int) -> float:
    """A padding value in the sign of the samples: its VR may say US where they are signed, and SS where they are
    not; the bits are then the same, the numbers are apart by 2**BitsAllocated.
    """
    if stored.dtype.kind not in "ui" or not 0 < bits <= 32:
        return padding
    if stored.dtype.kind == "i" and padding >= 1 << (bits - 1):
        return padding - (1 << bits)
    return padding + (1 << bits) if stored.dtype.kind == "u" and padding < 0 else padding


def _by(table: Lut) -> Curve:
    top = table.top
    return lambda values: table.apply(values).astype(np.float32) / top


def _sigmoid(center: float, width: float) -> Curve:
    def curve(values: Numbers) -> Numbers:
        with np.errstate(over="ignore"):
            steep = np.nan_to_num(-4 * (values.astype(np.float64) - center) / width)
            return np.asarray(1 / (1 + np.exp(steep)))

    return curve


def _value(dicom: DicomFile, frame: int, macro: str, keyword: str) -> Any:
    """An element of the frame's functional group, of the shared one, or of the header (PS3.3 C.7.6.16)."""
    for name, item in (("PerFrameFunctionalGroupsSequence", frame), ("SharedFunctionalGroupsSequence", 0)):
        groups = dicom.header.get(name)
        if groups and item < len(groups):
            found = groups[item].get(macro)
            if found and keyword in found[0]:
                return found[0][keyword].value
    return dicom.header.get(keyword)


def _number(value: Any) -> float | None:
    """A number of the header, of several the first; None where there is none that is finite. A comma, as some
    writers put it, counts as a point.
    """
    if isinstance(value, str):
        value = value.replace(",", ".")
    elif hasattr(value, "__getitem__") and not isinstance(value, bytes):
        return _number(value[0]) if len(value) else None
    if value is None or isinstance(value, bytes):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
