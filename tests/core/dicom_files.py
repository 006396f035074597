"""DICOM files that tests make, and pydicom's own."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pydicom.data
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

from core.images.files import DiskFile

OWN = Path(pydicom.data.__file__).parent / "test_files"


def own_file(name: str) -> DiskFile:
    """One of the files that come with pydicom; nothing is downloaded."""
    return DiskFile(next(OWN.rglob(name)), name)


def image(pixels: np.ndarray, photometric: str = "MONOCHROME2", **elements) -> Dataset:
    """(frames, h, w) or (h, w[, 3]) integers as a data set that can be saved."""
    colour = pixels.ndim == 3 and pixels.shape[2] == 3
    found = Dataset()
    found.file_meta = FileMetaDataset()
    found.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    found.SOPClassUID, found.SOPInstanceUID = CTImageStorage, generate_uid(entropy_srcs=["test"])
    found.file_meta.MediaStorageSOPClassUID = CTImageStorage
    found.file_meta.MediaStorageSOPInstanceUID = found.SOPInstanceUID
    found.PatientName, found.PatientID, found.Modality = "Secret^Name", "SECRET-1", "CT"
    found.PhotometricInterpretation, found.SamplesPerPixel = photometric, 3 if colour else 1
    if colour:
        found.PlanarConfiguration = 0
    elif pixels.ndim == 3:
        found.NumberOfFrames = len(pixels)
    found.Rows, found.Columns = pixels.shape[:2] if colour else pixels.shape[-2:]
    found.BitsAllocated = found.BitsStored = 8 * pixels.dtype.itemsize
    found.HighBit, found.PixelRepresentation = found.BitsStored - 1, int(pixels.dtype.kind == "i")
    found.PixelData = pixels.tobytes() + bytes(pixels.nbytes % 2)
    found["PixelData"].VR = "OW" if pixels.dtype.itemsize > 1 else "OB"
    for keyword, value in elements.items():
        setattr(found, keyword, value)
    return found


def compressed(dataset: Dataset, syntax: str, frames: list[bytes]) -> Dataset:
    """The same with these encoded frames for its pixels."""
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.PixelData = encapsulate(frames)
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
    return dataset


def encoded(dataset: Dataset) -> bytes:
    target = BytesIO()
    dataset.save_as(target, enforce_file_format=True)
    return target.getvalue()


def stored(path: Path, data: Dataset | bytes) -> DiskFile:
    """Write a file and give it as a source would."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data if isinstance(data, bytes) else encoded(data))
    return DiskFile(path, path.name)
