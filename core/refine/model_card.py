"""What stands beside the weights of a saved model: `model.json`, read as what it is, somebody's file."""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.errors import UserError

FORMAT, VERSION = "medlabel-model", 1
CARD, WEIGHTS = "model.json", "model.safetensors"
NOTE = "For research only, not for diagnosis."
AGAIN = "Save the model again, or copy it again from where it was made."

_MAX_BYTES = 16_000_000
_MAX_CLASSES = 1000
_MAX_SIDE = 4096
_NETWORK = re.compile(r"(timm/)?[A-Za-z0-9_.\-]{1,100}")


@dataclass(frozen=True)
class ModelCard:
    """`network` names an architecture of the registry; it takes squares of `side` px with 1 or 3 `channels`.

    `classes` are the names of its outputs in their order. Logits are divided by `temperature`. `sha256` is that of
    the weights' file; `provenance` says what the model was trained on, as plain JSON values.
    """

    classes: tuple[str, ...]
    network: str
    side: int
    channels: int
    temperature: float
    sha256: str
    created_at: str = ""
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def described(self) -> dict[str, Any]:
        """The card as `model.json` holds it."""
        return {
            "format": FORMAT,
            "version": VERSION,
            "note": NOTE,
            "classes": list(self.classes),
            "network": self.network,
            "side": self.side,
            "channels": self.channels,
            "temperature": self.temperature,
            "preprocessing": preprocessing(self.side, self.channels),
            "weights": {"file": WEIGHTS, "sha256": self.sha256},
            "created_at": self.created_at,
            "provenance": dict(self.provenance),
        }


def preprocessing(side: int, channels: int) -> dict[str, Any]:
    """How an image becomes the network's input, in words and numbers: others can do it without this program."""
    colour = "grey by ITU-R 601 luma" if channels == 1 else "RGB (grey images with three equal channels)"
    return {
        "words": f"{colour}; the longer side is scaled to {side} px (bilinear, as Pillow does), the rest of the square "
        "is black on both sides; values 0..255 become value / 127.5 - 1; (n, channels, height, width) float32; the "
        "probabilities are the softmax of logits / temperature",
        "side": side,
        "channels": channels,
        "resampling": "bilinear",
        "padding": {"value": 0, "place": "centre"},
        "scale": 1 / 127.5,
        "offset": -1.0,
    }


def read_card(folder: Path) -> ModelCard:
    """The card of the model in `folder`. Nothing in it is trusted. Raises `UserError`."""
    path = folder / CARD
    found = _read_json(path)
    if found.get("format") != FORMAT:
        raise UserError(
            f"{path} does not describe a model of MedLabel.", "Choose a folder NAME.medlabel-model."
        )
    version = found.get("version")
    if not _is_whole(version):
        raise _damaged(path, "its version is not a number")
    if version != VERSION:
        raise UserError(
            f"{path} has version {version} of the format; this program reads version {VERSION}.",
            "Update MedLabel.",
        )
    weights, provenance = found.get("weights"), found.get("provenance")
    if not isinstance(weights, dict) or not isinstance(provenance, dict):
        raise _damaged(path, "it says nothing of the weights or of their origin")
    return ModelCard(
        classes=_classes(path, found.get("classes")),
        network=_network(path, found.get("network")),
        side=_side(path, found.get("side")),
        channels=_channels(path, found.get("channels")),
        temperature=_temperature(path, found.get("temperature")),
        sha256=_sha256(path, weights.get("sha256")),
        created_at=str(found.get("created_at", "")),
        provenance=provenance,
    )


def check_classes(names: Sequence[Any]) -> str:
    """What is wrong with the names of classes; empty when nothing is."""
    if not all(isinstance(name, str) and name.strip() for name in names):
        return "a class has no name"
    if not 2 <= len(names) <= _MAX_CLASSES:
        return f"it has {len(names):,} classes"
    return "two classes have the same name" if len(set(names)) < len(names) else ""


def _read_json(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise _damaged(path, "it is far too long")
        found = json.loads(path.read_bytes())
    except OSError as error:
        raise UserError(
            f"{path} cannot be read: {error.strerror or error}.", "Check the file and its rights."
        ) from error
    except (ValueError, RecursionError) as error:
        raise _damaged(path, "it is not JSON") from error
    if not isinstance(found, dict):
        raise _damaged(path, "it is not a JSON object")
    return found


def _classes(path: Path, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise _damaged(path, "it has no list of classes")
    wrong = check_classes(value)
    if wrong:
        raise _damaged(path, wrong)
    return tuple(value)


def _network(path: Path, value: Any) -> str:
    if not isinstance(value, str) or not _NETWORK.fullmatch(value):
        raise _damaged(path, "it names no network")
    return value


def _side(path: Path, value: Any) -> int:
    if not _is_whole(value) or not 1 <= value <= _MAX_SIDE:
        raise _damaged(path, f"the side of its images is no number of pixels from 1 to {_MAX_SIDE}")
    return int(value)


def _channels(path: Path, value: Any) -> int:
    if not _is_whole(value) or value not in (1, 3):
        raise _damaged(path, "its images have neither 1 nor 3 channels")
    return int(value)


def _temperature(path: Path, value: Any) -> float:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not math.isfinite(value) or not 1e-3 <= value <= 1e3:
        raise _damaged(path, "its temperature is no sensible number")
    return float(value)


def _sha256(path: Path, value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch("[0-9a-f]{64}", value):
        raise _damaged(path, "the SHA-256 of its weights is missing")
    return value


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _damaged(path: Path, why: str) -> UserError:
    return UserError(f"{path} is damaged: {why}.", AGAIN)
