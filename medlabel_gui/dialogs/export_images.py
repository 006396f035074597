"""The part of the export dialog that chooses size, shape and colour of the images in an NPZ."""

from typing import ClassVar

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QComboBox, QFormLayout, QGroupBox, QHBoxLayout, QSpinBox, QWidget

from medlabel_gui.dialogs.export_choices import MAX_SIDE
from medlabel_gui.texts.export import ImageTexts
from medlabel_gui.theme import colours

_SIDES = (28, 64, 128, 224)
_OTHER = -1
_FITS = ("pad", "crop", "stretch")
_COLOURS: tuple[bool | None, ...] = (None, True, False)


class ImageBox(QGroupBox):
    """Size, the way to it, and channels."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(ImageTexts.title, parent)
        self.size_choice, self.fit_choice, self.colour = QComboBox(), QComboBox(), QComboBox()
        self.size_choice.setToolTip(ImageTexts.size_tip)
        self.size_choice.addItem(ImageTexts.own, 0)
        for side in _SIDES:
            self.size_choice.addItem(ImageTexts.pixels.format(side=side), side)
        self.size_choice.addItem(ImageTexts.other, _OTHER)
        self.side = QSpinBox()
        self.side.setRange(1, MAX_SIDE)
        self.side.setValue(256)
        self.side.setSuffix(ImageTexts.px)
        self.side.setToolTip(ImageTexts.side_tip)
        self.side.setAccessibleName(ImageTexts.side_tip)
        self.fit_choice.setToolTip(ImageTexts.fit_tip)
        for fit in _FITS:
            self.fit_choice.addItem(str(getattr(ImageTexts, fit)), fit)
        self.colour.setToolTip(ImageTexts.colour_tip)
        for text in (ImageTexts.automatic, ImageTexts.grey, ImageTexts.rgb):
            self.colour.addItem(text)
        self.picture = FitPicture()
        self._arrange()
        self.size_choice.currentIndexChanged.connect(lambda _: self._follow())
        self.side.valueChanged.connect(lambda _: self._follow())
        self.fit_choice.currentIndexChanged.connect(lambda _: self._follow())
        self.colour.currentIndexChanged.connect(lambda _: self._follow())
        self._show_parts()

    def show_choice(self, size: int, fit: str, grey: bool | None) -> None:
        known = size == 0 or size in _SIDES
        self.blockSignals(True)
        if not known:
            self.side.setValue(size)
        self.size_choice.setCurrentIndex(self.size_choice.findData(size if known else _OTHER))
        self.fit_choice.setCurrentIndex(_FITS.index(fit))
        self.colour.setCurrentIndex(_COLOURS.index(grey))
        self.blockSignals(False)

    @property
    def chosen_size(self) -> int:
        """Side in px, 0 for the images' own."""
        size = int(self.size_choice.currentData())
        return self.side.value() if size == _OTHER else size

    @property
    def fit(self) -> str:
        return str(self.fit_choice.currentData())

    @property
    def grey(self) -> bool | None:
        return _COLOURS[self.colour.currentIndex()]

    def _arrange(self) -> None:
        form = QFormLayout(self)
        sizes = QHBoxLayout()
        sizes.addWidget(self.size_choice, 1)
        sizes.addWidget(self.side)
        form.addRow(ImageTexts.size, sizes)
        form.labelForField(sizes).setBuddy(self.size_choice)  # type: ignore[attr-defined]
        form.addRow(ImageTexts.fit, self.fit_choice)
        form.addRow("", self.picture)
        form.addRow(ImageTexts.colour, self.colour)
        for widget, name in (
            (self.size_choice, ImageTexts.size),
            (self.fit_choice, ImageTexts.fit),
            (self.colour, ImageTexts.colour),
        ):
            widget.setAccessibleName(name)

    def _follow(self) -> None:
        self._show_parts()
        self.changed.emit()

    def _show_parts(self) -> None:
        self.side.setVisible(self.size_choice.currentData() == _OTHER)
        self.picture.show_fit(self.fit)


class FitPicture(QWidget):
    """A wide picture, an arrow, and the square that it becomes."""

    _SIZE: ClassVar = QSize(190, 46)
    _WIDE: ClassVar = QRectF(3, 3, 64, 40)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._fit = "pad"
        self.setFixedSize(self._SIZE)

    def show_fit(self, fit: str) -> None:
        self._fit = fit
        self.setAccessibleName(str(getattr(ImageTexts, fit)))
        self.update()

    # Qt

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink = QColor(colours().quiet)
        square = QRectF(118, 3, 40, 40)
        _draw_picture(painter, self._WIDE, self._WIDE)
        painter.setPen(QPen(ink, 1.6))
        painter.drawLine(QPointF(80, 23), QPointF(104, 23))
        painter.drawPolyline([QPointF(98, 18), QPointF(104, 23), QPointF(98, 28)])
        painter.fillRect(square, Qt.GlobalColor.black)
        inside = {
            "pad": QRectF(118, 10.5, 40, 25),
            "crop": QRectF(106, 3, 64, 40),
            "stretch": square,
        }[self._fit]
        _draw_picture(painter, inside, inside.intersected(square))
        painter.setPen(QPen(ink, 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(square)
        painter.end()


def _draw_picture(painter: QPainter, place: QRectF, shown: QRectF) -> None:
    """Two discs on grey in `place`, of which only `shown` is seen."""
    painter.save()
    painter.setClipRect(shown)
    painter.fillRect(place, QColor("#8A9199"))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor("#E8EAED"))
    height, width = place.height(), place.width()
    for x in (0.3, 0.7):
        centre = QPointF(place.left() + x * width, place.center().y())
        painter.drawEllipse(centre, width * 0.15, height * 0.32)
    painter.restore()
