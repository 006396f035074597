"""A DICOM file opened: its header, and where its pixels are. The pixels are not read."""

import hashlib
import logging
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from typing import Any, BinaryIO

from core.images.files import ImageFile, cannot_open
from core.images.formats.dicom_kept import Parsed, keep, kept
from core.images.formats.dicom_tags import PIXEL_KEYWORDS, TAGS, Tags
from core.images.pixels import ImageUnreadable, OutOfMemory
from core.images.quiet import silence

# A deflated file is inflated as a whole, and no further than this: a small one could fill the memory.
MAX_INFLATED_BYTES = 500_000_000
MAX_FRAMES = 100_000
_INFLATE_PART = 4_000_000
_PLAIN_START = bytes(128) + b"DICM"  # the preamble and the mark that follows it


@dataclass(frozen=True, eq=False)
class DicomFile:
    """An open file; valid inside `opened` alone.

    `header` is a pydicom `Dataset` of the elements in `TAGS`; `stream` the file, inflated where it is deflated;
    `syntax` the transfer syntax UID; `keyword` and `vr` name the element of the pixels ("" where there is none),
    whose value begins at `start`; `left` is the number of bytes from there to the end of the file.
    """

    header: Any
    stream: BinaryIO
    raw: BinaryIO
    syntax: Any
    keyword: str
    vr: str
    start: int
    left: int

    def sha256(self) -> bytes:
        """Of the whole file as it is stored."""
        self.raw.seek(0)
        return hashlib.file_digest(self.raw, "sha256").digest()  # type: ignore[arg-type]  # a BinaryIO is one


@contextmanager
def opened(file: ImageFile, tags: Tags = TAGS) -> Iterator[DicomFile]:
    """The file with the elements `tags` of its header.

    Whatever goes wrong inside becomes `ImageUnreadable`, with words that tell nothing of the header's values.
    """
    from pydicom.errors import InvalidDicomError

    quiet_pydicom()
    try:
        with file.open() as raw:
            yield _known(file, raw) if tags is TAGS else _open(raw, tags)
    except ImageUnreadable:
        raise
    except InvalidDicomError:
        raise not_dicom() from None
    except MemoryError:
        raise OutOfMemory() from None
    except RecursionError:
        raise ImageUnreadable("the header of this DICOM file is nested too deeply") from None
    except OSError as error:
        raise cannot_open(error) from None
    except Exception:  # noqa: BLE001  pydicom and the decoders fail in many ways and quote the header
        raise ImageUnreadable("this DICOM file is broken or cut off") from None


def not_dicom() -> ImageUnreadable:
    return ImageUnreadable("this is not a DICOM file")


@cache
def quiet_pydicom() -> None:
    """Keep pydicom's warnings and log lines to itself, in every thread: they quote the header."""
    import pydicom.config
    import pydicom.misc

    pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE
    silence(pydicom.misc)
    logger = logging.getLogger("pydicom")
    logger.propagate = False
    logger.addHandler(logging.NullHandler())


def _known(file: ImageFile, raw: BinaryIO) -> DicomFile:
    """The file with its header, parsed where it is not kept."""
    identity = file.identity()
    found = kept(identity)
    if found is None:
        fresh = _open(raw, TAGS)
        if fresh.stream is raw:
            parts = (fresh.syntax, fresh.keyword, fresh.vr, fresh.start, fresh.left)
            keep(identity, Parsed(fresh.header, *parts))
        return fresh
    return DicomFile(found.header, raw, raw, found.syntax, found.keyword, found.vr, found.start, found.left)


def _open(raw: BinaryIO, tags: Tags) -> DicomFile:
    from pydicom import dcmread
    from pydicom.filereader import _read_file_meta_info, read_preamble
    from pydicom.tag import Tag
    from pydicom.uid import DeflatedExplicitVRLittleEndian

    _check_start(raw.read(132))
    raw.seek(0)
    read_preamble(raw, force=True)
    stream = raw
    meta = _read_file_meta_info(raw)
    if meta.get("TransferSyntaxUID") == DeflatedExplicitVRLittleEndian:
        stream = _inflated(raw)
    stream.seek(0)
    wanted = [Tag(tag) for tag in (*tags, "SOPClassUID", "TransferSyntaxUID")]
    header = dcmread(stream, stop_before_pixels=True, force=True, specific_tags=wanted)
    if stream is not raw:
        header.file_meta.MediaStorageSOPClassUID = meta.get("MediaStorageSOPClassUID", "")
    keyword, vr = _pixel_element(stream, bool(header.original_encoding[1]))
    start = stream.tell()
    left = max(0, stream.seek(0, 2) - start)
    return DicomFile(header, stream, raw, _syntax(header), keyword, vr, start, left)


def _check_start(head: bytes) -> None:
    """Refuse what cannot be DICOM: no mark after a preamble, and no group that such a file begins with."""
    if not head:
        raise ImageUnreadable("the file is empty")
    if head[128:132] != b"DICM" and head[:2] not in (b"\x02\x00", b"\x08\x00", b"\x00\x08"):
        raise not_dicom()


def _inflated(raw: BinaryIO) -> BinaryIO:
    """The file with its data set inflated, as one of the syntax that is not deflated (PS3.5 A.5).

    `raw` stands behind the file meta information.
    """
    syntax = b"1.2.840.10008.1.2.1\0"
    element = struct.pack("<HH2sH", 2, 0x10, b"UI", len(syntax)) + syntax
    length = struct.pack("<HH2sHL", 2, 0, b"UL", 4, len(element))
    result = BytesIO()
    result.write(_PLAIN_START + length + element)
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    while not inflater.eof:
        part = inflater.unconsumed_tail or raw.read(65_536)
        if not part:
            raise ImageUnreadable("this DICOM file is cut off")
        result.write(inflater.decompress(part, _INFLATE_PART))
        if result.tell() > MAX_INFLATED_BYTES:
            raise ImageUnreadable(f"the file is larger than {MAX_INFLATED_BYTES // 10**6} MB when inflated")
    return result


def _syntax(header: Any) -> Any:
    """The transfer syntax; where the file does not say, that by which its header could be read."""
    from pydicom.uid import UID, ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

    told = header.file_meta.get("TransferSyntaxUID")
    if told:
        return UID(str(told))
    implicit, little = header.original_encoding
    return ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian if little else ExplicitVRBigEndian


def _pixel_element(stream: BinaryIO, little: bool) -> tuple[str, str]:
    """Keyword and VR of the element at the stream's position; the stream goes on to its value.

    Whether a VR is written is seen by itself: there are files that are encoded otherwise than they say.
    """
    start = stream.read(8)
    if len(start) < 8:
        return "", ""
    group, element = struct.unpack("<HH" if little else ">HH", start[:4])
    keyword = PIXEL_KEYWORDS.get(element, "") if group == 0x7FE0 else ""
    vr = start[4:6]
    if not keyword or vr not in (b"OB", b"OW", b"OF", b"OD", b"UN"):
        return keyword, ""
    stream.seek(4, 1)
    return keyword, vr.decode()
