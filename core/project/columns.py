"""Columns of objects that Python's cyclic collector does not walk.

A million `ImageRef` in a list take the collector a tenth of a second each time, on the main thread of the window,
and 100 MB more. An array of paths takes it nothing, and the refs are made when they are asked for.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Generic, TypeVar, overload

import numpy as np
import numpy.typing as npt

from core.images.refs import ImageRef

T = TypeVar("T")


class ObjectColumn(Sequence[T], Generic[T]):
    """Strings or bytes that do not change, in a numpy array of objects, read as a list is."""

    __slots__ = ("_values",)

    def __init__(self, values: Sequence[T] | npt.NDArray[np.object_]) -> None:
        self._values: npt.NDArray[np.object_] = np.asarray(values, np.object_)

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> "ObjectColumn[T]": ...
    def __getitem__(self, index: int | slice) -> Any:
        found = self._values[index]
        return ObjectColumn(found) if isinstance(index, slice) else found

    def __len__(self) -> int:
        return len(self._values)

    def __iter__(self) -> Iterator[T]:
        return iter(self._values.tolist())


class ImageRefs(Sequence[ImageRef]):
    """The refs of all images, made from `paths` and `frames` (n,) when they are asked for."""

    __slots__ = ("frames", "paths")

    def __init__(self, paths: Sequence[str], frames: npt.NDArray[np.int32]) -> None:
        self.paths, self.frames = paths, frames

    @overload
    def __getitem__(self, index: int) -> ImageRef: ...
    @overload
    def __getitem__(self, index: slice) -> "ImageRefs": ...
    def __getitem__(self, index: int | slice) -> "ImageRef | ImageRefs":
        if isinstance(index, slice):
            return ImageRefs(self.paths[index], self.frames[index])
        return ImageRef(self.paths[index], int(self.frames[index]))

    def __len__(self) -> int:
        return len(self.paths)

    def __iter__(self) -> Iterator[ImageRef]:
        return map(ImageRef, self.paths, self.frames.tolist())


def paths_of(refs: Sequence[ImageRef]) -> Sequence[str]:
    """The paths of refs."""
    return refs.paths if isinstance(refs, ImageRefs) else [ref.path for ref in refs]
