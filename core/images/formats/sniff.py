"""Whether a file whose name does not tell may be DICOM: by the name first, then by its first bytes."""

import re
from functools import cache

HEAD = 256  # bytes that tell a format where the name does not

# A name with one of these says nothing of the format: DICOM files are often called by a number.
_BARE = re.compile(r"^[^.]*$|.*\.\d+$")
# Endings of files that are no DICOM, which a scan does not open. Others (x.CT, MR.1.img, IMG1.DCM;1) may be.
_OTHERS = """
txt text md rst log csv tsv xls xlsx ods json jsonl xml xsd xsl yaml yml toml ini cfg conf properties html htm css
pdf doc docx odt rtf tex ppt pptx odp eps ps svg zip gz bz2 xz zst lz4 tgz tar 7z rar iso
py pyc pyi ipynb r rmd m mat c h cc cpp hpp java class jar js mjs ts tsx jsx go rs rb pl php sh bat ps1 sql lua
exe dll so dylib o a lib msi deb rpm dmg bin npy npz h5 hdf5 hdf nc zarr pkl pickle parquet arrow feather
pt pth ckpt onnx safetensors tflite pb db sqlite sqlite3 mdb lock tmp bak swp url lnk desktop
mp4 avi mov mkv webm mpg mpeg wmv mp3 wav flac ogg m4a
jfif jp2 j2k jpx jxl jxr avif heic heif pgm ppm pbm pnm tga ico psd xcf raw cr2 nef dng hdr exr svs ndpi mrxs
nrrd nhdr mha mhd mgz mgh bvec bval vtk stl obj ply gii
"""
_VRS = frozenset(
    (
        b"AE AS AT CS DA DS DT FD FL IS LO LT OB OD OF OL OV OW PN SH SL SQ SS ST SV TM UC UI UL UN UR US UT UV"
    ).split()
)
# Elements of group 0008 with which a data set begins, and group lengths (PS3.6).
_FIRST = frozenset((0x0000, 0x0001, 0x0005, 0x0006, 0x0008, 0x0012, 0x0013, 0x0014, 0x0016, 0x0018))
_MAX_FIRST_BYTES = 1024  # of the value of such an element


@cache
def _other_endings() -> frozenset[str]:
    return frozenset(_OTHERS.split())


def may_be_dicom(name: str) -> bool:
    """Whether only a look into the file can tell; of a name whose ending is of no format that is read."""
    base = name.rpartition("/")[2]
    return _BARE.match(base) is not None or base.rpartition(".")[2].lower() not in _other_endings()


def is_dicom_called(name: str, head: bytes) -> bool:
    """By the first bytes; where there is an ending, though an unknown one, only the mark behind a preamble counts."""
    bare = _BARE.match(name.rpartition("/")[2]) is not None
    return is_dicom(head) if bare else has_mark(head)


def has_mark(head: bytes) -> bool:
    """The mark behind the preamble (PS3.10, 7.1)."""
    return head[128:132] == b"DICM"


def is_dicom(head: bytes) -> bool:
    """A DICOM file by its first bytes: with a preamble, or beginning with a group of the standard (PS3.10) and a
    plausible element, in any of the three ways in which they are written (PS3.5, 7.1).
    """
    if has_mark(head):
        return True
    vr = head[4:6]
    if head[:2] in (b"\x02\x00", b"\x08\x00") and head[3:4] == b"\x00" and vr.isalpha() and vr.isupper():
        return True
    if head[:2] == b"\x00\x08":
        return vr in _VRS and int.from_bytes(head[2:4], "big") in _FIRST
    return _is_implicit(head)


def _is_implicit(head: bytes) -> bool:
    """A first element without a VR, little-endian, whose length leads to a tag that may follow it."""
    if head[:2] != b"\x08\x00" or int.from_bytes(head[2:4], "little") not in _FIRST:
        return False
    length = int.from_bytes(head[4:8], "little")
    if length % 2 or length > _MAX_FIRST_BYTES:
        return False
    following = head[8 + length : 12 + length]
    return len(following) < 4 or (
        following[:2] == b"\x08\x00" and int.from_bytes(following[2:], "little") > head[2] + (head[3] << 8)
    )
