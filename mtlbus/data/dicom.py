"""DICOM ultrasound: one frame as grey pixels, and how many mm a pixel is. Nothing else.

Read are uncompressed frames, RLE, JPEG, JPEG Lossless, JPEG-LS and JPEG 2000, as MONOCHROME1 and 2,
RGB, YBR and PALETTE COLOR, with the window or lookup table that the file states; with or without
preamble and transfer syntax. `dicom_header` says what is read of a header, `dicom_frames` decodes,
`dicom_grey` makes grey of it, `dicom_spacing` asks for mm.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..core.errors import InputError
from .dicom_frames import decode_frame
from .dicom_grey import Grey, to_grey
from .dicom_header import frame_count, is_dicom, modality, read_header
from .dicom_spacing import spacing_of
from .frames import choose_frame
from .limits import ALLOWED, check_frame

if TYPE_CHECKING:
    from pydicom import Dataset

__all__ = ["DicomFrame", "is_dicom", "read_dicom"]

MADE_BY_ULTRASOUND = ("US", "IVUS", "BDUS", "OT", "")  # or may be, as a captured screen
OTHER_MODALITIES = {
    "CT": "computed tomography", "MR": "magnetic resonance", "MG": "mammography",
    "CR": "X-ray", "DX": "X-ray", "XA": "X-ray", "RF": "X-ray",
    "PT": "positron emission", "NM": "nuclear medicine",
}  # fmt: skip


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


def read_dicom(data: bytes, label: str, frame: int | None = None) -> DicomFrame:
    """Read one frame.

    Args:
        data: the bytes of the file, at most `limits.MAX_BYTES`.
        label: how an error names the file.
        frame: which one, from 0; None for the brightest of those that show something.

    Raises:
        InputError: no readable image within the limits; one line.
    """
    try:
        header = read_header(data, label)
        frames = frame_count(header)
        size = int(header.Rows) * int(header.Columns)
        index = frame
        if index is None:
            index = choose_frame(frames, size, lambda one: _read(header, one, label, [])[0])
        check_frame(index, frames, label)
        notes: list[str] = []
        if frames > 1:
            notes.append(f"frame {index + 1} of {frames}")
        made_by = modality(header)
        if made_by not in MADE_BY_ULTRASOUND:
            kind = OTHER_MODALITIES.get(made_by, f"{made_by} (another kind of picture)")
            notes.append(f"its header says {kind}, not ultrasound")
        pixels, chroma = _read(header, index, label, notes)
        spacing = spacing_of(header, index)
        pixels = np.array(pixels, order="C")
        return DicomFrame(pixels, chroma, spacing, tuple(notes), made_by, index, frames)
    except InputError:
        raise
    except MemoryError:
        raise InputError(
            f"{label} needs more memory than a picture may take. Save it with fewer pixels."
        ) from None
    except Exception:
        # As with pictures: foreign bytes break a parser in many ways that mean the same.
        raise InputError(
            f"{label} is a damaged or incomplete DICOM file and cannot be decoded. "
            f"{ALLOWED}; export it again and retry."
        ) from None


def _read(header: Dataset, index: int, label: str, notes: list[str]) -> Grey:
    return to_grey(decode_frame(header, index, label), header, index, notes)
