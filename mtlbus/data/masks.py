"""True masks and whether they fit their image: the one rule, for everyone who reads a mask.

A mask says something about an image only where it has the image's own height and width. One of
another size is never scaled, cropped or scored: it is refused where a person gave it by itself, and
taken off its image, with a line that says so, where it came with a dataset.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from ..core.errors import DataError, InputError
from ..core.text import printable
from . import decoding
from .dicom import is_dicom
from .intake import read_mask
from .pictures import FORMATS
from .places import is_file

_ORIENTATION = 274  # EXIF; 5 to 8 lay the picture on its side
_HEAD = 4096  # bytes that tell what a file is


def fitting_mask(source: bytes | str | Path, shape: tuple[int, int]) -> np.ndarray:
    """A mask for an image of this shape, H×W bool; errors as `read_mask`.

    Raises:
        InputError: it is no mask, or of another size than the image.
    """
    mask = decoding.read_mask(source)
    if mask.shape != shape:
        raise InputError(
            f"The mask is {size_words(mask.shape)} px, the image {size_words(shape)} px. "
            "Give a mask of the image's own size."
        )
    return mask


def merge_masks(paths: Sequence[Path], shape: tuple[int, int]) -> np.ndarray:
    """The masks of one image of this shape merged by OR, H×W bool.

    Raises:
        DataError: one has another size than the image.
        InputError: one cannot be read.
    """
    merged = np.zeros(shape, dtype=bool)
    for path in paths:
        plane = read_mask(path)
        if plane.shape != shape:
            raise DataError(misfit(path, plane.shape, shape))
        merged |= plane
    return merged


def misfit(path: Path, found: tuple[int, int], shape: tuple[int, int]) -> str:
    """The line on a mask of shape `found` for an image of another shape, both H×W."""
    return f"{printable(path.name)} is {size_words(found)} px, its image {size_words(shape)} px."


def size_words(shape: tuple[int, int]) -> str:
    """H×W as people write sizes: width first."""
    return f"{shape[1]}×{shape[0]}"


def is_dicom_file(path: Path) -> bool:
    """Whether the head of a file is that of DICOM."""
    try:
        if not is_file(path):
            return False
        with path.open("rb") as file:
            return is_dicom(file.read(_HEAD))
    except OSError:
        return False


def stated_shape(path: Path) -> tuple[int, int] | None:
    """H×W of an upright picture by its header alone: cheap, nothing is decoded.

    None for a DICOM and for what cannot be told; reading the file says more then.
    """
    try:
        if not is_file(path):  # a pipe would be waited for
            return None
        with Image.open(path, formats=FORMATS) as image:
            width, height = image.size
            # A PNG carries its orientation behind the pixels, if at all: asking would decode it.
            turned = image.format != "PNG" and image.getexif().get(_ORIENTATION, 1) in (5, 6, 7, 8)
    except Exception:
        # Decoders fail in many ways on foreign bytes; here that only means that it is unknown.
        return None
    return (width, height) if turned else (height, width)
