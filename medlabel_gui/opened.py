"""What opening a folder, a file or a project finds. Runs in a worker thread, which may wait for a disk."""

from dataclasses import dataclass
from pathlib import Path

from core.errors import ImagesGoneError
from core.images.source import ImageSource
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


def _source(project: Project) -> ImageSource | None:
    try:
        return project.source()
    except ImagesGoneError:
        return None
