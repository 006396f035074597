"""One image, decoded for the preview in a worker thread, with what only the disk knows of it. No Qt."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from core.images.details import NOTHING_KNOWN, ImageDetails
from core.images.levels import Levels
from core.images.pixels import ImageUnreadable, Pixels
from core.images.refs import ImageRef
from core.images.source import ImageSource, levels_of
from core.jobs import JobContext
from medlabel_gui.preview.pyramid import Pyramid, build_pyramid

MAX_SAMPLES = 50_000_000  # of more pixels only the 8 bits are kept: their window cannot be moved


@dataclass(frozen=True)
class FileFacts:
    """`size` in bytes of the image's own file, None where many images are in one; `modified` in local time."""

    size: int | None = None
    modified: datetime | None = None


@dataclass(frozen=True, eq=False)
class Picture:
    """What was read of an image: its pixels, the checksum and the details of its file, or why it cannot be shown."""

    row: int
    facts: FileFacts
    pyramid: Pyramid | None = None
    sha256: bytes = b""
    error: str = ""
    details: ImageDetails = NOTHING_KNOWN

    @property
    def nbytes(self) -> int:
        return self.pyramid.nbytes if self.pyramid is not None else 0


def read_picture(source: ImageSource, row: int, ref: ImageRef, ctx: JobContext) -> Picture:
    """Decode an image and build its pyramid. Raises `JobCancelled` between the two."""
    ctx.check()
    facts = file_facts(source.root, ref)
    try:
        pixels = source.read(ref)
        ctx.check()
        pyramid = build_pyramid(pixels.array, _samples(source, ref, pixels))
        return Picture(row, facts, pyramid, pixels.sha256, details=pixels.details)
    except ImageUnreadable as error:
        return Picture(row, facts, error=str(error))


def _samples(source: ImageSource, ref: ImageRef, pixels: Pixels) -> Levels | None:
    """What the preview needs to see an image through other windows; None where 8 bits are all there is."""
    if pixels.details.window is None or pixels.array.size > MAX_SAMPLES:
        return None
    return levels_of(source, ref)


def file_facts(root: Path, ref: ImageRef) -> FileFacts:
    """Size and date of the image's file, or the date of the file that holds it among others."""
    for path, own in ((root / ref.path, True), (root, False)):
        try:
            found = path.stat()
        except OSError:  # an image inside another file, or gone
            continue
        if path.is_file():
            return FileFacts(
                found.st_size if own else None, datetime.fromtimestamp(found.st_mtime).astimezone()
            )
    return FileFacts()
