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
OVERLAY_ROWS = tuple(range(0x60000010, 0x60200010, 0x20000))  # of the sixteen that may be (PS3.3 C.9)
Tags = tuple[str | int, ...]
_FACTS: Tags = ("Modality", "BurnedInAnnotation", "LossyImageCompression", *OVERLAY_ROWS)
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

_MODALITIES = (
    "ANN AR ASMT AU BDUS BI BMD CD CF CFM CP CR CS CT CTPROTOCOL DD DF DG DM DMS DOC DS DX EC ECG EEG EMG EOG EPS ES "
    "FA FID FS GM HC HD IO IOL IVOCT IVUS KER KO LEN LP LS M3D MA MG MR MS NM OAM OCT OP OPM OPR OPT OPTBSV OPTENF "
    "OPV OSS OT PA PLAN POS PR PT PX REG RESP RF RG RTDOSE RTIMAGE RTINTENT RTPLAN RTRAD RTRECORD RTSEGANN RTSTRUCT "
    "RWV SEG SM SMR SR SRF ST STAIN TEXTUREMAP TG US VA VF XA XAPROTOCOL XC"
)
# The defined terms of Modality, retired ones too (PS3.3 C.7.3.1.1.1). Whatever else stands there may be of the patient.
MODALITIES = frozenset(_MODALITIES.split())
