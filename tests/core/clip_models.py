"""CLIP models with random weights, in the places where real ones lie. Made by the tests that use them."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import open_clip
import torch
from safetensors.torch import save_file

BIOMED_TEXT = "microsoft/BiomedNLP-BiomedBERT-base-uncased-abstract"
BERT = {
    "model_type": "bert",
    "architectures": ["BertForMaskedLM"],
    "hidden_size": 768,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "intermediate_size": 3072,
    "max_position_embeddings": 512,
    "vocab_size": 30522,
    "pad_token_id": 0,
}
SMALL_BERT = BERT | {
    "hidden_size": 32,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 64,
}
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "chest", "x", "-", "ray", "breast", "histology"]


def reduced(config: dict[str, Any]) -> dict[str, Any]:
    """The same kind of model, image side, patch and vocabulary, but narrow and shallow."""
    small = deepcopy(config)
    small["embed_dim"] = 32
    small["text_cfg"] |= {"width": 64, "heads": 1, "layers": 1}
    residual = isinstance(small["vision_cfg"]["layers"], list)
    small["vision_cfg"] |= {"layers": [1, 1, 1, 1], "width": 16} if residual else {"layers": 2, "width": 64}
    return small


def biomed_config(small: bool) -> dict[str, Any]:
    """As BiomedCLIP's `open_clip_config.json`, with a small image tower when wanted."""
    tower = "vit_tiny_patch16_224" if small else "vit_base_patch16_224"
    text = {
        "hf_model_name": BIOMED_TEXT,
        "hf_tokenizer_name": BIOMED_TEXT,
        "hf_proj_type": "mlp",
        "hf_pooler_type": "cls_last_hidden_state_pooler",
        "context_length": 256,
    }
    vision = {
        "timm_model_name": tower,
        "timm_model_pretrained": False,
        "timm_pool": "",
        "timm_proj": "linear",
    }
    return {"embed_dim": 512, "vision_cfg": vision | {"image_size": 224}, "text_cfg": text}


def save_weights(model: torch.nn.Module, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: tensor.contiguous() for name, tensor in model.state_dict().items()}, path)


def save_config(folder: Path, config: dict[str, Any], **preprocess: Any) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"model_cfg": config, "preprocess_cfg": preprocess})
    (folder / "open_clip_config.json").write_text(text, encoding="utf-8")


def save_bert(folder: Path, small: bool) -> None:
    """The `config.json` of the text tower, and nothing else."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(SMALL_BERT if small else BERT), encoding="utf-8")


def save_bert_tokenizer(folder: Path) -> None:
    from transformers import BertTokenizerFast

    vocabulary = folder / "vocab.txt"
    vocabulary.parent.mkdir(parents=True, exist_ok=True)
    vocabulary.write_text("\n".join(WORDS), encoding="utf-8")
    BertTokenizerFast(vocab={word: row for row, word in enumerate(WORDS)}).save_pretrained(folder)


def random_model(config: dict[str, Any], seed: int = 0) -> Any:
    torch.manual_seed(seed)
    kind = open_clip.CustomTextCLIP if "hf_model_name" in config["text_cfg"] else open_clip.CLIP
    return kind(**deepcopy(config)).eval()


def random_biomed(text_folder: Path, small: bool) -> Any:
    config = biomed_config(small)
    config["text_cfg"] |= {"hf_model_name": str(text_folder), "hf_model_pretrained": False}
    return random_model(config)


def snapshot(cache: Path, repository: str, commit: str = "0" * 40) -> Path:
    """A snapshot folder as huggingface_hub lays it out, with `main` pointing at it."""
    root = cache / f"models--{repository.replace('/', '--')}"
    (root / "refs").mkdir(parents=True, exist_ok=True)
    (root / "refs" / "main").write_text(commit, encoding="ascii")
    folder = root / "snapshots" / commit
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def save_small_folder(folder: Path, seed: int = 0, **preprocess: Any) -> Any:
    """A whole local model folder (a narrow ViT at 32 px) and the model that is in it."""
    config = {
        "embed_dim": 32,
        "quick_gelu": True,
        "vision_cfg": {"image_size": 32, "layers": 1, "width": 64, "patch_size": 8},
        "text_cfg": {"context_length": 16, "vocab_size": 49408, "width": 64, "heads": 1, "layers": 1},
    }
    model = random_model(config, seed)
    save_config(folder, config, **preprocess)
    save_weights(model, folder / "open_clip_model.safetensors")
    return model
