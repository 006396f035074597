import os

import numpy as np
import pytest

from core.errors import UserError
from core.exports.csv_file import export_csv
from core.exports.labels_in import match_names, read_class_folders, read_labels_csv, read_probabilities_csv
from core.exports.options import ExportRequest
from core.images.folder import FolderSource
from core.images.refs import ImageRef
from tests.core.tables import picture, table_of


@pytest.mark.parametrize(
    "text",
    [
        "file_name,label\na.png,x\nb.png,y\n",
        "\ufefffilename;class\na.png;x\nb.png;y\n",
        "Image\tCategory\textra\na.png\tx\t1\n\nb.png\ty\t2\n",
    ],
)
def test_that_labels_are_read_whatever_the_dialect(tmp_path, text):
    (tmp_path / "l.csv").write_text(text, encoding="utf-8")
    assert read_labels_csv(tmp_path / "l.csv") == {"a.png": "x", "b.png": "y"}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "empty"),
        ("a,b\n1,2\n", "no column 'file_name'"),
        ("file_name,b\n1,2\n", "no column 'label'"),
        ("file_name,label\na.png,x\na.png\n", "line 3"),
        ("file_name,label\na.png,x\na.png,y\n", "two labels"),
        ("file_name,label\na.png,\n", "no label"),
    ],
)
def test_that_labels_that_cannot_be_read_say_where(tmp_path, text, why):
    (tmp_path / "l.csv").write_text(text)
    with pytest.raises(UserError, match=why):
        read_labels_csv(tmp_path / "l.csv")


def test_that_a_missing_file_is_a_clear_error(tmp_path):
    with pytest.raises(UserError, match="cannot be opened"):
        read_labels_csv(tmp_path / "gone.csv")


def test_that_our_own_csv_is_read_back_with_odd_names_and_labels(tmp_path, ctx):
    names = ["=x.png", "a,b.png", 'q"uote.png', "line\nbreak.png", "plain/é.png", "'a.png", "'=a.png"]
    table = table_of(names, [0, 1, 0, 1, 0, 1, 0], classes=("=class", "@b"))
    export_csv(ExportRequest(table, FolderSource(tmp_path / "gone"), tmp_path / "l.csv"), ctx)
    read = read_labels_csv(tmp_path / "l.csv")
    assert list(read) == names and list(read.values()) == ["=class", "@b"] * 3 + ["=class"]


def test_that_class_folders_are_labels(tmp_path):
    picture(tmp_path / "CXR" / "a.png")
    picture(tmp_path / "Hand" / "deep" / "b.jpg")
    (tmp_path / "Hand" / "notes.txt").touch()
    assert read_class_folders(tmp_path) == {"CXR/a.png": "CXR", "Hand/deep/b.jpg": "Hand"}
    (tmp_path / "nothing").mkdir()
    with pytest.raises(UserError, match="no folders"):
        read_class_folders(tmp_path / "nothing")


def test_that_weak_labels_are_probabilities_that_sum_to_one(tmp_path):
    (tmp_path / "w.csv").write_text("file_name,x,y\na.png,2,6\nb.png,0,1\n")
    read = read_probabilities_csv(tmp_path / "w.csv")
    assert read.classes == ["x", "y"] and read.files == ["a.png", "b.png"]
    assert read.probabilities.dtype == np.float32 and read.probabilities.tolist() == [[0.25, 0.75], [0, 1]]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("file_name,x\na.png,1\n", "at least two"),
        ("file_name,x,x\na.png,1,1\n", "at least two"),
        ("file_name,x,y\n", "no row"),
        ("file_name,x,y\na.png,1\n", "line 2"),
        ("file_name,x,y\na.png,1,0\nb.png,much,little\n", "line 3"),
        ("file_name,x,y\na.png,nan,1\n", "line 2"),
        ("file_name,x,y\na.png,-1,2\n", "line 2"),
        ("file_name,x,y\na.png,0,0\n", "line 2"),
        ("file_name,x,y\na.png,1,0\na.png,1,0\n", "twice"),
    ],
)
def test_that_weak_labels_that_are_none_say_where(tmp_path, text, why):
    (tmp_path / "w.csv").write_text(text)
    with pytest.raises(UserError, match=why):
        read_probabilities_csv(tmp_path / "w.csv")


def test_that_names_match_by_path_and_by_bare_name_only_when_that_is_unique():
    refs = [
        ImageRef("x/1.png"),
        ImageRef("y/1.png"),
        ImageRef("y/2.png"),
        ImageRef(os.fsdecode(b"caf\xe9.png")),
    ]
    matched = match_names(["y/1.png", "2.png", "1.png", "caf\\xe9.png", "nothing.png", "x\\1.png"], refs)
    assert matched.rows.tolist() == [1, 2, 3, 0] and matched.found.tolist() == [0, 1, 3, 5]
    assert "2 names" in matched.notes[0] and "1.png" in matched.notes[0]
    assert match_names(["x/1.png"], refs).notes == ("3 images are not named there.",)
