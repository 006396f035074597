"""The export dialog: what is chosen is what is wanted, and it looks ahead without blocking or writing."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import shiboken6
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QAbstractSpinBox, QComboBox, QLineEdit

from core.errors import UserError
from core.jobs import JobContext
from core.project.edits import Edit
from core.project.image_rows import ImageFacts
from core.project.project import Project
from core.project.records import ImageClass, Status
from core.tasks.export import ExportPlan, ExportSpec, GroupRule, export
from core.tasks.patients import ExportByPatientSpec, export_by_patient
from core.tasks.scan import open_project, scan
from medlabel_gui.dialogs.export import ExportDialog
from medlabel_gui.dialogs.export_choices import (
    COLUMN,
    KEEP,
    NOTHING,
    PATIENT,
    PATTERN,
    ExportChoices,
    GroupChoice,
)
from medlabel_gui.dialogs.export_look import free_folder
from medlabel_gui.dialogs.export_preview import details, headline, size_text
from medlabel_gui.session import Session
from medlabel_gui.settings import Settings
from tests.core.dicom_files import image, stored
from tests.gui.conftest import RecordingFileDialogs, open_in, process_deletions


@pytest.fixture
def project(images) -> Path:
    """Twelve images; 0 and 1 accepted, 2 unsure, 3 excluded, the others predicted."""
    folder = open_project(images)
    scan(folder, JobContext())
    with Project.open(folder) as opened:
        opened.images.set_facts([ImageFacts(row, bytes([row]) * 32, 40, 32, True) for row in range(12)])
        opened.execute(Edit("Set classes", classes=(ImageClass(1, "first"), ImageClass(2, "second"))), "ann")
        values = np.full((12, 2), 0.1, np.float32)
        values[np.arange(12), np.arange(12) % 2] = 0.9
        opened.runs.finish(opened.runs.begin("zero-shot", [1, 2], {}), values)
        ids = np.array([1, 2], np.int32)
        opened.execute(Edit("a", rows=np.arange(2), status=Status.ACCEPTED, class_ids=ids), "ann")
        opened.execute(Edit("b", rows=np.array([2]), status=Status.UNSURE), "ann")
        opened.execute(Edit("c", rows=np.array([3]), status=Status.EXCLUDED), "ann")
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
def out(tmp_path):
    folder = tmp_path / "exports"
    folder.mkdir()
    Settings().set_folder("export", folder)
    return folder


@pytest.fixture
def make(qtbot, runner, session, files, out):
    """Makes dialogs, waits until each has looked, and takes them away at the end."""
    made = []

    def new() -> ExportDialog:
        dialog = ExportDialog(session, Settings(), runner, None, files)
        dialog.open()
        made.append(dialog)
        settle(qtbot, dialog)
        return dialog

    yield new
    for dialog in made:
        if shiboken6.isValid(dialog):
            dialog.close()
    qtbot.waitUntil(lambda: not runner.jobs)
    process_deletions()


@pytest.fixture
def dialog(make) -> ExportDialog:
    return make()


def settle(qtbot, dialog):
    """Wait until the dialog has looked ahead at what is chosen."""
    ahead = dialog.look_ahead
    qtbot.waitUntil(lambda: not ahead._timer.isActive() and ahead._job is None, timeout=10_000)


def choose(box: QComboBox, value) -> None:
    box.setCurrentIndex(box.findData(value))


def wanted(qtbot, dialog) -> ExportSpec:
    settle(qtbot, dialog)
    with qtbot.waitSignal(dialog.export_wanted) as caught:
        dialog.export_button.click()
    return caught.args[0]


def cells(table) -> list[list[str]]:
    return [[table.item(y, x).text() for x in range(table.columnCount())] for y in range(table.rowCount())]


def test_that_it_says_at_once_what_would_be_written(dialog):
    assert dialog.preview.headline.text().startswith("12 images: ")
    assert dialog.which.boxes[Status.PREDICTED].text() == "Waiting (8)"
    assert dialog.which.boxes[Status.ACCEPTED].text() == "Accepted (2)"
    assert dialog.export_button.isEnabled() and not dialog.reason.text()


def test_that_the_preview_is_what_export_then_writes(qtbot, dialog, out):
    spec = wanted(qtbot, dialog)
    assert not list(out.iterdir()), "the dialog itself writes nothing"
    export(spec, JobContext())
    with spec.out.open(newline="") as file:
        lines = list(csv.reader(file))
    header = [dialog.preview.rows.horizontalHeaderItem(x).text() for x in range(len(lines[0]))]
    assert [header, *cells(dialog.preview.rows)] == lines


@pytest.mark.parametrize(
    ("format", "headline", "suffix", "hidden"),
    [
        ("csv", "12 images:", "images labels.csv", ("images",)),
        ("npz", "10 images:", "images labelled.npz", ("csv",)),
        ("folders", "10 images", "images sorted", ("csv", "images")),
        ("report", "12 images", "images report.html", ("csv", "images", "split", "together")),
    ],
)
def test_that_every_format_has_its_options_its_images_and_its_name(
    qtbot, dialog, out, format, headline, suffix, hidden
):
    dialog.formats[format].click()
    settle(qtbot, dialog)
    assert dialog.preview.headline.text().startswith(headline)
    for part in ("which", "split", "together", "images", "csv"):
        assert getattr(dialog, part).isHidden() == (part in hidden), part
    assert dialog.formats[format].isChecked() and dialog.purpose.text()
    spec = wanted(qtbot, dialog)
    assert spec.format == format and spec.out == out / suffix
    assert export(spec, JobContext()).rows == int(headline.split()[0])


def test_that_statuses_are_chosen_for_each_format_alone(qtbot, dialog):
    dialog.which.boxes[Status.PREDICTED].click()
    settle(qtbot, dialog)
    assert dialog.preview.headline.text().startswith("4 images")
    dialog.formats["npz"].click()
    settle(qtbot, dialog)
    assert dialog.preview.headline.text().startswith("10 images")
    assert "2 unsure" not in dialog.preview.details.text() and "1 unsure" in dialog.preview.details.text()
    assert dialog.which.boxes[Status.ERROR].isHidden(), "what has no label is not offered"
    dialog.formats["csv"].click()
    assert Status.PREDICTED not in wanted(qtbot, dialog).statuses


def test_that_export_waits_until_something_is_chosen(qtbot, dialog):
    for box in dialog.which.boxes.values():
        if box.isChecked():
            box.click()
    assert not dialog.export_button.isEnabled() and dialog.reason.text() == "Choose at least one status."
    assert dialog.preview.rows.rowCount() == 0
    dialog.which.boxes[Status.ACCEPTED].click()
    assert wanted(qtbot, dialog).statuses == {Status.ACCEPTED}


def test_that_shares_must_make_a_hundred(qtbot, dialog):
    dialog.split.shares[0].setValue(60)
    assert not dialog.export_button.isEnabled()
    assert "90 %" in dialog.split.problem.text() and not dialog.split.problem.isHidden()
    dialog.split.divide.click()
    settle(qtbot, dialog)
    assert dialog.export_button.isEnabled(), "shares do not matter when nothing is divided"
    assert dialog.preview.headline.text() == "12 images"
    dialog.split.divide.click()
    dialog.split.shares[2].setValue(30)
    dialog.split.seed.setValue(7)
    spec = wanted(qtbot, dialog)
    assert spec.ratios == (0.6, 0.1, 0.3) and spec.seed == 7 and spec.split


def test_that_a_pattern_shows_what_it_extracts_and_keeps_nothing_yet(qtbot, dialog, project):
    choose(dialog.together.by, PATTERN)
    assert dialog.reason.text() == "Type a pattern for the groups."
    dialog.together.pattern.setText(r"image_(\d\d)")
    settle(qtbot, dialog)
    assert "image_000.png → 00" in dialog.together.example.text()
    assert "Groups kept together: 2; images in none: 0" in dialog.preview.details.text()
    with Project.open(project) as opened:
        assert not opened.groups()
    assert wanted(qtbot, dialog).groups == GroupRule(pattern=r"image_(\d\d)")


def test_that_a_pattern_that_is_none_is_told_inline(qtbot, dialog):
    choose(dialog.together.by, PATTERN)
    dialog.together.pattern.setText("(")
    settle(qtbot, dialog)
    assert "not a regular expression" in dialog.preview.notes.text()
    assert not dialog.export_button.isEnabled() and "regular expression" in dialog.reason.text()
    dialog.together.pattern.setText("(image)")
    settle(qtbot, dialog)
    assert dialog.export_button.isEnabled() and dialog.preview.notes.isHidden()


def test_that_groups_come_from_a_column_of_a_file(qtbot, dialog, files, tmp_path):
    table = tmp_path / "patients.csv"
    table.write_text("file_name,patient\n" + "".join(f"image_{k:03}.png,p{k % 3}\n" for k in range(12)))
    choose(dialog.together.by, COLUMN)
    assert dialog.reason.text() == "Choose a CSV file with the groups."
    files.answer = table
    dialog.together.choose.click()
    assert dialog.reason.text() == "Name the column with the groups."
    dialog.together.column.setText("doctor")
    settle(qtbot, dialog)
    assert "no column 'doctor'" in dialog.reason.text()
    dialog.together.column.setText("patient")
    settle(qtbot, dialog)
    assert "together: 3;" in dialog.preview.details.text()
    assert wanted(qtbot, dialog).groups == GroupRule(csv=table, column="patient")


def test_that_groups_of_an_earlier_export_stay_unless_they_are_given_up(qtbot, project, session, make):
    with Project.open(project) as opened:
        opened.set_groups(dict.fromkeys(range(12), "p1"))
    open_in(session, project)
    dialog = make()
    assert dialog.together.by.currentData() == KEEP and "together: 1;" in dialog.preview.details.text()
    assert dialog.choices.spec(project, Path("x"), True).groups is None
    choose(dialog.together.by, NOTHING)
    settle(qtbot, dialog)
    assert wanted(qtbot, dialog).groups == GroupRule()


def test_that_size_shape_and_colour_of_an_npz_are_chosen(qtbot, dialog):
    dialog.formats["npz"].click()
    settle(qtbot, dialog)
    assert "32 × 40 px, grey: as they are" in dialog.preview.details.text()  # noqa: RUF001
    choose(dialog.images.size_choice, 28)
    choose(dialog.images.fit_choice, "crop")
    dialog.images.colour.setCurrentIndex(2)
    settle(qtbot, dialog)
    assert "28 × 28 px, colour: centre square" in dialog.preview.details.text()  # noqa: RUF001
    choose(dialog.images.size_choice, -1)
    assert not dialog.images.side.isHidden()
    dialog.images.side.setValue(99)
    spec = wanted(qtbot, dialog)
    assert (spec.size, spec.fit, spec.grey) == (99, "crop", False)
    export(spec, JobContext())
    with np.load(spec.out) as arrays:
        assert arrays["train_images"].shape[1:] == (99, 99, 3)


def test_that_a_file_that_would_be_replaced_is_told(qtbot, dialog, out):
    (out / "images labels.csv").write_text("older")
    dialog.excel.click()
    settle(qtbot, dialog)
    assert dialog.target.note.text() == "“images labels.csv” is there already and will be replaced."
    assert wanted(qtbot, dialog).excel


def test_that_a_suggested_folder_is_a_new_one_and_a_typed_one_must_be(qtbot, dialog, out):
    (out / "images sorted").mkdir()
    (out / "images sorted" / "mine.txt").write_text("mine")
    dialog.formats["folders"].click()
    settle(qtbot, dialog)
    assert dialog.target.path.text() == str(out / "images sorted 2") and dialog.export_button.isEnabled()
    dialog.target.path.setText("")
    qtbot.keyClicks(dialog.target.path, str(out / "images sorted"))
    settle(qtbot, dialog)
    assert "holds something already" in dialog.target.note.text()
    assert not dialog.export_button.isEnabled()


@pytest.mark.parametrize("format", ["csv", "npz", "folders", "report"])
@pytest.mark.parametrize("through_a_link", [False, True])
def test_that_nothing_is_suggested_among_the_images(qtbot, make, images, tmp_path, format, through_a_link):
    last = images
    if through_a_link:
        last = tmp_path / "link"
        last.symlink_to(images, target_is_directory=True)
    Settings().set_folder("export", last)
    dialog = make()
    dialog.choose_format(format)
    settle(qtbot, dialog)
    assert dialog.target.out.parent == tmp_path and dialog.target.path.text() == str(dialog.target.out)
    assert dialog.target.note.isHidden()
    spec = wanted(qtbot, dialog)
    export(spec, JobContext())
    assert spec.out.exists() and len(list(images.iterdir())) == 12


def test_that_a_typed_target_among_the_images_is_told_inline(qtbot, dialog, images, out):
    dialog.target.path.clear()
    qtbot.keyClicks(dialog.target.path, str(images / "labels.csv"))
    settle(qtbot, dialog)
    assert "labels.csv lies in the image folder. Choose another place" in dialog.target.note.text()
    assert dialog.target.note.property("role") == "error" and not dialog.export_button.isEnabled()
    assert dialog.target.path.text() == str(images / "labels.csv"), "what somebody typed stays"
    dialog.export_button.click()
    qtbot.keyClick(dialog.target.path, Qt.Key.Key_Return)
    assert dialog.isVisible() and not (images / "labels.csv").exists()
    dialog.target.path.clear()
    qtbot.keyClicks(dialog.target.path, str(out / "labels.csv"))
    settle(qtbot, dialog)
    assert dialog.target.note.isHidden() and dialog.export_button.isEnabled()


def test_that_an_emptied_path_is_suggested_again(qtbot, dialog, out):
    dialog.target.path.selectAll()
    qtbot.keyClick(dialog.target.path, Qt.Key.Key_Delete)
    assert not dialog.target.suggested
    dialog.formats["npz"].click()
    dialog.formats["csv"].click()
    assert dialog.target.suggested and dialog.target.out == out / "images labels.csv"


@pytest.mark.parametrize("format", ["csv", "report"])
def test_that_labels_are_exported_while_the_images_are_gone(qtbot, session, project, make, images, format):
    images.rename(images.with_name("moved"))
    open_in(session, project)
    assert session.source is None
    dialog = make()
    dialog.choose_format(format)
    settle(qtbot, dialog)
    assert not dialog.reason.text()
    if format == "report":
        assert ["Examples", "none: the images are not at hand"] in cells(dialog.preview.rows)
    spec = wanted(qtbot, dialog)
    assert export(spec, JobContext()).rows == 12 and spec.out.is_file()


@pytest.mark.parametrize("format", ["npz", "folders"])
def test_that_what_needs_the_images_says_so_while_they_are_gone(
    qtbot, session, project, make, images, out, format
):
    images.rename(images.with_name("moved"))
    open_in(session, project)
    dialog = make()
    dialog.choose_format(format)
    settle(qtbot, dialog)
    why = f"The images of this project are no longer at {images}. Connect the drive, or tell where they are now."
    assert dialog.target.note.text() == dialog.export_button.toolTip() == why
    assert not dialog.reason.text(), "it is not said twice"
    assert not dialog.export_button.isEnabled() and not list(out.iterdir())
    assert dialog.preview.headline.text().startswith("10 images"), "what would be written is shown"
    dialog.formats["csv"].click()
    settle(qtbot, dialog)
    assert dialog.export_button.isEnabled() and not dialog.reason.text()


def test_that_a_target_must_be_there_and_may_be_a_bare_name(qtbot, dialog, out):
    dialog.target.path.selectAll()
    qtbot.keyClick(dialog.target.path, Qt.Key.Key_Delete)
    settle(qtbot, dialog)
    assert dialog.reason.text() == "Choose where to write." and not dialog.export_button.isEnabled()
    assert dialog.preview.rows.rowCount() == 12, "the preview does not need it"
    qtbot.keyClicks(dialog.target.path, "mine")
    assert wanted(qtbot, dialog).out == out / "mine.csv"


def test_that_browse_takes_a_file_or_the_place_of_a_new_folder(qtbot, dialog, files, tmp_path):
    files.answer = tmp_path / "chosen.csv"
    dialog.target.browse.click()
    settle(qtbot, dialog)
    assert dialog.target.out == tmp_path / "chosen.csv"
    dialog.formats["folders"].click()
    files.answer = tmp_path / "exports"
    dialog.target.browse.click()
    settle(qtbot, dialog)
    assert dialog.target.out == tmp_path / "exports" / "images sorted"
    dialog.formats["csv"].click()
    assert dialog.target.out == tmp_path / "chosen.csv", "each format keeps its own place"


def test_that_last_choices_and_the_folder_are_remembered(qtbot, dialog, make, tmp_path):
    dialog.formats["npz"].click()
    dialog.which.boxes[Status.PREDICTED].click()
    choose(dialog.images.size_choice, 64)
    choose(dialog.images.fit_choice, "stretch")
    dialog.split.seed.setValue(3)
    dialog.target.path.clear()
    qtbot.keyClicks(dialog.target.path, str(tmp_path / "x.npz"))
    wanted(qtbot, dialog)
    again = make()
    assert again.choices == replace(dialog.choices, groups=again.choices.groups)
    assert again.choices.format == "npz" and again.images.chosen_size == 64
    assert not again.which.boxes[Status.PREDICTED].isChecked()
    assert again.target.out.parent == tmp_path


def test_that_closing_without_exporting_remembers_and_wants_nothing(qtbot, dialog, make):
    dialog.formats["report"].click()
    with qtbot.assertNotEmitted(dialog.export_wanted):
        dialog.reject()
    assert make().choices.format == "csv"


def test_that_the_last_of_two_columns_has_the_room_there_is(qtbot, dialog):
    dialog.formats["report"].click()
    settle(qtbot, dialog)
    table = dialog.preview.rows
    assert table.columnCount() == 2
    qtbot.waitUntil(lambda: table.columnWidth(0) + table.columnWidth(1) == table.viewport().width())
    qtbot.waitUntil(lambda: not table.horizontalScrollBar().isVisible())
    dialog.formats["csv"].click()
    settle(qtbot, dialog)
    assert table.columnCount() == 18 and max(table.columnWidth(x) for x in range(18)) <= 240


def test_that_the_latest_choice_wins(qtbot, dialog):
    for format in ("npz", "folders", "report", "npz", "csv"):
        dialog.choose_format(format)
        dialog.look_ahead._start()  # without waiting for more
    settle(qtbot, dialog)
    assert dialog.preview.rows.columnCount() == 18 and wanted(qtbot, dialog).format == "csv"


def test_that_export_pressed_early_waits_for_what_the_choices_mean(qtbot, dialog):
    dialog.split.seed.setValue(9)
    assert dialog.reason.text() == "Looking…"
    with qtbot.waitSignal(dialog.export_wanted) as wanted:
        dialog.export_button.click()
        assert dialog.isVisible()
    assert wanted.args[0].seed == 9


def test_that_enter_in_the_path_exports(qtbot, dialog):
    settle(qtbot, dialog)
    dialog.target.path.setFocus()
    with qtbot.waitSignal(dialog.export_wanted):
        QTest.keyClick(dialog.target.path, Qt.Key.Key_Return)


def test_that_export_pressed_early_replaces_no_file_unseen(qtbot, dialog, tmp_path):
    (tmp_path / "there.csv").write_text("keep")
    dialog.target.path.setText(str(tmp_path / "there.csv"))
    dialog.target.path.textEdited.emit(dialog.target.path.text())
    with qtbot.assertNotEmitted(dialog.export_wanted):
        dialog.export_button.click()
        settle(qtbot, dialog)
    assert dialog.isVisible() and "replaced" in dialog.target.note.text()


def test_that_decisions_made_meanwhile_are_followed(qtbot, dialog, session):
    edit = Edit("x", rows=np.arange(4, 8), status=Status.EXCLUDED)
    session.execute(edit)
    qtbot.waitUntil(lambda: "Excluded (5)" in dialog.which.boxes[Status.EXCLUDED].text(), timeout=5000)
    settle(qtbot, dialog)
    status = [row[4] for row in cells(dialog.preview.rows)]
    assert status.count("excluded") == 5


def test_that_it_closes_when_another_project_is_opened(qtbot, dialog, session, tmp_path, images):
    other = open_project(images, tmp_path / "other.medlabel")
    open_in(session, other)
    qtbot.waitUntil(lambda: not dialog.isVisible())


def test_that_there_is_no_dialog_without_a_project(qtbot, runner):
    session = Session(runner)
    with pytest.raises(UserError, match="No project is open"):
        ExportDialog(session, Settings(), runner)
    session.deleteLater()
    process_deletions()


def test_that_a_bug_in_looking_ahead_is_told_and_not_hidden(qtbot, dialog, monkeypatch):
    def fail(*_):
        raise ValueError("no such thing")

    monkeypatch.setattr("medlabel_gui.dialogs.export_look.look", fail)
    dialog.split.seed.setValue(1)
    settle(qtbot, dialog)
    assert "no such thing" in dialog.reason.text() and not dialog.export_button.isEnabled()


def test_that_every_control_has_a_name_and_a_tip(dialog):
    for kind in (QAbstractButton, QLineEdit, QComboBox, QAbstractSpinBox):
        for widget in dialog.findChildren(kind):
            if widget.objectName().startswith("qt_") or widget.window() is not dialog:
                continue
            if isinstance(widget.parent(), QComboBox | QAbstractSpinBox) or not widget.isVisibleTo(dialog):
                continue
            name = widget.accessibleName() or getattr(widget, "text", str)()
            assert name, widget
            is_cancel = widget in dialog.buttons.buttons()
            assert widget.toolTip() or is_cancel, name


def test_that_tab_goes_from_formats_through_options_to_the_target_and_export(qtbot, dialog):
    order, widget = [], dialog.formats["csv"]
    for _ in range(300):
        order.append(widget)
        widget = widget.nextInFocusChain()
        if widget is dialog.formats["csv"]:
            break
    places = [
        order.index(part)
        for part in (
            dialog.formats["report"], dialog.which.boxes[Status.ACCEPTED], dialog.split.divide,
            dialog.together.by, dialog.preview.rows, dialog.target.path, dialog.export_button,
        )
    ]  # fmt: skip
    assert places == sorted(places)


def test_that_it_fits_a_small_screen(dialog):
    assert dialog.width() <= 1366 and dialog.height() <= 700
    for format in dialog.formats:
        dialog.choose_format(format)
        assert dialog.minimumSizeHint().width() <= 1000 and dialog.minimumSizeHint().height() <= 600
        inside = dialog.which.parentWidget()
        assert inside.minimumSizeHint().width() <= 380, "nothing of the options is cut off"


# Without a window


def test_that_choices_survive_json_and_nonsense_counts_as_not_chosen():
    chosen = ExportChoices(
        format="npz",
        statuses={**ExportChoices().statuses, "npz": frozenset({Status.ACCEPTED})},
        split={**ExportChoices().split, "folders": True},
        ratios=(50, 20, 30),
        seed=12,
        groups=GroupChoice(pattern="(x)", column="patient"),
        size=64,
        fit="crop",
        grey=False,
        excel=True,
    )
    assert ExportChoices.from_json(chosen.to_json()) == chosen
    nonsense = {
        "format": "xml", "statuses": {"csv": ["NEW", 3], "npz": 7}, "split": [], "ratios": [1, "a", None],
        "seed": -4, "groups": 3, "size": 1e9, "fit": None, "grey": "yes", "excel": 1,
    }  # fmt: skip
    assert ExportChoices.from_json(nonsense) == ExportChoices()
    assert ExportChoices.from_json({"ratios": [70, 10], "statuses": {"csv": []}}) == ExportChoices()


def test_that_a_free_folder_is_found(tmp_path):
    assert free_folder(tmp_path / "a") == tmp_path / "a"
    (tmp_path / "a").mkdir()
    (tmp_path / "a 2").mkdir()
    assert free_folder(tmp_path / "a") == tmp_path / "a 3"


def test_that_a_plan_is_told_in_words():
    plan = ExportPlan(
        "npz", 1092, {"train": 764, "val": 110, "test": 218}, (), {"excluded": 3, "without a label": 1200},
        2_500_000, (28, 28), "as they are", True,
    )  # fmt: skip
    assert headline(plan) == "1,092 images: 764 train, 110 validation, 218 test"
    assert details(plan) == [
        "Left out: 3 excluded, 1,200 without a label.",
        "28 × 28 px, grey: as they are. At most about 2.5 MB.",  # noqa: RUF001
    ]
    assert headline(replace(plan, images=0)) == "No image would be written."
    assert headline(replace(plan, images=1, splits={})) == "1 image"
    assert [size_text(size) for size in (10, 830_000, 4_200_000, 1_700_000_000)] == [
        "1 kB", "830 kB", "4.2 MB", "1.7 GB",
    ]  # fmt: skip


@pytest.fixture
def dicom_project(tmp_path) -> Path:
    """Three DICOM files of two patients."""
    for name, patient in (("a1", "SECRET-1"), ("a2", "SECRET-1"), ("b1", "SECRET-2")):
        write_dicom(tmp_path / "scans" / f"{name}.dcm", patient)
    folder = open_project(tmp_path / "scans")
    scan(folder, JobContext())
    return folder


def write_dicom(path: Path, patient: str) -> None:
    path.parent.mkdir(exist_ok=True)
    stored(path, image(np.arange(64, dtype=np.uint16).reshape(8, 8), PatientID=patient))


def test_that_images_are_grouped_by_the_patient_in_the_dicom_header(qtbot, session, make, dicom_project):
    open_in(session, dicom_project)
    dialog = make()
    assert dialog.together.about_patients.isHidden()
    choose(dialog.together.by, PATIENT)
    settle(qtbot, dialog)
    assert "only a salted hash is kept" in dialog.together.about_patients.text()
    assert not dialog.together.about_patients.isHidden()
    assert "Groups kept together: 2; images in none: 0" in dialog.preview.details.text()
    with Project.open(dicom_project) as opened:
        assert not opened.groups(), "the dialog itself groups nothing"
    shown = cells(dialog.preview.rows)
    spec = wanted(qtbot, dialog)
    assert isinstance(spec, ExportByPatientSpec)
    export_by_patient(spec, JobContext())
    with spec.out.open(newline="") as file:
        assert list(csv.reader(file))[1:] == shown
    assert "SECRET" not in spec.out.read_text()


def test_that_the_patient_is_no_choice_where_nothing_is_dicom(dialog):
    place = dialog.together.by.findData(PATIENT)
    assert not dialog.together.by.model().item(place).isEnabled()
    assert "no DICOM" in dialog.together.by.itemData(place, Qt.ItemDataRole.ToolTipRole)


def test_that_headers_that_name_no_patient_are_told_inline(qtbot, session, make, tmp_path):
    write_dicom(tmp_path / "scans" / "nobody.dcm", "")
    folder = open_project(tmp_path / "scans")
    scan(folder, JobContext())
    open_in(session, folder)
    dialog = make()
    choose(dialog.together.by, PATIENT)
    settle(qtbot, dialog)
    assert "patient ID" in dialog.reason.text() and not dialog.export_button.isEnabled()
    choose(dialog.together.by, NOTHING)
    settle(qtbot, dialog)
    assert dialog.export_button.isEnabled()


def test_that_statuses_which_nobody_changed_are_left_to_the_format() -> None:
    usual = ExportChoices()
    assert usual.spec(Path("p"), Path("labels.csv"), False).statuses is None
    accepted = frozenset({Status.ACCEPTED})
    chosen = replace(usual, statuses={**usual.statuses, usual.format: accepted})
    assert chosen.spec(Path("p"), Path("labels.csv"), False).statuses == accepted
