"""One class in the list: key and colour, name, count of images, and its prompts when it is opened."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPoint, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QEnterEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from core.project.records import ImageClass
from medlabel_gui.class_colours import look_of
from medlabel_gui.icons import Tint, set_icon
from medlabel_gui.panels.classes.chip import ElidedLabel, KeyChip
from medlabel_gui.panels.classes.fields import Field
from medlabel_gui.panels.classes.grip import Grip
from medlabel_gui.panels.classes.prompts import PromptsEditor
from medlabel_gui.panels.classes.wishes import Wishes
from medlabel_gui.plain import plain_tip
from medlabel_gui.texts.classes import RowTexts
from medlabel_gui.theme import colours

_RADIUS = 5


class ClassRow(QWidget):
    """Shows what `show_class` says and asks for changes through `wishes`; errors stand below the name.

    The row has the focus of the list; F2 renames, Space opens the prompts, the menu key has everything else.
    """

    menu_wanted = Signal(QPoint)  # global
    look_wanted = Signal(QPoint)
    got_focus = Signal()
    grown = Signal()

    def __init__(self, image_class: ImageClass, wishes: Wishes, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.class_id = image_class.id
        self._class = image_class
        self._wishes = wishes
        self._count: int | None = None
        self._captions: tuple[str, ...] = ()
        self._prompts: PromptsEditor | None = None
        self._field: Field | None = None
        self._message: QLabel | None = None
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._make_head()
        self._body = QVBoxLayout(self)
        self._body.setContentsMargins(2, 2, 2, 2)
        self._body.setSpacing(2)
        self._body.addLayout(self._head)

    def _make_head(self) -> None:
        self.grip = Grip()
        self.chip = KeyChip()
        self.chip.clicked.connect(lambda: self.look_wanted.emit(self._below(self.chip)))
        self.chip.key_pressed.connect(self._take_key)
        self.chip.waiting_ended.connect(self.clear_message)
        self.name = ElidedLabel()
        self.images = QLabel()
        self.images.setProperty("role", "quiet")
        self.expander = QToolButton()
        self.expander.setStyleSheet("QToolButton { padding: 2px; }")
        self.expander.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.expander.setToolTip(RowTexts.prompts_tip)
        self.expander.clicked.connect(lambda: self.show_prompts(not self.prompts_shown))
        set_icon(self.expander, "chevron-right", Tint.QUIET)
        self._head = QHBoxLayout()
        self._head.setSpacing(5)
        self._head.addWidget(self.grip)
        self._head.addWidget(self.chip)
        self._head.addWidget(self.name, 1)
        self._head.addWidget(self.images)
        self._head.addWidget(self.expander)

    # What it shows

    @property
    def image_class(self) -> ImageClass:
        """The class as shown."""
        return self._class

    @property
    def message(self) -> str:
        """What stands below the name."""
        return self._message.text() if self._message is not None and not self._message.isHidden() else ""

    def show_class(self, image_class: ImageClass, key: str) -> None:
        """The class as it is stored now. What is being typed stays."""
        self._class = image_class
        colour, shape = look_of(image_class)
        self.chip.show_look(shape, colour, key)
        self.name.setText(image_class.name)
        font = self.name.font()
        font.setItalic(image_class.is_other)
        self.name.setFont(font)
        tip = RowTexts.rest_tip if image_class.is_other else RowTexts.name_tip
        self.name.setToolTip(plain_tip(tip.format(name=image_class.name)))
        self.expander.setAccessibleName(RowTexts.prompts.format(name=image_class.name))
        if self._field is not None:
            self._field.put(image_class.name)
        self._show_prompts()
        self._describe()

    def show_count(self, count: int | None) -> None:
        """Images that have this label, None while there are no labels."""
        if count != self._count:
            self._count = count
            self.images.setText("" if count is None else f"{count:,}")
            self.images.setToolTip("" if count is None else _images_text(count))
            self._describe()

    def show_captions(self, captions: Sequence[str]) -> None:
        """What the model reads for this class when it has no prompts."""
        if tuple(captions) != self._captions:
            self._captions = tuple(captions)
            self._show_prompts()

    def tell(self, text: str, role: str = "error") -> None:
        """A message below the name."""
        if self._message is None:
            self._message = QLabel()
            self._message.setWordWrap(True)
            self._message.setTextFormat(Qt.TextFormat.PlainText)
            self._message.setContentsMargins(17, 0, 0, 2)  # below the chip
            self._body.insertWidget(1, self._message)
        self._message.setProperty("role", role)
        self._message.style().polish(self._message)
        self._message.setText(text)
        self._message.show()
        self.grown.emit()

    def clear_message(self) -> None:
        if self._message is not None:
            self._message.hide()

    # What can be done with it

    @property
    def prompts_shown(self) -> bool:
        return self._prompts is not None and not self._prompts.isHidden()

    @property
    def prompts(self) -> PromptsEditor | None:
        """The editor of the prompts, once it was opened."""
        return self._prompts

    @property
    def editor(self) -> Field | None:
        """The field in which the name is edited, while it is."""
        return self._field

    def show_prompts(self, shown: bool) -> None:
        """Open or close the prompts; opened, the empty line has the focus."""
        if self._prompts is None:
            self._prompts = PromptsEditor()
            self._prompts.changed.connect(self._set_prompts)
            self._prompts.left.connect(self.setFocus)
            self._body.addWidget(self._prompts)
            self._show_prompts()
        if not shown:
            self._prompts.finish()
        self._prompts.setVisible(shown)
        set_icon(self.expander, "chevron-down" if shown else "chevron-right", Tint.QUIET)
        if shown:
            self._prompts.focus_first()
            self.grown.emit()
        else:
            self.setFocus()

    def rename(self) -> None:
        """Edit the name in its place."""
        if self._field is None:
            self._field = Field()
            self._field.setAccessibleName(RowTexts.name)
            self._field.committed.connect(self._commit_name)
            self._field.cancelled.connect(self._end_naming)
            self._head.replaceWidget(self.name, self._field)
            self.name.hide()
        self._field.put(self._class.name)
        self._field.show()
        self._field.setFocus(Qt.FocusReason.OtherFocusReason)
        self._field.selectAll()

    def press_key(self) -> None:
        """Take the next key as that of the class."""
        self.tell(RowTexts.press_key, "quiet")
        self.chip.wait_for_key()

    def finish(self) -> None:
        """What is typed counts."""
        if self._field is not None:
            self._commit_name()
        if self._prompts is not None:
            self._prompts.finish()

    # Inside

    def _commit_name(self) -> None:
        field = self._field
        if field is None:
            return
        error = self._wishes.rename(self.class_id, field.text()) if field.changed else ""
        if not error:
            self._end_naming()
        elif field.hasFocus():
            self.tell(error)
            field.selectAll()
        else:  # left with a name that cannot be: the old one stays
            self._end_naming()

    def _end_naming(self) -> None:
        field, self._field = self._field, None
        if field is None:
            return
        focused = field.hasFocus()
        field.blockSignals(True)
        self._head.replaceWidget(field, self.name)
        self.name.show()
        field.hide()
        field.deleteLater()
        self.clear_message()
        if focused:
            self.setFocus()

    def _take_key(self, key: str) -> None:
        error = self._wishes.set_key(self.class_id, key)
        if error:
            self.tell(error)
        else:
            self.setFocus()  # which ends the waiting

    def _set_prompts(self, prompts: tuple[str, ...]) -> None:
        self._wishes.set_prompts(self.class_id, prompts)

    def _show_prompts(self) -> None:
        if self._prompts is not None:
            self._prompts.show_prompts(self._class.name, self._class.prompts, self._captions)

    def _describe(self) -> None:
        key = self.chip.key
        text = RowTexts.described if key else RowTexts.described_no_key
        images = _images_text(self._count) if self._count is not None else RowTexts.no_count
        self.setAccessibleName(text.format(name=self._class.name, images=images, key=key))

    def _below(self, widget: QWidget) -> QPoint:
        return widget.mapToGlobal(QPoint(0, widget.height() + 2))

    # Qt

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, plain = event.key(), event.modifiers() == Qt.KeyboardModifier.NoModifier
        if key == Qt.Key.Key_F2:
            self.rename()
        elif key in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter) and plain:
            self.show_prompts(not self.prompts_shown)
        elif key in (Qt.Key.Key_Right, Qt.Key.Key_Left) and plain:
            if self.prompts_shown != (key == Qt.Key.Key_Right):
                self.show_prompts(key == Qt.Key.Key_Right)
        else:
            super().keyPressEvent(event)  # the list may know it

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self.name.isVisible() and self.name.geometry().contains(event.position().toPoint()):
            self.rename()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_mouse = event.reason() == QContextMenuEvent.Reason.Mouse
        self.menu_wanted.emit(event.globalPos() if by_mouse else self._below(self.chip))
        event.accept()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.got_focus.emit()
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        if not (self.hasFocus() or self.underMouse()):
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(QColor(colours().hover))
        edge = QColor(colours().accent) if self.hasFocus() else QColor(colours().hover)
        painter.setPen(QPen(edge, 1))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), _RADIUS, _RADIUS)


def _images_text(count: int) -> str:
    return RowTexts.count_tip_one if count == 1 else RowTexts.count_tip.format(count=f"{count:,}")
