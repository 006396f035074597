"""What an export would do, told before it is done."""

import os
import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.errors import UserError
from core.exports.npz import array_shape
from core.exports.options import SPLITS, UNREADABLE, ExportRequest
from core.exports.registry import FORMATS
from core.exports.selection import Selection, Sizes
from core.exports.target import sidecar_of
from core.project.records import Status

NO_LABEL = "without a label"
_EXAMPLES = 3
_LOOK = 1000  # images among which examples of groups are looked for


@dataclass(frozen=True)
class ClassCount:
    """Images of one class; `splits` in the order of `SPLITS`, empty where nothing is divided."""

    name: str
    images: int
    splits: tuple[int, ...] = ()


@dataclass(frozen=True)
class ExportPlan:
    """`images` would be written; `splits` images a split; `left_out` images by status or reason.

    `bytes` is an estimate, for an NPZ before compression. `side` (height, width) in px and `resize` say how
    the images of an NPZ are brought to it, `grey` whether they have one channel; None and empty for other formats.
    `groups` counts the groups that are kept together, `ungrouped` the images in none, `group_examples` are some
    (file, group). `overwrites` are files that would be replaced; `problem` says why the target cannot be
    written, empty when it can. `notes` are worth knowing and keep nobody from exporting.
    """

    format: str
    images: int
    splits: dict[str, int]
    classes: tuple[ClassCount, ...]
    left_out: dict[str, int]
    bytes: int
    side: tuple[int, int] | None = None
    resize: str = ""
    grey: bool | None = None
    groups: int = 0
    ungrouped: int = 0
    group_examples: tuple[tuple[str, str], ...] = ()
    overwrites: tuple[Path, ...] = ()
    problem: str = ""
    notes: tuple[str, ...] = ()


def plan_export(name: str, request: ExportRequest, chosen: Selection, sizes: Sizes) -> ExportPlan:
    """The plan for the format `name`; `sizes` (n,) are bytes of the images' files. No image is opened."""
    table = request.table
    form = FORMATS[name]
    written = chosen
    if form.reads_images:
        good = np.array([not table.error[row] for row in chosen.rows.tolist()], np.bool_)
        written = Selection(chosen.rows[good], chosen.split[good])
    groups = Counter(table.group[row] for row in written.rows.tolist())
    ungrouped = groups.pop("", 0)
    problem = problem_of(name, request)
    size = form.estimate(request, written, sizes) if len(written.rows) else 0
    shape = array_shape(request, written.rows) if name == "npz" and len(written.rows) else None
    return ExportPlan(
        format=name,
        images=len(written.rows),
        splits=written.counts(),
        classes=_classes(request, written),
        left_out=_left_out(request, form.statuses, chosen, written),
        bytes=size,
        side=(shape.height, shape.width) if shape else None,
        resize=shape.text if shape else "",
        grey=shape.grey if shape else None,
        groups=len(groups),
        ungrouped=ungrouped,
        group_examples=_group_examples(request),
        overwrites=() if problem else _overwrites(name, request),
        problem=problem,
        notes=_notes(request, written, size),
    )


def _classes(request: ExportRequest, written: Selection) -> tuple[ClassCount, ...]:
    k = len(request.table.classes)
    label = request.table.label[written.rows].astype(np.int64)
    columns = len(SPLITS) + 1  # the last one for images in no split
    cells = (label * columns + written.split % columns)[label >= 0]
    counts = np.bincount(cells, minlength=k * columns).reshape(k, columns)
    divided = bool(counts[:, :-1].any())
    return tuple(
        ClassCount(c.name, int(row.sum()), tuple(row[:-1].tolist()) if divided else ())
        for c, row in zip(request.table.classes, counts, strict=True)
    )


def _left_out(
    request: ExportRequest, default: frozenset[Status], chosen: Selection, written: Selection
) -> dict[str, int]:
    """Images that are not written, by status where that was not chosen, else by the reason."""
    table = request.table
    rest = np.ones(len(table), np.bool_)
    rest[chosen.rows] = False
    by_status = np.bincount(table.status[rest], minlength=len(Status))
    asked = default if request.statuses is None else request.statuses
    found = {s.name.lower(): int(by_status[s]) for s in Status if s not in asked}
    found[NO_LABEL] = int(sum(by_status[s] for s in asked))
    found[UNREADABLE] = len(chosen.rows) - len(written.rows)
    return {why: count for why, count in found.items() if count}


def _group_examples(request: ExportRequest) -> tuple[tuple[str, str], ...]:
    """Files with a group first."""
    table = request.table
    first = [(ref.shown, group) for ref, group in zip(table.refs[:_LOOK], table.group[:_LOOK], strict=True)]
    return tuple(sorted(first, key=lambda pair: not pair[1])[:_EXAMPLES])


def _overwrites(name: str, request: ExportRequest) -> tuple[Path, ...]:
    if name == "folders":
        return ()
    files = [request.out, sidecar_of(request.out)] if name == "npz" else [request.out]
    return tuple(path for path in files if path.is_file())


def problem_of(name: str, request: ExportRequest) -> str:
    """Why the target cannot be written, as far as that can be seen before; empty when it can."""
    form, root = FORMATS[name], request.source.root
    try:
        if form.reads_images and not root.exists():
            return f"The images of this project are no longer at {root}. Connect the drive, or tell where they are now."
        form.check(request)
        parent = request.out.absolute().parent
        if not parent.is_dir():
            return f"There is no folder {parent}."
        if not os.access(parent, os.W_OK):
            return f"The folder {parent} is read-only."
    except (OSError, UserError) as error:
        return str(error)
    return ""


def _notes(request: ExportRequest, written: Selection, size: int) -> tuple[str, ...]:
    notes = []
    try:
        free = shutil.disk_usage(request.out.absolute().parent).free
    except OSError:
        free = size
    if free < size:
        notes.append(f"About {size / 1e6:,.0f} MB are needed, {free / 1e6:,.0f} MB are free there.")
    empty = [c.name for c in _classes(request, written) if not c.images]
    if empty:
        shown = ", ".join(empty[:_EXAMPLES]) + (" ..." if len(empty) > _EXAMPLES else "")
        notes.append(f"No image of {shown}.")
    alike = _groups_of_likes(request, written)
    if alike:
        notes.append(f"Images that look the same stay in one split ({alike:,} groups).")
    return tuple(notes)


def _groups_of_likes(request: ExportRequest, written: Selection) -> int:
    """How many groups of images that look the same are divided as one."""
    group = request.table.duplicate[written.rows[written.split >= 0]]
    return int((np.unique(group[group >= 0], return_counts=True)[1] > 1).sum())
