"""A trained network on disk: a folder of `model.safetensors` and `model.json`. Never a pickle."""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import UserError
from core.refine.model_card import AGAIN, CARD, WEIGHTS, ModelCard, check_classes, read_card

if TYPE_CHECKING:
    import torch

    from core.refine.trained import TrainedNetwork

SUFFIX = ".medlabel-model"
_PICKLES = frozenset({".pt", ".pth", ".pkl", ".pickle", ".bin", ".ckpt", ".joblib"})
_CHUNK = 1 << 20


def is_model(path: Path) -> bool:
    """Whether `path` is a folder that holds a saved model."""
    return (path / CARD).is_file()


def model_folder(path: Path) -> Path:
    """The folder of the model at `path`: itself, its `model.json` or its `model.safetensors`. Raises `UserError`."""
    if path.suffix.lower() in _PICKLES and not path.is_dir():
        raise UserError(
            f"{path} was not opened: weights that are pickles are refused, loading them could run code.",
            f"Give a folder NAME{SUFFIX}, as MedLabel saves it.",
        )
    if is_model(path):
        return path
    if path.name in (CARD, WEIGHTS) and path.is_file():
        if is_model(path.parent):
            return path.parent
        raise UserError(f"There is no {CARD} beside {path}.", "Both files of a model belong into one folder.")
    if not path.exists():
        raise UserError(
            f"There is no model at {path}.", f"Give a folder NAME{SUFFIX}, or a project with a refined run."
        )
    raise UserError(f"{path} is no model.", f"Give a folder NAME{SUFFIX}, or a project with a refined run.")


def save_model(
    folder: Path,
    trained: "TrainedNetwork",
    classes: Sequence[str],
    provenance: Mapping[str, Any],
    created_at: str,
) -> ModelCard:
    """Write a model to `folder`, whole or not at all; an older model there is replaced.

    `classes` are the names of its outputs, `provenance` what it was trained on (JSON-able), to which a
    `warning` of the network's is added. Raises `UserError`.
    """
    from safetensors.torch import save_file

    wrong = check_classes(classes)
    if wrong or len(classes) != trained.classes:
        raise ValueError(
            f"{wrong or 'other names than outputs'}: {list(classes)} for {trained.classes} outputs"
        )
    weights = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in trained.weights.items()}
    with _replacing(folder) as temporary:
        save_file(weights, str(temporary / WEIGHTS), metadata={"format": "pt"})
        (temporary / WEIGHTS).chmod(0o644)  # safetensors writes for the owner alone
        card = ModelCard(
            tuple(classes),
            trained.network,
            trained.side,
            trained.channels,
            trained.temperature,
            _sha256(temporary / WEIGHTS),
            created_at,
            {**provenance, **({"warning": trained.warning} if trained.warning else {})},
        )
        text = json.dumps(card.described(), ensure_ascii=False, indent=1)
        lone = "backslashreplace"  # bytes of a name that are not UTF-8, as JSON writes them
        (temporary / CARD).write_text(text + "\n", encoding="utf-8", errors=lone)
    return card


def copy_model(source: Path, folder: Path) -> None:
    """Put the model in the folder `source` to `folder` too, whole or not at all. Raises `UserError`."""
    if folder.resolve() == source.resolve():
        return
    with _replacing(folder) as temporary:
        for name in (WEIGHTS, CARD):
            shutil.copyfile(source / name, temporary / name)


def check_target(folder: Path) -> None:
    """Raise `UserError` when no model can be written to `folder`, before hours of work."""
    if folder.is_dir() and not is_model(folder) and any(folder.iterdir()):
        raise UserError(f"{folder} holds something else than a model.", "Choose another name.")
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder} is a file; a model is a folder.", "Choose another name.")
    parent = folder.resolve().parent
    if not parent.is_dir() or not os.access(parent, os.W_OK):
        raise UserError(f"{folder} cannot be written: the folder {parent} does not exist or is read-only.")


def load_model(path: Path) -> "tuple[ModelCard, TrainedNetwork]":
    """The model at `path`, as `model_folder` takes it, verified and on the CPU.

    The header of the weights must agree with the network's own names, shapes and types before anything is read,
    and the file with the card's SHA-256. Raises `UserError` for whatever is damaged, unknown or a pickle.
    """
    from core.refine.trained import TrainedNetwork

    folder = model_folder(path)
    card = read_card(folder)
    weights = _read_weights(folder / WEIGHTS, card)
    return card, TrainedNetwork(
        card.network, len(card.classes), card.side, card.channels, weights, card.temperature
    )


def _read_weights(path: Path, card: ModelCard) -> "dict[str, torch.Tensor]":
    from safetensors import SafetensorError, safe_open

    expected = _expected(card)
    try:
        with safe_open(str(path), framework="pt") as file:
            found = {name: _described(file.get_slice(name)) for name in file.keys()}  # noqa: SIM118  not a dict
            if found != expected:
                raise UserError(
                    f"{path} does not fit what {CARD} says of it: the network '{card.network}' with "
                    f"{len(card.classes)} classes for images of {card.side} px with {card.channels} "
                    f"channel{'s' if card.channels > 1 else ''}.",
                    f"Class names in {CARD} may be changed, their number may not. {AGAIN}",
                )
            if _sha256(path) != card.sha256:
                raise UserError(f"{path} is damaged: its SHA-256 is not the one in {CARD}.", AGAIN)
            weights = {name: file.get_tensor(name).clone() for name in found}  # off the file's memory map
    except OSError as error:
        raise UserError(
            f"{path} cannot be read: {error.strerror or error}.", "Check the file and its rights."
        ) from error
    except (SafetensorError, ValueError, OverflowError, RuntimeError) as error:
        raise UserError(f"{path} is damaged: it is no whole safetensors file.", AGAIN) from error
    if not all(bool(tensor.isfinite().all()) for tensor in weights.values()):
        raise UserError(f"{path} is damaged: it holds values that are not numbers.", AGAIN)
    return weights


def _expected(card: ModelCard) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Type and shape of each of the network's tensors. None is made in memory, however large the card says."""
    import torch

    from core.refine.networks import find_network

    network = find_network(card.network)
    least, most = network.sides
    if not least <= card.side <= most or card.channels not in network.channels:
        raise UserError(
            f"The network '{card.network}' does not take images of {card.side} px with {card.channels} channels.",
            AGAIN,
        )
    with torch.device("meta"):
        state = network.build(len(card.classes), card.channels, card.side).state_dict()
    return {name: (_TYPES.get(str(t.dtype), str(t.dtype)), tuple(t.shape)) for name, t in state.items()}


def _described(part: Any) -> tuple[str, tuple[int, ...]]:
    return str(part.get_dtype()), tuple(part.get_shape())


_TYPES = {
    "torch.float64": "F64",
    "torch.float32": "F32",
    "torch.float16": "F16",
    "torch.bfloat16": "BF16",
    "torch.int64": "I64",
    "torch.int32": "I32",
    "torch.uint8": "U8",
    "torch.bool": "BOOL",
}


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(_CHUNK):
            digest.update(part)
    return digest.hexdigest()


@contextmanager
def _replacing(folder: Path) -> Iterator[Path]:
    """Yield an empty folder beside `folder` that takes its place at the end, and is removed on an error."""
    temporary = folder.with_name(f".{folder.name}.{os.getpid()}.tmp")
    before = folder.with_name(f".{folder.name}.{os.getpid()}.old")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        check_target(folder)
        temporary.mkdir()
        yield temporary
        if folder.exists():
            folder.rename(before)
        temporary.rename(folder)
    except OSError as error:
        if before.exists() and not folder.exists():
            before.rename(folder)
        raise UserError(f"{folder} cannot be written: {error.strerror or error}.") from error
    finally:
        for left in (temporary, before):
            shutil.rmtree(left, ignore_errors=True)
