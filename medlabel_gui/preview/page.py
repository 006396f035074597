"""The large preview: one image, its caption and its side, which follow the session."""

from collections.abc import Sequence
from pathlib import PurePosixPath

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from medlabel_gui.jobs import JobRunner
from medlabel_gui.keys import Keys
from medlabel_gui.preview.canvas import ImageCanvas
from medlabel_gui.preview.caption import Caption
from medlabel_gui.preview.loader import PictureLoader
from medlabel_gui.preview.reading import Picture
from medlabel_gui.preview.side import PreviewSide
from medlabel_gui.session import Aspect, Change, Session
from medlabel_gui.texts.preview import PreviewTexts

_Key = Qt.Key
_STEPS = {
    _Key.Key_Right: 1,
    _Key.Key_Down: 1,
    _Key.Key_Left: -1,
    _Key.Key_Up: -1,
    _Key.Key_PageDown: 10,
    _Key.Key_PageUp: -10,
}
_ZOOM = {_Key.Key_Plus: 1.0, _Key.Key_Equal: 1.0, _Key.Key_Minus: -1.0}


class PreviewPage(QWidget):
    """Shows the row it is told to. It changes nothing: it says where to go, and what note was written.

    Files are read only while it is seen.
    """

    move_wanted = Signal(int)  # so many images on, or back
    back_wanted = Signal()
    note_edited = Signal(int, str)  # row, text

    def __init__(self, session: Session, runner: JobRunner, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._row, self._position, self._count = -1, 0, 0
        self._picture: Picture | None = None
        self.loader = PictureLoader(session, runner, self)
        self.canvas, self.caption, self.side = ImageCanvas(), Caption(), PreviewSide()
        self._place_parts()
        self.setFocusProxy(self.canvas)
        self.canvas.tone_changed.connect(self.side.tone.show_tone)
        self.side.tone.changed.connect(self.canvas.set_tone)
        self.canvas.fits_changed.connect(self.side.tone.show_fits)
        self.side.tone.zoom_wanted.connect(lambda: self.canvas.toggle_zoom())
        self.side.note.edited.connect(self.note_edited)
        self.side.note.closed.connect(self.canvas.setFocus)
        self.loader.loaded.connect(self._loaded)
        session.changed.connect(self._follow)

    @property
    def row(self) -> int:
        """The row that is shown; -1 for none."""
        return self._row

    def show_row(self, row: int, position: int, count: int) -> None:
        """Show an image, which stands at `position` (from 0) among `count` images."""
        table = self._session.table
        if table is None or not 0 <= row < len(table):
            self._clear()
            return
        self.setEnabled(True)
        if row != self._row:
            self._picture = None
            self.side.set_reason("")
        self._row, self._position, self._count = row, position, count
        if self.isVisible():
            self.loader.show(row)
        self._show_picture()
        self._refresh()

    def set_neighbours(self, rows: Sequence[int]) -> None:
        """Rows that will probably be shown next, the likeliest first; they are read ahead."""
        if self.isVisible():
            self.loader.prefetch(rows)

    def set_reason(self, text: str) -> None:
        """Say why this image is shown; the next row begins without a reason."""
        self.side.set_reason(text)

    def set_keys(self, keys: Keys) -> None:
        """Name other keys from now on: those of the actions by id, where they are not those of the table."""
        self.caption.set_keys(keys)

    def edit_note(self) -> None:
        """Let the note of the shown image be changed in its place."""
        self.side.ensureWidgetVisible(self.side.note)
        self.side.note.start()

    def commit_note(self) -> None:
        """Keep a note that is being typed, before the project is closed."""
        self.side.note.commit()

    # Inside

    def _place_parts(self) -> None:
        left = QVBoxLayout()
        left.setSpacing(0)
        left.addWidget(self.canvas, 1)
        left.addWidget(self.caption)
        line = QFrame()
        line.setFrameShape(QFrame.Shape.VLine)
        line.setFrameShadow(QFrame.Shadow.Plain)
        line.setForegroundRole(self.palette().ColorRole.Mid)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(left, 1)
        layout.addWidget(line)
        layout.addWidget(self.side)

    def _clear(self) -> None:
        self.side.note.show_note(-1, "")
        self._row, self._picture = -1, None
        self.loader.stop()
        self.canvas.show_message("")
        self.setEnabled(False)

    def _loaded(self, row: int) -> None:
        if row == self._row:
            self._show_picture()
            self._refresh()

    def _show_picture(self) -> None:
        """What has been read of the row; while a new version of it is read, the old one stays."""
        found = self.loader.picture(self._row)
        if found is None and self._picture is not None:
            return
        self._picture = found
        name = self._name()
        if found is None:
            if self._session.source is None:
                self.canvas.show_message(PreviewTexts.no_source)
            else:
                self.canvas.show_waiting(name)
        elif found.pyramid is None:
            self.canvas.show_message(PreviewTexts.unreadable.format(why=found.error))
        elif found.pyramid is not self.canvas.pyramid:
            self.canvas.show_picture(found.pyramid, name)
        pyramid = found.pyramid if found is not None else None
        self.side.tone.show_stored(pyramid.stored if pyramid is not None else None)
        # Nothing there that could be seen brighter; while it is being read, it may come.
        gone = self._session.source is None if found is None else pyramid is None
        self.side.tone.setEnabled(not gone)

    def _name(self) -> str:
        table = self._session.table
        return PurePosixPath(table.refs[self._row].legible).name if table is not None else ""

    def _refresh(self) -> None:
        """Bring caption and side up to date with the table."""
        table = self._session.table
        if table is None or not 0 <= self._row < len(table):
            return
        self.caption.show_row(table, self._row, self._position, self._count)
        self.side.show_row(self._session, self._row, self._picture)

    def _follow(self, change: Change) -> None:
        if change.aspect is Aspect.PROJECT:
            self.side.note.give_up()  # it was about an image of another project
            self._clear()
        elif self._row < 0 or not self.isVisible() or change.aspect is Aspect.HISTORY:
            return
        elif change.aspect is Aspect.TABLE:
            self._show_picture()
            self._refresh()
        elif change.rows is None or bool(np.any(change.rows == self._row)):
            self._refresh()

    # Qt

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = _Key(event.key())
        modifiers = event.modifiers() & ~(
            Qt.KeyboardModifier.KeypadModifier | Qt.KeyboardModifier.ShiftModifier
        )
        if modifiers != Qt.KeyboardModifier.NoModifier:
            super().keyPressEvent(event)
        elif key in _STEPS:
            self.move_wanted.emit(_STEPS[key])
        elif key == _Key.Key_Home:
            self.move_wanted.emit(-self._position)
        elif key == _Key.Key_End:
            self.move_wanted.emit(max(self._count - 1 - self._position, 0))
        elif key in (_Key.Key_Space, _Key.Key_Escape) and not event.isAutoRepeat():
            self.back_wanted.emit()
        elif key == _Key.Key_Z:
            self.canvas.toggle_zoom()
        elif key in _ZOOM:
            self.canvas.zoom(_ZOOM[key])
        else:
            super().keyPressEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._row >= 0:
            self.show_row(self._row, self._position, self._count)

    def hideEvent(self, event: QHideEvent) -> None:
        self.commit_note()
        self.loader.stop()  # nobody waits for it now
        super().hideEvent(event)
