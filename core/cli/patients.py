"""`medlabel patients`: group images by the patient that their DICOM headers name."""

import typer

from core.cli import options


def patients(project: options.Project, json: options.Json = False) -> None:
    """Group DICOM images by patient, so that exports keep each patient in one split.

    The patient ID becomes a hash, salted with a secret of yours that is not in the project; the ID itself is
    stored nowhere.
    On another computer the groups are the same, but get other names when they are made anew.
    """
    from core.cli.output import print_lines
    from core.cli.progress import with_progress
    from core.cli.summary import to_json
    from core.tasks.patients import PatientsSpec, group_by_patient
    from core.tasks.scan import existing_project

    spec = PatientsSpec(existing_project(project))
    result = with_progress(lambda ctx: group_by_patient(spec, ctx), json)
    if json:
        typer.echo(to_json(result))
        return
    print_lines([f"{result.grouped:,} images of {result.patients:,} patients are grouped."])
    if result.left:
        print_lines([f"{result.left:,} images name no patient: each may go to any split."])


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(patients)
