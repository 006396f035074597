"""The long work of the window: one job at a time, its events brought to the session and the panels."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from core.errors import UserError
from core.images.source import ImageSource
from core.jobs import JobContext, JobEnded, Progress
from core.processes import Worker
from core.project.known import KnownProject
from core.project.project import Project
from core.tasks.scan import ImagesFound, holds_images_of, moved_from, open_project, relink, scan
from medlabel_gui.jobs import Job, JobRunner, Lane, Task
from medlabel_gui.session import Session
from medlabel_gui.snapshot import Snapshot, load_snapshot
from medlabel_gui.texts.commands import CommandTexts

if TYPE_CHECKING:
    from core.tasks.export import ExportSpec
    from core.tasks.import_labels import ImportSpec

log = logging.getLogger(__name__)

_GROWTH = 1.5  # while a scan runs, a new snapshot is read each time the rows have grown by this factor


@dataclass(frozen=True)
class _Opened:
    """What opening found: a project to show, or one whose images seem to have been moved to `path`."""

    path: Path
    project: Project | None = None
    snapshot: Snapshot | None = None
    source: ImageSource | None = None
    moved: KnownProject | None = None
    doubtful: Path | None = None  # a project of which few files are at `path`


def _read(path: Path, folder: Path) -> _Opened:
    """Open a project for the main thread, which must not wait for a disk."""
    snapshot = load_snapshot(folder)
    project = Project.open(folder)
    try:
        source = project.source()
    except UserError:  # the images are gone
        source = None
    return _Opened(path, project, snapshot, source)


class Work(QObject):
    """Starts the verbs of `core.tasks` and says what comes of them. Main thread only.

    A verb that is asked for while another one runs is refused: there is one progress bar and one Cancel.
    What computes runs in the worker's process; what only walks folders in a thread.
    """

    busy_changed = Signal(bool)
    progressed = Signal(Progress)
    finished = Signal(object)  # the result of a verb: ScanResult, LabelResult, RefineResult, ExportResult ...
    stopped = Signal()
    relabelled = Signal(bool)  # whether there was a refinement, which belonged to the earlier prompts
    failed = Signal(Exception)
    moved_found = Signal(KnownProject, Path)  # the project, and where its images seem to be now
    relink_doubted = Signal(Path, Path)  # the project, and where few of its images are
    images_gone = Signal(Path)  # where the images of the project that was opened should be
    training_started = Signal()
    epoch_ended = Signal(object)  # EpochEnd
    training_ended = Signal()
    prompts_checked = Signal(object)  # PromptCheck
    devices_found = Signal(object)  # tuple of DeviceInfo
    download_ended = Signal(object)  # the error, or None

    def __init__(
        self, session: Session, runner: JobRunner, worker: Worker, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._session, self._runner, self._worker = session, runner, worker
        self._job: Job | None = None
        self._check: Job | None = None

    @property
    def busy(self) -> bool:
        """Whether a job runs that the user waits for."""
        return self._job is not None

    @property
    def training(self) -> bool:
        """Whether that job is a training."""
        return self._job is not None and self._job.name == "refine"

    def cancel(self) -> None:
        """Ask the running job to stop; it ends soon after."""
        if self._job is not None:
            self._job.cancel()

    # Opening

    def open(self, path: Path, afresh: bool = False) -> None:
        """Open the images or the project at `path`, then look for new and missing files.

        Images that seem to belong to a project whose own folder is gone are told by `moved_found` instead,
        unless they are to be opened `afresh`.
        """

        def task(_: JobContext) -> _Opened:
            moved = None if afresh else moved_from(path)
            if moved is not None:
                return _Opened(path, moved=moved)
            return _read(path, open_project(path))

        self._start("open", task, self._opened, lane="io")

    def relink(self, project: Path, source: Path, anyway: bool = False) -> None:
        """The images of a project are at `source` now; the project is opened.

        Where few of its files are there this is told by `relink_doubted`, unless it is to be done `anyway`.
        """

        def task(_: JobContext) -> _Opened:
            if not anyway and not holds_images_of(project, source):
                return _Opened(source, doubtful=project)
            return _read(source, relink(project, source))

        self._start("relink", task, self._opened, lane="io")

    def scan(self) -> None:
        """Look again for new, changed and missing files."""
        project = self._project()
        self._start("scan", lambda ctx: scan(project, ctx), self._done, self._on_found, "io")

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

    def refine(self, device: str) -> None:
        """Train on the labels and give every image a better one; asked for again, from another start (seed)."""
        from core.tasks.refine import RefineSpec

        snapshot = self._session.snapshot
        first = snapshot.stage_one if snapshot is not None else None
        tried = (
            [] if snapshot is None or first is None else [r for r in snapshot.runs if r.parent == first.id]
        )
        seed = sum(run.finished for run in tried)  # an interrupted training goes on from its own seed
        spec = RefineSpec(self._project(), device=device, seed=seed, author=self._session.author)
        self._start("refine", self._call("core.tasks.refine:refine", spec), self._done, self._on_epoch)
        self.training_started.emit()

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
        self._start("export", self._call("core.tasks.export:export", spec), self._done)

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
        return self._session.project

    def _call(self, name: str, spec: object) -> Task:
        return self._worker.task(name, spec)

    def _start(
        self,
        name: str,
        task: Task,
        done: Callable[[object], None],
        on_event: Callable[[object], None] | None = None,
        lane: Lane = "compute",
    ) -> None:
        if self._job is not None:
            raise UserError(CommandTexts.busy, CommandTexts.busy_hint)

        def listen(event: object) -> None:
            if isinstance(event, Progress):
                self.progressed.emit(event)
            elif on_event is not None:
                on_event(event)

        self._job = self._runner.start(name, task, lane, listen, lambda ended: self._end(name, ended, done))
        self.busy_changed.emit(True)

    def _in_background(
        self,
        name: str,
        task: Task,
        done: Callable[[object], None] = lambda _: None,
        failed: Callable[[BaseException], None] | None = None,
        of_project: bool = True,
    ) -> Job:
        """A job that nobody waits for. What one `of_project` brings is dropped when another project is open by then."""
        project = self._session.project

        def end(ended: JobEnded) -> None:
            if of_project and self._session.project != project:
                return
            if ended.outcome == "done":
                done(ended.result)
            elif ended.error is not None:
                log.warning("%s: %s", name, ended.error)
                if failed is not None:
                    failed(ended.error)

        return self._runner.start(name, task, "compute", on_ended=end)

    def _end(self, name: str, ended: JobEnded, done: Callable[[object], None]) -> None:
        self._job = None
        self._session.streamed()
        self.busy_changed.emit(False)
        if name == "refine":
            self.training_ended.emit()
        if name == "download":
            self.download_ended.emit(ended.error)
        if ended.outcome == "done":
            done(ended.result)
            return
        if ended.error is None:
            self.stopped.emit()
        elif name != "download":  # told by `download_ended`
            self.failed.emit(ended.error)
        self._session.reload()

    def _done(self, result: object) -> None:
        self._session.reload()
        self.finished.emit(result)

    def _opened(self, result: object) -> None:
        assert isinstance(result, _Opened)
        if result.moved is not None:
            self.moved_found.emit(result.moved, result.path)
            return
        if result.doubtful is not None:
            self.relink_doubted.emit(result.doubtful, result.path)
            return
        assert result.project is not None and result.snapshot is not None
        self._session.open(result.project, result.snapshot, result.source)
        if result.source is None:
            self.images_gone.emit(result.project.source_path)
        else:
            self.scan()

    def _on_found(self, event: object) -> None:
        table = self._session.table
        if isinstance(event, ImagesFound) and table is not None and event.images > _GROWTH * len(table):
            self._session.reload()

    def _on_labelled(self, event: object) -> None:
        from core.tasks.label import RowsLabelled

        if isinstance(event, RowsLabelled):
            self._session.show_labelled(event.rows, event.class_ids, event.confidence)

    def _on_epoch(self, event: object) -> None:
        from core.refine.events import EpochEnd

        if isinstance(event, EpochEnd):
            self.epoch_ended.emit(event)
