"""The dialog for known labels: it reads without blocking, maps names, says what will happen, and stores nothing."""

import threading

import numpy as np
import pytest
import shiboken6
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication

from core.errors import UserError
from core.jobs import JobContext
from core.project.class_edits import add
from core.project.edits import Edit
from core.project.project import Project
from core.project.records import ImageClass
from core.tasks.import_labels import ImportSpec, import_labels
from core.tasks.scan import open_project, scan
from medlabel_gui.dialogs.import_labels import ImportLabelsDialog
from medlabel_gui.session import Session
from medlabel_gui.settings import Settings
from tests.gui.conftest import RecordingFileDialogs, open_in, process_deletions

CLASSES = (ImageClass(1, "first"), ImageClass(2, "second one"))


@pytest.fixture
def project(images):
    folder = open_project(images)
    scan(folder, JobContext())
    with Project.open(folder) as opened:
        opened.execute(Edit("Set classes", classes=CLASSES), "ann")
    return folder


@pytest.fixture
def session(qtbot, runner, project):
    made = Session(runner)
    open_in(made, project)
    yield made
    made.close()
    made.deleteLater()
    process_deletions()


@pytest.fixture
def files():
    return RecordingFileDialogs()


@pytest.fixture
def dialog(qtbot, runner, session, files):
    made = ImportLabelsDialog(session, Settings(), runner, files)
    made.open()
    yield made
    if shiboken6.isValid(made):
        made.close()
    qtbot.waitUntil(lambda: not runner.jobs)
    process_deletions()


@pytest.fixture
def known(tmp_path):
    """Of twelve images, five are `first`, three `second_ones`, two something else; two names are no image."""
    labels = ["first"] * 5 + ["second_ones"] * 3 + ["other"] * 2
    lines = [f"image_{number:03d}.png,{label}" for number, label in enumerate(labels)]
    path = tmp_path / "known.csv"
    path.write_text("\n".join(["file_name,label", *lines, "gone.png,first", "away.png,first"]))
    return path


def read(qtbot, dialog, source) -> None:
    dialog.read(source)
    settle(qtbot, dialog)


def settle(qtbot, dialog) -> None:
    qtbot.waitUntil(lambda: dialog._job is None, timeout=10_000)


def rows(dialog) -> list[tuple[str, str, str]]:
    table = dialog.table
    texts = [[table.item(y, x).text() for x in (0, 1)] for y in range(table.rowCount())]
    return [(*pair, table.box(y).currentText()) for y, pair in enumerate(texts)]


def choose(dialog, row, text) -> None:
    """As somebody who picks it from the list."""
    box = dialog.table.box(row)
    box.setCurrentText(text)
    box.activated.emit(box.currentIndex())


def wanted(qtbot, dialog) -> ImportSpec:
    with qtbot.waitSignal(dialog.import_wanted) as caught:
        dialog.import_button.click()
    return caught.args[0]


def test_that_nothing_can_be_imported_before_a_source_is_chosen(dialog):
    assert not dialog.import_button.isEnabled() and "Choose a file" in dialog.outcome.text()
    assert not rows(dialog)


def test_that_it_shows_what_the_file_holds_and_what_will_happen(qtbot, dialog, files, known):
    files.answer = known
    dialog.file_button.click()
    settle(qtbot, dialog)
    assert rows(dialog) == [
        ("first", "5", "first"),
        ("second_ones", "3", "second one"),
        ("other", "2", "Leave out"),
    ]
    assert dialog.outcome.text() == "Known labels for 8 of 12 images."
    said = dialog.details.text()
    assert "check the marked name" in said and "2 images are left out (“other”)" in said
    assert "2 names of the file are not images here: gone.png, away.png." in said
    assert dialog.import_button.isEnabled()


def test_that_what_is_chosen_is_what_is_imported(qtbot, dialog, session, project, known):
    read(qtbot, dialog, known)
    choose(dialog, 2, "second one")
    assert dialog.outcome.text() == "Known labels for 10 of 12 images."
    choose(dialog, 0, "Leave out")
    assert dialog.outcome.text() == "Known labels for 5 of 12 images."
    spec = wanted(qtbot, dialog)
    assert spec == ImportSpec(
        project, known, {"second_ones": "second one", "other": "second one"}, ("first",)
    )
    with Project.open(project) as opened:
        assert not opened.truth(), "the dialog itself stores nothing"
    assert import_labels(spec, JobContext()).matched == 5
    assert not shiboken6.isValid(dialog) or not dialog.isVisible()


def test_that_a_guess_is_marked_until_somebody_has_looked_at_it(qtbot, dialog, known):
    read(qtbot, dialog, known)
    name = dialog.table.item(1, 0)
    assert not name.icon().isNull() and "only similar" in name.toolTip()
    choose(dialog, 1, "second one")
    assert dialog.table.item(1, 0).icon().isNull() and "check" not in dialog.details.text()


def test_that_with_all_names_left_out_nothing_can_be_imported(qtbot, dialog, known):
    read(qtbot, dialog, known)
    for row in range(3):
        choose(dialog, row, "Leave out")
    assert "Every class is left out" in dialog.outcome.text() and not dialog.import_button.isEnabled()
    dialog._import()
    assert dialog.isVisible()


def test_that_class_folders_are_read(qtbot, dialog, files, tmp_path):
    for number, name in enumerate(("first", "first", "spare")):
        (tmp_path / "sorted" / name).mkdir(parents=True, exist_ok=True)
        (tmp_path / "sorted" / name / f"image_{number:03d}.png").touch()
    files.answer = tmp_path / "sorted"
    dialog.folder_button.click()
    settle(qtbot, dialog)
    assert rows(dialog) == [("first", "2", "first"), ("spare", "1", "Leave out")]


def test_that_numbers_of_an_npz_are_taken_for_places_and_marked(qtbot, runner, tmp_path):
    path = tmp_path / "set.npz"
    pixels = np.random.default_rng(0).integers(0, 255, (4, 8, 8), np.uint8)
    np.savez(path, train_images=pixels, train_labels=np.array([0, 0, 1, 7]))
    folder = open_project(path)
    scan(folder, JobContext())
    with Project.open(folder) as opened:
        opened.execute(Edit("Set classes", classes=CLASSES), "ann")
    session = Session(runner)
    open_in(session, folder)
    dialog = ImportLabelsDialog(session, Settings(), runner, RecordingFileDialogs())
    read(qtbot, dialog, path)
    assert rows(dialog) == [("0", "2", "first"), ("1", "1", "second one"), ("7", "1", "Leave out")]
    assert "place in the list" in dialog.table.item(0, 0).toolTip()
    assert "check the 2 marked names" in dialog.details.text()
    session.close()  # closes the dialog too
    dialog.deleteLater()
    session.deleteLater()
    process_deletions()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("file_name,label\ngone.png,first\n", "No name in known.csv is an image"),
        ("a,b\n1,2\n", "has no column 'file_name'"),
        ("", "is empty"),
    ],
)
def test_that_a_source_that_is_of_no_use_says_why(qtbot, dialog, known, text, why):
    known.write_text(text)
    read(qtbot, dialog, known)
    assert why in dialog.outcome.text() and dialog.outcome.property("role") == "error"
    assert not dialog.import_button.isEnabled() and "--" not in dialog.outcome.text()


def test_that_a_file_that_cannot_be_read_leaves_nothing_of_the_last_one(qtbot, dialog, known, tmp_path):
    read(qtbot, dialog, known)
    read(qtbot, dialog, tmp_path / "nothing.csv")
    assert not rows(dialog) and dialog.preview is None and not dialog.import_button.isEnabled()


def test_that_a_file_is_read_again_when_the_classes_change_and_choices_stay(qtbot, dialog, session, known):
    read(qtbot, dialog, known)
    choose(dialog, 0, "second one")
    session.execute(add(session.classes, [("other", ())], session.next_class_id))
    qtbot.waitUntil(lambda: dialog.table.box(0).count() == 4)
    settle(qtbot, dialog)
    assert [row[2] for row in rows(dialog)] == ["second one", "second one", "other"]


def test_that_choices_for_one_file_are_not_made_for_another(qtbot, dialog, known, tmp_path):
    read(qtbot, dialog, known)
    choose(dialog, 0, "second one")
    another = tmp_path / "another.csv"
    another.write_text(known.read_text())
    read(qtbot, dialog, another)
    assert rows(dialog)[0][2] == "first"


def test_that_the_window_goes_on_while_a_file_is_read_and_closing_drops_it(
    qtbot, dialog, runner, known, monkeypatch
):
    go_on, threads = threading.Event(), []

    def slow(spec, ctx):
        threads.append(threading.current_thread())
        go_on.wait(10)
        ctx.check()

    monkeypatch.setattr("medlabel_gui.dialogs.import_labels.preview_import", slow)
    dialog.read(known)
    assert dialog.outcome.text() == "Reading known labels…" and not dialog.import_button.isEnabled()
    qtbot.waitUntil(lambda: bool(threads))
    assert threads[0] is not threading.main_thread()
    dialog.reject()
    process_deletions()
    go_on.set()
    qtbot.waitUntil(lambda: not runner.jobs)


def test_that_it_closes_with_its_project(qtbot, dialog, session):
    with qtbot.waitSignal(dialog.rejected):
        session.close()


def test_that_without_a_project_there_is_no_dialog(qtbot, runner):
    with pytest.raises(UserError):
        ImportLabelsDialog(Session(runner, runner), Settings(), runner, RecordingFileDialogs())
    process_deletions()


def test_that_known_labels_from_before_are_told(qtbot, dialog, project, known):
    import_labels(ImportSpec(project, known, {"second_ones": "first"}, ("other",)), JobContext())
    read(qtbot, dialog, known)
    assert "8 images have a known label from before" in dialog.details.text()


def test_that_a_column_with_too_many_names_shows_the_most_frequent(qtbot, dialog, known):
    known.write_text(
        "file_name,label\n" + "".join(f"x{k}.png,name {k}\n" for k in range(300)) + "image_000.png,first\n"
    )
    read(qtbot, dialog, known)
    assert len(rows(dialog)) == 200 and rows(dialog)[0] == ("first", "1", "first")
    assert "Only the 200 most frequent" in dialog.details.text()
    assert len(wanted(qtbot, dialog).left_out) == 300


def test_that_the_wheel_does_not_change_what_a_name_means(qtbot, dialog, known):
    read(qtbot, dialog, known)
    box = dialog.table.box(0)
    at, down = QPointF(5, 5), QPoint(0, -120)
    none = Qt.KeyboardModifier.NoModifier
    wheel = QWheelEvent(
        at, at, down, down, Qt.MouseButton.NoButton, none, Qt.ScrollPhase.NoScrollPhase, False
    )
    QApplication.sendEvent(box, wheel)
    assert box.currentText() == "first"


def test_that_every_control_says_what_it_is_for(qtbot, dialog, known):
    read(qtbot, dialog, known)
    controls = [
        dialog.path,
        dialog.file_button,
        dialog.folder_button,
        dialog.import_button,
        dialog.cancel_button,
    ]
    controls += [dialog.table.box(row) for row in range(3)]
    assert all(control.toolTip() for control in controls)
    assert dialog.table.box(1).accessibleName() == "Class of the project for second_ones"
