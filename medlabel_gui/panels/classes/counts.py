"""How many images each class has, and whether one takes them nearly all. Plain numpy, no Qt."""

from collections.abc import Sequence

from core.project.queries import label_counts
from core.project.records import ImageClass, Status
from core.project.table import LabelTable

_NEARLY_ALL = 0.9  # of the readable images, from which on the labelling counts as finished


def images_per_class(table: LabelTable, classes: Sequence[ImageClass]) -> dict[int, int]:
    """All images that show each class as their label, by class id, as the filters count them."""
    known = {c.id: position for position, c in enumerate(table.classes)}
    counts = label_counts(table)
    return {c.id: int(counts[known[c.id]]) if c.id in known else 0 for c in classes}


def greedy_class(table: LabelTable, classes: Sequence[ImageClass]) -> tuple[int, float] | None:
    """Id of the class that takes most images and its share of them, None when there is none.

    Nor is there one before nearly every image has a label (a folder is labelled in the order of its names), and
    none where people decided most of the labels themselves.
    """
    readable = int((table.status != Status.ERROR).sum())
    decided = int(((table.status == Status.ACCEPTED) | (table.status == Status.CORRECTED)).sum())
    labelled = int((table.label >= 0).sum())
    if labelled < _NEARLY_ALL * readable or 2 * decided > labelled:
        return None
    counts = label_counts(table)[:-1]
    from core.tasks.prompts import swallowing  # not before there are labels: it imports the models' side

    position = swallowing(counts)
    if position is None or table.classes[position].id not in {c.id for c in classes}:
        return None
    return table.classes[position].id, float(counts[position] / counts.sum())
