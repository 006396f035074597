"""Weak labels by a CLIP model for the images that an experiment draws."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from core.datasets.image_sets import ImageSet
from core.experiments.mixture import Mixture, Rows
from core.experiments.weak import WeakSpec
from core.jobs import JobContext
from core.project.arrays import RowStore
from core.zeroshot.classify import probabilities

if TYPE_CHECKING:
    from core.zeroshot.encoder import Encoder

_BATCH = 128


def label_by_clip(
    mixture: Mixture,
    rows: Rows,
    encoder: "Encoder",
    classifier: npt.NDArray[np.float32],
    folder: Path,
    ctx: JobContext,
) -> WeakSpec:
    """Weak labels of the images `rows` of a mixture, in a file below `folder`, as spec of a trial.

    `classifier` (k, d) float32 are the classes' text vectors. Embeddings are kept in `folder` for each set, so
    that an interrupted pass goes on and another pair of sets takes them from there.
    """
    found = np.zeros((len(rows), encoder.dim), np.float32)
    for number, images in enumerate(mixture.sets):
        own = np.flatnonzero(mixture.origin[rows] == number)
        found[own] = _embedded(images, mixture.row[rows[own]], mixture.side, encoder, folder, ctx)
    weak = probabilities(found, classifier, encoder.logit_scale, encoder.logit_bias)
    facts = [
        encoder.fingerprint,
        mixture.side,
        mixture.classes,
        hashlib.sha256(classifier.tobytes()).hexdigest(),
    ]
    digest = hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]
    sets = "".join(images.fingerprint for images in mixture.sets)
    path = folder / f"labels-{digest}-{hashlib.sha256(sets.encode()).hexdigest()[:8]}.npz"
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, rows=rows, probabilities=weak, embeddings=found.astype(np.float16))
    return WeakSpec(encoder.entry.id, file=str(path), digest=digest)


def _embedded(
    images: ImageSet, rows: Sequence[int] | Rows, side: int, encoder: "Encoder", folder: Path, ctx: JobContext
) -> npt.NDArray[np.float32]:
    """(len(rows), d) float32 unit vectors; what is on disk is taken from there."""
    place = folder / f"embeddings-{images.fingerprint}-{side}-{encoder.fingerprint}"
    store = RowStore(place, len(images.files), (encoder.dim,), np.float32, {"set": images.name})
    rows = np.asarray(rows, np.int64)
    todo = np.unique(rows[~store.done[rows]])
    text = f"Embedding {images.name}"
    for start in range(0, len(todo), _BATCH):
        ctx.progress(start, len(todo), text)
        part = todo[start : start + _BATCH]
        pixels = images.read(part, side, not images.colour)
        store.write(part, encoder.encode_images([encoder.preprocess(image) for image in pixels]))
    ctx.progress(len(todo), len(todo), text)
    return np.asarray(store.values[rows], np.float32)
