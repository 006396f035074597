"""The volume in a NIfTI file: its header through nibabel, then as many bytes as the header asks for, never more."""

import gzip
import logging
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import prod
from typing import Any, BinaryIO, cast

import nibabel
import numpy as np
import numpy.typing as npt
from nibabel.orientations import apply_orientation, io_orientation
from nibabel.spatialimages import HeaderDataError

from core.images.details import Window
from core.images.files import ImageFile
from core.images.levels import percentile_window, rescaled_needs_float64
from core.images.pixels import ImageUnreadable, OutOfMemory
from core.images.recent import Recent

MAX_VOLUME_BYTES = 1_000_000_000  # as stored; a CT of 512 x 512 x 1,900
MAX_SIDE = 32_767  # what NIfTI-1 can say
_KEPT_BYTES = 600_000_000
_WINDOW_VOXELS = 16_000_000  # of larger volumes, an even part of the voxels makes the window
_LARGEST = 1e30  # beyond, differences of float32 overflow
_LARGEST_64 = 1e300  # the same of float64
_HEADERS = {348: nibabel.Nifti1Header, 540: nibabel.Nifti2Header}
_GREY_KINDS = "biuf"
_UNREADABLE = (HeaderDataError, ValueError, TypeError, KeyError, IndexError, OverflowError, ArithmeticError)

logging.getLogger("nibabel.global").setLevel(logging.CRITICAL)  # it prints what it thinks of headers
_recent: "Recent[Volume]"


@dataclass(frozen=True)
class Header:
    """`shape` (right, anterior, superior) of the first volume in voxels, `stored` the same in the file's own order,
    `orientation` as nibabel gives it, None where the file tells none. `zooms` in mm, in the order of `shape`.
    """

    shape: tuple[int, int, int]
    stored: tuple[int, int, int]
    dtype: np.dtype[Any]
    offset: int
    slope: float
    inter: float
    orientation: npt.NDArray[Any] | None
    zooms: tuple[float, ...]
    volumes: int
    datatype: str

    @property
    def end(self) -> int:
        """The length of the file up to the end of the first volume."""
        return self.offset + prod(self.stored) * self.dtype.itemsize


@dataclass(frozen=True, eq=False)
class Volume:
    """`voxels` (right, anterior, superior[, 3]) as stored, with 3 uint8 channels for colour; `window` of all of them,
    in the units that `scaled` gives, None for colour.
    """

    header: Header
    voxels: npt.NDArray[Any]
    window: Window | None

    def scaled(self, part: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Stored values in the units of the file (Hounsfield, say)."""
        return _scaled(part, self.header)


def volume_of(file: ImageFile) -> Volume:
    """The first volume of a file; the ones used last are kept. Raises `ImageUnreadable`."""
    return _recent.get(file.identity(), lambda: _load(file), lambda volume: volume.voxels.nbytes)


def header_of(file: ImageFile) -> Header:
    """What the header says, held against the length of the file. Raises `ImageUnreadable`."""
    with _opened(file) as (stream, length):
        header = _header(stream)
        if length is not None and length < header.end:
            raise _cut_off()
        return header


@contextmanager
def _opened(file: ImageFile) -> Iterator[tuple[BinaryIO, int | None]]:
    """The unpacked bytes, and their number where that is known without unpacking."""
    try:
        with file.open() as plain:
            packed = plain.read(2) == b"\x1f\x8b"
            length = None if packed else plain.seek(0, 2)
            plain.seek(0)
            if packed:
                with gzip.GzipFile(fileobj=plain) as unpacked:
                    yield cast(BinaryIO, unpacked), None
            else:
                yield plain, length
    except ImageUnreadable:
        raise
    except MemoryError as error:
        raise OutOfMemory() from error
    except EOFError as error:
        raise _cut_off() from error
    except (OSError, zlib.error, *_UNREADABLE) as error:
        raise ImageUnreadable(f"the NIfTI file is broken: {error}") from error


def _header(stream: BinaryIO) -> Header:
    start = stream.read(4)
    if len(start) < 4:
        raise ImageUnreadable("the file is empty" if not start else "the file is cut off")
    size = next((n for n in _HEADERS if start in (n.to_bytes(4, "little"), n.to_bytes(4, "big"))), 0)
    if not size:
        raise ImageUnreadable("this is no NIfTI file, whatever its name says")
    block = start + stream.read(size - 4)
    if len(block) < size:
        raise _cut_off()
    with np.errstate(all="ignore"):
        return _described(_HEADERS[size](block))


def _described(found: Any) -> Header:
    if not found["magic"].tobytes().startswith(b"n+"):
        raise ImageUnreadable("the voxels of this NIfTI file are in another file; save it as one")
    shape = [int(side) for side in found.get_data_shape()]
    if len(shape) < 2 or min(shape) < 1 or max(shape[:3]) > MAX_SIDE:
        raise ImageUnreadable(f"a volume of {' x '.join(map(str, shape)) or 'no'} voxels cannot be read")
    stored = (shape[0], shape[1], shape[2] if len(shape) > 2 else 1)
    dtype, slope_inter = found.get_data_dtype(), found.get_slope_inter()
    if prod(stored) * dtype.itemsize > MAX_VOLUME_BYTES:
        raise ImageUnreadable(
            f"the volume is too large: {' x '.join(map(str, stored))} voxels, at most "
            f"{MAX_VOLUME_BYTES // 10**9} GB are read"
        )
    if dtype.kind not in _GREY_KINDS and dtype.names is None:
        raise ImageUnreadable(
            f"the volume holds {found.get_value_label('datatype')} values, not grey or colour"
        )
    orientation = _orientation(found)
    zooms = [float(zoom) for zoom in found.get_zooms()[:3]] + [1.0] * (3 - len(stored))
    order = [0, 1, 2] if orientation is None else [int(axis) for axis in np.argsort(orientation[:, 0])]
    return Header(
        shape=(stored[order[0]], stored[order[1]], stored[order[2]]),
        stored=stored,
        dtype=dtype,
        offset=_offset(found),
        slope=1.0 if slope_inter[0] is None else float(slope_inter[0]),
        inter=0.0 if slope_inter[1] is None else float(slope_inter[1]),
        orientation=orientation,
        zooms=tuple(zooms[axis] if axis < len(zooms) else 1.0 for axis in order),
        volumes=prod(shape[3:]),
        datatype=str(found.get_value_label("datatype")),
    )


def _offset(found: Any) -> int:
    offset = int(found.get_data_offset())
    if not 0 < offset <= MAX_VOLUME_BYTES:
        raise ImageUnreadable("the NIfTI file is broken: its voxels begin nowhere")
    return offset


def _orientation(found: Any) -> npt.NDArray[Any] | None:
    """How the axes lie, (3, 2) as nibabel has it; None where the file does not say, or says what cannot be."""
    if not int(found["sform_code"]) and not int(found["qform_code"]):
        return None
    try:
        orientation = io_orientation(found.get_best_affine())
    except (np.linalg.LinAlgError, *_UNREADABLE):
        return None
    return None if np.isnan(orientation).any() else cast(npt.NDArray[Any], orientation)


def _load(file: ImageFile) -> Volume:
    with _opened(file) as (stream, _):
        header = _header(stream)
        stream.seek(header.offset)
        data = stream.read(header.end - header.offset)
        if len(data) < header.end - header.offset:
            raise _cut_off()
        flat = np.frombuffer(data, header.dtype)
        voxels: npt.NDArray[Any] = flat.reshape(header.stored, order="F")
        if header.orientation is not None:
            voxels = apply_orientation(voxels, header.orientation)
        if header.dtype.names is not None:
            return Volume(header, _colour(voxels), None)
        step = -(-flat.size // _WINDOW_VOXELS)
        return Volume(header, voxels, percentile_window(_scaled(flat[:: step | 1], header)))


def _colour(voxels: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """(x, y, z, 3) of RGB or RGBA records; alpha over black."""
    colours = np.stack([voxels[name] for name in ("R", "G", "B")], axis=-1)
    if "A" in (voxels.dtype.names or ()):
        colours = (colours.astype(np.uint16) * voxels["A"][..., None] // 255).astype(np.uint8)
    return colours


def _scaled(values: npt.NDArray[Any], header: Header) -> npt.NDArray[Any]:
    """float32 where that tells stored values apart, else float64; whole numbers that are not scaled as they are."""
    plain = (header.slope, header.inter) == (1.0, 0.0)
    if plain and values.dtype.kind != "f":
        return values
    wide = rescaled_needs_float64(values.dtype, header.slope, header.inter)
    largest = _LARGEST_64 if wide else _LARGEST
    with np.errstate(all="ignore"):
        result = values.astype(np.float64) * header.slope + header.inter
        np.clip(result, -largest, largest, out=result)
        return result if wide else result.astype(np.float32)


def _cut_off() -> ImageUnreadable:
    return ImageUnreadable("the NIfTI file is cut off")


_recent = Recent(_KEPT_BYTES)
