"""What opening a folder, a file or a project finds. Runs in a worker thread, which may wait for a disk."""

from dataclasses import dataclass
from pathlib import Path

from core.errors import UserError
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
    snapshot = load_snapshot(folder)
    project = Project.open_as_editor(folder)
    try:
        source = project.source()
    except UserError:  # the images are gone
        source = None
    return Opened(path, project, snapshot, source)
