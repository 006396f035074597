"""Labels from outside as stage 1: anybody's weak labels instead of CLIP's."""

import hashlib
from pathlib import Path

import numpy as np

from core.errors import UserError
from core.exports.labels_in import match_names, read_probabilities_csv
from core.project.project import Project
from core.tasks.label import ClassSpec, set_classes
from core.tasks.provenance import versions


def import_weak_labels(project: Project, path: Path, author: str) -> tuple[str, ...]:
    """Enter the probabilities of a CSV as a stage 1 run of kind 'imported'; notes on what did not match.

    The columns become the project's classes unless they are those already. Raises `UserError`.
    """
    read = read_probabilities_csv(path)
    wanted = None
    if sorted(c.name for c in project.classes) != sorted(read.classes):
        wanted = tuple(ClassSpec(name) for name in read.classes)
    classes = set_classes(project, wanted, author)
    matched = match_names(read.files, project.images.columns().refs)
    if not len(matched.rows):
        raise UserError(f"No file_name in {path.name} is an image of this project.")
    order = [read.classes.index(c.name) for c in classes]
    result = np.full((project.images.count(), len(classes)), np.nan, np.float32)
    result[matched.rows] = read.probabilities[matched.found][:, order]
    params = {
        "file": path.name,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "versions": versions(),
    }
    newest = project.runs.stage_one()
    if newest is None or newest.params != params:
        run = project.runs.begin("imported", [c.id for c in classes], params)
        project.runs.finish(run, result)
    return matched.notes
