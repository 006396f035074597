"""Pictures through Pillow: colours as they are meant, what was done is said, and nothing absurd is believed."""

import io
import struct
import zlib
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from PIL import Image, ImageCms

from core.images.folder import FolderSource
from core.images.formats import png16, raster
from core.images.formats.colour_profile import IGNORED, MISFIT
from core.images.levels import apply_window, percentile_window
from core.images.pixels import ImageUnreadable
from core.images.refs import ImageRef
from core.images.source import levels_of

RNG = np.random.default_rng(0)
COLOUR = RNG.integers(0, 255, (30, 40, 3), dtype=np.uint8)
DEEP = RNG.integers(200, 4000, (30, 40, 3), dtype=np.uint16)


def encoded(image: Image.Image, format: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def with_chunk(png: bytes, kind: bytes, data: bytes) -> bytes:
    """A PNG with one more chunk after its header."""
    chunk = struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return png[:33] + chunk + png[33:]


def windowed(values: np.ndarray) -> np.ndarray:
    window = percentile_window(values)
    return apply_window(values.reshape(len(values), -1), window.low, window.high).reshape(values.shape)


def curve(gamma: float) -> bytes:
    return b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256)) + bytes(2)


def profile(space: bytes, tags: dict[bytes, bytes]) -> bytes:
    """An ICC profile (version 2.1) with these tags."""
    white = b"XYZ " + bytes(4) + struct.pack(">3i", 63190, 65536, 54061)  # D50
    tags = {b"desc": b"desc" + bytes(4) + struct.pack(">I", 2) + b"x\0" + bytes(78), b"wtpt": white, **tags}
    offset, table, body = 132 + 12 * len(tags), struct.pack(">I", len(tags)), b""
    for name, data in tags.items():
        table += name + struct.pack(">II", offset + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    head = struct.pack(">I", 128 + len(table) + len(body)) + bytes(4) + b"\x02\x10\0\0mntr" + space + b"XYZ "
    head += bytes(12) + b"acsp" + bytes(128)
    head = head[:68] + struct.pack(">3i", 63190, 65536, 54061) + head[80:128]
    return head + table + body


def place(*values: float) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">3i", *(round(value * 65536) for value in values))


def swapped() -> bytes:
    """sRGB's primaries with red and green swapped."""
    red, green, blue = (0.4361, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7141)
    names = (b"rXYZ", green), (b"gXYZ", red), (b"bXYZ", blue)
    curves = {name: curve(2.2) for name in (b"rTRC", b"gTRC", b"bTRC")}
    return profile(b"RGB ", {**{name: place(*xyz) for name, xyz in names}, **curves})


SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
LINEAR_GREY = profile(b"GRAY", {b"kTRC": curve(1.0)})


# Colour profiles


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "TIFF"])
def test_that_a_profile_is_followed_to_srgb(format):
    image = Image.new("RGB", (16, 16), (255, 0, 0))
    read, details = raster.decode_with_details(encoded(image, format, icc_profile=swapped()))
    assert read[0, 0, 0] < 40 < 215 < read[0, 0, 1], "red is green there"
    assert details.notes == ()


def test_that_an_srgb_profile_changes_nothing():
    data = encoded(Image.fromarray(COLOUR), "PNG", icc_profile=SRGB)
    assert (raster.decode(data) == COLOUR).all()


def test_that_a_grey_profile_is_followed_and_grey_stays_grey():
    grey = np.arange(256, dtype=np.uint8).reshape(16, 16)
    read = raster.decode(encoded(Image.fromarray(grey), "PNG", icc_profile=LINEAR_GREY))
    linear = grey / 255
    expected = 255 * np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    assert read.ndim == 2 and np.abs(read - expected).max() < 3


@pytest.mark.parametrize("broken", [b"no profile", SRGB[:200], b"\xff" * 3000])
def test_that_a_broken_profile_is_ignored_and_said(broken):
    read, details = raster.decode_with_details(encoded(Image.fromarray(COLOUR), "PNG", icc_profile=broken))
    assert (read == COLOUR).all() and details.notes == (IGNORED,)


def test_that_a_profile_of_another_kind_of_image_is_ignored_and_said():
    read, details = raster.decode_with_details(
        encoded(Image.fromarray(COLOUR), "PNG", icc_profile=LINEAR_GREY)
    )
    assert (read == COLOUR).all() and details.notes == (MISFIT,)


# Alpha, ink, animation, orientation


@pytest.mark.parametrize(("alpha", "notes"), [(255, ()), (254, (raster.OVER_BLACK,))])
@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_that_transparent_parts_are_said_only_when_there_are_some(mode, alpha, notes):
    image = Image.new(mode, (8, 8), (200,) * (len(mode) - 1) + (255,))
    image.putpixel((3, 3), (200,) * (len(mode) - 1) + (alpha,))
    read, details = raster.decode_with_details(encoded(image, "PNG"))
    assert read.ndim == 2 and details.notes == notes and details.photometric == mode


def test_that_the_inverted_ink_of_adobe_is_read_as_it_is_meant():
    """Pillow writes CMYK with Adobe's marker and inverted, as everybody does."""
    data = encoded(Image.new("CMYK", (16, 16), (0, 255, 255, 0)), "JPEG")
    assert b"Adobe" in data[:600]
    read, details = raster.decode_with_details(data)
    assert read[8, 8, 0] > 200 and read[8, 8, 1] < 60 and details.photometric == "CMYK"


@pytest.mark.parametrize("format", ["GIF", "PNG", "WEBP"])
def test_that_of_an_animation_the_first_frame_is_shown_and_said(format):
    frames = [Image.new("L", (16, 16), 20 * number) for number in range(12)]
    data = encoded(frames[1], format, save_all=True, append_images=frames[2:])
    read, details = raster.decode_with_details(data)
    assert abs(int(read[0, 0]) - 20) < 4 and details.frames == 11
    assert details.notes == ("first of 11 frames",)


def test_that_the_frames_of_a_large_gif_are_not_counted(monkeypatch):
    monkeypatch.setattr(raster, "_COUNTED_GIF_BYTES", 100)
    frames = [Image.new("L", (16, 16), 20 * number) for number in range(12)]
    _, details = raster.decode_with_details(encoded(frames[0], "GIF", save_all=True, append_images=frames))
    assert details.frames == 1 and details.notes == ("first frame of an animation",)


def test_that_a_claim_of_absurdly_many_frames_is_not_followed():
    png = encoded(Image.fromarray(COLOUR), "PNG")
    read, details = raster.decode_with_details(with_chunk(png, b"acTL", struct.pack(">II", 2**31 - 1, 0)))
    assert (read == COLOUR).all() and details.frames >= 2**31 - 1


def test_that_broken_exif_does_not_lose_the_picture():
    data = encoded(Image.fromarray(COLOUR), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\x7f" + bytes(30))
    assert raster.decode(data).shape == COLOUR.shape


# More than 8 bits


@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize("grey", [False, True])
def test_that_png_of_sixteen_bits_is_windowed_in_all_its_bits(tmp_path: Path, grey, alpha):
    values = DEEP[..., :1] if grey else DEEP
    stored = np.concatenate([values, np.full((30, 40, 1), 65535, np.uint16)], axis=2) if alpha else values
    (tmp_path / "deep.png").write_bytes(imagecodecs.png_encode(np.ascontiguousarray(np.squeeze(stored))))
    source, ref = FolderSource(tmp_path), ImageRef("deep.png")
    pixels = source.read(ref)
    assert (pixels.array == windowed(np.squeeze(values))).all()
    assert pixels.details.bits == 16 and pixels.details.window == percentile_window(values)
    assert pixels.details.notes == ()
    levels = levels_of(source, ref)
    assert levels is not None and (levels.values == np.squeeze(values)).all()


def test_that_alpha_of_sixteen_bits_is_put_over_black_and_said():
    values = np.concatenate([DEEP, np.full((30, 40, 1), 65535, np.uint16)], axis=2)
    values[:10, :, 3] = 0
    read, details = raster.decode_with_details(imagecodecs.png_encode(values))
    assert (read[:10] == 0).all() and read[10:].any() and details.notes == (raster.OVER_BLACK,)


def test_that_a_png_too_large_for_sixteen_bits_is_shown_by_its_high_bytes(monkeypatch):
    monkeypatch.setattr(png16, "MAX_BYTES", 1000)
    read = raster.decode(imagecodecs.png_encode(DEEP * 16))
    assert (read == DEEP * 16 // 256).all()


@pytest.mark.parametrize("cut", [30, 60, 300])
def test_that_a_truncated_png_of_sixteen_bits_is_broken(cut):
    with pytest.raises(ImageUnreadable):
        raster.decode(imagecodecs.png_encode(DEEP)[:cut])


def test_that_levels_stand_upright_as_the_picture_does(tmp_path: Path):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(DEEP[..., 0]).save(tmp_path / "turned.png", exif=exif)
    (tmp_path / "colour.png").write_bytes(
        with_chunk(imagecodecs.png_encode(DEEP), b"eXIf", exif.tobytes().removeprefix(b"Exif\0\0"))
    )
    source = FolderSource(tmp_path)
    for name in ("turned.png", "colour.png"):
        ref = ImageRef(name)
        levels = levels_of(source, ref)
        assert levels is not None and levels.values.shape[:2] == (40, 30)
        assert (levels.render() == source.read(ref).array).all()


# Bombs


@pytest.mark.parametrize("kind", [b"zTXt", b"iCCP", b"iTXt"])
def test_that_a_packed_text_is_not_unpacked_without_a_bound(kind):
    """300 MB of nothing beside a small picture: it is refused, or shown without the text."""
    packed = zlib.compress(bytes(300_000_000), 9)
    head = b"key\0\1\0\0\0" if kind == b"iTXt" else b"key\0\0"
    data = with_chunk(encoded(Image.fromarray(COLOUR), "PNG"), kind, head + packed)
    import tracemalloc

    tracemalloc.start()
    try:
        assert (raster.decode(data) == COLOUR).all()
    except ImageUnreadable as error:
        assert "too large" in str(error)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000_000


def test_that_a_file_that_would_run_a_program_is_no_picture():
    """Pillow hands EPS to Ghostscript."""
    eps = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\nshowpage\n%%EOF\n"
    with pytest.raises(ImageUnreadable, match="not a picture"):
        raster.decode(eps)


def png(width: int, bits: int, row: bytes, transparent: int) -> bytes:
    """A PNG of grey, one row high, with a transparent value."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, 1, bits, 0, 0, 0, 0))
    body = chunk(b"IDAT", zlib.compress(b"\0" + row)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"tRNS", struct.pack(">H", transparent)) + body


@pytest.mark.parametrize(
    ("bits", "row", "transparent", "shown"),
    [
        (1, b"\xf0", 1, [0] * 8),
        (2, b"\x1b", 2, [0, 85, 0, 255]),
        (4, b"\x0f\x7f", 15, [0, 0, 119, 0]),
        (8, bytes((10, 77, 200, 77)), 77, [10, 0, 200, 0]),
    ],
)
def test_that_the_transparent_value_of_a_grey_png_is_put_over_black_and_said(bits, row, transparent, shown):
    array, details = raster.decode_with_details(png(len(shown), bits, row, transparent))
    assert array.tolist() == [shown] and details.notes == (raster.OVER_BLACK,)
    absent = raster.decode_with_details(png(1, 8, b"\x05", 6))
    assert absent[0].tolist() == [[5]] and not absent[1].notes


def test_that_the_transparent_value_of_a_grey_png_of_sixteen_bits_is_put_over_black_and_said(tmp_path):
    values = np.array([[1000, 2000, 30000, 1000]], ">u2")
    (tmp_path / "a.png").write_bytes(png(4, 16, values.tobytes(), 30000))
    source = FolderSource(tmp_path)
    pixels, levels = source.read(ImageRef("a.png")), levels_of(source, ImageRef("a.png"))
    assert levels.values.tolist() == [[1000, 2000, 0, 1000]]
    assert pixels.array[0, 2] == 0 and pixels.array[0, 1] == 255
    assert pixels.details.notes == (raster.OVER_BLACK,)


def progressive(scans: int) -> bytes:
    """A JPEG of 64 x 64 px with one scan of averages and many of nothing."""

    def segment(kind: int, data: bytes) -> bytes:
        return bytes((0xFF, kind)) + struct.pack(">H", len(data) + 2) + data

    codes = [segment(0xC4, bytes((kind << 4, 1, *bytes(15), symbol))) for kind, symbol in ((0, 0), (1, 0xE0))]
    head = segment(0xDB, b"\0" + bytes([1] * 64)) + segment(
        0xC2, struct.pack(">BHHB", 8, 64, 64, 1) + b"\1\x11\0"
    )
    first = segment(0xDA, b"\1\1\0\0\0\0") + bytes(8)
    more = segment(0xDA, b"\1\1\0\1\x3f\0") + b"\x7f\xff\0"
    return b"\xff\xd8" + head + b"".join(codes) + first + more * scans + b"\xff\xd9"


def test_that_a_jpeg_of_endlessly_many_scans_is_refused_before_it_is_decoded(monkeypatch):
    assert raster.decode(progressive(100)).shape == (64, 64)
    with pytest.raises(ImageUnreadable, match="too many scans"):
        raster.decode(progressive(600))


def test_that_what_only_looks_like_scans_does_not_count():
    appended = encoded(Image.fromarray(COLOUR), "JPEG") + b"\xff\xda" * 1000
    assert raster.decode(appended).shape == COLOUR.shape
    plain = encoded(Image.fromarray(COLOUR), "JPEG")
    text = b"\xff\xfe" + struct.pack(">H", 2002) + b"\xff\xda" * 1000
    assert raster.decode(plain[:2] + text + plain[2:]).shape == COLOUR.shape


def test_that_a_cut_off_png_is_said_in_plain_words():
    for values in (COLOUR, DEEP):
        data = imagecodecs.png_encode(values)
        with pytest.raises(ImageUnreadable) as caught:
            raster.decode(data[: len(data) // 2])
        assert any(words in str(caught.value) for words in ("ends before", "damaged", "do not fit"))
