"""Options that several commands share, as typer reads them."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Optional

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
Strategy = Annotated[
    str, typer.Option(help="Strategy of the second stage; a name that there is not lists them all.")
]
Network = Annotated[
    Optional[str], typer.Option(help="Network of the second stage (small, resnet18, timm/NAME ...).")
]
GroupBy = Annotated[
    str,
    typer.Option(
        "--group-by",
        help="Keep images of one patient in one split: a regular expression on the file name whose first group "
        "names the patient, or FILE.csv:COLUMN.",
    ),
]
