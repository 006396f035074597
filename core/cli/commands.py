"""What each command does: options to a spec, a task, a summary."""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import typer

from core.cli.output import print_lines, write_files
from core.cli.parsing import check_outputs, parse_pair, parse_split, parse_statuses
from core.cli.progress import with_progress
from core.cli.summary import (
    file_lines,
    info_lines,
    label_lines,
    refine_lines,
    to_json,
)
from core.errors import UserError
from core.tasks.demo import DemoSpec, demo
from core.tasks.export import ExportSpec, export, group_rule
from core.tasks.import_labels import ImportSpec, UnknownClassesError, import_labels
from core.tasks.info import info
from core.tasks.label import LabelSpec, label, parse_classes
from core.tasks.models import describe_models, download_model
from core.tasks.new_project import check_images
from core.tasks.patients import BY_PATIENT, PatientsSpec, group_by_patient
from core.tasks.refine import RefineResult, RefineSpec, TrainingChoices, refine
from core.tasks.refine_choices import check_choices
from core.tasks.scan import existing_project, open_project, scan

SAMPLES_NOTE = (
    "The samples are synthetic, drawn by a model of the image sets that the built-in model learnt from:",
    "it knows their kind well. Expect less on your own images. For research only, not for diagnosis.",
)


@dataclass(frozen=True)
class LabelRequest:
    """The options of `medlabel label` as they were typed."""

    folder: Path
    classes: str
    prompts: tuple[str, ...]
    other: str
    model: str
    device: str
    refine: bool
    strategy: str
    network: str | None
    seed: int
    project: Path | None
    out: Path | None
    npz: Path | None
    slices: str = ""


@dataclass(frozen=True)
class ExportRequest:
    """The options of `medlabel export` as they were typed."""

    project: Path
    format: str
    out: Path
    status: str
    split: str
    seed: int
    size: int
    fit: str
    grey: bool | None
    group_by: str
    excel: bool


def label_command(wanted: LabelRequest, as_json: bool) -> None:
    classes = parse_classes(wanted.classes, wanted.prompts, wanted.other) if wanted.classes else None
    if classes is None and (wanted.prompts or wanted.other):
        raise UserError("--prompt and --other go with --classes.")
    check_outputs(wanted.out, wanted.npz)
    if wanted.refine:
        check_choices(wanted.strategy, TrainingChoices(network=wanted.network))
    check_images(wanted.folder, wanted.project)
    project = open_project(wanted.folder, wanted.project, wanted.slices)
    found = with_progress(lambda ctx: scan(project, ctx), as_json)
    if not found.images:
        raise UserError(
            f"There are no images in {wanted.folder}.",
            "PNG, JPEG, BMP, GIF, WebP, TIFF, DICOM and NIfTI files are read.",
        )
    spec = LabelSpec(project, classes, wanted.model, wanted.device, wanted.seed)
    labelled = with_progress(lambda ctx: label(spec, ctx), as_json)
    refined, skipped = None, ""
    if wanted.refine:
        choices = TrainingChoices(network=wanted.network)
        second = RefineSpec(project, wanted.strategy, None, wanted.device, wanted.seed, choices=choices)
        refined, skipped = _refine_if_possible(second, as_json)
    files = write_files(project, wanted.out, wanted.npz, wanted.seed, as_json)
    facts = info(project)
    if as_json:
        second_stage = {"refine": refined, "refine_skipped": skipped}
        typer.echo(to_json({"scan": found, "label": labelled, **second_stage, "files": files, "info": facts}))
        return
    print_lines(
        [*info_lines(facts), "", *label_lines(labelled), *refine_lines(refined, skipped), *file_lines(files)]
    )


def export_command(wanted: ExportRequest, as_json: bool) -> None:
    ratios = parse_split(wanted.split)
    project = existing_project(wanted.project)
    by_patient = wanted.group_by == BY_PATIENT
    spec = ExportSpec(
        project,
        wanted.format,
        wanted.out,
        statuses=parse_statuses(wanted.status),
        ratios=ratios or (1.0, 0.0, 0.0),
        split=ratios is not None,
        seed=wanted.seed,
        size=wanted.size or None,
        fit=wanted.fit,
        grey=wanted.grey,
        groups=None if by_patient else group_rule(wanted.group_by),
        excel=wanted.excel,
    )
    if by_patient:  # its groups stay with the project, as those of a rule do
        with_progress(lambda ctx: group_by_patient(PatientsSpec(project), ctx), as_json)
    result = with_progress(lambda ctx: export(spec, ctx), as_json)
    if as_json:
        typer.echo(to_json(result))
    else:
        print_lines(file_lines([result]))


def import_command(path: Path, source: Path, renamed: Sequence[str], as_json: bool) -> None:
    project = existing_project(path)
    if not source.exists():
        raise UserError(f"There is no file or folder {source}.")
    spec = ImportSpec(project, source, dict(parse_pair(text) for text in renamed))
    try:
        result = with_progress(lambda ctx: import_labels(spec, ctx), as_json)
    except UnknownClassesError as error:
        hint = 'Map them with --map "theirs=ours", or label with these class names first.'
        raise UserError(error.message, hint) from error
    facts = info(project)
    if as_json:
        typer.echo(to_json({"import": result, "info": facts}))
        return
    print_lines([f"Known labels for {result.matched:,} images.", *result.notes, "", *info_lines(facts)])


def info_command(path: Path, as_json: bool) -> None:
    facts = info(existing_project(path))
    if as_json:
        typer.echo(to_json(facts))
    else:
        print_lines(info_lines(facts))


def relink_command(path: Path, folder: Path) -> None:
    from core.tasks.scan import relink

    print_lines([f"The images of {relink(existing_project(path), folder)} are in {folder.resolve()}."])


def models_command(download: str, as_json: bool) -> None:
    if download:
        found = with_progress(lambda ctx: download_model(download, ctx), as_json)
        print_lines([f"The weights of {download} are in {found}."])
        return
    rows = describe_models()
    if as_json:
        typer.echo(to_json(rows))
        return
    for row in rows:
        here = "on this machine" if row.present else "not on this machine"
        typer.echo(
            f"{row.id:<18} {row.size_mb:>6,} MB  {row.licence:<12} context {row.context_length:>3}  {here}"
        )
        typer.echo(f"{'':<18} {row.good_for}")


def demo_command(folder: Path, open_window: bool | None, device: str, seed: int, as_json: bool) -> None:
    result = with_progress(lambda ctx: demo(DemoSpec(folder, device, seed), ctx), as_json)
    files = [result.csv, result.npz]
    if as_json:
        typer.echo(
            to_json({"label": result.label, "refine": result.refine, "files": files, "info": result.info})
        )
    else:
        print_lines(
            [
                *info_lines(result.info),
                "",
                *label_lines(result.label),
                *refine_lines(result.refine),
                *file_lines(files),
                "",
                *SAMPLES_NOTE,
            ]
        )
    if open_window if open_window is not None else has_display():
        subprocess.Popen(
            [sys.executable, "-m", "medlabel_gui", str(result.info.project)], start_new_session=True
        )


def has_display() -> bool:
    """Whether a window could be shown here."""
    if sys.platform in ("win32", "darwin"):
        return "CI" not in os.environ
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _refine_if_possible(spec: RefineSpec, as_json: bool) -> tuple[RefineResult | None, str]:
    """The second stage, or why there is none: too few images must not cost the user the first stage's labels."""
    try:
        return with_progress(lambda ctx: refine(spec, ctx), as_json), ""
    except UserError as error:
        return None, str(error)
