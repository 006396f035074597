"""The image itself: fits, zooms at the pointer, moves with the left button, changes tone with the right one."""

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from core.images.levels import Levels
from medlabel_gui.preview.pyramid import Pyramid
from medlabel_gui.preview.render import paint_picture
from medlabel_gui.preview.tone import Tone
from medlabel_gui.preview.viewport import Viewport
from medlabel_gui.preview.window_text import window_text
from medlabel_gui.texts.preview import CanvasTexts, PreviewTexts

# Neutral and dark in both themes: nothing around a picture should change how its greys look.
_BACKGROUND = QColor("#17181A")
_INK = QColor("#D5D8DC")
_PATIENCE_MS = 200  # a picture that comes sooner is not announced
_NOTCH = 120.0  # of QWheelEvent.angleDelta
_DRAG_PIXELS = 2.0  # for one step of brightness or contrast
_WIDTH_PIXELS = 6.0  # for one of a window's width, which is larger; the width follows between them too


class ImageCanvas(QWidget):
    """Shows one picture, the name of one that is being read, or why there is none. Keys are not its business."""

    tone_changed = Signal(Tone)
    fits_changed = Signal(bool)  # whether the whole picture is to be seen

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pyramid: Pyramid | None = None
        self._viewport: Viewport | None = None
        self._tone = Tone()
        self._message = CanvasTexts.empty
        self._drag: QPointF | None = None
        self._drag_tone: tuple[QPointF, Tone] | None = None
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(_PATIENCE_MS)
        self._patience.timeout.connect(self.update)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setContextMenuPolicy(
            Qt.ContextMenuPolicy.PreventContextMenu
        )  # the right button changes the tone
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(160, 120)
        self.setAccessibleName(CanvasTexts.empty)
        self.setAccessibleDescription(CanvasTexts.tip)

    # What is shown

    @property
    def pyramid(self) -> Pyramid | None:
        return self._pyramid

    @property
    def viewport(self) -> Viewport | None:
        """What of the picture is seen; None without a picture."""
        return self._viewport

    @property
    def tone(self) -> Tone:
        return self._tone

    @property
    def message(self) -> str:
        """What is said instead of a picture."""
        return "" if self._pyramid is not None else self._message

    def show_picture(self, pyramid: Pyramid, name: str) -> None:
        """Show a picture; one of the last one's size is seen in the same place at the same zoom."""
        self._patience.stop()
        image = (pyramid.width, pyramid.height)
        if self._viewport is None or self._viewport.image != image:
            self._look(Viewport.fit(image, self._pane()))
        else:
            self._look(self._viewport.resized(self._pane()))
        self._pyramid = pyramid
        self.setAccessibleName(CanvasTexts.name.format(name=name))
        self.update()

    def show_waiting(self, name: str) -> None:
        """A picture is being read; it is announced when that takes longer than a blink."""
        self._say(PreviewTexts.reading.format(name=name))
        self._patience.start()

    def show_message(self, text: str) -> None:
        """There is no picture, and this is why."""
        self._patience.stop()
        self._say(text)

    def set_tone(self, tone: Tone) -> None:
        """See the picture with this brightness and contrast."""
        if tone != self._tone:
            self._tone = tone
            self.update()
            self.tone_changed.emit(tone)

    # Zoom

    def toggle_zoom(self, at: tuple[float, float] | None = None) -> None:
        """From fit to original pixels and back; `at` is a point in device pixels, the middle without it."""
        view = self._viewport
        if view is None:
            return
        middle = (view.pane[0] / 2, view.pane[1] / 2)
        goal = 1.0 if view.fits else view.fitting_scale
        self._look(view.scaled_to(goal, at or middle))

    def zoom(self, notches: float, at: tuple[float, float] | None = None) -> None:
        """Larger or smaller by notches of the wheel."""
        view = self._viewport
        if view is not None:
            self._look(view.zoomed(notches, at or (view.pane[0] / 2, view.pane[1] / 2)))

    # Inside

    def _own_window(self) -> Levels | None:
        return self._pyramid.stored if self._pyramid is not None else None

    def _say(self, text: str) -> None:
        self._pyramid, self._message = None, text
        self.setAccessibleName(text)
        self.update()

    def _look(self, viewport: Viewport) -> None:
        before, self._viewport = self._viewport, viewport
        self.update()
        if before is None or before.fits != viewport.fits:
            self.fits_changed.emit(viewport.fits)

    def _pane(self) -> tuple[int, int]:
        ratio = self.devicePixelRatioF()
        return max(round(self.width() * ratio), 1), max(round(self.height() * ratio), 1)

    def _device(self, point: QPointF) -> tuple[float, float]:
        ratio = self.devicePixelRatioF()
        return point.x() * ratio, point.y() * ratio

    def _paint_message(self, painter: QPainter) -> None:
        if self._patience.isActive():
            return
        painter.setPen(_INK)
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWrapAnywhere
        painter.drawText(self.rect().adjusted(24, 24, -24, -24), int(flags), self._message)

    def _paint_badges(self, painter: QPainter, view: Viewport) -> None:
        self._badge(painter, scale_text(view), Qt.AlignmentFlag.AlignBottom)
        if not self._tone.neutral:
            self._badge(painter, tone_text(self._tone, self._own_window()), Qt.AlignmentFlag.AlignTop)

    def _badge(self, painter: QPainter, text: str, edge: Qt.AlignmentFlag) -> None:
        room = self.rect().adjusted(8, 8, -8, -8)
        metrics = painter.fontMetrics()
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room.width() - 16)
        box = QRect(0, 0, metrics.horizontalAdvance(shown) + 16, metrics.height() + 6)
        box.moveTopLeft(room.topLeft())
        if edge == Qt.AlignmentFlag.AlignBottom:
            box.moveBottom(room.bottom())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(0, 0, 0, 165))
        painter.drawRoundedRect(QRectF(box), 5, 5)
        painter.setPen(_INK)
        painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), shown)

    # Qt

    def sizeHint(self) -> QSize:
        return QSize(640, 480)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        try:
            painter.fillRect(self.rect(), _BACKGROUND)
            view = self._viewport
            if self._pyramid is None or view is None:
                self._paint_message(painter)
                return
            painter.save()
            painter.scale(1 / self.devicePixelRatioF(), 1 / self.devicePixelRatioF())
            paint_picture(painter, self._pyramid, view, self._tone)
            painter.restore()
            self._paint_badges(painter, view)
        finally:
            painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        if self._viewport is not None:
            self._viewport = self._viewport.resized(self._pane())
        super().resizeEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        self.zoom(event.angleDelta().y() / _NOTCH, self._device(event.position()))
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._drag = event.position()
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        elif event.button() == Qt.MouseButton.RightButton:
            self._drag_tone = (event.position(), self._tone)
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._drag is not None and self._viewport is not None:
            dx, dy = self._device(event.position() - self._drag)
            self._drag = event.position()
            self._look(self._viewport.moved(dx, dy))
        elif self._drag_tone is not None:
            start, tone = self._drag_tone
            way = event.position() - start
            if self._own_window():  # to the right is wider, as in a viewer of a radiologist: less contrast
                self.set_tone(tone.moved(-way.y() / _DRAG_PIXELS, -way.x() / _WIDTH_PIXELS))
            else:
                self.set_tone(tone.moved(round(-way.y() / _DRAG_PIXELS), round(way.x() / _DRAG_PIXELS)))
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._drag = self._drag_tone = None
        self.unsetCursor()
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.toggle_zoom(self._device(event.position()))
        event.accept()


def scale_text(view: Viewport) -> str:
    """How large one pixel of the picture is."""
    if view.fits:
        return CanvasTexts.fitted.format(percent=_number(100 * view.scale))
    if view.scale == 1:
        return CanvasTexts.original
    return CanvasTexts.scaled.format(percent=_number(100 * view.scale))


def tone_text(tone: Tone, stored: Levels | None = None) -> str:
    """In what the picture is shown otherwise than it is; `stored` where a window is what changes."""
    changes = []
    if stored is not None and tone.moves_window:
        changes.append(window_text(tone.window(stored.window, stored.inverted)))
    elif tone.brightness:
        changes.append(CanvasTexts.brightness.format(value=f"{tone.brightness:+.0f}"))
    if tone.contrast and stored is None:
        changes.append(CanvasTexts.contrast.format(value=f"{tone.contrast:+.0f}"))
    if tone.inverted:
        changes.append(CanvasTexts.inverted)
    return CanvasTexts.changed.format(changes=", ".join(changes))


def _number(percent: float) -> str:
    return f"{percent:.0f}" if percent >= 10 else f"{percent:.1f}"
