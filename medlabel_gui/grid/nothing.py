"""What stands in the grid where no image fits the filters: what that means, and the way back to all images."""

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from core.project.queries import Query
from core.project.sorting import Sort
from medlabel_gui.icons import set_icon
from medlabel_gui.texts.grid import FilterTexts, GridTexts

_WIDEST = 420  # px, of the sentence


class NothingHere(QWidget):
    """A sentence and a button in the middle of its parent."""

    clear_wanted = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._around = parent
        self.label = QLabel()
        self.label.setProperty("role", "quiet")
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.label.setWordWrap(True)
        self.label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.button = QPushButton(FilterTexts.clear)
        self.button.setToolTip(FilterTexts.clear_tip)
        self.button.clicked.connect(self.clear_wanted)
        set_icon(self.button, "filter-x")
        self._column = QVBoxLayout(self)
        self._column.setSpacing(12)
        self._column.addWidget(self.label)
        self._column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignHCenter)
        parent.installEventFilter(self)
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self.hide()

    def tell(self, text: str) -> None:
        """Say why there is no image; an empty text where there are some."""
        self.label.setText(text)
        self.setVisible(bool(text))
        self._centre()

    def _centre(self) -> None:
        outer = self._around.rect()
        width = min(outer.width() - 24, _WIDEST)
        height = self._column.heightForWidth(width)
        self.setGeometry((outer.width() - width) // 2, (outer.height() - height) // 2, width, height)

    # Qt

    def eventFilter(self, watched: object, event: QEvent) -> bool:  # noqa: N802  Qt's name
        if event.type() == QEvent.Type.Resize and not self.isHidden():
            self._centre()
        return False


def nothing_text(query: Query, names: Sequence[str]) -> str:
    """Why a query finds nothing; `names` are those of the classes by position."""
    if query == Query(sort=Sort.REVIEW, descending=query.descending, by_class=query.by_class):
        return GridTexts.nothing_waits
    classes = query.classes or frozenset()
    if not classes or replace(query, classes=None) != query.without_filters:
        return GridTexts.nothing
    known = [names[position] for position in sorted(classes) if 0 <= position < len(names)]
    if not known:
        return GridTexts.all_labelled
    return (GridTexts.nothing_left if len(known) == 1 else GridTexts.nothing_left_of).format(
        name=known[0], names=", ".join(known)
    )
