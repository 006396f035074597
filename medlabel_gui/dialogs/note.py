"""A note on the selected images."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QVBoxLayout, QWidget

from medlabel_gui.preview.note_box import NoteEditor
from medlabel_gui.texts.preview import NoteTexts


def edit_note(parent: QWidget, names: str, current: str, done: Callable[[str], None]) -> QDialog:
    """Ask for a note on what `names` says, beginning with `current`; `done` gets it when it is saved.

    Returns the dialog at once; the rest of the window waits for the answer. Ctrl+Enter saves, Esc leaves all as it was.
    """
    dialog = QDialog(parent)
    dialog.setObjectName("note")
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setWindowTitle(NoteTexts.dialog_title)
    heading = QLabel(NoteTexts.dialog_of.format(names=names))
    heading.setTextFormat(Qt.TextFormat.PlainText)
    heading.setWordWrap(True)
    heading.setProperty("role", "heading")
    editor = NoteEditor()
    editor.setPlainText(current)
    editor.selectAll()
    editor.saved.connect(dialog.accept)
    editor.given_up.connect(dialog.reject)
    hint = QLabel(f"{NoteTexts.keys} {NoteTexts.dialog_tip}")
    hint.setProperty("role", "quiet")
    hint.setWordWrap(True)
    kinds = QDialogButtonBox.StandardButton
    buttons = QDialogButtonBox(kinds.Save | kinds.Cancel)
    buttons.button(kinds.Save).setText(NoteTexts.save)
    buttons.button(kinds.Save).setProperty("primary", True)
    buttons.button(kinds.Cancel).setText(NoteTexts.cancel)
    buttons.accepted.connect(dialog.accept)
    buttons.rejected.connect(dialog.reject)
    layout = QVBoxLayout(dialog)
    for part in (heading, editor, hint, buttons):
        layout.addWidget(part)
    dialog.accepted.connect(lambda: done(editor.toPlainText().strip()))
    dialog.resize(420, dialog.sizeHint().height())
    dialog.open()
    editor.setFocus()
    return dialog
