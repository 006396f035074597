"""The command line: commands, options, and the one place where errors become exit codes."""

import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Optional

import typer

from core import __version__
from core.cli import cache, duplicates, options, patients, second_stage
from core.cli.options import Device
from core.cli.reproduce import add_to
from core.errors import JobCancelled, UserError

DONE, USER_ERROR, STOPPED = 0, 1, 130

app = typer.Typer(
    name="medlabel",
    help="Label folders of medical images. For research only, not for diagnosis.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def run(arguments: Sequence[str]) -> int:
    """Run one command line and give its exit code. Errors are one line on standard error."""
    logging.basicConfig(level=logging.ERROR, format="%(levelname)s %(name)s: %(message)s")
    try:
        app(list(arguments), standalone_mode=False)
    except UserError as error:
        print(f"medlabel: {error}", file=sys.stderr)  # noqa: T201
        return USER_ERROR
    except (JobCancelled, KeyboardInterrupt, typer.Abort):
        print("medlabel: stopped; the same command goes on where this one stopped.", file=sys.stderr)  # noqa: T201
        return STOPPED
    except typer.Exit as end:
        return end.exit_code
    except Exception as error:
        message = getattr(error, "format_message", None)  # a wrong option or argument
        if message is None:
            raise
        print(f"medlabel: {message()} (see medlabel --help)", file=sys.stderr)  # noqa: T201
        return USER_ERROR
    return DONE


@app.callback(invoke_without_command=True)
def medlabel(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    """Label folders of medical images. For research only, not for diagnosis."""
    if version:
        typer.echo(f"medlabel {__version__}")
        raise typer.Exit


@app.command()
def label(
    folder: Annotated[
        Path, typer.Argument(help="A folder of images, a zip archive or NPZ file of them, or a project.")
    ],
    classes: Annotated[str, typer.Option(help="Class names, separated by commas.")] = "",
    prompt: Annotated[
        Optional[list[str]],
        typer.Option(
            help='"CLASS=CAPTION": a caption instead of the model\'s templates. Give it again for more.'
        ),
    ] = None,
    other: Annotated[str, typer.Option(help="Name of a class that takes what fits none.")] = "",
    model: Annotated[
        str, typer.Option(help="starter, openai/ViT-L-14 ... (see medlabel models), or a path.")
    ] = "starter",
    device: options.DeviceOption = Device.auto,
    refine: Annotated[bool, typer.Option("--refine/--no-refine", help="Train the second stage too.")] = True,
    strategy: options.Strategy = "auto",
    network: options.Network = None,
    seed: options.Seed = 0,
    project: Annotated[
        Optional[Path], typer.Option(help="Project folder; by default in the user's data folder.")
    ] = None,
    out: Annotated[Optional[Path], typer.Option(help="Write the labels to this CSV file.")] = None,
    npz: Annotated[Optional[Path], typer.Option(help="Write images and labels to this NPZ file.")] = None,
    slices: options.Slices = "",
    json: options.Json = False,
) -> None:
    """Label a folder: first by CLIP, then by a network trained on CLIP's labels."""
    from core.cli import commands

    wanted = commands.LabelRequest(
        folder,
        classes,
        tuple(prompt or ()),
        other,
        model,
        str(device),
        refine,
        strategy,
        network,
        seed,
        project,
        out,
        npz,
        slices,
    )
    commands.label_command(wanted, json)


second_stage.add_to(app)
duplicates.add_to(app)
cache.add_to(app)
patients.add_to(app)


@app.command()
def export(
    project: options.Project,
    out: Annotated[Path, typer.Option(help="File, or folder for --format folders.")],
    format: Annotated[str, typer.Option(help="csv, npz, folders or report.")] = "csv",
    status: Annotated[
        str, typer.Option(help="Only these: accepted,corrected,predicted ... ; default: see the manual.")
    ] = "",
    split: Annotated[
        str, typer.Option(help="Shares of train, validation and test; none for no division.")
    ] = "70/10/20",
    seed: options.Seed = 0,
    size: Annotated[
        int, typer.Option(help="Side in px of the images in an NPZ; 0 = their own when all agree, else 224.")
    ] = 0,
    fit: Annotated[
        str,
        typer.Option(
            help="How images of an NPZ reach that size: pad (whole image on black), crop (centre square, as "
            "MedMNIST did) or stretch."
        ),
    ] = "pad",
    grey: Annotated[
        Optional[bool], typer.Option("--grey/--rgb", help="Channels in an NPZ; default: grey when all are.")
    ] = None,
    group_by: options.GroupBy = "",
    excel: Annotated[
        bool, typer.Option("--excel", help="Start the CSV with a byte order mark, as Excel wants it.")
    ] = False,
    json: options.Json = False,
) -> None:
    """Write labels as CSV, images and labels as NPZ, copies sorted into class folders, or a report as HTML."""
    from core.cli import commands

    wanted = commands.ExportRequest(
        project, format, out, status, split, seed, size, fit, grey, group_by, excel
    )
    commands.export_command(wanted, json)


@app.command("import-labels")
def import_labels(
    project: options.Project,
    source: Annotated[
        Path,
        typer.Argument(help="CSV (file_name, label), class folders in a folder or zip, or NPZ with labels."),
    ],
    map: Annotated[
        Optional[list[str]],
        typer.Option(help='"THEIRS=OURS": a class name in the source and the project\'s name for it.'),
    ] = None,
    json: options.Json = False,
) -> None:
    """Import known labels as truth, to measure each stage against them."""
    from core.cli import commands

    commands.import_command(project, source, tuple(map or ()), json)


@app.command()
def info(project: options.Project, json: options.Json = False) -> None:
    """What a project holds: images, labels, runs, errors; accuracy where known labels were imported."""
    from core.cli import commands

    commands.info_command(project, json)


@app.command()
def relink(
    project: options.Project,
    folder: Annotated[Path, typer.Argument(help="Where the images of the project are now.")],
) -> None:
    """Tell a project that its images were moved."""
    from core.cli import commands

    commands.relink_command(project, folder)


@app.command()
def models(
    download: Annotated[str, typer.Option(help="Download the weights of this model, once.")] = "",
    json: options.Json = False,
) -> None:
    """The models that can label: size, licence, what they are good for, and whether they are on this machine."""
    from core.cli import commands

    commands.models_command(download, json)


add_to(app)


@app.command()
def demo(
    folder: Annotated[
        Path, typer.Option("--folder", help="Where the demo puts its project and files.")
    ] = Path("demo"),
    open_window: Annotated[
        Optional[bool],
        typer.Option(
            "--open-window/--no-window",
            help="Open the window on the result; default: where there is a display.",
        ),
    ] = None,
    device: options.DeviceOption = Device.auto,
    seed: options.Seed = 0,
    json: options.Json = False,
) -> None:
    """Run the main job on the built-in sample images and say how good each stage was."""
    from core.cli import commands

    commands.demo_command(folder, open_window, str(device), seed, json)
