"""The table of models, and the one door to it."""

import json
import struct
import subprocess
import sys
from pathlib import Path

import open_clip
import pytest
import torch
from clip_models import BIOMED_TEXT, save_bert, save_bert_tokenizer, save_config, save_small_folder, snapshot

from core.errors import UserError
from core.zeroshot.catalogue import DEFAULT_MODEL, MODELS, find_model, is_present, models
from core.zeroshot.entry import WEIGHT_NAMES

OPENAI = [entry for entry in MODELS if entry.id.startswith("openai/")]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


def sparse_weights(path: Path, shapes: dict[str, tuple[int, ...]]) -> Path:
    """A safetensors file with a true header and a hole instead of numbers."""
    header, end = {}, 0
    for name, shape in shapes.items():
        start, end = end, end + 4 * torch.Size(shape).numel()
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [start, end]}
    text = json.dumps(header).encode()
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        file.truncate(8 + len(text) + end)
    return path


def shapes_of(arch: str) -> dict[str, tuple[int, ...]]:
    with torch.device("meta"):
        model = open_clip.CLIP(**open_clip.get_model_config(arch))
    return {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}


def test_that_importing_the_catalogue_and_asking_for_weights_loads_no_heavy_library():
    code = (
        "import sys; from core.zeroshot.catalogue import find_model, is_present, models\n"
        "[is_present(entry) for entry in models()]; find_model('openai/ViT-L-14')\n"
        "print([m for m in ('torch', 'open_clip', 'huggingface_hub', 'transformers') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_that_every_entry_says_what_a_person_needs_to_choose():
    assert len({entry.id for entry in MODELS}) == len(MODELS)
    assert DEFAULT_MODEL == MODELS[0].id == "starter"
    for entry in models():
        assert entry.size_mb > 0
        assert entry.licence
        assert entry.good_for.endswith(".")
        assert entry.templates
        assert all("{}" in template for template in entry.templates)
        assert bool(entry.hub) != bool(entry.folder)


@pytest.mark.parametrize("entry", OPENAI, ids=lambda entry: entry.id)
def test_that_openais_entries_agree_with_open_clip(entry):
    assert entry.quick_gelu
    config = open_clip.get_model_config(entry.arch)
    assert config["quick_gelu"]
    pretrained = open_clip.get_pretrained_cfg(entry.arch, "openai")
    assert pretrained["hf_hub"].rstrip("/") == entry.hub
    assert config["embed_dim"] == entry.dim
    assert config["vision_cfg"]["image_size"] == entry.image_side
    assert config["text_cfg"]["context_length"] == entry.context_length
    bytes_ = 4 * sum(torch.Size(shape).numel() for shape in shapes_of(entry.arch).values())
    assert entry.size_mb == pytest.approx(bytes_ / 1e6, abs=1)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("openai/ViT-L-14", "openai/ViT-L-14"),
        ("openai/ViT-L/14", "openai/ViT-L-14"),
        ("ViT-L/14", "openai/ViT-L-14"),
        ("vit-b-32", "openai/ViT-B-32"),
        (" BiomedCLIP ", "biomedclip"),
        ("hf-hub:wisdomik/QuiltNet-B-16", "quiltnet/B-16"),
        ("PMC/ViT-L/14", "pmc/ViT-L-14"),
        ("starter", "starter"),
    ],
)
def test_that_usual_spellings_find_their_model(name, found):
    assert find_model(name).id == found


def test_that_an_unknown_name_lists_near_matches():
    with pytest.raises(UserError, match="Did you mean openai/ViT-L-14"):
        find_model("openai/ViT-L-15")
    with pytest.raises(UserError, match="There are: starter"):
        find_model("qqqqqq")


def test_that_a_folder_is_a_model_with_its_own_templates(tmp_path):
    folder = tmp_path / "my model"
    save_small_folder(folder)
    extras = {"templates": ["scan of {}"], "good_for": "Knees.", "licence": "CC-BY-4.0"}
    (folder / "medlabel.json").write_text(json.dumps(extras), encoding="utf-8")
    entry = find_model(folder)
    assert (entry.title, entry.templates, entry.good_for) == ("my model", ("scan of {}",), "Knees.")
    assert (entry.context_length, entry.image_side, entry.dim, entry.quick_gelu) == (16, 32, 32, True)
    assert entry.licence == "CC-BY-4.0"
    assert is_present(entry)
    by_file = find_model(folder / "open_clip_model.safetensors")
    assert (by_file.templates, by_file.dim) == (entry.templates, 32)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("medlabel.json", "{", "cannot be read"),
        ("medlabel.json", '{"templates": "a {}"}', "list of texts"),
        ("medlabel.json", '{"templates": ["a scan"]}', "{}"),
        ("medlabel.json", '{"good_for": 3}', "texts"),
        ("open_clip_config.json", "[]", "JSON object"),
        ("open_clip_config.json", "{}", "model_cfg"),
        ("open_clip_config.json", '{"model_cfg": {"embed_dim": 3}}', "tower"),
    ],
)
def test_that_a_folder_with_a_broken_description_is_refused(tmp_path, name, text, message):
    save_small_folder(tmp_path)
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=message):
        find_model(tmp_path)


def test_that_a_folder_without_a_config_says_what_a_model_folder_holds(tmp_path):
    with pytest.raises(UserError, match=r"open_clip_config\.json"):
        find_model(tmp_path)


@pytest.mark.parametrize("arch", [*(entry.arch for entry in OPENAI), "ViT-L-14-336-quickgelu"])
def test_that_a_bare_weights_file_tells_its_architecture_and_says_so(tmp_path, arch):
    entry = find_model(sparse_weights(tmp_path / "w.safetensors", shapes_of(arch)))
    assert entry.arch == arch
    assert entry.quick_gelu
    assert arch.removesuffix("-quickgelu") in entry.notes[0]


def test_that_a_weights_file_of_an_unknown_kind_asks_for_the_architecture(tmp_path):
    shapes = shapes_of("ViT-B-32")
    del shapes["text_projection"]
    path = sparse_weights(tmp_path / "w.safetensors", shapes)
    with pytest.raises(UserError, match="ARCHITECTURE=FILE"):
        find_model(path)
    entry = find_model(f"ViT-B/32-quickgelu={path}")
    assert (entry.arch, entry.weights, entry.notes) == ("ViT-B-32-quickgelu", path, ())
    assert not find_model(f"ViT-B-32={path}").quick_gelu


def test_that_a_wrong_architecture_or_path_before_the_equals_sign_is_named(tmp_path):
    path = sparse_weights(tmp_path / "w.safetensors", {"a": (1,)})
    with pytest.raises(UserError, match=r"no architecture 'ViT-B-33'.*ViT-B-32"):
        find_model(f"ViT-B-33={path}")
    with pytest.raises(UserError, match="no weights file"):
        find_model(f"ViT-B-32={tmp_path / 'no.safetensors'}")


def test_that_presence_is_read_from_the_caches_layout(cache, monkeypatch, tmp_path):
    entry = find_model("openai/RN50")
    assert not is_present(entry)
    blob = cache / "models--timm--resnet50_clip.openai" / "blobs" / "abc"
    folder = snapshot(cache, entry.hub)
    blob.parent.mkdir()
    blob.write_bytes(b"weights")
    (folder / WEIGHT_NAMES[0]).symlink_to(blob)
    assert is_present(entry)
    blob.unlink()
    assert not is_present(entry)
    blob.write_bytes(b"weights")
    monkeypatch.delenv("HF_HUB_CACHE")
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    assert is_present(entry)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "elsewhere"))
    assert not is_present(entry)


def test_that_a_hub_model_is_present_only_with_config_tokenizer_and_text_tower(cache):
    entry = find_model("biomedclip")
    folder = snapshot(cache, entry.hub)
    (folder / WEIGHT_NAMES[1]).write_bytes(b"weights")
    assert not is_present(entry)
    text = {"hf_model_name": BIOMED_TEXT, "hf_tokenizer_name": BIOMED_TEXT}
    save_config(folder, {"embed_dim": 512, "vision_cfg": {"image_size": 224}, "text_cfg": text})
    assert not is_present(entry)
    save_bert_tokenizer(folder)
    assert not is_present(entry)
    save_bert(snapshot(cache, BIOMED_TEXT), small=True)
    assert is_present(entry)
