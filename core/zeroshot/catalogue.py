"""The models that can label: a table, and the one door from a name or path to an entry of it.

Importing this module loads neither torch nor open_clip nor huggingface_hub.
"""

import difflib
from pathlib import Path

from core.errors import UserError
from core.resources import resource_path
from core.zeroshot.entry import GENERIC_TEMPLATES, ModelEntry

_PMC_TEMPLATES = ("{}", "an image of {}", "a medical image showing {}", "figure showing {}")
_BIOMEDCLIP_TEMPLATES = ("this is a photo of {}", "{}", "an image of {}", "a medical image showing {}")
_HISTOLOGY_TEMPLATES = (
    "a histopathology slide showing {}",
    "histopathology image of {}",
    "H&E stained tissue of {}",
    "{} in a histopathology image",
)

_BERT_TOKENIZER = ("tokenizer.json", "tokenizer_config.json", "vocab.txt", "special_tokens_map.json")


def _openai(name: str, hub: str, size_mb: int, side: int, dim: int, good_for: str) -> ModelEntry:
    return ModelEntry(
        id=f"openai/{name}",
        title=f"OpenAI CLIP {name}",
        size_mb=size_mb,
        licence="MIT",
        context_length=77,
        image_side=side,
        dim=dim,
        good_for=good_for,
        templates=GENERIC_TEMPLATES,
        arch=f"{name}-quickgelu",  # OpenAI trained with QuickGELU; without it embeddings are silently wrong
        hub=f"timm/{hub}.openai",
        quick_gelu=True,
    )


def _hub(
    name: str,
    title: str,
    hub: str,
    size_mb: int,
    licence: str,
    dim: int,
    good_for: str,
    templates: tuple[str, ...],
) -> ModelEntry:
    return ModelEntry(
        id=name,
        title=title,
        size_mb=size_mb,
        licence=licence,
        context_length=77,
        image_side=224,
        dim=dim,
        good_for=good_for,
        templates=templates,
        hub=hub,
        small_files=("open_clip_config.json",),
    )


STARTER = ModelEntry(
    id="starter",
    title="MedLabel starter",
    size_mb=15,
    licence="see its model card",
    context_length=32,
    image_side=64,
    dim=128,
    good_for="First labels with no download: tells modalities and body parts apart, not diagnoses.",
    templates=GENERIC_TEMPLATES,
    folder=resource_path("models", "starter"),
)

BIOMEDCLIP = ModelEntry(
    id="biomedclip",
    title="BiomedCLIP",
    size_mb=784,
    licence="MIT",
    context_length=256,
    image_side=224,
    dim=512,
    good_for="The first choice for medical images; wants noun phrases with the modality: 'chest X-ray'.",
    templates=_BIOMEDCLIP_TEMPLATES,
    hub="microsoft/BiomedCLIP-PubMedBERT_256-vit_base_patch16_224",
    text_hub="microsoft/BiomedNLP-BiomedBERT-base-uncased-abstract",
    small_files=("open_clip_config.json", *_BERT_TOKENIZER),
)

MODELS: tuple[ModelEntry, ...] = (
    STARTER,
    BIOMEDCLIP,
    _openai(
        "RN50", "resnet50_clip", 408, 224, 1024, "The smallest of OpenAI's; general pictures, quick on a CPU."
    ),
    _openai("RN101", "resnet101_clip", 479, 224, 512, "General pictures; a deeper RN50."),
    _openai("RN50x4", "resnet50x4_clip", 714, 288, 640, "General pictures with finer detail (288 px)."),
    _openai(
        "RN50x16",
        "resnet50x16_clip",
        1165,
        384,
        768,
        "General pictures with fine detail (384 px); wants a GPU.",
    ),
    _openai(
        "RN50x64", "resnet50x64_clip", 2495, 448, 1024, "The finest detail of OpenAI's (448 px); wants a GPU."
    ),
    _openai(
        "ViT-B-32",
        "vit_base_patch32_clip_224",
        605,
        224,
        512,
        "General pictures; the quickest of all on large sets.",
    ),
    _openai(
        "ViT-B-16",
        "vit_base_patch16_clip_224",
        598,
        224,
        512,
        "General pictures; better than B-32, four times slower.",
    ),
    _openai(
        "ViT-L-14",
        "vit_large_patch14_clip_224",
        1710,
        224,
        768,
        "The best of OpenAI's for most classes; wants a GPU.",
    ),
    _hub(
        "pmc/ViT-L-14",
        "PMC-OA CLIP ViT-L-14",
        "ryanyip7777/pmc_vit_l_14",
        1710,
        "see its model card",
        768,
        "Figures of biomedical papers: radiology, microscopy and pathology; wants a GPU.",
        _PMC_TEMPLATES,
    ),
    _hub(
        "quiltnet/B-32",
        "QuiltNet B-32",
        "wisdomik/QuiltNet-B-32",
        605,
        "MIT",
        512,
        "Histopathology (H&E) tiles; nothing else.",
        _HISTOLOGY_TEMPLATES,
    ),
    _hub(
        "quiltnet/B-16",
        "QuiltNet B-16",
        "wisdomik/QuiltNet-B-16",
        598,
        "MIT",
        512,
        "Histopathology (H&E) tiles with finer detail than B-32; nothing else.",
        _HISTOLOGY_TEMPLATES,
    ),
)

DEFAULT_MODEL = STARTER.id


def models() -> tuple[ModelEntry, ...]:
    """The table, with what the built-in model's own files say of it."""
    return tuple(_with_own_files(entry) for entry in MODELS)


def find_model(name_or_path: str | Path) -> ModelEntry:
    """The entry of a name of the table, a model folder, a weights file, or `ARCH=FILE`.

    Raises `UserError` when there is none, naming near matches. Only a weights file without a config loads
    open_clip, to tell its architecture; all else is cheap.
    """
    text = str(name_or_path).strip()
    known = _BY_NAME.get(_key(text))
    if known is not None:
        return _with_own_files(known)
    from core.zeroshot import local_models

    entry = local_models.from_path(text)
    if entry is not None:
        return entry
    near = difflib.get_close_matches(_key(text), _BY_NAME, n=4, cutoff=0.5)
    ids = list(dict.fromkeys(_BY_NAME[key].id for key in near))
    hint = f"Did you mean {' or '.join(ids)}?" if ids else f"There are: {', '.join(e.id for e in MODELS)}."
    raise UserError(
        f"There is no model '{text}', and no file or folder of that name.", f"{hint} A path works too."
    )


def is_present(entry: ModelEntry) -> bool:
    """Whether everything the model needs is on this machine. Touches no network and loads no torch."""
    from core.zeroshot.weights import locate

    try:
        locate(entry)
    except UserError:
        return False
    return True


def _with_own_files(entry: ModelEntry) -> ModelEntry:
    if entry.folder is None or not (entry.folder / "open_clip_config.json").is_file():
        return entry
    from core.zeroshot.local_models import from_folder

    return from_folder(entry.folder, entry)


def _key(name: str) -> str:
    """Spellings that mean the same model: case, `ViT-L/14` for `ViT-L-14`, `hf-hub:` before a repository."""
    return name.removeprefix("hf-hub:").casefold().replace("/", "-")


def _names(entry: ModelEntry) -> list[str]:
    names = [entry.id, entry.hub]
    if entry.arch:
        names += [entry.arch.removesuffix("-quickgelu"), entry.arch]
    return [_key(name) for name in names if name]


_BY_NAME = {name: entry for entry in MODELS for name in _names(entry)}
