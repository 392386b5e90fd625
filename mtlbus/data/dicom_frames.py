"""One frame of a DICOM file, decoded: uncompressed, RLE, JPEG of every kind, JPEG 2000.

pydicom decodes what NumPy and Pillow can; `imagecodecs` (BSD; libjpeg-turbo and CharLS) the rest.
Which one is asked does not depend on what else is installed. Each frame says its size a second
time, inside its own stream: no memory is taken before both agree.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from ..core.errors import InputError
from .dicom_header import frame_count, not_decoded
from .limits import MAX_SCANS

if TYPE_CHECKING:
    from pydicom import Dataset

_RLE = "1.2.840.10008.1.2.5"
_JPEG_BASELINE = "1.2.840.10008.1.2.4.50"
_JPEG_EXTENDED = "1.2.840.10008.1.2.4.51"
_JPEG_LOSSLESS = ("1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.70")
_JPEG_LS = ("1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81")
_JPEG_2000 = ("1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91")
_JPEG = (_JPEG_BASELINE, _JPEG_EXTENDED, *_JPEG_LOSSLESS, *_JPEG_LS)
_MOST_RLE_BYTES = 8 * 1024**2  # a frame; RLE can grow 64-fold
_BY_START_OF_FRAME = {
    0xC0: _JPEG_BASELINE,
    0xC1: _JPEG_EXTENDED,
    0xC2: _JPEG_BASELINE,
    0xC3: _JPEG_LOSSLESS[0],
    0xF7: _JPEG_LS[0],
}


def decode_frame(header: Dataset, index: int, label: str) -> np.ndarray:
    """Frame `index` as H×W, or H×W×3 in RGB, of 8 or 16 bits; palette indices stay such.

    Raises:
        InputError: a compression or a size that is not read here.
        Exception: whatever decoders raise for damaged bytes.
    """
    from pydicom.pixels import pixel_array
    from pydicom.uid import UID

    _complete(header)
    syntax = UID(header.file_meta.TransferSyntaxUID)
    if syntax.is_private:
        raise not_decoded(label, "a private syntax")
    if not syntax.is_transfer_syntax:
        raise ValueError("no transfer syntax")
    if not syntax.is_encapsulated:
        return pixel_array(header, index=index)
    if syntax not in (_RLE, *_JPEG, *_JPEG_2000):
        # The name of the standard; the file's own text is not repeated.
        raise not_decoded(label, syntax.name)
    frame = _encoded(header, index)
    if syntax == _RLE:
        if len(frame) > _MOST_RLE_BYTES:
            raise InputError(
                f"{label} has an RLE frame of {len(frame) / 1024**2:.0f} MB; at most "
                f"{_MOST_RLE_BYTES // 1024**2} are allowed. Export the frame as PNG."
            )
        return pixel_array(header, index=index, decoding_plugin="pydicom")
    if syntax in _JPEG_2000:
        return _jpeg_2000(header, frame, index)
    return _jpeg(header, syntax, frame, index, label)


def _complete(header: Dataset) -> None:
    """Give a header without a transfer syntax the one that its bytes show."""
    if header.file_meta.get("TransferSyntaxUID"):
        return
    from pydicom.uid import UID

    little = header.original_encoding[1] is not False
    native = "1.2.840.10008.1.2" if header.original_encoding[0] else "1.2.840.10008.1.2.1"
    header.file_meta.TransferSyntaxUID = UID(native if little else "1.2.840.10008.1.2.2")
    if not header.PixelData.startswith(b"\xfe\xff\x00\xe0"):
        return
    frame = _encoded(header, 0)
    if frame.startswith(b"\xff\xd8"):
        syntax = _BY_START_OF_FRAME[_start_of_frame(frame)[0]]
    elif frame.startswith((b"\xff\x4f\xff\x51", b"\0\0\0\x0cjP  ")):
        syntax = _JPEG_2000[1]
    else:
        syntax = _RLE
    header.file_meta.TransferSyntaxUID = UID(syntax)


def _encoded(header: Dataset, index: int) -> bytes:
    """The stream of one compressed frame."""
    from pydicom.encaps import get_frame, parse_fragments

    frames = frame_count(header)
    if not 0 < frames <= max(1, parse_fragments(header.PixelData)[0]):
        raise ValueError("not as many frames as the header says")
    return get_frame(header.PixelData, index, number_of_frames=frames)


def _jpeg(header: Dataset, syntax: str, frame: bytes, index: int, label: str) -> np.ndarray:
    """A frame of the JPEG family; its own stream says how many channels it has."""
    from pydicom.pixels import convert_color_space, pixel_array

    _, bits, rows, columns, channels = _start_of_frame(frame)
    _same_size(header, rows, columns)
    if frame.count(b"\xff\xda") > MAX_SCANS:
        raise InputError(f"{label} has a JPEG frame of too many scans. Export the frame as PNG.")
    if channels not in (1, 3):
        raise ValueError("not grey and not of three channels")
    said = header.PhotometricInterpretation
    if channels != header.SamplesPerPixel:
        header.SamplesPerPixel = channels
        said = "MONOCHROME2" if channels == 1 else "YBR_FULL_422"
        header.PhotometricInterpretation = said
    if syntax in (_JPEG_BASELINE, _JPEG_EXTENDED) and bits == 8:
        return pixel_array(header, index=index, decoding_plugin="pillow")
    from imagecodecs import jpeg8_decode, jpegls_decode

    if syntax in _JPEG_LS:
        values = jpegls_decode(frame)
    elif channels == 1 or syntax in (_JPEG_BASELINE, _JPEG_EXTENDED):
        values = jpeg8_decode(frame)  # colour by its own markers
        said = said if channels == 1 else "RGB"
    else:
        values = jpeg8_decode(frame, colorspace="rgb", outcolorspace="rgb")  # as it is stored
    _same_size(header, *values.shape[:2])
    if channels == 3 and said.startswith("YBR"):
        values = convert_color_space(values, "YBR_FULL", "RGB")
    if header.PixelRepresentation == 1 and channels == 1:
        values = _signed(values, bits)
    return values


def _jpeg_2000(header: Dataset, frame: bytes, index: int) -> np.ndarray:
    from pydicom.pixels import pixel_array

    with Image.open(io.BytesIO(frame), formats=("JPEG2000",)) as image:
        _same_size(header, image.height, image.width)
    if header.SamplesPerPixel == 1 or header.BitsStored <= 8:
        return pixel_array(header, index=index, decoding_plugin="pillow")
    from imagecodecs import jpeg2k_decode

    return jpeg2k_decode(frame)


def _signed(values: np.ndarray, bits: int) -> np.ndarray:
    """Numbers of two's complement of `bits` bits, read as unsigned ones."""
    kind = np.int8 if values.dtype.itemsize == 1 else np.int16
    shift = 8 * values.dtype.itemsize - bits
    return np.right_shift((values << shift).view(kind), shift)


def _same_size(header: Dataset, rows: int, columns: int) -> None:
    if (rows, columns) != (header.Rows, header.Columns):
        raise ValueError("the frame is not of the size that the header says")


def _start_of_frame(stream: bytes) -> tuple[int, int, int, int, int]:
    """Marker, bits, rows, columns and channels of the frame header of a JPEG stream.

    Raises:
        ValueError: the stream has none (ITU-T T.81, B.2.2; T.87, C.2.2).
    """
    at = 2
    while stream[:2] == b"\xff\xd8" and at + 10 <= len(stream) and stream[at] == 0xFF:
        marker = stream[at + 1]
        if marker == 0xFF:  # a fill byte
            at += 1
            continue
        if marker == 0xF7 or (0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC)):
            rows, columns = (int.from_bytes(stream[at + i : at + i + 2]) for i in (5, 7))
            return marker, stream[at + 4], rows, columns, stream[at + 9]
        if marker == 0xDA:
            break
        at += 2 + int.from_bytes(stream[at + 2 : at + 4])
    raise ValueError("no JPEG frame")
