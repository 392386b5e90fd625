"""How pixels of any depth and colour become 8-bit grey.

- colour: ITU-R 601 luma, after transparent pixels are laid on black;
- 16-bit grey and colour: divided by the top of the smallest range of 8, 10, 12, 14 or 16 bits that
  holds the brightest value, so that 12-bit data in a 16-bit file are not black;
- other integers and floats without negative values: the same, and 0 to 1 for floats that keep to
  it;
- with negative or greater ones, which have no agreed range: least finite value to 0, greatest to
  255.

Each function adds a line to `notes` for what it changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import numpy as np
from PIL import Image, ImageChops

_COLOURED = 40  # difference of the channels, of 255; JPEG leaves less on grey
_BITS = (8, 10, 12, 14, 16)  # ranges that scanners and cameras use
_STRIP = 1_000_000  # pixels of a picture that are colour at one time
_SAMPLED = 1_000_000  # pixels; a share needs no more


def from_16_bit(values: np.ndarray, notes: list[str]) -> np.ndarray:
    """uint16 of any shape to uint8 by the range in use."""
    brightest = int(values.max())
    bits = next(bits for bits in _BITS if brightest < 2**bits)
    top = 2**bits - 1
    table = np.minimum(np.arange(2**16), top) * 255 / top
    notes.append(f"16 bit scaled to 8 ({bits} bits in use)")
    return np.rint(table).astype(np.uint8)[values]


def by_stretching(values: np.ndarray, kind: str, notes: list[str]) -> np.ndarray:
    """H×W of any number type to H×W uint8, by the range in use or by the finite values.

    Args:
        values: the pixels.
        kind: what they are, in words ("32 bit float").
        notes: receives what was done.

    Raises:
        ValueError: not one pixel is a finite number.
    """
    finite = np.isfinite(values)
    if not finite.any():
        raise ValueError("no finite pixel")
    if values.dtype.kind == "f":  # no copy of the finite ones
        low = float(values.min(where=finite, initial=np.inf))
        high = float(values.max(where=finite, initial=-np.inf))
    else:
        low, high = float(values.min()), float(values.max())
    tops = (*([1] if values.dtype.kind == "f" else []), *(2**bits - 1 for bits in _BITS))
    if low >= 0 and high <= tops[-1]:
        low, high = 0.0, float(next(top for top in tops if high <= top))
    grey = _scaled(values, low, high)
    notes.append(f"{kind} scaled to 8 ({low:g} to black, {high:g} to white)")
    if not finite.all():
        notes.append("pixels without a number set to black or white")
    return grey


def between(values: np.ndarray, low: float, high: float, notes: list[str]) -> np.ndarray:
    """H×W of any number type to H×W uint8, by a range that the file states."""
    notes.append(f"shown by its stated range ({low:g} to black, {high:g} to white)")
    return _scaled(values, low, high)


def _scaled(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """`low` and less to 0, `high` and more to 255; what is no number to 0."""
    grey = np.zeros(values.shape, np.uint8)
    scale = 255 / (high - low) if high > low else 0.0
    for row, line in enumerate(values):  # row by row: 64-bit floats of 40 megapixels are many
        with np.errstate(invalid="ignore"):  # infinity times a scale of zero
            scaled = np.clip((line.astype(np.float64) - low) * scale, 0, 255)
        grey[row] = np.rint(np.nan_to_num(scaled)).astype(np.uint8)
    return grey


def from_colour(image: Image.Image, notes: list[str]) -> tuple[np.ndarray, np.ndarray | None]:
    """A picture of colour or transparency to H×W uint8, and its chroma; None where it is grey.

    The chroma is the brightest minus the darkest channel of each pixel, H×W uint8.
    """
    pixels = np.empty((image.height, image.width), np.uint8)
    chroma = np.zeros_like(pixels)
    for rows, strip in rgb_strips(image, notes):
        red, green, blue = strip.split()
        bright = ImageChops.lighter(ImageChops.lighter(red, green), blue)
        dark = ImageChops.darker(ImageChops.darker(red, green), blue)
        pixels[rows] = np.asarray(strip.convert("L"))
        chroma[rows] = np.asarray(ImageChops.subtract(bright, dark))
    if not chroma.any():
        return pixels, None
    notes.append("colour turned to grey")
    return pixels, chroma


def rgb_strips(image: Image.Image, notes: list[str]) -> Iterator[tuple[slice, Image.Image]]:
    """The picture as RGB, some rows at a time, with transparent pixels laid on black.

    Strips, because a picture of 40 million pixels would otherwise be held four times over. A
    transparency that hides everything of a picture with something in it is a byte that nobody
    filled, as many programs leave it in 32-bit BMP; it is ignored.
    """
    hides = image.has_transparency_data
    if hides and image.mode in ("RGBA", "LA"):
        *colours, alpha = cast(tuple[tuple[int, int], ...], image.getextrema())
        if alpha == (0, 0) and any(low < high for low, high in colours):
            hides = False
            notes.append("its empty transparency was ignored")
    lowest, step = 255, max(1, _STRIP // image.width)
    for top in range(0, image.height, step):
        bottom = min(top + step, image.height)
        strip = image.crop((0, top, image.width, bottom))
        if hides:
            if strip.mode == "La":
                strip = strip.convert("LA")  # the only way on from premultiplied grey
            strip = strip.convert("RGBA")
            alphas = cast(tuple[int, int], strip.getchannel("A").getextrema())
            lowest = min(lowest, alphas[0])
            black = Image.new("RGBA", strip.size, (0, 0, 0, 255))
            strip = Image.alpha_composite(black, strip)
        yield slice(top, bottom), strip.convert("RGB")
    if lowest < 255:
        notes.append("transparent pixels on black")


def colour_share(chroma: np.ndarray | None) -> float:
    """Share of the pixels that clearly have a colour, 0..1; of the chroma of `from_colour`."""
    if chroma is None:
        return 0.0
    step = max(1, int(np.sqrt(chroma.size / _SAMPLED)))
    return float((chroma[::step, ::step] > _COLOURED).mean())
