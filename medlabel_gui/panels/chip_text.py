"""Rich text with chips of classes in it, sharp on every screen and in the colours of the theme."""

from PySide6.QtCore import QEvent, QSize, QUrl
from PySide6.QtGui import QAbstractTextDocumentLayout, QPainter, QPaintEvent, QPalette, QTextDocument
from PySide6.QtWidgets import QSizePolicy, QWidget

from core.project.class_edits import Classes, key_of
from medlabel_gui.class_colours import shape_of
from medlabel_gui.grid.chips import CHIP_SIDE, chip_pixmap

SEPARATOR = " &nbsp;&nbsp; "  # between parts that are never torn apart
_LEAST_WIDTH = 120  # px
_OBJECT = "\N{OBJECT REPLACEMENT CHARACTER}"  # what a chip is in plain text


class ChipText(QWidget):
    """Text that wraps, with the chips of `chip_mark`. QLabel would draw them for a screen without high density.

    It wraps between parts: Qt would break a line between a chip and its name, whatever space is between them.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = ""
        self._classes: Classes = ()
        self._lines: list[list[tuple[str, float]]] = []  # of each line its parts with their widths, px
        self._laid_out_for = -1
        self._document = QTextDocument(self)
        self._document.setDocumentMargin(0)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.show_text("", ())

    @property
    def text(self) -> str:
        """The rich text as it was given."""
        return self._text

    def show_text(self, text: str, classes: Classes) -> None:
        """Show rich text whose chips are those of `classes`."""
        self._text, self._classes = text, classes
        self._document.setDefaultFont(self.font())
        self._draw_chips()
        self._lines = [
            [(part, self._width_of(part)) for part in line.split(SEPARATOR)] for line in text.split("<br>")
        ]
        self._document.setHtml(text)
        self._laid_out_for = -1
        self.setAccessibleName(" ".join(self._document.toPlainText().replace(_OBJECT, " ").split()))
        self.updateGeometry()
        self.update()

    def _width_of(self, part: str) -> float:
        self._document.setTextWidth(-1)
        self._document.setHtml(part)
        return self._document.idealWidth()

    def _lay_out(self, width: int) -> None:
        """Fill lines with whole parts; one that is wider than a line wraps inside."""
        if width == self._laid_out_for:
            return
        between = self._width_of(SEPARATOR.replace(" ", "&nbsp;"))
        lines: list[str] = []
        for parts in self._lines:
            room = 0.0
            for part, wide in parts:
                if room and between + wide <= room:
                    lines[-1] += SEPARATOR + part
                    room -= between + wide
                else:
                    lines.append(part)
                    room = max(width - wide, 0.0)
        self._document.setHtml("<br>".join(lines))
        self._document.setTextWidth(width)
        self._laid_out_for = width

    def _draw_chips(self) -> None:
        kind = QTextDocument.ResourceType.ImageResource
        for position, image_class in enumerate(self._classes):
            key = key_of(self._classes, position)
            chip = chip_pixmap(shape_of(image_class), image_class.colour, key, ratio=self.devicePixelRatioF())
            self._document.addResource(kind.value, QUrl(_name(position)), chip)

    # Qt

    def hasHeightForWidth(self) -> bool:  # noqa: N802  Qt's name
        return True

    def heightForWidth(self, width: int) -> int:  # noqa: N802  Qt's name
        self._lay_out(width)
        return round(self._document.size().height() + 0.5)

    def sizeHint(self) -> QSize:
        height = self.heightForWidth(max(self.width(), _LEAST_WIDTH))
        return QSize(round(self._document.idealWidth()), height)

    def minimumSizeHint(self) -> QSize:  # noqa: N802  Qt's name
        return QSize(_LEAST_WIDTH, self.fontMetrics().height())

    def event(self, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.DevicePixelRatioChange):
            self.show_text(self._text, self._classes)
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        self._lay_out(self.width())
        context = QAbstractTextDocumentLayout.PaintContext()
        palette = QPalette(self.palette())
        palette.setColor(QPalette.ColorRole.Text, palette.color(self.foregroundRole()))
        context.palette = palette
        painter = QPainter(self)
        painter.setClipRect(event.rect())
        self._document.documentLayout().draw(painter, context)
        painter.end()


def chip_mark(position: int) -> str:
    """The chip of the class at `position`, for the rich text of a `ChipText`."""
    size = f'width="{CHIP_SIDE}" height="{CHIP_SIDE}"'
    return f'<img src="{_name(position)}" {size} style="vertical-align: bottom">'


def _name(position: int) -> str:
    return f"chip:{position}"
