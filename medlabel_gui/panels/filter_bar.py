"""The bar above the grid: which images are shown, in which order, and how many these are."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QIcon, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from core.project.queries import Facets, Query, facets
from core.project.records import Status
from medlabel_gui.grid.chips import chip_icon
from medlabel_gui.grid.marks import mark_pixmap
from medlabel_gui.grid.model import ImageModel
from medlabel_gui.icons import Tint, icon, set_icon
from medlabel_gui.panels.filter_menus import Choice, RangeButton, TickButton
from medlabel_gui.panels.filter_order import OrderBox
from medlabel_gui.panels.filter_tags import FilterTags
from medlabel_gui.session import Change, Session
from medlabel_gui.texts.grid import FilterTexts, status_text, status_tip

_ICON_RATIO = 2.0  # sharp on every screen
_COUNT_MS = 250
_TYPING_MS = 120
_TEXT_WIDTH, _COUNT_WIDTH = 120, 56  # px, at least
_MARGINS, _GAP = (8, 3, 12, 3), 2  # px
_CHANGED, _DISAGREE, _DUPLICATES = range(3)


class FilterBar(QWidget):
    """Shows the query of the model and changes it; the model is the one that knows it."""

    def __init__(self, session: Session, model: ImageModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(FilterTexts.bar)
        self.setStyleSheet("QToolButton { padding: 5px 4px; }")  # it has to fit between two docks
        self._session, self._model = session, model
        self._facets = Facets()
        self._make_widgets()
        self._lay_out()
        self._typing = _timer(self, _TYPING_MS, self._apply_text)
        self._counting = _timer(self, _COUNT_MS, self.refresh)
        self._connect()
        self.refresh()

    # What others ask for

    def set_query(self, query: Query) -> None:
        """Show what a query finds that was made elsewhere."""
        self._typing.stop()
        self._model.set_query(query)
        self._show()

    def clear(self) -> None:
        """Show all images, in the same order."""
        self.set_query(self._model.query.without_filters)

    def focus_text(self) -> None:
        """Let the next letters be typed into the search field."""
        self.text.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.text.selectAll()

    def refresh(self) -> None:
        """Count again."""
        self._counting.stop()
        table = self._session.table
        self._facets = facets(table) if table is not None else Facets()
        self._show()

    # Assembly

    def _make_widgets(self) -> None:
        self.text = QLineEdit()
        self.text.setPlaceholderText(FilterTexts.text)
        self.text.setClearButtonEnabled(True)
        self.text.setToolTip(FilterTexts.text_tip)
        self.text.setAccessibleName(FilterTexts.text)
        self.text.setMinimumWidth(_TEXT_WIDTH)
        search = self.text.addAction(icon("search"), QLineEdit.ActionPosition.LeadingPosition)
        set_icon(search, "search", Tint.QUIET)
        self.classes = TickButton(FilterTexts.classes, FilterTexts.classes_tip, FilterTexts.any_class)
        self.statuses = TickButton(FilterTexts.statuses, FilterTexts.statuses_tip, FilterTexts.any_status)
        self.confidence = RangeButton()
        self.more = TickButton(FilterTexts.more, FilterTexts.more_tip, FilterTexts.any_more, alone=False)
        self.order = OrderBox()
        self.counter = CountLabel()
        self.clear_button = QToolButton()
        self.clear_button.setToolTip(FilterTexts.clear_tip)
        self.clear_button.setAccessibleName(FilterTexts.clear)
        set_icon(self.clear_button, "filter-x")
        self.tags = FilterTags()

    def _lay_out(self) -> None:
        self._filters = (self.classes, self.statuses, self.confidence, self.more, self.clear_button)
        self._row, self._below, self._end = QHBoxLayout(), QHBoxLayout(), QWidget()
        self._row.setSpacing(_GAP)
        self._row.addWidget(self.text, 1)
        for widget in self._filters:
            self._row.addWidget(widget)
        end = QHBoxLayout(self._end)
        end.setContentsMargins(0, 0, 0, 0)
        end.addWidget(self.order)
        end.addWidget(self.counter, 1)
        self._row.addWidget(self._end)
        self._below.addWidget(self.tags, 1)
        layout = QVBoxLayout(self)
        layout.setSizeConstraint(QVBoxLayout.SizeConstraint.SetNoConstraint)  # `minimumSizeHint` says it
        layout.setContentsMargins(*_MARGINS)
        layout.setSpacing(_GAP)
        layout.addLayout(self._row)
        layout.addLayout(self._below)

    def _arrange(self) -> None:
        """Order and count stand at the end of the filters, or below them where there is no room for all."""
        enough = self._least + _GAP + self._end.minimumSizeHint().width()
        where, other = (self._row, self._below) if self.width() >= enough else (self._below, self._row)
        if where.indexOf(self._end) < 0:
            other.removeWidget(self._end)
            where.addWidget(self._end)

    @property
    def _least(self) -> int:
        """The width that search and filters need, px."""
        widths = [_TEXT_WIDTH, *(widget.sizeHint().width() for widget in self._filters)]
        return sum(widths) + _GAP * len(self._filters) + _MARGINS[0] + _MARGINS[2]

    def _connect(self) -> None:
        self.text.textChanged.connect(self._typing.start)
        self.text.returnPressed.connect(self._apply_text)
        self.classes.chosen.connect(lambda chosen: self._change(classes=chosen))
        self.statuses.chosen.connect(self._choose_statuses)
        self.confidence.chosen.connect(lambda low, high: self._change(confidence=(low, high)))
        self.more.chosen.connect(self._choose_more)
        self.order.changed.connect(self._take)
        self.clear_button.clicked.connect(self.clear)
        self.tags.removed.connect(self._take)
        self._model.queried.connect(self._show)
        self._session.changed.connect(self._follow)

    # From the widgets to the model

    def _take(self, query: Query) -> None:
        """A query that was made with the widgets; what has just been typed belongs to it."""
        self.set_query(replace(query, text=self.text.text()))

    def _change(self, **filters: Any) -> None:
        self._take(replace(self._model.query, **filters))

    def _apply_text(self) -> None:
        self._take(self._model.query)

    def _choose_statuses(self, chosen: frozenset[int] | None) -> None:
        self._change(statuses=None if chosen is None else frozenset(map(Status, chosen)))

    def _choose_more(self, chosen: frozenset[int] | None) -> None:
        on = chosen or frozenset()
        self._change(changed=_CHANGED in on, disagree=_DISAGREE in on, duplicates=_DUPLICATES in on)

    # From the model to the widgets

    def _follow(self, change: Change) -> None:
        del change
        if not self._counting.isActive():
            self._counting.start()

    def _show(self) -> None:
        query, counts = self._model.query, self._facets
        if self.text.text() != query.text and not self._typing.isActive():
            self.text.setText(query.text)  # not with its signals blocked: the button inside follows them
            self._typing.stop()  # nobody typed this
        self.classes.set_choices(self._class_choices(), query.classes)
        statuses = [
            Choice(s, status_text(s), counts.statuses[s], _mark_icon(s), status_tip(s)) for s in Status
        ]
        self.statuses.set_choices(statuses, query.statuses)
        self.confidence.show_range(*query.confidence)
        self.more.set_choices(_more_choices(counts), _more_chosen(query))
        self.order.show_query(query)
        self.tags.show_query(query, self._class_names())
        self._show_count(query)
        self._arrange()

    def _show_count(self, query: Query) -> None:
        shown, total = f"{self._model.shown:,}", f"{self._model.total:,}"
        if not query.narrows:
            self.counter.setText(FilterTexts.one if total == "1" else FilterTexts.all.format(total=total))
            self.counter.setToolTip(FilterTexts.all_tip)
        else:
            self.counter.setText(FilterTexts.some_of.format(shown=shown, total=total))
            self.counter.setToolTip(FilterTexts.some_of_tip.format(shown=shown, total=total))
        self.clear_button.setEnabled(query.narrows)

    def _class_choices(self) -> list[Choice]:
        table, counts = self._session.table, self._facets
        if table is None or len(counts.classes) != len(table.classes):
            return []  # counted soon
        chosen = [
            Choice(position, c.name, counts.classes[position], chip_icon(table.classes, position))
            for position, c in enumerate(table.classes)
        ]
        return [*chosen, Choice(-1, FilterTexts.no_label, counts.unlabelled)]

    def _class_names(self) -> list[str]:
        table = self._session.table
        return [c.name for c in table.classes] if table is not None else []

    # Qt

    def minimumSizeHint(self) -> QSize:  # noqa: N802  Qt's name
        end = self._end.minimumSizeHint().width() + _MARGINS[0] + _MARGINS[2]
        return QSize(max(self._least, end), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()


class CountLabel(QLabel):
    """Right-aligned text that ends in an ellipsis where there is no room for it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)

    def minimumSizeHint(self) -> QSize:  # noqa: N802  Qt's name
        return QSize(_COUNT_WIDTH, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        shown = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, shown)
        painter.end()


def _timer(parent: FilterBar, milliseconds: int, slot: Callable[[], None]) -> QTimer:
    timer = QTimer(parent)
    timer.setSingleShot(True)
    timer.setInterval(milliseconds)
    timer.timeout.connect(slot)
    return timer


def _mark_icon(status: Status) -> QIcon | None:
    mark = mark_pixmap(status, _ICON_RATIO)
    return QIcon(mark) if mark is not None else None


def _more_choices(counts: Facets) -> list[Choice]:
    return [
        Choice(_CHANGED, FilterTexts.changed, counts.changed, tip=FilterTexts.changed_tip),
        Choice(_DISAGREE, FilterTexts.disagree, counts.disagree, tip=FilterTexts.disagree_tip),
        Choice(_DUPLICATES, FilterTexts.duplicates, counts.duplicates, tip=FilterTexts.duplicates_tip),
    ]


def _more_chosen(query: Query) -> frozenset[int]:
    on = ((_CHANGED, query.changed), (_DISAGREE, query.disagree), (_DUPLICATES, query.duplicates))
    return frozenset(value for value, is_on in on if is_on)
