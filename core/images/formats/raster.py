"""PNG, JPEG, BMP, GIF and WebP through Pillow."""

import hashlib
import io
import struct
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from core.images.details import ImageDetails
from core.images.files import ImageFile
from core.images.formats.colour_profile import lab_to_rgb, to_srgb
from core.images.formats.deep import levels_of_samples
from core.images.formats.jpeg_scans import check_scans
from core.images.formats.orientation import upright
from core.images.formats.png16 import is_png16, samples_of
from core.images.formats.registry import Survey
from core.images.formats.transparent_grey import deep_over_black, grey_over_black, scale_grey
from core.images.formats.wording import plain_words
from core.images.levels import Levels
from core.images.pixels import ImageUnreadable, OutOfMemory, Pixels, UInt8, grey_if_grey
from core.images.quiet import silence
from core.images.slices import SliceChoice
from core.images.strips import strips

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

OVER_BLACK = "transparent parts are shown over black"
# Decoded and as RGB this is 600 MB; larger pictures are refused before they are decoded.
MAX_PIXELS = 200_000_000
_COUNTED_GIF_BYTES = 2_000_000  # the frames of a larger GIF are not counted
_ORIENTATION = 0x0112
_TURNED_BY = frozenset(("exif", "xmp", "Raw profile type exif"))  # where Pillow finds an orientation
# Only these of Pillow's formats: others run programs (EPS) or are parsers that nobody needs here.
_READ = ("JPEG", "PNG", "BMP", "DIB", "GIF", "WEBP", "TIFF")
_BROKEN_EXIF = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    SyntaxError,
    OSError,
    struct.error,
)
_ALPHA = ("LA", "La", "PA", "RGBA", "RGBa")
_DEEP = ("I", "F", "I;16", "I;16B", "I;16L")


def survey(file: ImageFile, slices: SliceChoice) -> Survey:
    """One image a file: of an animation, the first."""
    return Survey()


def read(file: ImageFile, frame: int) -> Pixels:
    """Upright, in sRGB, alpha over black. Raises `ImageUnreadable`."""
    data = file.read()
    array, details = decode_with_details(data)
    return Pixels(array, hashlib.sha256(data).digest(), details)


def thumbnail(file: ImageFile, frame: int, side: int) -> UInt8:
    """The same, of a JPEG smaller where that is cheaper. Raises `ImageUnreadable`."""
    return decode(file.read(), side)


def levels(file: ImageFile, frame: int) -> Levels | None:
    """Samples of more than 8 bits. Raises `ImageUnreadable`."""
    data = file.read()
    with opened(data) as image:
        if is_png16(data):
            return _png16(data, image)[0]
        if image.mode not in _DEEP:
            return None
        _stand_upright(image)
        return levels_of_samples(deep_over_black(image)[0])


def decode(data: bytes, side: int | None = None) -> UInt8:
    """Decode a picture file's bytes to (h, w) or (h, w, 3) uint8. Raises `ImageUnreadable`.

    With a `side`, a JPEG may be decoded at 1/2, 1/4 or 1/8 of its size, as long as its longer side keeps that
    many px: its decoder then leaves out the frequencies that a thumbnail cannot show.
    """
    return decode_with_details(data, side)[0]


def decode_with_details(data: bytes, side: int | None = None) -> tuple[UInt8, ImageDetails]:
    """The same, with what the file tells of itself."""
    with opened(data) as image:
        if is_png16(data):
            found, details = _png16(data, image)
            return found.render(), details
        if side is not None:
            _draft(image, side)
        return to_array(image, len(data))


@cache
def _quiet_pillow() -> None:
    """What Pillow warns of (sizes, odd metadata) is judged here: `check_size` does so before anything is decoded."""
    from PIL import Image, JpegImagePlugin, PngImagePlugin, TiffImagePlugin

    Image.MAX_IMAGE_PIXELS = None
    for module in (Image, JpegImagePlugin, PngImagePlugin, TiffImagePlugin):
        silence(module)


@contextmanager
def opened(data: bytes | BinaryIO) -> Iterator["Picture"]:
    """A picture whose size was found good; whatever its decoder says of it becomes `ImageUnreadable`."""
    from PIL import Image, UnidentifiedImageError

    _quiet_pillow()
    if not data:
        raise ImageUnreadable("the file is empty")
    try:
        file = io.BytesIO(data) if isinstance(data, bytes) else data
        with Image.open(file, formats=_READ) as image:
            check_size(image.width, image.height)
            if isinstance(data, bytes):
                check_scans(data)
            scale_grey(image)
            yield image
    except ImageUnreadable:
        raise
    except UnidentifiedImageError as error:
        raise ImageUnreadable("this is not a picture in a format that can be read") from error
    except MemoryError as error:
        raise OutOfMemory() from error
    except Exception as error:  # decoders fail in many ways on a broken file
        raise ImageUnreadable(f"the picture is broken: {plain_words(error)}") from error


def check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise ImageUnreadable(
            f"the picture is too large: {width} x {height} px, at most {MAX_PIXELS // 10**6} megapixels are read"
        )


def _draft(image: "Picture", side: int) -> None:
    scale = side / max(image.width, image.height)
    if image.format == "JPEG" and scale < 1:
        image.draft(None, (max(1, round(image.width * scale)), max(1, round(image.height * scale))))


def to_array(image: "Picture", size: int, frames: int | None = None) -> tuple[UInt8, ImageDetails]:
    """The opened picture upright, in sRGB, alpha over black, and its details. `size` is its file's, in bytes;
    `frames` how many images the file holds, where that is known already.
    """
    count, notes = (frames, []) if frames is not None else _frames(image, size)
    details = ImageDetails(image.format or "", frames=count, photometric=image.mode)
    profile = image.info.get("icc_profile")
    notes += _stand_upright(image)
    if image.mode in _DEEP:
        values, transparent = deep_over_black(image)
        found = levels_of_samples(values)
        notes += [OVER_BLACK] if transparent else []
        bits = 16 if image.mode.startswith("I;") else 32
        return found.render(), replace(details, bits=bits, window=found.window, notes=tuple(notes))
    render = Renderer(profile if isinstance(profile, bytes) else b"")
    array = _in_strips(image, render)
    return array, replace(details, bits=1 if image.mode == "1" else 8, notes=(*notes, *render.notes()))


def _frames(image: "Picture", size: int) -> tuple[int, list[str]]:
    """How many pictures are in the file, and what to say of it. A large GIF is not walked through to count them."""
    if image.format == "JPEG" or not getattr(image, "is_animated", False):
        return 1, []
    if image.format == "GIF" and size > _COUNTED_GIF_BYTES:
        return 1, ["first frame of an animation"]
    count = int(getattr(image, "n_frames", 1))
    return count, [f"first of {count:,} frames"] if count > 1 else []


def _stand_upright(image: "Picture") -> list[str]:
    """Turn a picture by its EXIF orientation; what to say where that cannot be read."""
    from PIL import ImageOps

    image.load()
    if image.format == "JPEG" and not _TURNED_BY & image.info.keys():
        return []  # as most: this is a tenth of the time of a small picture
    try:
        ImageOps.exif_transpose(image, in_place=True)  # copies nothing where the picture is upright
    except _BROKEN_EXIF:  # the pixels are still good
        return ["its orientation cannot be read (broken EXIF)"]
    return []


def orientation_of(data: bytes) -> int:
    """2 to 8 where the tag of this file turns what is shown of it, see `upright`; else 1. Raises `ImageUnreadable`."""
    if is_png16(data) and b"eXIf" not in data:
        return 1
    with opened(data) as image:
        try:
            found = image.getexif().get(_ORIENTATION)
        except _BROKEN_EXIF:
            return 1
        return found if isinstance(found, int) and 2 <= found <= 8 else 1


def _png16(data: bytes, image: "Picture") -> tuple[Levels, ImageDetails]:
    """Both by the samples, and what Pillow knows beside them."""
    count, notes = _frames(image, len(data))
    values, details, transparent = samples_of(data, count)
    if b"eXIf" in data:
        values = upright(values, image.getexif().get(_ORIENTATION))
    if transparent:
        notes.append(OVER_BLACK)
    if image.info.get("icc_profile"):
        notes.append("its colour profile was not used: it is shown through a window")
    found = levels_of_samples(values)
    return found, replace(details, window=found.window, notes=tuple(notes))


def _in_strips(image: "Picture", render: "Callable[[Picture], Picture]") -> UInt8:
    """What `render` makes of a picture, (h, w) or (h, w, 3), grey where it is grey.

    A large one a strip at a time: each of Pillow's steps to an array holds a copy of what it is given.
    """
    width, height = image.size
    parts = list(strips(height, width))
    if len(parts) < 2:
        return grey_if_grey(np.asarray(render(image)))
    array: UInt8 | None = None
    grey = True
    for rows in parts:
        part = np.asarray(render(image.crop((0, rows.start, width, rows.stop))))
        if array is None:
            array = np.empty((height, *part.shape[1:]), np.uint8)
        array[rows] = part
        grey = grey and grey_if_grey(part).ndim == 2
    assert array is not None
    return np.ascontiguousarray(array[..., 0]) if grey and array.ndim == 3 else array


class Renderer:
    """What is shown of a picture's parts: alpha over black, colours in sRGB. Remembers what there is to say."""

    def __init__(self, profile: bytes = b"") -> None:
        self._profile = profile
        self._transparent = False
        self._said = ""

    def notes(self) -> tuple[str, ...]:
        return tuple(note for note in (OVER_BLACK if self._transparent else "", self._said) if note)

    def __call__(self, image: "Picture") -> "Picture":
        """Mode L or RGB."""
        if image.mode == "LAB":
            return lab_to_rgb(image)
        if image.mode == "1":
            return self._grey(image.convert("L"), image.info)
        if image.mode == "L":
            image = self._grey(image, image.info)
        elif image.mode in _ALPHA or "transparency" in image.info:
            image = self._over_black(image)
        elif image.mode == "CMYK" and not self._profile:
            return image.convert("RGB")
        elif image.mode not in ("RGB", "CMYK"):
            image = image.convert("RGB")
        if self._profile:
            image, self._said = to_srgb(image, self._profile)
        return image.convert("RGB") if image.mode == "CMYK" else image

    def _grey(self, image: "Picture", info: Mapping[Any, Any]) -> "Picture":
        shown, transparent = grey_over_black(image, info)
        self._transparent = self._transparent or transparent
        return shown

    def _over_black(self, image: "Picture") -> "Picture":
        from PIL import Image

        # A grey profile is for one channel, so that grey with alpha stays grey.
        mode = "L" if image.mode in ("LA", "La") else "RGB"
        image = image.convert("RGBA")
        lowest = image.getchannel("A").getextrema()[0]
        if isinstance(lowest, int | float) and lowest < 255:
            self._transparent = True
            image = Image.alpha_composite(Image.new("RGBA", image.size, (0, 0, 0, 255)), image)
        return image.convert("RGB") if mode == "RGB" else image.getchannel("G")
