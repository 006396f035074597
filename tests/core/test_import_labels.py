"""Known labels: what a source holds is told before it is imported, and names can be mapped or left out."""

import pickle

import numpy as np
import pytest

from core.errors import UserError
from core.project.class_edits import add
from core.project.project import Project
from core.tasks.class_names import suggest
from core.tasks.import_labels import (
    FoundName,
    ImportSpec,
    UnknownClassesError,
    import_labels,
    preview_import,
)
from core.tasks.scan import open_project, scan

CLASSES = ["Chest X-ray", "breast ultrasound"]


def scanned(path, ctx, names=CLASSES):
    project = open_project(path)
    scan(project, ctx)
    with Project.open(project) as opened:
        opened.execute(add((), [(name, ()) for name in names], opened.next_class_id()), "ann")
    return project


@pytest.fixture
def project(folder, ctx):
    return scanned(folder, ctx)


def csv(tmp_path, *lines):
    (tmp_path / "known.csv").write_text("\n".join(["file_name,label", *lines]) + "\n")
    return tmp_path / "known.csv"


def truth(project):
    with Project.open(project) as opened:
        table = opened.table()
    return {ref.path: table.classes[k].name for ref, k in zip(table.refs, table.truth, strict=True) if k >= 0}


@pytest.fixture
def source(tmp_path):
    return csv(
        tmp_path,
        "discs/00.png,chest_xrays",
        "discs/01.png,chest_xrays",
        "discs/02.png,no idea",
        "stripes/00.png,BREAST ULTRASOUND",
        "gone.png,chest_xrays",
        "away.png,of nothing",
    )


def test_that_a_preview_tells_what_is_there_and_stores_nothing(project, source, ctx):
    found = preview_import(ImportSpec(project, source), ctx)
    assert found.found == (
        FoundName("chest_xrays", 2, "Chest X-ray", alike=True),
        FoundName("no idea", 1),
        FoundName("BREAST ULTRASOUND", 1, "breast ultrasound"),
        FoundName("of nothing", 0),
    )
    assert (found.images, found.matched, found.known, found.unmatched) == (24, 4, 0, 2)
    assert found.examples == ("gone.png", "away.png")
    assert truth(project) == {}


def test_that_names_are_mapped_or_left_out(project, source, ctx):
    spec = ImportSpec(project, source, {"chest_xrays": "Chest X-ray"}, ("no idea", "of nothing"))
    assert import_labels(pickle.loads(pickle.dumps(spec)), ctx).matched == 3
    assert truth(project) == {
        "discs/00.png": "Chest X-ray",
        "discs/01.png": "Chest X-ray",
        "stripes/00.png": "breast ultrasound",
    }
    assert preview_import(spec, ctx).known == 3


def test_that_unknown_names_are_told_without_a_word_of_an_option(project, source, ctx):
    with pytest.raises(UnknownClassesError, match="chest_xrays, no idea, of nothing") as caught:
        import_labels(ImportSpec(project, source), ctx)
    assert "--" not in str(caught.value) and truth(project) == {}
    again = pickle.loads(pickle.dumps(caught.value))
    assert isinstance(again, UnknownClassesError) and str(again) == str(caught.value)


def test_that_everything_left_out_is_an_error(project, source, ctx):
    with pytest.raises(UserError, match="every class is left out"):
        import_labels(
            ImportSpec(project, source, {}, ("chest_xrays", "no idea", "of nothing", "BREAST ULTRASOUND")),
            ctx,
        )


def test_that_a_source_of_other_images_is_previewed_and_not_imported(project, tmp_path, ctx):
    spec = ImportSpec(project, csv(tmp_path, "gone.png,Chest X-ray"))
    assert preview_import(spec, ctx).matched == 0
    with pytest.raises(UserError, match="No name in known"):
        import_labels(spec, ctx)


def test_that_bytes_that_are_not_utf8_can_be_shown(project, tmp_path, ctx):
    source = tmp_path / "known.csv"
    source.write_bytes(b"file_name,label\ndiscs/00.png,f\xfcr\ngone\xfc.png,f\xfcr\n")
    found = preview_import(ImportSpec(project, source), ctx)
    assert found.found[0].shown == "f\\xfcr" and found.examples == ("gone\\xfc.png",)
    left = ImportSpec(project, source, {found.found[0].name: CLASSES[0]})
    assert import_labels(left, ctx).matched == 1


def test_that_class_folders_are_previewed(project, folder, ctx):
    found = preview_import(ImportSpec(project, folder), ctx)
    assert [(f.name, f.images, f.suggested) for f in found.found] == [("discs", 12, ""), ("stripes", 12, "")]


def test_that_a_preview_and_an_import_agree_where_two_names_are_one_image(project, tmp_path, ctx):
    (tmp_path / "images" / "lone.png").write_bytes((tmp_path / "images" / "discs" / "00.png").read_bytes())
    scan(project, ctx)
    source = csv(tmp_path, "lone.png,breast ultrasound", "x/lone.png,other")
    found = preview_import(ImportSpec(project, source), ctx)
    assert {f.name: f.images for f in found.found} == {"other": 1, "breast ultrasound": 0}
    assert found.matched == 1 and found.unmatched == 0


@pytest.fixture
def npz(tmp_path):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 255, (5, 8, 8), np.uint8)
    np.savez(tmp_path / "set.npz", train_images=images, train_labels=np.array([0, 0, 1, 2, 1]))
    return tmp_path / "set.npz"


def test_that_numbers_of_an_npz_mean_the_class_at_that_place_unless_mapped(npz, ctx):
    project = scanned(npz, ctx)
    found = preview_import(ImportSpec(project, npz), ctx).found
    assert [(f.name, f.images, f.suggested, f.alike) for f in found] == [
        ("0", 2, "Chest X-ray", True),
        ("1", 2, "breast ultrasound", True),
        ("2", 1, "", False),
    ]
    with pytest.raises(UnknownClassesError, match="project: 2 "):
        import_labels(ImportSpec(project, npz), ctx)
    assert import_labels(ImportSpec(project, npz, {"2": "Chest X-ray"}), ctx).matched == 5
    assert list(truth(project).values()) == [CLASSES[k] for k in (0, 0, 1, 0, 1)]
    swapped = {"0": CLASSES[1], "1": CLASSES[0]}
    import_labels(ImportSpec(project, npz, swapped, ("2",)), ctx)
    assert list(truth(project).values()) == [CLASSES[k] for k in (1, 1, 0, 0, 0)]
    import_labels(ImportSpec(project, npz, {"Chest X-ray": CLASSES[0], "2": CLASSES[0]}), ctx)
    assert list(truth(project).values()) == [CLASSES[k] for k in (0, 0, 1, 0, 1)]


@pytest.mark.parametrize(
    ("name", "classes", "meant"),
    [
        ("normal", ["normal", "Normal"], ("normal", False)),
        ("NORMAL", ["normal", "abnormal"], ("normal", False)),
        ("NORMAL", ["normal", "Normal"], ("", False)),
        ("breast_ultrasound", ["breast ultrasound"], ("breast ultrasound", True)),
        ("ChestXRay", ["chest x-ray"], ("chest x-ray", True)),
        ("ultrasound, breast", ["breast ultrasound"], ("breast ultrasound", True)),
        ("gliomas", ["glioma", "no tumor"], ("glioma", True)),
        ("haemorrhage", ["hemorrhage"], ("hemorrhage", True)),
        ("tumour", ["tumor"], ("tumor", True)),
        ("pnuemonia", ["pneumonia"], ("pneumonia", True)),
        ("pneumonia", ["pneumonja", "pneumonie"], ("", False)),
        ("abnormal", ["normal"], ("", False)),
        ("no_tumor", ["tumor"], ("", False)),
        ("atypical", ["typical"], ("", False)),
        ("hypertension", ["hypotension"], ("", False)),
        ("grade 1", ["grade 2"], ("", False)),
        ("grade1", ["grade2"], ("", False)),
        ("stage IV", ["stage VI"], ("", False)),
        ("benign", ["malignant"], ("", False)),
        ("T1", ["T2"], ("", False)),
        ("?", ["!"], ("", False)),
        ("x", [], ("", False)),
    ],
)
def test_that_only_what_is_surely_meant_is_suggested(name, classes, meant):
    assert suggest(name, classes) == meant
