"""The long work of the window: one job at a time, its events brought to the session and the panels."""

from collections.abc import Callable
from pathlib import Path
from typing import cast

from PySide6.QtCore import QObject, Signal

from core.errors import UserError
from core.jobs import JobContext, JobEnded, Progress
from core.tasks.scan import ImagesFound, ScanResult, open_project, scan
from medlabel_gui.jobs import Job, JobRunner, Lane, Task
from medlabel_gui.live_table import Snapshot, load_snapshot
from medlabel_gui.session import Session

_GROWTH = 1.5  # while a scan runs, a new snapshot is read each time the rows have grown by this factor


class Work(QObject):
    """Starts the verbs of `core.tasks` and says what comes of them. Main thread only.

    A verb that is asked for while another one runs is refused: there is one progress bar and one Cancel.
    """

    busy_changed = Signal(bool)
    progressed = Signal(Progress)
    noted = Signal(str, object)  # what was done, and a path to show or None
    failed = Signal(Exception)
    training_started = Signal()
    epoch_ended = Signal(object)  # EpochEnd
    labelling_ended = Signal()

    def __init__(self, session: Session, runner: JobRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._runner = runner
        self._job: Job | None = None

    @property
    def busy(self) -> bool:
        """Whether a job runs that the user waits for."""
        return self._job is not None

    def cancel(self) -> None:
        """Ask the running job to stop; it ends soon after."""
        if self._job is not None:
            self._job.cancel()

    def open(self, path: Path) -> None:
        """Open the images or the project at `path`, then look for new and missing files."""

        def task(_: JobContext) -> tuple[Path, Snapshot]:
            folder = open_project(path)
            return folder, load_snapshot(folder)

        self._start("open", task, self._opened, lane="io")

    def scan(self) -> None:
        """Look again for new, changed and missing files."""
        project = self._project()
        self._start("scan", lambda ctx: scan(project, ctx), self._scanned, self._on_found, "io")

    def label(self, model: str) -> None:
        """Label all images with the project's classes."""
        from core.tasks.label import LabelSpec, label

        spec = LabelSpec(self._project(), None, model)
        self._start("label", lambda ctx: label(spec, ctx), self._labelled, self._on_labelled)

    def refine(self) -> None:
        """Train on the labels and give every image a better one."""
        from core.tasks.refine import RefineSpec, refine

        spec = RefineSpec(self._project())
        self._start("refine", lambda ctx: refine(spec, ctx), self._refined, self._on_epoch)
        self.training_started.emit()

    def export(self, form: str, out: Path) -> None:
        """Write the delivered labels; `form` is csv, npz or folders."""
        from core.tasks.export import ExportSpec, export

        spec = ExportSpec(self._project(), form, out, split=form != "folders")
        self._start("export", lambda ctx: export(spec, ctx), self._exported)

    # Inside

    def _project(self) -> Path:
        if self._session.project is None:
            raise UserError("No project is open.", "Open a folder of images first.")
        return self._session.project

    def _start(
        self,
        name: str,
        task: Task,
        done: Callable[[object], None],
        on_event: Callable[[object], None] | None = None,
        lane: Lane = "compute",
    ) -> None:
        if self._job is not None:
            raise UserError("Another job is running.", "Wait until it ends, or cancel it.")

        def listen(event: object) -> None:
            if isinstance(event, Progress):
                self.progressed.emit(event)
            elif on_event is not None:
                on_event(event)

        self._job = self._runner.start(name, task, lane, listen, lambda ended: self._end(ended, done))
        self.busy_changed.emit(True)

    def _end(self, ended: JobEnded, done: Callable[[object], None]) -> None:
        self._job = None
        self.busy_changed.emit(False)
        if ended.outcome == "done":
            done(ended.result)
            return
        if ended.error is not None:
            self.failed.emit(ended.error)
        else:
            self.noted.emit("Stopped. What was finished is kept; the next start goes on from there.", None)
        self._session.reload()

    def _opened(self, result: object) -> None:
        folder, snapshot = cast("tuple[Path, Snapshot]", result)
        try:
            self._session.open(folder, snapshot)
            if self._session.source is None:
                raise UserError(
                    f"The images of this project are no longer at {self._session.source_path}.",
                    "Connect the drive and open the project again. Until then labels can only be looked at.",
                )
            self.scan()
        except UserError as error:
            self.failed.emit(error)

    def _on_found(self, event: object) -> None:
        table = self._session.table
        if isinstance(event, ImagesFound) and table is not None and event.images > _GROWTH * len(table):
            self._session.reload()

    def _scanned(self, result: object) -> None:
        assert isinstance(result, ScanResult)
        self._session.reload()
        news = [
            f"{count:,} {what}"
            for count, what in (
                (result.new if result.new < result.images else 0, "new images"),
                (result.changed, "images have changed"),
                (result.missing, "images are no longer there"),
                (result.errors, "files cannot be read"),
            )
            if count
        ]
        if news:
            self.noted.emit(f"Found {result.images:,} images: {', '.join(news)}.", None)

    def _on_labelled(self, event: object) -> None:
        from core.tasks.label import RowsLabelled

        if isinstance(event, RowsLabelled):
            self._session.show_labelled(event.rows, event.labels, event.confidence)

    def _labelled(self, result: object) -> None:
        from core.tasks.label import LabelResult

        assert isinstance(result, LabelResult)
        self._session.reload()
        failed = f" {result.failed:,} could not be read." if result.failed else ""
        text = f"Labelled {result.labelled:,} images in {duration(result.seconds)}.{failed}"
        self.noted.emit(" ".join([text, *result.notes]), None)
        self.labelling_ended.emit()

    def _on_epoch(self, event: object) -> None:
        from core.refine.events import EpochEnd

        if isinstance(event, EpochEnd):
            self.epoch_ended.emit(event)

    def _refined(self, result: object) -> None:
        from core.tasks.refine import RefineResult

        assert isinstance(result, RefineResult)
        self._session.reload()
        if result.delivers:
            text = f"Refined: the network gives {result.changed:,} of {result.images:,} images another label."
        else:
            text = f"The training has ended, but CLIP's labels stay. {result.reason}"
        self.noted.emit(" ".join([text, *result.notes]), None)

    def _exported(self, result: object) -> None:
        from core.tasks.export import ExportResult

        assert isinstance(result, ExportResult)
        skipped = "".join(f" Left out: {count:,} ({why})." for why, count in result.skipped.items() if count)
        text = f"Exported {result.rows:,} images to {result.paths[0]}.{skipped}"
        self.noted.emit(" ".join([text, *result.notes]), result.paths[0])


def duration(seconds: float) -> str:
    """Seconds for people: `8 s`, `2 min 05 s`, `1 h 20 min`."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
