"""`medlabel clear-cache`: thumbnails that are kept on disk."""

import typer

from core.cli import options


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("clear-cache")(clear_cache)


def clear_cache(json: options.Json = False) -> None:
    """Delete the thumbnails that the window keeps on disk. They are made again when they are needed."""
    from core.cli.output import print_lines
    from core.cli.summary import to_json
    from core.tasks.cache import clear_cache as clear

    freed = clear()
    if json:
        typer.echo(to_json({"freed_bytes": freed}))
    else:
        print_lines([f"Thumbnails deleted: {freed / 1e6:,.1f} MB."])
