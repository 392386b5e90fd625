"""DICOM ultrasound: one frame as grey pixels, and how many mm a pixel is. Nothing else.

Only the elements that describe the pixels are read from the header; no name, date or number of a
patient is ever loaded. Read are uncompressed frames, RLE, JPEG baseline (8 bit) and JPEG 2000, as
MONOCHROME1 and 2, RGB, YBR and PALETTE COLOR. The header is foreign: each size that it states is
checked before memory is taken for it.

Source of the elements: DICOM PS3.3, C.7.6.3 (image pixel) and C.8.5.5 (ultrasound regions).
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from ..core.errors import InputError
from . import grey
from .limits import ALLOWED, check_frame, check_shape

if TYPE_CHECKING:
    from pydicom import Dataset

_TAGS = (
    "Modality", "SamplesPerPixel", "PhotometricInterpretation", "PlanarConfiguration",
    "NumberOfFrames", "Rows", "Columns", "BitsAllocated", "BitsStored", "HighBit",
    "PixelRepresentation", "PixelData", "PixelSpacing", "SequenceOfUltrasoundRegions",
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
    "RESP", "RF", "RG", "RTDOSE", "RTIMAGE", "RTINTENT", "RTPLAN", "RTRAD", "RTRECORD",
    "RTSEGANN", "RTSTRUCT", "RWV", "SEG", "SM", "SMR", "SR", "SRF", "STAIN", "TEXTUREMAP", "TG",
    "US", "VA", "XA", "XAPROTOCOL", "XC",
}  # fmt: skip  # PS3.3, C.7.3.1.1.1; any other text may be of a patient
_MADE_BY_ULTRASOUND = ("US", "IVUS", "BDUS", "OT", "")  # or may be, as a captured screen
_OTHER_MODALITIES = {
    "CT": "computed tomography", "MR": "magnetic resonance", "MG": "mammography",
    "CR": "X-ray", "DX": "X-ray", "XA": "X-ray", "RF": "X-ray",
    "PT": "positron emission", "NM": "nuclear medicine",
}  # fmt: skip
_CAN = "uncompressed, RLE, JPEG baseline and JPEG 2000"
_DEFLATED = b"1.2.840.10008.1.2.1.99"
_RLE = "1.2.840.10008.1.2.5"
_JPEG_EXTENDED = "1.2.840.10008.1.2.4.51"
_MOST_ITEMS = 20_000  # of sequences and frames: each costs memory, and a scan has few hundred
_MOST_RLE_BYTES = 8 * 1024**2  # a frame; RLE can grow 64-fold
_LEAST_COVER = 1 / 3  # of the image by its tissue regions; less may be an inset
_SPACINGS = (0.001, 5.0)  # mm a pixel that a scan of a breast can have


@dataclass(frozen=True, eq=False)
class DicomFrame:
    """One frame of a DICOM file.

    Attributes:
        pixels: H×W uint8.
        chroma: H×W uint8, as in `grey.from_colour`; None for a grey frame.
        spacing: mm per pixel, down and across; None where the file does not tell.
        notes: one line of plain words for each thing that was changed.
        modality: what made it, as a code of the standard ("US", "CT"); "" where unknown.
        frame, frames: which frame it is, counted from 0, and of how many.
    """

    pixels: np.ndarray
    chroma: np.ndarray | None
    spacing: tuple[float, float] | None
    notes: tuple[str, ...]
    modality: str
    frame: int
    frames: int


def is_dicom(data: bytes) -> bool:
    """Whether the bytes carry the mark of a DICOM file."""
    return data[128:132] == b"DICM"


def read_dicom(data: bytes, label: str, frame: int | None = None) -> DicomFrame:
    """Read one frame.

    Args:
        data: the bytes of the file, at most `limits.MAX_BYTES`.
        label: how an error names the file.
        frame: which one, from 0; None for the first.

    Raises:
        InputError: no readable image within the limits; one line.
    """
    try:
        header = _read_header(data, label)
        notes: list[str] = []
        frames = int(header.get("NumberOfFrames") or 1)
        chosen = check_frame(frame or 0, frames, label)
        values = _decode(header, label, chosen)
        if frames > 1:
            notes.append(f"frame {chosen + 1} of {frames}")
        modality = str(header.get("Modality", "")).strip().upper()
        modality = modality if modality in _MODALITIES else ""
        if modality not in _MADE_BY_ULTRASOUND:
            kind = _OTHER_MODALITIES.get(modality, f"{modality} (another kind of picture)")
            notes.append(f"its header says {kind}, not ultrasound")
        pixels, chroma = _to_grey(values, header, notes)
        spacing = _spacing(header, *pixels.shape)
        pixels = np.array(pixels, order="C")
        return DicomFrame(pixels, chroma, spacing, tuple(notes), modality, chosen, frames)
    except InputError:
        raise
    except MemoryError:
        raise InputError(
            f"{label} needs more memory than there is. Save it with fewer pixels."
        ) from None
    except Exception:
        # As with pictures: foreign bytes break a parser in many ways that mean the same.
        raise InputError(
            f"{label} is a damaged or incomplete DICOM file and cannot be decoded. "
            f"{ALLOWED}; export it again and retry."
        ) from None


def _read_header(data: bytes, label: str) -> Dataset:
    """The elements of `_TAGS`, with everything checked that costs memory or time."""
    from pydicom import config, dcmread

    # Its warnings of values against the standard quote them, and a header has no place in a log.
    config.settings.reading_validation_mode = config.IGNORE
    # The parser inflates such a file whole, however large it becomes, before it can be asked.
    if _DEFLATED in data:
        raise _not_decoded(label, "Deflated Explicit VR Little Endian")
    items = data.count(b"\xfe\xff\x00\xe0") + data.count(b"\xff\xfe\xe0\x00")
    if items > _MOST_ITEMS:
        raise InputError(
            f"{label} has {items} sequence items and frames; at most {_MOST_ITEMS} are allowed. "
            "Export one frame."
        )
    header = dcmread(io.BytesIO(data), specific_tags=list(_TAGS))
    if "PixelData" not in header:
        raise InputError(
            f"{label} is DICOM without pixels. Choose the file of an image, not of a report."
        )
    check_shape(int(header.Columns), int(header.Rows), label)
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


def _not_decoded(label: str, compression: str) -> InputError:
    return InputError(
        f"{label} is DICOM compressed as {compression}, which is not read here. "
        f"Allowed are {_CAN}; export the frame as PNG."
    )


def _decode(header: Dataset, label: str, frame: int) -> np.ndarray:
    """One frame as H×W, or H×W×3 in RGB, of 8 or 16 bits."""
    from pydicom.pixels import apply_color_lut, get_decoder, pixel_array
    from pydicom.uid import UID_dictionary

    syntax = header.file_meta.TransferSyntaxUID
    try:
        readable = get_decoder(syntax).is_available
    except NotImplementedError:
        readable = False
    if syntax == _JPEG_EXTENDED and header.BitsStored > 8:
        readable = False
    if not readable:
        # The name of the standard; the file's own text is not repeated.
        raise _not_decoded(label, UID_dictionary.get(syntax, ("a private syntax",))[0])
    if syntax.is_encapsulated:
        _check_compressed(header, str(syntax), label, frame)
    values = pixel_array(header, index=frame)
    if header.PhotometricInterpretation == "PALETTE COLOR":
        values = apply_color_lut(values, header)
    return values


def _check_compressed(header: Dataset, syntax: str, label: str, index: int) -> None:
    """That a compressed frame unfolds to no more than the header says."""
    from pydicom.encaps import get_frame

    frames = int(header.get("NumberOfFrames") or 1)
    frame = get_frame(header.PixelData, index, number_of_frames=frames)
    if syntax == _RLE:
        if len(frame) > _MOST_RLE_BYTES:
            raise InputError(
                f"{label} has an RLE frame of {len(frame) / 1024**2:.0f} MB; at most "
                f"{_MOST_RLE_BYTES // 1024**2} are allowed. Export the frame as PNG."
            )
        return
    with Image.open(io.BytesIO(frame), formats=("JPEG", "JPEG2000")) as image:
        if image.size != (header.Columns, header.Rows):
            raise ValueError("the frame is not of the size that the header says")


def _to_grey(
    values: np.ndarray, header: Dataset, notes: list[str]
) -> tuple[np.ndarray, np.ndarray | None]:
    """Decoded values to H×W uint8, and their chroma."""
    if values.ndim == 3:
        if values.dtype.itemsize == 2:
            palette = header.PhotometricInterpretation == "PALETTE COLOR"
            bits = 16 if palette else int(header.BitsStored)
            values = (values >> max(0, bits - 8)).astype(np.uint8)
            notes.append("16 bit colour cut to its upper 8 bits")
        return grey.from_colour(Image.fromarray(values), notes)
    if values.dtype == np.uint8:
        pixels = values
    elif values.dtype == np.uint16:
        pixels = grey.from_16_bit(values, notes)
    else:
        pixels = grey.by_stretching(values, f"{8 * values.dtype.itemsize} bit signed", notes)
    if header.PhotometricInterpretation == "MONOCHROME1":
        pixels = 255 - pixels
        notes.append("inverted, because its white is zero")
    return pixels, None


def _spacing(header: Dataset, rows: int, columns: int) -> tuple[float, float] | None:
    """mm per pixel, down and across, where the file tells it beyond doubt.

    Of the ultrasound regions those count that show 2-D tissue: they must be calibrated in cm, lie
    inside the image (else it was cropped or scaled after the scan), agree, and cover a third of
    it. Without such a region it is `PixelSpacing`.
    """
    tissue = [
        region
        for region in header.get("SequenceOfUltrasoundRegions") or ()
        if (region.get("RegionSpatialFormat"), region.get("RegionDataType")) == (1, 1)
    ]
    if not tissue:
        given = header.get("PixelSpacing") or ()
        return _plausible(*given) if len(given) == 2 else None
    found, covered = set(), 0
    for region in tissue:
        left, top, right, bottom = (
            int(region.get(f"RegionLocation{corner}", -1))
            for corner in ("MinX0", "MinY0", "MaxX1", "MaxY1")
        )
        units = region.get("PhysicalUnitsXDirection"), region.get("PhysicalUnitsYDirection")
        if not (0 <= left < right <= columns and 0 <= top < bottom <= rows) or units != (3, 3):
            return None
        covered += (right - left) * (bottom - top)
        down, across = (abs(_number(region, f"PhysicalDelta{axis}")) for axis in "YX")
        found.add(_plausible(10 * down, 10 * across))
    return found.pop() if len(found) == 1 and covered >= _LEAST_COVER * rows * columns else None


def _number(region: Dataset, name: str) -> float:
    return float(region.get(name) or math.nan)


def _plausible(down: Any, across: Any) -> tuple[float, float] | None:
    """Two lengths of a pixel, mm; None where a scan cannot have them."""
    spacing = float(down), float(across)
    return spacing if all(_SPACINGS[0] <= step <= _SPACINGS[1] for step in spacing) else None
