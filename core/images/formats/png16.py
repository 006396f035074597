"""PNG of 16 bits with colour or alpha, of which Pillow would keep the high bytes only."""

import numpy as np

from core.images.details import ImageDetails
from core.images.formats.deep import Samples, is_opaque, over_black
from core.images.formats.wording import plain_words
from core.images.pixels import ImageUnreadable, grey_if_grey

MAX_BYTES = 400_000_000  # of samples, unpacked
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# Colour type of the IHDR chunk (PNG, 11.2.1) to the name of the samples; plain grey is read well by Pillow.
_TYPES = {2: ("RGB", 3), 4: ("LA", 2), 6: ("RGBA", 4)}


def is_png16(data: bytes) -> bool:
    """Whether `data` begins like a PNG that this module reads."""
    if len(data) < 26 or data[:8] != _SIGNATURE or data[24] != 16 or data[25] not in _TYPES:
        return False
    width, height = int.from_bytes(data[16:20]), int.from_bytes(data[20:24])
    return width * height * _TYPES[data[25]][1] * 2 <= MAX_BYTES


def samples_of(data: bytes, frames: int) -> tuple[Samples, ImageDetails, bool]:
    """(h, w) or (h, w, 3) uint16, what the file tells, and whether there was something transparent; it is over black.

    Raises `ImageUnreadable`.
    """
    import imagecodecs

    name, _ = _TYPES[data[25]]
    try:
        values = np.asarray(imagecodecs.png_decode(data))
    except (imagecodecs.PngError, ValueError, RuntimeError) as error:
        raise ImageUnreadable(f"the picture is broken: {plain_words(error)}") from error
    details = ImageDetails("PNG", bits=16, frames=frames, photometric=name)
    transparent = values.ndim == 3 and values.shape[2] in (2, 4) and not is_opaque(values[..., -1])
    if values.ndim == 3 and values.shape[2] in (2, 4):
        colours, alpha = values[..., :-1], values[..., -1]
        values = over_black(colours, alpha) if transparent else colours
    if values.ndim == 3 and values.shape[2] == 1:
        values = values[..., 0]
    return np.ascontiguousarray(grey_if_grey(values)), details, transparent
