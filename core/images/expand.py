"""From the files that a source lists to its images: one row a file, or as many as its header says."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from core.images.files import ImageFile
from core.images.formats.registry import format_by_name, format_of, is_nameless, is_ordered
from core.images.pixels import ImageUnreadable
from core.images.refs import ImageRef, ScannedImage
from core.images.slices import SliceChoice


@dataclass(frozen=True)
class Known:
    """The frames that a project has of a file, None to look into it again, and its place among the others: smaller
    is earlier.
    """

    frames: Sequence[int] | None
    place: int


# What a project has of a file (path, size, mtime_ns), None where it has nothing or the file changed.
KnownFrames = Callable[[str, int, int], Known | None]
_Key = tuple[str | float, ...]


def no_tick() -> None:
    """For a scan that nobody stops."""


@dataclass(frozen=True)
class Found:
    """A file of a source, not opened yet; `error` is set when it is known that it cannot be read."""

    file: ImageFile
    size: int
    mtime_ns: int
    error: str = ""


def may_hold_images(name: str) -> bool:
    """Whether the name of a file speaks of a picture, or does not tell."""
    return format_by_name(name) is not None or is_nameless(name)


def rows_of_folder(
    files: Iterable[Found], slices: SliceChoice, known: KnownFrames | None, tick: Callable[[], None]
) -> Iterator[ScannedImage]:
    """The images in the files of one folder, in the order of `files`; those of a series of files, which are
    surveyed, come in the order that their headers give, after the others.

    What is `known` is not opened again, unless a file that is new belongs among such ones. `tick` is called between
    files that are opened; what it raises stops the scan.
    """
    surveyed: list[_Surveyed] = []
    for number, found in enumerate(files):
        name = found.file.name
        known_format = format_by_name(name)
        if found.error:
            if known_format is not None:
                yield ScannedImage(ImageRef(name), found.size, found.mtime_ns, found.error)
        elif known_format is not None and not known_format.surveyed:
            yield ScannedImage(ImageRef(name), found.size, found.mtime_ns)
        else:
            there = None if known is None else known(name, found.size, found.mtime_ns)
            surveyed.append(_surveyed(number, found, there, slices, tick))
    anew = any(item.key for item in surveyed if item.place is None)
    keys = [_key(item, anew, slices, tick) for item in surveyed]
    for _, item in sorted(zip(keys, surveyed, strict=True), key=lambda pair: (pair[0], pair[1].number)):
        yield from item.rows


@dataclass(frozen=True)
class _Surveyed:
    """A file whose header tells what is in it. `key` is None where it was not opened, `place` where it is new."""

    number: int
    found: Found
    rows: list[ScannedImage]
    key: _Key | None
    place: int | None


def _surveyed(
    number: int, found: Found, there: Known | None, slices: SliceChoice, tick: Callable[[], None]
) -> _Surveyed:
    if there is not None and there.frames is not None:
        return _Surveyed(number, found, _rows(found, there.frames), None, there.place)
    tick()
    key, rows = _survey(found, slices)
    return _Surveyed(number, found, rows, key, None if there is None else there.place)


def _key(item: _Surveyed, anew: bool, slices: SliceChoice, tick: Callable[[], None]) -> _Key:
    """What puts a file in order: the key of its header when all are ordered `anew`, else its place so far."""
    if not is_ordered(item.found.file.name):
        return ()
    if not anew and item.place is not None:
        return (item.place,)
    if item.key is not None:
        return item.key
    tick()
    return _survey(item.found, slices)[0]


def _survey(found: Found, slices: SliceChoice) -> tuple[_Key, list[ScannedImage]]:
    named = format_by_name(found.file.name) is not None
    try:
        format_ = format_of(found.file)
        if format_ is None:
            return (), []
        survey = format_.reader().survey(found.file, slices)
    except ImageUnreadable as error:
        row = ScannedImage(ImageRef(found.file.name), found.size, found.mtime_ns, str(error))
        return (), [row] if named else []
    return survey.key, _rows(found, survey.frames)


def _rows(found: Found, frames: Sequence[int]) -> list[ScannedImage]:
    return [ScannedImage(ImageRef(found.file.name, frame), found.size, found.mtime_ns) for frame in frames]
