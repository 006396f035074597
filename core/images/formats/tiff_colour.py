"""What the samples of a TIFF page mean: grey, colour, palette, ink; and alpha."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from core.images.formats.deep import Samples, is_opaque, levels_of_samples, over_black
from core.images.formats.orientation import upright
from core.images.formats.raster import OVER_BLACK, Renderer
from core.images.formats.tiff_samples import Unsupported
from core.images.levels import Levels
from core.images.pixels import UInt8, grey_if_grey
from core.images.strips import strips

if TYPE_CHECKING:
    from tifffile import TiffPage

_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _PALETTE, _INK, _YCBCR = 0, 1, 2, 3, 5, 6
_NAMES = {
    5: "inks",
    6: "YCbCr",
    8: "CIE L*a*b*",
    9: "ICC L*a*b*",
    10: "ITU L*a*b*",
    32803: "of a colour filter array",
}
_JPEG = (6, 7, 34892, 33007)
_ASSOCIATED, _UNASSOCIATED = 1, 2  # kinds of alpha (TIFF 6.0, p. 31)


@dataclass(frozen=True, eq=False)
class Seen:
    """A page upright: `levels` where it has more than 8 bits, else `array`; and what there is to say."""

    array: UInt8 | None
    levels: Levels | None
    notes: tuple[str, ...] = ()

    def render(self) -> UInt8:
        """(h, w) or (h, w, 3) uint8."""
        if self.levels is not None:
            return self.levels.render()
        assert self.array is not None
        return self.array


def seen(page: "TiffPage", samples: Samples) -> Seen:
    """`samples` is (h, w, channels). Raises `Unsupported` for colours that are not known here."""
    kind = int(page.photometric)
    if kind == _YCBCR and page.compression in _JPEG:
        kind = _RGB  # the decoder of JPEG gives red, green and blue
    notes = [f"first of {page.shaped[1]} planes"] if page.shaped[1] > 1 else []
    if kind in (_WHITE_IS_ZERO, _BLACK_IS_ZERO):
        values = _without_alpha(page, samples, 1, notes)[..., 0]
    elif kind == _RGB and samples.shape[2] >= 3:
        values = _without_alpha(page, samples, 3, notes)
    elif kind == _PALETTE:
        return Seen(
            _upright(page, _profiled(page, _from_palette(page, samples[..., 0]), notes)), None, tuple(notes)
        )
    elif kind == _INK and samples.shape[2] == 4 and samples.dtype in (np.uint8, np.uint16):
        ink = samples if samples.dtype == np.uint8 else np.asarray(samples >> 8, np.uint8)
        return Seen(_upright(page, _profiled(page, ink, notes, "CMYK")), None, tuple(notes))
    else:
        bits = 8 * samples.dtype.itemsize
        raise Unsupported(
            f"its colours are {_NAMES.get(kind, f'of kind {kind}')} of {bits} bits, which are not read"
        )
    inverted = kind == _WHITE_IS_ZERO
    if _is_deep(page, values):
        values = values if values.ndim == 2 else grey_if_grey(values)
        return Seen(None, levels_of_samples(_upright(page, values), inverted), tuple(notes))
    shown = _eight_bits(values, int(page.bitspersample))
    shown = np.asarray(255 - shown) if inverted else shown
    return Seen(_upright(page, _profiled(page, shown, notes)), None, tuple(notes))


def _upright(page: "TiffPage", array: Any) -> Any:
    tag = page.tags.get(274)
    return upright(
        np.ascontiguousarray(array), int(tag.value) if tag is not None and _whole(tag.value) else 1
    )


def _whole(value: object) -> bool:
    return isinstance(value, int)


def _is_deep(page: "TiffPage", values: Samples) -> bool:
    return bool(values.dtype.kind not in "bu" or values.dtype.itemsize > 1)


def _eight_bits(values: Samples, bits: int) -> UInt8:
    """Up to 8 bits to 0..255, the largest value white."""
    plain = values.astype(np.uint8, copy=False)
    if bits >= 8:
        return plain
    table = np.rint(np.arange(256) * (255 / (2**bits - 1))).clip(0, 255).astype(np.uint8)
    return np.asarray(table[plain])


def _without_alpha(page: "TiffPage", samples: Samples, colours: int, notes: list[str]) -> Samples:
    """The first `colours` channels, over black where one that follows is alpha."""
    values, extra = samples[..., :colours], _extra(page)
    channels = int(page.shaped[0]) * int(page.shaped[4])
    if channels == colours:
        return values
    kind = extra[0] if extra else 0
    if kind not in (_ASSOCIATED, _UNASSOCIATED) or samples.shape[2] <= colours:
        notes.append(
            f"first of {channels} channels"
            if colours == 1
            else "channels beside red, green and blue left out"
        )
        return values
    alpha = samples[..., colours]
    if is_opaque(alpha):
        return values
    notes.append(OVER_BLACK)
    return values if kind == _ASSOCIATED else over_black(values, alpha)  # the former is over black already


def _extra(page: "TiffPage") -> tuple[int, ...]:
    found = page.extrasamples
    return tuple(map(int, found)) if isinstance(found, tuple | list) else (int(found),)


def _from_palette(page: "TiffPage", index: Samples) -> UInt8:
    if page.colormap is None:
        raise Unsupported("a palette is missing")
    table = np.asarray(page.colormap)  # (3, 2 ** bits) uint16
    if table.max(initial=0) >= 256:  # some writers put 8 bits where 16 belong
        table = table >> 8
    colours = np.ascontiguousarray(table.T.astype(np.uint8))
    return grey_if_grey(colours[np.minimum(index, len(colours) - 1)])


def _profiled(page: "TiffPage", array: UInt8, notes: list[str], mode: str | None = None) -> UInt8:
    """(h, w[, c]) uint8 in sRGB, a strip at a time; grey where it is grey."""
    profile = page.iccprofile
    if mode is None and not profile:
        return grey_if_grey(array)
    from PIL import Image

    render = Renderer(bytes(profile) if profile else b"")
    parts = []
    for rows in strips(*array.shape[:2]):
        part = np.ascontiguousarray(array[rows])
        picture = (
            Image.frombytes(mode, (part.shape[1], len(part)), part.tobytes())
            if mode
            else Image.fromarray(part)
        )
        parts.append(np.asarray(render(picture)))
    notes.extend(render.notes())
    return grey_if_grey(np.concatenate(parts))
