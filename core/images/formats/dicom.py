"""DICOM through pydicom: every frame is an image, shown as its header says."""

import hashlib
import re
from dataclasses import dataclass

from core.images.details import ImageDetails, Window
from core.images.files import ImageFile
from core.images.formats.dicom_codecs import LOSSY
from core.images.formats.dicom_colour import colour_of, palette_of
from core.images.formats.dicom_file import DicomFile, opened
from core.images.formats.dicom_grey import Grey, grey_of
from core.images.formats.dicom_pixels import bits_of, decode_frame, frames_of, has_pixels, no_image
from core.images.formats.dicom_series import patient_id, series_key
from core.images.formats.dicom_tags import MODALITIES, OVERLAY_ROWS, SURVEY_TAGS
from core.images.formats.registry import Survey, is_nameless
from core.images.levels import Levels
from core.images.pixels import Pixels, UInt8
from core.images.slices import SliceChoice

__all__ = ["levels", "patient_id", "read", "survey", "thumbnail"]

BURNED_IN = "The header says that patient data may be burned into the pixels."
_LOSSY = "The pixels were compressed with loss."
_OVERLAY = "Overlays in the file are not shown."
_GREY = ("MONOCHROME1", "MONOCHROME2")
_PHOTOMETRIC = re.compile("MONOCHROME[12]|PALETTE COLOR|RGB|YBR_(FULL|FULL_422|ICT|RCT)")


@dataclass(frozen=True, eq=False)
class _Shown:
    """One frame as it is shown, and its grey levels where it is grey."""

    array: UInt8
    grey: Grey | None = None


def survey(file: ImageFile, slices: SliceChoice) -> Survey:
    """The frames of the file, and where it stands in its series. Raises `ImageUnreadable`, also when the name says
    DICOM and no image is inside; without such a name, the file then has no frames.
    """
    with opened(file, SURVEY_TAGS) as dicom:
        if has_pixels(dicom):
            return Survey(range(frames_of(dicom)), series_key(dicom.header))
        if is_nameless(file.name):
            return Survey(())
        raise no_image(dicom)


def read(file: ImageFile, frame: int) -> Pixels:
    """Through the window or the lookup table of the header, else through that of percentiles; images of 8 bits that
    name neither are shown as they are. Raises `ImageUnreadable`.
    """
    with opened(file) as dicom:
        shown = _show(dicom, frame)
        several = frames_of(dicom) > 1
        digest = hashlib.sha256(shown.array.tobytes()).digest() if several else dicom.sha256()
        return Pixels(shown.array, digest, _details(dicom, shown))


def thumbnail(file: ImageFile, frame: int, side: int) -> UInt8:
    """The same, whole: a DICOM decoder gives nothing smaller. Raises `ImageUnreadable`."""
    with opened(file) as dicom:
        return _show(dicom, frame).array


def levels(file: ImageFile, frame: int) -> Levels | None:
    """The values of the modality (after rescale). Of a lookup table or a sigmoid, the window is the linear one that
    comes near; `read` shows the curve itself. None for colour and for plain 8 bits. Raises `ImageUnreadable`.
    """
    with opened(file) as dicom:
        if dicom.header.get("PhotometricInterpretation") not in _GREY:
            return None
        grey = _show(dicom, frame).grey
        return None if grey is None or grey.plain else grey.levels


def _show(dicom: DicomFile, frame: int) -> _Shown:
    if not has_pixels(dicom):
        raise no_image(dicom)
    samples, photometric = decode_frame(dicom, frame)
    if photometric in _GREY and samples.ndim == 2:
        grey = grey_of(dicom, frame, samples, photometric)
        return _Shown(grey.render(), grey)
    if photometric == "PALETTE COLOR" and samples.ndim == 2:
        return _Shown(palette_of(dicom, samples))
    return _Shown(colour_of(dicom, samples, photometric))


def _details(dicom: DicomFile, shown: _Shown) -> ImageDetails:
    header, grey = dicom.header, shown.grey
    window: Window | None = grey.levels.window if grey is not None else None
    modality, photometric = (
        str(header.get(tag, "") or "") for tag in ("Modality", "PhotometricInterpretation")
    )
    return ImageDetails(
        "DICOM",
        bits=bits_of(dicom),
        frames=frames_of(dicom),
        modality=modality if modality in MODALITIES else "",
        photometric=photometric if _PHOTOMETRIC.fullmatch(photometric) else "",
        window=window,
        notes=tuple(_notes(dicom, grey)),
    )


def _notes(dicom: DicomFile, grey: Grey | None) -> list[str]:
    header = dicom.header
    lossy = str(header.get("LossyImageCompression", "")) == "01" or str(dicom.syntax) in LOSSY
    found = {
        BURNED_IN: str(header.get("BurnedInAnnotation", "")).strip().upper() == "YES",
        grey.note if grey is not None else "": grey is not None and bool(grey.note),
        _LOSSY: lossy,
        _OVERLAY: any(tag in header for tag in OVERLAY_ROWS),
    }
    return [note for note, holds in found.items() if holds]
