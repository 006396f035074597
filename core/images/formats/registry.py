"""The formats that can be read: a row here and a module each. Nothing is imported until a file is read."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Protocol, cast

from core.images.files import ImageFile
from core.images.formats.sniff import HEAD, is_dicom_called, may_be_dicom
from core.images.levels import Levels
from core.images.pixels import ImageUnreadable, Pixels, UInt8
from core.images.slices import SliceChoice


@dataclass(frozen=True)
class Survey:
    """What the header of a file tells a scan: the frames that are images (none where the file holds no image),
    and a key by which the files of one folder are put in order, names break ties.
    """

    frames: Sequence[int] = (0,)
    key: tuple[str | float, ...] = ()


class Reader(Protocol):
    """What the module of a format has. All raise `ImageUnreadable`, whatever the file holds."""

    def survey(self, file: ImageFile, slices: SliceChoice) -> Survey:
        """Read the header. Called by a scan, and only for formats whose files hold several images."""
        ...

    def read(self, file: ImageFile, frame: int) -> Pixels:
        """One image, ready for a model, with its details."""
        ...

    def thumbnail(self, file: ImageFile, frame: int, side: int) -> UInt8:
        """As `read` shows it, smaller where that is cheaper; the longer side keeps `side` px where it has them."""
        ...

    def levels(self, file: ImageFile, frame: int) -> Levels | None:
        """The samples behind the image, to be seen through other windows; None where 8 bits are all there is."""
        ...


@dataclass(frozen=True)
class Format:
    """`suffixes` are in lower case; `surveyed`: a scan reads the header, for files of several images; `ordered`: and
    puts the files of a folder in order by it.
    `sniff` tells by the name and the first bytes of a file that has none of the suffixes.
    """

    name: str
    suffixes: tuple[str, ...]
    module: str
    surveyed: bool = False
    ordered: bool = False
    sniff: Callable[[str, bytes], bool] | None = None

    def reader(self) -> Reader:
        return cast(Reader, import_module(self.module))


_PLAIN = Format(
    "raster", (".png", ".jpg", ".jpeg", ".jpe", ".bmp", ".gif", ".webp"), "core.images.formats.raster"
)
FORMATS = (
    _PLAIN,
    Format("TIFF", (".tif", ".tiff", ".btf"), "core.images.formats.tiff", surveyed=True),
    Format(
        "DICOM",
        (".dcm", ".dicom", ".dic", ".ima"),
        "core.images.formats.dicom",
        surveyed=True,
        ordered=True,
        sniff=is_dicom_called,
    ),
    Format("NIfTI", (".nii", ".nii.gz"), "core.images.formats.nifti", surveyed=True),
)
SUFFIXES = frozenset(suffix for known in FORMATS for suffix in known.suffixes)


def format_by_name(name: str) -> Format | None:
    """The format that a file's name tells; None when it tells none."""
    lower = name.lower()
    return next((known for known in FORMATS if lower.endswith(known.suffixes)), None)


def is_nameless(name: str) -> bool:
    """Whether only a look into the file can tell what it is."""
    return format_by_name(name) is None and may_be_dicom(name)


def is_surveyed(name: str) -> bool:
    """Whether a scan opens a file of this name, to see how many images are in it."""
    known = format_by_name(name)
    return is_nameless(name) if known is None else known.surveyed


def is_ordered(name: str) -> bool:
    """Whether the header of a file of this name may say where it stands among the others."""
    known = format_by_name(name)
    return is_nameless(name) if known is None else known.ordered


def is_plain(name: str) -> bool:
    """Whether a file of this name is a picture that every program shows, of one image."""
    return name.lower().endswith(_PLAIN.suffixes)


def stem_of(name: str) -> str:
    """The name without the suffix that tells its format; whole where none does."""
    known = format_by_name(name)
    fitting = [] if known is None else [len(s) for s in known.suffixes if name.lower().endswith(s)]
    return name[: len(name) - max(fitting, default=0)]


def format_of(file: ImageFile) -> Format | None:
    """The format of a file by its name, or by its first bytes where the name tells none."""
    known = format_by_name(file.name)
    if known is not None or not is_nameless(file.name):
        return known
    head = file.head(HEAD)
    return next(
        (known for known in FORMATS if known.sniff is not None and known.sniff(file.name, head)), None
    )


def reader_of(file: ImageFile) -> Reader:
    """Raises `ImageUnreadable` when no format fits."""
    known = format_of(file)
    if known is None:
        raise ImageUnreadable("this is not a picture in a format that can be read")
    return known.reader()
