"""Draws the probabilities of the classes: a bar a stage, told apart by hatch as well as by place."""

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from medlabel_gui.class_colours import look_of
from medlabel_gui.grid.chips import CHIP_SIDE, draw_chip
from medlabel_gui.grid.tiles import percent
from medlabel_gui.preview.probabilities import ClassLine
from medlabel_gui.texts.preview import ProbabilityTexts
from medlabel_gui.theme import colours, quiet_colour

_NAME_HEIGHT, _BAR_HEIGHT, _BAR_GAP, _AFTER = 20, 9, 5, 9
_LEGEND_LINE = 18
_SHARE_WIDTH = 46
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)


class ProbabilityBars(QWidget):
    """One line a class. Of two stages the first is hatched, the second filled; a single one is filled."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setToolTip(ProbabilityTexts.tip)
        self.setAccessibleName(ProbabilityTexts.title)
        self._stages: tuple[str, ...] = ()
        self._lines: tuple[ClassLine, ...] = ()

    @property
    def lines(self) -> tuple[ClassLine, ...]:
        """What is drawn."""
        return self._lines

    def show_lines(self, stages: tuple[str, ...], lines: tuple[ClassLine, ...]) -> None:
        """Draw these classes in this order."""
        self._stages, self._lines = stages, lines
        self.setAccessibleDescription("\n".join(spoken(stages, line) for line in lines))
        self.setFixedHeight(self.sizeHint().height())
        self.update()

    @property
    def _line_height(self) -> int:
        return _NAME_HEIGHT + len(self._stages) * (_BAR_HEIGHT + _BAR_GAP) + _AFTER

    @property
    def _legend_height(self) -> int:
        return _LEGEND_LINE * len(self._stages) + 6 if len(self._stages) > 1 else 0

    def _draw_legend(self, painter: QPainter) -> None:
        painter.setPen(quiet_colour())
        for number, stage in enumerate(self._stages):
            row = QRect(0, _LEGEND_LINE * number, self.width(), _LEGEND_LINE)
            swatch = QRect(0, row.center().y() - 4, 22, _BAR_HEIGHT)
            self._draw_bar(painter, swatch, quiet_colour(), number)
            painter.setPen(quiet_colour())
            painter.drawText(row.adjusted(30, 0, 0, 0), _LEFT, stage)

    def _draw_line(self, painter: QPainter, line: ClassLine, top: int) -> None:
        chip = QRect(0, top, CHIP_SIDE, CHIP_SIDE)
        colour, shape = look_of(line.image_class)
        draw_chip(painter, QRectF(chip), shape, colour, line.key)
        row = QRect(chip.right() + 7, top, self.width() - chip.right() - 7, _NAME_HEIGHT - 2)
        tags = [text for text, there in _tags(line) if there]
        used = self._draw_tags(painter, row, tags)
        font = QFont(self.font())
        font.setBold(line.delivered)
        painter.setFont(font)
        painter.setPen(self.palette().color(self.foregroundRole()))
        metrics = painter.fontMetrics()
        room = row.width() - used
        painter.drawText(
            row, _LEFT, metrics.elidedText(line.image_class.name, Qt.TextElideMode.ElideRight, room)
        )
        painter.setFont(self.font())
        for number, value in enumerate(line.values):
            y = top + _NAME_HEIGHT + number * (_BAR_HEIGHT + _BAR_GAP)
            self._draw_value(painter, line, number, value, y)

    def _draw_tags(self, painter: QPainter, row: QRect, tags: list[str]) -> int:
        """Small framed words at the right end; how wide they are together."""
        small = QFont(self.font())
        small.setPointSizeF(small.pointSizeF() * 0.82)
        painter.setFont(small)
        used = 0
        for tag in reversed(tags):
            width = painter.fontMetrics().horizontalAdvance(tag) + 10
            box = QRect(row.right() - used - width, row.top() + 1, width, row.height() - 2)
            painter.setPen(QPen(QColor(colours().accent), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(box, 4, 4)
            painter.setPen(self.palette().color(self.foregroundRole()))
            painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), tag)
            used += width + 4
        return used + 4

    def _draw_value(
        self, painter: QPainter, line: ClassLine, number: int, value: float | None, top: int
    ) -> None:
        track = QRect(0, top, self.width() - _SHARE_WIDTH, _BAR_HEIGHT)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours().line))
        painter.drawRoundedRect(track, 2, 2)
        if value is not None and value > 0:
            bar = QRect(track.left(), track.top(), max(round(track.width() * value), 2), track.height())
            self._draw_bar(painter, bar, look_of(line.image_class)[0], number)
        share = QRect(track.right() + 4, top - 4, _SHARE_WIDTH - 4, _BAR_HEIGHT + 8)
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(share, _RIGHT, _share(value))

    def _draw_bar(self, painter: QPainter, bar: QRect, colour: QColor, number: int) -> None:
        hatched = len(self._stages) > 1 and number == 0
        if hatched:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self.palette().color(self.backgroundRole()))
            painter.drawRoundedRect(bar, 2, 2)
        painter.setBrush(QBrush(colour, Qt.BrushStyle.BDiagPattern) if hatched else QBrush(colour))
        painter.setPen(QPen(colour, 1) if hatched else Qt.PenStyle.NoPen)
        painter.drawRoundedRect(bar.adjusted(0, 0, -1, -1) if hatched else bar, 2, 2)

    # Qt

    def sizeHint(self) -> QSize:
        return QSize(240, self._legend_height + len(self._lines) * self._line_height)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._legend_height:
            self._draw_legend(painter)
        for number, line in enumerate(self._lines):
            top = self._legend_height + number * self._line_height
            if top + self._line_height > event.rect().top() and top < event.rect().bottom():
                self._draw_line(painter, line, top)
        painter.end()


def spoken(stages: tuple[str, ...], line: ClassLine) -> str:
    """A line for those who do not see the bars."""
    values = ", ".join(
        ProbabilityTexts.value.format(stage=stage, percent=_share(value))
        for stage, value in zip(stages, line.values, strict=True)
    )
    tags = "".join(f" ({text})" for text, there in _tags(line) if there)
    return ProbabilityTexts.line.format(name=line.image_class.name + tags, values=values)


def _tags(line: ClassLine) -> tuple[tuple[str, bool], ...]:
    return (ProbabilityTexts.delivered, line.delivered), (ProbabilityTexts.known, line.known)


def _share(value: float | None) -> str:
    return ProbabilityTexts.nothing if value is None else percent(value)
