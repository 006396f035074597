"""The encoder: every architecture of the table through the same door, offline, and no silent other model."""

import json
import logging
import os
import shutil
import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import clip_models
import numpy as np
import open_clip
import pytest
import torch
from PIL import Image

from core.errors import UserError
from core.zeroshot import loading
from core.zeroshot.catalogue import MODELS, find_model
from core.zeroshot.encoder import Encoder, pick_device
from core.zeroshot.entry import ModelEntry

HUB = [entry for entry in MODELS if entry.hub]
PLAIN = {"pmc/ViT-L-14": "ViT-L-14", "quiltnet/B-32": "ViT-B-32", "quiltnet/B-16": "ViT-B-16"}
REACHED: list[str] = []


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty Hugging Face cache, and a machine whose network fails the test that tries it."""

    def no_network(*args: Any, **kwargs: Any) -> None:
        REACHED.append(str(args))
        raise OSError("the network is blocked")

    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(socket.socket, "connect", no_network)
    monkeypatch.setattr(socket, "getaddrinfo", no_network)
    REACHED.clear()
    yield tmp_path / "hub"
    assert not REACHED
    shutil.rmtree(tmp_path / "hub", ignore_errors=True)  # full-size weights: 12 GB over all tests


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small model folder, its templates and preprocessing its own."""
    path = tmp_path_factory.mktemp("model")
    clip_models.save_small_folder(path, mean=[0.5, 0.4, 0.3], std=[0.2, 0.2, 0.2])
    return path


@pytest.fixture
def encoder(folder: Path) -> Encoder:
    return Encoder.load(find_model(folder), "cpu")


def picture(height: int = 50, width: int = 70, channels: int = 0, seed: int = 0) -> np.ndarray:
    shape = (height, width, channels) if channels else (height, width)
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def store(entry: ModelEntry, cache: Path, small: bool) -> Any:
    """Random weights of this entry where a download would put them; the model they are from."""
    target = clip_models.snapshot(cache, entry.hub)
    if entry.id == "biomedclip":
        text = clip_models.snapshot(cache, entry.text_hub)
        clip_models.save_bert(text, small)
        clip_models.save_bert_tokenizer(target)
        clip_models.save_config(target, clip_models.biomed_config(small))
        model = clip_models.random_biomed(text, small)
    else:
        config = open_clip.get_model_config(entry.arch or PLAIN[entry.id])
        if small and not entry.arch:
            config = clip_models.reduced(config)
        if not entry.arch:
            clip_models.save_config(target, config)
        model = clip_models.random_model(config)
    clip_models.save_weights(model, target / "open_clip_model.safetensors")
    return model


def check_round_trip(entry: ModelEntry, original: Any) -> None:
    """Through the door and back: the same numbers as the model that was saved, with the right activation."""
    encoder = Encoder.load(find_model(entry.id), "cpu")
    assert not encoder.model.training
    assert encoder.context_length == entry.context_length
    assert encoder.preprocess(picture(channels=3)).shape == (3, entry.image_side, entry.image_side)
    image = encoder.preprocess(picture())
    vector = encoder.encode_images([image])
    text = encoder.encode_texts(["a chest x-ray"])
    assert vector.shape == text.shape == (1, encoder.dim)
    tokens = encoder.tokenizer(["a chest x-ray"], context_length=encoder.context_length)
    with torch.inference_mode():
        expected = original.encode_image(image[None], normalize=True).numpy()
        expected_text = original.encode_text(tokens, normalize=True).numpy()
    np.testing.assert_allclose(vector, expected, atol=1e-5)
    np.testing.assert_allclose(text, expected_text, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(vector), 1, atol=1e-5)
    if entry.quick_gelu:
        towers = [getattr(encoder.model.visual, "transformer", None), encoder.model.transformer]
        kinds = {type(tower.resblocks[0].mlp.gelu).__name__ for tower in towers if tower is not None}
        assert kinds == {"QuickGELU"}


@pytest.mark.parametrize("entry", HUB, ids=lambda entry: entry.id)
def test_that_every_model_of_the_table_in_small_loads_back_offline(entry, cache, monkeypatch):
    if entry.arch:
        small = clip_models.reduced(open_clip.get_model_config(entry.arch))
        monkeypatch.setitem(open_clip.factory._MODEL_CONFIGS, entry.arch, small)
    check_round_trip(entry, store(entry, cache, small=True))


@pytest.mark.slow
@pytest.mark.parametrize("entry", HUB, ids=lambda entry: entry.id)
def test_that_every_model_of_the_table_in_full_loads_back_offline(entry, cache, request):
    if "slow" not in request.config.getoption("markexpr"):
        pytest.skip("run by: pytest -m slow")
    original = store(entry, cache, small=False)
    check_round_trip(entry, original)
    if entry.arch:
        assert Encoder.load(find_model(entry.id), "cpu").dim == entry.dim


@pytest.mark.parametrize("suffix", [".safetensors", ".bin", ".pt", ".pth"])
def test_that_a_weights_file_with_a_named_architecture_loads(tmp_path, monkeypatch, suffix):
    arch = "ViT-B-32-quickgelu"
    config = clip_models.reduced(open_clip.get_model_config(arch))
    monkeypatch.setitem(open_clip.factory._MODEL_CONFIGS, arch, config)
    model, path = clip_models.random_model(config), tmp_path / f"weights{suffix}"
    if suffix == ".safetensors":
        clip_models.save_weights(model, path)
    else:
        torch.save({"state_dict": {f"module.{k}": v for k, v in model.state_dict().items()}}, path)
    encoder = Encoder.load(find_model(f"{arch}={path}"), "cpu")
    image = encoder.preprocess(picture())
    with torch.inference_mode():
        expected = model.encode_image(image[None], normalize=True).numpy()
    np.testing.assert_allclose(encoder.encode_images([image]), expected, atol=1e-5)


def test_that_biomedclips_files_are_not_changed_by_loading(cache):
    entry = find_model("biomedclip")
    store(entry, cache, small=True)
    config = clip_models.snapshot(cache, entry.hub) / "open_clip_config.json"
    before = config.read_bytes()
    Encoder.load(entry, "cpu")
    assert config.read_bytes() == before


@pytest.mark.parametrize(
    "shape", [(50, 70), (70, 50), (28, 28), (32, 32), (300, 200), (40, 40, 3), (1, 1), (97, 31, 3)]
)
@pytest.mark.parametrize("resize_mode", ["longest", "shortest", "squash"])
def test_that_preprocess_equals_open_clips_own_transform(folder, shape, resize_mode):
    encoder = Encoder.load(find_model(folder), "cpu", resize_mode=resize_mode)
    _, _, transform = open_clip.create_model_and_transforms(
        f"local-dir:{folder}", image_resize_mode=resize_mode
    )
    array = picture(*shape[:2], channels=3 if len(shape) == 3 else 0)
    assert torch.equal(encoder.preprocess(array), transform(Image.fromarray(array)))
    assert encoder.preprocess(array).dtype == torch.float32


def test_that_nothing_is_cut_off_by_default_and_grey_is_as_equal_colours(encoder):
    wide = np.zeros((32, 96), np.uint8)
    wide[:, :10] = 255  # a centre crop would not see it
    assert encoder.preprocess(wide).max() > 2
    grey = picture()
    assert torch.allclose(
        encoder.preprocess(grey), encoder.preprocess(np.stack([grey] * 3, axis=-1)), atol=1e-6
    )


@pytest.mark.parametrize("shape", [(1, 5000), (5000, 1, 3), (3, 700)])
def test_that_a_strip_of_an_image_is_not_scaled_to_nothing(encoder, shape):
    array = np.full(shape, 255, np.uint8)
    tensor = encoder.preprocess(array)
    assert tensor.shape == (3, 32, 32)
    assert tensor.max() > 2


@pytest.mark.parametrize("array", [np.zeros((4, 4)), np.zeros((4, 4, 4), np.uint8), np.zeros(4, np.uint8)])
def test_that_anything_but_uint8_pixels_is_refused(encoder, array):
    with pytest.raises(ValueError, match="uint8"):
        encoder.preprocess(array)


def test_that_preprocess_gives_the_same_in_many_threads(encoder):
    arrays = [picture(40 + i, 60, seed=i) for i in range(64)]
    alone = [encoder.preprocess(array) for array in arrays]
    with ThreadPoolExecutor(4) as pool:
        assert all(
            torch.equal(a, b) for a, b in zip(alone, pool.map(encoder.preprocess, arrays), strict=True)
        )


def test_that_vectors_are_unit_float32_whether_listed_or_stacked(encoder):
    images = [encoder.preprocess(picture(seed=seed)) for seed in range(5)]
    encoder.batch_size = 2
    vectors = encoder.encode_images(images)
    assert (vectors.shape, vectors.dtype) == ((5, 32), np.float32)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(encoder.encode_images(torch.stack(images)), vectors, atol=1e-5)
    assert encoder.encode_images([]).shape == (0, 32)
    assert encoder.encode_texts([]).shape == (0, 32)


@pytest.mark.parametrize(
    "error",
    [
        lambda: torch.OutOfMemoryError("CUDA out of memory."),
        lambda: RuntimeError(
            "[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes."
        ),
        lambda: RuntimeError("MPS backend out of memory"),
    ],
)
def test_that_running_out_of_memory_halves_the_batch_and_goes_on(encoder, monkeypatch, error):
    sizes: list[int] = []
    whole = encoder.encode_images(images := [encoder.preprocess(picture(seed=seed)) for seed in range(20)])
    real = encoder.model.encode_image

    def little_memory(batch: torch.Tensor) -> torch.Tensor:
        sizes.append(len(batch))
        if len(batch) > 3:
            raise error()
        return real(batch)

    monkeypatch.setattr(encoder.model, "encode_image", little_memory)
    encoder.batch_size = 16
    np.testing.assert_allclose(encoder.encode_images(images), whole, atol=1e-5)
    assert encoder.batch_size == 2
    assert sizes[:4] == [16, 8, 4, 2]
    sizes.clear()
    encoder.encode_images(images)
    assert set(sizes) == {2}


def failing(error: Exception) -> Callable[..., None]:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise error

    return fail


def test_that_too_little_memory_for_one_image_is_a_user_error_and_other_errors_are_bugs(encoder, monkeypatch):
    image = encoder.preprocess(picture())
    monkeypatch.setattr(encoder.model, "encode_image", failing(torch.OutOfMemoryError("no")))
    with pytest.raises(UserError, match="not enough memory"):
        encoder.encode_images([image] * 4)
    monkeypatch.setattr(encoder.model, "encode_image", failing(RuntimeError("shape mismatch")))
    with pytest.raises(RuntimeError, match="shape mismatch"):
        encoder.encode_images([image])


def test_that_a_model_too_large_for_the_device_is_a_user_error(folder, monkeypatch):
    monkeypatch.setattr(torch.nn.Module, "to", failing(torch.OutOfMemoryError("no")))
    monkeypatch.setattr(open_clip.factory, "_set_model_device_and_precision", lambda *args: None)
    with pytest.raises(UserError, match="not enough memory on cpu to load"):
        Encoder.load(find_model(folder), "cpu")


def test_that_numbers_that_are_not_finite_are_refused(encoder, monkeypatch):
    monkeypatch.setattr(encoder.model, "encode_image", lambda batch: torch.full((len(batch), 32), torch.nan))
    with pytest.raises(UserError, match="no finite numbers"):
        encoder.encode_images([encoder.preprocess(picture())])


def test_that_a_classifier_is_the_mean_of_unit_vectors_made_unit(encoder):
    prompts = [["a chest x-ray", "a radiograph"], ["an ultrasound"], ["a radiograph", "a radiograph"]]
    found = encoder.text_classifier(prompts)
    expected = np.stack([encoder.encode_texts(own).mean(0) for own in prompts])
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=1e-5)
    for empty in ([], [["a"], []]):
        with pytest.raises(ValueError, match="caption"):
            encoder.text_classifier(empty)


def test_that_a_caption_beyond_the_context_leaves_one_note(encoder):
    fits = "chest " * 14  # with start and end just the sixteen tokens of this model
    encoder.encode_texts([fits])
    assert encoder.notes == []
    encoder.encode_texts([fits + "x", fits + "x"])
    encoder.encode_texts([fits + "x"])
    (note,) = encoder.notes
    assert "16 tokens" in note


def test_that_a_long_caption_is_noted_for_a_bert_tower_too(cache):
    entry = find_model("biomedclip")
    store(entry, cache, small=True)
    encoder = Encoder.load(entry, "cpu")
    encoder.encode_texts(["chest " * 254])
    assert encoder.notes == []
    encoder.encode_texts(["chest " * 255])
    assert "256 tokens" in encoder.notes[0]


def test_that_the_logit_scale_is_the_models_own(encoder, folder):
    assert encoder.logit_scale == pytest.approx(1 / 0.07, rel=1e-4)
    assert encoder.logit_bias is None


def test_that_provenance_is_plain_json_and_names_everything(encoder, folder):
    found = encoder.provenance()
    assert json.loads(json.dumps(found)) == found
    assert found["weights_file"] == "open_clip_model.safetensors"
    assert len(found["weights_sha256"]) == 64
    assert found["preprocess"]["resize_mode"] == "longest"
    assert found["preprocess"]["mean"] == [0.5, 0.4, 0.3]
    assert found["precision"] == "float32"
    assert {"model", "arch", "open_clip", "torch", "device"} <= found.keys()


def test_that_the_fingerprint_follows_weights_preprocessing_and_architecture(tmp_path, encoder, folder):
    entry = find_model(folder)
    assert len(encoder.fingerprint) == 16
    assert Encoder.load(entry, "cpu").fingerprint == encoder.fingerprint
    others = [Encoder.load(entry, "cpu", resize_mode="squash")]
    for name, seed, mean in (("a", 1, [0.5, 0.4, 0.3]), ("b", 0, [0.1, 0.4, 0.3])):
        clip_models.save_small_folder(tmp_path / name, seed, mean=mean, std=[0.2, 0.2, 0.2])
        others.append(Encoder.load(find_model(tmp_path / name), "cpu"))
    assert len({encoder.fingerprint, *(other.fingerprint for other in others)}) == 4


def test_that_a_folder_without_weights_never_becomes_a_model_with_random_ones(tmp_path):
    clip_models.save_small_folder(tmp_path)
    (tmp_path / "open_clip_model.safetensors").unlink()
    with pytest.raises(UserError, match="has no weights"):
        Encoder.load(find_model(tmp_path), "cpu")


def test_that_an_architecture_open_clip_does_not_know_is_refused(folder):
    from dataclasses import replace

    weights = folder / "open_clip_model.safetensors"
    entry = replace(find_model(folder), arch="ViT-Q-7", folder=None, weights=weights)
    with pytest.raises(UserError, match="no architecture 'ViT-Q-7'"):
        Encoder.load(entry, "cpu")


def test_that_weights_that_do_not_fit_their_config_are_refused(tmp_path):
    clip_models.save_small_folder(tmp_path)
    path = tmp_path / "open_clip_config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    config["model_cfg"]["vision_cfg"]["layers"] = 2
    path.write_text(json.dumps(config), encoding="utf-8")
    with pytest.raises(UserError, match="do not fit the architecture"):
        Encoder.load(find_model(tmp_path), "cpu")


def test_that_a_tokenizer_with_more_words_than_the_text_tower_is_refused(tmp_path):
    clip_models.save_small_folder(tmp_path)
    config = json.loads((tmp_path / "open_clip_config.json").read_text(encoding="utf-8"))["model_cfg"]
    config["text_cfg"]["vocab_size"] = 1000
    clip_models.save_config(tmp_path, config)
    clip_models.save_weights(clip_models.random_model(config), tmp_path / "open_clip_model.safetensors")
    with pytest.raises(UserError, match="49,408 words, its text tower only 1,000"):
        Encoder.load(find_model(tmp_path), "cpu")


def test_that_damaged_weights_are_a_user_error(tmp_path):
    clip_models.save_small_folder(tmp_path)
    path = tmp_path / "open_clip_model.safetensors"
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(UserError, match="damaged"):
        Encoder.load(find_model(tmp_path), "cpu")


def test_that_a_quickgelu_mismatch_is_an_error(folder, tmp_path, monkeypatch):
    import warnings
    from dataclasses import replace

    clip_models.save_small_folder(tmp_path)
    config = json.loads((tmp_path / "open_clip_config.json").read_text(encoding="utf-8"))["model_cfg"]
    clip_models.save_config(tmp_path, config | {"quick_gelu": False})
    entry = replace(find_model(tmp_path), quick_gelu=True)
    with pytest.raises(UserError, match="trained with QuickGELU"):
        Encoder.load(entry, "cpu")
    real = open_clip.create_model

    def warn(*args: Any, **kwargs: Any) -> Any:
        warnings.warn("QuickGELU mismatch between final model config and tag", UserWarning, stacklevel=1)
        return real(*args, **kwargs)

    monkeypatch.setattr(open_clip, "create_model", warn)
    with pytest.raises(UserError, match="QuickGELU mismatch"):
        Encoder.load(find_model(folder), "cpu")


def test_that_loading_is_offline_and_leaves_the_process_as_it_was(folder, monkeypatch):
    from huggingface_hub import constants, is_offline_mode

    monkeypatch.setenv("TRANSFORMERS_OFFLINE", "0")
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    seen: list[bool] = []
    real = open_clip.create_model
    monkeypatch.setattr(
        open_clip, "create_model", lambda *a, **k: (seen.append(is_offline_mode()), real(*a, **k))[1]
    )
    handlers, filters = list(logging.getLogger().handlers), list(logging.getLogger().filters)
    Encoder.load(find_model(folder), "cpu")
    assert seen == [True]
    assert not constants.HF_HUB_OFFLINE
    assert os.environ["TRANSFORMERS_OFFLINE"] == "0"
    assert "HF_HUB_OFFLINE" not in os.environ
    assert (logging.getLogger().handlers, logging.getLogger().filters) == (handlers, filters)


def test_that_two_threads_may_load_at_once(folder):
    found: list[str] = []
    work = [
        threading.Thread(target=lambda: found.append(Encoder.load(find_model(folder), "cpu").fingerprint))
        for _ in "ab"
    ]
    for thread in work:
        thread.start()
    for thread in work:
        thread.join()
    assert len(found) == 2
    assert len(set(found)) == 1


def test_that_loading_says_nothing_of_random_weights(folder, caplog):
    with caplog.at_level(logging.DEBUG):
        Encoder.load(find_model(folder), "cpu")
    assert not [record for record in caplog.records if record.name == "root"]


def test_that_a_device_that_is_not_there_is_a_user_error(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert pick_device("auto") == pick_device("cpu") == "cpu"
    for name in ("cuda", "mps"):
        with pytest.raises(UserError, match=f"no {name} device"):
            pick_device(name)
    with pytest.raises(UserError, match="no device 'tpu'"):
        pick_device("tpu")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert pick_device("auto") == "cuda"


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_that_cuda_gives_the_vectors_of_the_cpu(folder, encoder):
    on_gpu = Encoder.load(find_model(folder), "cuda")
    images = [encoder.preprocess(picture(seed=seed)) for seed in range(8)]
    np.testing.assert_allclose(on_gpu.encode_images(images), encoder.encode_images(images), atol=1e-2)
    np.testing.assert_allclose(on_gpu.encode_texts(["a knee"]), encoder.encode_texts(["a knee"]), atol=1e-4)
    assert on_gpu.precision == "autocast float16"
    assert on_gpu.fingerprint == encoder.fingerprint


def test_that_uses_quick_gelu_sees_every_kind_of_model(folder):
    assert loading.uses_quick_gelu(Encoder.load(find_model(folder), "cpu").model)
    assert not loading.uses_quick_gelu(open_clip.create_model("RN50", load_weights=False))
