"""Where the weak labels of a trial come from: emulated errors, or probabilities that lie in a file."""

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.errors import UserError
from core.experiments.mixture import Mixture, Rows
from core.images.npz_headers import plain_errors

Floats = npt.NDArray[np.float32]

_NOISE = re.compile(r"noise:([A-Za-z0-9]+)@(0?\.\d+|0|1(?:\.0*)?)")
NOISE_SIDE = 28
_ARRAYS = ("rows", "probabilities", "embeddings")


@dataclass(frozen=True)
class WeakSpec:
    """Emulated errors of the kind `noise` at `rate`; or, with `file`, the probabilities of an NPZ file.

    That file holds `probabilities` (n, k) float32 for all images of the mixture, NaN where there are none, and may
    hold `embeddings` (n, d); with `rows` (r,) it holds both for these images only. `name` is what tables call
    it, `digest` stands for the file's content.
    """

    name: str
    noise: str = ""
    rate: float = 0.0
    file: str = ""
    digest: str = ""


@dataclass(frozen=True)
class WeakLabels:
    """Probabilities of the images of a split: `train` (m, k), `test` (t, k); `embeddings` (m, d) or None."""

    train: Floats
    test: Floats
    embeddings: Floats | None = None


def parse_noise(text: str) -> WeakSpec:
    """`noise:N1@0.2` as a spec. Raises `UserError`."""
    from core.experiments.noise import KINDS

    found = _NOISE.fullmatch(text)
    if found is None or found[1] not in KINDS or not 0 <= float(found[2]) <= 0.9:
        raise UserError(
            f"'{text}' is no emulated error.",
            f"Write noise:KIND@RATE, noise:N1@0.2 say. The kinds are {', '.join(KINDS)}; the rate is the expected "
            "share of wrong labels, 0 to 0.9.",
        )
    return WeakSpec(f"{found[1]} {float(found[2]):.0%}", found[1], float(found[2]))


def weak_labels(spec: WeakSpec, mixture: Mixture, train: Rows, test: Rows, seed: int) -> WeakLabels:
    """The weak labels of the images `train` (m,) and `test` (t,) of a mixture. Raises `UserError`."""
    if spec.noise:
        learnt = _emulated(spec, mixture, train, seed)
        if len(np.unique(mixture.truth[test])) < 2:  # nothing to confuse: new images have no weak labels then
            return WeakLabels(learnt, np.full((len(test), len(mixture.classes)), np.nan, np.float32))
        return WeakLabels(learnt, _emulated(spec, mixture, test, seed))
    stored = stored_labels(Path(spec.file), mixture, spec.digest)
    rows = stored.get("rows", np.arange(len(mixture.truth)))
    place = np.full(len(mixture.truth), -1, np.int64)
    place[rows] = np.arange(len(rows))
    learnt = _taken(stored["probabilities"], place[train])
    if np.isnan(learnt).any():
        raise UserError(f"{Path(spec.file).name} has no weak label for some images to learn from.")
    embeddings = stored.get("embeddings")
    return WeakLabels(
        learnt,
        _taken(stored["probabilities"], place[test]),
        None if embeddings is None else _taken(embeddings, place[train]),
    )


def stored_labels(path: Path, mixture: Mixture, digest: str = "") -> dict[str, npt.NDArray[Any]]:
    """The arrays of a file of weak labels, `probabilities` at least, read-only.

    The file is read once in a process while its `digest`, size and time stay the same: all trials share it. Raises
    `UserError` when it cannot be read or does not fit the mixture.
    """
    with plain_errors(path):
        about = path.stat()
        found = _arrays(path, digest, about.st_size, about.st_mtime_ns)
    if "probabilities" not in found:
        raise UserError(f"{path.name} holds no array 'probabilities'.")
    n, shape = len(found.get("rows", mixture.truth)), found["probabilities"].shape
    if shape != (n, len(mixture.classes)):
        raise UserError(
            f"{path.name} holds probabilities of {' x '.join(map(str, shape))}, the task has {n} images and "
            f"{len(mixture.classes)} classes."
        )
    if not np.nanmin(found["probabilities"], initial=0) >= 0:
        raise UserError(f"{path.name} holds negative probabilities.")
    return found


@lru_cache(maxsize=8)
def _arrays(path: Path, digest: str, size: int, changed: int) -> dict[str, npt.NDArray[Any]]:
    del digest, size, changed  # they only tell one content from another
    with np.load(path, allow_pickle=False) as archive:
        found = {name: archive[name] for name in _ARRAYS if name in archive}
    for array in found.values():
        array.flags.writeable = False
    return found


def _taken(values: npt.NDArray[Any], places: Rows) -> Floats:
    """Rows of `values` as float32; NaN where the place is -1."""
    found = np.asarray(values[np.maximum(places, 0)], np.float32)
    found[places < 0] = np.nan
    return found


def _emulated(spec: WeakSpec, mixture: Mixture, rows: Rows, seed: int) -> Floats:
    from core.experiments.noise import emulate

    classes = len(mixture.classes)
    pixels = mixture.pixels(rows, NOISE_SIDE)
    return emulate(spec.noise, mixture.truth[rows], pixels, spec.rate, seed, classes)
