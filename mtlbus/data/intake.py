"""The one door for image bytes: an untrusted file becomes a clean grey image, or one clear line.

Read are PNG, JPEG, BMP, TIFF and DICOM, told apart by their content and never by their extension.
The sizes are checked before anything is decoded, and only pixels come out, with the few facts of
`GreyImage`: no EXIF, no patient, no text, no profile. Nothing here holds state, so threads may
share it. `data.grey` says how pixels become 8-bit grey.
"""

from __future__ import annotations

import hashlib
import io
import stat
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from PIL import Image

from ..core.errors import InputError
from . import grey
from .dicom import is_dicom, read_dicom
from .identity import digest_of
from .limits import (
    ALLOWED,
    MAX_BYTES,
    MAX_PIXELS,
    MIN_SIDE,
    PIXEL_LIMIT,
    check_bytes,
    check_frame,
    check_shape,
)

__all__ = ["MAX_BYTES", "MAX_PIXELS", "MIN_SIDE", "GreyImage", "read_image", "read_mask"]

FORMATS = ("PNG", "JPEG", "BMP", "TIFF")
STACKS = ("TIFF",)  # whose frames are pictures of their own, one as good as the other
COLOUR_MODES = ("RGB", "RGBA", "RGBa", "RGBX", "P", "PA", "LA", "La", "CMYK", "YCbCr")
DEEP_MODES = ("I;16", "I;16L", "I;16B", "I;16N", "I", "F")

_MOST_FRAMES = 1000  # counting stops here: a small file can chain millions of empty frames
_TIFF_PHOTOMETRIC = 262
_EXIF_ORIENTATION = 274

# First bytes of what people hand over by mistake, with what to do about it.
_STRANGERS: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "a PDF"),
    (b"GIF8", "a GIF"),
    (b"PK\x03\x04", "a ZIP archive or Office document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"\x00\x00\x01\x00", "an icon"),
    (b"\x00\x00\x00\x0cjP  ", "a JPEG 2000"),
    (b"\xff\x4f\xff\x51", "a JPEG 2000"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"\x89HDF", "an HDF5 file"),
    (b"8BPS", "a Photoshop file"),
    (b"\xd0\xcf\x11\xe0", "an old Office document"),
    (b"\x1aE\xdf\xa3", "a video"),
    (b"<svg", "an SVG drawing"),
    (b"<?xml", "an XML text"),
)

# EXIF orientation to the turn that puts the stored H×W array upright (EXIF 2.3, tag 0x0112).
_UPRIGHT: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.T,
    6: lambda a: a.T[:, ::-1],
    7: lambda a: a.T[::-1, ::-1],
    8: lambda a: a.T[::-1],
}


@dataclass(frozen=True, eq=False)
class GreyImage:
    """A clean grey image.

    Attributes:
        pixels: H×W uint8, 0 black to 255 white, contiguous and owned by this image.
        sha256: of the bytes that were given, in hexadecimal.
        notes: one line of plain words for each thing that was changed on the way in.
        name: file name as given, without folder; "" if none.
        spacing: mm per pixel, down and across; None where the file does not tell.
        colour_share: share of the pixels that had a colour before they became grey, 0..1.
        modality: of a DICOM file, what made it: a code of the standard ("US", "CT"); "" if unknown.
        chroma: brightest minus darkest channel of each pixel, H×W uint8; None where the file had no
            colour.
        frame, frames: which frame of the file it is, counted from 0, and of how many.
    """

    pixels: np.ndarray
    sha256: str
    notes: tuple[str, ...]
    name: str
    spacing: tuple[float, float] | None = None
    colour_share: float = 0.0
    modality: str = ""
    chroma: np.ndarray | None = None
    frame: int = 0
    frames: int = 1

    @cached_property
    def pixel_sha256(self) -> str:
        """Digest of the pixels alone: the same for a copy of another name or container."""
        return digest_of(self.pixels)


def read_image(
    source: bytes | str | Path, name: str = "", frame: int | None = None
) -> GreyImage:
    """Turn untrusted bytes, or a file, into a clean grey image.

    Args:
        source: the bytes of a file, or the path of one.
        name: file name to show; of a path, its own name is the default.
        frame: which frame of several (DICOM cine, TIFF stack), counted from 0; None for the first.

    Raises:
        InputError: not a readable image within the limits; one line that begins with the name.
    """
    data, name = _read_bytes(source, name)
    digest = hashlib.sha256(data).hexdigest()
    if is_dicom(data):
        found = read_dicom(data, _label(name), frame)
        return GreyImage(
            found.pixels, digest, found.notes, name, found.spacing,
            grey.colour_share(found.chroma), found.modality, found.chroma, found.frame,
            found.frames,
        )  # fmt: skip
    notes: list[str] = []

    def to_grey(image: Image.Image) -> tuple[np.ndarray, np.ndarray | None]:
        if image.mode in DEEP_MODES:
            return _deep_to_grey(image, notes), None
        return _shallow_to_grey(image, notes)

    (pixels, chroma), frames = _decode(data, _label(name), to_grey, notes, frame or 0)
    return GreyImage(
        pixels, digest, tuple(notes), name, None, grey.colour_share(chroma), "", chroma,
        frame or 0, frames,
    )  # fmt: skip


def read_mask(source: bytes | str | Path) -> np.ndarray:
    """Read a mask: H×W bool, True in the lesion.

    A pixel is True above half of the mask's range, and the range is the smallest of 0…1, 0…255
    and 0…65535 that holds its brightest value: above 127 in a usual 8-bit mask, any non-zero value
    in a 0/1 mask. Of a coloured mask the brightest channel counts, so that pure red is True.
    Transparent pixels are False.

    Raises:
        InputError: not a readable image, or brighter than 1 without reaching half of its range
            (labels such as 0/2 or 0/100), where no threshold would be more than a guess.
    """
    data, name = _read_bytes(source, "")
    label = _label(name)
    if is_dicom(data):
        raise InputError(
            f"{label} is DICOM, which is read as an image but not as a mask. "
            "Allowed are PNG, JPEG, BMP and TIFF; export the mask as PNG."
        )

    def to_mask(image: Image.Image) -> tuple[np.ndarray]:
        if image.mode in DEEP_MODES:
            values = np.nan_to_num(np.asarray(image), copy=True, posinf=0, neginf=0)
        elif image.mode in COLOUR_MODES:
            values = np.asarray(grey.on_black(image)[0]).max(axis=2)
        else:
            values = np.asarray(image.convert("L"))
        brightest = float(values.max())
        top = next((top for top in (1, 255) if brightest <= top), 65535)
        mask = values > top / 2
        if brightest > 0 and not mask.any():
            raise InputError(
                f"{label} is no clear mask: its brightest value is {brightest:g}. "
                "Allowed are 0/1, 0/255 and 0/65535; save the mask with one of these."
            )
        return (~mask if _white_is_zero(image) else mask,)

    (mask,), _ = _decode(data, label, to_mask, [])
    return mask


def _label(name: str) -> str:
    """How an error line names the file."""
    return name or "The image"


def _clean_name(name: str) -> str:
    """The last part of a path of any system, printable and at most 120 characters long."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(char if char.isprintable() else "?" for char in last)[:120]


def _read_bytes(source: bytes | str | Path, name: str) -> tuple[bytes, str]:
    """The bytes of `source` within `MAX_BYTES`, and the clean file name."""
    if isinstance(source, (bytes, bytearray, memoryview)):
        name = _clean_name(name)
        check_bytes(len(source), _label(name))
        return bytes(source), name
    path = Path(source)
    name = _clean_name(name or path.name)
    label = _label(name)
    try:
        status = path.stat()
        # A folder cannot be read, and a device or pipe might never end.
        if not stat.S_ISREG(status.st_mode):
            raise InputError(f"{label} is not a file. Give the path of one image file.")
        check_bytes(status.st_size, label)
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)  # it may have grown since
    except InputError:
        raise  # it is a ValueError, too
    except FileNotFoundError:
        raise InputError(f"{label} does not exist. Check the path.") from None
    except (OSError, ValueError):
        raise InputError(f"{label} cannot be read. Check the path and its permissions.") from None
    check_bytes(len(data), label)
    return data, name


def _decode(
    data: bytes,
    label: str,
    convert: Callable[[Image.Image], tuple[np.ndarray | None, ...]],
    notes: list[str],
    frame: int = 0,
) -> tuple[tuple[np.ndarray | None, ...], int]:
    """Decode one frame, `convert` it to H×W planes and turn them upright.

    Returns:
        The planes, fresh and contiguous, and how many frames can be chosen.

    Raises:
        InputError: for everything that can go wrong in a decoder fed with foreign bytes.
    """
    try:
        with _open(data, label) as image:
            _check_header(image, label)
            frames = _count_frames(image)
            choice = frames if image.format in STACKS else 1
            check_frame(frame, choice, label)
            if image.format in STACKS and frames > 1:
                image.seek(frame)
                _check_header(image, label)
            if image.format == "PNG":
                # Its checksums: broken image data of the right length would decode to noise.
                Image.open(io.BytesIO(data), formats=("PNG",)).verify()
            # Both are asked in this order, and before the pixels are loaded: loading consumes the
            # tiles and the tag of a TIFF, and asking a PNG for its EXIF loads it.
            if _is_16_bit_colour(image):
                notes.append("16 bit colour cut to its upper 8 bits")
            orientation = image.getexif().get(_EXIF_ORIENTATION, 1)
            image.load()
            planes = convert(image)
            if orientation in _UPRIGHT:
                notes.append("turned upright by its EXIF orientation")
                if image.format != "TIFF":  # the decoder has turned a TIFF already
                    turn = _UPRIGHT[orientation]
                    planes = tuple(plane if plane is None else turn(plane) for plane in planes)
            if frames > 1:
                more = "more than " if frames >= _MOST_FRAMES else ""
                notes.append(f"frame {frame + 1} of {more}{frames}")
            fresh = (plane if plane is None else np.array(plane, order="C") for plane in planes)
            return tuple(fresh), choice
    except InputError:
        raise
    except MemoryError:
        raise InputError(
            f"{label} needs more memory than there is. Save it with fewer pixels."
        ) from None
    except Exception:
        # Decoders fail in many ways on foreign bytes (OSError, SyntaxError, struct.error,
        # zlib.error, KeyError …); to the person who gave the file they all mean the same.
        raise InputError(
            f"{label} is damaged or incomplete and cannot be decoded. "
            f"{ALLOWED}; export it again and retry."
        ) from None


def _open(data: bytes, label: str) -> Image.Image:
    """Read the header only."""
    try:
        return Image.open(io.BytesIO(data), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise InputError(f"{label} has far too many pixels; {PIXEL_LIMIT}") from None
    except Image.UnidentifiedImageError:
        stranger = _looks_like(data)
        if stranger:
            raise InputError(
                f"{label} looks like {stranger}. {ALLOWED}; export the image as PNG."
            ) from None
        raise


def _looks_like(data: bytes) -> str:
    """What a file that is none of `FORMATS` seems to be; "" where it is one, but broken."""
    head = data[:512].lstrip()
    if data.startswith((b"\x89PNG", b"\xff\xd8\xff", b"BM", b"II*\x00", b"MM\x00*")):
        return ""
    for magic, words in _STRANGERS:
        if data.startswith(magic) or head.startswith(magic):
            return words
    if data.startswith(b"RIFF"):
        return "a WebP" if data[8:12] == b"WEBP" else "a video or sound"
    if data[4:8] == b"ftyp":
        kinds = {b"heic": "a HEIC photo", b"heix": "a HEIC photo", b"mif1": "a HEIC photo"}
        return "an AVIF" if data[8:12] == b"avif" else kinds.get(data[8:12], "a video")
    if head.lower().startswith((b"<!doctype html", b"<html")):
        return "a web page"
    if not any(byte < 9 or 13 < byte < 32 for byte in head):
        return "a text"
    return "something that is no image"


def _check_header(image: Image.Image, label: str) -> None:
    """Size and pixel type, while nothing has been allocated yet."""
    check_shape(*image.size, label)
    if image.mode not in ("1", "L", *COLOUR_MODES, *DEEP_MODES):
        raise InputError(
            f"{label} stores its pixels as {image.mode}. Allowed are grey, RGB, palette and CMYK; "
            "save it as a grey or RGB PNG."
        )


def _count_frames(image: Image.Image) -> int:
    """Frames in the file, at most `_MOST_FRAMES`; frames that cannot be read do not count."""
    if image.format != "TIFF":
        return min(int(getattr(image, "n_frames", 1)), _MOST_FRAMES)
    count = 1
    try:
        while count < _MOST_FRAMES:
            image.seek(count)
            count += 1
    except Exception:
        pass  # EOFError at the end; any other error is in a frame that is not used
    return count


def _white_is_zero(image: Image.Image) -> bool:
    """True for a deep TIFF whose black is its greatest value; the decoder turns only 8 bits."""
    tags = getattr(image, "tag_v2", None)
    return image.mode in DEEP_MODES and tags is not None and tags.get(_TIFF_PHOTOMETRIC) == 0


def _deep_to_grey(image: Image.Image, notes: list[str]) -> np.ndarray:
    """Grey of more than 8 bits to H×W uint8."""
    values = np.asarray(image)
    if image.mode.startswith("I;16"):
        pixels = grey.from_16_bit(values, notes)
        transparent = image.info.get("transparency")
        if isinstance(transparent, int):
            pixels[values == transparent] = 0
            notes.append("transparent pixels on black")
    else:
        kind = "float" if image.mode == "F" else "integer"
        pixels = grey.by_stretching(values, f"32 bit {kind}", notes)
    if _white_is_zero(image):
        pixels = 255 - pixels
        notes.append("inverted, because its white is zero")
    return pixels


def _shallow_to_grey(
    image: Image.Image, notes: list[str]
) -> tuple[np.ndarray, np.ndarray | None]:
    """Everything of at most 8 bits a channel to H×W uint8, and its chroma."""
    if image.mode == "1":
        notes.append("1 bit spread to black and white")
    if image.mode not in COLOUR_MODES and not image.has_transparency_data:
        return np.asarray(image.convert("L")), None
    colour, was_transparent = grey.on_black(image)
    if was_transparent:
        notes.append("transparent pixels on black")
    return grey.from_colour(colour, notes)


def _is_16_bit_colour(image: Image.Image) -> bool:
    """True where the decoder is about to drop the lower 8 bits of each channel."""
    if image.mode in DEEP_MODES or not image.tile:
        return False
    options = image.tile[0].args
    raw_mode = options if isinstance(options, str) else str((*(options or ()), "")[0])
    return raw_mode.endswith((";16B", ";16L", ";16N"))
