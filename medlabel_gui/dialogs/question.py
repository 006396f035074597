"""A question with named answers. It opens and returns at once; the answer does what it stands for."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QMessageBox, QWidget

from medlabel_gui.plain import show_as_plain

Answer = tuple[str, Callable[[], None]]


@dataclass(frozen=True)
class Question:
    """`answers` in the order of their likelihood, the first is the default; Cancel is always there and does nothing."""

    title: str
    text: str
    info: str
    answers: tuple[Answer, ...]


def ask(parent: QWidget, question: Question) -> QMessageBox:
    """Open the question over `parent`."""
    box = QMessageBox(QMessageBox.Icon.Question, question.title, question.text, parent=parent)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setInformativeText(question.info)
    meant: dict[QAbstractButton, Callable[[], None]] = {}
    for number, (text, act) in enumerate(question.answers):
        role = QMessageBox.ButtonRole.DestructiveRole if number else QMessageBox.ButtonRole.AcceptRole
        button = box.addButton(text, role)
        meant[button] = act
        if not number:
            box.setDefaultButton(button)
    box.addButton(QMessageBox.StandardButton.Cancel)
    show_as_plain(box)

    def answered() -> None:
        act = meant.get(box.clickedButton())
        if act is not None:
            act()

    box.finished.connect(lambda _: answered())
    box.open()
    return box
