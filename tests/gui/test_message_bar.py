"""The message bar: what is told, in which order, and what can be copied."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLineEdit, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from core.errors import UserError
from medlabel_gui.message import MOST, Kind, Message, Messages
from medlabel_gui.panels import message_bar
from medlabel_gui.panels.message_bar import MessageBar
from medlabel_gui.panels.short_label import wrap

LONG = "The file could not be read. " * 40


@pytest.fixture
def bar(qtbot: QtBot) -> Iterator[MessageBar]:
    window = QWidget()
    qtbot.addWidget(window)
    layout = QVBoxLayout(window)
    made = MessageBar()
    layout.addWidget(made)
    layout.addWidget(QLineEdit())
    window.resize(800, 200)
    window.show()
    yield made


def button(bar: MessageBar, text: str) -> QPushButton:
    return next(b for b in bar.findChildren(QPushButton) if b.text() == text and b.isVisible())


def shown_buttons(bar: MessageBar) -> set[str]:
    return {b.text() for b in bar.findChildren(QPushButton) if b.isVisible()}


def test_that_a_user_error_is_told_in_its_own_words(bar: MessageBar) -> None:
    bar.show_error(UserError("a.png is broken.", "Export it again."))
    assert bar.text == "a.png is broken. Export it again." and bar.isVisible()
    assert "Traceback" not in bar.details


def test_that_the_details_of_an_error_name_versions_and_project(bar: MessageBar) -> None:
    bar.set_context("Project /somewhere/x.medlabel")
    bar.show_error(UserError("a.png is broken.", "Export it again."))
    button(bar, "Copy details").click()
    copied = QGuiApplication.clipboard().text()
    for part in (
        "a.png is broken. Export it again.",
        "MedLabel 0",
        "Qt 6",
        "Python 3",
        "/somewhere/x.medlabel",
    ):
        assert part in copied
    assert shown_buttons(bar) == {"Copied"}


def test_that_the_details_of_a_bug_have_its_traceback(bar: MessageBar) -> None:
    try:
        raise ValueError("no <b>markup</b>")
    except ValueError as error:
        bar.show_error(error)
    assert "ValueError: no <b>markup</b>" in bar.text
    assert "test_message_bar.py" in bar.details


def test_that_the_traceback_of_another_process_is_copied_instead_of_our_own(bar: MessageBar) -> None:
    error = RuntimeError("worker failed")
    error.details = "Traceback of the worker\nTorchError: boom"  # type: ignore[attr-defined]
    bar.show_error(error)
    assert "TorchError: boom" in bar.details and "Traceback (most recent" not in bar.details


def test_that_the_cause_of_a_user_error_is_in_its_details(bar: MessageBar) -> None:
    error = UserError("The project cannot be written.")
    error.__cause__ = OSError(28, "No space left on device")
    bar.show_error(error)
    assert "No space left on device" in bar.details and "No space" not in bar.text


def test_that_a_note_replaces_a_note_and_an_error_replaces_both(bar: MessageBar) -> None:
    bar.show_note("one")
    bar.show_note("two")
    assert bar.text == "two" and not bar._next.isVisible()
    bar.show_error(UserError("broken"))
    assert bar.text == "broken" and bar.kind is Kind.ERROR and not bar._next.isVisible()


def test_that_an_error_stays_until_it_is_closed_and_the_note_waits(bar: MessageBar) -> None:
    bar.show_error(UserError("broken"))
    bar.show_note("done")
    assert bar.text == "broken" and bar._at.text() == "1 of 2"
    bar._next.click()
    assert bar.text == "done"
    bar._back.click()
    bar._close.click()
    assert bar.text == "done" and bar.isVisible()
    bar._close.click()
    assert not bar.isVisible() and bar.text == ""


def test_that_the_newest_of_two_errors_is_shown_and_the_other_can_be_paged_to(bar: MessageBar) -> None:
    bar.show_error(UserError("first"))
    bar.show_error(UserError("second"))
    assert bar.text == "second" and bar._at.text() == "2 of 2"
    bar._back.click()
    assert bar.text == "first"


def test_that_the_same_error_is_not_listed_twice(bar: MessageBar) -> None:
    bar.show_error(UserError("first"))
    bar.show_error(UserError("first"))
    assert not bar._at.isVisible()


@given(st.lists(st.sampled_from(["note", "warning", "error", "close", "next", "back"]), max_size=30))
def test_that_no_unread_error_is_hidden_by_a_note_and_few_are_kept(steps: list[str]) -> None:
    messages = Messages()
    for number, step in enumerate(steps):
        before = messages.shown
        if step in ("note", "warning", "error"):
            messages = messages.add(Message(Kind(step), str(number)))
            if step == "error" or before is None or before.kind is not Kind.ERROR:
                assert messages.shown is not None and messages.shown.text == str(number)
            else:
                assert messages.shown is before
        else:
            messages = messages.close() if step == "close" else messages.step(1 if step == "next" else -1)
        assert len(messages.kept) <= MOST
        assert (messages.shown is None) == (messages.kept == ())


def test_that_what_is_over_goes_and_errors_stay(bar: MessageBar) -> None:
    bar.show_note("done")
    bar.clear_notes()
    assert not bar.isVisible()
    bar.show_error(UserError("broken"))
    bar.show_note("done")
    bar.clear_notes()
    assert bar.text == "broken" and bar.isVisible() and not bar._at.isVisible()
    bar.clear()
    assert not bar.isVisible() and bar.text == ""


def test_that_hiding_the_bar_forgets_what_it_told(bar: MessageBar) -> None:
    bar.show_error(UserError("broken"))
    bar.hide()
    bar.show_note("done")
    assert bar.text == "done" and not bar._at.isVisible()


def test_that_the_callers_buttons_do_what_they_say_and_go_with_the_message(bar: MessageBar) -> None:
    pressed: list[str] = []
    bar.show_warning("The folder is gone.", actions=[("Find it…", lambda: pressed.append("find"))])
    button(bar, "Find it…").click()
    assert pressed == ["find"]
    bar.show_note("done")
    assert shown_buttons(bar) == set()


def test_that_a_path_can_be_shown_in_its_folder(
    bar: MessageBar, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[Path] = []
    monkeypatch.setattr(message_bar, "reveal", shown.append)
    bar.show_note("Exported.", tmp_path / "labels.csv")
    button(bar, "Show in folder").click()
    assert shown == [tmp_path / "labels.csv"]


def test_that_a_long_text_takes_three_lines_until_all_of_it_is_asked_for(
    bar: MessageBar, qtbot: QtBot
) -> None:
    bar.show_error(UserError(LONG.strip()))
    qtbot.waitUntil(lambda: bar._text.text().count("\n") == 2)
    assert bar._text.text().endswith("…") and bar.text == LONG.strip() and LONG.strip() in bar.details
    button(bar, "Show all").click()
    assert bar._text.text().replace("\n", " ") == LONG.strip()
    assert "Show all" not in shown_buttons(bar)


@given(st.text("ab /\n", max_size=300), st.integers(160, 600))
def test_that_lines_keep_every_word_and_stop_where_told(text: str, width: int) -> None:
    font = QGuiApplication.font()
    lines, whole = wrap(text, font, width)
    assert whole and "".join("".join(lines).split()) == "".join(text.split())
    short, all_shown = wrap(text, font, width, 3)
    assert len(short) <= 3 and all_shown == (len(lines) <= 3)
    assert short[:2] == lines[:2]


def test_that_a_message_does_not_take_the_focus_but_is_read_out(bar: MessageBar, qtbot: QtBot) -> None:
    field = bar.window().findChild(QLineEdit)
    bar.window().activateWindow()
    field.setFocus()
    bar.show_error(UserError("broken"))
    assert bar.window().focusWidget() is field
    assert bar.accessibleName() == "Error: broken"


FOUR = ["Show the new ones", "Label the new ones", "Show the missing ones", "Show them"]


def test_that_many_buttons_go_below_the_text_and_never_widen_the_window(
    bar: MessageBar, qtbot: QtBot
) -> None:
    bar.show_warning("Found 418 images.", actions=[(text, lambda: None) for text in FOUR])
    window = bar.window()
    assert window.minimumSizeHint().width() <= 400
    beside = bar._buttons.line_width + 600
    for width in (beside, 520, 380, beside):
        window.resize(width, 300)
        qtbot.waitUntil(lambda width=width: is_laid_out(bar, below=width < beside))
    assert bar.minimumSizeHint().width() <= 400


def is_laid_out(bar: MessageBar, below: bool) -> bool:
    """Whether all four buttons are inside the bar, none on another, and below the text or beside it."""
    places = [button(bar, text).geometry().translated(bar._buttons.pos()) for text in FOUR]
    inside = all(bar.rect().contains(place) for place in places)
    apart = not any(one.intersects(other) for one, other in pairwise(places))
    return inside and apart and below == (places[0].top() > bar._text.geometry().bottom())


def test_that_a_bar_without_buttons_is_one_line(bar: MessageBar) -> None:
    bar.show_note("Labelled 415 images.")
    plain = bar.sizeHint().height()
    bar.show_note("Labelled 415 images.", actions=[(text, lambda: None) for text in FOUR])
    bar.show_note("Labelled 415 images.")
    assert bar._buttons.isHidden() and bar.sizeHint().height() == plain
