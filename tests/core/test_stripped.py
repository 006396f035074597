"""Copies of pictures hold no texts; what they show is the same."""

import io
import struct
import zipfile
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, JpegImagePlugin, PngImagePlugin

from core.exports.folders import export_folders
from core.exports.options import ExportRequest
from core.exports.stripped import stripped
from core.images.folder import FolderSource
from core.images.formats.raster import decode, orientation_of
from core.images.pixels import ImageUnreadable
from core.images.zip_archive import ZipSource
from tests.core.tables import table_of

NAME = b"Doe^Jane"
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
SUFFIX = {"JPEG": ".jpg", "PNG": ".png", "GIF": ".gif", "WEBP": ".webp", "BMP": ".bmp"}
MODES = {"JPEG": ("L", "RGB", "CMYK"), "PNG": ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"), "GIF": ("L", "P")}
MODES |= {"WEBP": ("RGB", "RGBA"), "BMP": ("1", "L", "P", "RGB")}
XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF><a>Doe^Jane</a>%s</rdf:RDF></x:xmpmeta>"


def random_picture(mode: str, size=(19, 13), seed=0) -> Image.Image:
    rng = np.random.default_rng(seed)
    if mode == "I;16":
        return Image.fromarray(rng.integers(0, 65535, size[::-1]).astype(np.uint16))
    return Image.fromarray(rng.integers(0, 255, (*size[::-1], 4), np.uint8), "RGBA").convert(mode)


def exif_of(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x010E] = NAME.decode()
    exif.get_ifd(0x8769)[0x9286] = b"ASCII\0\0\0" + NAME
    if orientation:
        exif[0x0112] = orientation
    return exif


def with_texts(kind: str, picture: Image.Image, orientation=0, **options) -> bytes:
    """A file that has the name wherever the format and Pillow have room for it."""
    texts = {
        "comment": NAME,
        "exif": exif_of(orientation).tobytes(),
        "xmp": XMP % b"",
        "icc_profile": PROFILE,
    }
    if kind == "PNG":
        info = PngImagePlugin.PngInfo()
        info.add_text("Patient", NAME.decode())
        info.add_text("Packed", NAME.decode(), zip=True)
        info.add_itxt("Other", NAME.decode())
        info.add(b"prVt", NAME)
        texts |= {"pnginfo": info, "comment": None, "xmp": None}
    if kind in ("GIF", "BMP"):
        texts = {"comment": NAME} if kind == "GIF" else {}
    target = io.BytesIO()
    picture.save(target, kind, **texts, **options)
    return target.getvalue() + NAME


def frames_of(data: bytes) -> list[bytes]:
    with Image.open(io.BytesIO(data)) as image:
        found = []
        for number in range(getattr(image, "n_frames", 1)):
            image.seek(number)
            found.append((image.mode, image.size, image.convert("RGBA").tobytes()))
        return found


@settings(deadline=None)
@given(
    st.sampled_from([(kind, mode) for kind, modes in MODES.items() for mode in modes]),
    st.tuples(st.integers(1, 40), st.integers(1, 40)),
    st.integers(0, 9),
    st.integers(0, 99),
    st.booleans(),
)
def test_that_nothing_is_left_of_texts_and_all_of_what_is_shown(what, size, orientation, seed, other):
    kind, mode = what
    options = {"progressive": other, "optimize": other} if kind == "JPEG" else {}
    options |= {"lossless": other} if kind == "WEBP" else {}
    data = with_texts(kind, random_picture(mode, size, seed), orientation, **options)
    plain = stripped(data, "x" + SUFFIX[kind])
    assert plain is not None and NAME in data and NAME not in plain and b"Packed" not in plain
    assert (decode(plain) == decode(data)).all()
    assert orientation_of(plain) == orientation_of(data)
    assert frames_of(plain) == frames_of(data)
    assert stripped(plain, "X" + SUFFIX[kind].upper()) == plain, "there is nothing more to take out"
    with Image.open(io.BytesIO(plain)) as image:
        kept = set(image.getexif())
        assert kept == ({0x0112} if orientation_of(data) > 1 else set())
        assert ("icc_profile" in image.info) == (kind in ("JPEG", "PNG", "WEBP"))


@pytest.mark.parametrize("kind", ["PNG", "GIF", "WEBP"])
def test_that_animations_keep_their_frames(kind):
    pictures = [random_picture("RGB", seed=seed) for seed in range(3)]
    data = with_texts(kind, pictures[0], save_all=True, append_images=pictures[1:], duration=40, loop=3)
    plain = stripped(data, "x" + SUFFIX[kind])
    assert len(frames_of(data)) == 3 and frames_of(plain) == frames_of(data) and NAME not in plain
    with Image.open(io.BytesIO(plain)) as image:
        image.load()
        assert image.info["loop"] == 3 and image.info["duration"] == 40


@pytest.mark.parametrize("kind", sorted(SUFFIX))
def test_that_a_file_without_texts_is_copied_byte_for_byte(kind):
    target = io.BytesIO()
    random_picture("L").save(target, kind)
    assert stripped(target.getvalue(), "x" + SUFFIX[kind]) == target.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "PNG"])
def test_that_an_orientation_in_xmp_is_kept_without_the_xmp(kind):
    xmp = XMP % b"<tiff:Orientation>6</tiff:Orientation>"
    target, info = io.BytesIO(), PngImagePlugin.PngInfo()
    info.add_itxt("XML:com.adobe.xmp", xmp.decode())
    options = {"pnginfo": info} if kind == "PNG" else {"xmp": xmp}
    random_picture("RGB").save(target, kind, **options)
    plain = stripped(target.getvalue(), "x" + SUFFIX[kind])
    assert orientation_of(plain) == 6 and NAME not in plain
    assert (decode(plain) == decode(target.getvalue())).all()


def segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def jpeg_of(mode="L", **options) -> bytes:
    target = io.BytesIO()
    random_picture(mode).save(target, "JPEG", **options)
    return target.getvalue()


def test_that_a_jpeg_loses_thumbnails_and_every_other_segment_of_an_application():
    data = jpeg_of()
    head, rest = data[:20], data[20:]
    assert head[6:11] == b"JFIF\0"
    small = head[2:4] + struct.pack(">H", 19) + head[6:18] + b"\1\1" + b"\xff\xff\xff"
    many = b"".join(segment(marker, NAME) for marker in (*range(0xE0, 0xF0), 0xFE))
    end = rest.rindex(b"\xff\xd9")
    spoilt = head[:2] + small + many + b"\xff\xff" + rest[:end] + segment(0xFE, NAME) + rest[end:]
    assert stripped(spoilt, "x.jpe") == data
    assert (decode(spoilt) == decode(data)).all()


def test_that_restarts_and_stuffed_bytes_are_part_of_a_scan():
    data = jpeg_of("RGB", restart_marker_blocks=1, quality=100)
    assert b"\xff\xd0" in data and b"\xff\x00" in data and stripped(data + NAME, "x.jpeg") == data


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_of(*extra: bytes) -> bytes:
    target = io.BytesIO()
    random_picture("L").save(target, "PNG")
    return target.getvalue()[:33] + b"".join(extra) + target.getvalue()[33:]


def test_that_a_png_has_no_text_in_the_name_of_its_profile_or_in_overlong_chunks():
    target = io.BytesIO()
    random_picture("RGB").save(target, "PNG", icc_profile=PROFILE)
    data = target.getvalue()
    at, packed = data.index(b"iCCP") - 4, zlib.compress(PROFILE)
    (length,) = struct.unpack(">I", data[at : at + 4])
    named = data[:at] + chunk(b"iCCP", NAME + b"\0\0" + packed) + data[at + 12 + length :]
    assert NAME in named and NAME not in stripped(named, "x.png")
    with Image.open(io.BytesIO(stripped(named, "x.png"))) as image:
        assert image.info["icc_profile"] == PROFILE
    assert stripped(png_of(chunk(b"gAMA", b"\0\0\xb1\x8f" + NAME)), "x.png") == png_of()
    assert stripped(png_of(chunk(b"iCCP", NAME)), "x.png") is None


def gif_of(**options) -> bytes:
    target = io.BytesIO()
    random_picture("P").save(target, "GIF", **options)
    return target.getvalue()


def test_that_a_gif_loses_texts_over_the_picture_with_what_controls_them():
    data = gif_of()
    start = data.index(b"!\xf9") if b"!\xf9" in data else data.index(b",", 13 + 768)
    control = b"!\xf9\x04\x01\x05\x00\x07\x00"
    text = b"!\x01\x0c" + bytes(12) + bytes([len(NAME)]) + NAME + b"\0"
    other = b"!\xff\x0bXMP DataXMP" + bytes([len(NAME)]) + NAME + b"\0"
    looped = b"!\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00"
    lying = b"!\xff\x0bNETSCAPE2.0" + bytes([len(NAME)]) + NAME + b"\0"
    spoilt = data[:start] + control + text + other + lying + data[start:]
    assert stripped(spoilt, "x.gif") == data
    assert stripped(data[:start] + looped + data[start:], "x.gif") == data[:start] + looped + data[start:]
    local = data[:10] + bytes([data[10] & 0x7F]) + data[11:13] + data[13 + 768 :]
    at = local.index(b",", 13)
    local = local[: at + 9] + bytes([0x87]) + data[13 : 13 + 768] + local[at + 10 :]
    assert stripped(local, "x.gif") == local and frames_of(local) == frames_of(data)


def bmp_of(mode="L") -> bytearray:
    target = io.BytesIO()
    random_picture(mode).save(target, "BMP")
    return bytearray(target.getvalue())


def bmp_v5(profile=0) -> bytes:
    data = bmp_of("RGB")
    header = data[14:54] + bytes(84)
    header[:4] = struct.pack("<I", 124)
    header[112:120] = struct.pack("<II", 124, profile)
    head = data[:10] + struct.pack("<I", 138)
    return bytes(head + header + data[54:])


def test_that_a_bmp_ends_with_its_pixels_whatever_size_it_states():
    data = bmp_of()
    lying = data + NAME
    lying[2:10] = struct.pack("<I4s", len(lying), NAME[:4])
    assert stripped(bytes(lying), "x.bmp") == data
    masked = bmp_of("RGBA")
    masked[10:14], masked[30:34] = struct.pack("<I", 66), struct.pack("<I", 3)
    masked[54:54] = struct.pack("<III", 0xFF0000, 0xFF00, 0xFF)
    masked[2:6] = struct.pack("<I", len(masked))
    assert stripped(bytes(masked), "x.bmp") == masked
    fifth = bytearray(bmp_v5())
    fifth[126:130], fifth[2:6] = bytes(4), struct.pack("<I", len(fifth))
    assert stripped(bytes(fifth), "x.bmp") == fifth


def riff(*chunks: tuple[bytes, bytes]) -> bytes:
    body = b"WEBP" + b"".join(k + struct.pack("<I", len(b)) + b + bytes(len(b) % 2) for k, b in chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def webp_of() -> bytes:
    target = io.BytesIO()
    random_picture("RGB").save(target, "WEBP", lossless=True)
    return target.getvalue()


def spoilt(kind: str) -> list[bytes]:
    """Files that are not built as their format says, each in another way."""
    png, jpeg, gif, bmp, webp = png_of(), jpeg_of(), gif_of(), bytes(bmp_of()), webp_of()
    exif = segment(0xE1, b"Exif\0\0" + exif_of(3).tobytes()[6:])
    lossless, flipped = webp[20:], png[:45] + bytes([png[45] ^ 1]) + png[46:]
    files = {
        "PNG": (
            png[:-1],
            png[1:],
            png[:8] + png[33:],
            png_of(png[8:33]),
            png_of(chunk(b"XxXx", b"")),
            flipped,
        ),
        "JPEG": (jpeg[:-2], jpeg[1:], jpeg[:2] + b"no", jpeg[:2] + b"\xff\x01" + jpeg[2:], jpeg[:-2] + exif),
        "GIF": (gif[:-1], b"GIF90a" + gif[6:], gif[:-1] + b"?;", gif[:-1] + b"!\xf9\x01\0\0;"),
        "WEBP": (webp[:-1], webp[1:], riff()[:8] + b"WAVE", riff((b"VP8X", b""), (b"VP8L", lossless))),
        "BMP": (bmp[:-1], bmp[1:], bmp[:14] + b"\x0c" + bmp[15:], bmp[:30] + b"\x01" + bmp[31:], bmp_v5(20)),
    }
    more = {
        "JPEG": jpeg[:2] + b"\xff\xfe\0\0" + jpeg[2:],
        "WEBP": riff((b"ANMF", b"short")),
        "BMP": bmp[:10] + b"\xff" + bmp[11:],
    }
    return [*files[kind], more.get(kind, b"")]


@pytest.mark.parametrize("kind", sorted(SUFFIX))
def test_that_what_is_not_built_as_its_format_says_is_not_copied(kind):
    for data in spoilt(kind):
        assert stripped(data, "x" + SUFFIX[kind]) is None, data[:20]
    for other in set(SUFFIX) - {kind}:
        assert stripped(with_texts(other, random_picture("L")), "x" + SUFFIX[kind]) is None
    assert stripped(b"", "x" + SUFFIX[kind]) is None and stripped(png_of(), "x.tif") is None


def test_that_an_orientation_which_the_format_has_no_room_for_has_the_pixels_written_anew(monkeypatch):
    monkeypatch.setattr("core.exports.stripped.orientation_of", lambda _: 6)
    for kind, data in (("GIF", gif_of()), ("BMP", bytes(bmp_of())), ("WEBP", webp_of())):
        assert stripped(data + NAME, "x" + SUFFIX[kind]) is None


def test_that_broken_exif_and_deep_pictures_without_a_tag_are_upright(monkeypatch):
    target = io.BytesIO()
    random_picture("I;16").save(target, "PNG")
    assert orientation_of(target.getvalue()) == 1
    monkeypatch.setattr(JpegImagePlugin.JpegImageFile, "getexif", lambda _: 1 // 0)
    assert orientation_of(jpeg_of()) == 1


@pytest.fixture
def originals(tmp_path):
    """Files with a name in them, one that is called what it is not, one that is taken by its copy's name."""
    root = tmp_path / "images"
    (root / "sub").mkdir(parents=True)
    for number, kind in enumerate(SUFFIX):
        (root / f"{number}{SUFFIX[kind]}").write_bytes(with_texts(kind, random_picture("L"), 6))
    tags = {"description": NAME.decode(), "artist": NAME.decode()}
    random_picture("L").save(root / "tagged.png", "TIFF", **tags)
    (root / "wrong.jpg").write_bytes(with_texts("PNG", random_picture("L")))
    (root / "sub" / "wrong.png").write_bytes(with_texts("PNG", random_picture("L")))
    return root


@pytest.mark.parametrize("zipped", [False, True])
def test_that_no_copy_in_class_folders_names_a_patient_and_each_shows_its_image(
    originals, tmp_path, ctx, zipped
):
    source = FolderSource(originals)
    if zipped:
        with zipfile.ZipFile(tmp_path / "images.zip", "w") as archive:
            for path in originals.rglob("*.*"):
                archive.write(path, path.relative_to(originals).as_posix())
        source = ZipSource(tmp_path / "images.zip")
    refs = [item.ref for item in source.scan()]
    out = tmp_path / "sorted"
    result = export_folders(ExportRequest(table_of(refs, [0] * len(refs)), source, out, split=False), ctx)
    copies = {path.name: path.read_bytes() for path in (out / "a").iterdir()}
    assert result.rows == len(copies) == len(refs) == 8
    assert not [name for name, data in copies.items() if NAME in data]
    assert {"tagged.png", "wrong.png"} <= set(copies) and "wrong.jpg" not in copies
    for name in ("0.jpg", "1.png", "2.gif", "3.webp", "4.bmp", "tagged.png"):
        assert (decode(copies[name]) == decode((originals / name).read_bytes())).all(), name
    assert copies["tagged.png"].startswith(b"\x89PNG") and copies["wrong.png"].startswith(b"\x89PNG")
    assert "sub__wrong.png" in copies, "the second one of a name"


@settings(deadline=None)
@given(st.sampled_from(sorted(SUFFIX)), st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=4))
def test_that_damaged_files_are_copied_refused_or_unreadable_and_nothing_else(kind, changes):
    data = bytearray(with_texts(kind, random_picture("L"), 6))
    for where, value in changes:
        data[int(where * (len(data) - 1))] = value
    try:
        plain = stripped(bytes(data), "x" + SUFFIX[kind])
    except ImageUnreadable:
        return
    assert plain is None or stripped(plain, "x" + SUFFIX[kind]) == plain
