"""The part of the filter bar that says in which order the images stand."""

from dataclasses import replace

from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QToolButton, QWidget

from core.project.queries import Query
from core.project.sorting import Sort
from medlabel_gui.icons import set_icon
from medlabel_gui.texts.grid import FilterTexts, direction_text, sort_text

_ARROW = 36  # px of the box, beside its text


class OrderBox(QWidget):
    """What to sort by, in which direction, and whether in groups."""

    changed = Signal(Query)  # the shown query in another order

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._query = Query()
        self.sort, self.direction, self.group = QComboBox(), QToolButton(), QToolButton()
        self.sort.setToolTip(FilterTexts.sort_tip)
        self.sort.setAccessibleName(FilterTexts.sort_tip)
        for sort in Sort:
            self.sort.addItem(sort_text(sort), sort)
        self.group.setCheckable(True)
        self.group.setToolTip(FilterTexts.group_tip)
        self.group.setAccessibleName(FilterTexts.group)
        set_icon(self.group, "group")
        self.direction.setAccessibleName(FilterTexts.direction)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        for widget in (self.sort, self.direction, self.group):
            layout.addWidget(widget)
        self.sort.activated.connect(self._sort)
        self.direction.clicked.connect(self._turn)
        self.group.clicked.connect(self._group)
        self.show_query(self._query)
        self._fit()

    def show_query(self, query: Query) -> None:
        """Show the order of a query."""
        self._query = query
        self.sort.setCurrentIndex(list(Sort).index(query.sort))
        set_icon(self.direction, "chevron-down" if query.descending else "chevron-up")
        first = direction_text(query.sort, query.descending)
        self.direction.setToolTip(f"{first}\n{FilterTexts.direction}")
        self.direction.setAccessibleDescription(first)
        self.group.setChecked(query.by_class)

    def _fit(self) -> None:
        """As wide as its longest text, however large the letters are."""
        widest = max(self.fontMetrics().horizontalAdvance(sort_text(sort)) for sort in Sort)
        self.sort.setFixedWidth(widest + _ARROW)

    def _sort(self, index: int) -> None:
        self.changed.emit(replace(self._query, sort=list(Sort)[index]))

    def _turn(self) -> None:
        self.changed.emit(replace(self._query, descending=not self._query.descending))

    def _group(self) -> None:
        self.changed.emit(replace(self._query, by_class=self.group.isChecked()))

    # Qt

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._fit()
