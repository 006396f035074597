"""A labelled project for tests of exports, made without a model."""

from pathlib import Path

import numpy as np

from core.images.decode import decode_all
from core.jobs import JobContext
from core.project.edits import Edit
from core.project.image_rows import ImageFacts
from core.project.project import Project
from core.project.records import ImageClass, Status
from core.tasks.scan import open_project, scan

CLASSES = (ImageClass(1, "disc"), ImageClass(2, "stripes"))
PARAMS = {"model": {"model": "starter", "arch": "tiny"}, "prompts": {"disc": ["a disc", "a round thing"]}}


def labelled_project(images: Path, refined: bool = True, delivers: bool = True) -> Path:
    """The project of `images`: even rows are called disc by stage 1, the first half by stage 2.

    Row 0 is accepted, row 1 corrected to disc, row 2 unsure, row 3 excluded; row 4 has a note.
    """
    folder = open_project(images)
    scan(folder, JobContext())
    with Project.open(folder) as project:
        project.execute(Edit("Set classes", classes=CLASSES), "ann")
        refs = project.images.columns().refs
        read = decode_all(project.source(), list(enumerate(refs)), lambda pixels: None)
        project.images.set_facts(
            [ImageFacts(i.row, i.sha256, i.width, i.height, i.grey, i.error) for i in read]
        )
        n = len(refs)
        first = project.runs.begin("zero-shot", [1, 2], PARAMS)
        project.runs.finish(first, probabilities(np.arange(n) % 2))
        if refined:
            second = project.runs.begin("refinement", [1, 2], {"strategy": "published"}, first)
            project.runs.finish(
                second,
                probabilities(np.arange(n) >= n / 2),
                {"best_epoch": 3},
                delivers,
                "" if delivers else "Worse.",
            )
        for row, status, class_id in (
            (0, Status.ACCEPTED, 1),
            (1, Status.CORRECTED, 1),
            (2, Status.UNSURE, None),
            (3, Status.EXCLUDED, None),
        ):
            ids = None if class_id is None else np.array([class_id], np.int32)
            project.execute(Edit("Decide", rows=np.array([row]), status=status, class_ids=ids), "ann")
        project.execute(Edit("Note", notes={4: "blurred"}), "ann")
    return folder


def probabilities(column) -> np.ndarray:
    """(n, 2) float32, sure of `column` (n,) 0 or 1, a little surer of later rows."""
    column = np.asarray(column).astype(int)
    sure = 0.8 + 0.19 * np.linspace(0, 1, len(column), dtype=np.float32)
    result = np.stack([1 - sure, 1 - sure], axis=1).astype(np.float32)
    result[np.arange(len(column)), column] = sure
    return result
