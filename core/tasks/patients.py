"""Images of one patient as one group: by the patient ID in DICOM headers, of which only a salted hash is kept."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import UserError
from core.images.file_tree import FileTree
from core.images.files import ImageFile
from core.images.formats.registry import format_of
from core.images.pixels import ImageUnreadable
from core.images.refs import ImageRef
from core.images.source import ImageSource
from core.jobs import JobContext
from core.project.project import Project

STAGE = "Reading patient IDs"
BY_PATIENT = "dicom-patient"  # among the rules of an export by which images are grouped, the name of this one
SALT = "patient_salt"  # in the project's facts: who has only an export cannot try IDs until one fits
_LENGTH = 16


@dataclass(frozen=True)
class PatientsSpec:
    """The project whose images are grouped."""

    project: Path


@dataclass(frozen=True)
class PatientsResult:
    """`grouped` images of `patients` patients; `left` images are of no DICOM file, or one that names no patient."""

    patients: int
    grouped: int
    left: int


def group_by_patient(spec: PatientsSpec, ctx: JobContext) -> PatientsResult:
    """Group the images of a project by patient, so that an export keeps each patient in one split.

    A group's name is the start of SHA-256 of the project's salt and the ID: the same for one patient in this project,
    another in others. The ID itself is kept nowhere. Images without one keep the group that they have. Raises
    `UserError` when no image has one; then nothing is changed.
    """
    with Project.open(spec.project) as project:
        refs = project.images.columns().refs
        groups = _groups(project, project.source(), refs, ctx)
        if not groups:
            raise UserError(
                "None of the images has a patient ID in a DICOM header.",
                "Group by the file name or by a table instead.",
            )
        project.set_groups(groups)
    return PatientsResult(len(set(groups.values())), len(groups), len(refs) - len(groups))


def _groups(
    project: Project, source: ImageSource, refs: Sequence[ImageRef], ctx: JobContext
) -> dict[int, str]:
    salt = _salt(project)
    of_path: dict[str, str] = {}
    found: dict[int, str] = {}
    for row, ref in enumerate(ctx.track(refs, len(refs), STAGE)):
        if ref.path not in of_path:  # all frames of a file are of one patient
            of_path[ref.path] = _group(source, ref, salt)
        if of_path[ref.path]:
            found[row] = of_path[ref.path]
    return found


def _group(source: ImageSource, ref: ImageRef, salt: bytes) -> str:
    """The group of one file; empty where it is not DICOM, cannot be read or names no patient."""
    if not isinstance(source, FileTree):
        return ""
    try:
        file = source.file(ref)
        if not _is_dicom(file):
            return ""
        from core.images.formats.dicom import patient_id

        patient = patient_id(file)
    except ImageUnreadable:
        return ""
    if patient is None:
        return ""
    return hashlib.sha256(salt + patient.encode("utf-8", "surrogateescape")).hexdigest()[:_LENGTH]


def _is_dicom(file: ImageFile) -> bool:
    known = format_of(file)
    return known is not None and known.name == "DICOM"


def _salt(project: Project) -> bytes:
    """The project's own, made when it is first asked for."""
    if not project.meta(SALT):
        project.set_meta(**{SALT: secrets.token_hex(32)})
    return bytes.fromhex(project.meta(SALT))
