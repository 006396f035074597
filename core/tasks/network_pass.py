"""Images once through a trained network, batch by batch."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from core.images.decode import Decoded, decode_all
from core.jobs import JobContext
from core.project.image_rows import ImageFacts
from core.project.project import Project

if TYPE_CHECKING:
    from core.refine.trained import TrainedNetwork

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class NetworkBatch:
    """`probabilities` (b, k) float32 of the images `rows` (b,); `read` images were decoded, `failed` could not be."""

    rows: Rows
    probabilities: npt.NDArray[np.float32]
    read: int
    failed: int


def network_batches(
    project: Project,
    rows: Sequence[int] | Rows,
    network: "TrainedNetwork",
    device: str,
    at_once: int,
    ctx: JobContext,
    look: bool = False,
) -> Iterator[NetworkBatch]:
    """The images `rows` of a project, `at_once` in a batch; those that cannot be read are in no `rows`.

    What decoding told of the images is entered after the caller has kept a batch's probabilities: stopped at any
    instant, nothing counts as known that has no label. `look` as for `decode_all`. Raises `JobCancelled`.
    """
    from core.refine.inputs import network_input

    refs = project.images.columns().refs
    side, grey = network.side, network.channels == 1
    todo = [(int(row), refs[row]) for row in rows]
    waiting: list[Decoded[npt.NDArray[np.uint8]]] = []
    decoded = decode_all(
        project.source(), todo, lambda pixels: network_input(pixels, side, grey), look=look, tell=ctx.emit
    )
    with closing(decoded) as results:
        for number, item in enumerate(results, 1):
            ctx.check()
            waiting.append(item)
            if len(waiting) >= at_once or number == len(todo):
                yield _labelled(waiting, network, device, ctx)
                project.images.set_facts([ImageFacts.of(read) for read in waiting])
                waiting.clear()


def _labelled(
    items: Sequence[Decoded[npt.NDArray[np.uint8]]], network: "TrainedNetwork", device: str, ctx: JobContext
) -> NetworkBatch:
    good = [(item.row, item.value) for item in items if item.value is not None]
    found = np.empty((0, network.classes), np.float32)
    if good:
        found = network.probabilities(np.stack([value for _, value in good]), device, check=ctx.check)
    rows = np.array([row for row, _ in good], np.int64)
    return NetworkBatch(rows, found, len(items), sum(bool(item.error) for item in items))
