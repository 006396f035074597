"""What a command writes at its end: the files that were asked for, and lines."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer

from core.cli.progress import with_progress
from core.cli.summary import plain
from core.tasks.export import ExportResult, ExportSpec, export


def write_files(
    project: Path, csv: Path | None, npz: Path | None, seed: int, as_json: bool
) -> list[ExportResult]:
    """Export to the files that were asked for."""
    targets = [("csv", csv), ("npz", npz)]
    specs = [ExportSpec(project, name, out, seed=seed) for name, out in targets if out is not None]
    return [with_progress(lambda ctx, spec=spec: export(spec, ctx), as_json) for spec in specs]  # type: ignore[misc]


def print_lines(lines: Sequence[Any]) -> None:
    for line in lines:
        typer.echo(plain(line))
