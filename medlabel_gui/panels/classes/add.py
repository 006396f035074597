"""The field below the list: type a name and press Enter, again and again; or paste many."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from core.errors import UserError
from medlabel_gui.icons import Tint, icon
from medlabel_gui.panels.classes.fields import LinesField
from medlabel_gui.panels.classes.text import parse_added, without
from medlabel_gui.panels.classes.wishes import Wishes
from medlabel_gui.texts.classes import ClassesTexts


class _Field(LinesField):
    """What was typed stays when the field is left: only Enter adds."""

    commits_when_left = False


class AddField(QWidget):
    """Asks `wishes` for what is typed; says below it why something cannot be."""

    def __init__(self, wishes: Wishes, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._wishes = wishes
        self.field = _Field()
        self.field.setAccessibleName(ClassesTexts.add_name)
        self.field.setToolTip(ClassesTexts.add_tip)
        self.field.setClearButtonEnabled(True)
        self.field.addAction(icon("plus", Tint.QUIET), self.field.ActionPosition.LeadingPosition)
        self.field.committed.connect(self.commit)
        self.field.lines_pasted.connect(self.add_names)
        self.field.textEdited.connect(lambda _: self._tell(""))
        self._hint = QLabel()
        self._hint.setWordWrap(True)
        self._hint.setTextFormat(Qt.TextFormat.PlainText)
        self._hint.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        layout.addWidget(self.field)
        layout.addWidget(self._hint)
        self.setFocusProxy(self.field)

    @property
    def hint(self) -> str:
        """What stands below the field."""
        return "" if self._hint.isHidden() else self._hint.text()

    def show_open(self, is_open: bool) -> None:
        """Whether there is a project whose classes could be named."""
        self.setEnabled(is_open)
        self.field.setPlaceholderText(ClassesTexts.add if is_open else ClassesTexts.no_project)

    def commit(self) -> None:
        """Add what is typed; the field stays as it is when that cannot be."""
        text = self.field.text()
        if text.strip() and self.add_names(text):
            self.field.reset()

    def add_names(self, text: str) -> bool:
        """Add the classes of a list of names or lines; whether that went well."""
        try:
            entries = parse_added(text)
        except UserError as error:
            self._tell(str(error))
            return False
        known = len(entries) - len(without(entries, self._wishes.classes))
        error_text = self._wishes.add(entries) if entries else ""
        text_of_known = ClassesTexts.skipped_one if known == 1 else ClassesTexts.skipped.format(count=known)
        skipped = text_of_known if known and not error_text else ""
        self._tell(error_text or skipped, "error" if error_text else "quiet")
        return not error_text

    def _tell(self, text: str, role: str = "error") -> None:
        self._hint.setProperty("role", role)
        self._hint.style().polish(self._hint)
        self._hint.setText(text)
        self._hint.setVisible(bool(text))
