"""Open the images at a path as a project, and find what is new, changed or gone."""

import itertools
import time
from array import array
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from core.errors import UserError
from core.images.expand import Known
from core.images.formats.registry import is_surveyed
from core.images.places import lies_in
from core.images.refs import ScannedImage
from core.images.slices import SliceChoice
from core.images.source import check_source
from core.jobs import JobContext
from core.project.database import FILE_NAME
from core.project.known import KnownProject, holds, moved_project, project_of, source_of
from core.project.locations import SUFFIX, default_project_folder
from core.project.project import Project
from core.project.scan_order import placed, read_positions, save_positions

STAGE = "Finding images"
_SCANNED = "slices_scanned"  # key in `meta`: the choice of slices that the rows are of
_UNPLACED = (
    "unplaced_from"  # the first row of a scan that did not come to its end, whose rows have no place yet
)
_BATCH = 5000
_FIRST_SECONDS = 0.1  # the first images are told early: they can be looked at while the scan goes on
_FLUSH_SECONDS = 1.0  # a slow share is told as it comes


@dataclass(frozen=True)
class ScanResult:
    """Images by what the scan found: all, new since last time, with other content, no longer there, with an error.

    `first_new` is the row of the first new image, the others follow it.
    """

    project: Path
    images: int
    new: int
    changed: int
    missing: int
    errors: int
    first_new: int = 0


@dataclass(frozen=True)
class ImagesFound:
    """Event: the project has `images` rows now; the newest are on disk."""

    images: int


def open_project(path: Path, project: Path | None = None, slices: str = "") -> Path:
    """The project folder for `path` (a folder of images, a zip, an NPZ or a project), made when there is none yet.

    `slices` are the slices of volumes that are its images, as `SliceChoice` has them as text; where it is empty, those
    of the project, or all axial ones. Raises `UserError` when `path` is none of these or cannot be read, before
    anything is made of it, or when `project` belongs to other images.
    """
    choice = str(SliceChoice.parse(slices)) if slices else ""
    folder = path if is_project(path) else _made(path, project)
    return choose_slices(folder, choice) if choice else folder


def choose_slices(project: Path, slices: str) -> Path:
    """Take other slices of the volumes for images from now on; the next scan adds them, and those that were images
    before are missing then. The project folder comes back. Raises `UserError`.
    """
    choice = SliceChoice.parse(slices)
    with Project.open(project) as opened:
        if opened.slices != choice:
            opened.set_meta(slices=str(choice))
    return project


def slices_of(project: Path) -> SliceChoice:
    """The slices of volumes that are the images of a project. Raises `UserError`."""
    with Project.open(project) as opened:
        return opened.slices


def _made(path: Path, project: Path | None) -> Path:
    if path.suffix == SUFFIX:
        raise UserError(f"There is no project in {path}.")
    folder = project or project_for(path)
    if not is_project(folder):
        check_source(path)
        check_place(folder, path)
        Project.create(folder, path).close()
        return folder
    with Project.open(folder) as opened:
        if not opened.meta("source"):  # its making was interrupted
            check_source(path)
            check_place(folder, path)
            Project.create(folder, path).close()
        elif opened.source_path != path.resolve():
            raise UserError(
                f"The project {folder} belongs to the images in {opened.source_path}.",
                "Choose another project folder, or relink it when the images were moved.",
            )
    return folder


def check_place(project: Path, source: Path) -> None:
    """Raises `UserError` when a project in `project` would be among its own images, where nothing is ever written."""
    if lies_in(project, source):
        raise UserError(
            f"The project {project} would lie in the image folder {source}, where nothing is ever written.",
            "Open the folder of the images alone, or choose another place for the project (--project).",
        )


def project_for(source: Path) -> Path:
    """Where the project for the images at `source` is, also when they were relinked, or where it will be."""
    first = default_project_folder(source)
    if source_of(first) == source.resolve():
        return first
    known = project_of(source)
    if known is not None:
        return known
    numbers = itertools.count(2)
    folder = first
    while source_of(folder) is not None:  # relinked: its images are elsewhere now
        folder = first.with_name(f"{first.stem}-{next(numbers)}{SUFFIX}")
    return folder


def moved_from(path: Path) -> KnownProject | None:
    """The project that images at `path`, not known by that path, seem to belong to; None for new ones."""
    if is_project(path) or not path.is_dir() or is_project(project_for(path)):
        return None
    return moved_project(path)


def existing_project(path: Path) -> Path:
    """The project at `path`, or the one that was made for the images at `path`. Raises `UserError`."""
    if is_project(path):
        return path
    if path.exists() and path.suffix != SUFFIX and is_project(project_for(path)):
        return project_for(path)
    raise UserError(
        f"There is no project in {path}.", "Label a folder first, or give the path of a .medlabel folder."
    )


def holds_images_of(project: Path, source: Path) -> bool:
    """Whether most of a project's files are at `source`, with their sizes; an NPZ only has to be one."""
    return not source.is_dir() or holds(source, project)


def relink(project: Path, source: Path) -> Path:
    """Tell a project that its images are at `source` now; the project folder comes back. Raises `UserError`."""
    check_source(source)
    check_place(project, source)
    with Project.open(project) as opened:
        opened.check_writable()
        opened.relink(source)
    return project


def is_project(path: Path) -> bool:
    """Whether `path` is a project folder."""
    return (path / FILE_NAME).is_file()


def scan(project: Path, ctx: JobContext) -> ScanResult:
    """Walk the source and bring the project's rows up to date; no file is opened.

    Rows are added as they are found, so a scan that was stopped goes on next time. Raises `UserError`.
    """
    with Project.open(project) as opened:
        opened.check_writable()
        comparison = _Comparison(opened)
        due = time.monotonic() + _FIRST_SECONDS
        found = opened.source().scan(comparison.known_frames, ctx.check)
        for number, item in enumerate(found, 1):
            if item.error:
                opened.source()  # raises where it is the drive that went away, not the file
            comparison.add(item)
            if number % _BATCH == 0 or time.monotonic() > due:
                comparison.flush(ctx)
                due = time.monotonic() + _FLUSH_SECONDS
            ctx.progress(number, 0, STAGE)
        comparison.flush(ctx)
        opened.source()  # nor are they all missing then
        ctx.progress(comparison.rows, comparison.rows, STAGE)
        return comparison.close()


@dataclass
class _Comparison:
    """A scan in work, held against the rows that the project has."""

    project: Project
    new: list[ScannedImage] = field(default_factory=list)
    changed: list[tuple[int, ScannedImage]] = field(default_factory=list)
    returned: list[int] = field(default_factory=list)
    errors: int = 0
    order: "array[int]" = field(default_factory=lambda: array("q"))  # rows as they are found
    counts: dict[str, int] = field(default_factory=lambda: {"new": 0, "changed": 0})

    def __post_init__(self) -> None:
        self.known = self.project.images.stamps()
        self.rows = self.first_new = len(self.known)
        self.positions = read_positions(self.project.arrays, self.rows)
        self.unplaced = int(self.project.meta(_UNPLACED) or self.rows)
        self.files: dict[str, list[tuple[int, int, tuple[int, int], bool, bool]]] = {}
        self.same_slices = self.project.meta(_SCANNED) == str(self.project.slices)
        for (path, frame), (row, size, mtime_ns, error, missing) in self.known.items():
            if self.same_slices and is_surveyed(path):
                stamp = (row, frame, (size, mtime_ns), bool(error), missing)
                self.files.setdefault(path, []).append(stamp)

    def known_frames(self, path: str, size: int, mtime_ns: int) -> Known | None:
        """What there is of a file that is as it was: it need not be opened again, unless it was broken or away."""
        rows = self.files.get(path, [])
        rows = [row for row in rows if not row[4]] or rows  # slices that are images no more are missing
        if not rows or any(row[0] >= self.unplaced or row[2] != (size, mtime_ns) for row in rows):
            return None
        place = min(row[0] if self.positions is None else int(self.positions[row[0]]) for row in rows)
        frames = [row[1] for row in rows]
        return Known(None if any(row[3] or row[4] for row in rows) else frames, place)

    def add(self, item: ScannedImage) -> None:
        self.errors += bool(item.error)
        stamp = self.known.pop((item.ref.path, item.ref.frame), None)
        self.order.append(self.rows + len(self.new) if stamp is None else stamp[0])
        if stamp is None:
            self.new.append(item)
            return
        row, size, mtime_ns, error, missing = stamp
        if (size, mtime_ns) != (item.size, item.mtime_ns) or bool(item.error) > bool(error):
            self.changed.append((row, item))
        elif missing:
            self.returned.append(row)

    def flush(self, ctx: JobContext) -> None:
        images = self.project.images
        if self.new and 0 < self.rows == self.unplaced:
            self.project.set_meta(**{_UNPLACED: str(self.rows)})
        images.add(self.new, self.rows)
        # What was computed goes first: a crash in between costs work, never leaves it for other pixels.
        self.project.forget_content(np.array([row for row, _ in self.changed], np.int64))
        images.restamp(self.changed)
        images.set_missing(self.returned, False)
        self.rows += len(self.new)
        self.counts["new"] += len(self.new)
        self.counts["changed"] += len(self.changed)
        for pending in (self.new, self.changed, self.returned):
            pending.clear()
        ctx.emit(ImagesFound(self.rows))

    def close(self) -> ScanResult:
        gone = [stamp[0] for stamp in self.known.values()]
        self.project.images.set_missing(gone, True)
        self._keep_order()
        if not self.same_slices:
            self.project.set_meta(**{_SCANNED: str(self.project.slices)})
        return ScanResult(
            project=self.project.folder,
            images=self.rows,
            new=self.counts["new"],
            changed=self.counts["changed"],
            missing=len(gone),
            errors=self.errors,
            first_new=self.first_new,
        )

    def _keep_order(self) -> None:
        found = np.array(self.order, np.int64)
        if self.positions is not None or (np.diff(found) < 0).any():
            save_positions(self.project.arrays, placed(found, self.positions, self.rows))
        if self.project.meta(_UNPLACED):
            self.project.set_meta(**{_UNPLACED: ""})
