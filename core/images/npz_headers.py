"""What the arrays of an NPZ file are, read from their headers alone: no array is loaded, nothing is unpickled."""

import os
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import UserError
from core.images.slices import PLANE
from core.images.zip_index import METHODS, is_bomb

SPLITS = ("train", "val", "test")
_MOST_CHANNELS = 4
_LABEL_KINDS = "biuf"  # numpy's letters for truth values, whole numbers and numbers
_ENCRYPTED = 1  # bit of a zip member's flags
_OPEN_HINT = "Only NPZ files in the MedMNIST layout can be opened."
_AGAIN_HINT = "Copy or download it again."
_UNREADABLE = (
    ValueError,
    TypeError,
    SyntaxError,
    EOFError,
    KeyError,
    zlib.error,
    struct.error,
    tokenize.TokenError,
)


@dataclass(frozen=True)
class ArrayHeader:
    """Shape and dtype of one array of the file."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def size(self) -> int:
        """Bytes of the array."""
        return self.dtype.itemsize * prod(self.shape)


def check_images(path: Path) -> None:
    """Raises `UserError`, in words for people, unless `path` has images in the MedMNIST layout."""
    headers = read_headers(path, "images")
    for name, header in headers.items():
        _check_pixels(path, name, header)
    if sum(header.size for header in headers.values()) > memory_bytes():
        raise UserError(f"{path.name} is too large for the memory of this computer.")


def check_labels(path: Path) -> None:
    """Raises `UserError`, in words for people, unless `path` has one number an image."""
    for name, header in read_headers(path, "labels").items():
        shape = header.shape
        if header.dtype.kind not in _LABEL_KINDS:
            raise UserError(f"{path.name}: {name} holds {header.dtype}, not a number for each image.")
        if len(shape) == 2 and shape[1] != 1:
            raise UserError(f"{path.name}: {name} holds {shape[1]} labels for each image, not one.")
        if len(shape) not in (1, 2):
            raise UserError(f"{path.name}: {name} is {_size(shape)}; expected is one number for each image.")


def read_headers(path: Path, what: str) -> dict[str, ArrayHeader]:
    """The headers of `train_<what>`, `val_<what>` and `test_<what>`, as far as they are there, by these names.

    Raises `UserError`: not an NPZ file, cut off, damaged, none of the three, or Python objects.
    """
    wanted = [f"{split}_{what}" for split in SPLITS]
    with plain_errors(path), zipfile.ZipFile(path) as archive:
        members = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
        found = {name: _read_header(path, archive, members[name]) for name in wanted if name in members}
    if not found:
        holds = ", ".join(list(members)[:10]) or "nothing"
        raise UserError(
            f"{path.name} holds no {', '.join(wanted[:2])} or {wanted[2]} (it holds {holds}).", _OPEN_HINT
        )
    return found


def memory_bytes() -> float:
    """The memory of this computer; without end where the system does not tell."""
    try:
        return float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (AttributeError, ValueError, OSError):
        return float("inf")


@contextmanager
def plain_errors(path: Path) -> Iterator[None]:
    """Turns what zipfile and numpy say of a file that cannot be read into words for people."""
    try:
        yield
    except OSError as error:
        raise UserError(f"{path} cannot be opened: {error.strerror or error}.") from error
    except MemoryError as error:
        raise UserError(f"{path.name} is too large for the memory of this computer.") from error
    except zipfile.BadZipFile as error:
        raise _not_a_zip(path) from error
    except RuntimeError as error:
        raise UserError(
            f"{path.name} is packed in a way that cannot be read.", "Save it again with numpy."
        ) from error
    except _UNREADABLE as error:
        raise _damaged(path) from error


def _read_header(path: Path, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> ArrayHeader:
    name = info.filename.removesuffix(".npy")
    if info.flag_bits & _ENCRYPTED:
        raise UserError(f"{path.name} is protected with a password.", "Save it again without one.")
    if info.compress_type not in METHODS:
        raise RuntimeError(f"compression {info.compress_type}")
    if is_bomb(info.file_size, info.compress_size):
        raise UserError(
            f"{path.name}: {name} would unpack to {info.file_size // max(1, info.compress_size):,} times its size, "
            "as files do that are made to fill a memory."
        )
    with archive.open(info) as member:
        version = np.lib.format.read_magic(member)
        read = (
            np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        )
        shape, _, dtype = read(member)
        start = member.tell()
    if dtype.hasobject:
        raise UserError(
            f"{path.name}: {name} holds Python objects, which are never loaded: such a file could run a program.",
            "Ask whoever made the file for plain numbers.",
        )
    if info.file_size != start + dtype.itemsize * int(np.prod(shape, dtype=object)):
        raise _damaged(path)
    return ArrayHeader(shape, dtype)


def _check_pixels(path: Path, name: str, header: ArrayHeader) -> None:
    shape = header.shape
    layout = _layout_problem(shape)
    if layout:
        raise UserError(f"{path.name}: {name} {layout}")
    if header.dtype != np.uint8:
        raise UserError(
            f"{path.name}: {name} holds values of the type {header.dtype}, not whole numbers from 0 to 255 (uint8).",
            "Save the images as uint8.",
        )


def _layout_problem(shape: tuple[int, ...]) -> str:
    """What is wrong with this shape for images, to follow the array's name; empty when nothing is."""
    if min(shape[1:], default=1) < 1:
        return f"is {_size(shape)}: there is nothing in its images."
    if len(shape) == 3 or (len(shape) == 4 and shape[3] in (1, 3)):
        return ""
    if len(shape) == 4 and shape[3] > _MOST_CHANNELS and shape[1] in (1, 3):
        return f"is {_size(shape)}: the colours stand before the pixels. Expected is n x height x width x 3."
    if is_volumes(shape):
        return "" if max(shape[1:]) < PLANE else f"is {_size(shape)}: its volumes are too large."
    if len(shape) == 5:
        return f"holds volumes with {shape[4]} channels. Expected is grey, or colour with 3 channels."
    if len(shape) == 4:
        return f"has {shape[3]} channels. Expected is grey, or colour with 3 channels."
    expected = "n x height x width, with x 3 for colour"
    return f"is {_size(shape) or 'a single number'}. Expected is {expected}."


def is_volumes(shape: tuple[int, ...]) -> bool:
    """Whether images of this shape are volumes: n x depth x height x width, with x 1 or x 3 for channels."""
    if len(shape) == 5:
        return shape[4] in (1, 3)
    return len(shape) == 4 and shape[3] > _MOST_CHANNELS and shape[1] not in (1, 3)


def _size(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))


def _not_a_zip(path: Path) -> UserError:
    with path.open("rb") as file:
        start = file.read(6)
    if not start:
        return UserError(f"{path.name} is empty.", _AGAIN_HINT)
    if start == b"\x93NUMPY":
        return UserError(f"{path.name} is a single array (NPY), not an NPZ file.", _OPEN_HINT)
    if start.startswith(b"PK"):
        return _damaged(path)
    return UserError(f"{path.name} is not an NPZ file, whatever its name says.", _OPEN_HINT)


def _damaged(path: Path) -> UserError:
    return UserError(f"{path.name} is cut off or damaged.", _AGAIN_HINT)
