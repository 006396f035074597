"""A pass over the images that was stopped, or that has not seen the newest images yet."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.project.labels import is_folder_row
from core.project.project import Project

_EMBEDDINGS, _PREDICTIONS = "embeddings-", "predictions-"  # names of row stores, see `label` and `predict`


@dataclass(frozen=True)
class UnfinishedPass:
    """`done` of `images` that can be read went through a model. `model` is a CLIP model as `medlabel label --model`
    takes it; empty where it is a saved model of a refinement.
    """

    done: int
    images: int
    model: str = ""


def unfinished_pass(project: Project) -> UnfinishedPass | None:
    """What the newest pass of stage 1 has left to do; None where there was none, and where it saw all images.

    Images that could not be read are not waited for.
    """
    folders = [f for name in (_EMBEDDINGS, _PREDICTIONS) for f in project.arrays.glob(f"{name}*")]
    written = [(path.stat().st_mtime_ns, f) for f in folders if (path := f / "done.npy").is_file()]
    if not written:
        return None
    folder = max(written)[1]
    columns = project.images.columns()
    waited = np.array(
        [
            not error and not is_folder_row(ref)
            for error, ref in zip(columns.error, columns.refs, strict=True)
        ],
        np.bool_,
    )
    waited &= ~columns.missing
    seen = np.zeros(len(waited), np.bool_)
    try:
        known = np.load(folder / "done.npy")[: len(seen)]
    except (OSError, ValueError, EOFError):  # stopped while it was made
        return None
    seen[: len(known)] = known
    done, images = int((seen & waited).sum()), int(waited.sum())
    return UnfinishedPass(done, images, _model_of(folder)) if done < images else None


def _model_of(folder: Path) -> str:
    if folder.name.startswith(_PREDICTIONS):
        return ""
    try:
        about = json.loads((folder / "about.json").read_text(encoding="utf-8"))
        return str(about.get("model", "")) if isinstance(about, dict) else ""
    except (OSError, ValueError):
        return ""
