"""Where a model's weights are on this machine, how to bring them, and whether they may be loaded.

`download` is the only function of MedLabel that touches the network.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import UserError
from core.jobs import JobContext
from core.zeroshot.entry import WEIGHT_NAMES, ModelEntry, how_to_bring
from core.zeroshot.hub_cache import snapshots
from core.zeroshot.local_models import CONFIG_NAME, read_config, weights_in
from core.zeroshot.safety import check_safe

__all__ = ["Weights", "check_safe", "download", "locate", "text_config_folder", "weights_sha256"]

_TEXT_TOWERS = ("bert", "roberta", "xlm-roberta", "mt5", "t5", "m2m_100")  # that open_clip can use
_TOKENIZER_FILES = ("tokenizer.json", "vocab.txt", "vocab.json", "spiece.model", "sentencepiece.bpe.model")


@dataclass(frozen=True)
class Weights:
    """A model's files.

    `path` of the weights; `folder` with open_clip's config, None where `entry.arch` tells the architecture;
    `text_config`, a folder with the `config.json` of a Hugging Face text tower, if the model has one.
    """

    path: Path
    folder: Path | None = None
    text_config: Path | None = None


def locate(entry: ModelEntry) -> Weights:
    """The model's files on this machine. Raises `UserError`: what is missing, how large, how to bring it.

    Looks at folders only: no network, no torch. Whether the weights are sound is `check_safe`'s business.
    """
    if entry.weights is not None:
        if not entry.weights.is_file():
            raise UserError(f"There is no weights file {entry.weights}.", "Check the path.")
        return Weights(entry.weights) if entry.arch else _complete(entry.weights, entry.weights.parent)
    if entry.folder is not None:
        return _in_folder(entry, entry.folder)
    for snapshot in snapshots(entry.hub):
        path = next((snapshot / name for name in WEIGHT_NAMES if (snapshot / name).is_file()), None)
        if path is not None and entry.arch:
            return Weights(path)
        if path is not None and (snapshot / CONFIG_NAME).is_file():
            return _complete(path, snapshot)
    raise UserError(
        f"The weights of {entry.title} ({entry.size_mb:,} MB) are not on this machine.", how_to_bring(entry)
    )


def download(entry: ModelEntry, ctx: JobContext) -> Weights:
    """Bring a model of the table into the Hugging Face cache, once. Raises `UserError`, `JobCancelled`."""
    if not entry.hub:
        raise UserError(f"{entry.title} is a model of this machine; there is nothing to download.")
    from core.zeroshot.download import fetch

    fetch(entry, ctx)
    return locate(entry)


_digests: dict[tuple[Path, int, int], str] = {}


def weights_sha256(path: Path) -> str:
    """Hex SHA-256 of the file, read in a stream; remembered until its size or time changes."""
    facts = path.stat()
    key = (path.resolve(), facts.st_size, facts.st_mtime_ns)
    if key not in _digests:
        with path.open("rb") as file:
            _digests[key] = hashlib.file_digest(file, "sha256").hexdigest()
    return _digests[key]


def text_config_folder(folder: Path, text_cfg: dict[str, Any]) -> Path | None:
    """The folder whose `config.json` describes the text tower; None when the tower is open_clip's own.

    Looked for where the model's config says, in the model folder (`text/`, then itself), then in the Hugging
    Face cache. Raises `UserError` that names the one small file that is missing.
    """
    name = text_cfg.get("hf_model_name")
    if not name:
        return None
    here = [folder / str(name), folder / "text", folder]  # `folder / absolute` is the absolute path
    for candidate in [*here, *snapshots(str(name))]:
        if _describes_text_tower(candidate / "config.json"):
            return candidate
    raise UserError(
        f"The text tower of the model in {folder} needs one small file more: config.json of {name}.",
        f"Bring it from https://huggingface.co/{name} and put it there as {folder / 'text' / 'config.json'}.",
    )


def _in_folder(entry: ModelEntry, folder: Path) -> Weights:
    path = weights_in(folder) if folder.is_dir() else None
    if path is None:
        what = "has no weights" if folder.is_dir() else "is not there"
        hint = (
            "Install MedLabel again."
            if entry.id == "starter"
            else f"Put {WEIGHT_NAMES[0]} beside {CONFIG_NAME}."
        )
        raise UserError(f"The folder of the model {entry.title} {what}: {folder}.", hint)
    return _complete(path, folder)


def _complete(path: Path, folder: Path) -> Weights:
    """Weights with a config, once its text tower's own files are found."""
    text_cfg = read_config(folder)["model_cfg"]["text_cfg"]
    if text_cfg.get("hf_model_name") and not text_cfg.get("hf_tokenizer_name"):
        raise UserError(f"{folder / CONFIG_NAME} names a text tower but no tokenizer ('hf_tokenizer_name').")
    if text_cfg.get("hf_tokenizer_name") and not any((folder / name).is_file() for name in _TOKENIZER_FILES):
        raise UserError(
            f"The model in {folder} has no tokenizer.",
            f"Bring tokenizer.json and tokenizer_config.json of {text_cfg['hf_tokenizer_name']} there.",
        )
    return Weights(path, folder, text_config_folder(folder, text_cfg))


def _describes_text_tower(path: Path) -> bool:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(found, dict) and found.get("model_type") in _TEXT_TOWERS
