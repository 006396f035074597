"""What decoders say of broken files, in words for people."""

import re

from core.images.pixels import short

_ENDS = "the file ends before the image does"
_DAMAGED = "the image data in it are damaged"
_STRUCTURE = "its parts do not fit together"

# What Pillow, libdeflate, zlib, imagecodecs, tifffile and Python say most often, in lower case, and what it means.
_WORDS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (
            r"truncated|incomplete|unexpected end|premature|end of (file|data)|\beof\b|too (short|small)|not enough",
            _ENDS,
        ),
        (
            r"unpack requires a buffer|buffer is smaller|failed to read \d+ bytes|could not read|out of range",
            _ENDS,
        ),
        (
            r"broken data stream|unrecognized data stream|could not create decoder|decoder error|bad_data",
            _DAMAGED,
        ),
        (
            r"error -\d+ while decompressing|(checksum|crc|adler)|incorrect (data|header) check|corrupt.*data",
            _DAMAGED,
        ),
        (
            r"insufficient_space|short_output|returned \w*error|invalid (stream|code|block|literal|distance)",
            _DAMAGED,
        ),
        (
            r"broken png file|bogus|corrupt|cannot reshape|invalid (value )?offset|invalid data type",
            _STRUCTURE,
        ),
    )
)


def plain_words(error: Exception) -> str:
    """What a decoder's message means, to stand behind "the picture is broken: ". A message that is not known comes
    as it is, at most a line of it.
    """
    said = short(error)
    lower = said.lower()
    return next((words for pattern, words in _WORDS if pattern.search(lower)), said)
