"""What `refine` and `predict` do: options to a spec, a task, a summary."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from core.cli.output import print_lines, write_files
from core.cli.parsing import check_outputs
from core.cli.progress import with_progress
from core.cli.summary import file_lines, info_lines, predict_lines, refine_lines, saved_lines, to_json
from core.errors import UserError
from core.tasks.info import info
from core.tasks.predict import PredictSpec, predict
from core.tasks.refine import RefineSpec, TrainingChoices, refine
from core.tasks.saved_models import check_model_target, save_model_as
from core.tasks.scan import existing_project


@dataclass(frozen=True)
class RefineRequest:
    """The options of `medlabel refine` as they were typed; `choices` are fields of `TrainingChoices`."""

    project: Path
    strategy: str
    choices: Mapping[str, Any]
    weak_labels: Path | None
    device: str
    seed: int
    save_model: Path | None
    replace_classes: bool
    again: bool


@dataclass(frozen=True)
class PredictRequest:
    """The options of `medlabel predict` as they were typed."""

    model: Path
    folder: Path
    project: Path | None
    out: Path | None
    npz: Path | None
    device: str
    replace_classes: bool
    slices: str


def refine_command(wanted: RefineRequest, as_json: bool) -> None:
    """Refine a project, copy the model where it was asked for, and print what came of it.

    Raises `UserError`, before any training where the model's place cannot be written.
    """
    if wanted.save_model is not None:
        check_model_target(wanted.save_model)
    project = existing_project(wanted.project)
    spec = RefineSpec(
        project,
        wanted.strategy,
        wanted.weak_labels,
        wanted.device,
        wanted.seed,
        choices=TrainingChoices(**wanted.choices),
        replace_classes=wanted.replace_classes,
        again=wanted.again,
    )
    refined = with_progress(lambda ctx: refine(spec, ctx), as_json)
    saved = None
    if wanted.save_model is not None:
        if refined.model is None:
            raise UserError("This run has no model to save.", "Refine with another strategy or seed.")
        saved = save_model_as(refined.model, wanted.save_model)
    facts = info(project)
    if as_json:
        typer.echo(to_json({"refine": refined, "saved_model": saved, "info": facts}))
        return
    print_lines([*info_lines(facts), "", *refine_lines(refined), *saved_lines(saved)])


def predict_command(wanted: PredictRequest, as_json: bool) -> None:
    """Label images by a saved model, write the files that were asked for, and print what came of it.

    Raises `UserError`, before any work where a file cannot be written.
    """
    check_outputs(wanted.out, wanted.npz)
    spec = PredictSpec(
        wanted.model,
        wanted.folder,
        wanted.device,
        project=wanted.project,
        replace_classes=wanted.replace_classes,
        slices=wanted.slices,
    )
    result = with_progress(lambda ctx: predict(spec, ctx), as_json)
    files = write_files(result.project, wanted.out, wanted.npz, 0, as_json)
    facts = info(result.project)
    if as_json:
        typer.echo(to_json({"predict": result, "files": files, "info": facts}))
        return
    print_lines([*info_lines(facts), "", *predict_lines(result), *file_lines(files)])
