"""TIFF: every kind of page is shown as it is meant, and no header makes the program take what it claims."""

import io
import struct
import subprocess
import sys
import zlib
from itertools import repeat
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageOps

from core.images.expand import Found, rows_of_folder
from core.images.files import DiskFile
from core.images.folder import FolderSource
from core.images.formats import tiff, tiff_chain, tiff_samples
from core.images.levels import apply_window, percentile_window
from core.images.pixels import ImageUnreadable
from core.images.refs import ImageRef
from core.images.slices import ALL_AXIAL
from core.images.source import levels_of, thumbnail_pixels

GREY = np.random.default_rng(0).integers(0, 4000, (70, 90), dtype=np.uint16)
COLOUR = np.random.default_rng(1).integers(0, 255, (70, 90, 3), dtype=np.uint8)
UNASSOCIATED = {"photometric": "rgb", "extrasamples": ["unassalpha"]}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "picture.tif"


def read(path: Path, frame: int = 0):
    return FolderSource(path.parent).read(ImageRef(path.name, frame))


def windowed(values: np.ndarray) -> np.ndarray:
    window = percentile_window(values)
    flat = values.reshape(len(values), -1)
    return apply_window(flat, window.low, window.high).reshape(values.shape)


# Kinds of samples


@pytest.mark.parametrize("dtype", ["i1", "u2", "i2", "u4", "i4", "u8", "i8", "f2", "f4", "f8"])
def test_that_more_than_eight_bits_are_seen_through_the_percentiles_of_what_tifffile_reads(path, dtype):
    shift = 50 if dtype[0] in "if" else 0
    tifffile.imwrite(
        path, (GREY // 40 - shift if not shift else GREY.astype("i4") // 40 - shift).astype(dtype)
    )
    values = tifffile.imread(path)
    pixels = read(path)
    assert (pixels.array == windowed(values)).all()
    assert pixels.details.window == percentile_window(values) and pixels.details.bits == 8 * values.itemsize
    assert pixels.details.photometric == "MINISBLACK" and pixels.details.format == "TIFF"


@pytest.mark.parametrize(
    "options",
    [
        {"bigtiff": True},
        {"byteorder": ">"},
        {"bigtiff": True, "byteorder": ">"},
        {"tile": (32, 48)},
        {"rowsperstrip": 7},
        {"bitspersample": 12},
        {"compression": "lzw", "predictor": 2},
        {"compression": "deflate", "tile": (16, 16)},
        {"compression": "zstd", "rowsperstrip": 9},
        {"compression": "lzma"},
        {"compression": "packbits"},
        {"compression": "jpeg2000"},
    ],
    ids=str,
)
def test_that_sixteen_bits_are_read_however_they_are_stored(path, options):
    tifffile.imwrite(path, GREY, **options)
    pixels = read(path)
    assert (pixels.array == windowed(GREY)).all()
    assert pixels.details.format == ("BigTIFF" if options.get("bigtiff") else "TIFF")
    assert pixels.details.bits == options.get("bitspersample", 16)


@pytest.mark.parametrize(
    ("compression", "planar"),
    [
        *((name, "contig") for name in (None, "lzw", "deflate", "packbits", "zstd", "jpeg", "webp")),
        *((name, "separate") for name in (None, "lzw", "deflate")),
    ],
)
def test_that_eight_bit_colours_are_shown_as_they_are(path, compression, planar):
    data = COLOUR if planar == "contig" else np.ascontiguousarray(COLOUR.transpose(2, 0, 1))
    tile = (32, 32) if planar == "contig" else None
    tifffile.imwrite(path, data, compression=compression, planarconfig=planar, photometric="rgb", tile=tile)
    expected = tifffile.imread(path).reshape(data.shape)
    assert (read(path).array == (expected if planar == "contig" else expected.transpose(1, 2, 0))).all()
    assert read(path).details.window is None


def test_that_the_colours_of_sixteen_bits_go_through_one_window(path):
    values = np.stack([GREY, GREY // 2, GREY // 4], axis=2)
    tifffile.imwrite(path, values, photometric="rgb")
    assert (read(path).array == windowed(values)).all()
    assert read(path).array[..., 2].max() < read(path).array[..., 0].max()


def test_that_floating_numbers_may_be_no_numbers(path):
    values = GREY.astype(np.float32)
    values[3, 3:6] = np.nan, np.inf, -np.inf
    tifffile.imwrite(path, values)
    assert (read(path).array == windowed(values)).all()
    tifffile.imwrite(path, np.full((4, 4), np.nan, np.float32))
    with pytest.raises(ImageUnreadable, match="no numbers"):
        read(path)


def test_that_complex_numbers_are_refused(path):
    tifffile.imwrite(path, GREY.astype(np.complex64))
    with pytest.raises(ImageUnreadable, match="no picture"):
        read(path)


@pytest.mark.parametrize("dtype", [np.bool_, np.uint8, np.uint16])
def test_that_white_is_zero_is_shown_inverted(path, dtype):
    values = GREY > 2000 if dtype is np.bool_ else (GREY >> (4 if dtype is np.uint8 else 0)).astype(dtype)
    tifffile.imwrite(path, values, photometric="miniswhite")
    plain = values.astype(np.uint8) * 255 if dtype is np.bool_ else values
    assert (read(path).array == 255 - (windowed(plain) if dtype is np.uint16 else plain)).all()
    assert read(path).details.photometric == "MINISWHITE"


@pytest.mark.parametrize("bits", [1, 4])
def test_that_few_bits_reach_from_black_to_white(path, bits):
    values = (GREY % (1 << bits)).astype(np.uint8)
    tifffile.imwrite(path, values > 0 if bits == 1 else values, photometric="minisblack", bitspersample=bits)
    assert (read(path).array == values * (255 // ((1 << bits) - 1))).all()


def test_that_a_palette_is_followed(path):
    table = np.random.default_rng(2).integers(0, 2**16, (3, 256), dtype=np.uint16)
    index = (GREY % 256).astype(np.uint8)
    tifffile.imwrite(path, index, photometric="palette", colormap=table)
    assert (read(path).array == (table >> 8).astype(np.uint8).T[index]).all()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_that_ink_becomes_colour(path, dtype):
    ink = np.zeros((4, 4, 4), dtype)
    ink[..., 1:3] = np.iinfo(dtype).max  # magenta and yellow
    tifffile.imwrite(path, ink, photometric="separated")
    assert read(path).array[0, 0].tolist() == [255, 0, 0]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_that_alpha_is_put_over_black_and_said(path, dtype):
    largest = np.iinfo(dtype).max
    values = np.full((8, 8, 4), largest, dtype)
    values[:4, :, 3], values[4:6, :, 3], values[..., 1] = 0, largest // 2, 0
    tifffile.imwrite(path, values, **UNASSOCIATED)
    pixels = read(path)
    assert pixels.array[0, 0].tolist() == [0, 0, 0] and pixels.array[7, 7].tolist() == [255, 0, 255]
    assert abs(int(pixels.array[5, 5, 0]) - 127) <= 1
    assert pixels.details.notes == ("transparent parts are shown over black",)
    values[..., 3] = largest
    tifffile.imwrite(path, values, **UNASSOCIATED)
    assert read(path).details.notes == (), "nothing is transparent"


def test_that_alpha_that_was_put_over_black_already_is_not_put_there_again(path):
    values = np.full((4, 4, 4), 100, np.uint8)
    values[..., 1], values[..., 3] = 50, 128
    tifffile.imwrite(path, values, photometric="rgb", extrasamples=["assocalpha"])
    assert read(path).array[0, 0].tolist() == [100, 50, 100]


def test_that_of_many_channels_the_first_is_shown_and_said(path):
    values = np.random.default_rng(3).integers(0, 255, (20, 30, 7), np.uint8)
    tifffile.imwrite(path, values, photometric="minisblack", planarconfig="contig")
    assert (read(path).array == values[..., 0]).all()
    assert read(path).details.notes == ("first of 7 channels",)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("deep", [True, False])
def test_that_a_page_of_any_orientation_stands_upright(path, orientation, deep):
    values = GREY if deep else COLOUR
    tifffile.imwrite(path, values, extratags=[(274, 3, 1, orientation, True)])
    exif = Image.Exif()
    exif[0x0112] = orientation
    plain = Image.fromarray(windowed(values) if deep else values)
    plain.getexif()[0x0112] = orientation
    assert (read(path).array == np.asarray(ImageOps.exif_transpose(plain))).all()


def test_that_what_tifffile_cannot_read_is_read_by_pillow(path):
    """YCbCr with fewer colours than pixels and no JPEG."""
    Image.fromarray(COLOUR).convert("YCbCr").save(path, compression="tiff_lzw")
    expected = np.asarray(Image.open(path).convert("RGB"))
    assert (read(path).array == expected).all()


# Pages


def test_that_pages_are_images_each_with_its_own_window(path):
    pages = np.stack([GREY, GREY // 10 + 3, GREY + 500])
    tifffile.imwrite(path, pages, photometric="minisblack")
    found = list(FolderSource(path.parent).scan())
    assert [item.ref.frame for item in found] == [0, 1, 2]
    for frame in range(3):
        pixels = read(path, frame)
        assert (pixels.array == windowed(pages[frame])).all()
        assert pixels.details.frames == 3
    assert len({read(path, frame).sha256 for frame in range(3)}) == 3
    with pytest.raises(ImageUnreadable, match="no such page"):
        read(path, 3)


def test_that_thumbnails_levels_and_masks_are_no_images(path):
    with tifffile.TiffWriter(path) as out:
        out.write(np.zeros((20, 20), np.uint8), subfiletype=1)  # a thumbnail before its page
        out.write(GREY, subifds=1)
        out.write(GREY[::2, ::2], subfiletype=1)
        out.write(GREY[::4, ::4], subfiletype=1)
        out.write(np.zeros((70, 90), np.bool_), subfiletype=4)
        out.write(GREY + 1, subfiletype=2)
    assert [item.ref.frame for item in FolderSource(path.parent).scan()] == [0, 1]
    assert (read(path, 0).array == windowed(GREY)).all() and (read(path, 1).array == windowed(GREY + 1)).all()
    tifffile.imwrite(path, GREY, subfiletype=1)
    assert (read(path).array == windowed(GREY)).all(), "a thumbnail and nothing else"


def test_that_a_single_page_has_the_checksum_of_its_file(path):
    import hashlib

    tifffile.imwrite(path, GREY)
    assert read(path).sha256 == hashlib.sha256(path.read_bytes()).digest()


def test_that_read_thumbnail_and_levels_show_the_same(path):
    tifffile.imwrite(path, GREY, photometric="miniswhite", extratags=[(274, 3, 1, 6, True)])
    source, ref = FolderSource(path.parent), ImageRef(path.name)
    levels = levels_of(source, ref)
    assert levels is not None and levels.values.dtype == np.uint16 and levels.inverted
    assert (levels.render() == source.read(ref).array).all()
    assert (thumbnail_pixels(source, ref, 30) == source.read(ref).array).all()
    assert levels.window == source.read(ref).details.window
    tifffile.imwrite(path, COLOUR)
    assert levels_of(source, ref) is None


def test_that_a_thumbnail_of_eight_bits_comes_from_a_level_that_is_large_enough(path):
    big = np.repeat(np.repeat(COLOUR, 4, axis=0), 4, axis=1)
    with tifffile.TiffWriter(path) as out:
        out.write(big, subifds=2, photometric="rgb")
        out.write(big[::2, ::2], subfiletype=1, photometric="rgb")
        out.write(big[::4, ::4], subfiletype=1, photometric="rgb")
    source, ref = FolderSource(path.parent), ImageRef(path.name)
    assert thumbnail_pixels(source, ref, 100).shape == (140, 180, 3)
    assert thumbnail_pixels(source, ref, 90).shape == (70, 90, 3)
    assert thumbnail_pixels(source, ref, 300).shape == big.shape
    assert source.read(ref).array.shape == big.shape


def chain_of(path: Path, order: str, pages: list[int], first: int) -> None:
    """A TIFF of empty pages: `pages[k]` is the number of the page that follows page k, -1 for none."""
    offsets = [8 + 18 * number for number in range(len(pages))]
    data = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", offsets[first])
    for after in pages:
        data += struct.pack(order + "HHHII", 1, 256, 4, 1, 5)
        data += struct.pack(
            order + "I", 10**6 if after >= len(pages) else offsets[after] if after >= 0 else 0
        )
    path.write_bytes(data)


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize(
    ("pages", "count", "why"),
    [([1, 2, 0], 3, "circle"), ([0], 1, "circle"), ([1, 2, 9], 3, "cut off")],
)
def test_that_a_broken_chain_of_pages_is_a_row_with_an_error(path, order, pages, count, why):
    chain_of(path, order, pages, 0)
    found = list(FolderSource(path.parent).scan())
    assert len(found) == count + 1
    with pytest.raises(ImageUnreadable, match=why):
        read(path, count)


def test_that_pages_are_counted_up_to_a_bound(path, monkeypatch):
    chain_of(path, "<", [*range(1, 50), -1], 0)
    assert len(list(FolderSource(path.parent).scan())) == 50
    monkeypatch.setattr(tiff_chain, "MAX_PAGES", 20)
    tiff_chain._known.clear()
    assert len(list(FolderSource(path.parent).scan())) == 21
    with pytest.raises(ImageUnreadable, match="more than 20 pages"):
        read(path, 20)


def test_that_a_file_without_pages_is_a_row_with_an_error(path):
    path.write_bytes(b"II*\0" + bytes(40))
    (item,) = FolderSource(path.parent).scan()
    assert "no pages" in item.error
    path.write_bytes(b"II*\0" + struct.pack("<I", 10**6))
    (item,) = FolderSource(path.parent).scan()
    assert "cut off" in item.error


def test_that_a_picture_of_another_format_is_read_for_what_it_is(path):
    Image.fromarray(COLOUR).save(path, "PNG")
    assert [item.ref.frame for item in FolderSource(path.parent).scan()] == [0]
    assert (read(path).array == COLOUR).all()
    path.write_bytes(b"no picture at all")
    with pytest.raises(ImageUnreadable, match="not a picture"):
        read(path)


def test_that_a_file_that_changed_is_looked_at_again(path):
    tifffile.imwrite(path, np.stack([GREY, GREY]), photometric="minisblack")
    file = DiskFile(path, path.name)
    assert list(tiff.survey(file, ALL_AXIAL).frames) == [0, 1]
    tifffile.imwrite(path, np.stack([GREY] * 3), photometric="minisblack")
    rows = rows_of_folder([Found(file, 1, 1)], ALL_AXIAL, None, lambda: None)
    assert [row.ref.frame for row in rows] == [0, 1, 2]


# Bounds


@pytest.mark.parametrize("compression", [None, "deflate", "lzw"])
def test_that_a_file_that_is_cut_off_says_so(path, compression):
    tifffile.imwrite(path, GREY, compression=compression, tile=(16, 16) if compression else None)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(ImageUnreadable, match="cut off"):
        read(path)


@pytest.mark.parametrize(("width", "why"), [(60_000, "cut off"), (2**31, "too large")])
def test_that_a_width_that_the_file_cannot_hold_is_refused_before_anything_is_allocated(path, width, why):
    tifffile.imwrite(path, GREY)
    with path.open("r+b") as file, tifffile.TiffFile(path) as tif:
        file.seek(tif.pages[0].tags[256].offset + 2)
        file.write(struct.pack("<HII", 4, 1, width))
    with pytest.raises(ImageUnreadable, match=why):
        read(path)


def test_that_a_tag_of_absurdly_many_values_is_refused_before_it_is_read(path):
    tifffile.imwrite(path, GREY, rowsperstrip=1)
    with path.open("r+b") as file, tifffile.TiffFile(path) as tif:
        file.seek(tif.pages[0].tags[273].offset + 4)
        file.write(struct.pack("<I", 500_000_000))
    with pytest.raises(ImageUnreadable, match="not plausible"):
        read(path)


def test_that_a_piece_is_not_unpacked_beyond_its_size(path):
    """A tile of 256 bytes whose deflate stream holds 300 MB."""
    bomb = zlib.compress(bytes(300_000_000), 9)
    tifffile.imwrite(path, iter([bomb]), shape=(16, 16), dtype=np.uint8, tile=(16, 16), compression="deflate")
    with pytest.raises(ImageUnreadable, match="larger packed than unpacked"):
        read(path)


@pytest.mark.parametrize("kind", ["JPEG", "JPEG2000"])
def test_that_a_piece_that_claims_another_size_is_refused(path, kind):
    buffer = io.BytesIO()
    Image.new("L", (640, 320)).save(buffer, kind)
    compression = kind.lower()
    tifffile.imwrite(
        path,
        iter([buffer.getvalue()]),
        shape=(16, 16),
        dtype=np.uint8,
        tile=(16, 16),
        compression=compression,
    )
    with pytest.raises(ImageUnreadable, match="claims 640 x 320"):
        read(path)


@pytest.mark.parametrize(
    "options", [{}, {"rowsperstrip": 7}, {"compression": "deflate", "tile": (32, 48)}], ids=str
)
def test_that_a_page_of_too_many_bytes_is_read_reduced_and_said(path, monkeypatch, options):
    monkeypatch.setattr(tiff_samples, "WHOLE_BYTES", 5000)
    monkeypatch.setattr(tiff_samples, "REDUCED_SIDE", 30)
    tifffile.imwrite(path, GREY, **options)
    pixels = read(path)
    assert (pixels.array == windowed(GREY[::3, ::3])).all()
    assert pixels.details.notes == ("read at 1/3 of its size",)
    source, ref = FolderSource(path.parent), ImageRef(path.name)
    assert (thumbnail_pixels(source, ref, 10) == pixels.array).all()
    assert (levels_of(source, ref).render() == pixels.array).all()


def test_that_colours_in_planes_are_reduced_too(path, monkeypatch):
    monkeypatch.setattr(tiff_samples, "WHOLE_BYTES_8", 5000)
    monkeypatch.setattr(tiff_samples, "REDUCED_SIDE", 30)
    planes = np.ascontiguousarray(COLOUR.transpose(2, 0, 1))
    tifffile.imwrite(
        path, planes, planarconfig="separate", photometric="rgb", compression="lzw", rowsperstrip=8
    )
    assert (read(path).array == COLOUR[::3, ::3]).all()


def test_that_a_page_stored_in_one_packed_piece_of_too_many_bytes_is_refused(path, monkeypatch):
    monkeypatch.setattr(tiff_samples, "MAX_PIECE_BYTES", 10_000)
    tifffile.imwrite(path, GREY, compression="deflate", rowsperstrip=70)
    with pytest.raises(ImageUnreadable, match="pieces of"):
        read(path)


def test_that_a_page_that_is_refused_is_seen_by_a_level_of_its_pyramid(path, monkeypatch):
    monkeypatch.setattr(tiff_samples, "MAX_PIXELS", 5000)
    with tifffile.TiffWriter(path) as out:
        out.write(GREY, subifds=1)
        out.write(GREY[::2, ::2], subfiletype=1)
    assert (read(path).array == windowed(GREY[::2, ::2])).all()
    assert read(path).details.notes == ("read at 1/2 of its size",)


LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (2_000_000_000, 2_000_000_000))
from pathlib import Path
from core.images.folder import FolderSource
from core.images.refs import ImageRef
source = FolderSource(Path(sys.argv[1]))
pixels = source.read(ImageRef("huge.tif"))
print(pixels.array.shape, pixels.details.notes, int(pixels.array[0, 0]), int(pixels.array[-1, -1]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits of memory are Linux's")
def test_that_forty_thousand_by_forty_thousand_pixels_are_read_within_two_gigabytes(tmp_path):
    """6.4 GB of floating numbers, of which every tenth row and column is kept."""
    tiles = [np.full((4000, 4000), value, np.float32) for value in (1, 2)]
    packed = [zlib.compress(tile.tobytes(), 1) for tile in tiles]
    tifffile.imwrite(
        tmp_path / "huge.tif",
        iter([*repeat(packed[0], 50), *repeat(packed[1], 50)]),
        shape=(40_000, 40_000),
        dtype=np.float32,
        tile=(4000, 4000),
        compression="deflate",
    )
    call = [sys.executable, "-c", LIMITED, str(tmp_path)]
    done = subprocess.run(call, capture_output=True, text=True, timeout=120, cwd=Path(__file__).parents[2])
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "(4000, 4000) ('read at 1/10 of its size',) 0 255"


@pytest.mark.parametrize(("dtype", "base"), [("f8", 1e9), ("u4", 4e9), ("i4", -2e9)])
def test_that_numbers_far_from_zero_are_shown_in_all_their_steps(path, dtype, base):
    tifffile.imwrite(
        path, (base + np.arange(2500).reshape(50, 50) / (250 if dtype == "f8" else 1)).astype(dtype)
    )
    assert len(np.unique(read(path).array)) == 256


@pytest.mark.parametrize("options", [{"imagej": True}, {}])
def test_that_a_stack_in_one_page_says_that_it_is_the_first_of_many(path, options):
    stack = np.stack([GREY] * 5)
    tifffile.imwrite(path, stack, truncate=True, **options)
    pixels = read(path)
    assert (pixels.array == windowed(GREY)).all()
    assert pixels.details.notes == ("first of 5 images that the file holds without a page for each",)
    tifffile.imwrite(path, stack, **options)
    assert not read(path).details.notes


def test_that_png_in_tiff_is_read_and_other_kinds_are_refused_by_name(path):
    tifffile.imwrite(path, COLOUR, compression="png")
    assert (read(path).array == COLOUR).all()
    tifffile.imwrite(path, GREY, compression="lerc")
    with pytest.raises(ImageUnreadable, match="compressed as LERC, which is not read"):
        read(path)
    tifffile.imwrite(path, COLOUR.astype("u2"), photometric="cielab")
    with pytest.raises(ImageUnreadable, match=r"CIE L\*a\*b\* of 16 bits"):
        read(path)
