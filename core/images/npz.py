"""NPZ files in the MedMNIST layout: `train_images`, `val_images`, `test_images` and their labels."""

import hashlib
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from core.errors import UserError
from core.images.npz_headers import SPLITS, check_images, check_labels, plain_errors
from core.images.pixels import ImageUnreadable, Pixels, UInt8, grey_if_grey
from core.images.refs import ImageRef, ScannedImage


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

    def check(self) -> None:
        """See from the headers whether this can be a project; nothing is loaded. Raises `UserError`."""
        check_images(self.root)

    def labels(self) -> dict[str, int]:
        """Label id of every image with one, by path. Labels are (n,) or (n, 1) numbers. Raises `UserError`."""
        check_labels(self.root)
        found = {}
        for split, labels in _load(self.root, "labels").items():
            if labels.dtype.kind == "f" and not (np.isfinite(labels) & (labels == np.floor(labels))).all():
                raise UserError(f"{self.root.name}: {split}_labels holds values that are not whole numbers.")
            for index, label in enumerate(labels.reshape(-1)):
                found[f"{split}/{index:06d}.png"] = int(label)
        return found

    @cached_property
    def _images(self) -> dict[str, UInt8]:
        check_images(self.root)
        return _load(self.root, "images")


def _load(path: Path, what: str) -> dict[str, npt.NDArray[Any]]:
    with plain_errors(path), np.load(path, allow_pickle=False) as archive:
        return {split: archive[f"{split}_{what}"] for split in SPLITS if f"{split}_{what}" in archive}
