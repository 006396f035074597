"""What each command does: options to a spec, a task, a summary."""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from core.cli.progress import with_progress
from core.cli.summary import info_lines, plain, to_json
from core.errors import UserError
from core.project.records import Status
from core.tasks.demo import DemoSpec, demo
from core.tasks.export import ExportResult, ExportSpec, export, group_rule
from core.tasks.import_labels import ImportSpec, import_labels
from core.tasks.info import info
from core.tasks.label import LabelResult, LabelSpec, label, parse_classes
from core.tasks.models import describe_models, download_model
from core.tasks.refine import RefineResult, RefineSpec, refine
from core.tasks.scan import existing_project, open_project, scan


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
    seed: int
    project: Path | None
    out: Path | None
    npz: Path | None


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
    grey: bool | None
    group_by: str
    excel: bool


def label_command(wanted: LabelRequest, as_json: bool) -> None:
    classes = parse_classes(wanted.classes, wanted.prompts, wanted.other) if wanted.classes else None
    if classes is None and (wanted.prompts or wanted.other):
        raise UserError("--prompt and --other go with --classes.")
    check_outputs(wanted.out, wanted.npz)
    project = open_project(wanted.folder, wanted.project)
    found = with_progress(lambda ctx: scan(project, ctx), as_json)
    if not found.images:
        raise UserError(
            f"There are no images in {wanted.folder}.", "PNG, JPEG, BMP, GIF, WebP and TIFF files are read."
        )
    spec = LabelSpec(project, classes, wanted.model, wanted.device, wanted.seed)
    labelled = with_progress(lambda ctx: label(spec, ctx), as_json)
    refined = None
    if wanted.refine:
        refined = _refine_if_possible(
            RefineSpec(project, wanted.strategy, None, wanted.device, wanted.seed), as_json
        )
    files = _write_files(project, wanted, as_json)
    facts = info(project)
    if as_json:
        typer.echo(
            to_json({"scan": found, "label": labelled, "refine": refined, "files": files, "info": facts})
        )
        return
    _print([*info_lines(facts), "", *label_lines(labelled), *refine_lines(refined), *file_lines(files)])


def refine_command(
    path: Path, strategy: str, weak_labels: Path | None, device: str, seed: int, as_json: bool
) -> None:
    project = existing_project(path)
    spec = RefineSpec(project, strategy, weak_labels, device, seed)
    refined = with_progress(lambda ctx: refine(spec, ctx), as_json)
    facts = info(project)
    if as_json:
        typer.echo(to_json({"refine": refined, "info": facts}))
        return
    _print([*info_lines(facts), "", *refine_lines(refined)])


def export_command(wanted: ExportRequest, as_json: bool) -> None:
    spec = ExportSpec(
        existing_project(wanted.project),
        wanted.format,
        wanted.out,
        statuses=parse_statuses(wanted.status),
        ratios=parse_ratios(wanted.split),
        seed=wanted.seed,
        size=wanted.size or None,
        grey=wanted.grey,
        groups=group_rule(wanted.group_by),
        excel=wanted.excel,
    )
    result = with_progress(lambda ctx: export(spec, ctx), as_json)
    if as_json:
        typer.echo(to_json(result))
    else:
        _print(file_lines([result]))


def import_command(path: Path, source: Path, renamed: Sequence[str], as_json: bool) -> None:
    project = existing_project(path)
    if not source.exists():
        raise UserError(f"There is no file or folder {source}.")
    spec = ImportSpec(project, source, dict(_pair(text) for text in renamed))
    result = with_progress(lambda ctx: import_labels(spec, ctx), as_json)
    facts = info(project)
    if as_json:
        typer.echo(to_json({"import": result, "info": facts}))
        return
    _print([f"Known labels for {result.matched:,} images.", *result.notes, "", *info_lines(facts)])


def info_command(path: Path, as_json: bool) -> None:
    facts = info(existing_project(path))
    if as_json:
        typer.echo(to_json(facts))
    else:
        _print(info_lines(facts))


def relink_command(path: Path, folder: Path) -> None:
    from core.tasks.scan import relink

    _print([f"The images of {relink(existing_project(path), folder)} are in {folder.resolve()}."])


def models_command(download: str, as_json: bool) -> None:
    if download:
        found = with_progress(lambda ctx: download_model(download, ctx), as_json)
        _print([f"The weights of {download} are in {found}."])
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
        _print(
            [
                *info_lines(result.info),
                "",
                *label_lines(result.label),
                *refine_lines(result.refine),
                *file_lines(files),
            ]
        )
    if open_window if open_window is not None else has_display():
        subprocess.Popen(
            [sys.executable, "-m", "medlabel_gui.app", str(result.info.project)], start_new_session=True
        )


def has_display() -> bool:
    """Whether a window could be shown here."""
    if sys.platform in ("win32", "darwin"):
        return "CI" not in os.environ
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def parse_statuses(text: str) -> frozenset[Status] | None:
    """`accepted,corrected` to statuses; None for nothing. Raises `UserError`."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    known = {status.name.lower(): status for status in Status}
    for name in names:
        if name not in known:
            raise UserError(f"There is no status '{name}'.", f"Choose among: {', '.join(known)}.")
    return frozenset(known[name] for name in names) or None


def parse_ratios(text: str) -> tuple[float, float, float]:
    """`70/10/20` to shares that sum to 1. Raises `UserError`."""
    try:
        parts = [float(part) for part in text.replace(",", "/").split("/")]
    except ValueError:
        parts = []
    if len(parts) != 3 or min(parts) < 0 or not sum(parts) > 0:
        raise UserError(f"'{text}' is not a split.", "Write three shares, for instance 70/10/20.")
    total = sum(parts)
    return parts[0] / total, parts[1] / total, parts[2] / total


def check_outputs(*paths: Path | None) -> None:
    """Find out before hours of work that a file cannot be written. Raises `UserError`."""
    for path in paths:
        if path is None:
            continue
        if path.is_dir():
            raise UserError(f"{path} is a folder, not a file name.")
        parent = path.resolve().parent
        if not parent.is_dir() or not os.access(parent, os.W_OK):
            raise UserError(f"{path} cannot be written: the folder {parent} does not exist or is read-only.")


def label_lines(result: LabelResult) -> list[str]:
    rate = f", {result.embedded / result.seconds:,.0f} images/s" if result.embedded and result.seconds else ""
    line = (
        f"CLIP       {result.labelled:,} labelled in {result.seconds:.1f} s{rate} "
        f"({result.reused:,} embeddings were on disk, {result.failed:,} images could not be read)"
    )
    return [line, *(f"Note       {note}" for note in result.notes)]


def refine_lines(result: RefineResult | None) -> list[str]:
    if result is None:
        return []
    lines = [
        f"CNN        {result.changed:,} of {result.images:,} labels changed, best epoch {result.best_epoch} "
        f"of {result.epochs}, {result.seconds:.1f} s"
    ]
    if not result.delivers:
        lines.append(f"           CLIP's labels are delivered instead. {result.reason}")
    return [*lines, *(f"Note       {note}" for note in result.notes)]


def file_lines(files: Sequence[ExportResult]) -> list[str]:
    lines = []
    for result in files:
        lines.append(f"Written    {', '.join(str(path) for path in result.paths)} ({result.rows:,} rows)")
        lines += [f"           left out {count:,}: {why}" for why, count in result.skipped.items()]
    return lines


def _refine_if_possible(spec: RefineSpec, as_json: bool) -> RefineResult:
    return with_progress(lambda ctx: refine(spec, ctx), as_json)


def _write_files(project: Path, wanted: LabelRequest, as_json: bool) -> list[ExportResult]:
    targets = [("csv", wanted.out), ("npz", wanted.npz)]
    specs = [ExportSpec(project, name, out, seed=wanted.seed) for name, out in targets if out is not None]
    return [with_progress(lambda ctx, spec=spec: export(spec, ctx), as_json) for spec in specs]  # type: ignore[misc]


def _pair(text: str) -> tuple[str, str]:
    theirs, equals, ours = text.partition("=")
    if not equals:
        raise UserError(f"'{text}' is not THEIRS=OURS.")
    return theirs.strip(), ours.strip()


def _print(lines: Sequence[Any]) -> None:
    for line in lines:
        typer.echo(plain(line))
