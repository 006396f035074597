"""Reads the shown image and its neighbours in worker threads, and keeps what was read within a bound."""

from collections import OrderedDict
from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal

from core.jobs import JobEnded
from medlabel_gui.jobs import Job, JobRunner
from medlabel_gui.preview.reading import FileFacts, Picture, read_picture
from medlabel_gui.session import Aspect, Change, Session

CACHE_BYTES = 400_000_000  # the shown image may take more on its own
MAX_AHEAD_PIXELS = 40_000_000  # a larger neighbour is read only when it is shown
_JOBS = 2  # at once, those that nobody waits for any more included


class PictureLoader(QObject):
    """`picture(row)` gives what has been read; `loaded` tells when the row of `show` has come."""

    loaded = Signal(int)  # row

    def __init__(self, session: Session, runner: JobRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._runner = runner
        self._row = -1
        self._ahead: tuple[int, ...] = ()
        self._jobs: dict[Job, int] = {}
        self._cache: OrderedDict[int, Picture] = OrderedDict()
        session.changed.connect(self._follow)

    @property
    def cached_rows(self) -> tuple[int, ...]:
        """What is kept, the longest unused first."""
        return tuple(self._cache)

    @property
    def cached_bytes(self) -> int:
        return sum(picture.nbytes for picture in self._cache.values())

    def picture(self, row: int) -> Picture | None:
        """What was read of a row; None while it is not."""
        return self._cache.get(row)

    def show(self, row: int) -> None:
        """Read this row before all others; what was on its way for the last one is dropped."""
        self._row = row
        if row in self._cache:
            self._cache.move_to_end(row)
        self._drop_unwanted()
        self._go_on()

    def prefetch(self, rows: Sequence[int]) -> None:
        """Read these rows once the shown one is there, in this order."""
        self._ahead = tuple(row for row in rows if row != self._row)
        self._drop_unwanted()
        self._go_on()

    def stop(self) -> None:
        """Nothing is wanted any more; what was read stays."""
        self._row, self._ahead = -1, ()
        self._drop_unwanted()

    def _drop_unwanted(self) -> None:
        wanted = {self._row, *self._ahead}
        for job, row in self._jobs.items():
            if row not in wanted:
                job.cancel()

    def _go_on(self) -> None:
        on_their_way = {row for job, row in self._jobs.items() if not job.ctx.cancelled}
        if self._row >= 0 and self._row not in self._cache:
            if self._row not in on_their_way and len(self._jobs) < _JOBS:
                self._start(self._row)
            return  # neighbours wait: they would slow it down
        for row in self._ahead:
            if self._jobs:
                return
            if row not in self._cache and self._is_small(row):
                self._start(row)

    def _is_small(self, row: int) -> bool:
        table = self._session.table
        if table is None or row >= len(table):
            return False
        return int(table.width[row]) * int(table.height[row]) <= MAX_AHEAD_PIXELS

    def _start(self, row: int) -> None:
        source, table = self._session.source, self._session.table
        if source is None or table is None or not 0 <= row < len(table):
            return
        ref = table.refs[row]
        job = self._runner.start(
            "preview",
            lambda ctx: read_picture(source, row, ref, ctx),
            "io",
            on_ended=lambda ended: self._take(job, ended),
        )
        self._jobs[job] = row

    def _take(self, job: Job, ended: JobEnded) -> None:
        row = self._jobs.pop(job)
        picture = ended.result
        if ended.outcome == "failed":
            picture = Picture(row, FileFacts(), error=str(ended.error))
        if isinstance(picture, Picture) and not job.ctx.cancelled:
            self._keep(picture)
            if row == self._row:
                self.loaded.emit(row)
        self._go_on()

    def _keep(self, picture: Picture) -> None:
        self._cache[picture.row] = picture
        self._cache.move_to_end(picture.row)
        for row in tuple(self._cache):
            if self.cached_bytes <= CACHE_BYTES:
                break
            if row not in (self._row, picture.row):
                del self._cache[row]
        if self.cached_bytes > CACHE_BYTES and picture.row != self._row and self._row in self._cache:
            del self._cache[picture.row]  # a neighbour that has no room beside the shown image

    def _follow(self, change: Change) -> None:
        if change.aspect is Aspect.PROJECT:
            for job in self._jobs:
                job.cancel()
            self._cache.clear()
            self._row, self._ahead = -1, ()
        elif change.aspect is Aspect.TABLE:  # a file may be there again, or be another one now
            self._cache.clear()
            self._go_on()
