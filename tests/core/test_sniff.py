"""Files whose names do not tell what they are."""

import pytest

from core.images.files import DiskFile
from core.images.folder import FolderSource
from core.images.formats.registry import is_nameless
from core.images.formats.sniff import is_dicom_called


@pytest.mark.parametrize(
    ("name", "head"),
    [
        ("x.CT", bytes(128) + b"DICM"),
        ("MR.1.2.3.img", bytes(128) + b"DICM"),
        ("IMG1.DCM;1", bytes(128) + b"DICM"),
        ("a.dicm", bytes(128) + b"DICM"),
        ("bare", b"\x08\x00\x05\x00\x0a\x00\x00\x00ISO_IR 100\x08\x00\x16\x00"),
        ("bare", b"\x00\x08\x00\x05CS\x00\x0aISO_IR 100"),
        ("bare.7", b"\x08\x00\x05\x00CS\x0a\x00ISO_IR 100"),
    ],
)
def test_that_dicom_is_known_whatever_it_is_called_and_however_it_is_written(name, head):
    assert is_nameless(name) and is_dicom_called(name, head)


@pytest.mark.parametrize(
    ("name", "head"),
    [
        ("notes.abc", b"\x08\x00\x05\x00CS\x0a\x00ISO_IR 100"),  # an ending, and no mark
        ("bare", b"plain text, which goes on for a while"),
        ("bare", b"\x08\x00\x05\x00\xff\xff\xff\xff"),
        ("bare", b"\x08\x00\x05\x00\x0a\x00\x00\x00ISO_IR 100\x07\x00\x16\x00"),
        ("bare", b"\x00\x08\x00\x05\x00\x00\x00\x0aISO_IR 100"),
        ("bare", b""),
    ],
)
def test_that_other_files_are_no_dicom(name, head):
    assert not is_dicom_called(name, head)


def test_that_files_with_a_well_known_ending_are_not_opened_by_a_scan(tmp_path, monkeypatch):
    for name in ("a.txt", "b.csv", "c.PY", "d.tar.gz", "e.png"):
        (tmp_path / name).write_bytes(bytes(128) + b"DICM")
    (tmp_path / "f.odd").write_bytes(b"text")
    opened = []
    monkeypatch.setattr(DiskFile, "head", lambda self, size: opened.append(self.name) or b"")
    assert [row.ref.path for row in FolderSource(tmp_path).scan()] == ["e.png"]
    assert opened == ["f.odd"]
