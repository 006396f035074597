"""The rows of the list in their order: kept by class id, moved by keyboard or by dragging."""

from collections.abc import Mapping

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QPalette
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from core.project.class_edits import Classes, key_of
from core.project.records import ImageClass
from medlabel_gui.panels.classes.row import ClassRow
from medlabel_gui.panels.classes.wishes import Wishes
from medlabel_gui.texts.classes import ClassesTexts

_MARGIN = 40  # px that are kept visible around what scrolls into sight
_LEAST_HEIGHT = 92  # px, three rows
_STEPS = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}


class Rows(QScrollArea):
    """Only one row is in the tab order, as in a list: the one that had the focus last."""

    menu_wanted = Signal(ClassRow, QPoint)
    look_wanted = Signal(ClassRow, QPoint)

    def __init__(self, wishes: Wishes, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._wishes = wishes
        self._by_id: dict[int, ClassRow] = {}
        self._order: list[int] = []
        self.setWidgetResizable(True)
        self.setMinimumHeight(_LEAST_HEIGHT)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName(ClassesTexts.list_name)
        self._content = QWidget()
        self._content.setAutoFillBackground(False)
        self.viewport().setAutoFillBackground(False)
        self._column = QVBoxLayout(self._content)
        self._column.setContentsMargins(0, 0, 2, 0)
        self._column.setSpacing(1)
        self._column.addStretch(1)
        self.setWidget(self._content)
        self._mark = QFrame(self._content)
        self._mark.setFixedHeight(2)
        self._mark.setAutoFillBackground(True)
        self._mark.setBackgroundRole(QPalette.ColorRole.Highlight)
        self._mark.hide()

    @property
    def rows(self) -> list[ClassRow]:
        """The rows from top to bottom."""
        return [self._by_id[class_id] for class_id in self._order]

    def row(self, class_id: int) -> ClassRow | None:
        return self._by_id.get(class_id)

    def show_classes(self, classes: Classes) -> None:
        """One row a class; those that are there already keep their focus and what is typed in them."""
        wanted = [c.id for c in classes]
        focus = next((k for k, row in enumerate(self.rows) if row.hasFocus()), None)
        for class_id in set(self._order) - set(wanted):
            row = self._by_id.pop(class_id)
            row.blockSignals(True)
            row.hide()
            row.deleteLater()
        for image_class in classes:
            if image_class.id not in self._by_id:
                self._by_id[image_class.id] = self._make(image_class)
        if wanted != self._order:
            self._order = wanted
            self._arrange()
        for position, image_class in enumerate(classes):
            self._by_id[image_class.id].show_class(image_class, key_of(classes, position))
        if focus is not None and not any(row.hasFocus() for row in self.rows):
            self._focus_near(focus)

    def show_counts(self, counts: Mapping[int, int] | None) -> None:
        """Images by class id; None while there are no labels."""
        for class_id, row in self._by_id.items():
            row.show_count(None if counts is None else counts.get(class_id, 0))

    def clear(self) -> None:
        """Drop every row, and what is open or typed in it."""
        self.show_classes(())

    def finish(self) -> None:
        """What is typed counts."""
        for row in self.rows:
            row.finish()

    def reveal(self, row: ClassRow) -> None:
        """Scroll to a row, once the layout is done."""
        QTimer.singleShot(0, row, lambda: self.ensureWidgetVisible(row, 0, _MARGIN))

    # Inside

    def _make(self, image_class: ImageClass) -> ClassRow:
        row = ClassRow(image_class, self._wishes, self._content)
        row.menu_wanted.connect(lambda where: self.menu_wanted.emit(row, where))
        row.look_wanted.connect(lambda where: self.look_wanted.emit(row, where))
        row.got_focus.connect(lambda: self._took_focus(row))
        row.grown.connect(lambda: self.reveal(row))
        row.grip.dragged.connect(self._show_mark)
        row.grip.dropped.connect(lambda where: self._drop(row, where))
        return row

    def _arrange(self) -> None:
        for position, row in enumerate(self.rows):
            if self._column.indexOf(row) != position:
                self._column.insertWidget(position, row)
        before: QWidget | None = None
        for row in self.rows:
            if before is not None:
                self.setTabOrder(before, row)
            before = row
        tabbed = [row for row in self.rows if row.focusPolicy() == Qt.FocusPolicy.StrongFocus]
        if not tabbed and self.rows:
            self.rows[0].setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def _took_focus(self, taken: ClassRow) -> None:
        for row in self.rows:
            row.setFocusPolicy(Qt.FocusPolicy.StrongFocus if row is taken else Qt.FocusPolicy.ClickFocus)
        self.ensureWidgetVisible(taken, 0, 4)

    def _focus_near(self, position: int) -> None:
        if self.rows:
            self.rows[min(position, len(self.rows) - 1)].setFocus(Qt.FocusReason.OtherFocusReason)

    def _position(self, where: QPoint) -> int:
        """Before which row a drop at this global point goes."""
        y = self._content.mapFromGlobal(where).y()
        return sum(y > row.geometry().center().y() for row in self.rows)

    def _show_mark(self, where: QPoint) -> None:
        position = self._position(where)
        rows = self.rows
        y = rows[position].geometry().top() if position < len(rows) else rows[-1].geometry().bottom() + 1
        self._mark.setGeometry(0, max(0, y - 1), self._content.width(), 2)
        self._mark.raise_()
        self._mark.show()
        self.ensureVisible(0, self._content.mapFromGlobal(where).y(), 0, _MARGIN // 2)

    def _drop(self, row: ClassRow, where: QPoint) -> None:
        self._mark.hide()
        start, position = self._order.index(row.class_id), self._position(where)
        self._move(row, position - 1 if position > start else position)

    def _move(self, row: ClassRow, position: int) -> None:
        position = min(max(position, 0), len(self._order) - 1)
        if position != self._order.index(row.class_id):
            self._wishes.move(row.class_id, position)
            row.setFocus(Qt.FocusReason.OtherFocusReason)
            self.reveal(row)

    def step(self, row: ClassRow, by: int) -> None:
        """Move a class `by` places down."""
        self._move(row, self._order.index(row.class_id) + by)

    # Qt

    def keyPressEvent(self, event: QKeyEvent) -> None:
        focused = next((k for k, row in enumerate(self.rows) if row.hasFocus()), None)
        step = _STEPS.get(Qt.Key(event.key()))
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if focused is None:
            super().keyPressEvent(event)
        elif step is not None and modifiers == Qt.KeyboardModifier.AltModifier:
            self.step(self.rows[focused], step)
        elif step is not None and modifiers == Qt.KeyboardModifier.NoModifier:
            self._focus_near(max(0, focused + step))
        elif event.key() == Qt.Key.Key_Home:
            self._focus_near(0)
        elif event.key() == Qt.Key.Key_End:
            self._focus_near(len(self.rows) - 1)
        elif event.key() == Qt.Key.Key_Delete:
            self._wishes.remove(self.rows[focused].class_id)
        else:
            event.ignore()
