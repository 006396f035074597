"""The long work of the window: one job at a time, its events brought to the session and the panels."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from core.errors import UserError
from core.jobs import JobContext, JobEnded
from core.processes import Worker
from core.project.known import KnownProject
from core.tasks.scan import (
    ImagesFound,
    choose_slices,
    holds_images_of,
    moved_from,
    open_project,
    relink,
    scan,
)
from medlabel_gui.job_desk import JobDesk
from medlabel_gui.jobs import Job, JobRunner, Task
from medlabel_gui.opened import Opened, read_project
from medlabel_gui.refine_choice import DEFAULT_CHOICE, RefineChoice
from medlabel_gui.session import Session
from medlabel_gui.texts.commands import CommandTexts

if TYPE_CHECKING:
    from core.tasks.export import ExportSpec
    from core.tasks.import_labels import ImportSpec

log = logging.getLogger(__name__)

_GROWTH = 1.5  # while a scan runs, a new snapshot is read each time the rows have grown by this factor


class Work(JobDesk):
    """Starts the verbs of `core.tasks` and says what comes of them. Main thread only.

    What computes runs in the worker's process; what only walks folders in a thread.
    """

    finished = Signal(object)  # the result of a verb: ScanResult, LabelResult, RefineResult, ExportResult ...
    relabelled = Signal(bool)  # whether there was a refinement, which belonged to the earlier prompts
    moved_found = Signal(KnownProject, Path)  # the project, and where its images seem to be now
    relink_doubted = Signal(Path, Path)  # the project, and where few of its images are
    images_gone = Signal(Path)  # where the images of the project that was opened should be
    only_read = Signal(str)  # why nothing can be changed in the project that was opened
    training_started = Signal()
    batch_ended = Signal(object)  # BatchEnd
    epoch_ended = Signal(object)  # EpochEnd
    training_ended = Signal()
    prompts_checked = Signal(object)  # PromptCheck
    model_read = Signal(object)  # ModelInfo of a model that was chosen
    model_saved = Signal(object)  # the folder
    devices_found = Signal(object)  # tuple of DeviceInfo
    download_ended = Signal(object)  # the error, or None

    def __init__(
        self, session: Session, runner: JobRunner, worker: Worker, parent: QObject | None = None
    ) -> None:
        super().__init__(session, runner, parent)
        self._worker = worker
        self._check: Job | None = None

    @property
    def training(self) -> bool:
        """Whether that job is a training."""
        return self._job is not None and self._job.name == "refine"

    # Opening

    def open(self, path: Path, afresh: bool = False) -> None:
        """Open the images or the project at `path`, then look for new and missing files.

        Images that seem to belong to a project whose own folder is gone are told by `moved_found` instead,
        unless they are to be opened `afresh`.
        """

        def task(_: JobContext) -> Opened:
            moved = None if afresh else moved_from(path)
            if moved is not None:
                return Opened(path, moved=moved)
            return read_project(path, open_project(path))

        self._start("open", task, self._opened, lane="io")

    def relink(self, project: Path, source: Path, anyway: bool = False) -> None:
        """The images of a project are at `source` now; the project is opened.

        Where few of its files are there this is told by `relink_doubted`, unless it is to be done `anyway`.
        """

        def task(_: JobContext) -> Opened:
            if not anyway and not holds_images_of(project, source):
                return Opened(source, doubtful=project)
            return read_project(source, relink(project, source))

        self._start("relink", task, self._opened, lane="io")

    def scan(self) -> None:
        """Look again for new, changed and missing files."""
        project = self._project()
        self._start("scan", lambda ctx: scan(project, ctx), self._done, self._on_found, "io")

    def choose_slices(self, slices: str) -> None:
        """Take other slices of volumes for images, and look for them."""
        project = self._project()
        self._start(
            "scan", lambda ctx: scan(choose_slices(project, slices), ctx), self._done, self._on_found, "io"
        )

    def find_duplicates(self) -> None:
        """Look for images that are there more than once."""
        from core.tasks.duplicates import DuplicatesSpec

        spec = DuplicatesSpec(self._project())
        self._start("duplicates", self._call("core.tasks.duplicates:find_duplicates", spec), self._done)

    # Labelling

    def label(self, model: str, device: str) -> None:
        """Label all images with the project's classes."""
        from core.tasks.label import LabelSpec

        spec = LabelSpec(self._project(), None, model, device, author=self._session.author)
        self._start("label", self._call("core.tasks.label:label", spec), self._done, self._on_labelled)

    def relabel(self, model: str, device: str) -> None:
        """Label again from the embeddings on disk, after the classes changed. Does not count as busy."""
        from core.tasks.label import LabelSpec

        spec = LabelSpec(self._project(), None, model, device, author=self._session.author, only_stored=True)
        task = self._call("core.tasks.label:label", spec)
        refined = self._session.snapshot is not None and self._session.snapshot.refinement is not None

        def done(_: object) -> None:
            self._session.reload()
            self.relabelled.emit(refined)

        self._in_background("relabel", task, done, self.failed.emit)

    def refine(self, device: str, choice: RefineChoice = DEFAULT_CHOICE) -> None:
        """Train on the labels and give every image a better one; asked for again, from another start (seed)."""
        from core.tasks.refine import RefineSpec

        snapshot = self._session.snapshot
        first = snapshot.stage_one if snapshot is not None else None
        tried = (
            [] if snapshot is None or first is None else [r for r in snapshot.runs if r.parent == first.id]
        )
        seed = sum(run.finished for run in tried)  # an interrupted training goes on from its own seed
        spec = RefineSpec(
            self._project(),
            choice.strategy,
            device=device,
            seed=seed,
            author=self._session.author,
            choices=choice.training,
        )
        self._start("refine", self._call("core.tasks.refine:refine", spec), self._done, self._on_training)
        self.training_started.emit()

    def look_at_model(self, path: Path) -> None:
        """Read what a saved model says of itself; `model_read` follows."""
        from core.tasks.saved_models import ModelInfo, model_info

        def tell(found: object) -> None:
            assert isinstance(found, ModelInfo)
            self.model_read.emit(found)

        self._start("look at model", lambda _: model_info(path), tell, lane="io")

    def predict(self, model: Path, device: str) -> None:
        """Label all images with a saved model; its classes become the project's."""
        from core.tasks.predict import PredictSpec

        spec = PredictSpec(model, self._project(), device, self._session.author)
        self._start("predict", self._call("core.tasks.predict:predict", spec), self._done, self._on_labelled)

    def save_model(self, model: Path, target: Path) -> None:
        """Copy the folder of a model to `target`; `model_saved` follows."""
        from core.tasks.saved_models import save_model_as

        self._start("save model", lambda _: save_model_as(model, target), self.model_saved.emit, lane="io")

    def check_prompts(self, model: str, device: str) -> None:
        """See how the model reads the classes; `prompts_checked` follows. A newer wish replaces an older one."""
        from core.tasks.label import ClassSpec
        from core.tasks.prompts import PromptCheckSpec

        classes = tuple(ClassSpec(c.name, c.prompts, c.is_other) for c in self._session.classes)
        if self._check is not None:
            self._check.cancel()
        spec = PromptCheckSpec(classes, model, device)
        task = self._call("core.tasks.prompts:check_prompts", spec)
        self._check = self._in_background("check prompts", task, self.prompts_checked.emit)

    # In and out

    def export(self, spec: "ExportSpec") -> None:
        """Write the delivered labels, or images with them, or a report."""
        from core.tasks.patients import ExportByPatientSpec

        by_patient = isinstance(spec, ExportByPatientSpec)
        task = "core.tasks.patients:export_by_patient" if by_patient else "core.tasks.export:export"
        self._start("export", self._call(task, spec), self._done)

    def import_labels(self, spec: "ImportSpec") -> None:
        """Read known labels to measure the stages against."""
        self._start("import labels", self._call("core.tasks.import_labels:import_labels", spec), self._done)

    def download(self, model: str) -> None:
        """Bring the weights of a model of the catalogue to this machine."""
        from core.tasks.models import DownloadSpec

        self._start("download", self._call("core.tasks.models:download", DownloadSpec(model)), self._done)

    def prepare(self) -> None:
        """Let the worker's process import what the first job needs, and tell which devices there are."""
        devices = self._worker.task("core.tasks.models:describe_devices", None, patience=0)
        self._in_background("devices", devices, self.devices_found.emit, of_project=False)
        self._in_background("warm up", self._worker.task("core.tasks.models:warm_up", None, patience=0))

    # Inside

    def _project(self) -> Path:
        if self._session.project is None:
            raise UserError(CommandTexts.no_project, CommandTexts.no_project_hint)
        if self._session.read_only:
            raise UserError(CommandTexts.read_only.format(reason=self._session.read_only))
        return self._session.project

    def _call(self, name: str, spec: object) -> Task:
        return self._worker.task(name, spec)

    def _ended(self, name: str, ended: JobEnded) -> bool:
        if name == "refine":
            self.training_ended.emit()
        if name == "download":
            self.download_ended.emit(ended.error)
        return name == "download"

    def _done(self, result: object) -> None:
        self._session.reload()
        self.finished.emit(result)

    def _opened(self, result: object) -> None:
        assert isinstance(result, Opened)
        if result.moved is not None:
            self.moved_found.emit(result.moved, result.path)
            return
        if result.doubtful is not None:
            self.relink_doubted.emit(result.doubtful, result.path)
            return
        assert result.project is not None and result.snapshot is not None
        self._session.open(result.project, result.snapshot, result.source)
        if result.project.read_only:
            self.only_read.emit(result.project.read_only)
        if result.source is None:
            self.images_gone.emit(result.project.source_path)
        elif not result.project.read_only:
            self.scan()

    def _on_found(self, event: object) -> None:
        table = self._session.table
        if isinstance(event, ImagesFound) and table is not None and event.images > _GROWTH * len(table):
            self._session.reload()

    def _on_labelled(self, event: object) -> None:
        from core.tasks.label import RowsLabelled

        if isinstance(event, RowsLabelled):
            self._session.show_labelled(event.rows, event.class_ids, event.confidence)

    def _on_training(self, event: object) -> None:
        from core.refine.events import BatchEnd, EpochEnd

        if isinstance(event, EpochEnd):
            self.epoch_ended.emit(event)
        elif isinstance(event, BatchEnd):
            self.batch_ended.emit(event)
