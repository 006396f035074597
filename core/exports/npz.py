"""Images and labels as NPZ in the MedMNIST layout, with class names in a JSON beside it.

`train_images, train_labels, val_images, val_labels, test_images, test_labels`: images (n, h, w[, 3]) uint8, labels
(n, 1); `<split>_ids` (n,) file names and `<split>_confidence` (n,) float32 besides.
"""

import json
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from core.errors import UserError
from core.exports.atomic import replacing
from core.exports.fitting import FITS
from core.exports.options import LABELLED, SPLITS, UNREADABLE, ExportRequest, ExportResult, Preview
from core.exports.selection import Selection, Sizes, select_labelled
from core.exports.target import check_npz_target, sidecar_of
from core.images.decode import decode_all
from core.images.pixels import Pixels, UInt8, to_grey, to_rgb
from core.jobs import JobContext

DEFAULT_SIDE = 224
_STAGE = "Writing NPZ"


@dataclass(frozen=True)
class LabelledSplit:
    """Images (n, h, w[, 3]) uint8, labels (n,) int64, ids (n,) file names, confidence (n,) float32."""

    images: UInt8
    labels: npt.NDArray[np.int64]
    ids: list[str]
    confidence: npt.NDArray[np.float32]


@dataclass(frozen=True)
class LabelledArrays:
    """What an exported NPZ holds: class names by label id, and the three splits by name."""

    classes: tuple[str, ...]
    splits: dict[str, LabelledSplit]


@dataclass(frozen=True)
class ArrayShape:
    """How images become arrays: `height` x `width` px as they are, or brought to that square by `fit`."""

    height: int
    width: int
    grey: bool
    fit: str = ""

    @property
    def array(self) -> tuple[int, ...]:
        return (self.height, self.width) if self.grey else (self.height, self.width, 3)

    @property
    def text(self) -> str:
        """How the size is reached, in words."""
        return FITS[self.fit].described(self.height) if self.fit else "as they are"

    def __call__(self, pixels: Pixels) -> UInt8:
        array = to_grey(pixels.array) if self.grey else to_rgb(pixels.array)
        return FITS[self.fit].apply(array, self.height) if self.fit else array


def export_npz(request: ExportRequest, ctx: JobContext) -> ExportResult:
    """Write images with a label. Images that cannot be read any more are left out and counted.

    Raises `UserError` when there is nothing to write, or the two files cannot or must not be written there.
    """
    check_npz_target(request)
    chosen = select_npz(request)
    rows = chosen.rows
    shape = array_shape(request, rows)
    written: dict[str, int] = {}
    done = 0
    with replacing(request.out) as temporary:
        with zipfile.ZipFile(
            temporary, "w", zipfile.ZIP_DEFLATED, compresslevel=1, allowZip64=True
        ) as archive:
            for number, name in enumerate(SPLITS):
                part = rows[chosen.split == number]
                written[name] = _write_split(archive, name, request, part, shape, done, len(rows), ctx)
                done += len(part)
        sidecar = sidecar_of(request.out)
        with replacing(sidecar) as described:
            facts = _facts(request, shape, written)
            described.write_text(json.dumps(facts, ensure_ascii=False, indent=1), encoding="utf-8")
    total = sum(written.values())
    lost = len(rows) - total
    skipped = {UNREADABLE: lost} if lost else {}
    return ExportResult(
        "npz", (request.out, sidecar), total, skipped, written, (f"Images are {shape.text}.",)
    )


def select_npz(request: ExportRequest) -> Selection:
    """Images with a label. Raises `UserError` when there is none. Without splits all are in train."""
    chosen = select_labelled(request, LABELLED, request.split)
    return chosen if request.split else Selection(chosen.rows, np.zeros_like(chosen.split))


def preview_npz(request: ExportRequest, chosen: Selection, count: int) -> Preview:
    """The first `count` images in the order of the arrays."""
    table = request.table
    order = np.argsort(chosen.split, kind="stable")
    starts = np.searchsorted(chosen.split[order], np.arange(len(SPLITS)))
    lines = []
    for place, position in enumerate(order[:count].tolist()):
        row, split = int(chosen.rows[position]), int(chosen.split[position])
        label, confidence = int(table.label[row]), float(table.label_confidence(np.array([row]))[0])
        lines.append(
            (
                f"{SPLITS[split]}_images",
                str(place - int(starts[split])),
                table.refs[row].shown,
                table.classes[label].name,
                str(label),
                "" if np.isnan(confidence) else f"{confidence:.6g}",
            )
        )
    return Preview(("array", "index", "id", "label", "label_id", "confidence"), tuple(lines))


def estimate_npz(request: ExportRequest, chosen: Selection, _: Sizes) -> int:
    """Bytes before compression: the file will be no larger by much, and smaller for most images."""
    shape = array_shape(request, chosen.rows)
    names = max((len(request.table.refs[row].shown) for row in chosen.rows.tolist()), default=0)
    return len(chosen.rows) * (int(np.prod(shape.array)) + 4 * names + 5)


def load_npz(path: Path) -> LabelledArrays:
    """Read an exported NPZ back, class names from the JSON beside it. Raises `UserError`."""
    try:
        facts = json.loads(sidecar_of(path).read_text(encoding="utf-8"))
        names = tuple(facts["label"][str(k)] for k in range(len(facts["label"])))
        with np.load(path, allow_pickle=False) as arrays:
            splits = {
                split: LabelledSplit(
                    arrays[f"{split}_images"],
                    arrays[f"{split}_labels"].reshape(-1).astype(np.int64),
                    arrays[f"{split}_ids"].tolist(),
                    arrays[f"{split}_confidence"],
                )
                for split in SPLITS
            }
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise UserError(f"{path} cannot be read as an exported NPZ: {error}.") from error
    return LabelledArrays(names, splits)


def array_shape(request: ExportRequest, rows: npt.NDArray[np.int64]) -> ArrayShape:
    """The shape of one image for these rows, at least one: their own when all agree and no other is asked for."""
    table = request.table
    grey = bool(table.grey[rows].all()) if request.grey is None else request.grey
    heights, widths = table.height[rows], table.width[rows]
    height, width = int(heights[0]), int(widths[0])
    one_size = bool((heights == height).all() and (widths == width).all())
    if one_size and height and request.size in (None, height) and (request.size is None or height == width):
        return ArrayShape(height, width, grey)
    side = request.size or DEFAULT_SIDE
    return ArrayShape(side, side, grey, request.fit)


def _write_split(
    archive: zipfile.ZipFile,
    name: str,
    request: ExportRequest,
    rows: npt.NDArray[np.int64],
    shape: ArrayShape,
    done: int,
    total: int,
    ctx: JobContext,
) -> int:
    """Stream one split into the archive: images wait in a scratch file, never all in memory."""
    table = request.table
    kept = []
    with tempfile.TemporaryFile(dir=request.out.parent) as scratch:
        for row, array in _decoded(request, rows, shape, ctx):
            if array is not None and array.shape == shape.array:
                scratch.write(np.ascontiguousarray(array).tobytes())
                kept.append(row)
            done += 1
            ctx.progress(done, total, _STAGE)
        scratch.seek(0)
        _write_images(archive, f"{name}_images.npy", scratch, (len(kept), *shape.array))
    labels = table.label[kept].reshape(-1, 1)
    small = len(table.classes) <= 256
    _write_array(archive, f"{name}_labels.npy", labels.astype(np.uint8 if small else np.int32))
    _write_array(archive, f"{name}_ids.npy", np.array([table.refs[row].shown for row in kept], np.str_))
    _write_array(archive, f"{name}_confidence.npy", table.label_confidence(np.array(kept, np.int64)))
    return len(kept)


def _decoded(
    request: ExportRequest, rows: npt.NDArray[np.int64], shape: ArrayShape, ctx: JobContext
) -> Iterator[tuple[int, UInt8 | None]]:
    images = [(int(row), request.table.refs[row]) for row in rows]
    with closing(decode_all(request.source, images, shape, tell=ctx.emit)) as results:
        for item in results:
            yield item.row, item.value


def _header(shape: tuple[int, ...]) -> dict[str, Any]:
    return {"descr": "|u1", "fortran_order": False, "shape": shape}


def _write_images(archive: zipfile.ZipFile, member: str, pixels: BinaryIO, shape: tuple[int, ...]) -> None:
    with archive.open(member, "w", force_zip64=True) as file:
        np.lib.format.write_array_header_1_0(file, _header(shape))
        while block := pixels.read(1 << 20):
            file.write(block)


def _write_array(archive: zipfile.ZipFile, member: str, array: npt.NDArray[Any]) -> None:
    with archive.open(member, "w", force_zip64=True) as file:
        np.lib.format.write_array(file, array, allow_pickle=False)


def _facts(request: ExportRequest, shape: ArrayShape, written: dict[str, int]) -> dict[str, Any]:
    """The sidecar, shaped like MedMNIST's INFO."""
    names = {str(k): c.name for k, c in enumerate(request.table.classes)}
    return {
        "label": names,
        "task": "binary-class" if len(names) == 2 else "multi-class",
        "n_channels": 1 if shape.grey else 3,
        "n_samples": written,
        "size": [shape.height, shape.width],
        "resize": shape.text,
        "fit": shape.fit or None,
        "split": {
            "ratios": list(request.ratios),
            "seed": request.seed,
            "divided": request.split,
            "balanced_by": "class",
            "kept_together": "group, content",
        },
        "made_by": "MedLabel; for research only, not for diagnosis",
    }
