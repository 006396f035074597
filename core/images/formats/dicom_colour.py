"""Colour DICOM images to 8-bit RGB."""

from typing import Any

import numpy as np
import numpy.typing as npt

from core.images.formats.dicom_file import DicomFile
from core.images.formats.dicom_luts import palette
from core.images.formats.dicom_pixels import bits_of
from core.images.pixels import ImageUnreadable, UInt8, grey_if_grey


def palette_of(dicom: DicomFile, stored: npt.NDArray[Any]) -> UInt8:
    """(h, w) stored values of a PALETTE COLOR image to (h, w, 3), or (h, w) when the palette is grey."""
    table = palette(dicom.header, bool(dicom.header.original_encoding[1]))
    colours = table.apply(stored)
    if table.bits > 8 and int(table.entries.max()) > 255:
        colours = colours >> (table.bits - 8)
    return grey_if_grey(np.minimum(colours, 255).astype(np.uint8))


def colour_of(dicom: DicomFile, samples: npt.NDArray[Any], photometric: str) -> UInt8:
    """(h, w, 3) samples, RGB when the file is of a kind that is read. Raises `ImageUnreadable`."""
    if photometric != "RGB" or samples.ndim != 3 or samples.shape[2] != 3:
        raise ImageUnreadable("the colours of this DICOM file are of a kind that is not read")
    bits = bits_of(dicom)
    if samples.dtype == np.uint8 and bits == 8:
        return grey_if_grey(samples)
    if samples.dtype.kind != "u":
        raise ImageUnreadable("the colours of this DICOM file are of a kind that is not read")
    top = 2**bits - 1
    scaled = np.minimum(samples, top).astype(np.float32) * np.float32(255 / top)
    return grey_if_grey(scaled.round().astype(np.uint8))
