"""The rows that a second stage is judged by: three tasks under emulated errors, each with the accuracy to reach."""

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.datasets.image_sets import files_set
from core.errors import UserError
from core.experiments.mixture import MixtureSpec
from core.experiments.trial import TrialSpec, trial_key
from core.experiments.weak import WeakSpec
from core.images.npz_headers import plain_errors
from core.refine.params import TrainingChoices

ECE_BAR = 0.06
LOSS_BAR = 0.5
"""Points that no seed may be below its weak labels."""
SECONDS_BAR = ((1_000, 15.0), (6_000, 60.0))
"""(images, seconds) on one core; between the two in proportion."""

MED6 = ("AbdomenCT", "BreastMRI", "CXR", "ChestCT", "Hand", "HeadCT")
MED6_TRAIN, MED6_TEST = 500, 200
SIDE = 28
_ARRAYS = ("images", "labels")


@dataclass(frozen=True)
class Bar:
    """Accuracy to reach, in percent: of the relabelled images on average and on every seed, and on new images."""

    mean: float
    every: float
    test: float | None = None


@dataclass(frozen=True)
class BarRow:
    """One row: a task (`cb`, `med6`, `pneu`), the errors' kind and rate; `counts` of training images a class."""

    task: str
    kind: str
    rate: float
    bar: Bar
    counts: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        """`cb-n1-20`, or `cb-546-60-n1-20` with counts."""
        return "-".join([self.task, *map(str, self.counts), self.kind.lower(), f"{100 * self.rate:.0f}"])

    @property
    def title(self) -> str:
        """The task as the table says it."""
        return f"{self.task}, {' + '.join(map(str, self.counts))} images" if self.counts else self.task

    @property
    def noise(self) -> str:
        """The errors as the table says them."""
        return f"{self.kind} {self.rate:.0%}"


@dataclass(frozen=True)
class PlannedTrial:
    """A trial of a row; `key` finds its result in the log."""

    row: BarRow
    spec: TrialSpec
    key: str = field(compare=False)


_EASY, _CONTENT, _HARD = Bar(99.5, 99.0), Bar(99.0, 98.0), Bar(99.0, 98.0)
_MED6, _PNEU = Bar(98.0, 97.0), Bar(93.0, 92.0, 91.0)
ROWS = (
    *(BarRow("cb", kind, 0.2, _EASY) for kind in ("N1", "N2", "N3b")),
    *(BarRow("cb", kind, 0.2, _CONTENT) for kind in ("N3a", "N4")),
    BarRow("cb", "N1", 0.4, _HARD),
    BarRow("cb", "N2", 0.26, _HARD),  # 45 % of one class and 7 % of the other
    BarRow("cb", "N1", 0.2, _HARD, (546, 60)),
    BarRow("cb", "N1", 0.2, _HARD, (50, 50)),
    *(BarRow("med6", kind, 0.4, _MED6) for kind in ("N1", "N2", "N3b")),
    BarRow("med6", "N3a", 0.2, Bar(97.0, 96.0)),
    BarRow("med6", "N3a", 0.31, Bar(94.0, 80.0)),
    *(BarRow("pneu", kind, 0.2, _PNEU) for kind in ("N1", "N2")),
    BarRow("pneu", "N3b", 0.2, Bar(92.5, 91.0)),
    BarRow("pneu", "N3a", 0.2, Bar(90.0, 86.5)),
)


def choose_rows(names: Sequence[str]) -> tuple[BarRow, ...]:
    """The rows of these names, or whose name begins so (`cb`, `med6-n3a`); all without a name. Raises `UserError`."""
    for name in names:
        if not any(_matches(row, name) for row in ROWS):
            known = ", ".join(row.name for row in ROWS)
            raise UserError(f"There is no row '{name}'.", f"There are {known}, and what they begin with.")
    return tuple(row for row in ROWS if not names or any(_matches(row, name) for name in names))


def mixtures(data: Path, kept: Path, tasks: Sequence[str]) -> dict[str, MixtureSpec]:
    """Where each task's images lie, from the sets in `data`; what is made of them goes to `kept`.

    `cb` are breastmnist.npz and pneumoniamnist.npz as two classes; `pneu` the second by its own labels, its
    validation part left out; `med6` the first 500 images of each class of MedNIST (a folder `mednist`, the
    class folders themselves, or mednist.zip) and 200 more as test part, grey, 28 px. Raises `UserError`.
    """
    breast, chest = str(data / "breastmnist.npz"), str(data / "pneumoniamnist.npz")
    found = {}
    if "cb" in tasks:
        found["cb"] = MixtureSpec((breast, chest), ("breast ultrasound", "chest x-ray"))
    if "pneu" in tasks:
        path = _without_validation(Path(chest), kept / "pneu.npz")
        found["pneu"] = MixtureSpec((str(path),), ("normal", "pneumonia"), by_label=True)
    if "med6" in tasks:
        path = kept / "med6.npz"
        if not path.is_file():
            make_med6(data, kept, path)
        found["med6"] = MixtureSpec((str(path),), MED6, by_label=True)
    return found


def plan(
    rows: Sequence[BarRow],
    strategies: Sequence[str],
    seeds: int,
    sets: dict[str, MixtureSpec],
    choices: TrainingChoices | None = None,
    device: str = "cpu",
) -> tuple[PlannedTrial, ...]:
    """Every trial, a strategy after the other, one thread each. Raises `UserError` for sets that cannot be read."""
    found = []
    for strategy in strategies:
        for row in rows:
            mixture = replace(sets[row.task], counts=row.counts)
            weak = WeakSpec(row.noise, row.kind, row.rate)
            for seed in range(seeds):
                spec = TrialSpec(
                    mixture, weak, strategy, seed, choices=choices or TrainingChoices(), device=device
                )
                found.append(PlannedTrial(row, spec, trial_key(spec)))
    return tuple(found)


def make_med6(data: Path, kept: Path, path: Path, train: int = MED6_TRAIN, test: int = MED6_TEST) -> None:
    """Write the first images of each class as an NPZ file in the MedMNIST layout. Raises `UserError`."""
    folder = next((place for place in (data / "mednist", data) if (place / MED6[0]).is_dir()), None)
    if folder is None:
        folder = _unpacked(data / "mednist.zip", kept / "mednist", train + test)
    pixels, labels, in_test = [], [], []
    for k, name in enumerate(MED6):
        own = folder / name
        files = sorted(item.name for item in own.iterdir())[: train + test] if own.is_dir() else []
        if len(files) < train:
            raise UserError(f"{own} holds {len(files)} images, {train} are needed.")
        images = files_set(folder, [f"{name}/{file}" for file in files], None, (), None, "")
        pixels.append(images.read(np.arange(len(files)), SIDE, True))
        labels.append(np.full(len(files), k, np.uint8))
        in_test.append(np.arange(len(files)) >= train)
    _save(path, np.concatenate(pixels), np.concatenate(labels), np.concatenate(in_test))


def _matches(row: BarRow, name: str) -> bool:
    return f"{row.name}-".startswith(f"{name.lower().rstrip('-')}-")


def _unpacked(archive: Path, folder: Path, each: int) -> Path:
    """The first `each` images of each class, as files; nothing else is unpacked."""
    if not archive.is_file():
        raise UserError(
            f"MedNIST is not in {archive.parent}.", "Put mednist.zip there, or its class folders."
        )
    with plain_errors(archive), zipfile.ZipFile(archive) as opened:
        names = sorted(name for name in opened.namelist() if not name.endswith("/"))
        for k in MED6:
            for name in [name for name in names if name.startswith(f"{k}/")][:each]:
                opened.extract(name, folder)
    return folder


def _without_validation(source: Path, path: Path) -> Path:
    if path.is_file():
        return path
    if not source.is_file():
        raise UserError(f"There is no file {source}.")
    with plain_errors(source), np.load(source, allow_pickle=False) as archive:
        found = {
            f"{part}_{what}": archive[f"{part}_{what}"] for part in ("train", "test") for what in _ARRAYS
        }
    images, labels = (
        np.concatenate([found[f"{part}_{what}"] for part in ("train", "test")]) for what in _ARRAYS
    )
    in_test = np.arange(len(images)) >= len(found["train_images"])
    _save(path, images, labels.reshape(-1), in_test)
    return path


def _save(
    path: Path,
    pixels: npt.NDArray[np.uint8],
    labels: npt.NDArray[np.uint8],
    in_test: npt.NDArray[np.bool_],
) -> None:
    """Complete or not at all: a file that is there is taken for whole by the next call."""
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, Any] = {}
    for part, own in (("train", ~in_test), ("test", in_test)):
        if own.any():
            arrays |= {f"{part}_images": pixels[own], f"{part}_labels": labels[own]}
    partial = path.with_name(f"partial-{path.name}")
    np.savez(partial, **arrays)
    partial.replace(path)
