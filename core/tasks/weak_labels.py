"""Labels from outside as stage 1: anybody's weak labels instead of CLIP's."""

import hashlib
from pathlib import Path

import numpy as np

from core.errors import UserError
from core.exports.labels_in import match_names, read_probabilities_csv
from core.project.project import Project
from core.tasks.entering import enter_once
from core.tasks.provenance import versions
from core.tasks.replacing import adopt_classes, succession

IMPORTED = "imported"


def import_weak_labels(project: Project, path: Path, author: str, replace: bool = False) -> tuple[str, ...]:
    """Enter the probabilities of a CSV as a stage 1 run of kind 'imported'; notes on what did not match.

    The columns become the project's classes unless they are those already; where labels under other classes would
    be lost, only if `replace` is given. The same file again makes its earlier run count, with its refinement.
    Nothing is changed when a `UserError` is raised.
    """
    read = read_probabilities_csv(path)
    matched = match_names(read.files, project.images.columns().refs)
    if not len(matched.rows):
        raise UserError(f"No file_name in {path.name} is an image of this project.")
    before = project.runs.stage_one()
    adopted = adopt_classes(project, read.classes, author, path.name, replace)
    result = np.full((project.images.count(), len(adopted.order)), np.nan, np.float32)
    result[matched.rows] = read.probabilities[matched.found][:, adopted.order]
    params = {
        "file": path.name,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "versions": versions(),
    }
    run = enter_once(
        project,
        IMPORTED,
        [c.id for c in adopted.classes],
        params,
        result,
        lambda earlier: earlier.params.get("sha256") == params["sha256"],
    )
    return (*matched.notes, *succession(before, run, path.name))
