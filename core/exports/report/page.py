"""A report as one HTML file that needs nothing else: no network, no script, pictures inside.

What was labelled, by what and by whom, counts and confidences, where the stages differ, examples a class, and
how good each stage is where known labels were imported.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.exports.atomic import replacing
from core.exports.options import EVERYTHING, ExportRequest, ExportResult, Preview
from core.exports.report.facts import ReportFacts
from core.exports.report.tiles import MAX_CLASSES, SURE, UNSURE, at_hand, examples
from core.exports.selection import Selection, Sizes, select
from core.exports.target import check_target
from core.jobs import JobContext

if TYPE_CHECKING:
    from jinja2 import Template

_TEMPLATE = Path(__file__).parent / "template"
_TILE_BYTES, _PAGE_BYTES = 12_000, 150_000
_STAGE = "Writing the report"


def export_report(request: ExportRequest, ctx: JobContext) -> ExportResult:
    """Write the page. Images that cannot be read have no example tile. The same request gives the same bytes.

    Raises `UserError` when the file cannot or must not be written there.
    """
    check_target(request)
    from core.exports.report.content import content_of

    facts = request.facts or ReportFacts()
    rows = select_report(request).rows
    ctx.progress(0, 0, _STAGE)
    content = content_of(request.table, rows, facts, examples(request, rows, ctx))
    with (
        replacing(request.out) as temporary,
        temporary.open("w", encoding="utf-8", errors="backslashreplace", newline="\n") as file,
    ):
        for part in _template().generate(content=content, facts=facts):
            ctx.check()
            file.write(part)
    return ExportResult("report", (request.out,), len(rows))


def select_report(request: ExportRequest) -> Selection:
    """Images of the chosen statuses, by default all."""
    return select(request, EVERYTHING, divided=False)


def preview_report(request: ExportRequest, chosen: Selection, count: int) -> Preview:
    """The parts of the page and what each holds."""
    table, rows = request.table, chosen.rows
    known = int((table.truth[rows] >= 0).sum())
    both = int(((table.refined_label[rows] >= 0) & (table.zero_shot_label[rows] >= 0)).sum())
    notes = sum(bool(table.note[row]) for row in rows.tolist())
    pictures = f"up to {SURE + UNSURE} small pictures a class, with file names"
    if not at_hand(request):
        pictures = "none: the images are not at hand"
    parts = (
        ("Counts", f"{len(rows):,} images by class and status"),
        ("Known labels", f"each stage against {known:,} known labels" if known else "none were imported"),
        ("Confidence", "a histogram for each stage"),
        ("Stages", f"both labels of {both:,} images" if both else "there is no second stage"),
        ("Examples", pictures),
        ("Origin", "source, model, prompts, runs, versions, who decided"),
        ("Notes", f"{notes:,} note{'s' * (notes > 1)}" if notes else "none"),
    )
    return Preview(("part", "content"), parts[:count])


def estimate_report(request: ExportRequest, chosen: Selection, _: Sizes) -> int:
    """Bytes of the page, roughly."""
    labels = request.table.label[chosen.rows]
    counts = np.sort(np.bincount(labels[labels >= 0]))[::-1][: MAX_CLASSES if at_hand(request) else 0]
    return _PAGE_BYTES + _TILE_BYTES * int(np.minimum(counts, SURE + UNSURE).sum())


def _template() -> "Template":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATE),
        autoescape=True,  # names of classes, files and people are text, never markup
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["count"] = "{:,}".format
    environment.filters["images"] = lambda number: "1 image" if number == 1 else f"{number:,} images"
    environment.filters["percent"] = lambda share: "\N{EN DASH}" if np.isnan(share) else f"{share:.2%}"
    environment.filters["number"] = lambda value: "\N{EN DASH}" if np.isnan(value) else f"{value:.3f}"
    return environment.get_template("report.html")
