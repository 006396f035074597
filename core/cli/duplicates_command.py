"""What `medlabel duplicates` does: options to a spec, a task, a summary."""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import typer

from core.cli.output import print_lines
from core.cli.parsing import check_outputs
from core.cli.progress import with_progress
from core.cli.summary import to_json
from core.errors import UserError
from core.tasks.duplicates import DuplicatesResult, DuplicatesSpec, find_duplicates
from core.tasks.scan import open_project, scan

NOT_COMPARED = "Slices of one volume are not compared with each other."
_MOST_GROUPS, _MOST_IMAGES = 20, 5  # that are shown; all of them are in the CSV


def duplicates_command(path: Path, near: bool, csv: Path | None, project: Path | None, as_json: bool) -> None:
    """Scan `path` (a folder, an NPZ or a project) if need be and list what is there more than once, `near` or exact.

    The groups are written to `csv` too, if given. Raises `UserError` where that cannot be written and where there is
    no image.
    """
    check_outputs(csv)
    folder = open_project(path, project)
    found = with_progress(lambda ctx: scan(folder, ctx), as_json)
    if not found.images:
        raise UserError(f"There are no images in {path}.")
    spec = DuplicatesSpec(folder, near, listed=True, csv=csv)
    result = with_progress(lambda ctx: find_duplicates(spec, ctx), as_json)
    if as_json:
        typer.echo(to_json(result))
    else:
        print_lines([*_lines(result, near), *([f"Written to {csv}"] if csv is not None else [])])


def _lines(result: DuplicatesResult, near: bool) -> Iterator[str]:
    yield f"Compared   {result.compared:,} images"
    if result.unread:
        yield f"Unreadable {result.unread:,}"
    if result.volumes:
        yield NOT_COMPARED
    if not result.groups:
        yield "No image is there twice."
        return
    yield f"Groups     {result.groups:,}"
    yield f"  the same content as an earlier image  {result.exact:,}"
    if near:
        yield f"  look the same as another image        {result.near:,}"
    for number, images in groupby(result.images, lambda image: image.group):
        if number > _MOST_GROUPS:
            yield f"... and {result.groups - _MOST_GROUPS:,} more groups (--csv writes all)"
            return
        members = list(images)
        yield f"Group {number}"
        yield from (
            f"  {image.kind:<5}  {image.file_name}{_frame(image.frame)}" for image in members[:_MOST_IMAGES]
        )
        if len(members) > _MOST_IMAGES:
            yield f"  ... and {len(members) - _MOST_IMAGES:,} more"


def _frame(frame: int) -> str:
    return f" (frame {frame})" if frame else ""
