"""Copies sorted into one folder a class; the originals are not touched.

`<out>/<class>/<file>`, or `<out>/<split>/<class>/<file>` with splits: what torchvision's ImageFolder and other tools
read.
"""

import hashlib
import os
import re
import shutil
from pathlib import Path

import numpy as np

from core.errors import UserError
from core.exports.atomic import replacing
from core.exports.options import SPLITS, ExportRequest, ExportResult
from core.exports.split import assign_splits
from core.images.pixels import ImageUnreadable
from core.images.refs import ImageRef
from core.jobs import JobContext

_STAGE = "Copying images"
_RESERVED = re.compile(r"^(con|prn|aux|nul|com\d|lpt\d)(\..*)?$", re.IGNORECASE)
_MAX_NAME_BYTES = 200


def export_folders(request: ExportRequest, ctx: JobContext) -> ExportResult:
    """Copy images with a label into class folders. Images that cannot be read any more are left out and counted.

    Raises `UserError` when the target holds something already, or lies among the images.
    """
    _check_target(request)
    table, rows = request.table, request.labelled_rows()
    names = _class_folders([c.name for c in table.classes])
    places = _splits(request, rows) if request.split else [""] * len(rows)
    counts: dict[str, int] = {}
    skipped = 0
    with replacing(request.out) as temporary:
        taken: set[str] = set()
        for number, (row, place) in enumerate(zip(rows.tolist(), places, strict=True), 1):
            folder = temporary / place / names[int(table.label[row])]
            folder.mkdir(parents=True, exist_ok=True)
            target = folder / _free_name(table.refs[row], str(folder), taken)
            if _copy(request, row, target):
                counts[place] = counts.get(place, 0) + 1
            else:
                skipped += 1
            ctx.progress(number, len(rows), _STAGE)
        if request.out.is_dir():
            request.out.rmdir()  # it is empty: `_check_target` saw to that
    reasons = {"images that can no longer be read": skipped} if skipped else {}
    splits = {name: counts.get(name, 0) for name in SPLITS} if request.split else {}
    return ExportResult("folders", (request.out,), sum(counts.values()), reasons, splits)


def safe_folder_name(name: str) -> str:
    """A class name as a folder name on every system: no separators, no reserved names, no dots at the end."""
    safe = re.sub(r'[<>:"/\\|?*\x00-\x1f]', "_", name).strip().rstrip(".") or "_"
    safe = f"{safe}_" if _RESERVED.match(safe) else safe
    return safe.encode()[:_MAX_NAME_BYTES].decode("utf-8", "ignore")


def _class_folders(names: list[str]) -> list[str]:
    """One folder name a class, none twice also where case does not count."""
    folders: list[str] = []
    for name in names:
        folder, number = safe_folder_name(name), 1
        while folder.casefold() in (other.casefold() for other in folders):
            number += 1
            folder = f"{safe_folder_name(name)} ({number})"
        folders.append(folder)
    return folders


def _check_target(request: ExportRequest) -> None:
    out, root = request.out.resolve(), request.source.root.resolve()
    if root.is_dir() and (out == root or out.is_relative_to(root) or root.is_relative_to(out)):
        raise UserError(
            f"{request.out} lies in the image folder, or around it.",
            "Choose another place: images are not written to.",
        )
    if request.out.exists() and not (request.out.is_dir() and not any(request.out.iterdir())):
        raise UserError(f"{request.out} holds something already.", "Choose a new or an empty folder.")


def _splits(request: ExportRequest, rows: np.ndarray) -> list[str]:
    table = request.table
    assigned = assign_splits(
        table.label[rows],
        request.ratios,
        request.seed,
        [table.group[row] for row in rows],
        [table.sha256[row] for row in rows],
    )
    return [SPLITS[split] for split in assigned]


def _free_name(ref: ImageRef, folder: str, taken: set[str]) -> str:
    """The file's own name, else with its folders before it, else with a hash of its path."""
    flat = ref.path.replace("/", "__")
    stem, dot, suffix = flat.rpartition(".")
    hashed = (
        f"{stem or flat}-{hashlib.sha256(os.fsencode(ref.path)).hexdigest()[:8]}{dot}{suffix if stem else ''}"
    )
    for name in (ref.path.rsplit("/", 1)[-1], flat, hashed):
        key = f"{folder}/{name}".casefold()
        if key not in taken and len(os.fsencode(name)) <= 255:
            taken.add(key)
            return name
    short = hashlib.sha256(os.fsencode(ref.path)).hexdigest() + (f".{suffix}" if dot else "")
    taken.add(f"{folder}/{short}".casefold())
    return short


def _copy(request: ExportRequest, row: int, target: Path) -> bool:
    original = request.source.root / request.table.refs[row].path
    try:
        if request.source.root.is_dir():
            if not original.is_file():
                return False
            shutil.copyfile(original, target)
        else:
            _write_png(request, row, target)
    except ImageUnreadable:
        return False
    return True


def _write_png(request: ExportRequest, row: int, target: Path) -> None:
    from PIL import Image

    Image.fromarray(request.read(row).array).save(target, "PNG")
