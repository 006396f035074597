"""Weights files are looked at before they are loaded: what is damaged or would run code is refused."""

import json
import pickle
import struct
import tarfile
import warnings
import zipfile
from pathlib import Path
from typing import Any

from core.errors import UserError

_MAX_HEADER = 100_000_000  # safetensors' own limit

_CONVERT = (
    "Take the .safetensors file of the same model, or, if you trust this file's source, convert it once: "
    "python -c \"import torch, safetensors.torch as s; m = torch.jit.load('IN.pt', 'cpu').float(); "
    "s.save_file({k: v.contiguous() for k, v in m.state_dict().items() if k not in "
    "('input_resolution', 'context_length', 'vocab_size')}, 'open_clip_model.safetensors')\""
)
_AGAIN = "Copy or download the file again."


def check_safe(path: Path) -> None:
    """Raise `UserError` unless `path` holds weights that can be loaded without running code and are whole.

    `.safetensors` is checked by its header, without torch. `.bin`, `.pt` and `.pth` are opened by
    `torch.load(weights_only=True)` alone; TorchScript archives and pickles that need more are refused, unrun.
    """
    if path.suffix == ".safetensors":
        safetensors_shapes(path)
    elif path.suffix in (".bin", ".pt", ".pth"):
        read_pickled(path)
    else:
        raise UserError(
            f"{path.name} is no weights file.", "MedLabel reads .safetensors, and .bin, .pt or .pth."
        )


def tensor_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """Name and shape of every tensor of a weights file. Raises `UserError` as `check_safe` does."""
    if path.suffix == ".safetensors":
        return safetensors_shapes(path)
    check_safe(path)
    return {name: tuple(value.shape) for name, value in read_pickled(path).items() if hasattr(value, "shape")}


def safetensors_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """Name and shape of every tensor, from the header; the file must be exactly as long as that says."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            if length > min(size, _MAX_HEADER):
                raise ValueError("its header is longer than the file")
            header = json.loads(file.read(length))
        header.pop("__metadata__", None)
        end = 8 + length + max(int(tensor["data_offsets"][1]) for tensor in header.values())
        shapes = {str(name): tuple(int(n) for n in tensor["shape"]) for name, tensor in header.items()}
    except OSError as error:
        raise UserError(
            f"{path} cannot be read: {error.strerror or error}.", "Check the file and its rights."
        ) from error
    except (ValueError, LookupError, TypeError, AttributeError, struct.error) as error:
        raise UserError(f"{path} is damaged: its header is no safetensors header.", _AGAIN) from error
    if end != size:
        raise UserError(f"{path} is damaged: it has {size:,} bytes and should have {end:,}.", _AGAIN)
    return shapes


def read_pickled(path: Path) -> dict[str, Any]:
    """The state dict of a PyTorch file on the CPU, its tensors still on disk where the format allows.

    Raises `UserError` for TorchScript, tar archives, and whatever `weights_only=True` does not load.
    """
    _refuse_archives(path)
    import torch

    try:
        mapped = zipfile.is_zipfile(path)
        with warnings.catch_warnings():
            warnings.filterwarnings(
                "ignore", message="Detected pickle protocol"
            )  # says nothing of the content
            found = torch.load(path, map_location="cpu", weights_only=True, mmap=mapped)
    except pickle.UnpicklingError as error:
        raise UserError(
            f"{path} holds more than tensors: loading it could run code. It was not loaded.", _CONVERT
        ) from error
    except (
        RuntimeError,
        EOFError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        OSError,
        IndexError,
    ) as error:
        raise UserError(f"{path} is damaged or no PyTorch weights file.", _AGAIN) from error
    state = found.get("state_dict", found) if isinstance(found, dict) else None
    if not isinstance(state, dict) or not any(isinstance(value, torch.Tensor) for value in state.values()):
        raise UserError(
            f"{path} holds no weights by name (a state dict).", "Bring the weights file of a CLIP model."
        )
    return state


def _refuse_archives(path: Path) -> None:
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                names = archive.namelist()
            if any(name.endswith("/constants.pkl") or "/code/" in name for name in names):
                raise UserError(
                    f"{path} is a TorchScript archive, which runs code when loaded. It was not loaded.",
                    _CONVERT,
                )
        elif tarfile.is_tarfile(path):  # torch's oldest format; its reader has had holes (CVE-2025-32434)
            raise UserError(
                f"{path} is in an old format that cannot be loaded safely. It was not loaded.", _CONVERT
            )
    except (OSError, zipfile.BadZipFile) as error:
        raise UserError(f"{path} cannot be read: {error}.", _AGAIN) from error
