"""Images without a weak label: the network that a refinement trained labels them."""

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from core.jobs import JobContext
from core.project.labels import is_folder_row
from core.project.project import Project
from core.project.records import Run
from core.tasks.network_pass import network_batches
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
    found = np.full((len(rows), network.classes), np.nan, np.float32)
    place = {int(row): number for number, row in enumerate(rows)}
    read = 0
    for batch in network_batches(project, rows, network, device, _BATCH, ctx):
        found[[place[int(row)] for row in batch.rows]] = batch.probabilities
        read += batch.read
        ctx.progress(read, len(rows), "Labelling images without a weak label")
    return found


def rest_notes(project: Project, rows: Rows, run: Run) -> tuple[str, ...]:
    """How many of the images `rows`, without those that proved unreadable, have no weak label, and what they got
    from the refinement `run`."""
    error = project.images.columns().error
    rows = np.array([row for row in rows if not error[row]], np.int64)
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
