"""Zip archives: read as a folder is, without unpacking; what could do harm is a row with an error."""

import gc
import io
import os
import stat
import struct
import zipfile
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import tifffile
from PIL import Image

from core.errors import UserError
from core.images import zip_archive, zip_index
from core.images.folder import FolderSource
from core.images.pixels import ImageUnreadable
from core.images.refs import ImageRef
from core.images.source import open_source, thumbnail_pixels
from core.images.zip_archive import ZipMember, ZipSource
from core.project.project import Project
from core.tasks.import_labels import ImportSpec, import_labels
from core.tasks.scan import open_project, relink, scan


def png(value: int = 100) -> bytes:
    data = io.BytesIO()
    Image.fromarray(np.full((6, 8), value, np.uint8)).save(data, "PNG")
    return data.getvalue()


def packed(path, members, method=zipfile.ZIP_DEFLATED):
    """An archive of (name or ZipInfo, bytes) pairs."""
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in members:
            archive.writestr(name, data, None if isinstance(name, zipfile.ZipInfo) else method)
    return path


def errors(path) -> dict[str, str]:
    return {row.ref.path: row.error for row in ZipSource(path).scan()}


def test_that_an_archive_has_the_images_of_its_folder_in_the_same_order(tmp_path, folder):
    for name in (
        "b.png",
        "a.png",
        "discs/sub/x.png",
        ".hidden/y.png",
        "__MACOSX/z.png",
        "notes.txt",
        "in.zip",
    ):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(png())
    files = [path for path in folder.rglob("*") if path.is_file()]
    path = packed(
        tmp_path / "set.zip", [(str(file.relative_to(folder)), file.read_bytes()) for file in reversed(files)]
    )
    inside, outside = open_source(path), FolderSource(folder)
    refs = [row.ref for row in inside.scan()]
    assert refs == [row.ref for row in outside.scan()] and len(refs) == 27
    for ref in refs[::5]:
        assert inside.read(ref).sha256 == outside.read(ref).sha256
        assert (thumbnail_pixels(inside, ref, 4) == thumbnail_pixels(outside, ref, 4)).all()


def test_that_many_threads_read_one_archive_whose_directory_is_read_once(tmp_path, monkeypatch):
    path = packed(tmp_path / "set.zip", [(f"{number:03d}.png", png(number)) for number in range(200)])
    source, opened = ZipSource(path), []
    monkeypatch.setattr(
        zip_archive, "open_archive", lambda path: opened.append(1) or zip_index.open_archive(path)
    )
    refs = [row.ref for row in source.scan()]
    with ThreadPoolExecutor(8) as pool:
        values = [pixels.array[0, 0] for pixels in pool.map(source.read, refs)]
    assert values == list(range(200)) and len(opened) == 1
    del source
    gc.collect()  # a handle that was left open would be a ResourceWarning, which fails the test


def test_that_an_archive_that_was_replaced_is_opened_again(tmp_path, ctx):
    path = packed(tmp_path / "set.zip", [("a.png", png(1)), ("b.png", png(2))])
    project = open_project(path)
    scan(project, ctx)
    source = ZipSource(path)
    assert source.read(ImageRef("a.png")).array[0, 0] == 1
    packed(path, [("a.png", png(7)), ("c.png", png(2))])
    assert source.read(ImageRef("a.png")).array[0, 0] == 7
    with pytest.raises(ImageUnreadable, match=r"no file b\.png any more"):
        source.read(ImageRef("b.png"))
    found = scan(project, ctx)
    assert (found.images, found.new, found.changed, found.missing) == (3, 1, 1, 1)
    path.unlink()
    with pytest.raises(ImageUnreadable, match="the archive cannot be opened"):
        source.read(ImageRef("a.png"))


def test_that_class_folders_inside_an_archive_are_known_labels(tmp_path, folder, ctx):
    names = ("discs/00.png", "stripes/00.png", "stripes/01.png")
    path = packed(tmp_path / "set.zip", [(name, (folder / name).read_bytes()) for name in names])
    project = open_project(path)
    scan(project, ctx)
    from core.project.edits import Edit
    from core.project.records import ImageClass

    with Project.open(project) as opened:
        opened.execute(Edit("Set classes", classes=(ImageClass(1, "discs"), ImageClass(2, "stripes"))), "t")
    assert import_labels(ImportSpec(project, path), ctx).matched == 3
    with Project.open(project) as opened:
        assert opened.truth() == {0: 1, 1: 2, 2: 2}


def test_that_images_that_were_in_an_archive_are_not_looked_for_in_a_folder(tmp_path, folder):
    project = open_project(packed(tmp_path / "set.zip", [("a.png", png())]))
    with pytest.raises(UserError, match="not a zip"):
        relink(project, folder)


@pytest.mark.parametrize(
    "name", ["../a.png", "x/../../a.png", "/etc/a.png", "C:/a.png", "x\\..\\a.png", "x//a.png"]
)
def test_that_names_that_lead_out_of_the_archive_are_rows_with_an_error(tmp_path, name):
    path = packed(tmp_path / "slip.zip", [(name, png()), ("good.png", png())])
    found = errors(path)
    assert "leads out of the archive" in found[name] and found["good.png"] == ""
    with pytest.raises(ImageUnreadable, match="leads out"):
        ZipSource(path).read(ImageRef(name))
    assert sorted(file.name for file in tmp_path.iterdir()) == ["slip.zip"]


@pytest.mark.parametrize("name", ["./x/a.png", "x/./a.png", "././x/././a.png"])
def test_that_a_dot_in_a_name_leads_nowhere_and_is_left_out(tmp_path, name):
    path = packed(tmp_path / "dots.zip", [("./", b""), (name, png()), ("x/b..png", png())])
    assert errors(path) == {"x/a.png": "", "x/b..png": ""}
    assert ZipSource(path).read(ImageRef("x/a.png")).array.size
    assert "leads out" in errors(packed(tmp_path / "out.zip", [("./../a.png", png())]))["../a.png"]


def test_that_the_same_name_with_a_dot_is_there_twice(tmp_path):
    path = packed(tmp_path / "dots.zip", [("./a.png", png()), ("a.png", png())])
    assert errors(path) == {"a.png": "the archive holds two files of this name"}


def test_that_a_bomb_is_refused_before_anything_is_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(zip_index, "BOMB_BYTES", 1_000_000)
    path = packed(tmp_path / "bomb.zip", [("bomb.png", bytes(3_000_000)), ("good.png", png())])
    found = errors(path)
    assert "would unpack to" in found["bomb.png"] and found["good.png"] == ""
    with pytest.raises(ImageUnreadable, match="would unpack to"):
        ZipSource(path).read(ImageRef("bomb.png"))
    monkeypatch.setattr(zip_index, "MAX_FILE_BYTES", 2_000_000)
    assert "larger than" in errors(path)["bomb.png"]


def _with_size(path, said: int):
    """The archive with another unpacked size of its first member, in the directory and before the member."""
    data = bytearray(path.read_bytes())
    struct.pack_into("<L", data, 22, said)
    struct.pack_into("<L", data, data.find(b"PK\x01\x02") + 24, said)
    path.write_bytes(data)


def test_that_a_member_that_lies_about_its_size_is_unpacked_to_that_size_only(tmp_path):
    path = packed(tmp_path / "lie.zip", [("a.png", png() + bytes(5_000_000))])
    _with_size(path, 500)
    with pytest.raises(ImageUnreadable, match="damaged inside the archive"):
        ZipSource(path).read(ImageRef("a.png"))


def test_that_members_that_lie_over_each_other_are_refused(tmp_path):
    path = packed(tmp_path / "flat.zip", [("a.png", png(1)), ("b.png", png(2)), ("c.png", png(3))])
    data = bytearray(path.read_bytes())
    second = data.find(b"PK\x01\x02", data.find(b"PK\x01\x02") + 4)
    struct.pack_into("<L", data, second + 42, 0)  # b begins where a does
    path.write_bytes(data)
    found = errors(path)
    assert "lies over another one" in found["a.png"] and "lies over another one" in found["b.png"]
    assert found["c.png"] == ""


def test_that_links_devices_passwords_and_other_packings_are_rows_with_an_error(tmp_path):
    def special(name, kind):
        info = zipfile.ZipInfo(name)
        info.create_system, info.external_attr = 3, (kind | 0o644) << 16
        return info

    path = packed(
        tmp_path / "odd.zip",
        [
            (special("link.png", stat.S_IFLNK), b"/etc/passwd"),
            (special("pipe.png", stat.S_IFIFO), b""),
            ("empty.png", b""),
            ("secret.png", png()),
        ],
    )
    with zipfile.ZipFile(path, "a", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("bz2.png", png())
    data = bytearray(path.read_bytes())
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(mark)
        while at >= 0:
            if b"secret" in data[at : at + 60]:
                data[at + flags] |= 1
            at = data.find(mark, at + 4)
    path.write_bytes(data)
    assert errors(path) == {
        "bz2.png": "the file is packed in a way that is not read; pack it again as an ordinary zip",
        "empty.png": "the file is empty",
        "link.png": "this is a link, which is not followed",
        "pipe.png": "this is not a regular file",
        "secret.png": "the file is protected with a password",
    }


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_that_a_name_that_is_there_twice_is_one_row_with_an_error(tmp_path):
    path = packed(tmp_path / "twice.zip", [("a.png", png(1)), ("b.png", png(1)), ("a.png", png(2))])
    assert errors(path) == {"a.png": "the archive holds two files of this name", "b.png": ""}


def test_that_names_with_line_breaks_and_marks_of_direction_are_kept_as_they_are(tmp_path):
    names = ["a\nb.png", "a\rb.png", "\u202egnp.exe.png", "x" * 4000 + ".png", "-.png", "=1+1.png"]
    path = packed(tmp_path / "names.zip", [(name, png()) for name in names])
    assert errors(path) == dict.fromkeys(names, "")
    assert all(ZipSource(path).read(ImageRef(name)).array[0, 0] == 100 for name in names)


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"", "no zip archive"), (b"PK\x03\x04 hello", "no zip archive"), (b"GIF89a", "no zip archive")],
)
def test_that_what_is_no_archive_is_refused_before_a_project_is_made(tmp_path, content, why):
    path = tmp_path / "set.zip"
    path.write_bytes(content)
    with pytest.raises(UserError, match=why):
        open_project(path)


def test_that_a_directory_too_large_for_memory_is_refused(tmp_path, monkeypatch):
    path = packed(tmp_path / "set.zip", [(f"{number}.png", b"x") for number in range(50)])
    monkeypatch.setattr(zip_index, "MAX_DIRECTORY_BYTES", 1000)
    with pytest.raises(UserError, match="too many files"):
        ZipSource(path).check()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes")
def test_that_a_pipe_that_is_called_an_archive_is_not_opened(tmp_path):
    os.mkfifo(tmp_path / "set.zip")
    for use in (lambda path: open_source(path), lambda path: ZipSource(path).check()):
        with pytest.raises(UserError):
            use(tmp_path / "set.zip")


def test_that_damage_inside_a_member_is_said_of_that_image(tmp_path):
    path = packed(tmp_path / "set.zip", [("a.png", png()), ("b.png", png())], zipfile.ZIP_STORED)
    data = bytearray(path.read_bytes())
    data[60] ^= 255
    path.write_bytes(data)
    source = ZipSource(path)
    with pytest.raises(ImageUnreadable, match="damaged inside the archive"):
        source.read(ImageRef("a.png"))
    assert source.read(ImageRef("b.png")).width == 8


def test_that_a_large_member_is_unpacked_once_for_all_its_pages(tmp_path, monkeypatch):
    pages = np.random.default_rng(0).integers(0, 2**16, (6, 400, 400), np.uint16)
    tifffile.imwrite(tmp_path / "stack.tif", pages, photometric="minisblack")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(tmp_path / "stack.tif", "stack.tif")
    unpacked = []
    read = ZipMember.read
    monkeypatch.setattr(ZipMember, "read", lambda self: unpacked.append(self.name) or read(self))
    source = ZipSource(tmp_path / "a.zip")
    for item in source.scan():
        assert source.read(item.ref).array.shape == (400, 400)
    assert unpacked == ["stack.tif"]
