"""The network: a narrow CLIP in open_clip's own format, built without any download."""

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import nn

MODEL_CFG: dict[str, Any] = {
    "embed_dim": 128,
    "vision_cfg": {"image_size": 64, "layers": [1, 2, 2, 1], "width": 24, "head_width": 32},
    "text_cfg": {"context_length": 32, "vocab_size": 49408, "width": 128, "heads": 4, "layers": 2},
}
PREPROCESS_CFG: dict[str, Any] = {
    "mean": [0.5, 0.5, 0.5],
    "std": [0.5, 0.5, 0.5],
    "interpolation": "bicubic",
    "resize_mode": "longest",
}
IMAGE_SIZE: int = MODEL_CFG["vision_cfg"]["image_size"]
WEIGHTS, CONFIG, DESCRIPTION = "open_clip_model.safetensors", "open_clip_config.json", "medlabel.json"


def build_model() -> nn.Module:
    """An untrained CLIP; the global torch seed decides its weights."""
    from open_clip.model import CLIP

    model: nn.Module = CLIP(**MODEL_CFG)
    return model


@cache
def _tokenizer() -> Any:
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    from open_clip.tokenizer import SimpleTokenizer

    return SimpleTokenizer(context_length=MODEL_CFG["text_cfg"]["context_length"])


def tokenize(texts: list[str]) -> torch.Tensor:
    """Token ids (n, context) int64 by open_clip's own BPE; its vocabulary is in the package."""
    ids: torch.Tensor = _tokenizer()(texts)
    return ids


def load_weights(folder: Path) -> nn.Module:
    """The model of a folder that `save_model` wrote, in float32."""
    from safetensors.torch import load_file

    model = build_model()
    state = load_file(str(folder / WEIGHTS))
    model.load_state_dict(
        {name: value.float() if value.is_floating_point() else value for name, value in state.items()}
    )
    return model


def save_model(model: nn.Module, folder: Path, description: dict[str, Any]) -> None:
    """Write config, float16 weights and description; the folder loads with open_clip's `local-dir:`."""
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    config = {"model_cfg": MODEL_CFG, "preprocess_cfg": PREPROCESS_CFG}
    (folder / CONFIG).write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    state = {
        name: (value.half() if value.is_floating_point() else value).contiguous()
        for name, value in model.state_dict().items()
    }
    save_file(state, str(folder / WEIGHTS), metadata={"format": "pt"})
    (folder / WEIGHTS).chmod(0o644)  # safetensors writes for the owner alone
    write_description(folder, description)


def write_description(folder: Path, description: dict[str, Any]) -> None:
    """What MedLabel's catalogue reads about the model."""
    text = json.dumps(description, indent=2, ensure_ascii=False)
    (folder / DESCRIPTION).write_text(text + "\n", encoding="utf-8")
