"""Options that several commands share, as typer reads them."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Optional, TypeVar

import typer


class Device(StrEnum):
    """Where to compute."""

    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"
    mps = "mps"


Project = Annotated[Path, typer.Argument(help="A project (NAME.medlabel), or the images it was made from.")]
Json = Annotated[bool, typer.Option("--json", help="Print the summary as JSON; progress is not shown.")]
Seed = Annotated[int, typer.Option(help="Seed of everything random.", min=0)]
DeviceOption = Annotated[Device, typer.Option(help="Where to compute.", case_sensitive=False)]


StrategyNames = TypeVar("StrategyNames", str, list[str], None)


def _help_strategies(value: StrategyNames) -> StrategyNames:
    """Lists the strategies and ends when `help` is asked for: nothing else needs to be right then."""
    if value == "help" or (isinstance(value, list) and "help" in value):
        from core.tasks.refine_choices import listing, strategy_sentences

        typer.echo("\n".join(listing(strategy_sentences())))
        raise typer.Exit
    return value


def _help_networks(value: str | None) -> str | None:
    if value == "help":
        from core.tasks.refine_choices import listing, network_sentences

        typer.echo("\n".join(listing(network_sentences())))
        raise typer.Exit
    return value


Strategy = Annotated[
    str,
    typer.Option(
        help="Strategy of the second stage; help lists them all.", callback=_help_strategies, is_eager=True
    ),
]
Strategies = Annotated[
    Optional[list[str]],
    typer.Option(
        "--strategy",
        help="Of the second stage; help lists them all. Give it again for more.",
        callback=_help_strategies,
        is_eager=True,
    ),
]
Network = Annotated[
    Optional[str],
    typer.Option(
        help="Network of the second stage (small, resnet18, timm/NAME ...); help lists them.",
        callback=_help_networks,
        is_eager=True,
    ),
]
ClassWeights = Annotated[
    Optional[bool],
    typer.Option("--class-weights/--no-class-weights", help="Let rare classes weigh as much as common ones."),
]
Flip = Annotated[
    Optional[bool],
    typer.Option("--flip/--no-flip", help="Mirror training images left to right; off unless asked for."),
]
Pretrained = Annotated[
    bool,
    typer.Option(
        "--pretrained/--no-pretrained", help="Start from published weights that are on this machine."
    ),
]
Slices = Annotated[
    str,
    typer.Option(
        help="Slices of volumes (NIfTI, 3D NPZ) that are images: axial, coronal or sagittal, all of them, or with "
        ":every=5 or :middle some; axial when nothing is said. Other slices of an earlier choice are missing then."
    ),
]
GroupBy = Annotated[
    str,
    typer.Option(
        "--group-by",
        help="Keep images of one patient in one split: a regular expression on the file name whose first group "
        "names the patient, FILE.csv:COLUMN, or dicom-patient for a salted hash of the ID in DICOM headers.",
    ),
]
