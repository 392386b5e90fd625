"""The one door for image bytes: an untrusted file becomes a clean grey image, or one clear line.

Read are PNG, JPEG, BMP, TIFF, WebP, GIF and DICOM, told apart by their content and never by their
extension. The sizes are checked before anything is decoded, and only pixels come out, with the few
facts of `GreyImage`: no EXIF, no patient, no text, no profile. Nothing here holds state, so threads
may share it. `pictures` and `dicom` decode, `grey` says how pixels become 8-bit grey.

What strangers give comes in through `decoding`, which asks this door in a process of its own.
"""

from __future__ import annotations

import hashlib
import stat
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import numpy as np
from PIL import Image, ImageChops

from ..core.declaration import ImageForm
from ..core.errors import InputError
from . import grey
from .dicom import is_dicom, read_dicom
from .identity import digest_of
from .limits import MAX_BYTES, MAX_PIXELS, MIN_SIDE, check_bytes
from .pictures import COLOUR_MODES, DEEP_MODES, Planes, decode, stated_range, white_is_zero

__all__ = [
    "MAX_BYTES", "MAX_PIXELS", "MIN_SIDE", "GreyImage", "clean_name", "label_of", "read_bytes",
    "read_image", "read_mask", "read_picture",
]  # fmt: skip


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


def read_image(source: bytes | str | Path, name: str = "", frame: int | None = None) -> GreyImage:
    """Turn untrusted bytes, or a file, into a clean grey image.

    Args:
        source: the bytes of a file, or the path of one.
        name: file name to show; of a path, its own name is the default.
        frame: which frame of several (DICOM cine, TIFF stack, GIF), counted from 0; None for the
            brightest that shows something.

    Raises:
        InputError: not a readable image within the limits; one line that begins with the name.
    """
    data, name = read_bytes(source, name)
    digest = hashlib.sha256(data).hexdigest()
    if is_dicom(data):
        found = read_dicom(data, label_of(name), frame)
        return GreyImage(
            found.pixels, digest, found.notes, name, found.spacing,
            grey.colour_share(found.chroma), found.modality, found.chroma, found.frame,
            found.frames,
        )  # fmt: skip
    notes: list[str] = []
    (pixels, chroma), frame, frames = decode(data, label_of(name), _to_grey, notes, frame)
    return GreyImage(
        pixels, digest, tuple(notes), name, None, grey.colour_share(chroma), "", chroma,
        frame, frames,
    )  # fmt: skip


def read_picture(source: bytes | str | Path, form: ImageForm, name: str = "") -> np.ndarray:
    """Turn untrusted bytes, or a file, into what a declaration says its images are.

    Returns:
        Grey of 8 bits H×W uint8, as of `read_image`; colour H×W×3 uint8; grey of 16 bits H×W
        float32 in 0..255, black and white as the form says.

    Raises:
        InputError: not a readable image within the limits; one line that begins with the name.
    """
    if form == ImageForm():
        return read_image(source, name).pixels
    data, name = read_bytes(source, name)
    label = label_of(name)
    if is_dicom(data):
        raise InputError(f"{label} is DICOM, which is read as grey of 8 bits. Export it as PNG.")

    def planes(image: Image.Image | np.ndarray, notes: list[str]) -> Planes:
        if form.colour == "grey":
            values = np.asarray(image, np.float32)
            if values.ndim != 2:
                raise InputError(f"{label} has colours; its declaration says grey of 16 bits.")
            return 255 * ((values - form.black) / (form.white - form.black)).clip(0, 1), None
        if isinstance(image, np.ndarray):
            raise InputError(f"{label} has no colours; its declaration says rgb.")
        drawn = np.empty((3, image.height, image.width), np.uint8)
        for rows, strip in grey.rgb_strips(image, notes):
            drawn[:, rows] = np.moveaxis(np.asarray(strip), 2, 0)
        return cast(Planes, tuple(drawn))

    found, _, _ = decode(data, label, planes, [])
    return found[0] if form.colour == "grey" else np.stack(cast(Any, found), axis=2)


def read_mask(source: bytes | str | Path, name: str = "") -> np.ndarray:
    """Read a mask: H×W bool, True in the lesion.

    A pixel is True above half of the mask's range, and the range is the smallest of 0…1, 0…255
    and 0…65535 that holds its brightest value: above 127 in a usual 8-bit mask, any non-zero value
    in a 0/1 mask. Of a coloured mask the brightest channel counts, so that pure red is True.
    Transparent pixels are False. Of several frames it is the first.

    Raises:
        InputError: not a readable image, or brighter than 1 without reaching half of its range
            (labels such as 0/2 or 0/100), where no threshold would be more than a guess.
    """
    data, name = read_bytes(source, name)
    label = label_of(name)
    if is_dicom(data):
        raise InputError(
            f"{label} is DICOM, which is read as an image but not as a mask. "
            "Allowed are PNG, JPEG, BMP and TIFF; export the mask as PNG."
        )

    def to_mask(image: Image.Image | np.ndarray, notes: list[str]) -> Planes:
        values = _brightest(image, notes)
        brightest = float(values.max())
        top = next((top for top in (1, 255) if brightest <= top), 65535)
        mask = values > top / 2
        if brightest > 0 and not mask.any():
            raise InputError(
                f"{label} is no clear mask: its brightest value is {brightest:g}. "
                "Allowed are 0/1, 0/255 and 0/65535; save the mask with one of these."
            )
        inverted = not isinstance(image, np.ndarray) and white_is_zero(image)
        return ~mask if inverted else mask, None

    (mask, _), _, _ = decode(data, label, to_mask, [])
    return mask


def label_of(name: str) -> str:
    """How an error line names the file."""
    return name or "The image"


def clean_name(name: str) -> str:
    """The last part of a path of any system, printable and at most 120 characters long.

    Controls, marks that turn the direction of writing, and bytes that are no text become "?".
    """
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(char if char.isprintable() else "?" for char in last)[:120]


def read_bytes(source: bytes | str | Path, name: str = "") -> tuple[bytes, str]:
    """The bytes of `source` within `MAX_BYTES`, and the clean file name.

    Raises:
        InputError: empty, too large, no regular file, or not readable.
    """
    if isinstance(source, (bytes, bytearray, memoryview)):
        name = clean_name(name)
        check_bytes(len(source), label_of(name))
        return bytes(source), name
    path = Path(source)
    name = clean_name(name or path.name)
    label = label_of(name)
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


def _to_grey(image: Image.Image | np.ndarray, notes: list[str]) -> Planes:
    """A loaded picture, or its numbers, to H×W uint8 and its chroma."""
    if isinstance(image, np.ndarray):
        return grey.by_stretching(image, f"{image.dtype} numbers", notes), None
    if image.mode in DEEP_MODES:
        return _deep_to_grey(image, notes), None
    if image.mode == "1":
        notes.append("1 bit spread to black and white")
    if image.mode not in COLOUR_MODES and not image.has_transparency_data:
        return np.asarray(image.convert("L")), None
    return grey.from_colour(image, notes)


def _deep_to_grey(image: Image.Image, notes: list[str]) -> np.ndarray:
    """Grey of more than 8 bits to H×W uint8."""
    values = np.asarray(image)
    shown = stated_range(image)
    if shown is not None:
        pixels = grey.between(values, *shown, notes)
    elif image.mode.startswith("I;16"):
        pixels = grey.from_16_bit(values, notes)
    else:
        kind = "float" if image.mode == "F" else "integer"
        pixels = grey.by_stretching(values, f"32 bit {kind}", notes)
    transparent = image.info.get("transparency")
    if isinstance(transparent, int):
        pixels[values == transparent] = 0
        notes.append("transparent pixels on black")
    if white_is_zero(image):
        pixels = 255 - pixels
        notes.append("inverted, because its white is zero")
    return pixels


def _brightest(image: Image.Image | np.ndarray, notes: list[str]) -> np.ndarray:
    """The brightest channel of each pixel, H×W of the numbers that are stored."""
    if isinstance(image, np.ndarray) or image.mode in DEEP_MODES:
        return np.nan_to_num(np.asarray(image), copy=True, posinf=0, neginf=0)
    if image.mode not in COLOUR_MODES:
        return np.asarray(image.convert("L"))
    values = np.empty((image.height, image.width), np.uint8)
    for rows, strip in grey.rgb_strips(image, notes):
        red, green, blue = strip.split()
        brightest = ImageChops.lighter(ImageChops.lighter(red, green), blue)
        values[rows] = np.asarray(brightest)
    return values
