"""A saved model is safetensors and JSON; whatever else is there, damaged or hostile, is a clear error."""

import json
import struct

import numpy as np
import pytest
import torch

from core.errors import UserError
from core.refine.model_card import CARD, WEIGHTS
from core.refine.model_file import check_target, copy_model, load_model, model_folder, save_model
from tests.core.saved_models import CLASSES, network

ABOUT = {"strategy": "auto", "seed": 3}
AT = "2026-01-02T03:04:05Z"


@pytest.fixture
def saved(tmp_path):
    folder = tmp_path / "two kinds.medlabel-model"
    save_model(folder, network(), CLASSES, ABOUT, AT)
    return folder


def change(folder, **values):
    path = folder / CARD
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


@pytest.mark.parametrize("channels", [1, 3])
def test_that_a_model_labels_as_before_it_was_saved(tmp_path, channels):
    trained = network(channels=channels)
    save_model(tmp_path / "m", trained, CLASSES, ABOUT, AT)
    shape = (5, 28, 28) if channels == 1 else (5, 28, 28, 3)
    pixels = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    card, loaded = load_model(tmp_path / "m")
    assert (loaded.probabilities(pixels) == trained.probabilities(pixels)).all()
    assert (card.classes, card.provenance, card.created_at, card.temperature) == (CLASSES, ABOUT, AT, 1.5)


def test_that_the_card_says_what_others_need_to_use_the_model(saved):
    card = json.loads((saved / CARD).read_text(encoding="utf-8"))
    assert (card["format"], card["version"], card["classes"]) == ("medlabel-model", 1, list(CLASSES))
    assert card["preprocessing"]["resampling"] == "bilinear" and "28 px" in card["preprocessing"]["words"]
    assert "not for diagnosis" in card["note"] and len(card["weights"]["sha256"]) == 64
    assert sorted(path.name for path in saved.iterdir()) == [CARD, WEIGHTS]


def test_that_a_model_is_found_by_its_folder_and_by_each_of_its_files(saved):
    assert {model_folder(path) for path in (saved, saved / CARD, saved / WEIGHTS)} == {saved}


@pytest.mark.parametrize("suffix", [".pt", ".pth", ".pkl", ".bin", ".ckpt"])
def test_that_pickles_are_refused_unopened(tmp_path, suffix):
    (tmp_path / f"m{suffix}").write_bytes(b"\x80\x04.")
    with pytest.raises(UserError, match="pickles are refused"):
        load_model(tmp_path / f"m{suffix}")


def test_that_a_pickle_in_the_place_of_the_weights_is_refused(saved):
    torch.save({"0.weight": torch.zeros(1)}, saved / WEIGHTS)
    with pytest.raises(UserError, match="no whole safetensors file"):
        load_model(saved)


@pytest.mark.parametrize("place", ["nowhere", ".", "empty.medlabel-model"])
def test_that_what_is_no_model_is_a_clear_error(tmp_path, place):
    (tmp_path / "empty.medlabel-model").mkdir()
    with pytest.raises(UserError, match="no model"):
        load_model(tmp_path / place)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"format": "other"}, "not describe a model"),
        ({"version": 2}, "Update MedLabel"),
        ({"version": "1"}, "not a number"),
        ({"classes": "ab"}, "no list of classes"),
        ({"classes": ["a"]}, "1 classes"),
        ({"classes": ["a", "a"]}, "same name"),
        ({"classes": ["a", 3]}, "no name"),
        ({"classes": [f"c{k}" for k in range(5000)]}, "5,000 classes"),
        ({"classes": ["a", "b", "c"]}, "does not fit what model.json says"),
        ({"network": "os.system"}, "no network 'os.system'"),
        ({"network": "timm/hf-hub:somebody/else"}, "names no network"),
        ({"network": "timm/no_such_network"}, "no network"),
        ({"network": ["small"]}, "names no network"),
        ({"network": "resnet50"}, "does not fit what model.json says"),
        ({"side": 10**9}, "side of its images"),
        ({"side": 28.0}, "side of its images"),
        ({"side": 200}, "does not take images of 200 px"),
        ({"channels": True}, "channels"),
        ({"channels": 3}, "does not fit what model.json says"),
        ({"temperature": 0}, "temperature"),
        ({"temperature": float("nan")}, "temperature"),
        ({"temperature": "1"}, "temperature"),
        ({"weights": None}, "nothing of the weights"),
        ({"weights": {"sha256": "ab"}}, "SHA-256"),
        ({"weights": {"sha256": "0" * 64}}, "SHA-256 is not"),
        ({"provenance": []}, "origin"),
    ],
)
def test_that_a_card_that_lies_or_makes_no_sense_is_a_clear_error(saved, values, message):
    change(saved, **values)
    with pytest.raises(UserError, match=message):
        load_model(saved)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b"[" * 200_000, b"1"])
def test_that_a_damaged_card_is_a_clear_error(saved, content):
    (saved / CARD).write_bytes(content)
    with pytest.raises(UserError, match="damaged"):
        load_model(saved)


def test_that_a_missing_file_of_a_model_is_a_clear_error(saved):
    (saved / WEIGHTS).unlink()
    with pytest.raises(UserError, match="cannot be read"):
        load_model(saved)
    (saved / CARD).unlink()
    with pytest.raises(UserError, match="no model"):
        load_model(saved)


@pytest.mark.parametrize("length", [0, 7, 100, -1])
def test_that_truncated_weights_are_a_clear_error(saved, length):
    content = (saved / WEIGHTS).read_bytes()
    (saved / WEIGHTS).write_bytes(content[:length])
    with pytest.raises(UserError, match="damaged"):
        load_model(saved)


@pytest.mark.parametrize(
    "header", [b"\xff" * 8, struct.pack("<Q", 10**15) + b"{}", struct.pack("<Q", 2) + b"{}"]
)
def test_that_a_header_that_lies_is_a_clear_error(saved, header):
    (saved / WEIGHTS).write_bytes(header)
    with pytest.raises(UserError, match=r"damaged|does not fit"):
        load_model(saved)


def test_that_a_tensor_of_a_huge_shape_is_refused_before_it_is_read(saved):
    tensor = {"dtype": "F32", "shape": [2**40, 2**40], "data_offsets": [0, 4]}
    header = json.dumps({"0.weight": tensor}).encode()
    (saved / WEIGHTS).write_bytes(struct.pack("<Q", len(header)) + header + b"\0" * 4)
    with pytest.raises(UserError, match=r"damaged|does not fit"):
        load_model(saved)


def test_that_one_changed_byte_is_found(saved):
    content = bytearray((saved / WEIGHTS).read_bytes())
    content[-1] ^= 1
    (saved / WEIGHTS).write_bytes(content)
    with pytest.raises(UserError, match="SHA-256"):
        load_model(saved)


def test_that_weights_that_are_not_numbers_are_refused(tmp_path):
    trained = network()
    next(iter(trained.weights.values())).fill_(float("nan"))
    save_model(tmp_path / "m", trained, CLASSES, ABOUT, AT)
    with pytest.raises(UserError, match="not numbers"):
        load_model(tmp_path / "m")


def test_that_saving_again_replaces_the_model_and_a_failure_leaves_the_old_one(saved, monkeypatch):
    before = load_model(saved)[0].sha256
    monkeypatch.setattr(
        "safetensors.torch.save_file", lambda *a, **k: (_ for _ in ()).throw(OSError(28, "full"))
    )
    with pytest.raises(UserError, match="full"):
        save_model(saved, network(seed=1), CLASSES, ABOUT, AT)
    assert load_model(saved)[0].sha256 == before
    monkeypatch.undo()
    save_model(saved, network(seed=1), CLASSES, ABOUT, AT)
    assert load_model(saved)[0].sha256 != before
    assert [path.name for path in saved.parent.iterdir()] == [saved.name]


def test_that_a_model_never_takes_the_place_of_something_else(saved, tmp_path):
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "a.png").write_bytes(b"x")
    for target in (tmp_path / "pictures", tmp_path / "pictures" / "a.png", tmp_path / "no" / "folder"):
        with pytest.raises(UserError):
            check_target(target)
    with pytest.raises(UserError, match="something else"):
        copy_model(saved, tmp_path / "pictures")
    assert (tmp_path / "pictures" / "a.png").read_bytes() == b"x"


def test_that_a_copy_is_the_same_model(saved, tmp_path):
    copy_model(saved, tmp_path / "copy")
    copy_model(saved, saved)
    assert load_model(tmp_path / "copy")[0] == load_model(saved)[0]


def test_that_names_of_classes_may_be_in_any_script(tmp_path):
    names = ("Röntgen", "\udcff超声")
    save_model(tmp_path / "m", network(), names, ABOUT, AT)
    assert load_model(tmp_path / "m")[0].classes == names
