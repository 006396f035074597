"""Whole files to begin with: made here, and real ones where they are there. Small, so that many can be tried."""

import gzip
import io
import tempfile
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

SHARED = Path(__file__).parents[2] / ".." / "shared" / "data"
MOST_BYTES = 60_000
Seed = tuple[str, bytes]  # name and content


def seeds(reader: str) -> list[Seed]:
    """The whole files for one reader, by a name whose ending tells the format."""
    return {
        "raster": _raster,
        "tiff": _tiff,
        "dicom": _dicom,
        "nifti": _nifti,
        "npz": _npz,
        "zip": _zip,
    }[reader]()


READERS = ("raster", "tiff", "dicom", "nifti", "npz", "zip")


def _picture(mode: str = "L", side: int = 24) -> Image.Image:
    y, x = np.mgrid[:side, : side + 5]
    grey = Image.fromarray(((x * 9 + y * 5) % 256).astype(np.uint8))
    if mode == "I;16":
        return Image.fromarray((x * 900 + y * 500).astype(np.uint16))
    return grey.convert("RGB").convert(mode)


def _file(picture: Image.Image, kind: str, **options) -> bytes:
    data = io.BytesIO()
    picture.save(data, kind, **options)
    return data.getvalue()


def _raster() -> list[Seed]:
    found = [
        (f"{mode}.png", _file(_picture(mode), "PNG")) for mode in ("1", "L", "P", "RGB", "RGBA", "LA", "I;16")
    ]
    found += [(f"{mode}.jpg", _file(_picture(mode), "JPEG")) for mode in ("L", "RGB", "CMYK")]
    found.append(("progressive.jpg", _file(_picture("RGB"), "JPEG", progressive=True, quality=90)))
    exif = Image.Exif()
    exif[0x0112] = 6
    found.append(("turned.jpg", _file(_picture("RGB"), "JPEG", exif=exif)))
    found += [(f"{mode}.bmp", _file(_picture(mode), "BMP")) for mode in ("1", "L", "P", "RGB")]
    frames = [_picture("P"), _picture("P").rotate(90)]
    found.append(("moving.gif", _file(frames[0], "GIF", save_all=True, append_images=frames[1:])))
    found += [("L.gif", _file(_picture("L"), "GIF")), ("RGBA.webp", _file(_picture("RGBA"), "WEBP"))]
    found.append(("lossless.webp", _file(_picture("RGB"), "WEBP", lossless=True)))
    found.append(("moving.png", _file(frames[0], "PNG", save_all=True, append_images=frames[1:])))
    return found + _real("*/*/*.jp*g") + _real("*/*/*.png")


def _real(pattern: str) -> list[Seed]:
    """Some real pictures of the development data, where that is there."""
    small = (path for path in sorted(SHARED.glob(pattern)) if path.stat().st_size < MOST_BYTES // 4)
    return [(path.name, path.read_bytes()) for path in list(small)[::400]]


def _tiff() -> list[Seed]:
    import tifffile

    found = []
    for compression in (None, "raw", "tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg", "group4"):
        mode = "1" if compression == "group4" else "RGB"
        found.append((f"{compression}.tif", _file(_picture(mode), "TIFF", compression=compression)))
    y, x = np.mgrid[:32, :48]
    for dtype in (np.uint8, np.uint16, np.int16, np.uint32, np.float32, np.float64):
        values = (x * 7 + y).astype(dtype)
        for name, options in (
            ("plain", {}),
            ("tiled", {"tile": (16, 16), "compression": "zlib"}),
            ("big", {"bigtiff": True, "byteorder": ">"}),
            ("lzw", {"compression": "lzw", "predictor": dtype not in (np.float32, np.float64)}),
        ):
            data = io.BytesIO()
            tifffile.imwrite(data, values, **options)
            found.append((f"{np.dtype(dtype).name}-{name}.tif", data.getvalue()))
    pages = io.BytesIO()
    tifffile.imwrite(pages, np.stack([x, y, x + y]).astype(np.uint16), photometric="minisblack")
    white = io.BytesIO()
    tifffile.imwrite(white, x.astype(np.uint8), photometric="miniswhite")
    return [*found, ("pages.tif", pages.getvalue()), ("white.tif", white.getvalue())]


def _dicom() -> list[Seed]:
    import pydicom.data

    folder = Path(pydicom.data.__file__).parent / "test_files"
    paths = sorted(path for path in folder.glob("*.dcm") if path.stat().st_size < MOST_BYTES)
    return [(path.name, path.read_bytes()) for path in paths]


def _nifti() -> list[Seed]:
    import nibabel

    found = []
    with tempfile.TemporaryDirectory() as folder:
        for dtype in (np.uint8, np.int16, np.float32, np.float64, ">i2"):
            for kind in (nibabel.Nifti1Image, nibabel.Nifti2Image):
                values = np.arange(7 * 6 * 5 * 2).reshape(7, 6, 5, 2).astype(dtype)
                image = kind(values, np.array([[0, 2, 0, 1], [-1, 0, 0, 2], [0, 0, 3, 4], [0, 0, 0, 1.0]]))
                image.header.set_slope_inter(2, -100)
                name = f"{kind.__name__}-{np.dtype(dtype).name}.nii"
                nibabel.save(image, Path(folder) / name)
                found.append((name, (Path(folder) / name).read_bytes()))
        colour = np.zeros((5, 4, 3), [("R", "u1"), ("G", "u1"), ("B", "u1")])
        nibabel.save(nibabel.Nifti1Image(colour, np.eye(4)), Path(folder) / "colour.nii")
        found.append(("colour.nii", (Path(folder) / "colour.nii").read_bytes()))
    return found + [(f"{name}.gz", gzip.compress(data, mtime=0)) for name, data in found[::3]]


def _npz() -> list[Seed]:
    found = []
    labels = np.arange(4)[:, None].astype(np.uint8)
    for name, shape in (("grey", (4, 9, 8)), ("colour", (4, 9, 8, 3)), ("volume", (4, 7, 7, 7))):
        images = (np.arange(np.prod(shape)) % 256).reshape(shape).astype(np.uint8)
        for save in (np.savez, np.savez_compressed):
            data = io.BytesIO()
            save(
                data, train_images=images, train_labels=labels, test_images=images[:2], test_labels=labels[:2]
            )
            found.append((f"{name}-{save.__name__}.npz", data.getvalue()))
    return found


def _zip() -> list[Seed]:
    found = []
    members = [
        ("a/x.png", _file(_picture(), "PNG")),
        ("a/y.jpg", _file(_picture("RGB"), "JPEG")),
        ("b/z.nii", _nifti()[0][1]),
        ("b/s/t.tif", _file(_picture(), "TIFF")),
        ("c/1.2.840.5", next((data for name, data in _dicom() if name == "MR_small_RLE.dcm"), b"")),
    ]
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        data = io.BytesIO()
        with zipfile.ZipFile(data, "w", method) as archive:
            for name, content in members:
                archive.writestr(zipfile.ZipInfo(name), content, method)
        found.append((f"{method}.zip", data.getvalue()))
    return found
