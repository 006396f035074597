"""What others made is data: it is read or refused in words, and nothing outside is touched."""

import csv
import os
import shutil
import socket
import sqlite3
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.errors import UserError
from core.exports.spreadsheet import plain_text
from core.images.files import DiskFile, leads_out
from core.images.folder import FolderSource
from core.images.pixels import ImageUnreadable
from core.images.refs import ImageRef, ScannedImage
from core.images.source import open_source
from core.project.database import FILE_NAME
from core.project.edits import Edit
from core.project.image_rows import ImageFacts
from core.project.project import Project
from core.project.records import ImageClass
from core.tasks.export import ExportSpec, export
from core.tasks.info import info
from core.tasks.scan import open_project, scan

posix = pytest.mark.skipif(os.name == "nt", reason="this system has no such files")


def picture(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (8, 8), 9).save(path, "PNG")
    return path


# Files that are none, and names that mislead


@posix
def test_that_links_in_a_circle_are_not_followed(tmp_path):
    picture(tmp_path / "a" / "x.png")
    (tmp_path / "a" / "round").symlink_to(tmp_path)
    (tmp_path / "a" / "self.png").symlink_to("self.png")
    rows = {row.ref.path: row.error for row in FolderSource(tmp_path).scan()}
    assert set(rows) == {"a/x.png", "a/self.png"} and not rows["a/x.png"] and rows["a/self.png"]


@posix
@pytest.mark.parametrize("name", ["x.png", "x.dcm", "x.nii", "x.nii.gz", "x.tif", "IM0001"])
@pytest.mark.parametrize("kind", ["pipe", "socket", "device"])
def test_that_pipes_sockets_and_devices_are_never_opened(tmp_path, monkeypatch, name, kind):
    monkeypatch.chdir(tmp_path)  # the path of a socket must be short
    if kind == "pipe":
        os.mkfifo(name)
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(name)
    else:
        Path(name).symlink_to("/dev/zero")
    rows = list(FolderSource(tmp_path).scan())
    assert [(row.ref.path, row.error) for row in rows] == (
        [] if name == "IM0001" else [(name, "this is not a regular file")]
    )
    with pytest.raises(ImageUnreadable):
        FolderSource(tmp_path).read(ImageRef(name))
    with pytest.raises(ImageUnreadable, match="not a regular file"):
        DiskFile(tmp_path / name, name).read()


@posix
@pytest.mark.parametrize("name", ["set.npz", "set.zip"])
def test_that_a_pipe_is_no_file_of_images(tmp_path, name):
    os.mkfifo(tmp_path / name)
    with pytest.raises(UserError):
        open_source(tmp_path / name)


MISLEADING = {
    "a\nb.png": r"a\nb.png",
    "a\r\tb.png": r"a\r\tb.png",
    "\x1b[31mred.png": r"\x1b[31mred.png",
    "x\u202egnp.exe": r"x\u202egnp.exe",
    "\u2066x\u2069.png": r"\u2066x\u2069.png",
    "a\u2028b.png": r"a\u2028b.png",
    "Schädel 1.png": "Schädel 1.png",
}


@pytest.mark.parametrize(("name", "shown"), MISLEADING.items())
def test_that_names_that_mislead_are_shown_with_their_marks_written_out(name, shown):
    assert ImageRef(name).legible == shown


@posix
def test_that_names_with_line_breaks_and_formulas_survive_the_csv_and_are_one_line_for_people(tmp_path, ctx):
    names = ["a\nb.png", "x\u202egnp.png", "=1+1.png", "-2.png", "@x.png", 'q",".png']
    for name in names:
        picture(tmp_path / "images" / name)
    project = open_project(tmp_path / "images")
    assert scan(project, ctx).errors == 0
    out = tmp_path / "labels.csv"
    export(ExportSpec(project, "csv", out), ctx)
    with out.open(encoding="utf-8", newline="") as file:
        found = [row["file_name"] for row in csv.DictReader(file)]
    assert sorted(map(plain_text, found)) == sorted(names)
    assert not any(name.startswith(("=", "+", "-", "@")) for name in found)
    Path(tmp_path / "images" / "broken\n\u202e.png").write_bytes(b"no picture")
    project = open_project(tmp_path / "images")
    scan(project, ctx)
    with Project.open(project) as opened:
        (row,) = (row for row, ref in enumerate(opened.table().refs) if "broken" in ref.path)
        opened.images.set_facts([ImageFacts(row, error="the picture is broken")])
    assert list(info(project).errors) == [r"broken\n\u202e.png"]


@posix
def test_that_paths_of_4096_characters_are_rows_like_others(tmp_path, ctx, monkeypatch):
    root = tmp_path / "images"
    root.mkdir()
    picture(root / "near.png")
    monkeypatch.chdir(root)
    for _ in range(17):  # longer than a system call takes: only step by step
        Path("d" * 240).mkdir()
        os.chdir("d" * 240)
    picture(tmp_path / "x.png").rename(tmp_path / "x")
    shutil.copyfile(tmp_path / "x", "far.png")
    monkeypatch.chdir(tmp_path)
    project = open_project(root)
    found = scan(project, ctx)
    assert (found.images, found.errors) == (2, 1)  # the folder that is too deep is told
    with Project.open(project) as opened:
        errors = dict(zip((ref.path for ref in opened.table().refs), opened.table().error, strict=True))
    assert errors["near.png"] == "" and any("cannot be opened" in error for error in errors.values())


@pytest.mark.parametrize("path", ["../x.png", "a/../../x.png", "/etc/x.png", "a/..", "a\x00.png"])
def test_that_a_path_that_leads_out_of_the_folder_is_never_opened(tmp_path, path):
    picture(tmp_path / "x.png")
    assert leads_out(path) and not leads_out("a/..b.png")
    (tmp_path / "images" / "a").mkdir(parents=True)
    with pytest.raises(ImageUnreadable, match="leads out"):
        FolderSource(tmp_path / "images").read(ImageRef(path))


# A project that somebody else made


def changed(project: Project, *statements: str, values=()) -> None:
    with sqlite3.connect(project.folder / FILE_NAME) as connection:
        for statement in statements:
            connection.execute(statement, values)
    connection.close()


@pytest.fixture
def foreign(project):
    """The folder of a closed project with a run and an edit."""
    probabilities = np.full((10, 2), 0.5, np.float32)
    project.runs.finish(project.runs.begin("zero-shot", [1, 2], {"classes": []}), probabilities)
    project.close()
    return project


def refusal(folder) -> str:
    with pytest.raises(UserError) as caught:
        Project.open(folder)
    return str(caught.value)


@pytest.mark.parametrize(
    "program",
    [
        "CREATE TRIGGER t AFTER INSERT ON edits BEGIN DELETE FROM edits; END",
        "CREATE VIEW v AS SELECT * FROM images",
        "CREATE VIRTUAL TABLE f USING fts5(x)",
    ],
)
def test_that_a_project_whose_database_holds_programs_is_refused(foreign, program):
    changed(foreign, program)
    assert "holds programs" in refusal(foreign.folder)


@posix
@pytest.mark.parametrize("name", ["arrays/run-1.npy", "arrays/embeddings-x", "models/run-1.medlabel-model"])
def test_that_a_project_whose_arrays_lead_elsewhere_is_refused(foreign, tmp_path, name):
    valuable = tmp_path / "valuable.npy"
    np.save(valuable, np.arange(5))
    before = valuable.read_bytes()
    place = foreign.folder / name
    place.parent.mkdir(exist_ok=True)
    place.unlink(missing_ok=True)
    place.symlink_to(valuable)
    assert "leads elsewhere" in refusal(foreign.folder)
    assert valuable.read_bytes() == before


@pytest.mark.parametrize(
    ("statement", "value"),
    [
        ("UPDATE runs SET params=?", "{not json"),
        ("UPDATE runs SET class_ids=?", "7"),
        ("UPDATE runs SET metrics=?", "\x00"),
        ("UPDATE edits SET detail=?", "[1, 2"),
        ("UPDATE edits SET detail=?", '{"classes": 3}'),
        ("UPDATE edits SET changes=?", b"no zlib"),
        ("UPDATE edits SET changes=?", zlib.compress(b"x" * 13)),
        ("UPDATE meta SET value=? WHERE key='kind'", "os.system"),
    ],
)
def test_that_a_damaged_project_is_refused_in_words(foreign, statement, value):
    changed(foreign, statement, values=(value,))
    assert "is damaged and cannot be opened" in refusal(foreign.folder)


def test_that_pickled_arrays_of_a_project_are_not_loaded(foreign):
    class Trap:
        def __reduce__(self):
            return (pytest.fail, ("it was unpickled",))

    for array in (np.array([Trap()], object), np.zeros((10, 3), np.float32), np.zeros((10, 2), np.int8)):
        np.save(foreign.folder / "arrays" / "run-1.npy", array, allow_pickle=True)
        with pytest.raises(UserError, match="damaged"):
            info(foreign.folder)


def test_that_a_file_that_is_no_database_is_refused_in_words(foreign):
    (foreign.folder / FILE_NAME).write_bytes(b"MZ" + bytes(5000))
    for name in (f"{FILE_NAME}-wal", f"{FILE_NAME}-shm"):
        (foreign.folder / name).unlink(missing_ok=True)
    assert "cannot be opened" in refusal(foreign.folder)


def test_that_images_outside_the_folder_that_a_project_names_are_not_copied_by_an_export(tmp_path, ctx):
    picture(tmp_path / "secret.png")
    picture(tmp_path / "images" / "good.png")
    with Project.create(tmp_path / "p.medlabel", tmp_path / "images") as opened:
        paths = ("good.png", "../secret.png", str(tmp_path / "secret.png"), "../images/..")
        opened.images.add([ScannedImage(ImageRef(path), 1, 1) for path in paths], 0)
        opened.history.resize(4)
        opened.execute(Edit("Set classes", classes=(ImageClass(1, "../x"), ImageClass(2, "b"))), "t")
        run = opened.runs.begin("zero-shot", [1, 2], {})
        opened.runs.finish(run, np.tile(np.float32([0.9, 0.1]), (4, 1)))
    found = export(ExportSpec(tmp_path / "p.medlabel", "folders", tmp_path / "out", split=False), ctx)
    copies = sorted(
        str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*") if path.is_file()
    )
    assert found.rows == 1 and [path.rpartition("/")[2] for path in copies] == ["good.png"]


def test_that_markup_in_names_is_text_in_the_report(tmp_path, ctx):
    name = "<img src=x onerror=alert(1)>.png"
    if os.name == "nt":
        name = "&lt;.png"
    picture(tmp_path / "images" / name)
    picture(tmp_path / "images" / "b.png")
    with Project.create(tmp_path / "p.medlabel", tmp_path / "images") as opened:
        opened.images.add(list(FolderSource(tmp_path / "images").scan()), 0)
        opened.history.resize(2)
        classes = (ImageClass(1, "<script>alert(2)</script>"), ImageClass(2, "b"))
        opened.execute(Edit("Set classes", classes=classes), "<b>t</b>")
        opened.runs.finish(opened.runs.begin("zero-shot", [1, 2], {}), np.float32([[0.6, 0.4], [0.1, 0.9]]))
    export(ExportSpec(tmp_path / "p.medlabel", "report", tmp_path / "out.html"), ctx)
    text = (tmp_path / "out.html").read_text(encoding="utf-8")
    assert "<script>alert" not in text and "<img src=x" not in text and "&lt;script&gt;alert(2)" in text
