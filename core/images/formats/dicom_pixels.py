"""One frame of a DICOM file, decoded and nothing more; what would not fit is refused before it is decoded."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from core.images.formats import dicom_codecs
from core.images.formats.dicom_file import MAX_FRAMES, DicomFile
from core.images.pixels import ImageUnreadable

# Rows x columns x samples of one frame. Rendering takes at most some 20 bytes a sample.
MAX_SAMPLES = 200_000_000
_ITEM_BYTES = (
    10  # that one frame takes at least where frames are compressed: the start of an item, and a word
)
_FLOATS = {"FloatPixelData": 32, "DoubleFloatPixelData": 64}

# SOP classes of objects that hold no image (PS3.4 B.5), by the start of their UID.
_STORED = "1.2.840.10008.5.1.4.1.1."
_NO_IMAGE = (
    ("1.2.840.10008.1.3.10", "the directory of a disc"),
    (_STORED + "88.59", "a key object selection"),
    (_STORED + "88.", "structured report"),
    (_STORED + "11.", "presentation state"),
    (_STORED + "104.1", "PDF document"),
    (_STORED + "104.", "document"),
    (_STORED + "481.3", "radiotherapy structures"),
    (_STORED + "481.5", "radiotherapy plan"),
    (_STORED + "481.", "radiotherapy record"),
    (_STORED + "9.", "waveform"),
    (_STORED + "66", "raw data or registration"),
)
_VIDEO = "1.2.840.10008.1.2.4.10"  # MPEG-2, MPEG-4 and HEVC: the UIDs that begin so


def has_pixels(dicom: DicomFile) -> bool:
    """Whether there is an image in the file, as far as the header tells."""
    return bool(dicom.keyword) and "Rows" in dicom.header


def no_image(dicom: DicomFile) -> ImageUnreadable:
    """Why there is none, in words."""
    meta = getattr(dicom.header, "file_meta", {})
    uid = str(meta.get("MediaStorageSOPClassUID", "") or dicom.header.get("SOPClassUID", ""))
    kind = next((name for start, name in _NO_IMAGE if uid.startswith(start)), "")
    if kind:
        return ImageUnreadable(f"this DICOM file holds no image ({kind})")
    if "Rows" in dicom.header:
        return ImageUnreadable("this DICOM file is cut off before its pixels")
    return ImageUnreadable("this DICOM file holds no image")


def frames_of(dicom: DicomFile) -> int:
    """How many frames there are: as many as the header says and the file has room for; of the last one, a part
    will do. Raises `ImageUnreadable`.
    """
    check_size(dicom)
    try:
        stated = max(1, int(dicom.header.get("NumberOfFrames", 1) or 1))
    except ValueError:  # no number
        stated = 1
    if dicom.syntax.is_encapsulated:
        room = dicom.left // _ITEM_BYTES
    else:
        room = math.ceil(dicom.left / max(1, _frame_bytes(dicom)))
    return min(stated, max(1, room), MAX_FRAMES)


def check_size(dicom: DicomFile) -> None:
    """Refuse sizes that no picture has. Raises `ImageUnreadable`."""
    header = dicom.header
    rows, columns = int(header.get("Rows") or 0), int(header.get("Columns") or 0)
    samples = int(header.get("SamplesPerPixel", 1) or 1)
    if rows < 1 or columns < 1 or samples not in (1, 3, 4):
        raise ImageUnreadable("the header of this DICOM file does not say how large the picture is")
    if rows * columns * samples > MAX_SAMPLES:
        raise ImageUnreadable(
            f"the picture is too large: {columns} x {rows} px, at most {MAX_SAMPLES // 10**6} megapixels are read"
            + (f" in grey, {MAX_SAMPLES // 3_000_000} in colour" if samples > 1 else "")
        )


def bits_of(dicom: DicomFile) -> int:
    """Of a sample, as the header says."""
    return _FLOATS.get(dicom.keyword) or int(dicom.header.BitsStored)


def decode_frame(dicom: DicomFile, frame: int) -> tuple[npt.NDArray[Any], str]:
    """The samples (h, w) or (h, w, samples) of one frame, and their photometric interpretation (YBR_* comes as RGB).

    Raises `ImageUnreadable`, or what pydicom and the decoders raise.
    """
    from pydicom.encaps import get_frame
    from pydicom.pixels import get_decoder
    from pydicom.pixels.utils import as_pixel_options

    frames = frames_of(dicom)
    if not 0 <= frame < frames:
        raise ImageUnreadable(f"this DICOM file has {frames} frames, not {frame + 1}")
    if str(dicom.syntax).startswith(_VIDEO):
        raise ImageUnreadable("this DICOM file holds a video, which is not read")
    try:
        decoder = get_decoder(dicom.syntax)
    except NotImplementedError:
        raise ImageUnreadable("the pixels are compressed in a way that is not read") from None
    plugin = ""
    if dicom.syntax.is_encapsulated:
        dicom_codecs.register()
        plugin = dicom_codecs.NAME
    elif dicom.left < (frame + 1) * _frame_bytes(dicom) - 1:  # one bit a sample: a part of a byte
        raise ImageUnreadable("this DICOM file is cut off: it has fewer pixels than its header says")
    dicom.header.NumberOfFrames = frames
    _complete(dicom.header)
    options = as_pixel_options(dicom.header, transfer_syntax_uid=dicom.syntax, pixel_keyword=dicom.keyword)
    options["pixel_vr"] = dicom.vr
    if str(dicom.syntax) in dicom_codecs.JPEG_2000:
        dicom.stream.seek(dicom.start)
        offsets = options.get("extended_offsets")
        stream = get_frame(dicom.stream, frame, number_of_frames=frames, extended_offsets=offsets)
        dicom_codecs.check_boxes(stream)
    dicom.stream.seek(dicom.start)
    array, about = decoder.as_array(dicom.stream, index=frame, decoding_plugin=plugin, **options)
    return np.asarray(array, array.dtype.newbyteorder("=")), str(about["photometric_interpretation"])


def _complete(header: Any) -> None:
    """What some writers leave out, though they must not (PS3.3 C.7.6.3), as every program takes it."""
    for keyword, value in (("SamplesPerPixel", 1), ("PixelRepresentation", 0)):
        if header.get(keyword) is None:
            setattr(header, keyword, value)


def _frame_bytes(dicom: DicomFile) -> float:
    """Of a frame that is not compressed; YBR_FULL_422 has two samples a pixel (PS3.3 C.7.6.3.1.2)."""
    header = dicom.header
    samples = int(header.get("SamplesPerPixel", 1) or 1)
    if header.get("PhotometricInterpretation") == "YBR_FULL_422":
        samples = 2
    return int(header.Rows) * int(header.Columns) * samples * int(header.BitsAllocated) / 8
