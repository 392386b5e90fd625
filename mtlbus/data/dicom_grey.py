"""How a decoded DICOM frame becomes 8-bit grey: its palette, its rescaling, its window."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from . import grey
from .dicom_header import _MOST_TABLE_BYTES, group_of, number, value

if TYPE_CHECKING:
    from pydicom import Dataset

Grey = tuple[np.ndarray, np.ndarray | None]  # H×W uint8, and its chroma where it had colour


def to_grey(values: np.ndarray, header: Dataset, frame: int, notes: list[str]) -> Grey:
    """Decoded values to H×W uint8 and their chroma.

    Args:
        values: H×W or H×W×3, as `dicom_frames.decode_frame` gives them.
        header: of the file.
        frame: which one it is, from 0.
        notes: receives a line for each thing that is changed.
    """
    interpretation = header.PhotometricInterpretation
    if interpretation == "PALETTE COLOR" and values.ndim == 2:
        values = _colours(values, header)
    if values.ndim == 3:
        if values.dtype.itemsize == 2:
            values = grey.from_16_bit(values.view(np.uint16), notes)
        return grey.from_colour(Image.fromarray(values), notes)
    pixels = _by_tables(values, header, frame, notes)
    if pixels is None:
        pixels = _by_range(values, notes)
        if _rescale(header, frame)[0] < 0:
            pixels = 255 - pixels
            notes.append("inverted, because its rescale slope is negative")
    if interpretation == "MONOCHROME1":
        pixels = 255 - pixels
        notes.append("inverted, because its white is zero")
    return pixels, None


def _by_range(values: np.ndarray, notes: list[str]) -> np.ndarray:
    """By the range in use, where nothing states another."""
    if values.dtype == np.uint8:
        return values
    if values.dtype == np.uint16:
        return grey.from_16_bit(values, notes)
    return grey.by_stretching(values, f"{8 * values.dtype.itemsize} bit signed", notes)


def _rescale(header: Dataset, frame: int) -> tuple[float, float]:
    """Slope and intercept, of the frame or of the file; 1 and 0 where none is stated."""
    group = group_of(header, "PixelValueTransformationSequence", frame)
    for holder in (group, header):
        slope, intercept = (number(holder, f"Rescale{part}") for part in ("Slope", "Intercept"))
        if math.isfinite(slope) and math.isfinite(intercept) and slope != 0:
            return slope, intercept
    return 1.0, 0.0


def _by_tables(
    values: np.ndarray, header: Dataset, frame: int, notes: list[str]
) -> np.ndarray | None:
    """As the file says that it is shown, PS3.3 C.11.1 and C.11.2; None where it does not say.

    Every value that the pixels can have goes through the lookup table or the window once, so that
    the picture itself is only indexed.
    """
    top = 2 ** (8 * values.dtype.itemsize)
    unsigned = values.view(f"u{values.dtype.itemsize}")
    possible = np.arange(top, dtype=unsigned.dtype).view(values.dtype)
    inputs = _modality(possible, header, frame)
    table, words = _lookup(inputs, header)
    if table is None:
        table, words = _window(inputs, header, frame)
    if table is None:
        return None
    if values.dtype == np.uint8 and np.abs(table - possible).max() < 0.5:
        return values  # the whole range: nothing is changed
    pixels = np.rint(table).astype(np.uint8)[unsigned]
    if pixels.min() == pixels.max() and values.min() != values.max():
        notes.append(f"{words} shows nothing and was not used")
        return None
    notes.append(f"shown by {words}")
    return pixels


def _modality(possible: np.ndarray, header: Dataset, frame: int) -> np.ndarray:
    """Pixel values in the units of the window."""
    from pydicom.pixels import apply_modality_lut

    if _table(header, "ModalityLUTSequence"):
        return apply_modality_lut(possible, header)
    slope, intercept = _rescale(header, frame)
    return possible * slope + intercept


def _lookup(inputs: np.ndarray, header: Dataset) -> tuple[np.ndarray | None, str]:
    """The values of interest by a lookup table of the file, 0..255."""
    from pydicom.pixels import apply_voi

    item = _table(header, "VOILUTSequence")
    if not item:
        return None, ""
    # Its first input and its entries are whole numbers.
    shown = apply_voi(np.rint(inputs).astype(np.int32), header).astype(np.float64)
    bits = int(item.LUTDescriptor[2])
    return np.clip(shown * (255 / (2**bits - 1)), 0, 255), "its lookup table"


def _table(header: Dataset, sequence: str) -> Dataset | None:
    """The first lookup table of a sequence, with its size checked; None without one."""
    items = header.get(sequence) or ()
    if not items:
        return None
    value(items[0], "LUTDescriptor")
    return items[0] if value(items[0], "LUTData", _MOST_TABLE_BYTES) is not None else None


def _window(inputs: np.ndarray, header: Dataset, frame: int) -> tuple[np.ndarray | None, str]:
    """The values by the stated window, 0..255; PS3.3 C.11.2.1.2 and C.11.2.1.3."""
    for holder in filter(None, (group_of(header, "FrameVOILUTSequence", frame), header)):
        centre, width = (number(holder, f"Window{part}") for part in ("Center", "Width"))
        if not (math.isfinite(centre) and math.isfinite(width)) or width <= 0:
            continue
        words = f"its window (centre {centre:g}, width {width:g})"
        function = value(holder, "VOILUTFunction") or "LINEAR"
        if function == "SIGMOID":
            steepness = np.clip(-4 * (inputs - centre) / width, -700, 700)
            return 255 / (1 + np.exp(steepness)), words
        if function == "LINEAR_EXACT":
            share = (inputs - centre) / width + 0.5
        else:
            share = (inputs - (centre - 0.5)) / max(width - 1, 1e-6) + 0.5
        return np.clip(share, 0, 1) * 255, words
    return None, ""


def _colours(index: np.ndarray, header: Dataset) -> np.ndarray:
    """Palette indices to H×W×3 uint8.

    The descriptor states entries, first index and bits (C.7.6.3.1.5), and scanners fill tables in
    four ways: bytes, 16 bits in use, 8 bits in words of 16, and bytes where 16 bits are stated.
    """
    tables, firsts = [], set()
    for colour in ("Red", "Green", "Blue"):
        name = f"{colour}PaletteColorLookupTable"
        entries, first, _ = value(header, f"{name}Descriptor")
        entries = entries or 2**16
        content = bytes(value(header, f"{name}Data", _MOST_TABLE_BYTES))
        width = 2 if len(content) >= 2 * entries else 1
        order = "<" if header.original_encoding[1] else ">"
        tables.append(np.frombuffer(content, f"{order}u{width}", entries).astype(np.uint16))
        firsts.add(first)
    (first,) = firsts
    table = np.stack(tables, axis=1)  # entries×3
    if table.max() > 255:
        table = (table >> 8).astype(np.uint16)
    place = np.clip(index.astype(np.int32) - first, 0, len(table) - 1)
    return table.astype(np.uint8)[place]
