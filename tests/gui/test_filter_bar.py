"""The filter bar: it shows the query of the model, changes it, and counts."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QStyle, QStyleOptionComboBox, QToolButton
from pytestqt.qtbot import QtBot

from core.project.queries import Query, RowSet
from core.project.records import Source, Status
from core.project.sorting import Sort
from medlabel_gui.grid.model import ImageModel
from medlabel_gui.jobs import JobRunner
from medlabel_gui.panels.filter_bar import FilterBar
from medlabel_gui.panels.filter_menus import MenuButton, TickMenu
from medlabel_gui.session import Aspect
from tests.gui.shown import ShownSession, snapshot_of


@pytest.fixture
def session(runner: JobRunner) -> ShownSession:
    return ShownSession(runner)


@pytest.fixture
def bar(qtbot: QtBot, session: ShownSession) -> Iterator[FilterBar]:
    """Six images: first, second, third, first, second, none."""
    model = ImageModel(session)
    made = FilterBar(session, model)
    made.model = model
    qtbot.addWidget(made)
    made.resize(780, 40)
    made.show()
    session.put(snapshot_of([0, 1, 2, 0, 1, -1], [0.9, 0.5, 0.7, 0.6, 0.8, np.nan]))
    made.refresh()
    yield made
    for timer in (made._typing, made._counting, model._timer):
        timer.stop()


def actions(button: MenuButton) -> dict[str, QAction]:
    return {action.text().split("\t")[0]: action for action in button.menu().actions() if action.text()}


def counts(button: MenuButton) -> dict[str, str]:
    split = (action.text().split("\t") for action in button.menu().actions())
    return {part[0]: part[1] for part in split if len(part) == 2}


def tick(button: MenuButton, *texts: str) -> None:
    for text in texts:
        actions(button)[text].trigger()


def test_that_classes_are_ticked_with_counts(bar: FilterBar) -> None:
    assert counts(bar.classes) == {"first": "2", "second": "2", "third": "1", "No label": "1"}
    tick(bar.classes, "second")
    assert bar.model.rows.tolist() == [1, 4] and bar.classes.text() == "second ▾"
    tick(bar.classes, "No label")
    assert bar.model.rows.tolist() == [1, 4, 5] and bar.classes.text() == "Class: 2 ▾"
    tick(bar.classes, "first", "third")  # all: no filter any more
    assert bar.model.query == Query() and bar.classes.text() == "Class ▾"
    tick(bar.classes, "first", "All classes")
    assert bar.model.query == Query()


def test_that_statuses_are_ticked_with_counts(bar: FilterBar, session: ShownSession) -> None:
    session.decide([0], Status.ACCEPTED)
    bar.refresh()
    assert counts(bar.statuses)["Waiting"] == "4" and counts(bar.statuses)["Accepted"] == "1"
    tick(bar.statuses, "Accepted", "Not labelled")
    assert bar.model.query.statuses == frozenset({Status.ACCEPTED, Status.UNLABELLED})
    assert bar.model.rows.tolist() == [0, 5]


def test_that_typing_filters_after_a_moment_and_enter_at_once(qtbot: QtBot, bar: FilterBar) -> None:
    QTest.keyClicks(bar.text, "3.p")
    assert bar.model.query == Query()
    qtbot.waitUntil(lambda: bar.model.rows.tolist() == [3])
    QTest.keyClicks(bar.text, "x")
    QTest.keyClick(bar.text, Qt.Key.Key_Return)
    assert bar.model.rowCount() == 0
    bar.text.clear()
    QTest.keyClick(bar.text, Qt.Key.Key_Return)
    assert bar.model.query == Query()


def test_that_the_fields_own_button_goes_with_the_text_and_clears_it(qtbot: QtBot, bar: FilterBar) -> None:
    cross = next(
        button
        for button in bar.text.findChildren(QToolButton)
        if button.defaultAction().objectName() == "_q_qlineeditclearaction"
    )
    QTest.keyClicks(bar.text, "3.p")
    qtbot.waitUntil(lambda: bar.model.rows.tolist() == [3] and cross.property("opacity") == 1)
    bar.clear()
    qtbot.waitUntil(lambda: cross.property("opacity") == 0)
    assert bar.text.text() == "" and not bar._typing.isActive()
    bar.set_query(Query(text="4"))
    assert bar.text.text() == "4" and not bar._typing.isActive()
    qtbot.waitUntil(lambda: cross.property("opacity") == 1)
    cross.click()
    qtbot.waitUntil(lambda: bar.model.query == Query())
    qtbot.waitUntil(lambda: cross.property("opacity") == 0)


def test_that_another_filter_does_not_lose_what_was_just_typed(bar: FilterBar) -> None:
    QTest.keyClicks(bar.text, "4")
    tick(bar.classes, "second")
    assert bar.model.query.text == "4" and bar.model.rows.tolist() == [4]


@pytest.mark.parametrize(
    ("entry", "wanted", "text", "rows"),
    [
        ("≤ 60 %", (0.0, 0.6), "≤ 60 % ▾", [1, 3]),
        ("60-90 %", (0.6, 0.9), "60-90 % ▾", [0, 2, 3, 4]),
        ("≥ 90 %", (0.9, 1.0), "≥ 90 % ▾", [0]),
    ],
)
def test_that_usual_ranges_of_confidence_are_one_click(bar: FilterBar, entry, wanted, text, rows) -> None:
    tick(bar.confidence, entry)
    assert bar.model.query.confidence == wanted and bar.confidence.text() == text
    assert bar.model.rows.tolist() == rows
    assert (bar.confidence.low.value(), bar.confidence.high.value()) == tuple(round(100 * w) for w in wanted)
    tick(bar.confidence, "Any confidence")
    assert bar.model.query == Query() and bar.confidence.text() == "Confidence ▾"


def test_that_any_range_of_confidence_can_be_typed(bar: FilterBar) -> None:
    bar.confidence.low.setValue(55)
    bar.confidence.high.setValue(75)
    assert bar.model.query.confidence == (0.55, 0.75) and bar.model.rows.tolist() == [2, 3]
    bar.confidence.low.setValue(85)  # pushes the other end
    assert bar.model.query.confidence == (0.85, 0.85)
    bar.confidence.high.setValue(40)
    assert bar.model.query.confidence == (0.4, 0.4)


def test_that_changes_and_disagreement_are_ticked_with_counts(bar: FilterBar, session: ShownSession) -> None:
    table = session.table
    table.refined_label[:3] = [1, 0, 2]
    table.label[0], table.source[0] = 1, Source.REFINEMENT
    bar.refresh()
    ticks = {"Changed by refining": "1", "First and refined disagree": "2", "Duplicates": "0"}
    assert counts(bar.more) == ticks
    tick(bar.more, "Changed by refining")
    assert bar.model.rows.tolist() == [0] and bar.more.text() == "Changed by ref… ▾"
    tick(bar.more, "Changed by refining", "First and refined disagree")
    assert bar.model.rows.tolist() == [0, 1]
    tick(bar.more, "Changed by refining")  # all of them is a filter too
    assert bar.model.query.changed and bar.model.query.disagree
    tick(bar.more, "None of these")
    assert bar.model.query == Query()


def test_that_unreadable_images_are_one_filter_whose_name_is_not_cut(
    bar: FilterBar, session: ShownSession
) -> None:
    session.table.status[4] = Status.ERROR
    bar.set_query(Query(statuses=frozenset({Status.ERROR})))
    assert bar.model.rows.tolist() == [4]
    on = [b.text() for b in (bar.classes, bar.statuses, bar.confidence, bar.more) if b.isChecked()]
    assert on == ["Cannot be read ▾"]


def test_that_the_search_field_keeps_its_room_whatever_is_filtered_by(qtbot: QtBot, bar: FilterBar) -> None:
    everything = Query(
        classes=frozenset({1}),
        statuses=frozenset({Status.ERROR}),
        confidence=(0.6, 0.9),
        disagree=True,
        sort=Sort.REVIEW,
    )
    bar.set_query(everything)
    bar.resize(bar.minimumSizeHint().width(), 120)
    qtbot.waitUntil(lambda: bar.order.mapTo(bar, QPoint()).y() > bar.text.geometry().bottom())
    bar.layout().activate()
    assert bar.text.width() >= 120 and bar.counter.geometry().right() <= bar.width()
    bar.resize(1400, 120)
    bar.layout().activate()
    assert bar.order.mapTo(bar, QPoint()).y() < bar.text.geometry().bottom()


def test_that_no_order_is_cut_in_its_box(bar: FilterBar) -> None:
    box = bar.order.sort
    option = QStyleOptionComboBox()
    box.initStyleOption(option)
    complex_control, field = QStyle.ComplexControl.CC_ComboBox, QStyle.SubControl.SC_ComboBoxEditField
    room = box.style().subControlRect(complex_control, option, field, box).width()
    widest = max(box.fontMetrics().horizontalAdvance(box.itemText(n)) for n in range(box.count()))
    assert widest <= room


def test_that_every_status_says_what_it_means(bar: FilterBar) -> None:
    tips = {name: action.toolTip() for name, action in actions(bar.statuses).items()}
    assert tips["Waiting"] == "Labelled by a model, and waiting for a person's decision"
    assert all(tips[name] != name for name in tips if name != "All statuses")


def test_that_the_order_is_chosen_and_turned_round(bar: FilterBar) -> None:
    bar.order.sort.setCurrentIndex(list(Sort).index(Sort.CONFIDENCE))
    bar.order.sort.activated.emit(bar.order.sort.currentIndex())
    assert bar.model.rows.tolist() == [1, 3, 2, 4, 0, 5]
    assert "Least confident first" in bar.order.direction.toolTip()
    bar.order.direction.click()
    assert bar.model.rows.tolist() == [0, 4, 2, 3, 1, 5]
    assert "Most confident first" in bar.order.direction.toolTip()
    bar.order.group.click()
    assert bar.model.query.by_class and bar.model.groups[0] == (0, 2)
    bar.order.group.click()
    assert bar.model.groups == ()


def test_that_a_query_made_elsewhere_is_shown_and_its_tags_take_it_away(bar: FilterBar) -> None:
    bar.set_query(
        Query(pair=(1, 0), rows=RowSet(np.array([1, 2, 3], np.int64)), text="png", sort=Sort.REVIEW)
    )
    assert bar.tags.isVisible() and bar.text.text() == "png"
    assert bar.tags.texts == [
        "Only what waits for a decision", "First: second, refined: first", "3 chosen images",
    ]  # fmt: skip
    bar.tags.tags[2].click()
    assert bar.model.query == Query(pair=(1, 0), text="png", sort=Sort.REVIEW)
    bar.tags.tags[0].click()
    bar.tags.tags[0].click()
    assert bar.model.query == Query(text="png") and not bar.tags.isVisible()
    bar.model.set_query(Query(pair=(0, 0)))
    assert bar.tags.texts == ["First and refined: first"]


def test_that_clearing_keeps_the_order(bar: FilterBar) -> None:
    ordered = Query(sort=Sort.NAME, descending=True, by_class=True)
    assert not bar.clear_button.isEnabled()
    bar.set_query(replace(ordered, text="1", classes=frozenset({0}), confidence=(0.1, 0.9)))
    assert bar.clear_button.isEnabled()
    bar.clear_button.click()
    assert bar.model.query == ordered and bar.text.text() == ""
    bar.set_query(Query(sort=Sort.REVIEW))
    bar.clear()
    assert bar.model.query == Query()


def test_that_shown_and_all_images_are_counted(bar: FilterBar, session: ShownSession) -> None:
    assert bar.counter.text() == "6 images"
    bar.set_query(Query(classes=frozenset({0})))
    assert bar.counter.text() == "2 of 6"
    session.put(snapshot_of([0] * 1234))
    assert bar.counter.text() == "1,234 images"
    session.put(snapshot_of([0]))
    assert bar.counter.text() == "1 image"


def test_that_counts_follow_the_labels(qtbot: QtBot, bar: FilterBar, session: ShownSession) -> None:
    session.decide([0], Status.CORRECTED, 1)
    qtbot.waitUntil(lambda: counts(bar.classes)["second"] == "3")
    assert counts(bar.statuses)["Corrected"] == "1"


def test_that_renamed_and_removed_classes_are_followed(bar: FilterBar, session: ShownSession) -> None:
    tick(bar.classes, "second")
    snapshot = session.snapshot
    first, second, _ = snapshot.table.classes
    classes = (first, replace(second, name="renamed & more"))
    table = replace(snapshot.table, classes=classes, label=np.minimum(snapshot.table.label, 1))
    session.put(replace(snapshot, table=table), aspect=Aspect.TABLE)
    bar.refresh()
    assert list(counts(bar.classes)) == ["first", "renamed && more", "No label"]
    assert bar.classes.text() == "renamed & more ▾" and bar.model.query.classes == frozenset({1})
    table = replace(table, classes=(first,), label=np.minimum(table.label, 0))
    session.put(replace(snapshot, table=table), aspect=Aspect.TABLE)
    bar.refresh()
    assert bar.model.query == Query() and list(counts(bar.classes)) == ["first", "No label"]


def test_that_another_project_has_no_filter(bar: FilterBar, session: ShownSession) -> None:
    bar.set_query(Query(text="1", classes=frozenset({0}), by_class=True))
    session.put(snapshot_of([0, 1]))
    assert bar.text.text() == "" and not bar.order.group.isChecked() and bar.model.query == Query()


def test_that_a_menu_stays_open_while_its_entries_are_ticked(qtbot: QtBot, qtlog) -> None:
    menu = TickMenu()
    qtbot.addWidget(menu)
    told = []
    for name in "ab":
        action = menu.addAction(name)
        action.setCheckable(True)
        action.toggled.connect(lambda on, name=name: told.append((name, on)))
    plain = menu.addAction("c")
    plain.triggered.connect(lambda: told.append(("c", True)))
    with qtlog.disabled():  # the offscreen platform says that it can neither raise nor grab
        menu.popup(QPoint(0, 0))
    first, second, third = menu.actions()
    QTest.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(first).center())
    menu.setActiveAction(second)
    QTest.keyClick(menu, Qt.Key.Key_Space)
    assert menu.isVisible() and told == [("a", True), ("b", True)]
    QTest.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(third).center())
    assert not menu.isVisible() and told[-1] == ("c", True)


def test_that_the_bar_fits_between_two_docks_and_everything_has_a_name(bar: FilterBar) -> None:
    bar.set_query(
        Query(classes=frozenset({0}), statuses=frozenset({Status.PREDICTED}), confidence=(0.1, 0.9))
    )
    assert bar.minimumSizeHint().width() <= 750 and bar.sizeHint().height() <= 40
    for widget in (bar.text, bar.order.sort, *bar.findChildren(QToolButton)):
        if widget.objectName() != "_q_qlineeditclearbutton" and widget.parent() is not bar.text:
            assert widget.toolTip() and widget.accessibleName(), widget


def test_that_the_text_field_takes_the_focus(qtbot: QtBot, bar: FilterBar) -> None:
    bar.set_query(Query(text="abc"))
    bar.activateWindow()
    bar.focus_text()
    qtbot.waitUntil(bar.text.hasFocus)
    assert bar.text.selectedText() == "abc"
