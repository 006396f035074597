"""A project for images that somebody named, made only where there are images."""

from pathlib import Path

from core.errors import UserError
from core.images.source import open_source
from core.jobs import JobContext
from core.project.locations import SUFFIX
from core.tasks.scan import is_project, open_project, project_for, scan


def check_images(path: Path, project: Path | None = None) -> None:
    """Raise `UserError` when a project would be made for `path` and there is no image in it: nothing is made then."""
    if is_project(path) or path.suffix == SUFFIX or is_project(project or project_for(path)):
        return
    if next(iter(open_source(path).scan()), None) is None:
        raise _no_images(path)


def project_with_images(path: Path, project: Path | None, ctx: JobContext, slices: str = "") -> Path:
    """The project of the images at `path`, made where there is none, and scanned. `slices` are as `open_project` takes
    them. Raises `UserError`.
    """
    check_images(path, project)
    place = open_project(path, project, slices)
    if not scan(place, ctx).images:
        raise _no_images(path)
    return place


def _no_images(path: Path) -> UserError:
    return UserError(
        f"There are no images in {path}.", "PNG, JPEG, BMP, GIF, WebP, TIFF, DICOM and NIfTI files are read."
    )
