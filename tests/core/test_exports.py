import csv
import json
import os
import re
import zipfile
from dataclasses import replace

import numpy as np
import pytest
import tifffile
from PIL import Image

from core.errors import JobCancelled, UserError
from core.exports.csv_file import COLUMNS, export_csv
from core.exports.fitting import FITS
from core.exports.folders import export_folders, safe_folder_name
from core.exports.npz import export_npz, load_npz
from core.exports.options import ExportRequest
from core.exports.registry import FORMATS
from core.exports.spreadsheet import harmless, plain_text
from core.images.folder import FolderSource
from core.images.npz import NpzSource
from core.images.refs import ImageRef
from core.images.zip_archive import ZipSource
from core.jobs import JobContext
from core.project.records import Source, Status
from tests.core.dicom_files import image as dicom
from tests.core.dicom_files import stored
from tests.core.tables import picture, request_for, table_of


def rows_of(path, encoding="utf-8"):
    with path.open(encoding=encoding, newline="") as file:
        return list(csv.DictReader(file))


def cancelled() -> JobContext:
    ctx = JobContext(interval=0)
    ctx._listener = lambda event: ctx.cancel()
    return ctx


def test_that_a_csv_has_a_row_an_image_with_everything_that_is_known(folder, tmp_path, ctx):
    request = request_for(
        folder,
        tmp_path / "labels.csv",
        labels=[0, 1, -1] + [1] * 21,
        status=np.array(
            [Status.ACCEPTED, Status.PREDICTED, Status.ERROR] + [Status.PREDICTED] * 21, np.uint8
        ),
        source=np.array([Source.HUMAN, Source.REFINEMENT, Source.NONE] + [Source.ZERO_SHOT] * 21, np.uint8),
        error=["", "", "the file is empty"] + [""] * 21,
        annotator=["ann"] + [""] * 23,
        updated_at=["2026-01-02T03:04:05Z"] + [""] * 23,
    )
    result = export_csv(request, ctx)
    rows = rows_of(tmp_path / "labels.csv")
    assert result.rows == len(rows) == 24 and tuple(rows[0]) == COLUMNS
    assert rows[0] | {"split": "", "sha256": ""} == {
        **dict.fromkeys(COLUMNS, ""),
        "file_name": "discs/00.png",
        "label": "a",
        "label_id": "0",
        "confidence": "0.9",
        "status": "accepted",
        "source": "human",
        "zero_shot_label": "a",
        "zero_shot_confidence": "0.9",
        "annotator": "ann",
        "updated_at": "2026-01-02T03:04:05Z",
        "frame": "0",
    }
    assert (
        rows[2]["error"] == "the file is empty"
        and rows[2]["label"] == rows[2]["confidence"] == rows[2]["split"] == ""
    )
    assert [rows[k]["source"] for k in (1, 3)] == ["refinement", "zero-shot"]
    assert {row["split"] for row in rows} == {"train", "val", "test", ""}


def test_that_only_the_chosen_statuses_are_written(folder, tmp_path, ctx):
    status = np.array([Status.ACCEPTED] * 3 + [Status.PREDICTED] * 21, np.uint8)
    for name, statuses, count in (("a.csv", {Status.ACCEPTED}, 3), ("b.csv", None, 24)):
        wanted = frozenset(statuses) if statuses else None
        request = request_for(folder, tmp_path / name, status=status, statuses=wanted)
        assert export_csv(request, ctx).rows == count


@pytest.mark.parametrize("name", ["=1+1", "+x", "-x", "@SUM(A1)", "\tx", "＝x", "'quoted"])  # noqa: RUF001
def test_that_formulas_are_made_harmless_in_every_text_column(tmp_path, ctx, name):
    table = table_of([name + ".png"], [0], classes=(name, "b"), note=[name], group=[name], annotator=[name])
    out = tmp_path / "labels.csv"
    export_csv(ExportRequest(table, FolderSource(tmp_path / "gone"), out), ctx)
    (row,) = rows_of(out)
    for column in ("file_name", "label", "note", "group", "annotator", "zero_shot_label"):
        assert row[column].startswith("'"), column


@pytest.mark.parametrize(
    "name", ["b;=1+1", "b\t=1+1", "b|@x", "b\n=1+1", "b;'=x", "a;b\x1b[31m", "a\x7fb;-1;+2"]
)
@pytest.mark.parametrize("separator", ",;\t")
def test_that_no_cell_is_a_formula_whatever_separates_them(tmp_path, ctx, name, separator):
    table = table_of([name + ".png"], [0], classes=(name, "b"), note=[name], group=[name], annotator=[name])
    out = tmp_path / "labels.csv"
    export_csv(ExportRequest(table, FolderSource(tmp_path / "gone"), out), ctx)
    text = out.read_text(encoding="utf-8")
    for cell in re.split(f"[\r\n{separator}]", text):  # as a program that knows no quotes
        assert not cell.lstrip('"').startswith(("=", "+", "-", "@")), cell
    assert f'"{harmless(name)}.png",' in text
    (row,) = rows_of(out)
    for column in ("label", "note", "group", "annotator"):
        assert plain_text(row[column]) == name
    assert plain_text(row["file_name"]) == f"{name}.png"


def test_that_a_csv_is_quoted_only_where_it_could_be_taken_apart(tmp_path, ctx):
    out = tmp_path / "labels.csv"
    export_csv(
        ExportRequest(table_of(["a.png", "b;.png"], [0, 0]), FolderSource(tmp_path / "gone"), out), ctx
    )
    lines = out.read_text(encoding="utf-8").splitlines()
    assert '"' not in lines[0] + lines[1] and lines[2].startswith('"b;.png","')


def test_that_excel_gets_a_byte_order_mark_and_others_do_not(folder, tmp_path, ctx):
    for excel in (True, False):
        request = request_for(folder, tmp_path / "labels.csv", excel=excel)
        export_csv(request, ctx)
        assert (tmp_path / "labels.csv").read_bytes().startswith(b"\xef\xbb\xbf") == excel


@pytest.mark.parametrize("format", sorted(FORMATS))
def test_that_a_cancelled_export_leaves_nothing_and_keeps_the_older_file(folder, tmp_path, format):
    out = tmp_path / "out" / "labels"
    out.parent.mkdir()
    if format != "folders":
        out.write_text("older")
    with pytest.raises(JobCancelled):
        FORMATS[format].export(request_for(folder, out), cancelled())
    assert [path.name for path in out.parent.iterdir()] == ([] if format == "folders" else ["labels"])
    assert format == "folders" or out.read_text() == "older"


def test_that_a_place_that_cannot_be_written_is_a_clear_error(folder, tmp_path, ctx):
    with pytest.raises(UserError, match="cannot be written"):
        export_csv(request_for(folder, tmp_path / "nowhere" / "labels.csv"), ctx)


def test_that_an_npz_is_what_medmnist_has_and_our_loader_reads_it_back(folder, tmp_path, ctx):
    request = request_for(folder, tmp_path / "labels.npz", classes=("disc", "stripes"))
    result = export_npz(request, ctx)
    with np.load(tmp_path / "labels.npz", allow_pickle=False) as arrays:
        assert {
            "train_images",
            "train_labels",
            "val_images",
            "val_labels",
            "test_images",
            "test_labels",
        } <= set(arrays)
        assert arrays["train_images"].dtype == np.uint8 and arrays["train_images"].shape[1:] == (40, 40)
        assert arrays["train_labels"].dtype == np.uint8 and arrays["train_labels"].shape[1:] == (1,)
        assert sum(len(arrays[f"{s}_images"]) for s in ("train", "val", "test")) == 24 == result.rows
    loaded = load_npz(tmp_path / "labels.npz")
    assert loaded.classes == ("disc", "stripes")
    for split in loaded.splits.values():
        for image, label, name, confidence in zip(
            split.images, split.labels, split.ids, split.confidence, strict=True
        ):
            assert (image == np.asarray(Image.open(folder / name))).all()
            assert loaded.classes[label].startswith(name[:4]) and confidence == np.float32(0.9)
    info = json.loads((tmp_path / "labels.json").read_text())
    assert info["label"] == {"0": "disc", "1": "stripes"} and info["n_channels"] == 1
    assert info["n_samples"] == result.splits


def test_that_an_exported_npz_opens_as_a_source(folder, tmp_path, ctx):
    export_npz(request_for(folder, tmp_path / "labels.npz"), ctx)
    assert len(list(NpzSource(tmp_path / "labels.npz").scan())) == 24


def test_that_mixed_sizes_are_padded_to_224_and_mixed_colours_are_rgb(tmp_path, ctx):
    root = tmp_path / "images"
    picture(root / "a" / "wide.png", (80, 20), "L", 200)
    picture(root / "b" / "red.png", (30, 30), "RGB", (200, 0, 0))
    request = request_for(
        root,
        tmp_path / "x.npz",
        width=np.array([80, 30], np.int32),
        height=np.array([20, 30], np.int32),
        grey=np.array([True, False]),
        ratios=(1.0, 0.0, 0.0),
    )
    result = export_npz(request, ctx)
    images = load_npz(tmp_path / "x.npz").splits["train"].images
    assert images.shape == (2, 224, 224, 3) and "224 px" in result.notes[0]
    assert images[0, 0].max() == 0 and images[0, 112].min() == 200, "a wide picture is padded above and below"
    empty = load_npz(tmp_path / "x.npz").splits["test"].images
    assert empty.shape == (0, 224, 224, 3) and empty.dtype == np.uint8


def test_that_size_and_grey_can_be_chosen(folder, tmp_path, ctx):
    export_npz(request_for(folder, tmp_path / "x.npz", size=28, grey=False), ctx)
    assert load_npz(tmp_path / "x.npz").splits["train"].images.shape[1:] == (28, 28, 3)


@pytest.mark.parametrize(
    ("fit", "top_left", "centre"), [("pad", 0, 200), ("crop", 200, 200), ("stretch", 90, 200)]
)
def test_that_the_way_to_a_size_can_be_chosen_and_is_recorded(tmp_path, ctx, fit, top_left, centre):
    """A wide picture with dark ends and a bright square in its middle."""
    array = np.full((20, 60), 90, np.uint8)
    array[:, 20:40] = 200
    (tmp_path / "images" / "a").mkdir(parents=True)
    Image.fromarray(array).save(tmp_path / "images" / "a" / "wide.png")
    request = request_for(
        tmp_path / "images", tmp_path / "x.npz", size=30, fit=fit, split=False, width=np.array([60], np.int32)
    )
    result = export_npz(request, ctx)
    (image,) = load_npz(tmp_path / "x.npz").splits["train"].images
    assert image.shape == (30, 30) and image[0, 0] == top_left and image[15, 15] == centre
    facts = json.loads((tmp_path / "x.json").read_text())
    assert facts["fit"] == fit and facts["resize"] in result.notes[0] and "30" in facts["resize"]


@pytest.mark.parametrize("fit", sorted(FITS))
def test_that_every_fit_gives_a_square_of_any_picture(fit):
    for shape in ((1, 90), (90, 1), (7, 9, 3), (28, 28)):
        fitted = FITS[fit].apply(np.full(shape, 7, np.uint8), 28)
        assert fitted.shape == (28, 28, *shape[2:]) and fitted.dtype == np.uint8


def test_that_images_of_the_wanted_size_are_not_touched_by_a_fit(folder, tmp_path, ctx):
    export_npz(request_for(folder, tmp_path / "x.npz", fit="crop"), ctx)
    assert json.loads((tmp_path / "x.json").read_text())["fit"] is None


def test_that_without_a_split_an_npz_has_all_images_in_train(folder, tmp_path, ctx):
    result = export_npz(request_for(folder, tmp_path / "x.npz", split=False), ctx)
    assert result.splits == {"train": 24, "val": 0, "test": 0}


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"fit": "squeeze"}, "'squeeze'"),
        ({"size": 0}, "0 px"),
        ({"size": 100_000}, "100000 px"),
        ({"ratios": (0.7, 0.1, 0.1)}, "70/10/10"),
        ({"ratios": (1.2, -0.2, 0.0)}, "do not make 100"),
        ({"ratios": (float("nan"), 0.5, 0.5)}, "do not make 100"),
        ({"seed": -1}, "no seed"),
    ],
)
def test_that_options_without_sense_are_clear_errors(folder, tmp_path, option, message):
    with pytest.raises(UserError, match=message):
        request_for(folder, tmp_path / "x.npz", **option)


def test_that_an_image_that_vanished_is_left_out_and_counted(folder, tmp_path, ctx):
    for name, export in (("x.npz", export_npz), ("copies", export_folders)):
        request = request_for(folder, tmp_path / name)
        request.source.root.joinpath("discs", "03.png").rename(tmp_path / "aside.png")
        result = export(request, ctx)
        (tmp_path / "aside.png").rename(folder / "discs" / "03.png")
        assert result.rows == 23 and result.skipped == {"images that can no longer be read": 1}


def test_that_nothing_to_export_is_a_clear_error(folder, tmp_path, ctx):
    for export in (export_npz, export_folders):
        with pytest.raises(UserError, match="no image with a label"):
            export(request_for(folder, tmp_path / "x.npz", labels=[-1] * 24), ctx)


def test_that_many_classes_get_wider_labels(folder, tmp_path, ctx):
    classes = tuple(f"class {k}" for k in range(300))
    export_npz(request_for(folder, tmp_path / "x.npz", labels=[299] * 24, classes=classes), ctx)
    assert set(load_npz(tmp_path / "x.npz").splits["train"].labels.tolist()) == {299}


def test_that_a_file_that_is_no_export_is_a_clear_error(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.npz", "w"):
        pass
    with pytest.raises(UserError, match="cannot be read"):
        load_npz(tmp_path / "x.npz")


def test_that_class_folders_hold_copies_and_the_originals_are_untouched(folder, tmp_path, ctx):
    before = {path: path.read_bytes() for path in folder.rglob("*.png")}
    out = tmp_path / "sorted"
    result = export_folders(request_for(folder, out, classes=("disc", "stripe"), split=False), ctx)
    assert result.rows == 24
    copies = sorted(path.relative_to(out).as_posix() for path in out.rglob("*.png"))
    assert copies[0] == "disc/00.png" and copies[-1] == "stripe/11.png" and len(copies) == 24
    assert (out / "disc" / "05.png").read_bytes() == before[folder / "discs" / "05.png"]
    assert {path: path.read_bytes() for path in folder.rglob("*.png")} == before


def test_that_files_of_one_name_from_two_folders_are_both_copied(folder, tmp_path, ctx):
    request = request_for(folder, tmp_path / "sorted", labels=[0] * 24, split=False)
    export_folders(request, ctx)
    assert len(list((tmp_path / "sorted" / "a").iterdir())) == 24
    assert (tmp_path / "sorted" / "a" / "stripes__00.png").exists()


def test_that_splits_become_folders_above_the_classes(folder, tmp_path, ctx):
    result = export_folders(request_for(folder, tmp_path / "sorted"), ctx)
    counts = {s: len(list((tmp_path / "sorted" / s).rglob("*.png"))) for s in ("train", "val", "test")}
    assert counts == result.splits == {"train": 16, "val": 2, "test": 6} or sum(counts.values()) == 24


def test_that_a_folder_that_holds_something_is_not_overwritten(folder, tmp_path, ctx):
    picture(tmp_path / "sorted" / "mine.png")
    with pytest.raises(UserError, match="holds something"):
        export_folders(request_for(folder, tmp_path / "sorted"), ctx)
    assert (tmp_path / "sorted" / "mine.png").exists()


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("a/b", "a_b"),
        ("..", "_"),
        ("CON", "CON_"),
        ("con.txt", "con.txt_"),
        ("dots...", "dots"),
        ('a<b>:"', "a_b___"),
        (" ", "_"),
    ],
)
def test_that_class_names_become_safe_folder_names(name, safe):
    assert safe_folder_name(name) == safe
    assert len(os.fsencode(safe_folder_name(name * 200))) <= 200 + 1


def test_that_classes_that_differ_only_in_case_get_two_folders(folder, tmp_path, ctx):
    export_folders(request_for(folder, tmp_path / "sorted", classes=("Hand", "hand"), split=False), ctx)
    assert sorted(p.name for p in (tmp_path / "sorted").iterdir()) == ["Hand", "hand (2)"]


def test_that_images_of_an_npz_are_written_as_png(tmp_path, ctx):
    images = np.random.default_rng(0).integers(0, 255, (4, 28, 28), np.uint8)
    np.savez(tmp_path / "set.npz", train_images=images)
    source = NpzSource(tmp_path / "set.npz")
    table = table_of([item.ref for item in source.scan()], [0, 1, 0, 1])
    export_folders(ExportRequest(table, source, tmp_path / "sorted", split=False), ctx)
    assert (np.asarray(Image.open(tmp_path / "sorted" / "a" / "000002.png")) == images[2]).all()


def test_that_a_name_that_is_not_utf8_is_copied_and_written_readably(folder, tmp_path, ctx):
    name = os.fsdecode(b"caf\xe9.png")
    picture(folder / "discs" / "plain.png").rename(folder / "discs" / name)
    request = request_for(folder, tmp_path / "sorted", split=False)
    export_folders(request, ctx)
    assert (tmp_path / "sorted" / "a" / name).exists()
    out = tmp_path / "labels.csv"
    export_csv(request_for(folder, out), ctx)
    assert "discs/caf\\xe9.png" in {row["file_name"] for row in rows_of(out)}


def test_that_a_reference_shows_its_frame(tmp_path, ctx):
    out = tmp_path / "labels.csv"
    table = table_of([ImageRef("train/000012.png", 12)], [0])
    export_csv(ExportRequest(table, FolderSource(tmp_path / "gone"), out), ctx)
    assert rows_of(out)[0]["frame"] == "12"


def test_that_class_folders_carry_no_header_of_a_patient_and_one_png_a_frame(tmp_path, ctx):
    files = tmp_path / "files"
    frames = np.arange(2 * 8 * 8, dtype=np.uint16).reshape(2, 8, 8)
    stored(files / "ct.dcm", dicom(frames[0], PatientName="Secret^Name"))
    stored(files / "1.2.3", dicom(frames[0], PatientName="Secret^Name"))
    tifffile.imwrite(files / "stack.tif", frames, photometric="minisblack")
    source = FolderSource(files)
    refs = [item.ref for item in source.scan()]
    export_folders(
        ExportRequest(table_of(refs, [0] * len(refs)), source, tmp_path / "sorted", split=False), ctx
    )
    copies = sorted((tmp_path / "sorted").rglob("*.*"))
    assert [path.name for path in copies] == ["1.2.3.png", "ct.png", "stack_0000.png", "stack_0001.png"]
    assert not any(b"Secret" in path.read_bytes() for path in copies)
    shown = {path.name: np.asarray(Image.open(path)) for path in copies}
    assert (shown["ct.png"] == source.read(ImageRef("ct.dcm")).array).all()
    assert (shown["stack_0001.png"] == source.read(ImageRef("stack.tif", 1)).array).all()


def test_that_pictures_in_an_archive_are_copied_as_they_are(folder, tmp_path, ctx):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(folder / "discs" / "00.png", "00.png")
    source = ZipSource(tmp_path / "a.zip")
    export_folders(ExportRequest(table_of(["00.png"], [0]), source, tmp_path / "sorted", split=False), ctx)
    (copy,) = (tmp_path / "sorted").rglob("*.png")
    assert copy.read_bytes() == (folder / "discs" / "00.png").read_bytes()


def test_that_images_in_one_file_are_exported_to_one_split(tmp_path, ctx):
    refs = [ImageRef(f"volume{row // 8}.nii", row % 8) for row in range(80)]
    table = table_of(refs, [row % 2 for row in range(80)])
    export_csv(
        ExportRequest(table, FolderSource(tmp_path / "files"), tmp_path / "labels.csv", split=True), ctx
    )
    rows = rows_of(tmp_path / "labels.csv", "utf-8-sig")
    of_file = {
        name: {row["split"] for row in rows if row["file_name"] == name} for name in {r.path for r in refs}
    }
    assert all(len(splits) == 1 for splits in of_file.values())
    assert set.union(*of_file.values()) == {"train", "val", "test"}


def test_that_people_see_which_slice_of_a_file_is_meant():
    assert ImageRef("a/v.nii.gz").legible == "a/v.nii.gz"
    assert ImageRef("a/v.nii.gz", 12).legible == "a/v.nii.gz · 13"
    assert ImageRef("a/v.nii.gz", 1_000_012).legible == "a/v.nii.gz · coronal 13"
    assert ImageRef("train/000012.png", 12).legible == "train/000012.png"
    assert ImageRef("train/000000.png", 3).legible == "train/000000.png · 4"
    assert ImageRef("train/000012.png", 1_000_012).legible == "train/000012.png · coronal 13"


def test_that_the_confidence_of_a_label_that_a_person_gave_is_not_that_of_another(folder, tmp_path, ctx):
    status = np.full(24, Status.PREDICTED, np.uint8)
    status[[0, 1, 2]] = Status.CORRECTED, Status.ACCEPTED, Status.ACCEPTED
    first = np.full(24, 0, np.int32)
    first[2] = 1  # accepted before the model changed its mind
    request = request_for(folder, tmp_path / "l.csv", labels=[0] * 24, status=status, zero_shot_label=first)
    export_csv(request, ctx)
    found = {row["file_name"]: row["confidence"] for row in rows_of(request.out, "utf-8-sig")}
    names = [ref.path for ref in request.table.refs]
    assert [found[name] for name in names[:4]] == ["", "0.9", "", "0.9"]
    export_npz(replace(request, out=tmp_path / "l.npz"), ctx)
    loaded = load_npz(tmp_path / "l.npz")
    ids = [name for part in loaded.splits.values() for name in part.ids]
    sure = [value for part in loaded.splits.values() for value in part.confidence]
    assert {name for name, value in zip(ids, sure, strict=True) if np.isnan(value)} == {names[0], names[2]}


def test_that_what_people_keep_out_is_in_no_split_unless_it_is_asked_for(folder, tmp_path, ctx):
    status = np.full(24, Status.PREDICTED, np.uint8)
    status[[3, 4]] = Status.EXCLUDED, Status.UNSURE
    request = request_for(folder, tmp_path / "l.csv", status=status, split=True)
    export_csv(request, ctx)
    kept_out = [row["status"] for row in rows_of(request.out, "utf-8-sig") if not row["split"]]
    assert sorted(kept_out) == ["excluded", "unsure"]
    asked = replace(request, out=tmp_path / "m.csv", statuses=frozenset(Status))
    export_csv(asked, ctx)
    assert all(row["split"] for row in rows_of(asked.out, "utf-8-sig"))


def test_that_the_black_slice_of_every_volume_does_not_put_all_volumes_into_one_split(tmp_path, ctx):
    refs = [ImageRef(f"volume{row // 8}.nii", row % 8) for row in range(80)]
    flat = np.array([ref.frame == 0 for ref in refs])
    contents = [b"black" if empty else bytes([row]) * 32 for row, empty in enumerate(flat)]
    contents[9:16] = contents[1:8]  # the second volume is a copy of the first
    table = table_of(refs, [row % 2 for row in range(80)], sha256=contents, flat=flat)
    export_csv(
        ExportRequest(table, FolderSource(tmp_path / "files"), tmp_path / "labels.csv", split=True), ctx
    )
    split = {row["file_name"]: row["split"] for row in rows_of(tmp_path / "labels.csv", "utf-8-sig")}
    assert set(split.values()) == {"train", "val", "test"}
    assert split["volume0.nii"] == split["volume1.nii"]
