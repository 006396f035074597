"""MedMNIST sets: by name through the medmnist package, from bare NPZ files, from the package's CSV export."""

import csv
import hashlib
import re
import warnings
from functools import cache
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.datasets.image_sets import ImageSet, Rows, files_set, folder_set, resized
from core.errors import UserError
from core.images.npz_headers import SPLITS, check_images, is_volumes, plain_errors, read_headers
from core.images.pixels import UInt8
from core.images.zip_archive import is_zip

SIZES = (28, 64, 128, 224)
_FILE = re.compile(r"([a-z]+mnist)(?:_(64|128|224))?")
_TEST_PARTS = ("VALIDATION", "TEST")
SHOWS = {
    "pathmnist": "colon histology",
    "chestmnist": "chest x-ray",
    "dermamnist": "dermoscopy",
    "octmnist": "retinal OCT",
    "pneumoniamnist": "chest x-ray",
    "retinamnist": "fundus photograph",
    "breastmnist": "breast ultrasound",
    "bloodmnist": "blood cell microscopy",
    "tissuemnist": "kidney cortex microscopy",
    "organamnist": "axial abdominal CT",
    "organcmnist": "coronal abdominal CT",
    "organsmnist": "sagittal abdominal CT",
}
"""What all images of a set are, where a set is one class of a mixture (MedMNIST v2, table 1)."""


def open_set(source: str | Path, root: Path | None = None, size: int = 28) -> ImageSet:
    """The set `source`: an NPZ or CSV file, a folder, or the name of a MedMNIST set below `root`.

    `size` px is the variant of a set that is named. Raises `UserError`.
    """
    path = Path(source)
    if path.is_dir() or (is_zip(path) and path.exists()):
        return folder_set(path)
    if path.suffix.lower() == ".npz" and (path.exists() or root is None):
        return load_npz(path)
    if path.suffix.lower() == ".csv":
        return load_csv(path)
    return load_npz(find_file(str(source).removesuffix(".npz"), root, size))


def find_file(name: str, root: Path | None, size: int = 28) -> Path:
    """Where a MedMNIST set lies below `root`, by default the package's own folder. Raises `UserError`."""
    flag, own_size = _parsed(name)
    if flag is None or flag not in info():
        flags = ", ".join(key for key in info() if "3d" not in key)
        raise UserError(f"There is no set '{name}'.", f"Give a file, a folder, or one of {flags}.")
    size = own_size or size
    if size not in SIZES:
        raise UserError(f"MedMNIST has no images of {size} px.", "Choose 28, 64, 128 or 224.")
    folder = root or default_root()
    path = folder / (f"{flag}.npz" if size == 28 else f"{flag}_{size}.npz")
    if not path.is_file():
        raise UserError(
            f"{path.name} is not in {folder}.", "Fetch it with --download, or say with --root where it is."
        )
    return path


def download(name: str, root: Path | None, size: int = 28) -> Path:
    """Fetch a set through the medmnist package, once. The only function here that uses the network."""
    flag, own_size = _parsed(name)
    if flag is None or flag not in info():
        raise UserError(f"There is no MedMNIST set '{name}'.")
    folder = root or default_root()
    folder.mkdir(parents=True, exist_ok=True)
    import medmnist

    kind = getattr(medmnist, info()[flag]["python_class"])
    try:
        kind(split="train", download=True, root=str(folder), size=own_size or size)
    except (RuntimeError, OSError, AssertionError) as error:
        raise UserError(
            f"{name} could not be downloaded: is there a network?",
            f"Download {flag}.npz elsewhere, from the page of MedMNIST on Zenodo, and put it into {folder}.",
        ) from error
    return find_file(name, folder, size)


def sets_below(root: Path, size: int = 28) -> tuple[Path, ...]:
    """The files of 2D MedMNIST sets of `size` px in `root`, by name. Raises `UserError` when there are none."""
    if not root.is_dir():
        raise UserError(f"There is no folder {root}.")
    found = []
    for path in sorted(root.glob("*.npz")):
        flag, own_size = _parsed(path.stem)
        if flag in SHOWS and (own_size or 28) == size:
            found.append(path)
    if not found:
        raise UserError(f"There are no MedMNIST sets of {size} px in {root}.")
    return tuple(found)


def load_npz(path: Path) -> ImageSet:
    """An NPZ file in the MedMNIST layout; val and test are its test part. Raises `UserError`.

    Labels are (n,) or (n, 1); with several labels an image (chestmnist) `labels` is None. Volumes and pickled
    objects are refused. The file's names of classes come from the medmnist package where it knows the set.
    """
    if not path.is_file():
        raise UserError(f"There is no file {path}.")
    check_images(path)
    if any(is_volumes(header.shape) for header in read_headers(path, "images").values()):
        raise UserError(f"{path.name} holds volumes (3D).", "Experiments are made with sets of 2D images.")
    read_headers(path, "labels")
    with plain_errors(path), np.load(path, allow_pickle=False) as archive:
        parts = [part for part in SPLITS if f"{part}_images" in archive]
        images = [_without_single_channel(archive[f"{part}_images"]) for part in parts]
        labels = [archive[f"{part}_labels"] for part in parts if f"{part}_labels" in archive]
    if len({part.shape[1:] for part in images}) > 1:
        raise UserError(f"{path.name}: the parts hold images of different sizes.")
    if [len(part) for part in labels] != [len(part) for part in images]:
        raise UserError(f"{path.name}: there is not one label for each image.")
    pixels = np.concatenate(images)
    flag, _ = _parsed(path.stem)
    numbers = _numbers(path, labels)
    found, classes = (None, ()) if numbers is None else _named(numbers, flag)
    return ImageSet(
        name=path.stem,
        files=tuple(f"{part}/{i:06d}.png" for part, own in zip(parts, images, strict=True) for i in range(len(own))),
        labels=found,
        classes=classes,
        test=_test_part(parts, images),
        side=max(pixels.shape[1:3]),
        colour=pixels.ndim == 4,
        read=_array_reader(pixels),
        fingerprint=_file_hash(path),
        shows=SHOWS.get(flag or "", ""),
    )  # fmt: skip


def load_csv(path: Path) -> ImageSet:
    """MedMNIST's CSV export: rows SPLIT,FILE,LABEL without a header, files in the folder of the same name.

    VALIDATION and TEST are the test part. Raises `UserError`, with the line.
    """
    folder = path.with_suffix("")
    folder = folder if folder.is_dir() else path.parent
    rows = _csv_rows(path, folder)
    flag, _ = _parsed(path.stem)
    numbers = np.array([int(label) for _, _, label in rows], np.int64)
    labels, classes = _named(numbers, flag)
    test = np.array([part in _TEST_PARTS for part, _, _ in rows], np.bool_)
    found = files_set(folder, [name for _, name, _ in rows], labels, classes, test, _file_hash(path))
    return ImageSet(**{**vars(found), "name": path.stem, "shows": SHOWS.get(flag or "", "")})


def info() -> dict[str, dict[str, Any]]:
    """`medmnist.INFO`: facts of each set by its name; empty where the package cannot be loaded."""
    return _info()


def default_root() -> Path:
    """The medmnist package's own folder, `~/.medmnist`."""
    return Path.home() / ".medmnist"


@cache
def _info() -> dict[str, dict[str, Any]]:
    """Of the package only the module of facts is run: the package itself imports torch, and an experiment has
    many processes."""
    package = find_spec("medmnist")
    if package is None or not package.submodule_search_locations:
        return {}
    path = Path(package.submodule_search_locations[0]) / "info.py"
    spec = spec_from_file_location("medlabel_medmnist_info", path)
    if spec is None or spec.loader is None or not path.is_file():
        return {}
    module = module_from_spec(spec)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a home folder that cannot be written, say
        spec.loader.exec_module(module)
    return dict(module.INFO)


def _parsed(stem: str) -> tuple[str | None, int]:
    """Name of the set and size that a file's name tells, (None, 0) for other names; size 0 where it tells none."""
    match = _FILE.fullmatch(stem.casefold())
    return (None, 0) if match is None else (match[1], int(match[2] or 0))


def _csv_rows(path: Path, folder: Path) -> list[tuple[str, str, str]]:
    found = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for number, row in enumerate(csv.reader(file), 1):
                found.append(_csv_row(path, number, row, folder))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path} cannot be read as CSV: {error}.") from error
    if not found:
        raise UserError(f"{path.name} is empty.")
    return found


def _csv_row(path: Path, number: int, row: list[str], folder: Path) -> tuple[str, str, str]:
    where = f"{path.name}, line {number}"
    if len(row) > 3:
        raise UserError(
            f"{where}: there are several labels an image.", "Only one label an image can be used."
        )
    if len(row) != 3 or row[0] not in ("TRAIN", *_TEST_PARTS) or not row[2].strip().isdigit():
        raise UserError(f"{where} is not SPLIT,FILE,LABEL as MedMNIST writes it.")
    if not (folder / row[1]).is_file():
        raise UserError(f"{where}: there is no file {folder / row[1]}.")
    return row[0], row[1], row[2].strip()


def _without_single_channel(images: UInt8) -> UInt8:
    return images[..., 0] if images.ndim == 4 and images.shape[3] == 1 else images


def _numbers(path: Path, labels: list[npt.NDArray[Any]]) -> npt.NDArray[np.int64] | None:
    """(n,) int64 of labels (n,) or (n, 1); None for several an image. Raises `UserError`."""
    if any(part.dtype.kind not in "biuf" for part in labels):
        raise UserError(f"{path.name}: the labels are not numbers.")
    if any(part.ndim > 1 and part.shape[1] > 1 for part in labels):
        return None
    found = np.concatenate([part.reshape(-1) for part in labels])
    if (found < 0).any() or (found != np.floor(found)).any():
        raise UserError(f"{path.name}: the labels are not whole numbers from 0.")
    return found.astype(np.int64)


def _named(numbers: npt.NDArray[np.int64], flag: str | None) -> tuple[npt.NDArray[np.int64], tuple[str, ...]]:
    """Positions and names of the classes: the package's names where it knows the set, else the numbers."""
    known = info().get(flag, {}).get("label", {}) if flag else {}
    if known and (not len(numbers) or numbers.max() < len(known)):
        return numbers, tuple(str(known[str(i)]) for i in range(len(known)))
    values, positions = np.unique(numbers, return_inverse=True)
    return positions.reshape(-1).astype(np.int64), tuple(str(value) for value in values)


def _test_part(parts: list[str], images: list[UInt8]) -> npt.NDArray[np.bool_] | None:
    if len(parts) < 2 or "train" not in parts:
        return None
    return np.concatenate(
        [np.full(len(own), part != "train") for part, own in zip(parts, images, strict=True)]
    )


def _array_reader(pixels: UInt8) -> Any:
    def read(rows: Rows, side: int, grey: bool) -> UInt8:
        return resized(pixels[rows], side, grey)

    return read


def _file_hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]
