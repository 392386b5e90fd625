"""The elements of a DICOM file that describe its pixels, each with a bound on what it may cost.

Of the top level only `_TAGS` are read: no name, date or number of a patient is ever loaded, and of
nested groups only what this file asks for is looked at. The header is foreign: a value of a few
numbers may hold nine million, so the bytes of each are counted before they become numbers.

Source of the elements: DICOM PS3.3, C.7.6.3 (image pixel), C.11.1 and C.11.2 (lookup tables and
windows), C.7.6.16 (functional groups) and C.8.5.5 (ultrasound regions).
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

from ..core.errors import InputError
from .limits import check_shape

if TYPE_CHECKING:
    from pydicom import Dataset

_TAGS = (
    "Modality", "SamplesPerPixel", "PhotometricInterpretation", "PlanarConfiguration",
    "NumberOfFrames", "Rows", "Columns", "BitsAllocated", "BitsStored", "HighBit",
    "PixelRepresentation", "PixelData", "PixelSpacing", "SequenceOfUltrasoundRegions",
    "RescaleSlope", "RescaleIntercept", "WindowCenter", "WindowWidth", "VOILUTFunction",
    "ModalityLUTSequence", "VOILUTSequence",
    "SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence",
    *(
        f"{colour}PaletteColorLookupTable{part}"
        for colour in ("Red", "Green", "Blue")
        for part in ("Descriptor", "Data")
    ),
)  # fmt: skip
_INTERPRETATIONS = (
    "MONOCHROME1", "MONOCHROME2", "RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT",
    "PALETTE COLOR",
)  # fmt: skip
_MODALITIES = {
    "AR", "AS", "AU", "BDUS", "BI", "BMD", "CFM", "CR", "CT", "CTPROTOCOL", "DG", "DMS", "DOC",
    "DX", "ECG", "EEG", "EMG", "EOG", "EPS", "ES", "FID", "GM", "HC", "HD", "IO", "IOL", "IVOCT",
    "IVUS", "KER", "KO", "LEN", "LS", "M3D", "MG", "MR", "NM", "OAM", "OCT", "OP", "OPM", "OPR",
    "OPT", "OPTBSV", "OPTENF", "OPV", "OSS", "OT", "PA", "PLAN", "POS", "PR", "PT", "PX", "REG",
    "RESP", "RF", "RG", "RTDOSE", "RTIMAGE", "RTINTENT", "RTPLAN", "RTRAD", "RTRECORD", "RTSEGANN",
    "RTSTRUCT", "RWV", "SEG", "SM", "SMR", "SR", "SRF", "STAIN", "TEXTUREMAP", "TG", "US", "VA",
    "XA", "XAPROTOCOL", "XC",
}  # fmt: skip  # PS3.3, C.7.3.1.1.1; any other text may be of a patient
_DEFLATED = b"1.2.840.10008.1.2.1.99"
_LONG = (b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV")
_SHORT = (
    b"AE", b"AS", b"AT", b"CS", b"DA", b"DS", b"DT", b"FD", b"FL", b"IS", b"LO", b"LT", b"PN",
    b"SH", b"SL", b"SS", b"ST", b"TM", b"UI", b"UL", b"US",
)  # fmt: skip
_UNDEFINED = 0xFFFFFFFF
_MOST_ITEMS = 20_000  # of sequences and frames: each costs memory, and a scan has few hundred
_MOST_VALUE_BYTES = 256  # of anything but pixels, tables and sequences
_MOST_TABLE_BYTES = 2 * 2**16  # 65536 entries of 16 bits


def is_dicom(data: bytes) -> bool:
    """Whether the bytes are a DICOM file: by its mark, or, without a preamble, by its start."""
    if data[128:132] == b"DICM":
        return True
    tags = [tag for _, tag in zip(range(3), _elements(data), strict=False)]
    return len(tags) > 1 and tags == sorted(set(tags)) and tags[-1] < 0x0020_0000


def _elements(data: bytes) -> Iterator[int]:
    """The tags that a header without preamble begins with, as long as they can be such."""
    at = 0
    while at + 8 <= len(data):
        group, element = (int.from_bytes(data[at + i : at + i + 2], "little") for i in (0, 2))
        if not 0x0002 <= group <= 0x0028 or group % 2:
            return
        kind, length = data[at + 4 : at + 6], int.from_bytes(data[at + 4 : at + 8], "little")
        at += 8
        if kind in _LONG:
            length, at = int.from_bytes(data[at : at + 4], "little"), at + 4
        elif kind in _SHORT:
            length >>= 16
        if length != _UNDEFINED and length > len(data) - at:
            return
        yield group << 16 | element
        if length == _UNDEFINED:
            return
        at += length


def read_header(data: bytes, label: str) -> Dataset:
    """The elements of `_TAGS`, with everything checked that costs memory or time.

    Raises:
        InputError: no image within the limits.
        Exception: whatever a parser raises for damaged bytes.
    """
    from pydicom import config, dcmread

    # Its warnings of values against the standard quote them, and a header has no place in a log.
    config.settings.reading_validation_mode = config.IGNORE
    # The parser inflates such a file whole, however large it becomes, before it can be asked.
    if _DEFLATED in data:
        raise not_decoded(label, "Deflated Explicit VR Little Endian")
    items = data.count(b"\xfe\xff\x00\xe0") + data.count(b"\xff\xfe\xe0\x00")
    if items > _MOST_ITEMS:
        raise InputError(
            f"{label} has {items} sequence items and frames; at most {_MOST_ITEMS} are allowed. "
            "Export one frame."
        )
    header = dcmread(io.BytesIO(data), specific_tags=list(_TAGS), force=True)
    if "PixelData" not in header:
        raise InputError(
            f"{label} is DICOM without pixels. Choose the file of an image, not of a report."
        )
    for keyword in _TAGS:
        table = keyword.endswith("Data") and keyword != "PixelData"
        if table or not (keyword == "PixelData" or keyword.endswith(("Sequence", "Regions"))):
            value(header, keyword, _MOST_TABLE_BYTES if table else _MOST_VALUE_BYTES)
    check_shape(int(header.Columns), int(header.Rows), label)
    _fill(header)
    if header.PhotometricInterpretation not in _INTERPRETATIONS:
        raise InputError(
            f"{label} stores its colours in a way that is not read here. "
            f"Allowed are {', '.join(_INTERPRETATIONS)}; export the frame as PNG."
        )
    if header.BitsAllocated not in (8, 16):
        raise InputError(
            f"{label} stores {int(header.BitsAllocated)} bits a value. "
            "Allowed are 8 and 16; export the frame as PNG."
        )
    return header


def _fill(header: Dataset) -> None:
    """What old and careless writers leave out, with its usual value."""
    usual = {
        "SamplesPerPixel": 1,
        "PixelRepresentation": 0,
        "BitsStored": header.BitsAllocated,
        "PlanarConfiguration": 0,
    }
    for keyword, number_of_it in usual.items():
        if value(header, keyword) is None:
            setattr(header, keyword, number_of_it)
    if value(header, "HighBit") is None:
        header.HighBit = header.BitsStored - 1
    if value(header, "PhotometricInterpretation") is None:
        colour = header.SamplesPerPixel == 3
        header.PhotometricInterpretation = "RGB" if colour else "MONOCHROME2"


def not_decoded(label: str, compression: str) -> InputError:
    """The error for a compression that is not read here."""
    return InputError(
        f"{label} is DICOM compressed as {compression}, which is not read here. Allowed are "
        "uncompressed, RLE, JPEG, JPEG Lossless, JPEG-LS and JPEG 2000; export the frame as PNG."
    )


def value(group: Dataset, keyword: str, most_bytes: int = _MOST_VALUE_BYTES) -> Any:
    """The value of an element; None where it is absent or empty.

    Raises:
        ValueError: it holds more than `most_bytes`; asked before they become numbers.
    """
    from pydicom.datadict import tag_for_keyword

    raw = group.get_item(cast(int, tag_for_keyword(keyword)))  # all keywords are ours
    if raw is None:
        return None
    if isinstance(raw.value, (bytes, str)) and len(raw.value) > most_bytes:
        raise ValueError(f"{keyword} holds too much")
    found = group[keyword].value
    return None if found is None or found == "" else found


def number(group: Dataset | None, keyword: str) -> float:
    """The first number of an element; not a number where it is absent, empty or none."""
    found = None if group is None else value(group, keyword)
    if found is None:
        return math.nan
    if not isinstance(found, (int, float, str)):  # several: alternatives, the first is the usual
        found = next(iter(found), math.nan)
    try:
        return float(found)
    except (TypeError, ValueError):
        return math.nan


def modality(header: Dataset) -> str:
    """What made the picture, as a code of the standard ("US", "CT"); "" where unknown."""
    code = str(value(header, "Modality") or "").strip().upper()
    return code if code in _MODALITIES else ""


def frame_count(header: Dataset) -> int:
    """Frames as the header says; none or zero means one."""
    return int(value(header, "NumberOfFrames") or 1)


def group_of(header: Dataset, sequence: str, frame: int) -> Dataset | None:
    """The functional group named `sequence` of one frame, else of all frames; None without."""
    for holder, index in (
        ("PerFrameFunctionalGroupsSequence", frame),
        ("SharedFunctionalGroupsSequence", 0),
    ):
        items = header.get(holder) or ()
        found = items[index].get(sequence) if index < len(items) else None
        if found:
            return found[0]
    return None
