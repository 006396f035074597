"""Whether one path lies in another: nothing is written among the images."""

import os
from pathlib import Path


def lies_in(path: Path, folder: Path) -> bool:
    """Whether `path` is `folder` or below it, whatever links lead there and however the disk spells its names."""
    places = {place for name in names_of(path) for place in (name, *name.parents)}
    return any(_same(place, folder) for place in places)


def names_of(path: Path) -> tuple[Path, Path]:
    """What `path` leads to, and the entry that would be replaced: a link itself, in the folder where it truly is."""
    return Path(os.path.realpath(path)), Path(os.path.realpath(path.parent), path.name)


def _same(one: Path, other: Path) -> bool:
    try:
        return one == Path(os.path.realpath(other)) or one.samefile(other)
    except (
        OSError
    ):  # what cannot be looked at is not there; that it cannot be written either is found when it is tried
        return False
