"""Where weights are, how to bring them, and which are refused."""

import json
import pickle
import tarfile
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from clip_models import BIOMED_TEXT, save_bert, save_bert_tokenizer, save_config, save_small_folder, snapshot
from safetensors.torch import save_file

from core.errors import JobCancelled, UserError
from core.jobs import JobContext, Progress
from core.zeroshot import weights
from core.zeroshot.catalogue import find_model
from core.zeroshot.weights import check_safe, download, locate, weights_sha256


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


class Trap:
    """A pickle that leaves a file behind when it is loaded by a reader that runs code."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self):
        return (Path.touch, (self.mark,))


def quiet() -> warnings.catch_warnings:
    """TorchScript warns that it is old."""
    return warnings.catch_warnings(action="ignore")


def test_that_missing_weights_say_how_large_they_are_and_how_to_bring_them():
    with pytest.raises(UserError) as caught:
        locate(find_model("openai/ViT-L-14"))
    text = str(caught.value)
    assert "not on this machine" in text
    assert "1,710 MB" in text
    assert "medlabel models --download openai/ViT-L-14" in text
    assert "huggingface.co/timm/vit_large_patch14_clip_224.openai" in text
    assert "--model ViT-L-14-quickgelu=PATH/open_clip_model.safetensors" in text
    assert "\n" not in text
    with pytest.raises(UserError, match=r"config\.json of microsoft/BiomedNLP.* as text/config\.json"):
        locate(find_model("biomedclip"))


def test_that_the_snapshot_of_main_and_safetensors_come_first(cache):
    entry = find_model("openai/RN50")
    other = snapshot(cache, entry.hub, "1" * 40)
    (other / "open_clip_model.safetensors").write_bytes(b"x")
    main = snapshot(cache, entry.hub, "2" * 40)
    assert locate(entry).path.parent == other
    (main / "open_clip_pytorch_model.bin").write_bytes(b"x")
    assert locate(entry).path == main / "open_clip_pytorch_model.bin"
    (main / "open_clip_model.safetensors").write_bytes(b"x")
    assert locate(entry).path == main / "open_clip_model.safetensors"
    assert locate(entry).folder is None


def test_that_a_folder_without_weights_or_a_gone_file_is_named(tmp_path):
    save_small_folder(tmp_path / "m")
    path = tmp_path / "m" / "open_clip_model.safetensors"
    by_folder, by_file = find_model(tmp_path / "m"), find_model(path)
    assert locate(by_folder).path == locate(by_file).path == path
    path.unlink()
    with pytest.raises(UserError, match="has no weights"):
        locate(by_folder)
    with pytest.raises(UserError, match="no weights file"):
        locate(by_file)


def test_that_the_text_towers_config_is_looked_for_in_every_place_and_named_when_missing(cache, tmp_path):
    text = {"hf_model_name": BIOMED_TEXT, "hf_tokenizer_name": BIOMED_TEXT}
    folder = tmp_path / "biomed"
    save_config(folder, {"embed_dim": 512, "vision_cfg": {"image_size": 224}, "text_cfg": text})
    (folder / "open_clip_pytorch_model.bin").write_bytes(b"x")
    entry = find_model(folder)
    with pytest.raises(UserError, match=r"no tokenizer.*tokenizer\.json"):
        locate(entry)
    save_bert_tokenizer(folder)
    with pytest.raises(UserError, match=r"one small file more: config\.json of microsoft/BiomedNLP"):
        locate(entry)
    (folder / "config.json").write_text('{"model_type": "clip"}', encoding="utf-8")  # of another library
    with pytest.raises(UserError, match="one small file more"):
        locate(entry)
    cached = snapshot(cache, BIOMED_TEXT)
    for place in (cached, folder, folder / "text"):
        save_bert(place, small=True)
        assert locate(entry).text_config == place


def test_that_a_text_tower_without_a_tokenizer_name_is_refused(tmp_path):
    text = {"hf_model_name": BIOMED_TEXT}
    save_config(tmp_path, {"embed_dim": 512, "vision_cfg": {"image_size": 224}, "text_cfg": text})
    (tmp_path / "model.safetensors").write_bytes(b"x")
    with pytest.raises(UserError, match="hf_tokenizer_name"):
        locate(find_model(tmp_path))


@pytest.mark.parametrize("zipped", [True, False])
def test_that_a_pickle_with_code_is_refused_and_not_run(tmp_path, zipped):
    mark, path = tmp_path / "ran", tmp_path / "w.bin"
    torch.save({"a": Trap(mark)}, path, _use_new_zipfile_serialization=zipped)
    with pytest.raises(UserError, match=r"could run code.*safetensors"):
        check_safe(path)
    path.write_bytes(pickle.dumps({"a": Trap(mark)}))
    with pytest.raises(UserError):
        check_safe(path)
    assert not mark.exists()


def test_that_a_torchscript_archive_is_refused_with_advice_that_works(tmp_path, monkeypatch):
    path = tmp_path / "IN.pt"
    with quiet():
        torch.jit.script(torch.nn.Linear(2, 2)).save(str(path))
    with pytest.raises(UserError, match=r"TorchScript.*not loaded") as caught:
        check_safe(path)
    command = caught.value.hint.split('python -c "')[1].rsplit('"', 1)[0]
    monkeypatch.chdir(tmp_path)
    with quiet():
        exec(command, {})
    check_safe(tmp_path / "open_clip_model.safetensors")


def test_that_plain_state_dicts_are_accepted_bare_or_in_a_checkpoint(tmp_path):
    state = {"a": torch.zeros(2, 3)}
    for number, (found, zipped) in enumerate(
        [(state, True), (state, False), ({"state_dict": state, "epoch": 3}, True)]
    ):
        path = tmp_path / f"{number}.pt"
        torch.save(found, path, _use_new_zipfile_serialization=zipped)
        check_safe(path)


@pytest.mark.parametrize("found", [torch.zeros(3), {"a": 1}, {}, [1]])
def test_that_a_file_without_named_weights_is_refused(tmp_path, found):
    torch.save(found, tmp_path / "w.bin")
    with pytest.raises(UserError, match="no weights by name"):
        check_safe(tmp_path / "w.bin")


def test_that_truncated_and_foreign_files_are_refused(tmp_path):
    whole = tmp_path / "w.safetensors"
    save_file({"a": torch.zeros(100)}, whole)
    check_safe(whole)
    data = whole.read_bytes()
    for bad in (data[:-1], data[:40], data[:5], b"", data + b"x", b"\xff" * 200, b"\x02" + bytes(7) + b"{}"):
        whole.write_bytes(bad)
        with pytest.raises(UserError, match="damaged"):
            check_safe(whole)
    torch.save({"a": torch.zeros(100)}, tmp_path / "w.bin")
    data = (tmp_path / "w.bin").read_bytes()
    for bad in (data[: len(data) // 2], b"", b"not weights at all", np.zeros(9).tobytes()):
        (tmp_path / "w.bin").write_bytes(bad)
        with pytest.raises(UserError):
            check_safe(tmp_path / "w.bin")
    with pytest.raises(UserError, match="no weights file"):
        check_safe(tmp_path / "w.onnx")
    with pytest.raises(UserError, match="cannot be read"):
        check_safe(tmp_path / "gone.safetensors")


def test_that_the_oldest_tar_format_is_refused(tmp_path):
    (tmp_path / "pickle").write_bytes(b"x")
    with tarfile.open(tmp_path / "w.pth", "w") as archive:
        archive.add(tmp_path / "pickle", "pickle")
    with pytest.raises(UserError, match="old format"):
        check_safe(tmp_path / "w.pth")


def test_that_the_hash_is_read_once_and_again_when_the_file_changes(tmp_path, monkeypatch):
    path = tmp_path / "w"
    path.write_bytes(b"abc")
    first = weights_sha256(path)
    assert first == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    with monkeypatch.context() as patch:
        patch.setattr(weights.hashlib, "file_digest", None)
        assert weights_sha256(path) == first
    path.write_bytes(b"abcd")
    assert weights_sha256(path) != first


def test_that_a_download_without_network_is_one_clear_line(monkeypatch, ctx):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    for name in ("openai/RN50", "biomedclip"):
        with pytest.raises(UserError, match=f"cannot be reached.*HF_HUB_OFFLINE is set.*--download {name}"):
            download(find_model(name), ctx)


def test_that_an_unreachable_hub_is_told_at_once(monkeypatch, ctx):
    from huggingface_hub import constants

    from core.zeroshot import download as module

    def unreachable(address, timeout):
        raise OSError(-2, "Name or service not known")

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(module, "getproxies", dict)
    monkeypatch.setattr(module.socket, "create_connection", unreachable)
    with pytest.raises(UserError, match=r"cannot be reached.*By hand"):
        download(find_model("openai/RN50"), ctx)


def test_that_a_model_of_this_machine_is_not_downloaded(tmp_path, ctx):
    save_small_folder(tmp_path)
    with pytest.raises(UserError, match="nothing to download"):
        download(find_model(tmp_path), ctx)


def fake_hub(monkeypatch, files: dict[tuple[str, str], bytes], cache: Path) -> list[str]:
    """Replaces the one call that reaches the hub; gives the names that were asked for."""
    import huggingface_hub
    from huggingface_hub.errors import RemoteEntryNotFoundError

    asked: list[str] = []

    def get(repository, name, cache_dir, tqdm_class):
        asked.append(name)
        if (repository, name) not in files:
            error = RemoteEntryNotFoundError.__new__(RemoteEntryNotFoundError)
            Exception.__init__(error, name)
            raise error
        data = files[repository, name]
        with tqdm_class(total=len(data), unit="B", desc=name) as bar:
            for start in range(0, len(data), 10):
                bar.update(len(data[start : start + 10]))
        bar.set_description("done")
        assert Path(cache_dir) == cache
        path = snapshot(cache, repository) / name
        path.write_bytes(data)
        return str(path)

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", get)
    monkeypatch.setattr("core.zeroshot.download._check_network", lambda: None)
    return asked


def test_that_a_download_prefers_safetensors_reports_progress_and_ends_located(monkeypatch, cache):
    entry = find_model("openai/RN50")
    fake_hub(monkeypatch, {(entry.hub, "open_clip_model.safetensors"): bytes(100)}, cache)
    seen: list[Progress] = []
    found = download(entry, JobContext(seen.append, interval=0))
    assert found.path.name == "open_clip_model.safetensors"
    assert (seen[-1].done, seen[-1].total) == (100, 100)
    fake_hub(monkeypatch, {}, cache)
    with pytest.raises(UserError, match="has no weights"):
        download(entry, JobContext())


def test_that_a_download_brings_the_small_files_of_a_hub_model(monkeypatch, cache, ctx):
    entry = find_model("biomedclip")
    text = {"hf_model_name": BIOMED_TEXT, "hf_tokenizer_name": BIOMED_TEXT}
    model = {"embed_dim": 512, "vision_cfg": {"image_size": 224}, "text_cfg": text}
    files = {
        (entry.hub, "open_clip_config.json"): json.dumps({"model_cfg": model}).encode(),
        (entry.hub, "tokenizer.json"): b"{}",
        (entry.hub, "open_clip_pytorch_model.bin"): b"weights",
        (BIOMED_TEXT, "config.json"): b'{"model_type": "bert"}',
    }
    asked = fake_hub(monkeypatch, files, cache)
    found = download(entry, ctx)
    assert found.path.name == "open_clip_pytorch_model.bin"
    assert found.text_config is not None
    assert asked[0] == "open_clip_config.json"


def test_that_a_download_stops_when_asked(monkeypatch, cache):
    entry = find_model("openai/RN50")
    fake_hub(monkeypatch, {(entry.hub, "open_clip_model.safetensors"): bytes(1000)}, cache)
    ctx = JobContext(lambda event: ctx.cancel(), interval=0)
    with pytest.raises(JobCancelled):
        download(entry, ctx)


def test_that_too_little_space_is_said_before_a_download(monkeypatch, ctx):
    from core.zeroshot import download as module

    usage = module.shutil.disk_usage("/")
    monkeypatch.setattr(module.shutil, "disk_usage", lambda path: usage._replace(free=10**8))
    with pytest.raises(UserError, match="408 MB, 100 MB are free"):
        download(find_model("openai/RN50"), ctx)
