"""From the files that a source lists to its images: one row a file, or as many as its header says."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from core.images.files import ImageFile
from core.images.formats.registry import format_by_name, format_of, is_nameless
from core.images.pixels import ImageUnreadable
from core.images.refs import ImageRef, ScannedImage
from core.images.slices import SliceChoice

# The frames that a project has of a file (path, size, mtime_ns), None where it has none or the file changed.
KnownFrames = Callable[[str, int, int], Sequence[int] | None]


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

    `tick` is called between files that are opened; what it raises stops the scan.
    """
    surveyed: list[tuple[tuple[str | float, ...], int, list[ScannedImage]]] = []
    for number, found in enumerate(files):
        name = found.file.name
        known_format = format_by_name(name)
        if found.error:
            if known_format is not None:
                yield ScannedImage(ImageRef(name), found.size, found.mtime_ns, found.error)
        elif known_format is not None and not known_format.surveyed:
            yield ScannedImage(ImageRef(name), found.size, found.mtime_ns)
        elif known is not None and (frames := known(name, found.size, found.mtime_ns)) is not None:
            yield from _rows(found, frames)
        else:
            tick()
            key, rows = _survey(found, slices)
            surveyed.append((key, number, rows))
    for _, _, rows in sorted(surveyed, key=lambda item: item[:2]):
        yield from rows


def _survey(found: Found, slices: SliceChoice) -> tuple[tuple[str | float, ...], list[ScannedImage]]:
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
