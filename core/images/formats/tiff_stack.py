"""Stacks in a file of one page: the images follow each other, and only a text says how many they are."""

import math
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tifffile import TiffPage

_MOST_TEXT = 10_000  # characters of a description that are looked at
_IMAGEJ = re.compile(r"^images=(\d{1,9})\s*$", re.MULTILINE)
_TIFFFILE = re.compile(r'\{"shape": \[(\d{1,9}(?:, \d{1,9}){0,9})\].*"truncated": true')


def stack_note(page: "TiffPage") -> str:
    """What to say of the only page of a file that is the first image of a stack, as ImageJ writes large ones; empty
    for others.
    """
    text = str(page.description)[:_MOST_TEXT]
    count = 1
    if text.startswith("ImageJ=") and (found := _IMAGEJ.search(text)):
        count = int(found[1])
    elif found := _TIFFFILE.match(text):
        count = math.prod(map(int, found[1].split(","))) // max(1, math.prod(page.shaped))
    return f"first of {count:,} images that the file holds without a page for each" if count > 1 else ""
