"""Thumbnails for what is visible: made in worker threads, kept in a bounded cache."""

from collections import OrderedDict
from collections.abc import Callable
from functools import partial

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QImage, QPixmap

from core.images.source import ImageSource
from core.images.thumbnail_cache import ThumbnailCache
from core.jobs import JobContext, JobEnded
from core.project.table import LabelTable
from medlabel_gui.grid.thumbnails import Thumbnail, make_thumbnail
from medlabel_gui.grid.wishes import Wishes
from medlabel_gui.jobs import JobRunner
from medlabel_gui.live_table import Rows
from medlabel_gui.session import Aspect, Change, Session

CACHE_BYTES = 160_000_000
_JOBS = 2
_REST_MS = 40  # so long a page has to stay before its thumbnails are made, when it has come by a leap
_NO_ROWS: Rows = np.empty(0, np.int64)


class ThumbnailLoader(QObject):
    """`pixmap(row)` gives what the cache has and sees to it that the rest comes; `loaded` says when.

    `show_only` names what is in sight: it comes first, from top to bottom, then what comes into sight next;
    what has been scrolled away is not made any more. While whole pages fly by nothing is made: nobody would see it,
    and the workers would take from the scrolling what it needs.
    """

    loaded = Signal(int)  # row

    def __init__(
        self,
        session: Session,
        runner: JobRunner,
        parent: QObject | None = None,
        disk: Callable[[], ThumbnailCache | None] = lambda: None,
    ) -> None:
        """`disk` gives the cache on disk, None where none is wanted; it is asked before each job."""
        super().__init__(parent)
        self._disk = disk
        self._session = session
        self._table = session.table
        self._runner = runner
        self._side = 128
        self._wishes = Wishes()
        self._jobs = 0
        self._cache: OrderedDict[int, tuple[int, QPixmap]] = OrderedDict()
        self._bytes = 0
        self._errors: dict[int, str] = {}
        self._seen = self._sought = _NO_ROWS  # in sight, and what of it and behind it is to be made
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_REST_MS)
        self._rest.timeout.connect(self._seek)
        session.changed.connect(self._follow)

    @property
    def cached_bytes(self) -> int:
        """Memory that the pixmaps take, at most `CACHE_BYTES`."""
        return self._bytes

    @property
    def waiting(self) -> tuple[int, ...]:
        """Rows whose thumbnails no worker has begun yet, the next one first."""
        return self._wishes.waiting

    def set_side(self, side: int) -> None:
        """Thumbnails are wanted at `side` device pixels; others are shown until the new ones come."""
        if side != self._side:
            self._side = side
            self._forget_wishes()

    def cached(self, row: int) -> QPixmap | None:
        """The thumbnail of a row, or None while there is none. Cheap: called by every paint."""
        _, pixmap = self._cache.get(row, (0, None))
        if pixmap is not None:
            self._cache.move_to_end(row)
        return pixmap

    def pixmap(self, row: int) -> QPixmap | None:
        """The same, and it is made soon where there is none of the wanted size."""
        if self._is_missing(row) and self._session.source is not None:
            self._wishes.add(row)
            self._start()
        return self.cached(row)

    def error(self, row: int) -> str:
        """Why a row has no thumbnail; empty while that is not known."""
        return self._errors.get(row, "")

    def show_only(self, visible: Rows, ahead: Rows) -> None:
        """These rows are in sight, and those will be next; wishes for all others are dropped."""
        flies = bool(len(self._seen)) and not np.isin(visible, self._seen).any()
        self._seen, self._sought = visible, np.concatenate([visible, ahead])
        if flies:
            self._wishes.replace([])
            self._rest.start()
        elif not self._rest.isActive():
            self._seek()

    def _seek(self) -> None:
        if self._session.source is not None:
            self._wishes.replace([row for row in self._sought.tolist() if self._is_missing(row)])
            self._start()

    def _is_missing(self, row: int) -> bool:
        return self._cache.get(row, (0, None))[0] != self._side and row not in self._errors

    def _start(self) -> None:
        source, wishes, side = self._session.source, self._wishes, self._side
        while source is not None and self._table is not None and self._jobs < min(_JOBS, wishes.count):
            self._jobs += 1
            self._runner.start(
                "thumbnails",
                partial(_fulfil, wishes, source, lambda: self._table, side, self._disk()),
                "io",
                partial(self._take, wishes),
                self._ended,
            )

    def _take(self, wishes: Wishes, event: object) -> None:
        if wishes is not self._wishes or not isinstance(event, Thumbnail):
            return  # of a project, or in a size, that is no longer shown
        wishes.finish(event.row)
        if event.array is None:
            self._errors[event.row] = event.error
        else:
            self._keep(event.row, event.side, _to_pixmap(event))
        self.loaded.emit(event.row)

    def _ended(self, ended: JobEnded) -> None:
        self._jobs -= 1
        if ended.outcome == "done":  # a wish may have come between a worker's last look and its end
            self._start()

    def _keep(self, row: int, side: int, pixmap: QPixmap) -> None:
        self._drop(row)
        self._bytes += _size(pixmap)
        self._cache[row] = (side, pixmap)
        while self._bytes > CACHE_BYTES and len(self._cache) > 1:
            self._drop(next(iter(self._cache)))

    def _drop(self, row: int) -> None:
        _, pixmap = self._cache.pop(row, (0, None))
        self._bytes -= _size(pixmap) if pixmap is not None else 0

    def _forget_wishes(self) -> None:
        self._wishes.replace([])
        self._wishes = Wishes()
        self._seen = self._sought = _NO_ROWS
        self._rest.stop()

    def _follow(self, change: Change) -> None:
        before, self._table = self._table, self._session.table
        if change.aspect is Aspect.PROJECT:
            self._forget_wishes()
            self._cache.clear()
            self._errors.clear()
            self._bytes = 0
        elif change.aspect is Aspect.TABLE:
            self._errors.clear()
            self._drop_changed(before, self._table)

    def _drop_changed(self, before: LabelTable | None, after: LabelTable | None) -> None:
        """Other files under the same names have lost their checksum, or have another one."""
        if before is None or after is None:
            return
        for row in list(self._cache):
            if row < len(before) and before.sha256[row] and before.sha256[row] != after.sha256[row]:
                self._drop(row)


def _fulfil(
    wishes: Wishes,
    source: ImageSource,
    table: Callable[[], LabelTable | None],
    side: int,
    cache: ThumbnailCache | None,
    ctx: JobContext,
) -> None:
    while (row := wishes.take(ctx)) is not None:
        now = table()  # rows are added while a scan runs, and wished for while this works
        if now is not None and row < len(now):
            ctx.emit(make_thumbnail(source, row, now.refs[row], side, cache))
        else:
            wishes.finish(row)


def _to_pixmap(thumbnail: Thumbnail) -> QPixmap:
    array = thumbnail.array
    assert array is not None
    height, width = array.shape[:2]
    grey = array.ndim == 2
    kind = QImage.Format.Format_Grayscale8 if grey else QImage.Format.Format_RGB888
    image = QImage(array.tobytes(), width, height, width * (1 if grey else 3), kind)
    return QPixmap.fromImage(image)


def _size(pixmap: QPixmap) -> int:
    return pixmap.width() * pixmap.height() * 4
