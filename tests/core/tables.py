"""Label tables for tests, from few arguments."""

import os
from pathlib import Path

import numpy as np
from PIL import Image

from core.exports.options import ExportRequest
from core.images.folder import FolderSource
from core.images.refs import ImageRef
from core.project.records import ImageClass, Source, Status
from core.project.table import LabelTable


def table_of(paths, labels, classes=("a", "b"), **columns) -> LabelTable:
    """Predicted images of 40 x 40 px grey, or whatever `columns` say."""
    n = len(paths)
    labels = np.asarray(labels, np.int32)
    confidence = np.where(labels >= 0, np.float32(0.9), np.float32(np.nan)).astype(np.float32)
    values = {
        "classes": tuple(ImageClass(k + 1, name) for k, name in enumerate(classes)),
        "refs": [path if isinstance(path, ImageRef) else ImageRef(path) for path in paths],
        "status": np.where(labels >= 0, Status.PREDICTED, Status.UNLABELLED).astype(np.uint8),
        "source": np.where(labels >= 0, Source.ZERO_SHOT, Source.NONE).astype(np.uint8),
        "label": labels,
        "confidence": confidence,
        "zero_shot_label": labels,
        "zero_shot_confidence": confidence,
        "refined_label": np.full(n, -1, np.int32),
        "refined_confidence": np.full(n, np.nan, np.float32),
        "truth": np.full(n, -1, np.int32),
        "width": np.full(n, 40, np.int32),
        "height": np.full(n, 40, np.int32),
        "grey": np.ones(n, np.bool_),
        "sha256": [bytes([row % 256]) * 32 for row in range(n)],
        "error": [""] * n,
        "note": [""] * n,
        "group": [""] * n,
        "annotator": [""] * n,
        "updated_at": [""] * n,
        "duplicate": np.full(n, -1, np.int32),
        "flat": np.zeros(n, np.bool_),
    }
    return LabelTable(**{**values, **columns})


def request_for(folder: Path, out: Path, labels=None, **options) -> ExportRequest:
    """An export of the pictures in `folder`; the label is the number of its first folder."""
    columns = set(LabelTable.__dataclass_fields__) - {"grey"}
    table_options = {key: options.pop(key) for key in list(options) if key in columns}
    if isinstance(options.get("grey"), np.ndarray):  # the column, not the option of the same name
        table_options["grey"] = options.pop("grey")
    paths = [item.ref.path for item in FolderSource(folder).scan()]
    firsts = sorted({path.split("/")[0] for path in paths})
    labels = [firsts.index(path.split("/")[0]) for path in paths] if labels is None else labels
    if "sha256" not in table_options:
        table_options["sha256"] = [os.fsencode(path).ljust(32)[-32:] for path in paths]
    return ExportRequest(table_of(paths, labels, **table_options), FolderSource(folder), out, **options)


def picture(path: Path, size=(40, 40), mode="L", value=100) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, value).save(path)
    return path
