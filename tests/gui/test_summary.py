"""The lines over the images, and how the two steps beside them stand."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QAction, QColor, QTextDocument
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from core.jobs import JobContext
from core.project.edits import Edit
from core.project.queries import Query, facets, select
from core.project.records import ImageClass, Run, Status
from core.tasks.label import ClassSpec, LabelSpec, set_classes
from core.tasks.refine import RefineSpec
from core.tasks.scan import open_project, scan
from medlabel_gui.counts import Summary, summarise
from medlabel_gui.grid.chips import chip_pixmap
from medlabel_gui.jobs import JobRunner
from medlabel_gui.panels.chip_text import ChipText, chip_mark
from medlabel_gui.panels.classes.counts import images_per_class
from medlabel_gui.panels.sidebar import Sidebar, label_state
from medlabel_gui.panels.summary import SelectionLabel, SummaryPanel, stage_line, summary_line
from medlabel_gui.preview.caption import Caption
from medlabel_gui.session import Session
from medlabel_gui.theme import class_colour, text_on
from tests.gui.conftest import open_in
from tests.gui.fakes import fake_label, fake_refine
from tests.gui.shown import snapshot_of


@pytest.fixture
def labelled(images: Path) -> Path:
    """A project of twelve images with stage 1 labels by the fake."""
    from core.project.project import Project

    folder = open_project(images)
    scan(folder, JobContext())
    with Project.open(folder) as project:
        set_classes(project, [ClassSpec("first"), ClassSpec("second one")], "x")
    fake_label(LabelSpec(folder, model="starter"), JobContext())
    return folder


@pytest.fixture
def session(runner: JobRunner, qtbot: QtBot):
    made = Session(runner)
    yield made
    made.close()
    made.deleteLater()


def test_that_the_summary_says_which_labels_are_shown_and_leaves_the_rest_to_the_panel() -> None:
    assert stage_line(Summary(10, (), 0, 0, 4, False)) == (
        "CLIP's labels are shown, not the refined ones: see Changes."
    )
    assert stage_line(Summary(10, (), 0, 0, 4, True)) == "The refined labels are shown."


def test_that_the_summary_says_that_there_are_warnings() -> None:
    summary = Summary(10, (), 0, 0, 4, True, "the imported", 2)
    assert stage_line(summary) == "The refined labels are shown. ⚠ 2 warnings: see Changes."


def test_that_names_of_classes_are_shown_as_they_are_typed() -> None:
    line = summary_line(Summary(1200, (("a <b> & c", 1100),), 5, 2, None, False))
    assert "a&nbsp;&lt;b&gt;&nbsp;&amp;&nbsp;c" in line and "1,200&nbsp;images" in line
    assert "5&nbsp;decided" in line and "2&nbsp;cannot&nbsp;be&nbsp;read" in line


def test_that_a_hundred_classes_do_not_fill_the_window() -> None:
    counts = tuple((f"class {n}", 1) for n in range(100))
    line = summary_line(Summary(9, counts, 0, 0, None, False))
    assert line.count("<img") == 12 and "and&nbsp;88&nbsp;more&nbsp;classes" in line


def test_that_the_summary_shows_the_chips_of_the_tiles_and_is_read_aloud_without_them(qtbot: QtBot) -> None:
    shown = ChipText()
    qtbot.addWidget(shown)
    shown.resize(300, 40)
    classes = (ImageClass(1, "hand"), ImageClass(2, "head", colour="#123456", key="h"))
    shown.show_text(summary_line(Summary(3, (("hand", 1), ("head", 2)), 0, 0, None, False)), classes)
    assert shown.accessibleName() == "3 images hand 1 head 2"
    image = shown.grab().toImage()
    seen = {image.pixel(x, y) for x in range(image.width()) for y in range(image.height())}
    assert {class_colour(0).rgb(), QColor("#123456").rgb(), text_on(QColor("#123456")).rgb()} <= seen
    kind = QTextDocument.ResourceType.ImageResource.value
    chip = shown._document.resource(kind, QUrl("chip:1"))
    ratio = shown.devicePixelRatioF()
    assert chip.toImage() == chip_pixmap(1, "#123456", "h", ratio=ratio).toImage()


def test_that_chips_and_text_wrap_where_there_is_little_room(qtbot: QtBot) -> None:
    shown = ChipText()
    qtbot.addWidget(shown)
    counts = tuple((f"class {n}", 1) for n in range(12))
    shown.show_text(summary_line(Summary(12, counts, 0, 0, None, False)), ())
    assert shown.heightForWidth(2000) < 30 < 3 * 18 < shown.heightForWidth(300)


def test_that_the_hint_names_the_keys_as_they_are_now(qtbot: QtBot) -> None:
    label = SelectionLabel()
    qtbot.addWidget(label)
    label.show_count(1200)
    assert "1,200 selected" in label.text()
    assert "1 to 9 assign a class · Return accept · U unsure · X exclude · ? all keys" in label.text()
    label.set_keys({"unsure": ("D",), "exclude": ()})
    assert "D unsure" in label.text() and "exclude" not in label.text() and "1,200" in label.text()
    label.show_count(0)
    assert label.text() == ""


def test_that_the_preview_names_the_keys_as_they_are_now(qtbot: QtBot) -> None:
    caption = Caption()
    qtbot.addWidget(caption)
    caption.set_keys({"unsure": ("D",), "exclude": ()})
    assert caption._hints.text() == "1 to 9 assign a class · Return accept · D unsure · Space back"


def test_that_the_summary_follows_the_session(session: Session, labelled: Path, qtbot: QtBot) -> None:
    panel = SummaryPanel(session)
    qtbot.addWidget(panel)
    open_in(session, labelled)
    qtbot.waitUntil(lambda: "second&nbsp;one&nbsp;<b>6</b>" in panel.text)
    session.close()
    panel.refresh()
    assert panel.text == ""


def test_that_each_step_says_how_it_stands_and_the_next_one_stands_out(
    session: Session, labelled: Path, qtbot: QtBot
) -> None:
    owner = QObject()
    label, refine = QAction("Label", owner), QAction("Refine", owner)
    refine.setEnabled(False)
    sidebar = Sidebar(QWidget(), QWidget(), label, refine, session)
    qtbot.addWidget(sidebar)
    first, second = sidebar.label, sidebar.refine
    assert first.state == "Gives every image a label" and not first.button.property("primary")
    assert not second.button.isEnabled() and not second.button.property("primary")
    open_in(session, labelled)
    qtbot.waitUntil(lambda: first.state == "12 labelled by starter")
    assert second.state == "Not refined yet"
    assert second.button.property("primary") and not first.button.property("primary")
    refine.setEnabled(True)
    pressed: list[int] = []
    refine.triggered.connect(lambda: pressed.append(1))
    second.button.click()
    assert pressed == [1]
    fake_refine(RefineSpec(labelled), JobContext())
    session.reload()
    qtbot.waitUntil(lambda: second.state == "6 labels changed")
    assert not second.button.property("primary")


def test_that_label_does_not_stand_out_before_there_are_classes(
    session: Session, images: Path, qtbot: QtBot
) -> None:
    owner = QObject()
    sidebar = Sidebar(QWidget(), QWidget(), QAction("Label", owner), QAction("Refine", owner), session)
    qtbot.addWidget(sidebar)
    project = open_project(images)
    open_in(session, project)
    sidebar.refresh()
    assert not sidebar.label.button.property("primary")
    session.execute(Edit("Set classes", classes=(ImageClass(1, "first"), ImageClass(2, "second"))))
    sidebar.refresh()
    assert sidebar.label.button.property("primary")


def test_that_list_line_and_filters_count_the_same_images() -> None:
    statuses = np.array([Status.PREDICTED, Status.UNSURE, Status.EXCLUDED, Status.CORRECTED], np.uint8)
    snapshot = snapshot_of([0, 0, 0, 1], status=statuses)
    counts, classes = facets(snapshot.table), snapshot.table.classes
    assert summarise(snapshot).labels == (("first", 3), ("second", 1), ("third", 0))
    assert tuple(images_per_class(snapshot.table, classes).values()) == counts.classes == (3, 1, 0)
    for position, count in enumerate(counts.classes):
        assert len(select(snapshot.table, Query(classes=frozenset({position}))).rows) == count


@pytest.mark.parametrize(
    ("statuses", "text"),
    [
        ([Status.UNLABELLED] * 3, "3 images wait for a label"),
        ([Status.UNLABELLED, Status.ERROR, Status.CORRECTED], "1 image waits for a label"),
        ([Status.CORRECTED] * 3, "No image waits for a label"),
        ([], "Gives every image a label"),
    ],
)
def test_that_only_readable_undecided_images_wait_for_a_label(statuses: list[Status], text: str) -> None:
    labels = [0 if status is Status.CORRECTED else -1 for status in statuses]
    assert label_state(snapshot_of(labels, status=np.array(statuses, np.uint8))) == text


def test_that_a_model_from_a_folder_is_told_by_its_name(tmp_path: Path) -> None:
    run = Run(1, "zero-shot", "", (1,), {"model": {"model": str(tmp_path / "my model")}})
    assert label_state(replace(snapshot_of([0, 0]), stage_one=run)) == "2 labelled by my model"


def test_that_one_is_told_as_one() -> None:
    counts = tuple((f"class {n}", 1) for n in range(13))
    line = summary_line(Summary(1, counts, 0, 0, None, False)).replace("&nbsp;", " ")
    assert "<b>1 image</b>" in line and "and 1 more class" in line and "classes" not in line


def test_that_chips_in_the_line_stay_those_of_their_class(qtbot: QtBot) -> None:
    shown = ChipText()
    qtbot.addWidget(shown)
    shown.show_text(chip_mark(0), (ImageClass(3, "third"), ImageClass(1, "first")))
    kind = QTextDocument.ResourceType.ImageResource.value
    chip = shown._document.resource(kind, QUrl("chip:0"))
    assert chip.toImage() == chip_pixmap(2, "", "1", ratio=shown.devicePixelRatioF()).toImage()


def test_that_a_chip_stays_with_its_name_when_the_line_wraps(qtbot) -> None:
    classes = tuple(ImageClass(n, f"class number {n}") for n in range(1, 9))
    widget = ChipText()
    qtbot.addWidget(widget)
    widget.show_text(
        summary_line(Summary(9, tuple((c.name, 1) for c in classes), 0, 0, None, False)), classes
    )
    for width in range(150, 900, 35):
        widget.heightForWidth(width)
        block = widget._document.firstBlock()
        while block.isValid():
            layout = block.layout()
            for number in range(layout.lineCount()):
                line = layout.lineAt(number)
                shown = block.text()[line.textStart() : line.textStart() + line.textLength()].strip()
                assert not shown.endswith("\N{OBJECT REPLACEMENT CHARACTER}"), (width, shown)
            block = block.next()
