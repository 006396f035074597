"""The elements of a DICOM header that are read. Nothing else of a header is ever loaded."""

# The last part of the tag (7FE0,xxxx) of the element that holds pixels, and its keyword.
PIXEL_KEYWORDS = {0x0010: "PixelData", 0x0008: "FloatPixelData", 0x0009: "DoubleFloatPixelData"}

_PIXELS = (
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "PlanarConfiguration",
    "NumberOfFrames",
    "Rows",
    "Columns",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "PixelRepresentation",
    "PixelPaddingValue",
    "PixelPaddingRangeLimit",
    "ExtendedOffsetTable",
    "ExtendedOffsetTableLengths",
)
_GREY = (
    "RescaleIntercept",
    "RescaleSlope",
    "ModalityLUTSequence",
    "VOILUTSequence",
    "WindowCenter",
    "WindowWidth",
    "VOILUTFunction",
    "SharedFunctionalGroupsSequence",
    "PerFrameFunctionalGroupsSequence",
)
_PALETTE = tuple(
    f"{kind}{colour}PaletteColorLookupTable{part}"
    for kind, part in (("", "Descriptor"), ("", "Data"), ("Segmented", "Data"))
    for colour in ("Red", "Green", "Blue")
)
OVERLAY_ROWS = 0x60000010  # of the first overlay; there may be sixteen
_FACTS = ("Modality", "BurnedInAnnotation", "LossyImageCompression", OVERLAY_ROWS)
Tags = tuple[str | int, ...]
TAGS: Tags = (*_PIXELS, *_GREY, *_PALETTE, *_FACTS)

SURVEY_TAGS: Tags = (
    *_PIXELS,
    "SeriesInstanceUID",
    "SeriesNumber",
    "TemporalPositionIdentifier",
    "ImagePositionPatient",
    "ImageOrientationPatient",
    "InstanceNumber",
)
