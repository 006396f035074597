"""The training images of the generator: train parts of the shared data sets only, 64x64 RGB."""

import hashlib
import io
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

SIZE = 64
Images = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Kind:
    """One class of sample images. `copies` are the label-preserving variants that training may show."""

    name: str
    grey: bool
    copies: tuple[str, ...]
    source: str


_UPRIGHT = ("as is",)
_MIRRORED = ("as is", "mirrored")
_SYMMETRIES = ("as is", "mirrored", "r90", "r90 mirrored", "r180", "r180 mirrored", "r270", "r270 mirrored")

KINDS: tuple[Kind, ...] = (
    Kind("chest x-ray", True, _UPRIGHT, "mednist.zip, CXR"),
    Kind("hand x-ray", True, _UPRIGHT, "mednist.zip, Hand"),
    Kind("head CT", True, _UPRIGHT, "mednist.zip, HeadCT"),
    Kind("abdominal CT", True, _UPRIGHT, "mednist.zip, AbdomenCT"),
    Kind("breast ultrasound", True, _MIRRORED, "breast_ultrasound/, all three folders"),
    Kind("dermoscopy", False, _SYMMETRIES, "dermoscopy64.npz, train arrays"),
)
_MEDNIST_FOLDERS = {
    "chest x-ray": "CXR",
    "hand x-ray": "Hand",
    "head CT": "HeadCT",
    "abdominal CT": "AbdomenCT",
}


def load_kind(data: Path, kind: Kind) -> Images:
    """All train-part images of a kind, (n, 64, 64, 3) uint8, in the order of their file names."""
    if kind.name in _MEDNIST_FOLDERS:
        return _mednist(data / "mednist.zip", _MEDNIST_FOLDERS[kind.name])
    if kind.name == "breast ultrasound":
        return _folders(data / "breast_ultrasound")
    return _dermoscopy(data)


def variants(images: Images, kind: Kind) -> Images:
    """The images once in each allowed variant, (len(kind.copies) * n, 64, 64, 3) uint8."""
    return np.concatenate([_variant(images, name) for name in kind.copies])


def _variant(images: Images, name: str) -> Images:
    turns = next((i for i, turn in enumerate(("r90", "r180", "r270"), 1) if name.startswith(turn)), 0)
    turned = np.rot90(images, turns, axes=(1, 2))
    return np.ascontiguousarray(turned[:, :, ::-1] if name.endswith("mirrored") else turned)


def _mednist(archive: Path, folder: str) -> Images:
    """First four fifths of the sorted names, less the files that the last fifth repeats byte for byte."""
    with zipfile.ZipFile(archive) as opened:
        names = sorted(n for n in opened.namelist() if n.startswith(f"{folder}/") and not n.endswith("/"))
        cut = len(names) * 4 // 5
        held_out = {hashlib.sha256(opened.read(name)).digest() for name in names[cut:]}
        kept = [raw for name in names[:cut] if _digest(raw := opened.read(name)) not in held_out]
    return _stack(kept, _whole)


def _folders(folder: Path) -> Images:
    """Four of every five files of each class folder (the fifth is the test part), reduced to 64x64."""
    paths = [p for c in sorted(folder.iterdir()) for i, p in enumerate(sorted(c.iterdir())) if i % 5 != 4]
    return _stack((path.read_bytes() for path in paths), _whole)


def _dermoscopy(data: Path) -> Images:
    """The train arrays, less the pictures that stand in the test part of the folder `dermoscopy/`.

    That folder repeats a few of the pictures at full size, under a split of its own.
    """
    train: Images = np.load(data / "dermoscopy64.npz")["train_images"]
    folders = sorted((data / "dermoscopy").iterdir())
    held_out = [p for c in folders for i, p in enumerate(sorted(c.iterdir())) if i % 5 == 4]
    taboo = {_digest(_centre_square(path.read_bytes()).tobytes()) for path in held_out}
    return np.stack([image for image in train if _digest(image.tobytes()) not in taboo])


def _digest(raw: bytes) -> bytes:
    return hashlib.sha256(raw).digest()


def _stack(raws: Iterable[bytes], decode: Callable[[bytes], Images]) -> Images:
    return np.stack([decode(raw) for raw in raws])


def _whole(raw: bytes) -> Images:
    with Image.open(io.BytesIO(raw)) as image:
        grey = image.convert("L")
    if grey.size != (SIZE, SIZE):
        grey = grey.resize((SIZE, SIZE), Image.Resampling.LANCZOS)
    return np.asarray(grey.convert("RGB"), dtype=np.uint8)


def _centre_square(raw: bytes) -> Images:
    with Image.open(io.BytesIO(raw)) as image:
        rgb = image.convert("RGB")
    side = min(rgb.size)
    left, top = (rgb.width - side) // 2, (rgb.height - side) // 2
    square = rgb.crop((left, top, left + side, top + side))
    return np.asarray(square.resize((SIZE, SIZE), Image.Resampling.LANCZOS), dtype=np.uint8)
