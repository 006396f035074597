"""From a model's files to an open_clip model and tokenizer, offline, and never anything but those files."""

import logging
import os
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from safetensors import SafetensorError

from core.errors import UserError
from core.zeroshot.entry import ModelEntry
from core.zeroshot.weights import Weights

_MISFITS = (RuntimeError, UserWarning, LookupError, ValueError, TypeError, AttributeError, OSError)
_lock = threading.RLock()  # the switches below belong to the whole process


@dataclass(frozen=True)
class Loaded:
    """An open_clip model in eval mode on the CPU, its tokenizer, and what describes both.

    `config` is open_clip's model config as the files give it; `preprocess` its PreprocessCfg as a dict.
    """

    model: Any
    tokenizer: Any
    config: dict[str, Any]
    preprocess: dict[str, Any]
    context_length: int


def load(entry: ModelEntry, weights: Weights, resize_mode: str) -> Loaded:
    """Build the model and fill it from `weights.path`. Raises `UserError` when the files disagree.

    open_clip on its own leaves random weights, or another tokenizer, with only a log line. So the file is
    loaded explicitly and strictly, and names are checked before open_clip sees them.
    """
    import open_clip

    name = f"local-dir:{weights.folder}" if weights.folder else entry.arch
    if not weights.folder and name not in open_clip.list_models():
        raise UserError(f"open_clip has no architecture '{name}'.")
    config = open_clip.get_model_config(name)
    overrides: dict[str, Any] = {}
    if weights.text_config is not None:
        tower = {"hf_model_name": str(weights.text_config), "hf_model_pretrained": False}
        overrides["text_cfg"] = {**config["text_cfg"], **tower}
    with offline(), _no_root_log(), warnings.catch_warnings():
        warnings.filterwarnings("error", message="QuickGELU mismatch")
        try:
            model = _build(name, weights, resize_mode, overrides)
            length = config["text_cfg"].get("context_length") or entry.context_length
            tokenizer = open_clip.get_tokenizer(name, context_length=length)
        except (*_MISFITS, SafetensorError) as error:
            raise UserError(f"{entry.title}: {_first_line(error)}", _HINT) from error
    _check_tokenizer(entry, model, tokenizer)
    if entry.quick_gelu and not uses_quick_gelu(model):
        raise UserError(f"{entry.title} was trained with QuickGELU, and the architecture {name} has none.")
    return Loaded(model, tokenizer, config, dict(model.visual.preprocess_cfg), int(length))


def uses_quick_gelu(model: Any) -> bool:
    """Whether the image tower, or the text tower where that is a ResNet, has QuickGELU."""
    for owner in (model.visual, model, getattr(model, "text", None)):
        blocks = getattr(getattr(owner, "transformer", None), "resblocks", None)
        if blocks is not None:
            return type(blocks[0].mlp.gelu).__name__ == "QuickGELU"
    return False


@contextmanager
def offline() -> Iterator[None]:
    """Nothing below reaches out: huggingface_hub and transformers raise instead of asking the hub."""
    from huggingface_hub import constants

    names = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
    with _lock:
        before = {name: os.environ.get(name) for name in names}
        flag = constants.HF_HUB_OFFLINE
        os.environ.update(dict.fromkeys(names, "1"))
        constants.HF_HUB_OFFLINE = True
        try:
            yield
        finally:
            constants.HF_HUB_OFFLINE = flag
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value


def _build(name: str, weights: Weights, resize_mode: str, overrides: dict[str, Any]) -> Any:
    import open_clip

    model = open_clip.create_model(
        name,
        load_weights=False,
        pretrained_image=False,
        pretrained_text=False,
        force_preprocess_cfg={"resize_mode": resize_mode},
        **overrides,
    )
    open_clip.load_checkpoint(model, str(weights.path), strict=True, weights_only=True)
    return model.eval().requires_grad_(False)


def _check_tokenizer(entry: ModelEntry, model: Any, tokenizer: Any) -> None:
    inner = getattr(tokenizer, "tokenizer", None)
    words = len(inner) if inner is not None else int(tokenizer.vocab_size)
    rows = int(model.vocab_size) if hasattr(model, "vocab_size") else words
    if words > rows:
        raise UserError(
            f"{entry.title}: its tokenizer knows {words:,} words, its text tower only {rows:,}.", _HINT
        )


@contextmanager
def _no_root_log() -> Iterator[None]:
    """open_clip logs on the root logger, which installs a handler there, and says "initialized randomly" of a
    model that is filled a moment later. Its lines, and only its, are dropped here."""

    def not_open_clip(record: logging.LogRecord) -> bool:
        return "open_clip" not in record.pathname

    root, silent = logging.getLogger(), logging.NullHandler()
    root.addFilter(not_open_clip)
    root.addHandler(silent)
    try:
        yield
    finally:
        root.removeHandler(silent)
        root.removeFilter(not_open_clip)


def _first_line(error: BaseException) -> str:
    if isinstance(error, RuntimeError) and "state_dict" in str(error):
        return "the weights do not fit the architecture: " + " ".join(str(error).split()[6:30]) + " ..."
    if isinstance(error, torch.OutOfMemoryError):
        return "there is not enough memory to load it."
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


_HINT = "Check that config, weights and tokenizer belong together, or bring them again."
