"""Images of one patient as one group: by the patient ID in DICOM headers, of which only a salted hash is kept."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from core.errors import UserError
from core.images.file_tree import FileTree
from core.images.files import ImageFile
from core.images.formats.registry import format_by_name, format_of, is_nameless
from core.images.pixels import ImageUnreadable
from core.images.refs import ImageRef
from core.images.source import ImageSource
from core.jobs import JobContext
from core.project.project import Project
from core.project.user_key import project_secret
from core.tasks.export import ExportResult, ExportSpec, export

STAGE = "Reading patient IDs"
BY_PATIENT = "dicom-patient"  # among the rules of an export by which images are grouped, the name of this one
PROJECT_ID = "project_id"  # in the project's facts: no secret, tells it from others
OLD_SALT = "patient_salt"  # there too in older projects: whoever had one could try IDs until one fitted
_LENGTH = 16  # hexadecimal digits


@dataclass(frozen=True)
class PatientsSpec:
    """The project whose images are grouped."""

    project: Path


@dataclass(frozen=True)
class ExportByPatientSpec(ExportSpec):
    """What to export, after the images are grouped by patient. Its `groups` are None."""


@dataclass(frozen=True)
class PatientsResult:
    """`grouped` images of `patients` patients; `left` images are of no DICOM file, or one that names no patient."""

    patients: int
    grouped: int
    left: int


def group_by_patient(spec: PatientsSpec, ctx: JobContext) -> PatientsResult:
    """Group the images of a project by patient, so that an export keeps each patient in one split.

    A group's name is the start of HMAC-SHA256 (RFC 2104) of the ID. Its key comes from the project's id and from a
    secret of the user that no project holds (`core.project.user_key`): who has the project or an export cannot try
    IDs until one fits. One patient has the same group in all of this project, another in others. Grouped anew by
    another user or on another machine, the groups are the same sets of images under other names.

    The ID itself is kept nowhere; a salt that an older version stored is removed. Images without an ID keep the group
    that they have. Raises `UserError` when no image has one; then nothing is changed.
    """
    with Project.open(spec.project) as project:
        project.check_writable()
        groups = patient_groups(project, ctx)
        project.set_groups(groups)
        if project.meta(OLD_SALT):  # after the names that it made are gone
            project.set_meta(**{OLD_SALT: ""})
        n = project.images.count()
    return PatientsResult(len(set(groups.values())), len(groups), n - len(groups))


def export_by_patient(spec: ExportByPatientSpec, ctx: JobContext) -> ExportResult:
    """Group the images by patient, which stays with the project, and export them. Raises `UserError`."""
    group_by_patient(PatientsSpec(spec.project), ctx)
    return export(spec, ctx)


def patient_groups(project: Project, ctx: JobContext, known: dict[str, str] | None = None) -> dict[int, str]:
    """Row -> group of the images that name a patient, as `group_by_patient` stores them; stores none.

    `known` gets the group of each file as it is read: handed in again, those files are not read again. Raises
    `UserError` when no image names a patient.
    """
    source, refs = project.source(), project.images.columns().refs
    secret = project_secret(_project_id(project))
    of_path = {} if known is None else known
    found: dict[int, str] = {}
    for row, ref in enumerate(ctx.track(refs, len(refs), STAGE)):
        if ref.path not in of_path:  # all frames of a file are of one patient
            of_path[ref.path] = _group(source, ref, secret)
        if of_path[ref.path]:
            found[row] = of_path[ref.path]
    if not found:
        raise UserError(
            "None of the images has a patient ID in a DICOM header.",
            "Group by the file name or by a table instead.",
        )
    return found


def may_name_patients(refs: Iterable[ImageRef]) -> bool:
    """Whether there is a DICOM file among these, by the names. Opens none."""
    return any(_dicom_by_name(ref.path) for ref in refs)


def _dicom_by_name(path: str) -> bool:
    """Of files without an ending only DICOM is read."""
    known = format_by_name(path)
    return is_nameless(path) if known is None else known.name == "DICOM"


def _project_id(project: Project) -> str:
    """The project's own, made when it is first asked for."""
    found = project.meta(PROJECT_ID)
    if not found:
        found = secrets.token_hex(16)
        if not project.read_only:
            project.set_meta(**{PROJECT_ID: found})
    return found


def _group(source: ImageSource, ref: ImageRef, secret: bytes) -> str:
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
    digest = hmac.digest(secret, patient.encode("utf-8", "surrogateescape"), hashlib.sha256)
    return digest.hex()[:_LENGTH]


def _is_dicom(file: ImageFile) -> bool:
    known = format_of(file)
    return known is not None and known.name == "DICOM"
