"""DICOM files made to show one property each."""

import zlib
from io import BytesIO

import imagecodecs
import jpeg_ls
import numpy as np
import pytest
from dicom_files import compressed, encoded, image, stored
from pydicom.dataset import Dataset
from pydicom.pixels import apply_voi_lut
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from core.images.details import ImageDetails
from core.images.formats import dicom, dicom_file, dicom_kept
from core.images.slices import ALL_AXIAL

RAMP = np.arange(4096, dtype=np.uint16).reshape(64, 64)


@pytest.fixture
def read(tmp_path):
    """Saves a data set and reads one of its frames."""

    def action(dataset, frame=0, name="a.dcm"):
        return dicom.read(stored(tmp_path / name, dataset), frame)

    return action


def linear(values, low, high):
    return (np.clip((values.astype(np.float64) - low) / (high - low), 0, 1) * 255).round()


def lut(entries, first=0, bits=16):
    item = Dataset()
    item.LUTDescriptor = [len(entries), first, bits]
    item.LUTData = np.asarray(entries, "<u2").tobytes()
    item["LUTData"].VR = "OW"
    return [item]


def test_that_of_several_windows_the_first_is_taken(read):
    found = read(image(RAMP, WindowCenter=[1000, 40], WindowWidth=[801, 80]))
    assert (found.details.window.low, found.details.window.high) == (599.5, 1399.5)
    np.testing.assert_array_equal(found.array, linear(RAMP, 599.5, 1399.5))


def test_that_monochrome1_is_inverted_with_and_without_a_window(read):
    for more in ({}, {"WindowCenter": 2000, "WindowWidth": 1000}):
        light = read(image(RAMP, **more)).array
        np.testing.assert_array_equal(read(image(RAMP, "MONOCHROME1", **more)).array, 255 - light)


def test_that_an_exact_window_is_one_value_wider(read):
    found = read(image(RAMP, WindowCenter=1000, WindowWidth=800, VOILUTFunction="LINEAR_EXACT"))
    np.testing.assert_array_equal(found.array, linear(RAMP, 600, 1400))


def test_that_a_sigmoid_is_shown_and_its_tangent_offered_for_the_preview(read, tmp_path):
    dataset = image(RAMP, WindowCenter=2000, WindowWidth=1000, VOILUTFunction="SIGMOID")
    found = read(dataset)
    np.testing.assert_array_equal(found.array, (apply_voi_lut(RAMP, dataset) / 65535 * 255).round())
    levels = dicom.levels(stored(tmp_path / "b.dcm", dataset), 0)
    assert (levels.window.low, levels.window.high) == (1500, 2500)
    assert "sigmoid" in found.details.notes[0]


def test_that_a_voi_lut_goes_before_a_window(read):
    table = (np.sqrt(np.arange(1000) / 999) * 65535).astype(np.uint16)
    dataset = image(RAMP, VOILUTSequence=lut(table, 500), WindowCenter=1, WindowWidth=2)
    found = read(dataset)
    np.testing.assert_array_equal(found.array, (apply_voi_lut(RAMP, dataset) / 65535 * 255).round())
    assert (found.details.window.low, found.details.window.high) == (500, 1499)


def test_that_a_modality_lut_is_applied_before_the_window(read):
    table = np.arange(4096)[::-1]
    dataset = image(RAMP, ModalityLUTSequence=lut(table), WindowCenter=1000, WindowWidth=801)
    np.testing.assert_array_equal(read(dataset).array, linear(4095 - RAMP, 599.5, 1399.5))


def test_that_a_window_in_rescaled_values_meets_signed_samples(read):
    values = RAMP.astype(np.int16) - 2000
    dataset = image(values, RescaleSlope=2, RescaleIntercept=-100, WindowCenter=0, WindowWidth=2001)
    np.testing.assert_array_equal(read(dataset).array, linear(values * 2.0 - 100, -1000.5, 999.5))


def test_that_a_window_that_is_none_leaves_the_percentiles(read):
    for center, width in ((100, 0), (100, -5), ("", "")):
        found = read(image(RAMP, WindowCenter=center, WindowWidth=width))
        assert found.details.window.origin == "percentiles"


def test_that_padding_does_not_count_for_the_percentiles(read):
    values = RAMP.astype(np.int16)
    values[:32] = -30000
    found = read(image(values, PixelPaddingValue=-30000))
    assert 2048 <= found.details.window.low < 2100
    assert not found.array[:32].any()


def test_that_bits_beyond_those_stored_do_not_show(read):
    dirty = RAMP | 0xF000
    dataset = image(dirty, BitsStored=12, HighBit=11, WindowCenter=1000, WindowWidth=801)
    found = read(dataset)
    np.testing.assert_array_equal(found.array, linear(RAMP, 599.5, 1399.5))
    assert found.details.bits == 12


def test_that_floating_samples_are_read(read):
    dataset = image(RAMP)
    del dataset.PixelData
    dataset.FloatPixelData, dataset.BitsAllocated = (RAMP / 7).astype("<f4").tobytes(), 32
    del dataset.BitsStored
    found = read(dataset)
    assert found.details.bits == 32
    assert found.array.min() == 0
    assert found.array.max() == 255


@pytest.mark.parametrize("planar", [0, 1])
def test_that_colours_by_pixel_and_by_plane_are_the_same(read, planar):
    rgb = np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8)
    dataset = image(rgb, "RGB", PlanarConfiguration=planar)
    if planar:
        dataset.PixelData = rgb.transpose(2, 0, 1).tobytes() + b"\0"
    np.testing.assert_array_equal(read(dataset).array, rgb)


def test_that_ybr_becomes_rgb(read):
    ybr = np.zeros((4, 4, 3), np.uint8) + np.array([76, 85, 255], np.uint8)
    np.testing.assert_allclose(read(image(ybr, "YBR_FULL")).array[0, 0], [254, 0, 0], atol=1)


def test_that_a_palette_of_8_bits_gives_its_colours(read):
    colours = np.random.default_rng(0).integers(0, 256, (256, 3), np.uint8)
    dataset = image(np.arange(256, dtype=np.uint8).reshape(16, 16), "PALETTE COLOR")
    for place, name in enumerate(("Red", "Green", "Blue")):
        setattr(dataset, f"{name}PaletteColorLookupTableDescriptor", [256, 0, 8])
        setattr(dataset, f"{name}PaletteColorLookupTableData", colours[:, place].tobytes())
    np.testing.assert_array_equal(read(dataset).array, colours.reshape(16, 16, 3))


def test_that_frames_are_images_with_their_own_window_and_hash(tmp_path):
    frames = np.stack([RAMP, RAMP[::-1]])
    shared, first, second = Dataset(), Dataset(), Dataset()
    for group, center in ((first, 1000), (second, 2000)):
        voi = Dataset()
        voi.WindowCenter, voi.WindowWidth = center, 801
        group.FrameVOILUTSequence = [voi]
    rescale = Dataset()
    rescale.RescaleSlope, rescale.RescaleIntercept = 1, 100
    shared.PixelValueTransformationSequence = [rescale]
    dataset = image(frames, SharedFunctionalGroupsSequence=[shared])
    dataset.PerFrameFunctionalGroupsSequence = [first, second]
    file = stored(tmp_path / "enhanced.dcm", dataset)
    assert list(dicom.survey(file, ALL_AXIAL).frames) == [0, 1]
    one, two = dicom.read(file, 0), dicom.read(file, 1)
    np.testing.assert_array_equal(one.array, linear(RAMP, 499.5, 1299.5))
    np.testing.assert_array_equal(two.array, linear(RAMP[::-1], 1499.5, 2299.5))
    assert one.sha256 != two.sha256
    assert one.details.frames == 2


def test_that_lossless_jpeg_is_exact_in_grey_and_colour(read):
    for syntax, bits in (("1.2.840.10008.1.2.4.57", 16), ("1.2.840.10008.1.2.4.70", 12)):
        stream = imagecodecs.jpeg8_encode(RAMP, lossless=True, bitspersample=bits)
        dataset = compressed(image(RAMP, WindowCenter=2048, WindowWidth=4001), syntax, [stream])
        np.testing.assert_array_equal(read(dataset).array, linear(RAMP, 47.5, 4047.5))
    rgb = np.random.default_rng(0).integers(0, 256, (9, 8, 3), np.uint8)
    stream = imagecodecs.jpeg8_encode(rgb, lossless=True, colorspace="RGB")
    np.testing.assert_array_equal(
        read(compressed(image(rgb, "RGB"), "1.2.840.10008.1.2.4.70", [stream])).array, rgb
    )


def test_that_signed_samples_in_lossless_jpeg_keep_their_sign(read, tmp_path):
    values = RAMP.astype(np.int16) - 2048
    stream = imagecodecs.jpeg8_encode(values.view(np.uint16) & 0xFFF, lossless=True, bitspersample=12)
    dataset = compressed(image(values, BitsStored=12, HighBit=11), "1.2.840.10008.1.2.4.70", [stream])
    np.testing.assert_array_equal(dicom.levels(stored(tmp_path / "s.dcm", dataset), 0).values, values)


def test_that_jpeg_ls_jpeg_2000_and_rle_give_the_frame_that_is_asked_for(tmp_path):
    frames = np.stack([RAMP, RAMP[::-1]])
    streams = {
        "1.2.840.10008.1.2.4.80": [imagecodecs.jpegls_encode(frame) for frame in frames],
        "1.2.840.10008.1.2.4.90": [
            imagecodecs.jpeg2k_encode(one, level=0, codecformat="J2K") for one in frames
        ],
    }
    for syntax, encoded_frames in streams.items():
        file = stored(tmp_path / "c.dcm", compressed(image(frames), syntax, encoded_frames))
        np.testing.assert_array_equal(dicom.levels(file, 1).values, frames[1])
    dataset = image(frames)
    dataset.compress("1.2.840.10008.1.2.5")
    np.testing.assert_array_equal(dicom.levels(stored(tmp_path / "r.dcm", dataset), 1).values, frames[1])


@pytest.mark.parametrize(("order", "mode"), [("planes", 0), ("lines", 1), ("pixels", 2)])
def test_that_colours_in_jpeg_ls_are_those_that_went_in(read, order, mode):
    rgb = (np.arange(32 * 30 * 3).reshape(32, 30, 3) // 5 % 251).astype(np.uint8)
    given = np.ascontiguousarray(rgb.transpose(2, 0, 1)) if order == "planes" else rgb
    stream = bytes(jpeg_ls.encode_array(given, interleave_mode=mode))
    dataset = compressed(image(rgb, "RGB"), "1.2.840.10008.1.2.4.80", [stream])
    np.testing.assert_array_equal(read(dataset).array, rgb)


@pytest.mark.parametrize(("largest", "dtype"), [(255, np.uint8), (4095, np.uint16), (65535, np.uint16)])
def test_that_near_lossless_jpeg_ls_is_what_pyjpegls_decodes(tmp_path, largest, dtype):
    grey = np.random.default_rng(1).integers(0, largest + 1, (9, 8)).astype(dtype)
    stream = bytes(jpeg_ls.encode_array(grey, lossy_error=2))
    file = stored(tmp_path / "n.dcm", compressed(image(grey), "1.2.840.10008.1.2.4.81", [stream]))
    buffer, _ = jpeg_ls.decode_pixel_data(stream)
    wanted = np.frombuffer(buffer, dtype).reshape(9, 8)
    assert not np.array_equal(wanted, grey)
    levels = dicom.levels(file, 0)
    found = dicom.read(file, 0).array if levels is None else levels.values
    np.testing.assert_array_equal(found, wanted)


def without_meta(dataset, implicit):
    target = BytesIO()
    syntax = ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian
    del dataset.file_meta
    dataset.save_as(target, implicit_vr=syntax.is_implicit_VR, little_endian=True)
    return target.getvalue()


@pytest.mark.parametrize("implicit", [False, True])
def test_that_a_file_without_preamble_and_meta_information_is_read(read, implicit):
    found = read(without_meta(image(RAMP), implicit))
    np.testing.assert_array_equal(found.array, read(image(RAMP)).array)


def test_that_a_deflated_file_is_read(read):
    data = encoded(image(RAMP))
    start = data.index(b"\x08\x00\x16\x00UI")
    syntax = image(RAMP)
    syntax.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    head = encoded(syntax)
    packer = zlib.compressobj(wbits=-15)
    body = packer.compress(data[start:]) + packer.flush()
    meta_end = 128 + 4 + 12 + int.from_bytes(head[140:144], "little")
    np.testing.assert_array_equal(read(head[:meta_end] + body).array, read(image(RAMP)).array)


def test_that_a_series_is_in_the_order_of_its_slices(tmp_path):
    places = {"a.dcm": 30.0, "b.dcm": -5.0, "c.dcm": 10.0}
    keys = {}
    for number, (name, z) in enumerate(places.items()):
        dataset = image(RAMP, SeriesInstanceUID="1.2.3", SeriesNumber=2, InstanceNumber=number)
        dataset.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        dataset.ImagePositionPatient = [0, 0, z]
        keys[name] = dicom.survey(stored(tmp_path / name, dataset), ALL_AXIAL).key
    other = image(RAMP, SeriesInstanceUID="1.2.4", SeriesNumber=1, InstanceNumber=9)
    keys["d.dcm"] = dicom.survey(stored(tmp_path / "d.dcm", other), ALL_AXIAL).key
    assert sorted(keys, key=keys.__getitem__) == ["d.dcm", "b.dcm", "c.dcm", "a.dcm"]


def test_that_burned_in_data_overlays_and_loss_are_told(read):
    dataset = image(RAMP, BurnedInAnnotation="YES", LossyImageCompression="01")
    dataset.add_new(0x60000010, "US", 64)
    notes = read(dataset).details.notes
    assert dicom.BURNED_IN in notes
    assert len(notes) == 3
    assert read(image(RAMP, BurnedInAnnotation="NO")).details.notes == ()


@pytest.mark.parametrize("name", ["SECRET NAME", "SECRET", "SECRET77", "secret"])
def test_that_nothing_of_the_patient_is_in_the_details(read, name):
    dataset = image(RAMP, Modality=name)
    text = repr(read(dataset).details) + read(dataset).details.to_json()
    assert "secret" not in text.lower()
    for modality in ("CT", "US", "OPT", "RTIMAGE"):
        assert read(image(RAMP, Modality=modality)).details.modality == modality


@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
def test_that_a_window_keeps_centre_and_width_as_the_header_says_them(read, function):
    details = read(image(RAMP, WindowCenter=40, WindowWidth=400, VOILUTFunction=function)).details
    assert (details.window.centre, details.window.width) == (40, 400)
    assert ImageDetails.from_json(details.to_json()) == details
    without = read(image(RAMP)).details
    assert without.window.centre is None and "null" not in without.to_json()
    assert ImageDetails.from_json(without.to_json()) == without


def test_that_32_bits_far_from_zero_are_windowed_as_pydicom_does(read):
    values = (3_000_000_000 + np.arange(4096).reshape(64, 64) % 256).astype(np.uint32)
    found = read(image(values, WindowCenter="3000000127", WindowWidth="255"))
    assert len(np.unique(found.array)) > 250
    assert len(np.unique(read(image(values)).array)) > 250
    moved = read(image(RAMP, RescaleSlope="0.5", RescaleIntercept="1000000000"))
    assert len(np.unique(moved.array)) == 256


@pytest.mark.parametrize(("dtype", "vr", "padding"), [("i2", "US", 63536), ("u2", "SS", -2000)])
def test_that_padding_in_the_other_sign_is_padding(read, dtype, vr, padding):
    values = RAMP.astype(dtype)
    values[:32] = np.array(padding % 65536, "u2").astype(dtype)
    dataset = image(values)
    dataset.add_new("PixelPaddingValue", vr, padding)
    window = read(dataset).details.window
    assert 2048 <= window.low < 2100 and window.high <= 4095


def test_that_a_decimal_comma_is_read_as_a_point(tmp_path):
    data = encoded(image(RAMP, RescaleSlope="2.5", RescaleIntercept="10"))
    assert data.count(b"2.5 ") == 1
    levels = dicom.levels(stored(tmp_path / "a.dcm", data.replace(b"2.5 ", b"2,5 ")), 0)
    np.testing.assert_array_equal(levels.values, RAMP * 2.5 + 10)


def test_that_any_of_the_sixteen_overlays_is_told(read):
    dataset = image(RAMP)
    dataset.add_new(0x601E0010, "US", 64)
    assert read(dataset).details.notes == ("Overlays in the file are not shown.",)


@pytest.mark.parametrize("missing", ["PixelRepresentation", "SamplesPerPixel"])
def test_that_what_writers_leave_out_is_taken_as_usual(read, missing):
    dataset = image(RAMP)
    expected = read(dataset).array
    del dataset[missing]
    np.testing.assert_array_equal(read(dataset).array, expected)


def test_that_the_header_of_many_frames_is_parsed_once_and_kept_without_texts(tmp_path, monkeypatch):
    frames = np.stack([RAMP, RAMP * 2])
    dataset = image(frames)
    groups = []
    for center in (1000, 3000):
        voi, item = Dataset(), Dataset()
        voi.WindowCenter, voi.WindowWidth = center, 801
        item.FrameVOILUTSequence, item.PatientComments = [voi], "Secret words"
        groups.append(item)
    dataset.PerFrameFunctionalGroupsSequence = groups
    file, parsed = stored(tmp_path / "a.dcm", dataset), []
    plain = dicom_file._open
    monkeypatch.setattr(dicom_file, "_open", lambda raw, tags: parsed.append(1) or plain(raw, tags))
    first, second = (dicom.read(file, frame) for frame in (0, 1))
    assert len(parsed) == 1
    np.testing.assert_array_equal(first.array, linear(RAMP, 599.5, 1399.5))
    np.testing.assert_array_equal(second.array, linear(RAMP * 2, 2599.5, 3399.5))
    header = dicom_kept.kept(file.identity()).header
    assert "Secret" not in str(header) and "SECRET" not in str(header.file_meta)
    stored(tmp_path / "a.dcm", image(RAMP[:32]))
    assert dicom.read(file, 0).array.shape == (32, 64)  # another file under this name
