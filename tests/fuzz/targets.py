"""What is done with a damaged file: everything that the program does with one, through the same functions."""

import io
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from core.images.details import ImageDetails
from core.images.formats import raster
from core.images.formats.registry import Reader, format_of, is_nameless
from core.images.pixels import ImageUnreadable, Pixels, UInt8
from core.images.slices import SliceChoice
from core.images.source import FILES, levels_of, thumbnail_pixels

HEADER, READ = 1, 2  # how far an input came


@dataclass(frozen=True)
class MemoryFile:
    """A file whose bytes are at hand."""

    name: str
    data: bytes

    def identity(self) -> Hashable:
        return self.data

    def open(self) -> BinaryIO:
        return io.BytesIO(self.data)

    def read(self) -> bytes:
        return self.data

    def head(self, size: int) -> bytes:
        return self.data[:size]


def try_file(name: str, data: bytes, folder: Path, choice: SliceChoice) -> int:
    """Read a damaged file as far as it goes; 0, `HEADER` or `READ`. Raises whatever a reader must not raise.

    `folder` is where archives are put, which are read from a disk.
    """
    if name.endswith((".npz", ".zip")):
        return _try_source(name, data, folder, choice)
    file = MemoryFile(name, data)
    try:
        known = format_of(file)
        if known is None:
            assert is_nameless(name)
            return 0
        reader = known.reader()
        frames = _header(reader, file, choice)
    except ImageUnreadable as refusal:
        _check_words(refusal)
        return 0
    came = HEADER
    for frame in _some(frames):
        if _try_frame(reader, file, frame):
            came = READ
    return came


def _header(reader: Reader, file: MemoryFile, choice: SliceChoice) -> Sequence[int]:
    if reader is raster:  # a scan does not open these
        with raster.opened(file.data):
            return (0,)
    return reader.survey(file, choice).frames


def _try_frame(reader: Reader, file: MemoryFile, frame: int) -> bool:
    try:
        _check_pixels(reader.read(file, frame))
        read = True
    except ImageUnreadable as refusal:
        _check_words(refusal)
        read = False
    try:
        _check_array(reader.thumbnail(file, frame, 16))
        levels = reader.levels(file, frame)
        if levels is not None:
            _check_array(levels.render())
    except ImageUnreadable as refusal:
        _check_words(refusal)
    return read


def _try_source(name: str, data: bytes, folder: Path, choice: SliceChoice) -> int:
    from core.errors import UserError

    path = folder / name
    path.write_bytes(data)
    source = FILES[path.suffix](path, choice)
    try:
        rows = list(source.scan())
        labels = getattr(source, "labels", None)
    except UserError:
        return 0
    came = HEADER
    for row in [rows[number] for number in _some(range(len(rows)))]:
        try:
            _check_pixels(source.read(row.ref))
            came = READ
            _check_array(thumbnail_pixels(source, row.ref, 16))
            levels_of(source, row.ref)
        except ImageUnreadable as refusal:
            _check_words(refusal)
    try:
        if callable(labels):
            labels()
    except UserError:
        pass
    return came


def _some(frames: Sequence[int]) -> list[int]:
    """The first and the last one."""
    return [frames[0], frames[-1]] if len(frames) > 1 else list(frames)


def _check_pixels(pixels: Pixels) -> None:
    _check_array(pixels.array)
    assert len(pixels.sha256) == 32
    text = pixels.details.to_json()
    text.encode("utf-8")  # it goes into a database
    assert isinstance(ImageDetails.from_json(text), ImageDetails)


def _check_array(array: UInt8) -> None:
    assert array.dtype == np.uint8 and array.size, (array.dtype, array.shape)
    assert array.ndim == 2 or (array.ndim == 3 and array.shape[2] == 3), array.shape


def _check_words(refusal: ImageUnreadable) -> None:
    text = str(refusal)
    assert text, "a refusal says why"
    assert len(text) < 1000, f"a refusal of {len(text)} characters"
