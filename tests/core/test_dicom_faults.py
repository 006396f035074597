"""DICOM files that are broken, or made to do harm."""

import logging
import random
import struct
import time
import warnings
import zlib
from io import BytesIO
from threading import Event, Thread

import imagecodecs
import jpeg_ls
import numpy as np
import pytest
from dicom_files import compressed, encoded, image, own_file, stored
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.uid import DeflatedExplicitVRLittleEndian

from core.images.formats import dicom, dicom_file
from core.images.pixels import ImageUnreadable
from core.images.slices import ALL_AXIAL

RAMP = np.arange(4096, dtype=np.uint16).reshape(64, 64)


def refused(tmp_path, data, match):
    file = stored(tmp_path / "a.dcm", data)
    with pytest.raises(ImageUnreadable, match=match) as caught:
        dicom.survey(file, ALL_AXIAL)
        dicom.read(file, 0)
    assert "secret" not in str(caught.value).lower()


def test_that_a_truncated_file_is_refused(tmp_path):
    data = encoded(image(RAMP))
    refused(tmp_path, data[:-100], "cut off")
    refused(tmp_path, data[:400], "holds no image|cut off|broken")
    refused(tmp_path, b"", "empty")


def test_that_what_is_not_dicom_is_refused(tmp_path):
    refused(tmp_path, b"GIF89a" + bytes(500), "not a DICOM file")


def test_that_an_absurd_size_is_refused_before_it_is_decoded(tmp_path):
    refused(tmp_path, image(RAMP, Rows=60000, Columns=60000), "too large: 60000 x 60000")
    refused(tmp_path, image(RAMP, Rows=0), "how large")
    refused(tmp_path, image(RAMP, Rows=2000), "cut off")


def test_that_a_stream_larger_than_its_header_says_is_not_decoded(tmp_path, monkeypatch):
    small = image(RAMP)
    stream = imagecodecs.jpeg8_encode(np.zeros((5000, 5000), np.uint16), lossless=True, bitspersample=16)
    monkeypatch.setattr(imagecodecs, "jpeg8_decode", lambda *_, **__: pytest.fail("decoded"))
    refused(tmp_path, compressed(small, "1.2.840.10008.1.2.4.57", [stream]), "broken")


def test_that_a_box_without_a_length_around_jpeg_2000_is_refused(tmp_path):
    boxes = b"\0\0\0\x0cjP  \r\n\x87\n" + b"\0\0\0\0ftyp" + bytes(40)  # pydicom alone goes round for ever
    refused(tmp_path, compressed(image(RAMP), "1.2.840.10008.1.2.4.90", [boxes]), "broken")


def test_that_a_lying_number_of_frames_is_bounded_by_the_file(tmp_path):
    file = stored(tmp_path / "a.dcm", image(RAMP, NumberOfFrames=2_000_000_000))
    assert len(dicom.survey(file, ALL_AXIAL).frames) == 1
    with pytest.raises(ImageUnreadable, match="1 frames"):
        dicom.read(file, 7)
    stream = imagecodecs.jpegls_encode(RAMP)
    packed = compressed(image(RAMP, NumberOfFrames=2_000_000_000), "1.2.840.10008.1.2.4.80", [stream])
    assert len(dicom.survey(stored(tmp_path / "b.dcm", packed), ALL_AXIAL).frames) < len(stream)


def test_that_a_deflate_bomb_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(dicom_file, "MAX_INFLATED_BYTES", 10_000_000)
    dataset = image(RAMP)
    dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    head = encoded(dataset)
    packer = zlib.compressobj(wbits=-15)
    bomb = packer.compress(bytes(50_000_000)) + packer.flush()
    refused(tmp_path, head[: 144 + int.from_bytes(head[140:144], "little")] + bomb, "when inflated")


def test_that_sequences_nested_without_end_are_refused(tmp_path):
    item = struct.pack("<HHL", 0xFFFE, 0xE000, 0xFFFFFFFF)
    sequence = struct.pack("<HH2sHL", 0x0028, 0x3010, b"SQ", 0, 0xFFFFFFFF)
    head = encoded(image(RAMP))
    at = head.index(struct.pack("<HH", 0x7FE0, 0x0010))
    refused(tmp_path, head[:at] + (sequence + item) * 5000 + head[at:], "nested too deeply|broken")


def test_that_a_segmented_palette_that_unpacks_without_end_is_refused(tmp_path):
    dataset = image(np.zeros((4, 4), np.uint8), "PALETTE COLOR")
    for name in ("Red", "Green", "Blue"):
        setattr(dataset, f"{name}PaletteColorLookupTableDescriptor", [0, 0, 16])
        data = struct.pack("<3H", 0, 1, 5) + struct.pack("<3H", 1, 65535, 9) * 1000
        setattr(dataset, f"Segmented{name}PaletteColorLookupTableData", data)
    refused(tmp_path, dataset, "palette")


def test_that_other_threads_go_on_while_jpeg_ls_is_decoded(tmp_path, monkeypatch):
    ended, steps, during, plain = Event(), [0], [], imagecodecs.jpegls_decode

    def go_on():
        while not ended.is_set():
            steps[0] += 1
            time.sleep(0.001)  # gives Python's lock away, and comes back only if the decoder does not hold it

    def decode(stream):
        before, found = steps[0], plain(stream)
        during.append(steps[0] - before)
        return found

    pixels = np.random.default_rng(1).integers(0, 4096, (2000, 2000), np.uint16)
    dataset = compressed(image(pixels), "1.2.840.10008.1.2.4.80", [imagecodecs.jpegls_encode(pixels)])
    monkeypatch.setattr(imagecodecs, "jpegls_decode", decode)
    other = Thread(target=go_on)
    other.start()
    try:
        dicom.read(stored(tmp_path / "a.dcm", dataset), 0)
    finally:
        ended.set()
        other.join()
    assert during[-1] > 5  # of a hundred; a decoder that holds the lock leaves one


NOISE = np.random.default_rng(3).integers(0, 250, (20, 24, 3), np.uint8)


@pytest.mark.parametrize("near", [0, 2])
@pytest.mark.parametrize("pixels", [NOISE[..., 0], RAMP * 16, NOISE], ids=["8", "16", "colour"])
def test_that_jpeg_ls_without_an_end_is_refused_at_once(tmp_path, monkeypatch, pixels, near):
    plain = imagecodecs.jpegls_decode

    def decode(stream):
        if not stream.endswith(b"\xff\xd9"):
            pytest.fail("CharLS counts through 2^32 bits after the last of these")
        return plain(stream)

    mode, kind = ({"interleave_mode": 2}, "RGB") if pixels.ndim == 3 else ({}, "MONOCHROME2")
    whole = bytes(jpeg_ls.encode_array(pixels, lossy_error=near, **mode))
    monkeypatch.setattr(imagecodecs, "jpegls_decode", decode)
    for tail in (b"", b"\1\0", b"\x10\0", b"\0\0", b"\xff"):  # zeros begin a code word; nothing follows
        stream = whole[: len(whole) // 2] + tail
        dataset = compressed(image(pixels, kind), "1.2.840.10008.1.2.4.81", [stream])
        refused(tmp_path, dataset, "broken or cut off")


def test_that_jpeg_ls_of_which_only_the_last_marker_is_cut_off_is_read(tmp_path):
    stream = imagecodecs.jpegls_encode(RAMP)
    assert stream[-2:] == b"\xff\xd9"
    file = stored(tmp_path / "a.dcm", compressed(image(RAMP), "1.2.840.10008.1.2.4.80", [stream[:-2]]))
    np.testing.assert_array_equal(dicom.levels(file, 0).values, RAMP)


def test_that_a_compression_that_is_not_known_is_refused(tmp_path):
    refused(tmp_path, compressed(image(RAMP), "1.2.840.10008.1.2.4.102", [b"\0\0"]), "video")
    refused(tmp_path, compressed(image(RAMP), "1.2.840.10008.1.2.4.94", [b"\0\0"]), "compressed in a way")


def test_that_pydicom_warns_nobody_of_what_a_header_holds(tmp_path, caplog):
    dataset = image(RAMP)
    data = encoded(dataset).replace(b"SECRET-1", b"SECRET\xff1").replace(b"MONOCHROME2 ", b"SECRETSECRE ")
    with warnings.catch_warnings(record=True) as told, caplog.at_level(logging.DEBUG):
        warnings.simplefilter("always")
        refused(tmp_path, data, "broken|not read")
    assert not told
    assert not caplog.records


def test_that_an_empty_functional_group_and_an_empty_table_do_no_harm(tmp_path):
    dataset = image(RAMP, SharedFunctionalGroupsSequence=[Dataset()], VOILUTSequence=[Dataset()])
    dataset.PerFrameFunctionalGroupsSequence = []
    assert dicom.read(stored(tmp_path / "a.dcm", dataset), 0).details.window.origin == "percentiles"


@pytest.mark.parametrize(
    "name",
    [
        "MR_small_jp2klossless.dcm",
        "JPEGLSNearLossless_08.dcm",
        "SC_rgb_small_odd_jpeg.dcm",
        "MR_small_RLE.dcm",
    ],
)
def test_that_mutated_files_are_read_or_refused(tmp_path, name):
    data, rng = own_file(name).read(), random.Random(5)
    for _ in range(25):
        mutated = bytearray(data)
        for _ in range(rng.choice((1, 3, 20))):
            mutated[rng.randrange(len(mutated))] = rng.randrange(256)
        file = stored(tmp_path / "a.dcm", bytes(mutated[: rng.choice((len(data), len(data) - 50))]))
        try:
            dicom.survey(file, ALL_AXIAL)
            assert dicom.read(file, 0).array.dtype == np.uint8
        except ImageUnreadable as error:
            assert str(error)


def test_that_a_jpeg_of_absurdly_many_scans_is_refused_before_it_is_decoded(tmp_path):
    buffer = BytesIO()
    Image.fromarray((RAMP // 16).astype(np.uint8)).save(buffer, "JPEG", progressive=True)
    stream = buffer.getvalue()
    last = stream.rindex(b"\xff\xda")
    many = stream[:last] + stream[last:-2] * 1000 + b"\xff\xd9"
    good = compressed(image((RAMP // 16).astype(np.uint8)), "1.2.840.10008.1.2.4.51", [stream])
    assert dicom.read(stored(tmp_path / "g.dcm", good), 0).array.shape == (64, 64)
    refused(tmp_path, compressed(good, "1.2.840.10008.1.2.4.51", [many]), "broken or cut off")
