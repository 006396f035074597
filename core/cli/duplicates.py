"""`medlabel duplicates`: images that are there more than once."""

from pathlib import Path
from typing import Annotated, Optional

import typer

from core.cli import options


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("duplicates")(duplicates)


def duplicates(
    path: Annotated[Path, typer.Argument(help="A folder of images, an NPZ file, or a project.")],
    near: Annotated[
        bool,
        typer.Option(
            "--near/--exact",
            help="Also images that look the same though their files differ (coded again, another size or "
            "brightness), or only files of equal content.",
        ),
    ] = True,
    csv: Annotated[
        Optional[Path], typer.Option(help="Write the groups to this CSV file: group, file_name, frame, kind.")
    ] = None,
    project: Annotated[
        Optional[Path], typer.Option(help="Project folder; by default in the user's data folder.")
    ] = None,
    json: options.Json = False,
) -> None:
    """List images that are there more than once.

    The groups are kept with the project: an export keeps each in one split, the window shows them. Nothing is
    deleted or excluded.
    """
    from core.cli.duplicates_command import duplicates_command

    duplicates_command(path, near, csv, project, json)
