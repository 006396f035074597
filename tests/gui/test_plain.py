"""Markup in the names of files, classes and people is text wherever the window shows it."""

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import Qt as QtText
from PySide6.QtGui import QTextDocumentFragment
from PySide6.QtWidgets import QLabel, QWidget

from medlabel_gui.dialogs.question import Question, ask
from medlabel_gui.grid.tiles import tool_tip
from medlabel_gui.plain import plain_tip
from medlabel_gui.preview.chips import ElidedLabel
from tests.core.tables import table_of

MARKUP = "<img src='file:///etc/x.png'>.png"


def shown(tip: str) -> str:
    """What a tooltip shows: Qt takes it for HTML where it looks like some."""
    return QTextDocumentFragment.fromHtml(tip).toPlainText() if QtText.mightBeRichText(tip) else tip


def test_that_markup_in_the_name_of_a_file_is_text_in_its_tooltip():
    tip = tool_tip(table_of([MARKUP, "plain.png"], [0, 0], note=["<b>note</b>", ""]), 0)
    assert QtText.mightBeRichText(MARKUP) and "<img" not in tip
    assert shown(tip).split("\n")[0] == MARKUP and "<b>note</b>" in shown(tip)


def test_that_a_tooltip_without_markup_is_as_it_was():
    assert plain_tip("a < b\nc & d") == "a < b\nc & d"
    tip = tool_tip(table_of(["plain.png"], [0], zero_shot_confidence=np.full(1, 0.5, np.float32)), 0)
    assert tip.startswith("plain.png\n")


def test_that_a_label_that_is_cut_off_shows_markup_as_text_in_its_tooltip(qtbot):
    label = ElidedLabel()
    qtbot.addWidget(label)
    label.set_text(MARKUP)
    assert label.text() == MARKUP == shown(label.toolTip()) and "<img" not in label.toolTip()


def test_that_a_question_shows_markup_as_text(qtbot):
    parent = QWidget()
    qtbot.addWidget(parent)
    box = ask(parent, Question("title", MARKUP, MARKUP, (("Yes", lambda: None),)))
    labels = [label for label in box.findChildren(QLabel) if label.text() == MARKUP]
    assert len(labels) == 2
    assert all(label.textFormat() == Qt.TextFormat.PlainText for label in labels)
    box.close()
