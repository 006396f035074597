"""Labels as CSV: UTF-8, comma, one row an image.

`file_name, label, label_id, confidence, status, source, zero_shot_label, zero_shot_confidence, refined_label,
refined_confidence, split, group, annotator, updated_at, sha256, frame, error, note`. `file_name` is relative to the
image folder with `/`, which makes the file a valid `metadata.csv` of Hugging Face's image folders (in a copy of
them: nothing is written among the images). Confidences are 0..1 with six digits, empty where there is none; times are
ISO 8601 in UTC. What a spreadsheet would run as a formula has an apostrophe before it (`spreadsheet.harmless`).
"""

import io
import math
from collections.abc import Iterator

from core.exports.atomic import replacing
from core.exports.options import EVERYTHING, SPLITS, ExportRequest, ExportResult, Preview
from core.exports.selection import Selection, Sizes, select
from core.exports.spreadsheet import harmless, write_rows
from core.exports.target import check_target
from core.jobs import JobContext
from core.project.records import Source, Status

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
_SAMPLE = 200  # lines that are made to tell how large the file will be


def export_csv(request: ExportRequest, ctx: JobContext) -> ExportResult:
    """Write every image of the chosen statuses; by default all images, those that cannot be read too.

    Raises `UserError` when the file cannot or must not be written there.
    """
    check_target(request)
    chosen = select_csv(request)
    encoding = "utf-8-sig" if request.excel else "utf-8"
    with (
        replacing(request.out) as temporary,
        temporary.open("w", encoding=encoding, errors="backslashreplace", newline="") as file,
    ):
        write_rows(file, [COLUMNS])
        write_rows(file, ctx.track(_lines(request, chosen), len(chosen.rows), _STAGE))
    return ExportResult("csv", (request.out,), len(chosen.rows), {}, chosen.counts())


def select_csv(request: ExportRequest) -> Selection:
    """Images of the chosen statuses, by default all; those with a label get a split."""
    return select(request, EVERYTHING, request.split)


def preview_csv(request: ExportRequest, chosen: Selection, count: int) -> Preview:
    """The first `count` lines as they would be written."""
    first = Selection(chosen.rows[:count], chosen.split[:count])
    return Preview(COLUMNS, tuple(tuple(line) for line in _lines(request, first)))


def estimate_csv(request: ExportRequest, chosen: Selection, _: Sizes) -> int:
    """Bytes of the file, from a sample of lines spread over it."""
    step = max(1, len(chosen.rows) // _SAMPLE)
    sample = Selection(chosen.rows[::step], chosen.split[::step])
    text = io.StringIO()
    write_rows(text, _lines(request, sample))
    size = len(text.getvalue().encode("utf-8", "backslashreplace"))
    header = len(",".join(COLUMNS)) + 2 + 3 * request.excel
    return header + size * len(chosen.rows) // max(1, len(sample.rows))


def _lines(request: ExportRequest, chosen: Selection) -> Iterator[list[str]]:
    table = request.table
    split_names = [*SPLITS, ""]  # -1, none, is the last one
    names = [harmless(c.name) for c in table.classes] + [""]
    confidence = table.label_confidence(chosen.rows).tolist()
    for row, split, sure in zip(chosen.rows.tolist(), chosen.split.tolist(), confidence, strict=True):
        label = int(table.label[row])
        yield [
            harmless(table.refs[row].shown),
            names[label],
            str(label) if label >= 0 else "",
            _number(sure),
            Status(int(table.status[row])).name.lower(),
            Source(int(table.source[row])).text,
            names[int(table.zero_shot_label[row])],
            _number(table.zero_shot_confidence[row]),
            names[int(table.refined_label[row])],
            _number(table.refined_confidence[row]),
            split_names[split],
            harmless(table.group[row]),
            harmless(table.annotator[row]),
            table.updated_at[row],
            table.sha256[row].hex(),
            str(table.refs[row].frame),
            harmless(table.error[row]),
            harmless(table.note[row]),
        ]


def _number(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.6g}"
