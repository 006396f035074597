"""Export formats by name. A new format is a file of its own and a row here."""

from collections.abc import Callable
from dataclasses import dataclass

from core.exports.csv_file import estimate_csv, export_csv, preview_csv, select_csv
from core.exports.folders import estimate_folders, export_folders, preview_folders, select_folders
from core.exports.npz import estimate_npz, export_npz, preview_npz, select_npz
from core.exports.options import EVERYTHING, LABELLED, Exporter, ExportRequest, Preview
from core.exports.report.page import estimate_report, export_report, preview_report, select_report
from core.exports.selection import Selection, Sizes
from core.exports.target import check_new_folder, check_npz_target, check_target
from core.project.records import Status


@dataclass(frozen=True)
class Format:
    """`select` says which images are written, `preview` and `estimate` (bytes) look ahead without writing.

    `check` raises `UserError` for a target that must not be written; `export` calls it too. `statuses` are written
    when none are chosen; `reads_images` when the images must be there.
    """

    export: Exporter
    check: Callable[[ExportRequest], None]
    select: Callable[[ExportRequest], Selection]
    preview: Callable[[ExportRequest, Selection, int], Preview]
    estimate: Callable[[ExportRequest, Selection, Sizes], int]
    statuses: frozenset[Status]
    reads_images: bool = False


FORMATS: dict[str, Format] = {
    "csv": Format(export_csv, check_target, select_csv, preview_csv, estimate_csv, EVERYTHING),
    "npz": Format(export_npz, check_npz_target, select_npz, preview_npz, estimate_npz, LABELLED, True),
    "folders": Format(
        export_folders, check_new_folder, select_folders, preview_folders, estimate_folders, LABELLED, True
    ),
    "report": Format(export_report, check_target, select_report, preview_report, estimate_report, EVERYTHING),
}
