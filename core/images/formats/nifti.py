"""NIfTI volumes, packed or not, as slices: turned as radiologists look at them, one window for a whole volume.

The volume is brought to the nearest axes that run right, anterior, superior (nibabel's canonical RAS+). An axial or
coronal slice has the patient's right on the left of the picture; axial slices have anterior up, the others superior
up, and sagittal ones anterior on the left. A pixel is a voxel: that voxels may be longer than wide is not corrected.
"""

import hashlib
from typing import Any

import numpy as np
import numpy.typing as npt

from core.images.details import ImageDetails
from core.images.files import ImageFile
from core.images.formats.nifti_volume import Header, Volume, header_of, volume_of
from core.images.formats.registry import Survey
from core.images.levels import Levels
from core.images.pixels import ImageUnreadable, Pixels, UInt8, grey_if_grey
from core.images.slices import AXES, SliceChoice, plane_of

_LIES = {
    "axial": "anterior up, the patient's right on the left",
    "coronal": "superior up, the patient's right on the left",
    "sagittal": "superior up, anterior on the left",
}


def survey(file: ImageFile, slices: SliceChoice) -> Survey:
    """The chosen slices. The voxels are not read."""
    return Survey(slices.frames(header_of(file).shape[AXES[slices.axis]]))


def read(file: ImageFile, frame: int) -> Pixels:
    """One slice. Raises `ImageUnreadable`."""
    volume = volume_of(file)
    stored = _slice(volume, frame)
    details = _details(volume, *plane_of(frame))
    return Pixels(_shown(volume, stored), hashlib.sha256(stored.tobytes()).digest(), details)


def thumbnail(file: ImageFile, frame: int, side: int) -> UInt8:
    """The slice as `read` shows it, whole. Raises `ImageUnreadable`."""
    volume = volume_of(file)
    return _shown(volume, _slice(volume, frame))


def levels(file: ImageFile, frame: int) -> Levels | None:
    """The slice in the units of the file, None for colour. Raises `ImageUnreadable`."""
    volume = volume_of(file)
    return _levels(volume, _slice(volume, frame))


def _slice(volume: Volume, frame: int) -> npt.NDArray[Any]:
    """(h, w) or (h, w, 3) as stored, turned for people."""
    axis, index = plane_of(frame)
    if index >= volume.header.shape[AXES[axis]]:
        raise ImageUnreadable(f"the volume has no {axis} slice {index} any more")
    flat = np.take(volume.voxels, index, AXES[axis])
    return np.ascontiguousarray(np.swapaxes(flat[::-1, ::-1], 0, 1))


def _levels(volume: Volume, stored: npt.NDArray[Any]) -> Levels | None:
    return None if volume.window is None else Levels(volume.scaled(stored), volume.window)


def _shown(volume: Volume, stored: npt.NDArray[Any]) -> UInt8:
    found = _levels(volume, stored)
    return grey_if_grey(stored) if found is None else found.render()


def _details(volume: Volume, axis: str, index: int) -> ImageDetails:
    header = volume.header
    colour = header.dtype.names is not None
    return ImageDetails(
        "NIfTI",
        bits=8 if colour else 8 * header.dtype.itemsize,
        frames=header.shape[AXES[axis]],
        photometric=header.datatype,
        window=volume.window,
        notes=tuple(_notes(header, axis, index)),
    )


def _notes(header: Header, axis: str, index: int) -> list[str]:
    if header.orientation is None:
        lies = "the file does not say how the patient lies in it"
    else:
        lies = _LIES[axis]
    notes = [f"{axis} slice {index + 1} of {header.shape[AXES[axis]]}: {lies}"]
    if header.volumes > 1:
        notes.append(f"first of {header.volumes} volumes")
    high, wide = (header.zooms[other] for other in (2, 1, 0) if other != AXES[axis])
    if high > 0 and wide > 0 and max(high, wide) > 1.01 * min(high, wide):
        notes.append(f"a pixel is {wide:.3g} mm wide and {high:.3g} mm high: not shown in proportion")
    return notes
