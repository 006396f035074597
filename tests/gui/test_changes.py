"""What the refinement changed: counting, words, the matrix and the way to the images."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QAbstractScrollArea, QStyleOptionViewItem

from core.project.records import ImageClass, Run
from medlabel_gui.palette import contrast
from medlabel_gui.panels.changes import ChangesPanel, compare
from medlabel_gui.panels.changes_matrix import MatrixModel, MatrixView, count_pairs, shade
from medlabel_gui.session import Aspect, Change, Session
from medlabel_gui.theme import class_colour, colours
from tests.gui.refined import label_again, labelled_project, refine, show

BEFORE = (0, 0, 0, 0, 1, 1, 2, -1)
AFTER = (0, 0, 1, 1, 1, 0, 2, -1)


def snapshot(before=BEFORE, after=AFTER, names=("chest", "hand", "head"), **run):
    table = SimpleNamespace(
        zero_shot_label=np.array(before, np.int32),
        refined_label=np.array(after, np.int32),
        classes=tuple(ImageClass(i, name) for i, name in enumerate(names, 1)),
    )
    made = Run(5, "refinement", "", (0, 1), finished=True, parent=1, **run)
    return SimpleNamespace(
        table=table, refinement=made, stage_one=Run(1, "zero-shot", "", (0, 1)), runs=(made,)
    )


class FakeSession(QObject):
    changed = Signal(Change)
    snapshot = None


@pytest.fixture
def session(qtbot):
    made = FakeSession()
    yield made
    made.deleteLater()


@pytest.fixture
def panel(qtbot, session):
    made = ChangesPanel(session)
    made.resize(320, 500)
    qtbot.addWidget(made)
    return made


def present(panel, session, found) -> MatrixView:
    session.snapshot = found
    panel.refresh()
    panel.show()
    return panel._view


# Counting


LABELS = hnp.arrays(np.int32, st.shared(st.integers(0, 60), key="n"), elements=st.integers(-1, 4))


@given(LABELS, LABELS)
def test_that_pairs_are_counted_as_one_by_one(before, after):
    wanted = np.zeros((5, 5), np.int64)
    for i, j in zip(before.tolist(), after.tolist(), strict=True):
        if i >= 0 and j >= 0:
            wanted[i, j] += 1
    assert (count_pairs(before, after, 5) == wanted).all()


def test_that_changes_are_told_with_counts_and_share():
    found = compare(snapshot())
    assert found.headline == "Refining changed 3 of 7 labels (42.9%)." and found.changed == 3
    assert "shown and exported" in found.delivery
    assert found.matrix.counts.tolist() == [[2, 2, 0], [1, 1, 0], [0, 0, 1]]


def test_that_a_refinement_that_does_not_deliver_says_why():
    found = compare(snapshot(delivers=False, note="It gave up a class."))
    assert "CLIP's labels stay" in found.delivery and found.delivery.endswith("It gave up a class.")
    assert found.headline == "Refining would change 3 of 7 labels (42.9%)."
    unchanged = compare(snapshot(after=BEFORE, delivers=False))
    assert unchanged.headline == "Refining would change none of 7 labels."


def test_that_only_images_with_a_label_of_each_stage_count():
    found = compare(snapshot(before=(0, 1, -1, 2, -1), after=(1, 1, 2, -1, -1)))
    assert found.headline == "Refining changed 1 of 2 labels (50.0%)." and found.changed == 1
    assert found.matrix.counts.sum() == 2


def test_that_a_refinement_that_changes_nothing_says_so():
    assert compare(snapshot(after=BEFORE)).headline == "Refining changed none of 7 labels."


def test_that_imported_labels_are_not_called_clips():
    found = snapshot(delivers=False)
    found.stage_one = replace(found.stage_one, kind="imported")
    assert "the imported labels stay" in compare(found).delivery


CANDIDATES = [
    {"name": "propagation", "title": "Label propagation", "chosen": True, "score": 0.0123},
    {"name": "student", "title": "Student network", "chosen": False, "score": 0.2},
    {"name": "stage-one", "title": "CLIP's labels", "chosen": False, "score": None},
]


def test_that_the_number_behind_a_reason_is_not_shown():
    note = "The classes do not separate in the images (normalised cut 0.15)."
    kept = compare(snapshot(delivers=False, note=note, metrics={"candidate": "stage one", "reason": note}))
    assert kept.delivery.endswith("The classes do not separate in the images.")
    assert "normalised" not in kept.taken


def test_that_the_candidate_that_was_taken_is_told_with_its_reason():
    metrics = {"candidates": CANDIDATES, "candidate": "propagation", "reason": "Its classes separate best."}
    found = compare(snapshot(metrics=metrics))
    assert found.taken == "Taken: Label propagation. Its classes separate best."
    assert found.compared == "Compared with: Student network, CLIP's labels."
    kept = "of the ties between like images kept"
    assert found.scores == f"Label propagation: 0.012 {kept}\nStudent network: 0.200 {kept}"
    kept = compare(snapshot(metrics=metrics, delivers=False, note="Its classes separate best."))
    assert kept.delivery.endswith("Its classes separate best.")
    assert kept.taken == "Best candidate: Label propagation."


@pytest.mark.parametrize(
    "metrics", [{}, {"candidates": 3, "warnings": "x", "reason": None}, {"candidates": [1]}]
)
def test_that_a_refinement_of_another_version_is_told_without_candidates(metrics):
    found = compare(snapshot(metrics=metrics))
    assert (found.taken, found.compared, found.warnings) == ("", "", ())


def test_that_warnings_stand_in_a_box_of_their_own(panel, session):
    warnings = ["The errors look learnable.", "The classes do not separate."]
    present(panel, session, snapshot(metrics={"warnings": warnings}))
    assert panel.warning == "\n".join(warnings) and panel._notice.isVisible()
    image = panel._notice.grab().toImage()
    assert image.pixelColor(4, image.height() // 2) == QColor(colours().warning_fill)
    present(panel, session, snapshot())
    assert not panel._notice.isVisible()


def test_that_labels_of_a_saved_model_are_not_called_clips():
    found = snapshot(delivers=False)
    found.stage_one = replace(found.stage_one, kind="predicted")
    assert "the saved model's labels stay" in compare(found).delivery


def test_that_nothing_is_told_of_a_project_without_a_refinement():
    assert "Nothing has been refined" in compare(None).headline
    found = snapshot()
    found.refinement, found.runs = None, ()
    assert "Nothing has been refined" in compare(found).headline
    assert compare(found).matrix is None


# The panel


def test_that_a_refinement_of_earlier_prompts_asks_for_another_one(qtbot, runner, images):
    session = Session(runner)
    panel = ChangesPanel(session)
    qtbot.addWidget(panel)
    project = labelled_project(images)
    refine(project)
    show(session, project)
    qtbot.waitUntil(lambda: "changed 6 of 12" in panel.text)
    label_again(project)
    session.reload()
    qtbot.waitUntil(lambda: "Run “Refine” again" in panel.text)
    assert panel._view.isHidden() and panel._review.isHidden()
    session.close()
    session.deleteLater()


def test_that_only_new_snapshots_are_counted(panel, session, qtbot, monkeypatch):
    counted = []
    session.snapshot = snapshot()
    monkeypatch.setattr(
        "medlabel_gui.panels.changes.compare", lambda found: counted.append(found) or compare(found)
    )
    for aspect in (Aspect.LABELS, Aspect.HISTORY):
        session.changed.emit(Change(aspect))
    assert not panel._timer.isActive()
    for _ in range(50):
        session.changed.emit(Change(Aspect.TABLE))
    qtbot.waitUntil(lambda: bool(counted))
    assert len(counted) == 1 and "changed 3 of 7" in panel.text


def test_that_one_click_leads_to_the_changed_images(panel, session, qtbot):
    present(panel, session, snapshot())
    assert panel._review.text() == "Review the 3 changed images"
    with qtbot.waitSignal(panel.changed_wanted):
        qtbot.mouseClick(panel._review, Qt.MouseButton.LeftButton)
    present(panel, session, snapshot(after=BEFORE))
    assert not panel._review.isEnabled()
    present(panel, session, snapshot(before=(0, 1), after=(0, 0)))
    assert panel._review.text() == "Review the changed image"
    present(panel, session, snapshot(delivers=False))
    assert panel._review.text() == "Review the 3 images it would change"
    present(panel, session, snapshot(before=(0, 1), after=(0, 0), delivers=False))
    assert panel._review.text() == "Review the image it would change"


def test_that_a_click_on_a_cell_names_its_pair(panel, session, qtbot):
    view = present(panel, session, snapshot())
    place = view.visualRect(view.model().index(0, 1)).center()
    with qtbot.waitSignal(panel.pair_chosen) as chosen:
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert chosen.args == [0, 1]


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space])
def test_that_cells_are_reached_and_chosen_by_the_keyboard(panel, session, qtbot, key):
    view = present(panel, session, snapshot())
    chosen = []
    panel.pair_chosen.connect(lambda row, column: chosen.append((row, column)))
    view.setCurrentIndex(view.model().index(0, 0))
    qtbot.keyClick(view, Qt.Key.Key_Down)
    qtbot.keyClick(view, key)
    assert chosen == [(1, 0)]
    qtbot.keyClick(view, Qt.Key.Key_Right)
    qtbot.keyClick(view, Qt.Key.Key_Right)
    qtbot.keyClick(view, key)
    assert chosen == [(1, 0)]  # there is no image in that cell


def test_that_the_current_cell_stays_when_the_numbers_change(panel, session):
    view = present(panel, session, snapshot())
    view.setCurrentIndex(view.model().index(1, 0))
    present(panel, session, snapshot(after=BEFORE))
    assert (view.currentIndex().row(), view.currentIndex().column()) == (1, 0)
    assert view.model().index(1, 1).data() == "2"


def test_that_cells_and_headers_say_what_they_mean(panel, session):
    view = present(panel, session, snapshot())
    model = view.model()
    say = Qt.ItemDataRole.AccessibleTextRole
    assert model.index(0, 1).data(say) == "2 images: CLIP's label chest, refined hand"
    assert model.index(1, 1).data(say) == "1 image: hand in both"
    assert model.index(0, 2).data() == ""
    tips = [
        model.headerData(1, orientation, Qt.ItemDataRole.ToolTipRole)
        for orientation in (Qt.Orientation.Vertical, Qt.Orientation.Horizontal)
    ]
    assert tips == ["hand: CLIP's label of 2 images", "hand: refined label of 3 images"]
    assert model.headerData(7, Qt.Orientation.Vertical) is None
    assert "CLIP's" in view.accessibleName()


def test_that_the_matrix_is_a_sound_item_model(qtbot, qtmodeltester):
    model = MatrixModel()
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    for names in (("a", "b", "c"), ("a", "b", "c"), ("x", "y", "z", "w")):
        model.show_matrix(compare(snapshot(names=names)).matrix)
        qtmodeltester.check(model)
    tester.deleteLater()
    model.deleteLater()


def test_that_a_hundred_classes_scroll_under_headers_that_stay(panel, session):
    rng = np.random.default_rng(0)
    before, after = rng.integers(0, 100, (2, 5000))
    view = present(panel, session, snapshot(before, after, [f"class {i}" for i in range(100)]))
    assert isinstance(view, QAbstractScrollArea) and view.height() < 500
    header = view.verticalHeader().geometry()
    view.scrollTo(view.model().index(99, 99))
    assert view.visualRect(view.model().index(99, 99)).intersects(view.viewport().rect())
    assert view.verticalHeader().geometry() == header and view.horizontalHeader().isVisible()


def test_that_two_classes_take_little_room(panel, session):
    view = present(panel, session, snapshot((0, 1, 1), (0, 1, 0), ("a", "b")))
    assert view.maximumHeight() < 150 and view.columnWidth(0) > 60


def painted(view, row: int, column: int) -> QColor:
    """The fill of a cell, beside its number."""
    option = QStyleOptionViewItem()
    option.rect = view.visualRect(view.model().index(0, 0)).translated(-10_000, -10_000)
    option.rect.moveTo(0, 0)
    image = QImage(option.rect.size(), QImage.Format.Format_RGB32)
    painter = QPainter(image)
    view.itemDelegate().paint(painter, option, view.model().index(row, column))
    painter.end()
    return image.pixelColor(3, 3)


def test_that_what_changed_is_shaded_by_its_count_and_what_stayed_is_quiet(panel, session):
    before = (0,) * 5 + (1,) * 50 + (2,) * 100
    after = (1,) * 5 + (0,) * 50 + (2,) * 100
    view = present(panel, session, snapshot(before, after))
    base = QColor(colours().base)
    few, many = painted(view, 0, 1), painted(view, 1, 0)
    assert 1 < contrast(few, base) < contrast(many, base)
    assert painted(view, 2, 2) == QColor(colours().alternate) and painted(view, 0, 2) == base
    assert shade(1, 1_000_000) > 0.1 and shade(1_000_000, 1_000_000) <= 1


def test_that_headers_carry_the_colour_of_their_class(panel, session, qapp):
    found = snapshot()
    found.table.classes = (*found.table.classes[:2], ImageClass(3, "head", colour="#123456", key="h"))
    view = present(panel, session, found)
    image = view.horizontalHeader().grab().toImage()
    seen = {image.pixel(x, y) for x in range(image.width()) for y in range(image.height())}
    assert {class_colour(0).rgb(), QColor("#123456").rgb()} <= seen


def test_that_headers_show_the_chips_of_the_tiles(panel, session, monkeypatch):
    drawn = set()
    monkeypatch.setattr(
        "medlabel_gui.panels.changes_matrix.draw_chip",
        lambda painter, box, position, colour, key: drawn.add((position, colour.name(), key)),
    )
    found = snapshot()
    found.table.classes = (*found.table.classes[:2], ImageClass(3, "head", colour="#123456", key="h"))
    view = present(panel, session, found)
    for header in (view.horizontalHeader(), view.verticalHeader()):
        drawn.clear()
        header.grab()
        assert drawn == {
            (0, class_colour(0).name(), "1"),
            (1, class_colour(1).name(), "2"),
            (2, "#123456", "h"),
        }
