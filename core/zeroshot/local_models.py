"""Models in a folder or file of this machine, told from their config or the shapes of their tensors."""

import difflib
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from core.errors import UserError
from core.zeroshot.entry import GENERIC_TEMPLATES, WEIGHT_NAMES, ModelEntry

CONFIG_NAME = "open_clip_config.json"
EXTRAS_NAME = "medlabel.json"
WEIGHT_SUFFIXES = (".safetensors", ".bin", ".pt", ".pth")
# open_clip's own order, so that a folder means the same weights here and there; `.pt` is ours.
_PREFERRED = (
    WEIGHT_NAMES[0],
    "open_clip_pytorch_model.safetensors",
    WEIGHT_NAMES[1],
    "open_clip_pytorch_model.pth",
    "model.safetensors",
    "pytorch_model.bin",
    "pytorch_model.pth",
    "model.pth",
)
_NAME_IT = "Name the architecture: --model ARCHITECTURE=FILE, such as ViT-L-14-quickgelu=weights.safetensors."

Shapes = Mapping[str, tuple[int, ...]]


def from_path(text: str) -> ModelEntry | None:
    """The entry of a folder, a weights file or `ARCH=FILE`; None when there is none. Raises `UserError`."""
    path = Path(text).expanduser()
    if path.is_dir():
        return from_folder(path.absolute())
    if path.is_file():
        return _from_file(path.absolute())
    arch, equals, rest = text.partition("=")
    if not equals or not arch or not rest:
        return None
    named = Path(rest.strip()).expanduser()
    if not named.is_file():
        raise UserError(f"There is no weights file {named}.", "Check the path after the equals sign.")
    return _from_named_arch(arch.strip(), named.absolute())


def from_folder(folder: Path, base: ModelEntry | None = None) -> ModelEntry:
    """The entry of a folder in open_clip's format; `base` gives what neither config nor medlabel.json says.

    Raises `UserError` when the config is missing or cannot be read. Missing weights are `locate`'s business.
    """
    config = read_config(folder)
    model, preprocess = config["model_cfg"], config.get("preprocess_cfg") or {}
    side = model["vision_cfg"].get("image_size") or preprocess.get("size") or 224
    weights = weights_in(folder)
    entry = base or ModelEntry(
        id=str(folder),
        title=folder.name,
        size_mb=0,
        licence="see its own files",
        context_length=77,
        image_side=224,
        dim=0,
        good_for="A model of your own.",
        templates=GENERIC_TEMPLATES,
    )
    entry = replace(
        entry,
        folder=folder,
        size_mb=_megabytes(weights) if weights else entry.size_mb,
        context_length=int(model["text_cfg"].get("context_length") or 77),
        image_side=int(side[0] if isinstance(side, list) else side),
        dim=int(model["embed_dim"]),
        quick_gelu=bool(model.get("quick_gelu", False)),
    )
    return replace(entry, **_extras(folder))


def read_config(folder: Path) -> dict[str, Any]:
    """The folder's `open_clip_config.json`, checked for its parts. Raises `UserError`."""
    config = _read_json(folder / CONFIG_NAME)
    model = config.get("model_cfg")
    if not isinstance(model, dict) or not isinstance(model.get("embed_dim"), int):
        raise UserError(f"{folder / CONFIG_NAME} has no 'model_cfg' with 'embed_dim'.", _COMPLETE)
    if not all(isinstance(model.get(part), dict) for part in ("vision_cfg", "text_cfg")):
        raise UserError(
            f"{folder / CONFIG_NAME} does not describe both an image and a text tower.", _COMPLETE
        )
    return config


def weights_in(folder: Path) -> Path | None:
    """The weights file that a folder means: open_clip's preferred names, else any, safetensors first."""
    for name in _PREFERRED:
        if (folder / name).is_file():
            return folder / name
    try:
        others = [path for path in folder.iterdir() if path.suffix in WEIGHT_SUFFIXES and path.is_file()]
    except OSError:
        return None
    others.sort(key=lambda path: (WEIGHT_SUFFIXES.index(path.suffix), path.name))
    return others[0] if others else None


def _from_file(path: Path) -> ModelEntry:
    if (path.parent / CONFIG_NAME).is_file():
        return replace(from_folder(path.parent), id=str(path), weights=path, size_mb=_megabytes(path))
    arch = _architecture_of(path)
    plain = arch.removesuffix("-quickgelu")
    note = (
        f"By its shapes {path.name} was taken for OpenAI's {plain}. Weights from elsewhere (LAION ...) need "
    )
    note += f"their architecture named: --model {plain}=FILE."
    return replace(_from_named_arch(arch, path), id=str(path), notes=(note,))


def _from_named_arch(arch: str, path: Path) -> ModelEntry:
    import open_clip

    arch = arch.replace("/", "-")
    config = open_clip.get_model_config(arch) if arch in open_clip.list_models() else None
    if config is None:
        near = difflib.get_close_matches(arch, open_clip.list_models(), n=6)
        hint = f"Near it: {', '.join(near)}." if near else "Such as ViT-B-32-quickgelu or RN50-quickgelu."
        raise UserError(f"open_clip has no architecture '{arch}'.", hint)
    side = config["vision_cfg"].get("image_size", 224)
    return ModelEntry(
        id=f"{arch}={path}",
        title=path.name,
        size_mb=_megabytes(path),
        licence="see where it is from",
        context_length=int(config["text_cfg"].get("context_length", 77)),
        image_side=int(side[0] if isinstance(side, list) else side),
        dim=int(config["embed_dim"]),
        good_for="Weights of your own.",
        templates=GENERIC_TEMPLATES,
        arch=arch,
        weights=path,
        quick_gelu=bool(config.get("quick_gelu", False)),
    )


def _architecture_of(path: Path) -> str:
    """The QuickGELU variant of OpenAI's architecture that has these tensor shapes. Raises `UserError`."""
    import open_clip

    from core.zeroshot.safety import tensor_shapes

    found = _signature(tensor_shapes(path))
    for name in open_clip.list_openai_models() if found is not None else ():
        config = open_clip.get_model_config(name) if name.endswith("-quickgelu") else None
        if config is not None and _signature_of_config(config) == found:
            return str(name)
    raise UserError(f"The architecture of {path.name} cannot be told from its tensors.", _NAME_IT)


def _signature(shapes: Shapes) -> tuple[object, ...] | None:
    """What sets OpenAI's architectures apart: towers' widths and depths, patch, grid, context, dimension."""
    shapes = {name.removeprefix("module."): shape for name, shape in shapes.items()}
    try:
        text_width, dim = shapes["text_projection"]
        context = shapes["positional_embedding"][0]
        stem = shapes["visual.conv1.weight"]
        text = (
            dim,
            text_width,
            context,
            shapes["token_embedding.weight"][0],
            _depth(shapes, "transformer.resblocks."),
        )
        if "visual.class_embedding" in shapes:
            tokens = shapes["visual.positional_embedding"][0]
            return (*text, _depth(shapes, "visual.transformer.resblocks."), stem[0], stem[-1], tokens)
        layers = tuple(_depth(shapes, f"visual.layer{stage}.") for stage in (1, 2, 3, 4))
        return (*text, layers, stem[0], 0, shapes["visual.attnpool.positional_embedding"][0])
    except (KeyError, IndexError, ValueError):
        return None


def _signature_of_config(config: dict[str, Any]) -> tuple[object, ...]:
    vision, text = config["vision_cfg"], config["text_cfg"]
    head = (config["embed_dim"], text["width"], text["context_length"], text["vocab_size"], text["layers"])
    if isinstance(vision["layers"], list):
        return (
            *head,
            tuple(vision["layers"]),
            vision["width"] // 2,
            0,
            (vision["image_size"] // 32) ** 2 + 1,
        )
    tokens = (vision["image_size"] // vision["patch_size"]) ** 2 + 1
    return (*head, vision["layers"], vision["width"], vision["patch_size"], tokens)


def _depth(shapes: Shapes, prefix: str) -> int:
    return len({name[len(prefix) :].split(".")[0] for name in shapes if name.startswith(prefix)})


def _extras(folder: Path) -> dict[str, Any]:
    """What `medlabel.json` says beyond open_clip's config, as fields of `ModelEntry`. Raises `UserError`."""
    path = folder / EXTRAS_NAME
    if not path.is_file():
        return {}
    found = _read_json(path)
    extras: dict[str, Any] = {key: found[key] for key in ("title", "good_for", "licence") if found.get(key)}
    templates = found.get("templates") or []
    texts = [*extras.values(), *(templates if isinstance(templates, list) else [None])]
    if not all(isinstance(text, str) and text.strip() for text in texts):
        raise UserError(f"{path}: title, good_for and licence must be texts, templates a list of texts.")
    if any("{}" not in template for template in templates):
        raise UserError(f"{path}: every template needs '{{}}' where the class name goes.")
    return extras | ({"templates": tuple(templates)} if templates else {})


def _read_json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"There is no {path.name} in {path.parent}.", _COMPLETE) from None
    except (OSError, ValueError) as error:
        raise UserError(f"{path} cannot be read: {error}.", _COMPLETE) from error
    if not isinstance(found, dict):
        raise UserError(f"{path} is not what it should be: a JSON object.", _COMPLETE)
    return found


def _megabytes(path: Path) -> int:
    return max(1, round(path.stat().st_size / 1e6))


_COMPLETE = (
    f"A model folder holds {CONFIG_NAME}, weights ({WEIGHT_NAMES[0]}) and, where it has one, its tokenizer."
)
