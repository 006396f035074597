"""Write labels, or images with labels, to a file or folder."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import UserError
from core.exports.groups import groups_by_regex, groups_from_csv
from core.exports.options import ExportRequest, ExportResult
from core.exports.registry import FORMATS, READS_IMAGES
from core.images.refs import ImageRef
from core.jobs import JobContext
from core.project.project import Project
from core.project.records import Status

__all__ = ["ExportResult", "ExportSpec", "GroupRule", "Status", "export", "group_rule"]


@dataclass(frozen=True)
class GroupRule:
    """How images are grouped (by patient, say): a regular expression on the file name, or a column of a CSV."""

    pattern: str = ""
    csv: Path | None = None
    column: str = ""


@dataclass(frozen=True)
class ExportSpec:
    """What to export; the options are those of `core.exports.options.ExportRequest`.

    `groups` are kept with the project: later exports hold them together too.
    """

    project: Path
    format: str
    out: Path
    statuses: frozenset[Status] | None = None
    ratios: tuple[float, float, float] = (0.7, 0.1, 0.2)
    seed: int = 0
    size: int | None = None
    grey: bool | None = None
    groups: GroupRule | None = None
    excel: bool = False
    split: bool = True


def export(spec: ExportSpec, ctx: JobContext) -> ExportResult:
    """Write the export; on cancel or error nothing is left and an older file stays. Raises `UserError`."""
    if spec.format not in FORMATS:
        raise UserError(f"There is no format '{spec.format}'.", f"Choose one of: {', '.join(FORMATS)}.")
    with Project.open(spec.project) as project:
        if spec.groups is not None:
            project.set_groups(dict(enumerate(_groups(spec.groups, project.images.columns().refs))))
        table = project.table()
        source = project.source(must_exist=spec.format in READS_IMAGES)
    request = ExportRequest(
        table,
        source,
        spec.out,
        spec.statuses,
        spec.ratios,
        spec.seed,
        spec.size,
        spec.grey,
        spec.excel,
        spec.split,
    )
    return FORMATS[spec.format](request, ctx)


def group_rule(text: str) -> GroupRule | None:
    """`FILE.csv:COLUMN` or a regular expression; None for nothing."""
    if not text:
        return None
    file, colon, column = text.rpartition(":")
    if colon and file.lower().endswith(".csv"):
        return GroupRule(csv=Path(file), column=column)
    return GroupRule(pattern=text)


def _groups(rule: GroupRule, refs: Sequence[ImageRef]) -> list[str]:
    names = [ref.shown for ref in refs]
    if rule.csv is None:
        return groups_by_regex(names, rule.pattern)
    by_name = groups_from_csv(rule.csv, rule.column)
    return [by_name.get(name, by_name.get(name.rsplit("/", 1)[-1], "")) for name in names]
