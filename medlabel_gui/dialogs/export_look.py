"""Looks ahead at an export in a worker thread: what would be written, and its first lines."""

from dataclasses import dataclass, replace
from pathlib import Path

import shiboken6
from PySide6.QtCore import QObject, QTimer, Signal

from core.jobs import JobContext, JobEnded
from core.project.project import Project
from core.tasks.export import ExportInputs, ExportLook, ExportSpec, look, read_inputs, target_problem
from core.tasks.patients import ExportByPatientSpec, may_name_patients, patient_groups
from medlabel_gui.jobs import Job, JobRunner

ROWS = 20  # lines of the preview
_WAIT_MS = 200


@dataclass(frozen=True)
class Looked:
    """What was found, for which spec. Its target is another one where that which was suggested cannot be.

    `inputs` are those of the project as it is, `has_dicom` says whether its images may name a patient.
    """

    spec: ExportSpec
    look: ExportLook
    inputs: ExportInputs
    has_dicom: bool


class LookAhead(QObject):
    """The latest spec wins: while the choices change nothing is read, and what is out of date is dropped.

    The project is read once and again after `forget`. Main thread only; the reading is a job.
    """

    looked = Signal(Looked)
    failed = Signal(str)

    def __init__(self, runner: JobRunner, parent: QObject) -> None:
        super().__init__(parent)
        self._runner = runner
        self._wanted: tuple[ExportSpec, bool] | None = None
        self._inputs: ExportInputs | None = None
        self._patients: dict[str, str] = {}  # file -> group; lasts, so that headers are read once
        self._job: Job | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_WAIT_MS)
        self._timer.timeout.connect(self._start)

    def ask(self, spec: ExportSpec, suggested: bool) -> None:
        """Look at this soon. A `suggested` target that cannot be written gives way to another one."""
        self._drop()
        self._wanted = (spec, suggested)
        self._timer.start()

    def forget(self) -> None:
        """The project has changed: read it again next time."""
        self._inputs = None

    def stop(self) -> None:
        """Nothing more is wanted."""
        self._timer.stop()
        self._drop()

    def _drop(self) -> None:
        if self._job is not None:
            self._job.cancel()
            self._job = None

    def _start(self) -> None:
        if self._wanted is None:
            return
        (spec, suggested), inputs, patients = self._wanted, self._inputs, self._patients

        def task(ctx: JobContext) -> Looked:
            found = inputs or read_inputs(spec.project)
            chosen = replace(spec, out=free_target(spec, found)) if suggested else spec
            by_patient = isinstance(spec, ExportByPatientSpec)
            shown = _by_patient(found, spec.project, patients, ctx) if by_patient else found
            return Looked(chosen, look(chosen, ctx, ROWS, shown), found, may_name_patients(found.table.refs))

        def take(ended: JobEnded) -> None:
            if shiboken6.isValid(self) and self._job is job:
                self._take(ended, fresh=inputs is self._inputs)

        job = self._runner.start("export preview", task, "io", on_ended=take)
        self._job = job

    def _take(self, ended: JobEnded, fresh: bool) -> None:
        self._job = None
        if isinstance(ended.result, Looked):
            if fresh:  # else the project changed meanwhile
                self._inputs = ended.result.inputs
            self.looked.emit(ended.result)
        elif ended.error is not None:
            self.failed.emit(str(ended.error))


def _by_patient(inputs: ExportInputs, project: Path, known: dict[str, str], ctx: JobContext) -> ExportInputs:
    """The inputs as they would be once the images are grouped by patient. Reads headers, stores no group."""
    with Project.open(project) as opened:
        found = patient_groups(opened, ctx, known)
    table = inputs.table
    groups = [found.get(row, group) for row, group in enumerate(table.group)]
    return replace(inputs, table=replace(table, group=groups))


def free_target(spec: ExportSpec, inputs: ExportInputs) -> Path:
    """The target of `spec`, or one beside the images or at home where that cannot be written. Reads the disk."""
    for folder in (spec.out.parent, inputs.source.root.parent, Path.home()):
        out = folder / spec.out.name
        if spec.format == "folders":
            out = free_folder(out)
        if not target_problem(replace(spec, out=out), inputs):
            return out
    return spec.out


def free_folder(path: Path) -> Path:
    """`path`, or with a number where something is there already. Reads the disk."""
    number, free = 1, path
    while free.exists() and number < 1000:
        number += 1
        free = path.with_name(f"{path.name} {number}")
    return free
