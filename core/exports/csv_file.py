"""Labels as CSV: UTF-8, comma, one row an image.

`file_name, label, label_id, confidence, status, source, zero_shot_label, zero_shot_confidence, refined_label,
refined_confidence, split, group, annotator, updated_at, sha256, frame, error, note`. `file_name` is relative to the
image folder with `/`, which makes the file a valid `metadata.csv` of Hugging Face's image folders. Confidences are
0..1 with six digits, empty where there is none; times are ISO 8601 in UTC.
"""

import csv
from collections.abc import Iterator

import numpy as np

from core.exports.atomic import replacing
from core.exports.options import SPLITS, ExportRequest, ExportResult
from core.exports.split import assign_splits
from core.exports.spreadsheet import harmless
from core.jobs import JobContext
from core.project.records import Source, Status
from core.project.table import LabelTable

COLUMNS = (
    "file_name",
    "label",
    "label_id",
    "confidence",
    "status",
    "source",
    "zero_shot_label",
    "zero_shot_confidence",
    "refined_label",
    "refined_confidence",
    "split",
    "group",
    "annotator",
    "updated_at",
    "sha256",
    "frame",
    "error",
    "note",
)
_STAGE = "Writing CSV"


def export_csv(request: ExportRequest, ctx: JobContext) -> ExportResult:
    """Write every image of the chosen statuses; by default all images, those that cannot be read too."""
    table = request.table
    rows = request.rows(frozenset(Status))
    splits = _splits(request, rows)
    encoding = "utf-8-sig" if request.excel else "utf-8"
    with (
        replacing(request.out) as temporary,
        temporary.open("w", encoding=encoding, errors="backslashreplace", newline="") as file,
    ):
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for line in ctx.track(_lines(table, rows, splits), len(rows), _STAGE):
            writer.writerow(line)
    return ExportResult("csv", (request.out,), len(rows))


def _splits(request: ExportRequest, rows: np.ndarray) -> dict[int, str]:
    if not request.split:
        return {}
    table = request.table
    labelled = rows[table.label[rows] >= 0]
    assigned = assign_splits(
        table.label[labelled],
        request.ratios,
        request.seed,
        [table.group[row] for row in labelled],
        [table.sha256[row] for row in labelled],
    )
    return {int(row): SPLITS[split] for row, split in zip(labelled, assigned, strict=True)}


def _lines(table: LabelTable, rows: np.ndarray, splits: dict[int, str]) -> Iterator[list[str]]:
    names = [harmless(c.name) for c in table.classes] + [""]
    for row in rows.tolist():
        label = int(table.label[row])
        yield [
            harmless(table.refs[row].shown),
            names[label],
            str(label) if label >= 0 else "",
            _number(table.confidence[row]),
            Status(int(table.status[row])).name.lower(),
            Source(int(table.source[row])).text,
            names[int(table.zero_shot_label[row])],
            _number(table.zero_shot_confidence[row]),
            names[int(table.refined_label[row])],
            _number(table.refined_confidence[row]),
            splits.get(row, ""),
            harmless(table.group[row]),
            harmless(table.annotator[row]),
            table.updated_at[row],
            table.sha256[row].hex(),
            str(table.refs[row].frame),
            harmless(table.error[row]),
            harmless(table.note[row]),
        ]


def _number(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.6g}"
