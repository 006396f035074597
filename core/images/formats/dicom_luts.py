"""Lookup tables of DICOM: modality and VOI LUT (PS3.3 C.11.1, C.11.2) and palettes (C.7.6.3.1.5)."""

import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core.images.pixels import ImageUnreadable

MAX_ENTRIES = 2**16


@dataclass(frozen=True, eq=False)
class Lut:
    """`entries` (n,) or (n, channels) unsigned, for the values `first`, `first` + 1 ...; they are of `bits` bits."""

    first: int
    entries: npt.NDArray[Any]
    bits: int

    @property
    def last(self) -> int:
        return self.first + len(self.entries) - 1

    @property
    def top(self) -> int:
        """The largest value an entry may have; headers state fewer bits than there are."""
        return max((1 << self.bits) - 1, int(self.entries.max()), 1)

    def apply(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """(h, w) numbers to (h, w[, channels]) entries; what is outside gets the first or the last entry."""
        inside = np.clip(np.nan_to_num(values, nan=self.first), self.first, self.last)
        return np.asarray(self.entries[(inside - self.first).astype(np.int32)])


def first_lut(sequence: Any, little: bool) -> Lut | None:
    """The first of a `ModalityLUTSequence` or `VOILUTSequence`; None for an empty one."""
    if not sequence:
        return None
    item = sequence[0]
    if "LUTDescriptor" not in item or "LUTData" not in item:
        return None
    count, first, bits = _descriptor(item.LUTDescriptor)
    return Lut(first, _entries(item.LUTData, count, little), bits)


def palette(header: Any, little: bool) -> Lut:
    """The palette of a PALETTE COLOR image, (n, 3) of 8 or 16 bits. Raises `ImageUnreadable`."""
    count, first, bits = _descriptor(header.RedPaletteColorLookupTableDescriptor)
    if "RedPaletteColorLookupTableData" in header:
        data = [header[f"{colour}PaletteColorLookupTableData"].value for colour in ("Red", "Green", "Blue")]
        channels = [_entries(one, count, little) for one in data]
        if len({len(channel) for channel in channels}) != 1:
            raise _broken()
        return Lut(first, np.stack(channels, axis=-1), bits)
    return Lut(first, _segmented(header, first, count, bits, little), bits)


def _descriptor(found: Any) -> tuple[int, int, int]:
    count, first, bits = (int(value) for value in found)
    if not 0 <= count <= MAX_ENTRIES or not 1 <= bits <= 16:
        raise _broken()
    return count or MAX_ENTRIES, first, bits


def _entries(data: Any, count: int, little: bool) -> npt.NDArray[Any]:
    """(count,) or what there is; entries of 8 bits may be packed two in a word (PS3.3 C.11.1.1.1)."""
    if isinstance(data, bytes):
        wide = len(data) >= 2 * count
        kind = ("<u2" if little else ">u2") if wide else "u1"
        found = np.frombuffer(data[: 2 * count if wide else count], kind)
    else:
        found = np.atleast_1d(np.asarray(data, np.int64))[:count]
    if not len(found) or int(found.min()) < 0 or int(found.max()) >= MAX_ENTRIES:
        raise _broken()
    return found.astype(np.uint16)


def _segmented(header: Any, first: int, count: int, bits: int, little: bool) -> npt.NDArray[Any]:
    """(count, 3) as pydicom unpacks the segments, once they are known to be no more than a table may hold."""
    from pydicom.pixels.processing import apply_color_lut

    for colour in ("Red", "Green", "Blue"):
        _check_segments(header[f"Segmented{colour}PaletteColorLookupTableData"].value, bits, little)
    if bits == 8 and count > 256:
        raise _broken()
    ramp = np.arange(first, first + count, dtype=np.int32)
    return np.asarray(apply_color_lut(ramp, header))[:, :3].astype(np.uint16)


def _check_segments(data: bytes, bits: int, little: bool) -> None:
    """Refuse tables that unpack to more than 65,536 entries, and segments that repeat others (they nest)."""
    size = 1 if bits == 8 else 2
    words = struct.unpack(f"{'<' if little else '>'}{len(data) // size}{'B' if size == 1 else 'H'}", data)
    at = total = 0
    while at + 1 < len(words):
        kind, length = words[at], words[at + 1]
        at += 2 + (length if kind == 0 else 1)
        total += length
        if kind > 1 or total > MAX_ENTRIES:
            raise ImageUnreadable("the palette of this DICOM file is of a kind that is not read")


def _broken() -> ImageUnreadable:
    return ImageUnreadable("a lookup table of this DICOM file is broken")
