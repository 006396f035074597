"""Thumbnails for what is visible: made in worker threads, kept in a bounded cache."""

import threading
from collections import OrderedDict, deque

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage, QPixmap

from core.images.source import ImageSource
from core.jobs import JobContext, JobEnded
from core.project.table import LabelTable
from medlabel_gui.grid.thumbnails import Thumbnail, make_thumbnail
from medlabel_gui.jobs import JobRunner
from medlabel_gui.session import Aspect, Change, Session

CACHE_BYTES = 160_000_000
_WAITING = 400  # older wishes are forgotten: they have been scrolled away
_JOBS = 2


class _Wishes:
    """Rows that wait for a thumbnail, the latest wish first. Shared with the worker threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rows: deque[int] = deque()

    def add(self, row: int) -> list[int]:
        """Ask for a row; rows that are dropped for it come back."""
        with self._lock:
            self._rows.append(row)
            return [self._rows.popleft()] if len(self._rows) > _WAITING else []

    def take(self) -> int | None:
        with self._lock:
            return self._rows.pop() if self._rows else None

    def clear(self) -> None:
        with self._lock:
            self._rows.clear()


class ThumbnailLoader(QObject):
    """`pixmap(row)` gives what the cache has and sees to it that the rest comes; `loaded` says when."""

    loaded = Signal(int)  # row

    def __init__(self, session: Session, runner: JobRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._runner = runner
        self._side = 128
        self._wishes = _Wishes()
        self._asked: set[int] = set()
        self._jobs = 0
        self._cache: OrderedDict[int, tuple[int, QPixmap]] = OrderedDict()
        self._bytes = 0
        self._errors: dict[int, str] = {}
        session.changed.connect(self._follow)

    @property
    def cached_bytes(self) -> int:
        """Memory that the pixmaps take, at most `CACHE_BYTES`."""
        return self._bytes

    def set_side(self, side: int) -> None:
        """Thumbnails are wanted at `side` device pixels; others are shown until the new ones come."""
        if side != self._side:
            self._side = side
            self._forget_wishes()

    def pixmap(self, row: int) -> QPixmap | None:
        """The thumbnail of a row, or None while it is being made. Cheap: called by every paint."""
        side, pixmap = self._cache.get(row, (0, None))
        if pixmap is not None:
            self._cache.move_to_end(row)
        if side != self._side and row not in self._errors:
            self._ask(row)
        return pixmap

    def error(self, row: int) -> str:
        """Why a row has no thumbnail; empty while that is not known."""
        return self._errors.get(row, "")

    def _ask(self, row: int) -> None:
        if row in self._asked or self._session.source is None:
            return
        self._asked.add(row)
        self._asked.difference_update(self._wishes.add(row))
        if self._jobs < _JOBS:
            self._start()

    def _start(self) -> None:
        source, table, wishes, side = self._session.source, self._session.table, self._wishes, self._side
        if source is None or table is None:
            return
        self._jobs += 1
        self._runner.start(
            "thumbnails",
            lambda ctx: _fulfil(wishes, source, table, side, ctx),
            "io",
            lambda event: self._take(wishes, event),
            self._ended,
        )

    def _take(self, wishes: _Wishes, event: object) -> None:
        if wishes is not self._wishes or not isinstance(event, Thumbnail):
            return  # of a project, or in a size, that is no longer shown
        self._asked.discard(event.row)
        if event.array is None:
            self._errors[event.row] = event.error
        else:
            self._keep(event.row, event.side, _to_pixmap(event))
        self.loaded.emit(event.row)

    def _ended(self, ended: JobEnded) -> None:
        self._jobs -= 1
        if self._asked and ended.outcome == "done":
            self._start_left()

    def _start_left(self) -> None:
        """A wish that came between a worker's last look and its end."""
        left = self._wishes.take()
        if left is not None:
            self._wishes.add(left)
            self._start()

    def _keep(self, row: int, side: int, pixmap: QPixmap) -> None:
        _, old = self._cache.pop(row, (0, None))
        self._bytes += _size(pixmap) - (_size(old) if old is not None else 0)
        self._cache[row] = (side, pixmap)
        while self._bytes > CACHE_BYTES and len(self._cache) > 1:
            _, (_, dropped) = self._cache.popitem(last=False)
            self._bytes -= _size(dropped)

    def _forget_wishes(self) -> None:
        self._wishes.clear()
        self._wishes = _Wishes()
        self._asked.clear()

    def _follow(self, change: Change) -> None:
        if change.aspect is Aspect.PROJECT:
            self._forget_wishes()
            self._cache.clear()
            self._errors.clear()
            self._bytes = 0
        elif change.aspect is Aspect.TABLE:
            self._errors.clear()


def _fulfil(wishes: _Wishes, source: ImageSource, table: LabelTable, side: int, ctx: JobContext) -> None:
    while (row := wishes.take()) is not None:
        ctx.check()
        if row < len(table):
            ctx.emit(make_thumbnail(source, row, table.refs[row], side))


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
