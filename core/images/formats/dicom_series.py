"""Where a DICOM file stands among those of its series, and whose it is."""

import hashlib
import math
from typing import Any

from core.images.files import ImageFile
from core.images.formats.dicom_file import opened


def series_key(header: Any) -> tuple[str | float, ...]:
    """Series by their number, then slices along the normal of their plane, then instances by theirs.

    Series of equal number are kept apart by a hash of their UID. Passes over the same place (dynamic series) come
    one after the other.
    """
    series = hashlib.sha256(str(header.get("SeriesInstanceUID", "")).encode("utf-8", "replace")).hexdigest()
    return (
        _number(header.get("SeriesNumber")),
        series[:16],
        _number(header.get("TemporalPositionIdentifier")),
        _position(header),
        _number(header.get("InstanceNumber")),
    )


def patient_id(file: ImageFile) -> str | None:
    """The patient's ID as it stands in the header, never to be stored or shown; None where it is empty.

    Raises `ImageUnreadable`.
    """
    with opened(file, ("PatientID",)) as dicom:
        return str(dicom.header.get("PatientID", "") or "").strip(" \0") or None


def _position(header: Any) -> float:
    """In mm along the normal of the image's plane (PS3.3 C.7.6.2.1.1), rounded: headers differ by their noise."""
    place, axes = header.get("ImagePositionPatient"), header.get("ImageOrientationPatient")
    if not place or not axes or len(place) != 3 or len(axes) != 6:
        return 0.0
    (ax, ay, az), (bx, by, bz) = axes[:3], axes[3:]
    normal = (ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx)
    along = math.fsum(float(a) * float(b) for a, b in zip(place, normal, strict=True))
    return round(along, 3) if math.isfinite(along) else 0.0


def _number(value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return 0.0
    return number if math.isfinite(number) else 0.0
