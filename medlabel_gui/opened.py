"""What opening a folder, a file or a project finds. Runs in a worker thread, which may wait for a disk."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from core.errors import ImagesGoneError
from core.images.formats.registry import format_by_name
from core.images.refs import ImageRef
from core.images.source import ImageSource
from core.project.columns import ImageRefs, paths_of
from core.project.known import KnownProject
from core.project.project import Project
from medlabel_gui.snapshot import Snapshot, load_snapshot


@dataclass(frozen=True)
class Opened:
    """What opening found: a project to show, or one whose images seem to have been moved to `path`."""

    path: Path
    project: Project | None = None
    snapshot: Snapshot | None = None
    source: ImageSource | None = None
    moved: KnownProject | None = None
    doubtful: Path | None = None  # a project of which few files are at `path`


def read_project(path: Path, folder: Path) -> Opened:
    """Open the project in `folder` for the main thread; `path` is what was asked for.

    Where another window has it, or nothing can be written to it, it is for reading only, see `Project.read_only`.
    """
    project = Project.open_as_editor(
        folder
    )  # before the snapshot: what another window has written is in it then
    try:
        return Opened(path, project, load_snapshot(folder), _source(project))
    except BaseException:
        project.close()
        raise


def volumes_of(refs: Sequence[ImageRef], kind: str) -> tuple[int, int]:
    """How many volumes whose slices can be chosen (NIfTI, 3D NPZ) are among the images, and their slices.

    `kind` is that of the source. A volume of one slice is a picture. Cheap for folders of pictures; any thread.
    """
    if isinstance(refs, ImageRefs) and not refs.frames.any():
        return 0, 0
    more = Counter(path for path, following in pairwise(paths_of(refs)) if path == following)
    slices = [count + 1 for path, count in more.items() if kind == "npz" or _is_nifti(path)]
    return len(slices), sum(slices)


def _is_nifti(path: str) -> bool:
    known = format_by_name(path)
    return known is not None and known.name == "NIfTI"


def _source(project: Project) -> ImageSource | None:
    try:
        return project.source()
    except ImagesGoneError:
        return None
