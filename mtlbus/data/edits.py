"""A part of an image cut out or blacked out, another frame: a new image with a digest of its own.

So whatever is kept by digest is never that of another picture. What was done stands in the notes,
and the digest depends on nothing but the image before and the box: done again, it is the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..core.errors import InputError
from .grey import colour_share
from .intake import GreyImage
from .limits import MIN_SIDE

Box = tuple[int, int, int, int]
"""Left, top, width and height, pixels of the image."""


def cropped(image: GreyImage, box: Box) -> GreyImage:
    """The part of an image inside a box; a pixel stays as large as it was.

    Raises:
        InputError: the box does not lie on the image, or is narrower than an image may be.
    """
    left, top, width, height = map(int, box)
    rows, columns = part_of(image.pixels, box, MIN_SIDE)
    whole = "×".join(map(str, image.pixels.shape[::-1]))
    note = f"cropped to {width}×{height} px, from column {left} and row {top} of {whole} px"
    return _edited(
        image,
        f"cropped {left} {top} {width} {height}",
        note,
        np.ascontiguousarray(image.pixels[rows, columns]),
        None if image.chroma is None else np.ascontiguousarray(image.chroma[rows, columns]),
    )


def blackened(image: GreyImage, box: Box) -> GreyImage:
    """An image that is black inside a box, where something was written or drawn over the tissue.

    Raises:
        InputError: the box does not lie on the image.
    """
    left, top, width, height = map(int, box)
    rows, columns = part_of(image.pixels, box)
    pixels, chroma = image.pixels.copy(), None if image.chroma is None else image.chroma.copy()
    for plane in (pixels,) if chroma is None else (pixels, chroma):
        plane[rows, columns] = 0
    note = f"blacked out in {width}×{height} px, from column {left} and row {top}"
    return _edited(image, f"blackened {left} {top} {width} {height}", note, pixels, chroma)


def digest_of_frame(file: str, frame: int) -> str:
    """The digest of an image that is a frame of a film, by that of the file.

    The frame that a file opens with goes by the file's own digest; the other ones by this.
    """
    return hashlib.sha256(f"{file} frame {frame}".encode()).hexdigest()


def part_of(plane: np.ndarray, box: Sequence[float], least: int = 1) -> tuple[slice, slice]:
    """The rows and columns inside a box.

    Args:
        plane: H×W, which it must lie on.
        box: as `Box`.
        least: pixels that each of its sides needs.

    Raises:
        InputError: it does not lie there, or is narrower.
    """
    left, top, width, height = map(int, box)
    rows, columns = plane.shape
    if not (0 <= left < left + width <= columns and 0 <= top < top + height <= rows):
        raise InputError(
            f"The box from column {left} and row {top}, {width}×{height} px, does not lie on the "
            f"image of {columns}×{rows} px. Draw it inside of the image."
        )
    if min(width, height) < least:
        raise InputError(
            f"The box is {width}×{height} px; each side needs at least {least}. Draw it larger."
        )
    return slice(top, top + height), slice(left, left + width)


def _edited(
    image: GreyImage, done: str, note: str, pixels: np.ndarray, chroma: np.ndarray | None
) -> GreyImage:
    digest = hashlib.sha256(f"{image.sha256} {done}".encode()).hexdigest()
    share, notes = colour_share(chroma), (*image.notes, note)
    return replace(
        image, pixels=pixels, chroma=chroma, sha256=digest, notes=notes, colour_share=share
    )
