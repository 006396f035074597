"""How many scans a JPEG has: every scan walks over the whole picture, and a few bytes are enough for one."""

import re

from core.images.pixels import ImageUnreadable

MAX_SCANS = 500  # progressive files of cameras and programs have some ten; one a block coefficient were 192
_SOS, _EOI = 0xDA, 0xD9
# A marker: what follows 0xFF in the packed data of a scan is 0 or a restart marker otherwise (ITU T.81, B.1.1.5).
_MARKER = re.compile(rb"\xff([^\x00\xff\xd0-\xd7])")


def check_scans(data: bytes) -> None:
    """Refuse a JPEG that would keep its decoder busy for minutes. Raises `ImageUnreadable`."""
    # Counted at once first: texts and what is appended hold such bytes by chance, but seldom as many.
    if data[:2] == b"\xff\xd8" and data.count(b"\xff\xda") > MAX_SCANS and _scans(data) > MAX_SCANS:
        raise ImageUnreadable(f"the picture has too many scans: at most {MAX_SCANS} are read")


def _scans(data: bytes) -> int:
    """The scans of the first picture, counted no further than one beyond the bound."""
    count, at = 0, 2
    while count <= MAX_SCANS and (found := _MARKER.search(data, at)):
        kind = found[1][0]
        if kind == _EOI:
            break
        count += kind == _SOS
        at = found.end() + int.from_bytes(data[found.end() : found.end() + 2])
    return count
