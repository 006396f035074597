import io
import os
import struct
import sys
import tracemalloc
import warnings
import zlib

import numpy as np
import pytest
from PIL import Image, ImageOps

from core.errors import UserError
from core.images import files, strips
from core.images.decode import decode_all
from core.images.files import DiskFile
from core.images.folder import FolderSource
from core.images.formats import raster
from core.images.npz import NpzSource
from core.images.pixels import ImageUnreadable, fit_square, grey_if_grey
from core.images.refs import ImageRef
from core.images.source import open_source
from tests.core.tables import picture

OPTIONS = {"jpg": {"quality": 95}, "webp": {"lossless": True}}


def png_header_of(width: int, height: int) -> bytes:
    """A PNG that claims a size, without the pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(100)))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("suffix", ["png", "jpg", "bmp", "gif", "webp", "tif"])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_that_every_format_is_read_as_the_picture_that_was_saved(tmp_path, suffix, mode):
    y, x = np.mgrid[:32, :48]
    grey = (x * 5).astype(np.uint8)
    array = grey if mode == "L" else np.stack([grey, (y * 7).astype(np.uint8), grey // 2], axis=2)
    path = tmp_path / f"picture.{suffix}"
    Image.fromarray(array).save(path, **OPTIONS.get(suffix, {}))
    read = FolderSource(tmp_path).read(ImageRef(path.name)).array
    assert read.ndim == array.ndim and read.shape[:2] == (32, 48)
    assert np.abs(read.astype(int) - array).mean() < (4 if suffix in ("jpg", "gif") else 0.01)


def test_that_grey_stored_as_rgb_is_grey():
    grey = np.arange(12, dtype=np.uint8).reshape(3, 4)
    assert grey_if_grey(np.stack([grey] * 3, axis=2)).ndim == 2
    assert grey_if_grey(np.stack([grey, grey, grey + 1], axis=2)).ndim == 3


def test_that_alpha_is_put_over_black():
    image = Image.new("RGBA", (4, 4), (255, 200, 100, 0))
    image.putpixel((0, 0), (255, 200, 100, 255))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    read = raster.decode(buffer.getvalue())
    assert read[0, 0].tolist() == [255, 200, 100] and read[1, 1].tolist() == [0, 0, 0]


def test_that_a_photograph_taken_sideways_stands_upright():
    image = Image.new("L", (8, 4))
    exif = image.getexif()
    exif[0x0112] = 6
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", exif=exif)
    assert raster.decode(buffer.getvalue()).shape == (8, 4)


def test_that_sixteen_bits_are_windowed_and_not_cut_off():
    array = np.linspace(0, 4000, 400, dtype=np.uint16).reshape(20, 20)
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, "PNG")
    read = raster.decode(buffer.getvalue())
    assert read.dtype == np.uint8 and read.min() == 0 and read.max() == 255
    assert (np.diff(read.reshape(-1).astype(int)) >= 0).all()


def test_that_cmyk_is_read_as_rgb():
    buffer = io.BytesIO()
    Image.new("CMYK", (4, 4), (0, 255, 255, 0)).save(buffer, "JPEG")
    red = raster.decode(buffer.getvalue())[2, 2]
    assert red[0] > 200 and red[1] < 60


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "empty"),
        (b"just some text", "not a picture"),
        (png_header_of(30_000, 30_000), "30000 x 30000"),
        (png_header_of(100, 100), "broken"),
    ],
)
def test_that_what_cannot_be_read_says_why(data, why):
    with pytest.raises(ImageUnreadable, match=why):
        raster.decode(data)


def test_that_a_truncated_jpeg_says_that_it_is_broken(folder):
    buffer = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64), np.uint8)).save(buffer, "JPEG")
    with pytest.raises(ImageUnreadable, match="broken"):
        raster.decode(buffer.getvalue()[:300])


def test_that_a_file_that_is_gone_says_so(tmp_path):
    with pytest.raises(ImageUnreadable, match="cannot be opened"):
        FolderSource(tmp_path).read(ImageRef("gone.png"))


def test_that_a_scan_finds_pictures_in_nested_folders_and_nothing_else(folder):
    (folder / "notes.txt").write_text("not a picture")
    (folder / ".hidden.png").write_bytes(b"x")
    deep = folder / "a" / "b" / "c"
    deep.mkdir(parents=True)
    Image.new("L", (5, 5)).save(deep / "00.PNG")
    found = [item.ref.path for item in FolderSource(folder).scan()]
    assert len(found) == 25 and "a/b/c/00.PNG" in found
    assert len(set(found)) == 25, "files of one name in two folders are two images"


def test_that_links_to_folders_are_not_followed(folder):
    (folder / "loop").symlink_to(folder, target_is_directory=True)
    assert len(list(FolderSource(folder).scan())) == 24


def test_that_empty_and_special_files_are_rows_with_an_error(folder):
    (folder / "empty.png").touch()
    os.mkfifo(folder / "pipe.png")
    (folder / "dangling.png").symlink_to(folder / "nowhere")
    errors = {item.ref.path: item.error for item in FolderSource(folder).scan() if item.error}
    assert set(errors) == {"empty.png", "pipe.png", "dangling.png"}


def test_that_a_folder_that_cannot_be_opened_is_a_row_with_an_error(folder, monkeypatch):
    real = os.scandir

    def guarded(path):
        if str(path).endswith("stripes"):
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", guarded)
    items = list(FolderSource(folder).scan())
    assert [(i.ref.path, i.error) for i in items if i.error] == [
        ("stripes/", "the folder cannot be opened: Permission denied")
    ]
    assert len(items) == 13


@pytest.mark.skipif(sys.platform != "linux", reason="file names are bytes on Linux only")
def test_that_a_name_that_is_not_utf8_is_found_and_read(folder):
    target = os.fsencode(folder) + b"/na\xefve.png"
    (folder / "discs" / "00.png").rename(os.fsdecode(target))
    (item,) = [i for i in FolderSource(folder).scan() if i.ref.shown == "na\\xefve.png"]
    assert FolderSource(folder).read(item.ref).array.shape == (40, 40)


@pytest.mark.parametrize("shape", [(28, 28), (64, 64, 3), (224, 224)])
@pytest.mark.parametrize("flat", [True, False])
def test_that_an_npz_in_the_medmnist_layout_is_read(tmp_path, shape, flat):
    rng = np.random.default_rng(0)
    arrays = {}
    for split, n in (("train", 5), ("val", 0), ("test", 2)):
        arrays[f"{split}_images"] = rng.integers(0, 255, (n, *shape), np.uint8)
        labels = rng.integers(0, 2, (n, 1)).astype(np.uint8)
        arrays[f"{split}_labels"] = labels[:, 0] if flat else labels
    path = tmp_path / "set.npz"
    np.savez(path, **arrays)
    source = open_source(path)
    items = list(source.scan())
    assert [i.ref.path for i in items][-2:] == ["test/000000.png", "test/000001.png"] and len(items) == 7
    assert (source.read(items[5].ref).array == arrays["test_images"][0]).all()
    assert list(source.labels().values()) == [
        int(v) for k in ("train", "test") for v in arrays[f"{k}_labels"].reshape(-1)
    ]


def test_that_an_npz_with_pickled_objects_is_refused(tmp_path):
    path = tmp_path / "evil.npz"
    np.savez(path, train_images=np.array([{"a": 1}], dtype=object))
    with pytest.raises(UserError, match="never loaded"):
        list(NpzSource(path).scan())


@pytest.mark.parametrize(
    "arrays",
    [
        {"images": np.zeros((2, 8, 8), np.uint8)},
        {"train_images": np.zeros((2, 8, 8), np.float32)},
        {"train_images": np.zeros((2, 8, 8, 2), np.uint8)},
    ],
)
def test_that_an_npz_of_another_layout_is_a_clear_error(tmp_path, arrays):
    path = tmp_path / "set.npz"
    np.savez(path, **arrays)
    with pytest.raises(UserError):
        list(NpzSource(path).scan())


def test_that_a_file_that_is_no_archive_is_a_clear_error(tmp_path):
    path = tmp_path / "set.npz"
    path.write_bytes(b"PK nonsense")
    with pytest.raises(UserError, match="cut off or damaged"):
        list(NpzSource(path).scan())


@pytest.mark.parametrize("name", ["nothing here", "file.txt"])
def test_that_a_path_without_images_is_a_clear_error(tmp_path, name):
    if name.endswith("txt"):
        (tmp_path / name).touch()
    with pytest.raises(UserError):
        open_source(tmp_path / name)


def test_that_decoding_in_threads_keeps_the_order_and_the_errors(folder):
    (folder / "discs" / "03.png").write_bytes(b"broken")
    source = FolderSource(folder)
    images = [(100 + i, item.ref) for i, item in enumerate(source.scan())]
    results = list(decode_all(source, images, lambda pixels: pixels.array.mean(), ahead=4, threads=3))
    assert [r.row for r in results] == [row for row, _ in images]
    assert [r.row for r in results if r.error] == [103]
    assert (results[0].width, results[0].height, results[0].grey) == (40, 40, True)
    assert len(results[0].sha256) == 32


def test_that_a_decoding_pass_can_be_left_early(folder):
    source = FolderSource(folder)
    images = [(i, item.ref) for i, item in enumerate(source.scan())]
    results = decode_all(source, images, lambda pixels: pixels, ahead=2)
    next(results)
    results.close()


@pytest.mark.parametrize("shape", [(10, 40), (40, 10), (7, 7), (300, 1), (10, 40, 3)])
def test_that_fitting_into_a_square_keeps_the_aspect_and_pads_with_black(shape):
    fitted = fit_square(np.full(shape, 200, np.uint8), 28)
    assert fitted.shape == (28, 28, *shape[2:])
    filled = (fitted.reshape(28, 28, -1)[..., 0] > 100).sum() / 28**2
    assert filled == pytest.approx(min(shape[:2]) / max(shape[:2]), abs=0.04)


# Large pictures are rendered in strips


def plainly(data: bytes) -> np.ndarray:
    """What `raster.decode` gives, in Pillow's own steps, each on the whole picture."""
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    if image.mode in ("1", "L"):
        return np.asarray(image.convert("L"))
    rgba = image.convert("RGBA")
    over_black = Image.alpha_composite(Image.new("RGBA", rgba.size, "black"), rgba)
    return grey_if_grey(np.asarray(over_black.convert("RGB")))


def windowed(data: bytes) -> np.ndarray:
    """The same of more than 8 bits."""
    values = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data)))).astype(np.float32)
    low, high = np.percentile(values[np.isfinite(values)], (0.5, 99.5))
    return np.asarray(
        (np.clip((np.nan_to_num(values, nan=low) - low) / (high - low), 0, 1) * 255).round(), np.uint8
    )


def encoded(image: Image.Image, format: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def colourful(mode: str) -> Image.Image:
    """Noise of 50 x 37 px, with full, half and no alpha where `mode` has it."""
    noise = np.random.default_rng(1).integers(0, 255, (37, 50, 4), np.uint8)
    noise[10:20, :, 3], noise[:, 30:, 3] = 255, 0
    return Image.fromarray(noise).convert(mode)


@pytest.fixture(params=[1, 333, 10_000], ids="strips of {} px".format)
def strip(request, monkeypatch) -> None:
    monkeypatch.setattr(strips, "STRIP_PIXELS", request.param)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["JPEG", "PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_that_a_picture_of_any_orientation_stands_upright(strip, mode, format, orientation):
    image = colourful(mode)
    exif = image.getexif()
    exif[0x0112] = orientation
    data = encoded(image, format, exif=exif)
    read = raster.decode(data)
    assert read.shape[:2] == ((37, 50) if orientation < 5 else (50, 37))
    assert read.shape == plainly(data).shape and (read == plainly(data)).all()


@pytest.mark.parametrize(
    ("format", "mode", "options"),
    [
        *(("PNG", mode, {}) for mode in ("1", "L", "LA", "P", "RGB", "RGBA")),
        *(("PNG", mode, {"transparency": 7}) for mode in ("L", "P")),
        ("PNG", "RGB", {"transparency": (0, 1, 2)}),
        *(("GIF", mode, {}) for mode in ("L", "P", "RGBA")),
        *(("JPEG", mode, {}) for mode in ("L", "RGB", "CMYK")),
        *(("TIFF", mode, {}) for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr")),
        *(("WEBP", mode, {}) for mode in ("RGB", "RGBA")),
        ("BMP", "P", {}),
    ],
)
def test_that_every_mode_is_rendered_as_the_whole_picture_would_be(strip, format, mode, options):
    data = encoded(colourful(mode), format, **options)
    read, expected = raster.decode(data), plainly(data)
    assert read.dtype == np.uint8 and read.shape == expected.shape and (read == expected).all()


@pytest.mark.parametrize(
    ("format", "dtype"),
    [("PNG", np.uint16), ("TIFF", np.uint16), ("TIFF", np.int32), ("TIFF", np.float32)],
)
@pytest.mark.parametrize("orientation", [1, 6])
def test_that_more_than_eight_bits_are_windowed_over_the_whole_picture(strip, format, dtype, orientation):
    values = np.random.default_rng(2).normal(1000, 300, (37, 50)).clip(0, 4000).astype(dtype)
    if dtype is np.float32:
        values[3, 3:9] = np.nan, np.inf, -np.inf, np.nan, np.inf, -np.inf
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(Image.fromarray(values), format, exif=exif)
    assert (raster.decode(data) == windowed(data)).all()


def test_that_grey_is_grey_only_when_every_strip_is(strip):
    grey = colourful("L").convert("RGB")
    assert raster.decode(encoded(grey, "PNG")).shape == (37, 50)
    grey.putpixel((49, 36), (1, 2, 3))
    assert raster.decode(encoded(grey, "PNG")).shape == (37, 50, 3)


def test_that_a_large_picture_is_not_held_in_many_copies():
    """Pillow's own memory is not seen here: 4 bytes a pixel, once."""
    data = encoded(Image.new("RGB", (4000, 4000), "red"), "JPEG")
    raster.decode(data)  # what is imported does not count
    tracemalloc.start()
    read = raster.decode(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1.6 * read.nbytes


def test_that_reading_a_small_file_reserves_no_more_than_it_holds(tmp_path):
    file = DiskFile(picture(tmp_path / "a.png"), "a.png")
    file.read()
    tracemalloc.start()
    data = file.read()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < len(data) + 100_000


def test_that_a_file_larger_than_is_read_as_a_whole_is_refused_unread(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "MAX_FILE_BYTES", 100)
    (tmp_path / "a.png").write_bytes(bytes(101))
    with pytest.raises(ImageUnreadable, match="larger than"):
        DiskFile(tmp_path / "a.png", "a.png").read()


def test_that_decoding_in_threads_leaves_the_warnings_of_the_process_alone(folder):
    source = FolderSource(folder)
    refs = list(enumerate([item.ref for item in source.scan()] * 20))
    before = list(warnings.filters)
    assert not [item.error for item in decode_all(source, refs, lambda pixels: None, threads=8) if item.error]
    assert warnings.filters == before
