"""A label of a few lines at most; what does not fit is told by an ellipsis until the whole is asked for."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QResizeEvent, QTextLayout, QTextOption
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from medlabel_gui.plain import plain_tip

_LEAST_WIDTH = 160  # px


class ShortLabel(QLabel):
    """Plain text in at most `lines` lines of the label's width, broken within a word where it is a long path.

    `shortened` tells whether some is missing.
    """

    shortened = Signal(bool)

    def __init__(self, lines: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines = lines
        self._whole = ""
        self._unfolded = False
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)

    def set_text(self, text: str) -> None:
        """Show another text, shortened if need be."""
        self._whole, self._unfolded = text, False
        self.setAccessibleName(text)
        self._fit()

    def show_whole(self) -> None:
        """Give up the limit for this text."""
        self._unfolded = True
        self._fit()

    def _fit(self) -> None:
        lines, all_shown = wrap(
            self._whole, self.font(), self.width(), None if self._unfolded else self._lines
        )
        shown = "\n".join(lines)
        if shown != self.text():
            self.setText(shown)
        self.setToolTip("" if all_shown else plain_tip(self._whole))
        self.shortened.emit(not all_shown)

    def minimumSizeHint(self) -> QSize:  # noqa: N802  Qt's name
        return QSize(_LEAST_WIDTH, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()


def wrap(text: str, font: QFont, width: int, most: int | None = None) -> tuple[list[str], bool]:
    """The lines of `text` at `width` px, at most `most` of them with an ellipsis; and whether these are all."""
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    lines: list[str] = []
    for paragraph in text.split("\n"):
        layout = QTextLayout(paragraph, font)
        layout.setTextOption(option)
        layout.beginLayout()
        while (line := layout.createLine()).isValid():
            line.setLineWidth(max(width, _LEAST_WIDTH))
            start = line.textStart()
            if most is not None and len(lines) == most:
                return [*lines[:-1], _elided(lines[-1], font, width)], False
            lines.append(paragraph[start : start + line.textLength()].rstrip())
        layout.endLayout()
    return lines, True


def _elided(line: str, font: QFont, width: int) -> str:
    metrics = QFontMetrics(font)
    while line and metrics.horizontalAdvance(f"{line}…") > max(width, _LEAST_WIDTH):
        line = line[:-1]
    return f"{line.rstrip()}…"
