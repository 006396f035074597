"""DICOM files of pydicom, read as pydicom itself renders them."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from dicom_files import OWN, own_file
from pydicom import dcmread
from pydicom.pixels import apply_color_lut, apply_modality_lut, apply_voi_lut

from core.images.formats import dicom
from core.images.formats.registry import reader_of
from core.images.pixels import ImageUnreadable
from core.images.slices import ALL_AXIAL

WINDOWED = [
    "MR_small.dcm",
    "MR_small_implicit.dcm",
    "MR_small_bigendian.dcm",
    "MR_small_expb.dcm",
    "MR_small_padded.dcm",
    "MR_small_RLE.dcm",
    "MR_small_jpeg_ls_lossless.dcm",
    "MR_small_jp2klossless.dcm",
    "693_J2KI.dcm",
    "J2K_pixelrep_mismatch.dcm",
    "examples_overlay.dcm",
    "6154",
    "6247",
    "17106",
    "2062",
    "4919",
    "15970",
]
NO_WINDOW = ["CT_small.dcm", "JPEG2000.dcm", "JPEGLSNearLossless_16.dcm", "rtdose.dcm", "rtdose_rle.dcm"]
PLAIN = ["image_dfl.dcm", "JPEGLSNearLossless_08.dcm", "liver_1frame.dcm", "liver_expb_1frame.dcm"]
COLOUR = [
    "ExplVR_BigEnd.dcm",
    "GDCMJ2K_TextGBR.dcm",
    "SC_rgb_dcmtk_+eb+cr.dcm",
    "SC_rgb_dcmtk_+eb+cy+n1.dcm",
    "SC_rgb_dcmtk_+eb+cy+np.dcm",
    "SC_rgb_dcmtk_+eb+cy+s2.dcm",
    "SC_rgb_gdcm_KY.dcm",
    "SC_rgb_jls_lossy_line.dcm",
    "SC_rgb_jls_lossy_sample.dcm",
    "SC_rgb_jpeg.dcm",
    "SC_rgb_jpeg_app14_dcmd.dcm",
    "SC_rgb_jpeg_gdcm.dcm",
    "SC_rgb_jpeg_dcmtk.dcm",
    "SC_rgb_jpeg_lossy_gdcm.dcm",
    "SC_rgb_rle.dcm",
    "SC_rgb_rle_2frame.dcm",
    "SC_rgb_rle_16bit.dcm",
    "SC_rgb_rle_32bit_2frame.dcm",
    "SC_rgb_small_odd.dcm",
    "SC_rgb_small_odd_big_endian.dcm",
    "SC_rgb_small_odd_jpeg.dcm",
    "SC_ybr_full_422_uncompressed.dcm",
    "examples_ybr_color.dcm",
    "examples_rgb_color.dcm",
    "SC_jpeg_no_color_transform.dcm",
]


def reference(name):
    """pydicom's data set and its first frame, by whichever of its own decoders answers first."""
    dataset = dcmread(next(OWN.rglob(name)))
    frames = dataset.pixel_array
    return dataset, frames[0] if int(dataset.get("NumberOfFrames", 1)) > 1 else frames


def full_range(dataset):
    """Smallest and largest value that a window of pydicom gives (its `apply_windowing`)."""
    bits, signed = dataset.BitsStored, dataset.PixelRepresentation
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    slope, intercept = dataset.get("RescaleSlope", 1), dataset.get("RescaleIntercept", 0)
    return low * slope + intercept, high * slope + intercept


@pytest.mark.parametrize("name", WINDOWED)
def test_that_a_window_of_the_header_gives_what_pydicom_gives(name):
    found = dicom.read(own_file(name), 0)
    dataset, frame = reference(name)
    low, high = full_range(dataset)
    shown = (apply_voi_lut(apply_modality_lut(frame, dataset), dataset) - low) / (high - low) * 255
    shown = 255 - shown.round() if dataset.PhotometricInterpretation == "MONOCHROME1" else shown.round()
    np.testing.assert_array_equal(found.array, shown)
    assert found.details.window.origin == "header"
    assert found.details.bits == dataset.BitsStored
    np.testing.assert_array_equal(dicom.levels(own_file(name), 0).render(), found.array)
    np.testing.assert_array_equal(dicom.thumbnail(own_file(name), 0, 16), found.array)


@pytest.mark.parametrize("name", NO_WINDOW)
def test_that_without_a_window_percentiles_of_the_rescaled_values_give_one(name):
    found = dicom.read(own_file(name), 0)
    dataset, frame = reference(name)
    values = apply_modality_lut(frame, dataset).astype(np.float64)
    low, high = np.percentile(values, (0.5, 99.5))
    assert (found.details.window.low, found.details.window.high) == pytest.approx((low, high))
    assert found.details.window.origin == "percentiles"
    expected = np.clip((values - low) / (high - low), 0, 1) * 255
    np.testing.assert_allclose(found.array, expected.round(), atol=1)


@pytest.mark.parametrize("name", PLAIN)
def test_that_images_of_8_bits_or_less_without_a_window_are_shown_as_they_are(name):
    found = dicom.read(own_file(name), 0)
    dataset, frame = reference(name)
    np.testing.assert_array_equal(found.array, frame * (255 // (2**dataset.BitsStored - 1)))
    assert dicom.levels(own_file(name), 0) is None


@pytest.mark.parametrize("name", COLOUR)
def test_that_colours_are_those_of_pydicom(name):
    found = dicom.read(own_file(name), 0)
    dataset, frame = reference(name)
    expected = (frame.astype(np.float64) * (255 / (2**dataset.BitsStored - 1))).round()
    np.testing.assert_allclose(found.array, expected, atol=1)
    assert found.details.window is None


def test_that_a_palette_gives_its_colours():
    found = dicom.read(own_file("examples_palette.dcm"), 0)
    dataset, frame = reference("examples_palette.dcm")
    np.testing.assert_array_equal(found.array, apply_color_lut(frame, dataset) >> 8)
    assert found.details.photometric == "PALETTE COLOR"


def test_that_12_bit_jpeg_which_pydicom_cannot_decode_is_read_as_gdcm_reads_it():
    import gdcm

    reader = gdcm.ImageReader()
    reader.SetFileName(str(OWN / "JPGExtended.dcm"))
    assert reader.Read()
    data = reader.GetImage().GetBuffer().encode("utf-8", "surrogateescape")
    found = dicom.levels(own_file("JPGExtended.dcm"), 0)
    np.testing.assert_array_equal(found.values, np.frombuffer(data, "<u2").reshape(1024, 256))


@pytest.mark.parametrize("name", ["DICOMDIR", "DICOMDIR-bigEnd", "DICOMDIR-implicit", "IM000000"])
def test_that_objects_without_an_image_and_without_an_ending_are_no_images(name):
    assert list(dicom.survey(own_file(name), ALL_AXIAL).frames) == []


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("test-SR.dcm", "structured report"),
        ("reportsi.dcm", "structured report"),
        ("rtplan.dcm", "radiotherapy plan"),
        ("waveform_ecg.dcm", "waveform"),
        ("DICOMDIR-empty.dcm", "directory of a disc"),
    ],
)
def test_that_a_dicom_file_without_an_image_says_what_it_is(name, kind):
    for action in (lambda file: dicom.survey(file, ALL_AXIAL), lambda file: dicom.read(file, 0)):
        with pytest.raises(ImageUnreadable, match=kind):
            action(own_file(name))


def test_that_threads_decode_at_once():
    names = [name for name in WINDOWED if "small" in name] * 4
    alone = [dicom.read(own_file(name), 0).sha256 for name in names]
    with ThreadPoolExecutor(8) as pool:
        assert [
            found.sha256 for found in pool.map(lambda name: dicom.read(own_file(name), 0), names)
        ] == alone


def test_that_files_without_an_ending_are_known_by_their_first_bytes():
    assert reader_of(own_file("6154")) is dicom
