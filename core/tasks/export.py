"""Write labels, or images with labels, to a file or folder; and tell before what would be written."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from core.errors import UserError
from core.exports.fitting import FITS
from core.exports.groups import groups_by_regex, groups_from_csv
from core.exports.options import ExportOptions, ExportRequest, ExportResult, Preview
from core.exports.plan import ClassCount, ExportPlan, plan_export, problem_of
from core.exports.registry import FORMATS
from core.exports.selection import Sizes
from core.images.refs import ImageRef
from core.images.source import ImageSource
from core.jobs import JobContext
from core.project.project import Project
from core.project.records import Status
from core.project.table import LabelTable

__all__ = [
    "FITS",
    "FORMATS",
    "ClassCount",
    "ExportInputs",
    "ExportLook",
    "ExportPlan",
    "ExportResult",
    "ExportSpec",
    "GroupRule",
    "Preview",
    "Status",
    "export",
    "group_rule",
    "look",
    "plan",
    "preview",
    "read_inputs",
    "target_problem",
]

_STAGE = "Looking at the images"


@dataclass(frozen=True)
class GroupRule:
    """How images are grouped (by patient, say): a regular expression on the file name, or a column of a CSV.

    An empty rule forgets the groups that the project has.
    """

    pattern: str = ""
    csv: Path | None = None
    column: str = ""


@dataclass(frozen=True)
class ExportSpec(ExportOptions):
    """What to export. Options without sense are found when it is used.

    `groups` are kept with the project: later exports hold them together too. None keeps those it has.
    """

    project: Path
    format: str
    out: Path
    groups: GroupRule | None = None


@dataclass(frozen=True)
class ExportInputs:
    """What looking ahead needs of a project, read once for many looks. `sizes` (n,) are bytes of the files."""

    table: LabelTable
    source: ImageSource
    sizes: Sizes


@dataclass(frozen=True)
class ExportLook:
    """A plan and the first lines. `inputs` may be handed to the next look while the project is the same."""

    plan: ExportPlan
    preview: Preview
    inputs: ExportInputs


def export(spec: ExportSpec, ctx: JobContext) -> ExportResult:
    """Write the export; on cancel or error nothing is left and an older file stays. Raises `UserError`."""
    _check_format(spec)
    with Project.open(spec.project) as project:
        source = project.source(must_exist=FORMATS[spec.format].reads_images)
        request = _request(spec, project.table(), source)
        FORMATS[spec.format].check(request)  # before the project is changed
        if spec.groups is not None:
            project.set_groups(dict(enumerate(request.table.group)))
        if spec.format == "report":
            from core.tasks.report_facts import report_facts

            ctx.progress(0, 0, "Measuring")
            rows = FORMATS[spec.format].select(request).rows
            request = replace(request, facts=report_facts(project, request.table, rows))
    return FORMATS[spec.format].export(request, ctx)


def plan(spec: ExportSpec, ctx: JobContext, inputs: ExportInputs | None = None) -> ExportPlan:
    """What `export` would write, without writing it or opening an image. Raises `UserError`."""
    return look(spec, ctx, 0, inputs).plan


def preview(
    spec: ExportSpec, ctx: JobContext, count: int = 20, inputs: ExportInputs | None = None
) -> Preview:
    """The first `count` lines that `export` would write. Raises `UserError`."""
    return look(spec, ctx, count, inputs).preview


def look(
    spec: ExportSpec, ctx: JobContext, count: int = 20, inputs: ExportInputs | None = None
) -> ExportLook:
    """Plan and preview at once, so that images are divided once. Raises `UserError`.

    `inputs` of an earlier look spare reading the project; its groups are those of that time.
    """
    _check_format(spec)
    ctx.progress(0, 0, _STAGE)
    inputs = inputs or read_inputs(spec.project)
    ctx.check()
    request = _request(spec, inputs.table, inputs.source)
    form = FORMATS[spec.format]
    chosen = form.select(request)
    ctx.check()
    first = form.preview(request, chosen, count)
    ctx.check()
    return ExportLook(plan_export(spec.format, request, chosen, inputs.sizes), first, inputs)


def target_problem(spec: ExportSpec, inputs: ExportInputs) -> str:
    """Why nothing can be written to `spec.out`, empty when something can. Looks at the disk, at no image."""
    _check_format(spec)
    return problem_of(spec.format, _request(replace(spec, groups=None), inputs.table, inputs.source))


def read_inputs(project: Path) -> ExportInputs:
    """Read what looking ahead needs. Raises `UserError` when there is no project."""
    with Project.open(project) as opened:
        table = opened.table()
        sizes = np.zeros(len(table), np.int64)
        for row, size, *_ in opened.images.stamps().values():
            if row < len(sizes):  # a scan may add images meanwhile
                sizes[row] = size
        return ExportInputs(table, opened.source(must_exist=False), sizes)


def group_rule(text: str) -> GroupRule | None:
    """`FILE.csv:COLUMN` or a regular expression; None for nothing."""
    if not text:
        return None
    file, colon, column = text.rpartition(":")
    if colon and file.lower().endswith(".csv"):
        return GroupRule(csv=Path(file), column=column)
    return GroupRule(pattern=text)


def _check_format(spec: ExportSpec) -> None:
    if spec.format not in FORMATS:
        raise UserError(f"There is no format '{spec.format}'.", f"Choose one of: {', '.join(FORMATS)}.")


def _request(spec: ExportSpec, table: LabelTable, source: ImageSource) -> ExportRequest:
    if spec.groups is not None:
        table = replace(table, group=_groups(spec.groups, table.refs))
    return ExportRequest(table, source, spec.out, spec.project, **spec.options)


def _groups(rule: GroupRule, refs: Sequence[ImageRef]) -> list[str]:
    names = [ref.shown for ref in refs]
    if rule.csv is None:
        return groups_by_regex(names, rule.pattern)
    by_name = groups_from_csv(rule.csv, rule.column)
    return [by_name.get(name, by_name.get(name.rsplit("/", 1)[-1], "")) for name in names]
