"""The training images: train parts of the shared sets, decoded once into memory.

Parts are those of the data folder's README: `.npz` sets carry their own; in the zip the first four fifths of
a class are the train part; in the folders every fifth file (index 4, 9, 14 ...) is the test part.
"""

import hashlib
import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
from PIL import Image

from core.zeroshot.starter.twins import has_twin

Pixels = npt.NDArray[np.uint8]
Part = Literal["train", "val", "test"]
LARGEST = 160  # longest side kept in memory
VAL_EVERY = 12  # every twelfth train image is kept for validation


@dataclass(frozen=True)
class Source:
    """Images of one set that show one concept, with the finding of each where the set states it."""

    name: str
    concept: str
    images: list[Pixels]
    findings: list[str | None]
    weight: float = 1.0  # share of the concept's draws

    def only(self, keep: npt.NDArray[np.bool_]) -> "Source":
        """The source with the images where `keep` (n,) is true."""
        chosen = np.flatnonzero(keep)
        images = [self.images[i] for i in chosen]
        return replace(self, images=images, findings=[self.findings[i] for i in chosen])


@dataclass(frozen=True)
class FolderSet:
    """A set in class folders: its concept, share of draws, and the findings its folder names state."""

    name: str
    concept: str
    weight: float
    stated: bool = True
    largest: int = LARGEST


@dataclass(frozen=True)
class ArraySet:
    """A MedMNIST-like `.npz`: its concept, share of draws, and finding by label (None: not stated)."""

    name: str
    concept: str
    weight: float
    findings: tuple[str | None, ...]


MEDNIST: dict[str, tuple[str, float]] = {
    "AbdomenCT": ("abdominal CT", 1.0),
    "BreastMRI": ("breast MRI", 1.0),
    "CXR": ("chest x-ray", 0.65),
    "ChestCT": ("chest CT", 0.35),
    "Hand": ("hand x-ray", 1.0),
    "HeadCT": ("head CT", 1.0),
}
FOLDERS: tuple[FolderSet, ...] = (
    FolderSet("chest_ct", "chest CT", 0.65),
    FolderSet("brain_mri", "brain MRI", 1.0),
    FolderSet("breast_ultrasound", "breast ultrasound", 0.75),
    FolderSet("dermoscopy", "dermoscopy", 0.15),
    FolderSet("histology", "histology", 1.0),
    FolderSet("blood_cells", "blood cells", 0.65),
    FolderSet("blood_smear", "blood cells", 0.35, largest=320),
    FolderSet("fundus", "fundus", 1.0, stated=False, largest=224),
)
ARRAYS: tuple[ArraySet, ...] = (
    ArraySet("breastmnist", "breast ultrasound", 0.25, ("malignant", None)),
    ArraySet("pneumoniamnist", "chest x-ray", 0.35, ("normal", "pneumonia")),
    ArraySet("dermoscopy64", "dermoscopy", 0.85, ("benign", "malignant")),
)
FINDING_NAMES: dict[str, str] = {"nevus": "benign", "melanoma": "malignant", "blood_smear": "smear"}
TWINS: tuple[tuple[str, str], ...] = (("breast_ultrasound", "breastmnist"), ("dermoscopy", "dermoscopy64"))


def shrink(image: Image.Image, largest: int = LARGEST) -> Pixels:
    """Pixels (h, w) or (h, w, 3) uint8 with the longest side at most `largest`; equal channels become one."""
    grey = image.mode in ("L", "1", "I;16")
    image = image.convert("L" if grey else "RGB")
    if max(image.size) > largest:
        factor = largest / max(image.size)
        size = (max(1, round(image.width * factor)), max(1, round(image.height * factor)))
        image = image.resize(size, Image.Resampling.LANCZOS)
    pixels = np.asarray(image)
    if pixels.ndim == 3 and int(np.ptp(pixels.astype(np.int16), axis=2).max()) <= 6:
        pixels = np.asarray(image.convert("L"))
    return pixels


def is_test(index: int, count: int, *, zipped: bool) -> bool:
    """Whether the file at `index` of a class's `count` sorted names is of the test part."""
    return index >= count * 4 // 5 if zipped else index % 5 == 4


def read_mednist(data: Path, part: Part, limit: int | None = None) -> Iterator[Source]:
    """The six classes of `mednist.zip`, at most `limit` images each, without copies of a test file."""
    with zipfile.ZipFile(data / "mednist.zip") as archive:
        names = sorted(name for name in archive.namelist() if not name.endswith("/"))
        files = {name: [n for n in names if n.split("/")[-2] == name] for name in MEDNIST}
        test = {
            hashlib.sha256(archive.read(name)).digest()
            for members in files.values()
            for index, name in enumerate(members)
            if is_test(index, len(members), zipped=True)
        }
        for folder, (concept, weight) in MEDNIST.items():
            images = list(_mednist_images(archive, files[folder], part, test, limit))
            yield Source(f"mednist/{folder}", concept, images, [None] * len(images), weight)


def _mednist_images(
    archive: zipfile.ZipFile, names: list[str], part: Part, test: set[bytes], limit: int | None
) -> Iterator[Pixels]:
    found = 0
    for index, name in enumerate(names):
        if is_test(index, len(names), zipped=True) != (part == "test"):
            continue
        if part != "test" and (index % VAL_EVERY == VAL_EVERY - 1) != (part == "val"):
            continue
        if limit is not None and found >= limit:
            return
        content = archive.read(name)
        if part != "test" and hashlib.sha256(content).digest() in test:
            continue
        found += 1
        yield shrink(Image.open(io.BytesIO(content)))


def read_folder(data: Path, spec: FolderSet, part: Part) -> Source:
    """A set in class folders."""
    images: list[Pixels] = []
    findings: list[str | None] = []
    for folder in sorted(path for path in (data / spec.name).iterdir() if path.is_dir()):
        files = sorted(path for path in folder.iterdir() if path.is_file())
        kept = [
            path
            for index, path in enumerate(files)
            if is_test(index, len(files), zipped=False) == (part == "test")
        ]
        if part != "test":
            kept = [p for i, p in enumerate(kept) if (i % VAL_EVERY == VAL_EVERY - 1) == (part == "val")]
        finding = FINDING_NAMES.get(folder.name, folder.name) if spec.stated else None
        for path in kept:
            with Image.open(path) as image:
                images.append(shrink(image, spec.largest))
            findings.append(finding)
    return Source(spec.name, spec.concept, images, findings, spec.weight)


def read_arrays(data: Path, spec: ArraySet, part: Part) -> Source:
    """A MedMNIST-like `.npz` with labels (n,) or (n, 1)."""
    with np.load(data / f"{spec.name}.npz") as arrays:
        images = [np.asarray(image, dtype=np.uint8) for image in arrays[f"{part}_images"]]
        labels = arrays[f"{part}_labels"].reshape(-1)
    findings = [spec.findings[int(label)] for label in labels]
    return Source(spec.name, spec.concept, images, findings, spec.weight)


def read_sources(data: Path, part: Part, limit: int | None = None) -> list[Source]:
    """Every source of one part, as the files say (twins still in)."""
    sources = list(read_mednist(data, part, limit))
    sources += [read_folder(data, spec, part) for spec in FOLDERS]
    return sources + [read_arrays(data, spec, part) for spec in ARRAYS]


def training_sources(
    data: Path, part: Literal["train", "val"] = "train", limit: int | None = None,
    say: Callable[[str], object] = lambda text: None,
) -> list[Source]:  # fmt: skip
    """Train or validation images without those that a test part holds at another size."""
    sources = {source.name: source for source in read_sources(data, part, limit)}
    folders = {spec.name: spec for spec in FOLDERS}
    arrays = {spec.name: spec for spec in ARRAYS}
    for pair in TWINS:
        tests = (read_folder(data, folders[pair[0]], "test"), read_arrays(data, arrays[pair[1]], "test"))
        for name, other in zip(pair, reversed(tests), strict=True):
            twin = has_twin(sources[name].images, other.images)
            sources[name] = sources[name].only(~twin)
            say(f"{name}: left out {int(twin.sum())} images with a twin in the test part of {other.name}")
    return [source for source in sources.values() if source.images]
