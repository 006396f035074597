"""Models that refinements trained: where they are, what they say of themselves, a copy elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import UserError
from core.project.project import Project
from core.refine.model_card import WEIGHTS, ModelCard, read_card
from core.refine.model_file import SUFFIX, check_target, copy_model, model_folder
from core.tasks.scan import is_project

__all__ = [
    "SUFFIX",
    "ModelInfo",
    "check_model_target",
    "check_whole",
    "find_model",
    "model_info",
    "save_model_as",
]

_FILES = frozenset({".safetensors", ".json", ".pt", ".pth", ".pkl", ".bin", ".ckpt", ".onnx", ".zip"})


@dataclass(frozen=True)
class ModelInfo:
    """A saved model in a few words; `provenance` is what it was trained on, as plain JSON values."""

    folder: Path
    classes: tuple[str, ...]
    network: str
    side: int
    channels: int
    created_at: str
    sha256: str
    provenance: Mapping[str, Any]


def find_model(path: Path) -> Path:
    """The folder of the model at `path`: a model, one of its two files, or a project with one. Raises `UserError`.

    Of a project it is that of the newest finished run which has one.
    """
    if not is_project(path):
        return model_folder(path)
    with Project.open(path) as project:
        for run in reversed(project.runs.all()):
            folder = project.runs.model_of(run)
            if folder is not None:
                return folder
    raise UserError(f"The project {path} has no refined model.", "Refine its labels first.")


def model_info(path: Path) -> ModelInfo:
    """What the model at `path` says of itself; its weights are not read. Raises `UserError`."""
    folder = find_model(path)
    check_whole(folder)
    return _info(folder, read_card(folder))


def save_model_as(path: Path, target: Path) -> Path:
    """Copy the model at `path` (as `find_model` takes it) to `target`; where it lies comes back. Raises `UserError`.

    A name without a suffix of its own becomes `NAME.medlabel-model`.
    """
    target = _with_suffix(target)
    copy_model(find_model(path), target)
    return target


def check_whole(folder: Path) -> None:
    """Raise `UserError` when the model in `folder` has lost the file of its weights."""
    if not (folder / WEIGHTS).is_file():
        raise UserError(
            f"The model {folder} is not whole: its weights, {WEIGHTS}, are missing.",
            "Copy the whole folder again from where it was made: both of its files belong together.",
        )


def check_model_target(target: Path) -> None:
    """Find out before the work that no model can be written there; an older model there may be replaced.

    Raises `UserError`.
    """
    if target.suffix.lower() in _FILES:
        raise UserError(
            f"{target} is the name of a file; a model is a folder of two files.",
            f"Give a name without '{target.suffix}': it becomes NAME{SUFFIX}.",
        )
    folder = _with_suffix(target)
    try:
        check_target(folder)
        probe = folder.with_name(f"{folder.name}.try")
        probe.mkdir()  # what the rights say is not all: a full or read-only drive, a name that is too long
        probe.rmdir()
    except FileExistsError:
        return
    except OSError as error:
        raise UserError(
            f"{folder} cannot be written: {error.strerror or error}.", "Choose another place."
        ) from error


def _with_suffix(target: Path) -> Path:
    return target if target.suffix == SUFFIX else target.with_name(target.name + SUFFIX)


def _info(folder: Path, card: ModelCard) -> ModelInfo:
    return ModelInfo(
        folder,
        card.classes,
        card.network,
        card.side,
        card.channels,
        card.created_at,
        card.sha256,
        card.provenance,
    )
