"""Damaged files, drawn by hypothesis: what went wrong, and where, is a list of small steps over a whole file."""

import gzip
import io
import re
import struct
import zipfile
import zlib

from hypothesis import strategies as st

from tests.fuzz.seeds import Seed

# Numbers at which sizes, offsets and counts go wrong.
_BOUNDARIES = (0, 1, 2, 3, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000)
_BOUNDARIES += (0xFFFFFFFE, 0xFFFFFFFF, 1 << 40, (1 << 63) - 1, (1 << 64) - 1)
_FORMATS = ("<B", "<H", ">H", "<I", ">I", "<Q", ">Q", "<f", "<d")
_LONGEST = 400_000

# A place as a number: headers are short, so half of the places are among the first bytes.
_places = st.one_of(st.integers(0, 400), st.integers(0, 1 << 24))
_lengths = st.integers(1, 64) | st.integers(1, 4000)
_steps = st.one_of(
    st.tuples(st.just("flip"), _places, st.integers(0, 7)),
    st.tuples(st.just("byte"), _places, st.integers(0, 255)),
    st.tuples(st.just("number"), _places, st.sampled_from(_FORMATS), st.sampled_from(_BOUNDARIES)),
    st.tuples(st.just("cut"), _places),
    st.tuples(st.just("delete"), _places, _lengths),
    st.tuples(st.just("copy"), _places, _places, _lengths),
    st.tuples(st.just("insert"), _places, _places, _lengths),
    st.tuples(st.just("fill"), _places, st.integers(0, 255), _lengths),
)


def mutants(whole: list[Seed]) -> st.SearchStrategy[Seed]:
    """(name, content) of a file with one to eight faults. Half of them are put below the packing and the checksums of
    their format, where it has any: else nearly all would be refused for these alone.
    """
    steps = st.lists(_steps, min_size=1, max_size=8)
    return st.builds(_damaged, st.sampled_from(whole), steps, st.booleans())


def _damaged(seed: Seed, steps: list[tuple], below: bool) -> Seed:
    name, data = seed
    if below and name.endswith(".gz"):
        return name, gzip.compress(_apply(gzip.decompress(data), steps), 1, mtime=0)
    if below and name.endswith((".npz", ".zip")):
        return name, _packed_again(data, steps)
    damaged = _apply(data, steps)
    return name, _png_checksums(damaged) if below and name.endswith(".png") else damaged


def _apply(data: bytes, steps: list[tuple]) -> bytes:
    for step in steps:
        if not data:
            break
        data = _STEPS[step[0]](data, *step[1:])[:_LONGEST]
    return data


def _flip(data: bytes, at: int, bit: int) -> bytes:
    at %= len(data)
    return data[:at] + bytes([data[at] ^ (1 << bit)]) + data[at + 1 :]


def _number(data: bytes, at: int, kind: str, value: int) -> bytes:
    size = struct.calcsize(kind)
    packed = struct.pack(kind, float(value) if kind[1] in "fd" else value & ((1 << 8 * size) - 1))
    at %= len(data)
    return data[:at] + packed + data[at + size :]


def _copy(data: bytes, source: int, at: int, length: int, over: int = 1) -> bytes:
    source, at = source % len(data), at % len(data)
    chunk = data[source : source + length]
    return data[:at] + chunk + data[at + len(chunk) * over :]


_STEPS = {
    "flip": _flip,
    "byte": lambda data, at, value: data[: at % len(data)] + bytes([value]) + data[at % len(data) + 1 :],
    "number": _number,
    "cut": lambda data, at: data[: at % len(data)],
    "delete": lambda data, at, length: data[: at % len(data)] + data[at % len(data) + length :],
    "copy": _copy,
    "insert": lambda data, source, at, length: _copy(data, source, at, length, 0),
    "fill": lambda data, at, value, length: (
        data[: at % len(data)] + bytes([value]) * length + data[at % len(data) + length :]
    ),
}


def _png_checksums(data: bytes) -> bytes:
    """The chunks of a PNG with their checksums made right, as far as they can be followed."""
    result, at = bytearray(data), 8
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        end = at + 8 + length
        if end + 4 > len(data):
            break
        struct.pack_into(">I", result, end, zlib.crc32(data[at + 4 : end]))
        at = end + 4
    return bytes(result)


def _packed_again(data: bytes, steps: list[tuple]) -> bytes:
    """The archive with its first member damaged, and its checksums right; the name too takes part in it."""
    result = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as whole, zipfile.ZipFile(result, "w") as packed:
        for number, info in enumerate(whole.infolist()):
            content = whole.read(info)
            name = info.filename
            if number == len(steps) % len(whole.infolist()):
                content = _apply(content, steps)
                if steps[0][0] == "copy":
                    name = re.sub("[^ -~]", "?", f"{'../' * (steps[0][1] % 3)}{name}")
            packed.writestr(zipfile.ZipInfo(name), content, info.compress_type)
    return result.getvalue()
