"""Known labels from a file or from class folders, to measure the stages against."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from core.errors import UserError
from core.exports.labels_in import match_names, read_class_folders, read_labels_csv
from core.images.npz import NpzSource
from core.jobs import JobContext
from core.project.project import Project
from core.project.records import ImageClass


@dataclass(frozen=True)
class ImportSpec:
    """`source` is a CSV (file_name, label), a folder of class folders, or an NPZ with labels.

    `renamed` maps names of classes there to names of classes here.
    """

    project: Path
    source: Path
    renamed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ImportResult:
    """Images that have a known label now; `notes` say what did not match."""

    matched: int
    notes: tuple[str, ...]


def import_labels(spec: ImportSpec, ctx: JobContext) -> ImportResult:
    """Store known labels as truth: they are measured against, never trained on. Raises `UserError`."""
    with Project.open(spec.project) as project:
        ctx.progress(0, 0, "Reading known labels")
        read = {name: spec.renamed.get(label, label) for name, label in _read(spec.source, project).items()}
        ids = _class_ids(set(read.values()), project.classes)
        matched = match_names(list(read), project.images.columns().refs)
        if not len(matched.rows):
            raise UserError(f"No name in {spec.source.name} is an image of this project.")
        labels = list(read.values())
        truth = {
            int(row): ids[labels[found]]
            for row, found in zip(matched.rows.tolist(), np.asarray(matched.found).tolist(), strict=True)
        }
        project.set_truth(truth)
    return ImportResult(len(truth), tuple(matched.notes))


def _read(source: Path, project: Project) -> dict[str, str]:
    if source.is_dir():
        return read_class_folders(source)
    if source.suffix.lower() == ".npz":
        names = [c.name for c in project.classes]
        return {
            path: names[label] if label < len(names) else str(label)
            for path, label in NpzSource(source).labels().items()
        }
    return read_labels_csv(source)


def _class_ids(names: set[str], classes: tuple[ImageClass, ...]) -> dict[str, int]:
    by_name = {c.name.casefold(): c.id for c in classes}
    unknown = sorted(name for name in names if name.casefold() not in by_name)
    if unknown:
        known = ", ".join(c.name for c in classes) or "none yet"
        raise UserError(
            f"These are not classes of the project: {', '.join(unknown[:10])} (it has: {known}).",
            'Map them with --map "theirs=ours", or label with these class names first.',
        )
    return {name: by_name[name.casefold()] for name in names}
