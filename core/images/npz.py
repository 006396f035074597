"""NPZ files in the MedMNIST layout: `train_images`, `val_images`, `test_images` and their labels."""

import hashlib
import zipfile
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from core.errors import UserError
from core.images.pixels import ImageUnreadable, Pixels, UInt8, grey_if_grey
from core.images.refs import ImageRef, ScannedImage

SPLITS = ("train", "val", "test")


class NpzSource:
    """The images of one NPZ file; the path of an image is `train/000012.png`, its frame is 12."""

    kind: ClassVar[str] = "npz"

    def __init__(self, root: Path) -> None:
        self.root = root

    def scan(self) -> Iterator[ScannedImage]:
        """Yield every image of every split. Raises `UserError` when the layout is another one."""
        facts = self.root.stat()
        for split, images in self._images.items():
            for index in range(len(images)):
                ref = ImageRef(f"{split}/{index:06d}.png", index)
                yield ScannedImage(ref, images[index].nbytes, facts.st_mtime_ns)

    def read(self, ref: ImageRef) -> Pixels:
        """Decode one image. Raises `ImageUnreadable`."""
        split = ref.path.partition("/")[0]
        images = self._images.get(split)
        if images is None or ref.frame >= len(images):
            raise ImageUnreadable(f"the file has no image {ref.path} any more")
        array = np.ascontiguousarray(images[ref.frame])
        if array.ndim == 3 and array.shape[2] == 1:
            array = array[..., 0]
        return Pixels(grey_if_grey(array), hashlib.sha256(array.tobytes()).digest())

    def labels(self) -> dict[str, int]:
        """Label id of every image with one, by path. Labels are (n,) or (n, 1) integers."""
        found = {}
        arrays = _load(self.root, "labels")
        for split, labels in arrays.items():
            if labels.ndim == 2 and labels.shape[1] != 1:
                raise UserError(
                    f"{self.root.name}: {split}_labels holds {labels.shape[1]} labels an image, not one."
                )
            for index, label in enumerate(labels.reshape(-1)):
                found[f"{split}/{index:06d}.png"] = int(label)
        return found

    @cached_property
    def _images(self) -> dict[str, UInt8]:
        arrays = _load(self.root, "images")
        if not arrays:
            raise UserError(
                f"{self.root.name} holds no train_images, val_images or test_images.",
                "Only NPZ files in the MedMNIST layout can be opened.",
            )
        for split, array in arrays.items():
            grey = array.ndim == 3
            colour = array.ndim == 4 and array.shape[3] in (1, 3)
            if array.dtype != np.uint8 or not (grey or colour):
                raise UserError(
                    f"{self.root.name}: {split}_images is {array.dtype} {array.shape}; "
                    "expected uint8 (n, height, width) or (n, height, width, 3)."
                )
        return arrays


def _load(path: Path, what: str) -> dict[str, npt.NDArray[np.uint8]]:
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {split: archive[f"{split}_{what}"] for split in SPLITS if f"{split}_{what}" in archive}
    except (OSError, ValueError, zipfile.BadZipFile, EOFError, KeyError) as error:
        raise UserError(f"{path.name} cannot be read as NPZ: {error}.") from error
