"""Colour profiles (ICC) to sRGB through LittleCMS, and CIELab, which has no other way to red, green and blue."""

import io
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from PIL.Image import Image as Picture
    from PIL.ImageCms import ImageCmsTransform

IGNORED = "its colour profile is broken and was ignored"
MISFIT = "its colour profile is for another kind of image and was ignored"
MAX_PROFILE_BYTES = 8_000_000  # those of printers have 3
_SAME = 2  # of 255: a profile that changes no colour by more is sRGB itself
_SPACES = {"L": "GRAY", "RGB": "RGB", "CMYK": "CMYK"}


def to_srgb(image: "Picture", profile: bytes) -> "tuple[Picture, str]":
    """An image of mode L, RGB or CMYK in sRGB, of mode L or RGB, and a note where its profile was not followed.

    The very same image where the profile is sRGB or is not followed. Any thread.
    """
    transform, note = _transform(profile, image.mode)
    if transform is None:
        return image, note
    seen = transform.apply(image)
    return (seen.getchannel("G") if image.mode == "L" else seen), note


def lab_to_rgb(image: "Picture") -> "Picture":
    """CIELab (D50) to sRGB."""
    from PIL import ImageCms

    lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    seen = ImageCms.ImageCmsTransform(
        ImageCms.ImageCmsProfile(lab), ImageCms.ImageCmsProfile(srgb), "LAB", "RGB"
    ).apply(image)
    assert seen is not None
    return seen


@lru_cache(maxsize=16)
def _transform(profile: bytes, mode: str) -> "tuple[ImageCmsTransform | None, str]":
    """The way from a profile to sRGB; None where there is nothing to do, with a note where nothing can be done."""
    from PIL import ImageCms

    if len(profile) > MAX_PROFILE_BYTES:
        return None, IGNORED
    try:
        source: Any = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if source.profile.xcolor_space.strip() != _SPACES.get(mode):
            return None, MISFIT
        target: Any = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
        # LittleCMS would make a table of few steps of a grey curve, which is wrong by 10 of 255 in the dark.
        flags = ImageCms.Flags.NOOPTIMIZE if mode == "L" else ImageCms.Flags.NONE
        found = ImageCms.ImageCmsTransform(source, target, mode, "RGB", flags=flags)
        return (None if _changes_nothing(found, mode) else found), ""
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):  # the pixels are still good
        return None, IGNORED


def _changes_nothing(transform: "ImageCmsTransform", mode: str) -> bool:
    from PIL import Image

    steps = np.linspace(0, 255, 17).astype(np.uint8)
    if mode == "RGB":
        probe = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(17, 289, 3)
    elif mode == "L":
        probe = np.arange(256, dtype=np.uint8)[None]
    else:
        return False
    seen = np.asarray(transform.apply(Image.fromarray(probe))).astype(int)
    seen = seen[..., 1] if mode == "L" else seen
    return bool(np.abs(seen - probe).max() <= _SAME)
