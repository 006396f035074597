"""Filters that were made elsewhere (a cell of the matrix, chosen images, the review), as tags to take away."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from core.project.queries import Query
from core.project.sorting import Sort
from medlabel_gui.icons import set_icon
from medlabel_gui.texts.grid import FilterTexts


class FilterTags(QWidget):
    """A line of tags; it takes no room while there are none."""

    removed = Signal(Query)  # what is left

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: list[tuple[str, Query]] = []
        self._tags: list[QToolButton] = []
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(4)
        self._layout.addStretch(1)
        self.hide()

    @property
    def texts(self) -> list[str]:
        """What the tags say."""
        return [text for text, _ in self._shown]

    @property
    def tags(self) -> tuple[QToolButton, ...]:
        """The tags; a click takes one away."""
        return tuple(self._tags)

    def show_query(self, query: Query, names: Sequence[str]) -> None:
        """Show the tags of a query; `names` are those of the classes by position."""
        tags = list(_tags(query, names))
        if tags == self._shown:
            return
        for tag in self._tags:
            self._layout.removeWidget(tag)
            tag.hide()
            tag.deleteLater()
        self._shown = tags
        self._tags = [self._make_tag(text, rest) for text, rest in tags]
        self.setVisible(bool(tags))

    def _make_tag(self, text: str, rest: Query) -> QToolButton:
        tag = QToolButton()
        tag.setText(text)
        tag.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        tag.setCheckable(True)
        tag.setChecked(True)  # looks like the other filters that are on
        tag.setToolTip(FilterTexts.remove)
        tag.setAccessibleName(f"{text}. {FilterTexts.remove}")
        set_icon(tag, "x")
        tag.clicked.connect(partial(self._remove, rest))
        self._layout.insertWidget(self._layout.count() - 1, tag)
        return tag

    def _remove(self, rest: Query, _: bool = False) -> None:
        self.removed.emit(rest)


def _tags(query: Query, names: Sequence[str]) -> Iterator[tuple[str, Query]]:
    """The text of each tag, and the query without what it stands for."""
    if query.sort is Sort.REVIEW:
        yield FilterTexts.review, replace(query, sort=Sort.FOUND, descending=False)
    if query.pair is not None:
        first, second = (names[n] if 0 <= n < len(names) else FilterTexts.no_label for n in query.pair)
        text = FilterTexts.same_pair if first == second else FilterTexts.pair
        yield text.format(first=first, second=second), replace(query, pair=None)
    if query.rows is not None:
        count = len(query.rows)
        text = FilterTexts.one_row if count == 1 else FilterTexts.rows.format(count=f"{count:,}")
        yield text, replace(query, rows=None)
