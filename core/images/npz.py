"""NPZ files in the MedMNIST layout: `train_images`, `val_images`, `test_images` and their labels.

An image is called `train/000012.png`: the split and its place there. The frame of a 2D image is its place too, 12;
of a volume (MedMNIST 3D), which is called the same, the frame is the slice, as `core.images.slices` numbers them.
The array does not say how a body lies in it: "axial" are the slices across its first axis of a volume, "coronal"
those across the second, "sagittal" across the third, each shown as it is stored.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from core.errors import UserError
from core.images.details import NOTHING_KNOWN, ImageDetails
from core.images.expand import KnownFrames, no_tick
from core.images.npz_headers import SPLITS, check_images, check_labels, is_volumes, plain_errors
from core.images.pixels import ImageUnreadable, Pixels, UInt8, grey_if_grey, memory_told
from core.images.refs import ImageRef, ScannedImage
from core.images.slices import ALL_AXIAL, SliceChoice, plane_of

_ARRAY_AXES = {"axial": 0, "coronal": 1, "sagittal": 2}  # of a volume, as its name for the plane is used


class NpzSource:
    """The images, or the slices of the volumes, of one NPZ file."""

    kind: ClassVar[str] = "npz"

    def __init__(self, root: Path, slices: SliceChoice = ALL_AXIAL) -> None:
        self.root, self.slices = root, slices

    def scan(
        self, known: KnownFrames | None = None, tick: Callable[[], None] = no_tick
    ) -> Iterator[ScannedImage]:
        """Yield every image of every split. Raises `UserError` when the layout is another one."""
        facts = self.root.stat()
        for split, images in self._images.items():
            for index in range(len(images)):
                frames = self._frames(images.shape) if is_volumes(images.shape) else (index,)
                for frame in frames:
                    ref = ImageRef(f"{split}/{index:06d}.png", frame)
                    yield ScannedImage(ref, images[index].nbytes, facts.st_mtime_ns)

    @memory_told()
    def read(self, ref: ImageRef) -> Pixels:
        """Decode one image. Raises `ImageUnreadable`."""
        images = self._stored().get(ref.path.partition("/")[0])
        volumes = images is not None and is_volumes(images.shape)
        index = _place(ref.path) if volumes else ref.frame
        if images is None or not 0 <= index < len(images):
            raise ImageUnreadable(f"the file has no image {ref.legible} any more")
        image, details = images[index], NOTHING_KNOWN
        if volumes:
            image, details = _slice(image, ref.frame)
        array = np.ascontiguousarray(image)
        if array.ndim == 3 and array.shape[2] == 1:
            array = array[..., 0]
        return Pixels(grey_if_grey(array), hashlib.sha256(array.tobytes()).digest(), details)

    def check(self) -> None:
        """See from the headers whether this can be a project; nothing is loaded. Raises `UserError`."""
        check_images(self.root)

    def labels(self) -> dict[str, int]:
        """Label id of every image or volume with one, by path. Labels are (n[, 1]) numbers. Raises `UserError`."""
        check_labels(self.root)
        found = {}
        for split, labels in _load(self.root, "labels").items():
            if labels.dtype.kind == "f" and not (np.isfinite(labels) & (labels == np.floor(labels))).all():
                raise UserError(f"{self.root.name}: {split}_labels holds values that are not whole numbers.")
            for index, label in enumerate(labels.reshape(-1)):
                found[f"{split}/{index:06d}.png"] = int(label)
        return found

    def _frames(self, shape: tuple[int, ...]) -> Sequence[int]:
        return self.slices.frames(shape[1 + _ARRAY_AXES[self.slices.axis]])

    def _stored(self) -> dict[str, UInt8]:
        try:
            return self._images
        except UserError as error:
            raise ImageUnreadable(f"the file cannot be opened: {error.message}") from error

    @cached_property
    def _images(self) -> dict[str, UInt8]:
        check_images(self.root)
        return _load(self.root, "images")


def _place(path: str) -> int:
    """The place that the path of a volume names, -1 for none."""
    number = path.partition("/")[2].removesuffix(".png")
    return int(number) if number.isdecimal() and len(number) < 19 else -1


def _slice(volume: UInt8, frame: int) -> tuple[UInt8, ImageDetails]:
    """(h, w) or (h, w, channels) of a volume (d, h, w[, channels])."""
    plane, index = plane_of(frame)
    axis = _ARRAY_AXES[plane]
    depth = volume.shape[axis]
    if index >= depth:
        raise ImageUnreadable(f"the volume has no {plane} slice {index} any more")
    note = f"{plane} slice {index + 1} of {depth}: axis {axis + 1} of the array, which does not say how a body lies"
    return np.take(volume, index, axis), ImageDetails("NPZ", frames=depth, notes=(note,))


def _load(path: Path, what: str) -> dict[str, npt.NDArray[Any]]:
    with plain_errors(path), np.load(path, allow_pickle=False) as archive:
        return {split: archive[f"{split}_{what}"] for split in SPLITS if f"{split}_{what}" in archive}
