"""The headers of multi-frame files that were read last: parsing one takes as long as it has frames."""

import threading
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

_MOST = 2  # a label run and a preview may be at two files
_GROUPS = ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence")
_MACROS = ("FrameVOILUTSequence", "PixelValueTransformationSequence")
_META = ("TransferSyntaxUID", "MediaStorageSOPClassUID")


@dataclass(frozen=True, eq=False)
class Parsed:
    """A header, and where the pixels are, as in `DicomFile`."""

    header: Any
    syntax: Any
    keyword: str
    vr: str
    start: int
    left: int


_lock = threading.Lock()
_kept: OrderedDict[Hashable, Parsed] = OrderedDict()


def kept(identity: Hashable) -> Parsed | None:
    """The header of the file, where it is kept."""
    with _lock:
        found = _kept.get(identity)
        if found is not None:
            _kept.move_to_end(identity)
        return found


def keep(identity: Hashable, parsed: Parsed) -> None:
    """Keep the header of a file of several frames. What is kept tells nothing of a patient: of the groups of frames
    and of the file meta information, all goes that shows no pixels.
    """
    header = parsed.header
    if not _is_several(header):
        return
    for name in _GROUPS:
        for item in header.get(name) or ():
            _leave(item, _MACROS)
    _leave(header.file_meta, _META)
    with _lock:
        _kept[identity] = parsed
        while len(_kept) > _MOST:
            _kept.popitem(last=False)


def _is_several(header: Any) -> bool:
    try:
        return int(header.get("NumberOfFrames", 1) or 1) > 1
    except (TypeError, ValueError):
        return False


def _leave(dataset: Any, keywords: tuple[str, ...]) -> None:
    from pydicom.tag import Tag

    wanted = {Tag(keyword) for keyword in keywords}
    for tag in [tag for tag in dataset.keys() if tag not in wanted]:  # noqa: SIM118  a data set yields elements
        del dataset[tag]
