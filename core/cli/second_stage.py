"""`medlabel refine` and `medlabel predict`: training the second stage, and labelling by what it trained."""

from pathlib import Path
from typing import Annotated, Optional

import typer

from core.cli import options
from core.cli.options import Device

ReplaceClasses = Annotated[
    bool,
    typer.Option(
        "--replace-classes",
        help="Go on where the project has labels under other classes: these make way, decisions for a class that "
        "goes are withdrawn. Undo in the window brings them back.",
    ),
]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command("refine")(refine)
    app.command("predict")(predict)


def refine(
    project: options.Project,
    strategy: options.Strategy = "auto",
    network: options.Network = None,
    optimiser: Annotated[Optional[str], typer.Option(help="sgd, adam or adamw.")] = None,
    schedule: Annotated[Optional[str], typer.Option(help="constant, cosine, one-cycle or step.")] = None,
    epochs: Annotated[Optional[int], typer.Option(help="Passes over the images, at most.", min=1)] = None,
    batch_size: Annotated[Optional[int], typer.Option(help="Images in a training step.", min=1)] = None,
    learning_rate: Annotated[Optional[float], typer.Option(help="Step width of the optimiser.")] = None,
    class_weights: options.ClassWeights = None,
    flip: options.Flip = None,
    pretrained: options.Pretrained = True,
    save_model: Annotated[
        Optional[Path],
        typer.Option(
            help="Write the model that labels new images to this folder too (NAME.medlabel-model); an older "
            "model there is replaced."
        ),
    ] = None,
    weak_labels: Annotated[
        Optional[Path],
        typer.Option(help="CSV of file_name and one probability column a class, instead of CLIP's labels."),
    ] = None,
    replace_classes: ReplaceClasses = False,
    again: Annotated[
        bool, typer.Option("--again", help="Train anew even where a run has exactly these settings.")
    ] = False,
    device: options.DeviceOption = Device.auto,
    seed: options.Seed = 0,
    json: options.Json = False,
) -> None:
    """Train the second stage on a project's labels, or on weak labels of any origin.

    Weak labels take the place of stage 1's; the earlier run is kept. Where the project has labels under other classes
    than the CSV, nothing is done without --replace-classes. Images that the CSV leaves out have no label of stage 1;
    the network that was trained labels them. A run with exactly these settings is not trained a second time.
    """
    from core.cli import second_stage_commands as commands

    choices = {
        "network": network,
        "optimiser": optimiser,
        "schedule": schedule,
        "epochs": epochs,
        "batch_size": batch_size,
        "learning_rate": learning_rate,
        "class_weights": class_weights,
        "flip": flip,
        "pretrained": pretrained,
    }
    wanted = commands.RefineRequest(
        project, strategy, choices, weak_labels, str(device), seed, save_model, replace_classes, again
    )
    commands.refine_command(wanted, json)


def predict(
    model: Annotated[
        Path, typer.Argument(help="A saved model (NAME.medlabel-model), or a project with a refined run.")
    ],
    folder: Annotated[
        Path, typer.Argument(help="A folder of images, a zip or NPZ file of them, or a project.")
    ],
    project: Annotated[
        Optional[Path], typer.Option(help="Project folder; by default in the user's data folder.")
    ] = None,
    out: Annotated[Optional[Path], typer.Option(help="Write the labels to this CSV file.")] = None,
    npz: Annotated[Optional[Path], typer.Option(help="Write images and labels to this NPZ file.")] = None,
    slices: options.Slices = "",
    replace_classes: ReplaceClasses = False,
    device: options.DeviceOption = Device.auto,
    json: options.Json = False,
) -> None:
    """Label new images by a model that a refinement trained.

    Where the images have a project already, the model's labels take the place of stage 1's; the earlier run and its
    refinement are kept, decisions of people stand. Where that project has labels under other classes than the model,
    nothing is done without --replace-classes.
    """
    from core.cli import second_stage_commands as commands

    wanted = commands.PredictRequest(model, folder, project, out, npz, str(device), replace_classes, slices)
    commands.predict_command(wanted, json)
