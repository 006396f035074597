"""Copies sorted into one folder a class; the originals are not touched.

Plain pictures are copied without the texts in their headers, their pixels as they are stored. What other formats hold
is written as PNG: their headers may name a patient (DICOM), and one file of theirs may be many images. So is a file
that is not what its name says.

`<out>/<class>/<file>`, or `<out>/<split>/<class>/<file>` with splits: what torchvision's ImageFolder and other tools
read.
"""

import hashlib
import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path, PurePosixPath

from core.exports.atomic import replacing
from core.exports.options import LABELLED, SPLITS, UNREADABLE, ExportRequest, ExportResult, Preview
from core.exports.selection import Selection, Sizes, select_labelled
from core.exports.stripped import stripped
from core.exports.target import check_new_folder
from core.images.file_tree import FileTree
from core.images.formats.registry import is_plain, stem_of
from core.images.pixels import ImageUnreadable
from core.images.refs import ImageRef
from core.jobs import JobContext
from core.project.columns import paths_of

_STAGE = "Copying images"
_RESERVED = re.compile(r"^(con|prn|aux|nul|com\d|lpt\d)(\..*)?$", re.IGNORECASE)
_MAX_NAME_BYTES = 200


@dataclass(frozen=True)
class _Planned:
    """The copy of one image: `path` below the new folder, `split` empty for none."""

    row: int
    split: str
    path: PurePosixPath


def export_folders(request: ExportRequest, ctx: JobContext) -> ExportResult:
    """Copy images with a label into class folders. Images that cannot be read any more are left out and counted.

    Raises `UserError` when the target holds something already, or lies among the images or in the project.
    """
    check_new_folder(request)
    chosen = select_folders(request)
    counts = dict.fromkeys([*SPLITS, ""], 0)
    skipped = 0
    taken: set[str] = set()
    with replacing(request.out) as temporary:
        for number, copy in enumerate(_copies(request, chosen, taken), 1):
            (temporary / copy.path).parent.mkdir(parents=True, exist_ok=True)
            if _copy(request, copy, temporary, taken):
                counts[copy.split] += 1
            else:
                skipped += 1
            ctx.progress(number, len(chosen.rows), _STAGE)
        if request.out.is_dir():
            request.out.rmdir()  # it is empty: `check_new_folder` saw to that
    reasons = {UNREADABLE: skipped} if skipped else {}
    splits = {name: counts[name] for name in SPLITS} if request.split else {}
    return ExportResult("folders", (request.out,), sum(counts.values()), reasons, splits)


def select_folders(request: ExportRequest) -> Selection:
    """Images with a label; they get a split when that is asked for."""
    return select_labelled(request, LABELLED, request.split)


def preview_folders(request: ExportRequest, chosen: Selection, count: int) -> Preview:
    """Where the first `count` images would be copied to, below the new folder."""
    refs = request.table.refs
    copies = islice(_copies(request, chosen, set()), count)
    return Preview(
        ("image", "copy"), tuple((refs[copy.row].legible, _shown(str(copy.path))) for copy in copies)
    )


def estimate_folders(_: ExportRequest, chosen: Selection, sizes: Sizes) -> int:
    """Bytes of all copies."""
    return int(sizes[chosen.rows].sum())


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


def _copies(request: ExportRequest, chosen: Selection, taken: set[str]) -> Iterator[_Planned]:
    """`taken` are the paths of all copies so far, as `_free_name` keeps them."""
    table = request.table
    names = _class_folders([c.name for c in table.classes])
    split_names = [*SPLITS, ""]  # -1, none, is the last one
    files = Counter(paths_of(table.refs))
    for row, split in zip(chosen.rows.tolist(), chosen.split.tolist(), strict=True):
        folder = PurePosixPath(split_names[split], names[int(table.label[row])])
        ref = table.refs[row]
        name = _free_name(_copy_path(ref, files[ref.path] > 1), str(folder), taken)
        yield _Planned(row, split_names[split], folder / name)


def _shown(path: str) -> str:
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _copy_path(ref: ImageRef, one_of_many: bool) -> str:
    """The path of a copy as it would be beside its file: a PNG for what is not copied as it is."""
    if is_plain(ref.path) and not one_of_many:
        return ref.path
    stem = stem_of(ref.path)
    return f"{stem}_{ref.frame:04d}.png" if one_of_many else f"{stem}.png"


def _free_name(path: str, folder: str, taken: set[str]) -> str:
    """The file's own name, else with its folders before it, else with a hash of its path."""
    flat = path.replace("/", "__")
    stem, dot, suffix = flat.rpartition(".")
    hashed = (
        f"{stem or flat}-{hashlib.sha256(os.fsencode(path)).hexdigest()[:8]}{dot}{suffix if stem else ''}"
    )
    for name in (path.rsplit("/", 1)[-1], flat, hashed):
        key = f"{folder}/{name}".casefold()
        if key not in taken and len(os.fsencode(name)) <= 255:
            taken.add(key)
            return name
    short = hashlib.sha256(os.fsencode(path)).hexdigest() + (f".{suffix[:20]}" if dot else "")
    taken.add(f"{folder}/{short}".casefold())
    return short


def _copy(request: ExportRequest, copy: _Planned, below: Path, taken: set[str]) -> bool:
    ref, source = request.table.refs[copy.row], request.source
    path = copy.path
    try:
        if isinstance(source, FileTree) and is_plain(ref.path):
            plain = stripped(source.file(ref).read(), ref.path)
            if plain is not None:
                (below / path).write_bytes(plain)
                return True
            if path.suffix.lower() != ".png":
                path = path.with_name(_free_name(f"{stem_of(ref.path)}.png", str(path.parent), taken))
        _write_png(request, copy.row, below / path)
    except ImageUnreadable:
        return False
    return True


def _write_png(request: ExportRequest, row: int, target: Path) -> None:
    from PIL import Image

    Image.fromarray(request.read(row).array).save(target, "PNG")
