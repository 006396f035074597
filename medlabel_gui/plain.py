"""Texts with names of files, classes and people in them: markup in those is text."""

from PySide6.QtCore import Qt
from PySide6.QtGui import Qt as QtText
from PySide6.QtWidgets import QLabel, QWidget


def plain_tip(text: str) -> str:
    """A tooltip that shows `text` as it is: Qt would take it for HTML where there seems to be a tag in it."""
    return QtText.convertFromPlainText(text) if QtText.mightBeRichText(text) else text


def show_as_plain(widget: QWidget) -> None:
    """Let every label in `widget` show its text as it is, those that Qt has made itself too."""
    for label in widget.findChildren(QLabel):
        label.setTextFormat(Qt.TextFormat.PlainText)
