"""Example images of a report: the most and the least confident ones of each class, as small PNGs."""

import base64
import io
from contextlib import closing
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from core.exports.options import LABELLED, ExportRequest
from core.images.decode import decode_all
from core.images.pixels import Pixels
from core.jobs import JobContext
from core.project.records import Status

SURE, UNSURE = 8, 4  # most and least confident images a class
MAX_CLASSES = 60
TILE = 112  # px, the longer side
_ROUNDS = 3  # an image that cannot be read is replaced by the next one, so often
_STAGE = "Making example tiles"

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Tile:
    """A small picture of one image: `uri` holds a PNG."""

    row: int
    uri: str


@dataclass
class _Slot:
    """A place for `count` tiles, filled from `candidates` in their order."""

    candidates: list[int]
    count: int
    tiles: list[Tile] = field(default_factory=list)

    def take(self) -> list[int]:
        missing = self.count - len(self.tiles)
        taken, self.candidates = self.candidates[:missing], self.candidates[missing:]
        return taken


@dataclass(frozen=True)
class Examples:
    """Tiles of one class, most confident first in `sure`, least confident first in `unsure`."""

    label: int
    sure: tuple[Tile, ...]
    unsure: tuple[Tile, ...]


def examples(request: ExportRequest, rows: Rows, ctx: JobContext) -> list[Examples]:
    """Example tiles of the largest classes among `rows`; none where the images are not at hand.

    Images of equal confidence are drawn by the request's seed. At most `MAX_CLASSES` * 12 small PNGs are held.
    """
    table = request.table
    rows = rows[np.isin(table.status[rows], [int(status) for status in LABELLED]) & (table.label[rows] >= 0)]
    if not len(rows) or not at_hand(request):
        return []
    slots: dict[int, tuple[_Slot, _Slot]] = {}
    for label in _largest(table.label[rows]):
        top, bottom = candidates(request, rows[table.label[rows] == label])
        slots[label] = (_Slot(top, SURE), _Slot(bottom, UNSURE))
    _fill(request, [slot for pair in slots.values() for slot in pair], ctx)
    return [Examples(label, tuple(a.tiles), tuple(b.tiles)) for label, (a, b) in sorted(slots.items())]


def at_hand(request: ExportRequest) -> bool:
    """Whether the images are where the project says."""
    return request.source.root.exists()


def candidates(request: ExportRequest, rows: Rows) -> tuple[list[int], list[int]]:
    """Rows by falling and by rising confidence, no row in both; a few more than are shown.

    Images that a person corrected come last in the first list: their confidence is that of another label.
    """
    chance = np.random.default_rng(request.seed).random(len(rows))
    confidence = np.nan_to_num(request.table.confidence[rows], nan=-1)
    order = rows[np.lexsort((chance, -confidence))]
    corrected = request.table.status[order] == Status.CORRECTED
    order, others = order[~corrected], order[corrected]
    split = min(_ROUNDS * SURE, max(SURE, len(order) - _ROUNDS * UNSURE))
    top = np.concatenate([order[:split], others])[: _ROUNDS * SURE]
    return top.tolist(), order[split:][::-1][: _ROUNDS * UNSURE].tolist()


def _largest(labels: npt.NDArray[np.int32]) -> list[int]:
    counts = np.bincount(labels)
    order = np.argsort(-counts, kind="stable")[:MAX_CLASSES]
    return [int(label) for label in order if counts[label]]


def _fill(request: ExportRequest, slots: list[_Slot], ctx: JobContext) -> None:
    total = sum(min(slot.count, len(slot.candidates)) for slot in slots)
    done = 0
    for _ in range(_ROUNDS):
        owner = {row: slot for slot in slots for row in slot.take()}
        images = [(row, request.table.refs[row]) for row in owner]
        with closing(decode_all(request.source, images, tile_uri, ahead=16, tell=ctx.emit)) as results:
            for item in results:
                if item.value is not None:
                    owner[item.row].tiles.append(Tile(item.row, item.value))
                    done += 1
                ctx.progress(done, total, _STAGE)


def tile_uri(pixels: Pixels) -> str:
    """A PNG of at most `TILE` px as a data URI."""
    from PIL import Image

    image = Image.fromarray(pixels.array)
    image.thumbnail((TILE, TILE), Image.Resampling.BILINEAR)
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode("ascii")
