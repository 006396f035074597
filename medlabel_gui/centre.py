"""The middle of the window: messages on top, below them the start page, the grid, or one image in large."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum

from PySide6.QtCore import QItemSelectionModel, QModelIndex, Signal
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from core.project.sorting import Sort
from medlabel_gui.grid.model import ImageModel
from medlabel_gui.grid.view import TileView
from medlabel_gui.panels.empty import EmptyPanel
from medlabel_gui.preview import PreviewPage
from medlabel_gui.preview.reasons import why
from medlabel_gui.session import Change, Session


class Page(IntEnum):
    """What is shown."""

    START = 0
    GRID = 1
    PREVIEW = 2


class Centre(QWidget):
    """Keeps grid and preview on the same image. The preview shows the grid's current image, alone selected."""

    page_changed = Signal()

    def __init__(
        self,
        session: Session,
        messages: QWidget,
        start: EmptyPanel,
        above_grid: tuple[QWidget, ...],
        view: TileView,
        model: ImageModel,
        preview: PreviewPage,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._view, self._model, self._preview = view, model, preview
        self._pages = QStackedWidget()
        self._pages.addWidget(start)
        self._pages.addWidget(column(*above_grid, stretched=view))
        self._pages.addWidget(preview)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(messages)
        layout.addWidget(self._pages, 1)
        view.selectionModel().currentChanged.connect(self._follow_grid)
        model.modelReset.connect(self._follow_model)
        preview.move_wanted.connect(self.step)
        preview.back_wanted.connect(self.show_grid)
        view.doubleClicked.connect(lambda _: self.show_preview())

    @property
    def page(self) -> Page:
        """What is shown now."""
        return Page(self._pages.currentIndex())

    def show_start(self) -> None:
        """There is nothing else to show."""
        self._turn_to(Page.START)

    def show_grid(self) -> None:
        """Back to the images, where the preview was left."""
        if self.page is Page.START and not self._model.total:
            return
        self._turn_to(Page.GRID)
        self._view.setFocus()
        self._view.scrollTo(self._view.currentIndex())

    def show_preview(self) -> None:
        """The current image in large; the first one when there is none."""
        if not self._model.rowCount():
            return
        position = self._view.currentIndex().row()
        self.go_to(max(position, 0))
        self._turn_to(Page.PREVIEW)
        self._follow_grid(self._view.currentIndex())
        self._preview.setFocus()

    def toggle_preview(self) -> None:
        """Between grid and preview."""
        if self.page is Page.PREVIEW:
            self.show_grid()
        else:
            self.show_preview()

    def go_to(self, position: int) -> None:
        """Make an image the current one, alone selected. Nothing happens where no image is shown."""
        if not self._model.rowCount():
            return
        index = self._model.index(min(max(position, 0), self._model.rowCount() - 1))
        flag = QItemSelectionModel.SelectionFlag.ClearAndSelect
        self._view.selectionModel().setCurrentIndex(index, flag)
        self._view.scrollTo(index)

    def step(self, count: int) -> None:
        """Go `count` images on, or back."""
        if self._model.rowCount():
            self.go_to(self._view.currentIndex().row() + count)

    @contextmanager
    def moving_on(self) -> Iterator[None]:
        """Around a decision: in the preview the next image follows, wherever a filter puts the decided one."""
        following = self._row_after_current() if self.page is Page.PREVIEW else None
        yield
        if following is not None:
            position = self._model.position_of(following)
            if position >= 0:
                self.go_to(position)

    @contextmanager
    def following_change(self) -> Iterator[None]:
        """Around an undo or redo: in the preview the image that it changed is shown, if it is one."""
        changed: list[Change] = []
        self._session.changed.connect(changed.append)
        try:
            yield
        finally:
            self._session.changed.disconnect(changed.append)
        rows = [row for change in changed if change.rows is not None for row in change.rows.tolist()[:2]]
        position = self._model.position_of(rows[0]) if len(rows) == 1 else -1
        if self.page is Page.PREVIEW and position >= 0:
            self.go_to(position)

    def _row_after_current(self) -> int | None:
        position = self._view.currentIndex().row()
        return int(self._model.rows[position + 1]) if 0 <= position < self._model.rowCount() - 1 else None

    def _turn_to(self, page: Page) -> None:
        if page is not self.page:
            self._pages.setCurrentIndex(page)
            self.page_changed.emit()

    def _follow_grid(self, current: QModelIndex) -> None:
        if self.page is not Page.PREVIEW or not current.isValid():
            return
        position, rows = current.row(), self._model.rows
        self._preview.show_row(int(rows[position]), position, len(rows))
        if self._model.query.sort is Sort.REVIEW and self._session.snapshot is not None:
            self._preview.set_reason(why(self._session.snapshot, int(rows[position])))
        near = [n for n in (position + 1, position - 1, position + 2) if 0 <= n < len(rows)]
        self._preview.set_neighbours([int(rows[n]) for n in near])

    def _follow_model(self) -> None:
        if self.page is not Page.PREVIEW:
            return
        if self._model.rowCount():
            self._follow_grid(self._view.currentIndex())
        else:
            self.show_grid()


def column(*widgets: QWidget, stretched: QWidget) -> QWidget:
    """Widgets below each other without gaps, the last one taking what is left."""
    box = QWidget()
    layout = QVBoxLayout(box)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(0)
    for widget in widgets:
        layout.addWidget(widget)
    layout.addWidget(stretched, 1)
    return box
