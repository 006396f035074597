"""Images without a weak label: the network that a refinement trained labels them."""

from contextlib import closing
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from core.images.decode import Decoded, decode_all
from core.jobs import JobContext
from core.project.image_rows import ImageFacts
from core.project.labels import is_folder_row
from core.project.project import Project
from core.project.records import Run
from core.tasks.replacing import counted
from core.tasks.weak_labels import IMPORTED

if TYPE_CHECKING:
    from core.refine.trained import TrainedNetwork

_BATCH = 256

Rows = npt.NDArray[np.int64]


def without_weak_label(project: Project, parent: Run) -> Rows:
    """(r,) rows of images that the weak labels of `parent` leave out; none for labels that the program made."""
    if parent.kind != IMPORTED:
        return np.empty(0, np.int64)
    columns = project.images.columns()
    found = np.asarray(project.runs.probabilities(parent))
    named = np.zeros(len(columns.refs), np.bool_)
    named[: len(found)] = ~np.isnan(found).any(axis=1)
    images = np.array([not is_folder_row(ref) for ref in columns.refs], np.bool_)
    readable = np.array([not error for error in columns.error], np.bool_)
    return np.flatnonzero(~named & images & readable & ~np.asarray(columns.missing, np.bool_))


def label_the_rest(
    project: Project, rows: Rows, network: "TrainedNetwork", device: str, ctx: JobContext
) -> npt.NDArray[np.float32]:
    """(r, k) float32 probabilities of the images `rows` by the trained network; NaN where one cannot be read."""
    from core.refine.inputs import network_input

    found = np.full((len(rows), network.classes), np.nan, np.float32)
    place = {int(row): number for number, row in enumerate(rows)}
    refs = project.images.columns().refs
    side, grey = network.side, network.channels == 1
    todo = [(int(row), refs[row]) for row in rows]
    waiting: list[Decoded[npt.NDArray[np.uint8]]] = []
    with closing(
        decode_all(project.source(), todo, lambda pixels: network_input(pixels, side, grey))
    ) as read:
        for number, item in enumerate(read, 1):
            waiting.append(item)
            if len(waiting) == _BATCH or number == len(todo):
                good = [(place[done.row], done.value) for done in waiting if done.value is not None]
                if good:
                    pixels = np.stack([value for _, value in good])
                    found[[at for at, _ in good]] = network.probabilities(pixels, device, check=ctx.check)
                project.images.set_facts([ImageFacts.of(done) for done in waiting])
                waiting.clear()
            ctx.progress(number, len(todo), "Labelling images without a weak label")
    return found


def rest_notes(project: Project, rows: Rows, run: Run) -> tuple[str, ...]:
    """How many images have no weak label, and what they got from the refinement `run`."""
    if not len(rows):
        return ()
    found = np.asarray(project.runs.probabilities(run))
    inside = rows[rows < len(found)]
    labelled = int((~np.isnan(found[inside]).any(axis=1)).sum())
    given = counted(len(rows), "image has no weak label", "images have no weak label")
    if not labelled:
        return (f"{given} and nothing from the refinement either: no label at all.",)
    if not run.delivers:
        return (f"{given}. The refinement's are not delivered, so these images stay without a label.",)
    left = len(rows) - labelled
    more = f"; {left:,} could not be read or came later and stay without a label" if left else ""
    return (f"{given}: the network that learnt from the others labelled {labelled:,} of them{more}.",)
